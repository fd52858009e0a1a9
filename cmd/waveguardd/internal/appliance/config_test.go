package appliance

import (
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStartRefuses holds that each mistake at the start is told with what to do.
func TestStartRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct {
		name   string
		change func(*Config)
		file   string // the password file's content
		want   string
	}{
		{"no folder", func(c *Config) { c.Dir = "" }, "x", "--data"},
		{"a file as folder", func(c *Config) { c.Dir = "/dev/null" }, "x", "--data"},
		{"long path", func(c *Config) { c.Dir += strings.Repeat("/long", 30) }, "x", "--attach"},
		{"no such password file", func(c *Config) { c.InitPasswordFile = "/nonexistent" }, "x", "--init-password-file"},
		{"empty password file", func(*Config) {}, "", "is empty"},
		{"blank password", func(*Config) {}, " \t\r\nmore", "is empty"},
		{"bad name", func(c *Config) { c.InitUser = "Bad Name" }, "x", `cannot be called "Bad Name"`},
		{"path as name", func(c *Config) { c.InitUser = "x'][name='admin" }, "x", "--init-user"},
		{"no name", func(c *Config) { c.InitUser = "" }, "x", "--init-user"},
		{"port taken", func(c *Config) { c.NETCONF = taken.Addr().String() }, "x", "stop what listens there"},
		{"no address", func(c *Config) { c.GNMI = "nonsense" }, "x", "give --gnmi an address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "password")
			if err := os.WriteFile(file, []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
			c := Config{
				Dir: filepath.Join(dir, "data"), NETCONF: "127.0.0.1:0", GNMI: "127.0.0.1:0",
				InitUser: "admin", InitPasswordFile: file,
				Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Say: func(string, ...any) {},
			}
			test.change(&c)
			a, err := New(c)
			if err == nil {
				a.Close()
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
