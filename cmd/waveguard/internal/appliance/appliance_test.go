package appliance

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/gnmitest"
)

func dial(t *testing.T, config Config) *Client {
	t.Helper()
	client, err := Dial(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

func start(t *testing.T, server *gnmitest.Server) (*Client, Config) {
	t.Helper()
	address, data := server.Start(t)
	config := Config{Address: address, User: gnmitest.User, Data: data}
	return dial(t, config), config
}

func TestReading(t *testing.T) {
	client, _ := start(t, &gnmitest.Server{Data: gnmitest.Sample()})
	system, err := client.System(t.Context())
	if err != nil || system.Data.PolicyEpoch != 1<<64-1 || system.Data.MinimumStrength != "HARDWARE_REGION" || !system.Time.Equal(gnmitest.Taken) {
		t.Errorf("system %+v, %v", system, err)
	}
	domains, err := client.Domains(t.Context())
	if err != nil || len(domains.Data) != 3 || domains.Data[0].Name != "controller" || domains.Data[1].Counters.Faults != 2 ||
		domains.Data[2].AdministrativeState != "OUT_OF_SERVICE" {
		t.Errorf("domains %+v, %v", domains, err)
	}
	services, err := client.Services(t.Context())
	if err != nil || len(services.Data) != 2 || services.Data[0].LastViolation.Kind != "protection-key-fault" || services.Data[1].LastViolation != nil {
		t.Errorf("services %+v, %v", services, err)
	}
	transitions, err := client.Transitions(t.Context())
	if err != nil || len(transitions.Data) != 2 || transitions.Data[0].Action != Deny || transitions.Data[1].MaxRate != 500 {
		t.Errorf("transitions %+v, %v", transitions, err)
	}
}

func TestReadingNothing(t *testing.T) {
	client, _ := start(t, &gnmitest.Server{})
	if transitions, err := client.Transitions(t.Context()); err != nil || len(transitions.Data) != 0 {
		t.Errorf("transitions %+v, %v", transitions, err)
	}
}

func TestReadingNonsense(t *testing.T) {
	for _, text := range []string{`{"transition": 7}`, `{"transition": [{"config": {"max-rate": "many"}}]}`, `{`, `{"transition": [[]]}`} {
		client, _ := start(t, &gnmitest.Server{Data: map[string]string{"/mpk-security/transitions": text}})
		if _, err := client.Transitions(t.Context()); !errors.Is(err, ErrFailed) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSetAction(t *testing.T) {
	server := &gnmitest.Server{Data: gnmitest.Sample()}
	client, _ := start(t, server)
	if action, err := client.Action(t.Context(), "dashboard", "performance-monitoring"); err != nil || action != Deny {
		t.Errorf("action %q, %v", action, err)
	}
	if action, err := client.Action(t.Context(), "dashboard", "key-store"); err != nil || action != "" {
		t.Errorf("action of a transition that is not there: %q, %v", action, err)
	}
	if err := client.SetAction(t.Context(), "a", "b", Permit); err != nil {
		t.Fatal(err)
	}
	sets := server.Sets()
	if len(sets) != 1 || len(sets[0].GetUpdate()) != 3 {
		t.Fatalf("sets %v, want one with three leaves", sets)
	}
	got := make(map[string]string)
	for _, u := range sets[0].GetUpdate() {
		got[gnmitest.Format(u.GetPath())] = u.GetVal().GetStringVal()
	}
	const at = "/mpk-security/transitions/transition[source=a][target=b]/config/"
	if got[at+"source"] != "a" || got[at+"target"] != "b" || got[at+"action"] != Permit {
		t.Errorf("set %v", got)
	}
}

func TestWatch(t *testing.T) {
	server := &gnmitest.Server{Stream: gnmitest.Happening()}
	client, _ := start(t, server)
	ctx, cancel := context.WithCancel(t.Context())
	var events []Event
	err := client.Watch(ctx, 3*time.Second, func(more []Event) error {
		if events = append(events, more...); len(events) == 10 {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != 10 || events[2].Kind != Synchronized {
		t.Fatalf("events %+v", events)
	}
	want := Event{
		Time: gnmitest.Taken, Kind: OnChange, Value: uint64(7), Leaf: "denied",
		Path: "/mpk-security/transitions/transition[source=dashboard][target=performance-monitoring]/state/counters/denied",
	}
	if got := events[3]; !got.Time.Equal(want.Time) || got.Kind != want.Kind || got.Value != want.Value || got.Path != want.Path || got.Keys["source"] != "dashboard" {
		t.Errorf("event %+v, want %+v", got, want)
	}
	if got := events[9]; got.Kind != Sampled || got.Leaf != "permitted" {
		t.Errorf("event %+v, want a sample", got)
	}
	if got := events[5]; got.Value != "protection-key-fault" {
		t.Errorf("event %+v, want an identity without its module", got)
	}
	checkSubscription(t, server.Subscribed().GetSubscribe())
}

func checkSubscription(t *testing.T, list *gpb.SubscriptionList) {
	t.Helper()
	if list.GetMode() != gpb.SubscriptionList_STREAM {
		t.Errorf("mode %v", list.GetMode())
	}
	for _, s := range list.GetSubscription() {
		path := gnmitest.Format(s.GetPath())
		interval := uint64(0)
		if s.GetMode() == gpb.SubscriptionMode_SAMPLE {
			interval = uint64(3 * time.Second)
		}
		if onChange := strings.HasSuffix(path, "/denied"); onChange != (interval == 0) && strings.Contains(path, "transition") && strings.Contains(path, "counters") {
			t.Errorf("%s is subscribed by %v", path, s.GetMode())
		}
		if s.GetSampleInterval() != interval {
			t.Errorf("%s has the interval %d", path, s.GetSampleInterval())
		}
	}
}

func TestErrors(t *testing.T) {
	healthy := &gnmitest.Server{Data: gnmitest.Sample()}
	address, data := healthy.Start(t)
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, elsewhere := new(gnmitest.Server).Start(t) // another certificate
	refusing := func(code codes.Code) Config {
		s := &gnmitest.Server{Refusal: status.Error(code, "because")}
		address, data := s.Start(t)
		return Config{Address: address, User: gnmitest.User, Data: data}
	}
	for _, test := range []struct {
		name       string
		config     Config
		kind       error
		says, hint string
	}{
		{"nobody listens", Config{Address: freeAddress(t), User: "admin", Data: data}, ErrUnreachable, "connection refused", "waveguardd"},
		{"wrong password", Config{Address: address, User: "admin", PasswordFile: wrong, Data: data}, ErrRefused, "password", wrong},
		{"no password", Config{Address: address, User: "admin", CA: filepath.Join(data, "tls", "cert.pem")}, ErrRefused, "password", "--password-file"},
		{"unknown user", Config{Address: address, User: "nobody", Data: data}, ErrRefused, "nobody", "admin-password"},
		{"other certificate", Config{Address: address, User: "admin", Data: elsewhere}, ErrUnreachable, "certificate", "--ca"},
		{"another protocol", Config{Address: otherProtocol(t), User: "admin", Data: data}, ErrUnreachable, "TLS handshake", "Something else listens"},
		{"not permitted", refusing(codes.PermissionDenied), ErrRefused, "because", "administrator"},
		{"not valid", refusing(codes.InvalidArgument), ErrFailed, "because", ""},
		{"no such address", Config{Address: "127.0.0.1", User: "admin", Data: data}, ErrUnreachable, "127.0.0.1", "--address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := dial(t, test.config).System(ctx)
			var known *Error
			if !errors.As(err, &known) || !errors.Is(err, test.kind) {
				t.Fatalf("error %v, want %v", err, test.kind)
			}
			if !strings.Contains(known.Message, test.says) || !strings.Contains(known.Hint, test.hint) {
				t.Errorf("message %q, hint %q", known.Message, known.Hint)
			}
		})
	}
}

// otherProtocol is an address where an SSH server greets.
func otherProtocol(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Write([]byte("SSH-2.0-Waveguard\r\n"))
		}
	}()
	return listener.Addr().String()
}

// freeAddress is one where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestDialRefusesFiles(t *testing.T) {
	directory := t.TempDir()
	empty := filepath.Join(directory, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(directory, "missing")
	for kind, config := range map[error]Config{
		ErrRefused:     {Address: "a:1", PasswordFile: missing},
		ErrUnreachable: {Address: "a:1", CA: missing},
	} {
		if _, err := Dial(config); !errors.Is(err, kind) || !strings.Contains(err.Error(), "missing") {
			t.Errorf("%+v: %v, want %v", config, err, kind)
		}
	}
	if _, err := Dial(Config{Address: "a:1", CA: empty}); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Errorf("a file without certificate: %v", err)
	}
}

func TestFormat(t *testing.T) {
	path := under("list", "b=2", "a=x]y", "m:leaf")
	if got, want := format(path), `/mpk-security/list[a=x\]y][b=2]/leaf`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzReadList reads whatever a server might answer.
func FuzzReadList(f *testing.F) {
	for _, text := range gnmitest.Sample() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		services, err := readList[Service](text, "service")
		if err != nil && services != nil {
			t.Errorf("%d services and %v", len(services), err)
		}
		_, _ = readList[Transition](text, "transition")
		channels, err := readChannels(text)
		if err != nil && channels != nil {
			t.Errorf("%d channels and %v", len(channels), err)
		}
	})
}
