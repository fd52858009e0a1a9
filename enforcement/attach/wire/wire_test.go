package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

var samples = []Message{
	&Hello{
		ABI: 1, Backend: mpk.KindPKU, Strength: mpk.HardwareRegion, Keys: 15, Continues: 1 << 60,
		Services: []Service{{Name: "key-store", Operations: []string{"derive-key", "rotate"}, Channels: []End{{Producer, "levels"}}}, {Name: "dashboard", Channels: []End{{Consumer, "levels"}, {Consumer, "alarms"}}}},
	},
	&Welcome{Attachment: 77, Hosted: []Hosted{
		{Service: "key-store", Domain: "vault", DomainID: 4095, Level: 1},
		{Service: "dashboard", Domain: "vault", DomainID: 4095, Level: 1},
	}},
	&Refused{Code: RefusedIdentity, Message: "executable of key-store is not /usr/bin/ks"},
	&Ready{},
	&Violation{
		Kind: ProtectionKeyFault, Severity: Severe, Service: 1, Source: 2, Target: 3, Operation: NoOperation,
		ThreadID: 4242, Address: 0x7fff_dead_beef, Occurrences: 9, Lost: 1 << 40,
	},
	&Violation{Kind: OperationDenied, Severity: Moderate, Operation: 31, Occurrences: 1},
	&Bye{},
	&Ping{Token: 5},
	&Pong{Token: 1 << 63},
	&Channel{End: 255, Role: Producer, Consumers: 32, Generation: 1},
	&Channel{Role: Consumer, Consumers: 2, Place: 1, Generation: 1 << 63},
	&Mapped{End: 255, Generation: 1 << 63},
	&Withheld{End: 7, Code: WithheldWaiting, Message: "the producer is not there"},
}

func TestRoundTrip(t *testing.T) {
	for i, m := range samples {
		packet, err := Encode(m, uint32(i))
		if err != nil {
			t.Errorf("Encode(%+v): %v", m, err)
			continue
		}
		got, sequence, err := Decode(packet)
		if err != nil || sequence != uint32(i) || !reflect.DeepEqual(got, m) {
			t.Errorf("Decode gave %+v, sequence %d, error %v; want %+v, %d", got, sequence, err, m, i)
		}
	}
}

// TestBytes holds the encoding to the package documentation.
func TestBytes(t *testing.T) {
	packet, err := Encode(&Hello{ABI: 1, Backend: mpk.KindPKU, Strength: mpk.HardwareRegion, Keys: 15, Services: []Service{{Name: "ks", Operations: []string{"get"}, Channels: []End{{Consumer, "k"}}}}}, 7)
	if err != nil {
		t.Fatal(err)
	}
	want := "WGAT" + "\x03\x00" + "\x01\x00" + "\x32\x00\x00\x00" + "\x07\x00\x00\x00" +
		"\x01\x00\x00\x00" + "\x02" + "\x02" + "\x0f" + "\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x00" + "\x02\x00ks" + "\x01\x00" + "\x03\x00get" +
		"\x01\x00" + "\x02" + "\x01\x00k"
	if string(packet) != want {
		t.Errorf("got  %q\nwant %q", packet, want)
	}
}

// withEnds returns services with so many ends of channels together.
func withEnds(n int) (services []Service) {
	for i := range n {
		if i%MaxChannels == 0 {
			services = append(services, Service{Name: fmt.Sprint("s", i)})
		}
		s := &services[len(services)-1]
		s.Channels = append(s.Channels, End{Consumer, fmt.Sprint("c", i)})
	}
	return services
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	many := make([]Service, MaxServices+1)
	long := make([]Service, MaxServices)
	for i := range many {
		many[i].Name = fmt.Sprint("s", i)
	}
	for i := range long {
		long[i].Name = strings.Repeat("x", 58) + fmt.Sprintf("%05d", i)
	}
	one := []Service{{Name: "s"}}
	for name, m := range map[string]Message{
		"no service":        &Hello{},
		"too many services": &Hello{Services: many},
		"too many bytes":    &Hello{Services: long},
		"empty name":        &Hello{Services: []Service{{}}},
		"long name":         &Hello{Services: []Service{{Name: strings.Repeat("x", MaxName+1)}}},
		"huge name":         &Hello{Services: []Service{{Name: strings.Repeat("x", 1<<17)}}},
		"space in name":     &Hello{Services: []Service{{Name: "a b"}}},
		"control character": &Hello{Services: []Service{{Name: "a\x1b"}}},
		"not UTF-8":         &Hello{Services: []Service{{Name: "\xff"}}},
		"service twice":     &Hello{Services: []Service{{Name: "a"}, {Name: "a"}}},
		"operation twice":   &Hello{Services: []Service{{Name: "a", Operations: []string{"x", "x"}}}},
		"33 operations":     &Hello{Services: []Service{{Name: "a", Operations: make([]string, 33)}}},
		"33 ends":           &Hello{Services: []Service{{Name: "a", Channels: make([]End, 33)}}},
		"end twice":         &Hello{Services: []Service{{Name: "a", Channels: []End{{Producer, "c"}, {Consumer, "c"}}}}},
		"end without role":  &Hello{Services: []Service{{Name: "a", Channels: []End{{0, "c"}}}}},
		"257 ends":          &Hello{Services: withEnds(257)},
		"end 256":           &Mapped{End: 256, Generation: 1},
		"generation 0":      &Mapped{},
		"channel without":   &Channel{Role: Producer, Consumers: 1},
		"33 consumers":      &Channel{Role: Producer, Consumers: 33, Generation: 1},
		"place of producer": &Channel{Role: Producer, Consumers: 2, Place: 1, Generation: 1},
		"place beyond":      &Channel{Role: Consumer, Consumers: 2, Place: 2, Generation: 1},
		"withheld code 0":   &Withheld{Message: "m"},
		"withheld unsaid":   &Withheld{Code: WithheldWaiting},
		"unknown backend":   &Hello{Backend: 3, Services: one},
		"unknown strength":  &Hello{Strength: 4, Services: one},
		"16 keys":           &Hello{Keys: 16, Services: one},
		"attachment 0":      &Welcome{Hosted: []Hosted{{Service: "s", Domain: "d"}}},
		"nothing hosted":    &Welcome{Attachment: 1},
		"domain id 4096":    &Welcome{Attachment: 1, Hosted: []Hosted{{Service: "s", Domain: "d", DomainID: 4096}}},
		"level 5":           &Welcome{Attachment: 1, Hosted: []Hosted{{Service: "s", Domain: "d", Level: 5}}},
		"refusal code 0":    &Refused{Message: "m"},
		"refusal code 99":   &Refused{Code: 99, Message: "m"},
		"refusal unsaid":    &Refused{Code: RefusedABI},
		"kind 0":            &Violation{Severity: Minor, Occurrences: 1},
		"kind 99":           &Violation{Kind: 99, Severity: Minor, Occurrences: 1},
		"severity 0":        &Violation{Kind: RateExceeded, Occurrences: 1},
		"no occurrence":     &Violation{Kind: RateExceeded, Severity: Minor},
		"operation 32":      &Violation{Kind: RateExceeded, Severity: Minor, Operation: 32, Occurrences: 1},
		"source 1024":       &Violation{Kind: RateExceeded, Severity: Minor, Source: 1024, Occurrences: 1},
	} {
		if _, err := Encode(m, 1); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: error is %v, want ErrFormat", name, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	sound, err := Encode(samples[0], 1)
	if err != nil {
		t.Fatal(err)
	}
	for n := range sound {
		if m, _, err := Decode(sound[:n]); !errors.Is(err, ErrFormat) {
			t.Errorf("first %d bytes decoded to %+v, error %v", n, m, err)
		}
		cut := append([]byte(nil), sound[:n]...)
		if n >= headerSize {
			binary.LittleEndian.PutUint32(cut[8:], uint32(n))
		}
		if m, _, err := Decode(cut); !errors.Is(err, ErrFormat) {
			t.Errorf("message cut to %d bytes decoded to %+v, error %v", n, m, err)
		}
	}
	for _, test := range []struct {
		name   string
		offset int
	}{{"magic", 0}, {"version", 4}, {"type", 7}, {"length", 8}} {
		broken := append([]byte(nil), sound...)
		broken[test.offset] ^= 0x40
		if _, _, err := Decode(broken); !errors.Is(err, ErrFormat) {
			t.Errorf("wrong %s: error %v, want ErrFormat", test.name, err)
		}
	}
	longer := append(append([]byte(nil), sound...), 0)
	binary.LittleEndian.PutUint32(longer[8:], uint32(len(longer)))
	if _, _, err := Decode(longer); !errors.Is(err, ErrFormat) {
		t.Errorf("surplus byte: error %v, want ErrFormat", err)
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		TransitionDenied.String():              "transition-denied",
		AttachRefused.String():                 "attach-refused",
		Kind(0).String():                       "Kind(0)",
		Critical.String():                      "CRITICAL",
		Severity(9).String():                   "Severity(9)",
		RefusedIdentity.String():               "identity-mismatch",
		ProtectionKeyFault.Severity().String(): "SEVERE",
		TransitionDenied.Severity().String():   "MODERATE",
		RateExceeded.Severity().String():       "MINOR",
		(&Refused{RefusedABI, "no"}).Error():   "refused by the daemon (abi): no",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// pair returns both ends of a real socket.
func pair(t *testing.T) (client, daemon *Conn) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "attach.sock")
	listener, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err = Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := listener.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	daemon = NewConn(socket)
	t.Cleanup(func() { client.Close(); daemon.Close() })
	for _, c := range []*Conn{client, daemon} {
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	return client, daemon
}

func tempFile(t *testing.T, contents string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteString(contents); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestConversation(t *testing.T) {
	client, daemon := pair(t)
	if err := client.Send(samples[0]); err != nil {
		t.Fatal(err)
	}
	if m, files, err := daemon.Receive(); err != nil || files != nil || !reflect.DeepEqual(m, samples[0]) {
		t.Fatalf("daemon received %+v, %v, %v", m, files, err)
	}
	sent := Files{tempFile(t, "policy"), tempFile(t, "stats"), tempFile(t, "doorbell")}
	if err := daemon.SendFiles(samples[1], sent); err != nil {
		t.Fatal(err)
	}
	m, files, err := client.Receive()
	if err != nil || !reflect.DeepEqual(m, samples[1]) {
		t.Fatalf("client received %+v, %v", m, err)
	}
	pages := files.Pages()
	for want, f := range map[string]*os.File{"policy": pages.Policy, "stats": pages.Stats, "doorbell": pages.Doorbell} {
		b := make([]byte, len(want))
		if _, err := f.ReadAt(b, 0); err != nil || string(b) != want {
			t.Errorf("descriptor of %s reads %q, %v", want, b, err)
		}
		if flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor of %s survives exec (flags %#x, %v)", want, flags, err)
		}
	}
	if err := files.Close(); err != nil {
		t.Error(err)
	}
	for _, m := range samples[3:] {
		if carried(m) > 0 {
			continue
		}
		if err := client.Send(m); err != nil {
			t.Fatal(err)
		}
		if got, _, err := daemon.Receive(); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("daemon received %+v, %v; want %+v", got, err, m)
		}
	}
	client.Close()
	if _, _, err := daemon.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("after close: %v, want EOF", err)
	}
	if _, err := Dial(t.Context(), filepath.Join(t.TempDir(), "nobody")); err == nil {
		t.Error("connected to a socket that does not exist")
	}
}

// TestReceiveRefuses sends packets that break the protocol, each with
// descriptors, and counts that none stays open.
func TestReceiveRefuses(t *testing.T) {
	welcome, err := Encode(samples[1], 1)
	if err != nil {
		t.Fatal(err)
	}
	channel, err := Encode(&Channel{Role: Producer, Consumers: 32, Generation: 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	outOfTurn, err := Encode(&Ready{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		packet []byte
		files  int
	}{
		"welcome without descriptors": {welcome, 0},
		"welcome with one too few":    {welcome, 2},
		"welcome with one too many":   {welcome, 4},
		"more than there is room for": {welcome, 100},
		"channel without descriptors": {channel, 0},
		"channel with one too few":    {channel, 66},
		"channel with one too many":   {channel, 68},
		"out of sequence":             {outOfTurn, 0},
		"not a message":               {[]byte("hello"), 3},
		"too long":                    {make([]byte, MaxMessage+2), 1},
	} {
		t.Run(name, func(t *testing.T) {
			client, daemon := pair(t)
			before := openDescriptors(t)
			fd := int(os.Stdin.Fd())
			fds := make([]int, test.files)
			for i := range fds {
				fds[i] = fd
			}
			var control []byte
			if len(fds) > 0 {
				control = unix.UnixRights(fds...)
			}
			if _, _, err := daemon.Socket().WriteMsgUnix(test.packet, control, nil); err != nil {
				t.Fatal(err)
			}
			if m, _, err := client.Receive(); !errors.Is(err, ErrFormat) {
				t.Errorf("received %+v, %v; want ErrFormat", m, err)
			}
			if after := openDescriptors(t); after != before {
				t.Errorf("%d descriptors open, %d before", after, before)
			}
		})
	}
}

func TestSurplusDescriptorsAreClosed(t *testing.T) {
	client, daemon := pair(t)
	before := openDescriptors(t)
	packet, err := Encode(&Ping{Token: 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.Socket().WriteMsgUnix(packet, unix.UnixRights(int(os.Stdin.Fd())), nil); err != nil {
		t.Fatal(err)
	}
	if m, files, err := daemon.Receive(); err != nil || files != nil {
		t.Errorf("received %+v, %v, %v", m, files, err)
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors open, %d before", after, before)
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func FuzzDecode(f *testing.F) {
	for _, m := range samples {
		packet, err := Encode(m, 1)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packet)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		m, sequence, err := Decode(packet)
		if err != nil {
			return
		}
		again, err := Encode(m, sequence)
		if err != nil || string(again) != string(packet) {
			t.Errorf("%+v encodes to %x (%v), came from %x", m, again, err, packet)
		}
	})
}
