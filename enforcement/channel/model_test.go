package channel

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The ring holds in every interleaving of the model, and each mistake in it is found, for the
// reason that it is one.
func TestModel(t *testing.T) {
	if testing.Short() {
		t.Skip("the model has no code of ours for the race detector to watch")
	}
	const wrong, stuck = "assertion violated", "invalid end state"
	const block = "-DBLOCK"
	for name, test := range map[string]struct {
		definitions []string
		finds       string
	}{
		"blocks":                {[]string{block, "-DMESSAGES=5"}, ""},
		"blocks, two consumers": {[]string{block, "-DCONSUMERS=2", "-DSLOTS=1", "-DMESSAGES=2"}, ""},
		"drops":                 {[]string{"-DMESSAGES=5"}, ""},
		"drops, two consumers":  {[]string{"-DCONSUMERS=2", "-DMESSAGES=2"}, ""},
		"KEEP_TURN":             {nil, wrong},
		"TURN_FIRST":            {nil, wrong},
		"HEAD_FIRST":            {[]string{block}, wrong},
		"RING_FIRST":            {nil, stuck},
		"ONE_LOOK":              {nil, wrong},
		"RELEASE_FIRST":         {[]string{block}, wrong},
		"RING_ROOM_FIRST":       {[]string{block, "-DSLOTS=1"}, stuck},
		"NEWS_UNSEEN":           {nil, stuck},
		"ROOM_UNSEEN":           {[]string{block}, stuck},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := check(t, append(test.definitions, "-D"+strings.Fields(strings.ReplaceAll(name, ",", ""))[0])...)
			proven := strings.Contains(out, "errors: 0") && !strings.Contains(out, "max search depth too small")
			switch {
			case test.finds == "" && !proven:
				t.Errorf("the model is not proven:\n%s", out)
			case test.finds != "" && !strings.Contains(out, test.finds+" "): // with the place behind it
				t.Errorf("spin does not find %q:\n%s", test.finds, out)
			}
		})
	}
}

// check has spin search all states of the model with definitions.
func check(t *testing.T, definitions ...string) (out string) {
	t.Helper()
	model, err := filepath.Abs("testdata/ring.pml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"spin", "gcc"} {
		if _, err := exec.LookPath(name); err != nil && os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: install the package %s", name, name)
		} else if err != nil {
			t.Skipf("%s is missing: install the package %s to check the model", name, name)
		}
	}
	dir := t.TempDir()
	for _, command := range [][]string{
		append(append([]string{"spin"}, definitions...), "-a", model),
		{"gcc", "-DSAFETY", "-O1", "-w", "-DCOLLAPSE", "-DMEMLIM=2048", "-o", "pan", "pan.c"},
		{filepath.Join(dir, "pan"), "-m200000", "-w18"},
	} {
		cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
		cmd.Dir = dir
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", command, err, text)
		}
		out = string(text)
	}
	return out
}
