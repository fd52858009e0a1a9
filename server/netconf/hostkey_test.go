package netconf

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

func TestEnsureHostKeysKeepsThem(t *testing.T) {
	dir := t.TempDir()
	first, err := EnsureHostKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := EnsureHostKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256} {
		key := first[i].PublicKey()
		if key.Type() != want {
			t.Errorf("key %d is %s, want %s", i, key.Type(), want)
		}
		if !bytes.Equal(key.Marshal(), again[i].PublicKey().Marshal()) {
			t.Errorf("%s changed between calls", want)
		}
	}
	files, _ := os.ReadDir(dir)
	if len(files) != 2 {
		t.Errorf("%d files, want 2", len(files))
	}
	for _, f := range files {
		if info, _ := f.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", f.Name(), info.Mode().Perm())
		}
	}
}

func TestEnsureHostKeysRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"open to others": {"", 0o644, "chmod 0600"},
		"not a key":      {"nothing", 0o600, "ssh_host_ed25519_key: ssh: no key found"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "ssh_host_ed25519_key"), []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := EnsureHostKeys(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := EnsureHostKey(pipe, Ed25519); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a pipe: %v", err)
	}
	if _, err := EnsureHostKeys(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("no error for a folder that isn't there")
	}
}
