package models

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
)

// policy is the JSON of a valid policy, to be spoilt by the cases below.
const policy = `{"mpk-security:mpk-security": {
	"system": {
		"config": {"name": "node-1", "minimum-isolation-strength": "HARDWARE_REGION"},
		"users": {"user": [{"name": "admin", "config": {
			"name": "admin",
			"role": "ADMINISTRATOR",
			"password-hash": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
			"authorized-key": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfake admin"]
		}}]}
	},
	"domains": {"domain": [
		{"name": "controller", "config": {"name": "controller", "id": 0, "privilege-level": "CONTROLLER"}},
		{"name": "dashboard", "config": {"name": "dashboard", "id": 5, "privilege-level": "LOW"}},
		{"name": "key-store", "config": {"name": "key-store", "id": 3, "privilege-level": "HIGH"}}
	]},
	"services": {"service": [
		{"name": "dashboard", "config": {"name": "dashboard", "domain": "dashboard", "uid": 1000}}
	]},
	"transitions": {"transition": [
		{"source": "dashboard", "target": "key-store", "config": {
			"source": "dashboard", "target": "key-store", "action": "PERMIT",
			"operation": ["lookup"], "max-rate": 1000, "max-dwell-time": 500
		}}
	]}
}}`

// validate has yanglint validate a configuration and returns what it says
// about it, nothing if the configuration is valid.
func validate(t *testing.T, config string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-p", ".", "-t", "config"}
	for _, name := range Names() {
		if own(name) {
			args = append(args, name)
		}
	}
	out, err := exec.Command(peer.Yanglint(t), append(args, file)...).CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

func TestValidPolicy(t *testing.T) {
	if out := validate(t, policy); out != "" {
		t.Error(out)
	}
}

func TestInvalidPolicy(t *testing.T) {
	for _, test := range []struct{ name, old, new, want string }{
		{"unknown domain in a transition", `"target": "key-store"`, `"target": "vault"`, "Invalid leafref value"},
		{"unknown home domain", `"domain": "dashboard"`, `"domain": "lobby"`, "Invalid leafref value"},
		{"transition to oneself", `"target": "key-store"`, `"target": "dashboard"`, "no transition into itself"},
		{"no action", `"action": "PERMIT",`, ``, "Mandatory node \"action\""},
		{"rate out of range", `"max-rate": 1000`, `"max-rate": 0`, "range"},
		{"dwell time out of range", `"max-dwell-time": 500`, `"max-dwell-time": 60000001`, "range"},
		{"number used twice", `"id": 5`, `"id": 3`, "Unique data leaf"},
		{"number out of range", `"id": 5`, `"id": 4096`, "range"},
		{"controller with another number", `"id": 0`, `"id": 1`, "go together"},
		{"number 0 without level", `"CONTROLLER"`, `"HIGH"`, "go together"},
		{"cgroup that holds everything", `"uid": 1000`, `"cgroup": "/"`, "name at least one cgroup"},
		{"cgroup with a slash at its end", `"uid": 1000`, `"cgroup": "/a.slice/"`, "not end with a slash"},
		{"cgroup that is not a path", `"uid": 1000`, `"cgroup": "a.slice"`, "begin with a slash"},
		{"service that anybody may claim", `, "uid": 1000`, ``, "which process may claim"},
		{"relative path", `"uid": 1000`, `"executable": "bin/dashboard"`, "must be absolute"},
		{"short digest", `"uid": 1000`, `"executable-sha256": "ab"`, "64 lower-case"},
		{"name in upper case", `"name": "admin"`, `"name": "Admin"`, "user name"},
		{"clear password", `"$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA"`, `"secret"`, "PHC form"},
		{"two keys on one leaf", `fake admin"`, `fake admin\nssh-rsa"`, "one line"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := strings.ReplaceAll(policy, test.old, test.new)
			if config == policy {
				t.Fatalf("%s does not occur in the policy", test.old)
			}
			if out := validate(t, config); !strings.Contains(out, test.want) {
				t.Errorf("got %q, want %q in it", out, test.want)
			}
		})
	}
}

func TestTooManyOperations(t *testing.T) {
	var operations []string
	for i := range 33 {
		operations = append(operations, fmt.Sprintf(`"operation-%d"`, i))
	}
	config := strings.Replace(policy, `"lookup"`, strings.Join(operations, ","), 1)
	if out := validate(t, config); !strings.Contains(out, "Too many") {
		t.Errorf("got %q", out)
	}
}
