package appliance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// testConfig is that of an appliance on free ports with a folder of its own.
func testConfig(t testing.TB) Config {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	return Config{
		Dir: filepath.Join(dir, "data"), NETCONF: "127.0.0.1:0", GNMI: "127.0.0.1:0",
		InitUser: "admin", InitPasswordFile: file,
		Logger: slog.New(slog.DiscardHandler), Say: func(string, ...any) {},
	}
}

// runUntil runs an appliance until stop is called.
func runUntil(t testing.TB, a *Appliance) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the appliance ended with %v", err)
		}
	}
}

// sshClient is the SSH side of a client that signs in with the password.
func sshClient() *ssh.ClientConfig {
	return &ssh.ClientConfig{
		User: "admin", Auth: []ssh.AuthMethod{ssh.Password(password)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second,
	}
}

// overSSH signs in on a connection, whoever made it, and begins a session.
func overSSH(t testing.TB, conn net.Conn) (*client, *ssh.Client) {
	t.Helper()
	c, channels, requests, err := ssh.NewClientConn(conn, "appliance", sshClient())
	if err != nil {
		t.Fatal(err)
	}
	sc := ssh.NewClient(c, channels, requests)
	t.Cleanup(func() { sc.Close() })
	s, err := sc.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	in, _ := s.StdinPipe()
	out, _ := s.StdoutPipe()
	if err := s.RequestSubsystem("netconf"); err != nil {
		t.Fatal(err)
	}
	return talk(t, in, out), sc
}

// talk begins a NETCONF session on a stream.
func talk(t testing.TB, in io.WriteCloser, out io.Reader) *client {
	t.Helper()
	c := &client{t: t, in: in, out: bufio.NewReaderSize(out, 1<<16)}
	fmt.Fprint(in, `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>`+eom)
	for said := ""; said != eom; { // the last characters of the hello
		b, err := c.out.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		said = (said + string(b))[max(0, len(said)+1-len(eom)):]
	}
	return c
}
