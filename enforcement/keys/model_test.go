package keys

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	for _, test := range []struct {
		mistake string
		keys    int
		finds   string
	}{
		{"NONE", 1, ""},
		{"NONE", 2, ""},
		{"PARK_REGARDLESS", 1, unsafe},
		{"LOOK_THEN_ENTER", 1, unsafe},
		{"COUNT_OUT_FIRST", 1, unsafe},
		{"LEND_BEFORE_TAG", 1, unsafe},
		{"WAIT_HOLDING", 1, stuck},
		{"WAIT_UNSEEN", 1, stuck},
	} {
		t.Run(fmt.Sprint(test.mistake, test.keys), func(t *testing.T) {
			t.Parallel()
			judge(t, check(t, fmt.Sprint("-DKEYS=", test.keys), "-D"+test.mistake), test.finds)
		})
	}
}

// Each thread that waits is served, whatever others do, and each mistake for which
// one might not be is found.
func TestModelServesAll(t *testing.T) {
	if testing.Short() {
		t.Skip("the model has no code of ours for the race detector to watch")
	}
	const starved = "acceptance cycle"
	for mistake, finds := range map[string]string{
		"NONE":           "",
		"PASS_THE_QUEUE": starved,
		"ADMIT_ALWAYS":   starved,
		"WAKE_NOBODY":    starved,
	} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			judge(t, check(t, "-DLIVE", "-DTHREADS=3", "-DDOMAINS=2", "-D"+mistake), finds)
		})
	}
}

// judge wants a proof, or that spin finds a mistake.
func judge(t *testing.T, out, finds string) {
	t.Helper()
	switch {
	case finds == "" && (!strings.Contains(out, "errors: 0") || strings.Contains(out, "max search depth too small")):
		t.Errorf("the model is not proven:\n%s", out)
	case finds != "" && !strings.Contains(out, finds+" "): // with the place behind it; the summary has the words alone
		t.Errorf("spin does not find %q:\n%s", finds, out)
	}
}

// check runs spin over the model with definitions. LIVE among them asks whether
// all are served.
func check(t *testing.T, definitions ...string) string {
	t.Helper()
	model, err := filepath.Abs("testdata/keys.pml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	compile, search := []string{"-DSAFETY"}, []string{"-m200000"}
	if slices.Contains(definitions, "-DLIVE") {
		compile, search = []string{"-DNFAIR=3"}, []string{"-m1000000", "-a", "-f"}
	}
	run(t, dir, tool(t, "spin"), append(definitions, "-a", model)...)
	run(t, dir, tool(t, "gcc"), append(compile, "-O1", "-w", "-DCOLLAPSE", "-DMEMLIM=2048", "-o", "pan", "pan.c")...)
	return run(t, dir, filepath.Join(dir, "pan"), search...)
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
