package bench

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// signer is the client's key.
func signer(b *testing.B) ssh.Signer {
	b.Helper()
	s, err := ssh.NewSignerFromSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// idle is an engine that enforces nothing: what is measured is the transaction.
type idle struct{}

func (idle) Prepare(context.Context, datastore.Change) (commit, abort func(), err error) {
	return func() {}, func() {}, nil
}

// waveguard is a server on a journal of its own, and its user.
func waveguard(b *testing.B) (*netconf.Server, access.User) {
	b.Helper()
	quiet := slog.New(slog.DiscardHandler)
	set, err := schema.Compile([]fs.FS{models.FS, os.DirFS("testdata")}, schema.Options{Implement: append(models.Served(), "inventory"), Features: netconf.Features})
	check(b, err)
	admin := `<mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><system><users><user><name>admin</name><config><name>admin</name><role>ADMINISTRATOR</role><authorized-key>` +
		strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer(b).PublicKey()))) + `</authorized-key></config></user></users></system></mpk-security>`
	store, err := datastore.Open(datastore.Config{
		Dir: b.TempDir(), Schema: set, Engine: idle{}, Logger: quiet,
		Initial: func() (*tree.Tree, error) { return xml.Decode(set, []byte(admin), xml.DecodeOptions{}) },
	})
	check(b, err)
	b.Cleanup(func() { _ = store.Close() })
	hub, err := notify.Open(notify.Config{Dir: b.TempDir(), Schema: set, Logger: quiet})
	check(b, err)
	b.Cleanup(func() { _ = hub.Close() })
	authority := access.New(store.Running)
	user, err := authority.AuthenticateCert("admin")
	check(b, err)
	keys, err := netconf.EnsureHostKeys(b.TempDir())
	check(b, err)
	s, err := netconf.New(netconf.Config{Schema: set, Store: store, Access: authority, Hub: hub, HostKeys: keys, Logger: quiet})
	check(b, err)
	b.Cleanup(func() { s.Shutdown(context.Background()) })
	return s, user
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// startSocket serves one session on a socket of the file system.
func startSocket(b *testing.B) io.ReadWriter {
	b.Helper()
	s, user := waveguard(b)
	listener, err := net.Listen("unix", filepath.Join(b.TempDir(), "s"))
	check(b, err)
	defer listener.Close()
	here, err := net.Dial("unix", listener.Addr().String())
	check(b, err)
	b.Cleanup(func() { here.Close() })
	there, err := listener.Accept()
	check(b, err)
	go s.ServeSession(context.Background(), there, netconf.Peer{User: user, Transport: "netconf-ssh"})
	return here
}

// startSSH serves SSH on loopback.
func startSSH(b *testing.B) io.ReadWriter {
	b.Helper()
	s, _ := waveguard(b)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	b.Cleanup(func() { cancel(); <-served })
	conn, err := ssh.Dial("tcp", listener.Addr().String(), &ssh.ClientConfig{
		User: "admin", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer(b))}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	check(b, err)
	b.Cleanup(func() { conn.Close() })
	session, err := conn.NewSession()
	check(b, err)
	in, err := session.StdinPipe()
	check(b, err)
	out, err := session.StdoutPipe()
	check(b, err)
	check(b, session.RequestSubsystem("netconf"))
	return pipes{out, in}
}

type pipes struct {
	io.Reader
	io.Writer
}

// startNetconfd runs yuma123's server with the model and its subsystem as a child.
// Without the package netconfd the benchmark is skipped.
func startNetconfd(b *testing.B) io.ReadWriter {
	b.Helper()
	for _, program := range []string{"netconfd", "netconf-subsystem"} {
		if _, err := exec.LookPath(program); err != nil {
			b.Skipf("%s is missing: install the package netconfd to compare with yuma123", program)
		}
	}
	here, err := filepath.Abs("testdata")
	check(b, err)
	ours, err := filepath.Abs("../../yang/models")
	check(b, err)
	home := b.TempDir()
	socket := filepath.Join(home, "s")
	daemon := exec.Command("netconfd", "--module=inventory", "--module=mpk-security", "--modpath="+here+":"+ours+":/usr/share/yuma/modules", "--target=candidate", "--no-startup",
		"--superuser=admin", "--ncxserver-sockname="+socket, "--log="+filepath.Join(home, "log"), "--log-level=error")
	run(b, daemon, home)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(home, "log"))
			b.Fatalf("netconfd does not listen: %s", log)
		}
	}
	subsystem := exec.Command("netconf-subsystem", "--ncxserver-sockname=830@"+socket)
	subsystem.Env = append(os.Environ(), "SSH_CONNECTION=127.0.0.1 1 127.0.0.1 830", "USER=admin", "LOGNAME=admin")
	in, err := subsystem.StdinPipe()
	check(b, err)
	out, err := subsystem.StdoutPipe()
	check(b, err)
	run(b, subsystem, home)
	return pipes{out, in}
}

// run starts a program and ends it with the benchmark.
func run(b *testing.B, cmd *exec.Cmd, home string) {
	b.Helper()
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Dir = home // netconfd leaves files where it runs
	cmd.Env = append(cmd.Env, fmt.Sprint("HOME=", home))
	check(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}
