// Package peer finds what others made for the tests to compare with: their
// programs, and the modules that they published.
package peer

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Yanglint returns the path of yanglint, libyang's program. Without it the test is
// skipped; under CI it fails.
func Yanglint(t testing.TB) string {
	t.Helper()
	return program(t, "yanglint", "libyang2-tools")
}

// Xmllint returns the path of xmllint, libxml2's program. Without it the test is
// skipped; under CI it fails.
func Xmllint(t testing.TB) string {
	t.Helper()
	return program(t, "xmllint", "libxml2-utils")
}

func program(t testing.TB, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: install %s", name, pkg)
		}
		t.Skipf("%s is missing: install %s to compare with it", name, pkg)
	}
	return path
}

// Modules returns the folder of published modules, which has the folders ietf and
// openroadm-7.1: the one that WAVEGUARD_PUBLISHED_YANG names, or one beside the
// repository. With neither the test is skipped, and what says what is not
// compared then.
func Modules(t testing.TB, what string) string {
	t.Helper()
	dir, named := os.LookupEnv("WAVEGUARD_PUBLISHED_YANG")
	if !named {
		dir = filepath.Join(repository(t), "..", "shared", "yang")
	}
	for _, folder := range []string{"ietf", "openroadm-7.1"} {
		if _, err := os.Stat(filepath.Join(dir, folder)); err != nil {
			if named {
				t.Fatalf("WAVEGUARD_PUBLISHED_YANG: %v", err)
			}
			t.Skipf("not compared: %s; set WAVEGUARD_PUBLISHED_YANG to a folder with ietf/ and openroadm-7.1/", what)
		}
	}
	return dir
}

// repository returns the folder with go.mod, above the one that a test runs in.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("there is no go.mod above the test")
		}
	}
}
