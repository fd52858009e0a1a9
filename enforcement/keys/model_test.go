package keys

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The protocol holds in every interleaving of the model, and each mistake in it is
// found, for the reason that it is one.
func TestModel(t *testing.T) {
	if testing.Short() {
		t.Skip("the model has no code of ours for the race detector to watch")
	}
	const unsafe, stuck = "assertion violated", "invalid end state"
	for mistake, finds := range map[string]string{
		"":                "",
		"PARK_REGARDLESS": unsafe,
		"LOOK_THEN_ENTER": unsafe,
		"COUNT_OUT_FIRST": unsafe,
		"LEND_BEFORE_TAG": unsafe,
		"WAIT_HOLDING":    stuck,
		"WAIT_UNSEEN":     stuck,
	} {
		t.Run(mistake, func(t *testing.T) {
			out := check(t, mistake, 1)
			if finds == "" {
				sound(t, out)
				sound(t, check(t, mistake, 2))
			} else if !strings.Contains(out, finds+" ") { // with the place behind it; the summary has the words alone
				t.Errorf("spin does not find %q:\n%s", finds, out)
			}
		})
	}
}

func sound(t *testing.T, out string) {
	t.Helper()
	if !strings.Contains(out, "errors: 0") || strings.Contains(out, "max search depth too small") {
		t.Errorf("the model is not proven:\n%s", out)
	}
}

// check runs spin over the model with a mistake, and so many keys.
func check(t *testing.T, mistake string, keys int) string {
	t.Helper()
	model, err := filepath.Abs("testdata/keys.pml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	generate := []string{"-DKEYS=" + string(rune('0'+keys)), "-a", model}
	if mistake != "" {
		generate = append([]string{"-D" + mistake}, generate...)
	}
	run(t, dir, tool(t, "spin"), generate...)
	run(t, dir, tool(t, "gcc"), "-O1", "-w", "-DCOLLAPSE", "-DMEMLIM=2048", "-o", "pan", "pan.c")
	return run(t, dir, filepath.Join(dir, "pan"), "-m200000")
}

func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: install the package %s", name, name)
		}
		t.Skipf("%s is missing: install the package %s to check the model", name, name)
	}
	return path
}

func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	return string(out)
}
