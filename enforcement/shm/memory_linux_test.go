package shm

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// TestReadableOnlyStays so, also for who opens the file again that it was given (proc(5), fd).
func TestReadableOnlyStays(t *testing.T) {
	file, err := Create("test", 4096)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	readable, err := ReadableOnly(file)
	if err != nil {
		t.Fatal(err)
	}
	defer readable.Close()
	info, err := readable.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("its mode is %v", mode)
	}
	if os.Getuid() != 0 && os.Getenv("CI") != "true" {
		t.Skip("only root can be another user for a while")
	}
	for _, try := range []struct {
		name string
		uid  uint32
		file *os.File
		open bool
	}{
		{"its owner", 0, readable, true}, // so that the others show something
		{"another user", 65534, readable, false},
		{"another user who can write", 65534, file, false},
	} {
		again := exec.CommandContext(t.Context(), "/bin/sh", "-c", ": >>/proc/self/fd/0")
		again.Stdin = try.file
		again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: try.uid, Gid: try.uid}}
		if err := again.Run(); (err == nil) != try.open {
			t.Errorf("%s opens it again for writing: %v", try.name, err)
		}
	}
}
