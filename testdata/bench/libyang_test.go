package bench

import (
	"bufio"
	"bytes"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// figures are what libyang measured of itself, by name.
type figures map[string]float64

// libyang measures libyang in process on a document of n items.
func libyang(b *testing.B, n int, e edit, xpath ...string) figures {
	b.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		b.Skip("cc is missing: install gcc to compare with libyang in process")
	}
	program := filepath.Join(b.TempDir(), "libyang")
	if out, err := exec.Command(cc, "-O2", "-o", program, "testdata/libyang.c", "-lyang").CombinedOutput(); err != nil {
		b.Skipf("libyang is missing: install libyang2-dev to compare with libyang in process\n%s", out)
	}
	args := []string{"testdata", "inventory", file(b, n), e.path, e.values[0], e.values[1]}
	out, err := exec.Command(program, append(args, xpath...)...).Output()
	if err != nil {
		b.Fatalf("libyang: %v", err)
	}
	return read(b, out)
}

func read(b *testing.B, out []byte) figures {
	b.Helper()
	f := figures{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			b.Fatal(err)
		}
		f[name] = v
	}
	return f
}

// yanglint returns the path of yanglint.
func yanglint(b *testing.B) string {
	b.Helper()
	tool, err := exec.LookPath("yanglint")
	if err != nil {
		b.Skip("yanglint is missing: install libyang2-tools to compare with it")
	}
	return tool
}

// runs executes a command once for each iteration.
func runs(b *testing.B, name string, args ...string) {
	b.Helper()
	for b.Loop() {
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
}
