package gnmi

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// gnmiCLI builds the client of the openconfig/gnmi project.
func gnmiCLI(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds gnmi_cli; run without -short")
	}
	file := filepath.Join(t.TempDir(), "gnmi_cli")
	if out, err := exec.Command("go", "build", "-o", file, "github.com/openconfig/gnmi/cmd/gnmi_cli").CombinedOutput(); err != nil {
		t.Fatalf("build gnmi_cli: %v\n%s", err, out)
	}
	return file
}

// cli returns the stock client's command, which trusts the server by its file.
func (r *rig) cli(file string, args ...string) *exec.Cmd {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	r.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, file, append([]string{
		"-address", strings.Replace(r.addr, "127.0.0.1", "localhost", 1), "-ca_crt", r.cert.CertFile, "-with_user_pass",
	}, args...)...)
	cmd.Env = append(os.Environ(), "GNMI_USER=admin", "GNMI_PASS="+password)
	return cmd
}

// spaces is the text with every run of white space made one space.
func spaces(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestStockClient(t *testing.T) {
	cli := gnmiCLI(t)
	r := newRig(t, nil)
	t.Run("stream", func(t *testing.T) { stockClientStream(t, r, cli) })
	const elems = `elem:{name:"mpk-security"} elem:{name:"transitions"} elem:{name:"transition" key:{key:"source" value:"dashboard"} key:{key:"target" value:"performance-monitoring"}}`
	for _, test := range []struct {
		name string
		args []string
		want []string
	}{
		{"capabilities", []string{"-capabilities"}, []string{`name: "mpk-security"`, `supported_encodings: JSON_IETF`, `gNMI_version: "0.10.0"`}},
		{"get", []string{"-get", "-proto", `path:{` + elems + ` elem:{name:"config"} elem:{name:"action"}} encoding:PROTO`}, []string{`string_val: "PERMIT"`}},
		{"get JSON_IETF", []string{"-get", "-proto", `path:{` + elems + `} type:CONFIG encoding:JSON_IETF`}, []string{`json_ietf_val: "{\"mpk-security:source\":\"dashboard\"`}},
		{"set", []string{"-set", "-proto", `update:{path:{` + elems + ` elem:{name:"config"} elem:{name:"action"}} val:{string_val:"DENY"}}`}, []string{"op: UPDATE"}},
		{"set refused", []string{"-set", "-proto", `update:{path:{` + elems + ` elem:{name:"config"} elem:{name:"max-rate"}} val:{uint_val:0}}`}, []string{"InvalidArgument", "1..1000000"}},
		{"commit confirmed", []string{"-set", "-proto", `update:{path:{` + elems + ` elem:{name:"config"} elem:{name:"max-rate"}} val:{uint_val:7}} extension:{commit:{id:"a" commit:{rollback_duration:{seconds:3600}}}}`}, []string{"op: UPDATE"}},
		{"set while it waits", []string{"-set", "-proto", `update:{path:{` + elems + ` elem:{name:"config"} elem:{name:"max-rate"}} val:{uint_val:8}}`}, []string{"FailedPrecondition", `user "admin" waits`}},
		{"cancel", []string{"-set", "-proto", `extension:{commit:{id:"a" cancel:{}}}`}, []string{"timestamp:"}},
		{"cancelled", []string{"-get", "-proto", `path:{` + elems + ` elem:{name:"config"} elem:{name:"max-rate"}} encoding:PROTO`}, []string{`uint_val: 1000`}},
		{"once", []string{"-query_type", "once", "-query", monitoring + "/config/action"}, []string{`"action": {Deprecated TypedValue_JsonVal DENY}`}},
		{"poll", []string{"-query_type", "polling", "-count", "1", "-query", counters}, []string{`"denied": {Deprecated TypedValue_JsonVal 3}`}},
		{
			"once PROTO",
			[]string{"-display_type", "single", "-proto", `subscribe:{prefix:{} mode:ONCE encoding:PROTO subscription:{path:{` + elems + ` elem:{name:"state"} elem:{name:"counters"}}}}`},
			[]string{"mpk-security/transitions/transition/dashboard/performance-monitoring/state/counters/denied, 3"},
		},
	} {
		out, err := r.cli(cli, test.args...).CombinedOutput()
		for _, want := range test.want {
			if !strings.Contains(spaces(string(out)), want) {
				t.Errorf("%s: %v, no %s in\n%s", test.name, err, want, out)
			}
		}
	}
}

func stockClientStream(t *testing.T, r *rig, cli string) {
	r.put(stateCounters+"/denied", "1")
	cmd := r.cli(cli, "-display_type", "single", "-proto", `subscribe:{prefix:{} mode:STREAM encoding:PROTO subscription:{mode:ON_CHANGE path:{
		elem:{name:"mpk-security"} elem:{name:"transitions"} elem:{name:"transition" key:{key:"source" value:"dashboard"}} elem:{name:"state"} elem:{name:"counters"}}}}`)
	out := must(cmd.StdoutPipe())(t)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	scan := bufio.NewScanner(out)
	for _, want := range []string{"1", "2", "3"} {
		if want != "1" {
			r.put(stateCounters+"/denied", want)
		}
		if !scan.Scan() || !strings.HasSuffix(scan.Text(), "/counters/denied, "+want) {
			t.Fatalf("got %q, %v, want %s", scan.Text(), scan.Err(), want)
		}
	}
}
