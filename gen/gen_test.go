package gen

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/openconfig/ygot/ygot"
)

// filled is a device with a leaf of every kind that the modules have.
func filled(t *testing.T) *Device {
	t.Helper()
	mpk := &MpkSecurity{System: &MpkSecurity_System{
		Backend:     MpkSecurityTypes_IsolationBackend_PKU,
		PolicyEpoch: ygot.Uint64(7),
	}}
	domain, err := mpk.NewDomain("key-store")
	if err != nil {
		t.Fatal(err)
	}
	domain.Id = ygot.Uint16(3)
	domain.PrivilegeLevel = MpkSecurityTypes_PrivilegeLevel_HIGH
	domain.Counters = &MpkSecurity_Domain_Counters{ProtectionKeyFaults: ygot.Uint64(1)}

	transition, err := mpk.NewTransition("dashboard", "key-store")
	if err != nil {
		t.Fatal(err)
	}
	transition.Action = MpkSecurityTypes_TransitionAction_PERMIT
	transition.Operation = []string{"lookup"}
	transition.FastPath = ygot.Bool(false)

	service, err := mpk.NewService("dashboard")
	if err != nil {
		t.Fatal(err)
	}
	service.Uid = ygot.Uint32(1000)
	service.LastViolation = &MpkSecurity_Service_LastViolation{
		Kind: MpkSecurityTypes_ViolationKindRef_protection_key_fault,
	}
	return &Device{MpkSecurity: mpk}
}

// RFC 7951 section 4: names are qualified where the module changes, 64-bit
// numbers are strings, identities are qualified.
const filledJSON = `{
	"mpk-security:mpk-security": {
		"system": {"state": {"backend": "PKU", "policy-epoch": "7"}},
		"domains": {"domain": [{
			"name": "key-store",
			"config": {"name": "key-store", "id": 3, "privilege-level": "HIGH"},
			"state": {"mpk-security-telemetry:counters": {"protection-key-faults": "1"}}
		}]},
		"services": {"service": [{
			"name": "dashboard",
			"config": {"name": "dashboard", "uid": 1000},
			"state": {"mpk-security-telemetry:last-violation": {"kind": "mpk-security-types:protection-key-fault"}}
		}]},
		"transitions": {"transition": [{
			"source": "dashboard",
			"target": "key-store",
			"config": {
				"source": "dashboard", "target": "key-store",
				"action": "PERMIT", "operation": ["lookup"], "fast-path": false
			}
		}]}
	}
}`

func TestMarshalRFC7951(t *testing.T) {
	got, err := ygot.ConstructIETFJSON(filled(t), &ygot.RFC7951JSONConfig{AppendModuleName: true})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(decode(t, encoded), decode(t, []byte(filledJSON))) {
		t.Errorf("got  %s\nwant %s", encoded, filledJSON)
	}
}

func decode(t *testing.T, encoded []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(encoded, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestGettersGiveDefaults(t *testing.T) {
	var (
		transition *MpkSecurity_Transition
		domain     *MpkSecurity_Domain
		system     *MpkSecurity_System
	)
	if !transition.GetFastPath() {
		t.Error("fast-path is not true by default")
	}
	if got := domain.GetAdministrativeState(); got != MpkSecurityTypes_AdministrativeState_IN_SERVICE {
		t.Errorf("administrative-state is %v by default", got)
	}
	if got := system.GetMinimumIsolationStrength(); got != MpkSecurityTypes_IsolationStrength_NONE {
		t.Errorf("minimum-isolation-strength is %v by default", got)
	}
	if got := system.GetName(); got != "waveguard" {
		t.Errorf("name is %q by default", got)
	}
}

// TestGeneratedIsCurrent runs the go:generate lines of this package in a copy
// of it.
func TestGeneratedIsCurrent(t *testing.T) {
	if testing.Short() {
		t.Skip("generates code: run without -short")
	}
	const generated = "mpk_security.go"
	committed, err := os.ReadFile(generated)
	if err != nil {
		t.Fatal(err)
	}
	dir := copyPackage(t)
	cmd := exec.Command("go", "generate", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go generate: %v\n%s", err, out)
	}
	fresh, err := os.ReadFile(filepath.Join(dir, generated))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, fresh) {
		t.Error("the modules have changed since: run go generate ./gen")
	}
}

// copyPackage puts gen.go alone into a package beside this one, from which
// the modules have the same relative path.
func copyPackage(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("..", ".gen-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	source, err := os.ReadFile("gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gen.go"), source, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
