package e2e

import (
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	junos "github.com/Juniper/go-netconf/netconf"
)

// readModelsAndPolicy is step 1: three clients read what there is.
func readModelsAndPolicy(t *testing.T, a *appliance) {
	t.Run("ncclient", a.readWithNcclient)
	t.Run("go-netconf", a.readWithGoNetconf)
	t.Run("gnmi_cli", a.readWithGNMI)
}

func (a *appliance) readWithNcclient(t *testing.T) {
	m := a.openNcclient(t, admin, a.password)
	capabilities := call[[]string](t, m, "capabilities", nil)
	for _, want := range []string{":base:1.0", ":base:1.1", ":candidate:1.0", ":notification:1.0", "?module=mpk-security&"} {
		if !slices.ContainsFunc(capabilities, func(c string) bool { return strings.Contains(c, want) }) {
			t.Errorf("no capability %s among %q", want, capabilities)
		}
	}
	tell(t, ">>> m.get(netconf-state/schemas), m.get_schema(...)")
	dir := a.fetchSchemas(t, m)
	a.checkWithYanglint(t, dir)
	tell(t, ">>> m.get_config('running')")
	config := call[string](t, m, "get_config", args{"source": "running"})
	tellBriefly(t, pretty(config), 30)
	for _, want := range append([]string{"<transition>", "password-hash", "PERMIT"}, services...) {
		if !strings.Contains(config, want) {
			t.Errorf("running has no %s", want)
		}
	}
}

// fetchSchemas gets every schema there is, into a folder.
func (a *appliance) fetchSchemas(t *testing.T, m *ncclient) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, s := range call[[][2]string](t, m, "schemas", nil) {
		text := call[string](t, m, "get_schema", args{"identifier": s[0], "version": s[1]})
		if !strings.Contains(text, "module "+s[0]+" {") {
			t.Errorf("schema %s starts with %.80q", s[0], text)
		}
		writeFile(t, filepath.Join(dir, s[0]+"@"+s[1]+".yang"), []byte(text))
	}
	return dir
}

func (a *appliance) checkWithYanglint(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "mpk-security*.yang"))
	if err != nil || len(files) < 3 {
		t.Fatalf("schemas of our own: %v, %v", files, err)
	}
	needTools(t, "libyang2-tools", "yanglint")
	out, err := exec.Command("yanglint", append([]string{"-f", "tree", "-p", dir}, files...)...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "+--rw transitions") {
		t.Fatalf("yanglint: %v\n%s", err, out)
	}
	tell(t, "$ yanglint -f tree -p . mpk-security*.yang")
	tellBriefly(t, string(out), 12)
}

// readWithGoNetconf reads with a client that knows base:1.0 alone.
func (a *appliance) readWithGoNetconf(t *testing.T) {
	conn, err := net.Dial("tcp", a.reach.netconf)
	if err != nil {
		t.Fatal(err)
	}
	// The client knows no time limits.
	if err := conn.SetDeadline(time.Now().Add(a.within(30 * time.Second))); err != nil {
		t.Fatal(err)
	}
	s, err := junos.NewSSHSession(conn, junos.SSHConfigPassword(admin, a.password))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.SessionID == 0 || len(s.ServerCapabilities) == 0 {
		t.Fatalf("session %d, capabilities %q", s.SessionID, s.ServerCapabilities)
	}
	const get = `<get-config><source><running/></source><filter type="subtree"><mpk-security xmlns="` +
		mpkNamespace + `"><transitions/></mpk-security></filter></get-config>`
	tell(t, "go-netconf: Exec(RawMethod(`%s`))", get)
	for range 3 {
		reply, err := s.Exec(junos.RawMethod(get))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(reply.Data, "<transition>"); n != 6 || !strings.Contains(reply.Data, "PERMIT") {
			t.Fatalf("%d transitions in %s", n, reply.RawReply)
		}
	}
	tell(t, "three replies with six transitions each, framed as base:1.0 has it")
}

func (a *appliance) readWithGNMI(t *testing.T) {
	out := a.gnmi().run(t, "-capabilities")
	tellBriefly(t, out, 8)
	for _, want := range []string{`"mpk-security"`, "JSON_IETF", "PROTO", "gNMI_version"} {
		if !strings.Contains(out, want) {
			t.Errorf("capabilities lack %s:\n%s", want, out)
		}
	}
	out = a.gnmi().run(t, "-get", "-proto", "encoding: JSON_IETF path: {"+pathText("/mpk-security/transitions")+"}")
	tellBriefly(t, out, 20)
	if !strings.Contains(out, "performance-monitoring") || !strings.Contains(out, "json_ietf_val") {
		t.Errorf("get of the transitions: %s", out)
	}
	system := below("state/", a.gnmi().get(t, "/mpk-security/system/state"))
	tell(t, "backend %s, isolation strength %s, %s hardware keys", system["backend"], system["isolation-strength"], system["hardware-keys"])
	if a.strength != "" && (system["isolation-strength"] != a.strength || system["backend"] != a.backend || system["hardware-keys"] != "15") {
		t.Errorf("this machine's walls are %v; want %s with 15 keys, by %s", system, a.strength, a.backend)
	}
}
