package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/gnmitest"
)

// playHost is the compartment host with a dashboard that answers at the socket of the environment.
func playHost(ctx context.Context) error {
	if os.Args[1] != "--socket" || !strings.HasSuffix(os.Args[len(os.Args)-1], "/demo/dashboard.so") {
		return fmt.Errorf("started with %q", os.Args)
	}
	listener, err := control.Listen(os.Getenv("WAVEGUARD_DEMO_CONTROL"))
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "compartments are up")
	return control.Serve(ctx, listener, func(context.Context, control.Request) control.Reply {
		return control.Reply{Status: &control.Status{Attached: true, Backend: "PKU", Strength: "HARDWARE_COMPARTMENT", Keys: 15, Epoch: 3}}
	})
}

// withHost is a configuration with a host beside the command, and objects for its services. The host is a
// copy: its path is followed to what the kernel will tell, and the actor plays by that name.
func withHost(t *testing.T, out *output) Config {
	t.Helper()
	c := config(t, out)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(c.Executable)
	c.Host = filepath.Join(folder, hostName)
	err = errors.Join(copyFile(c.Host, self), os.Mkdir(filepath.Join(folder, "demo"), 0o700),
		os.WriteFile(filepath.Join(folder, "demo", services[0]+".so"), nil, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRunWithHost(t *testing.T) {
	r := &rehearsal{t: t, out: new(output), done: make(chan error, 1)}
	c := withHost(t, r.out)
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	defer r.stop()
	go func() { r.done <- Run(ctx, c) }()
	r.eventually("attached, epoch 3")
	r.eventually("HARDWARE_COMPARTMENT (backend PKU, 15 hardware keys)")
	r.stop()
	if err := r.end(); err != nil {
		t.Errorf("end: %v", err)
	}
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func TestHostIsNotThere(t *testing.T) {
	c := config(t, new(output))
	c.Host = filepath.Join(t.TempDir(), "nowhere")
	if err := Run(t.Context(), c); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "make sdk") {
		t.Errorf("no host: %v", err)
	}
	c = withHost(t, new(output))
	if err := os.RemoveAll(filepath.Join(filepath.Dir(c.Host), "demo")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.nodeCommand(); err == nil || !strings.Contains(err.Error(), "make sdk") {
		t.Errorf("no objects: %v", err)
	}
}

// TestAppoint: services are tied to who provides them now, unless somebody else was chosen for them.
func TestAppoint(t *testing.T) {
	server := &gnmitest.Server{Data: map[string]string{"/mpk-security/services": `{"service": [
		{"name": "key-store", "config": {"name": "key-store", "executable": "/bin/waveguard"}},
		{"name": "dashboard", "config": {"name": "dashboard", "executable": "/sdk/waveguard-host"}},
		{"name": "path-computation", "config": {"name": "path-computation", "executable": "/opt/planner"}},
		{"name": "other", "config": {"name": "other", "executable": "/bin/waveguard"}}]}`}}
	address, data := server.Start(t)
	for provider, want := range map[string]string{
		"/sdk/waveguard-host": "key-store", "": "dashboard", "/new/waveguard-host": "dashboard key-store",
	} {
		d := &demonstration{
			Config:   Config{Executable: "/bin/waveguard", Host: provider, Data: data, User: gnmitest.User},
			greeting: greeting{netconf: "unused", gnmi: address},
		}
		before := len(server.Sets())
		if err := d.appoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		var tied []string
		for _, set := range server.Sets()[before:] {
			for _, u := range set.GetUpdate() {
				tied = append(tied, u.GetPath().GetElem()[2].GetKey()["name"])
				if got := u.GetVal().GetStringVal(); got != d.provider() {
					t.Errorf("tied to %q", got)
				}
			}
		}
		if got := strings.Join(tied, " "); got != want {
			t.Errorf("with host %q the services %q are tied to it, want %q", provider, got, want)
		}
	}
}
