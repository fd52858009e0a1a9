package csdk_test

import (
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
)

// The decoders of sdk/c/testdata/fuzz.c.
const (
	answerToHello = iota
	laterMessage
	policyPage
	controlPage
	ringContents
)

// feeder is the program fuzz, which stays for all inputs of this process. A sanitizer ends it.
type feeder struct {
	mu   sync.Mutex
	in   io.Writer
	out  io.Reader
	cmd  *exec.Cmd
	said strings.Builder
}

func feed(f *testing.F) *feeder {
	f.Helper()
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		f.Skip("the virtual machine has no sanitizers")
	}
	p := &feeder{cmd: exec.Command(program(f, "fuzz"))}
	p.cmd.Stderr = &p.said
	p.cmd.Env = append(os.Environ(), withoutLeaks)
	in, err1 := p.cmd.StdinPipe()
	out, err2 := p.cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		f.Fatal(err1, err2)
	}
	p.in, p.out = in, out
	if err := p.cmd.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		in.Close()
		if err := p.cmd.Wait(); err != nil {
			f.Errorf("%v\n%s", err, p.said.String())
		}
	})
	return p
}

// takes reports whether a decoder takes the input for sound.
func (p *feeder) takes(t *testing.T, decoder byte, input []byte) bool {
	t.Helper()
	return p.answer(t, decoder, input) != 0
}

// answer returns what a decoder says of the input.
func (p *feeder) answer(t *testing.T, decoder byte, input []byte) byte {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var answer [1]byte
	_, err := p.in.Write(append(binary.LittleEndian.AppendUint32([]byte{decoder}, uint32(len(input))), input...))
	if err == nil {
		_, err = io.ReadFull(p.out, answer[:])
	}
	if err != nil {
		_ = p.cmd.Wait()
		t.Fatalf("%v\n%s", err, p.said.String())
	}
	return answer[0]
}

func encode(f *testing.F, m wire.Message) []byte {
	f.Helper()
	packet, err := wire.Encode(m, 1)
	if err != nil {
		f.Fatal(err)
	}
	return packet
}

// FuzzCMessage gives libwaveguard what a daemon says. It takes what the Go decoder takes, and never
// reads beyond. It is the Go decoder by whose branches the fuzzer finds its way.
func FuzzCMessage(f *testing.F) {
	welcome := encode(f, &wire.Welcome{Attachment: 7, Hosted: []wire.Hosted{
		{Service: "front", Domain: "a", DomainID: 1, Level: 2}, {Service: "vault", Domain: "b", DomainID: 4095, Level: 4},
	}})
	refused := encode(f, &wire.Refused{Code: wire.RefusedABI, Message: "no"})
	p := feed(f)
	f.Add(byte(answerToHello), welcome)
	f.Add(byte(answerToHello), refused)
	f.Add(byte(answerToHello), welcome[:20])
	f.Add(byte(answerToHello), append(slices.Clone(welcome), 0))
	f.Add(byte(laterMessage), encode(f, &wire.Ping{Token: 1 << 63}))
	f.Add(byte(laterMessage), encode(f, &wire.Pong{Token: 1}))
	f.Add(byte(laterMessage), encode(f, &wire.Bye{}))
	f.Add(byte(laterMessage), encode(f, &wire.Channel{Role: wire.Producer, Consumers: 2, Generation: 1}))
	f.Add(byte(laterMessage), encode(f, &wire.Channel{Role: wire.Producer, Consumers: 32, Generation: 1 << 63}))
	f.Add(byte(laterMessage), encode(f, &wire.Channel{End: 1, Role: wire.Consumer, Consumers: 2, Place: 1, Generation: 9}))
	f.Add(byte(laterMessage), encode(f, &wire.Channel{End: 1, Role: wire.Producer, Consumers: 2, Generation: 9})) // it is a consumer
	f.Add(byte(laterMessage), encode(f, &wire.Channel{End: 2, Role: wire.Consumer, Consumers: 2, Generation: 9})) // there is none
	f.Add(byte(laterMessage), encode(f, &wire.Withheld{End: 1, Code: wire.WithheldWaiting, Message: "the producer is not there"}))
	f.Add(byte(laterMessage), encode(f, &wire.Withheld{End: 2, Code: wire.WithheldService, Message: "no"}))
	f.Fuzz(func(t *testing.T, decoder byte, packet []byte) {
		decoder %= 2
		if len(packet) == 0 || len(packet) > wire.MaxMessage {
			return
		}
		m, sequence, err := wire.Decode(packet)
		must, may := answers(decoder, m)
		sound := err == nil && sequence == 1
		switch taken := p.takes(t, decoder, packet); {
		case taken && !(sound && may):
			t.Errorf("C takes what Go does not: %+v, sequence %d, %v", m, sequence, err)
		case !taken && sound && must:
			t.Errorf("C does not take %+v", m)
		}
	})
}

// answers reports whether C must take a message where the decoder waits, and whether it may.
func answers(decoder byte, m wire.Message) (must, may bool) {
	switch m := m.(type) {
	case *wire.Welcome:
		return false, decoder == answerToHello && len(m.Hosted) == 2 && m.Hosted[0].Service == "front" && m.Hosted[1].Service == "vault"
	case *wire.Refused:
		return decoder == answerToHello, decoder == answerToHello
	case *wire.Channel:
		has := decoder == laterMessage && (m.End == 0 && m.Role == wire.Producer || m.End == 1 && m.Role == wire.Consumer)
		return has, has
	case *wire.Withheld:
		has := decoder == laterMessage && m.End < 2
		return has, has
	case *wire.Ping, *wire.Pong:
		return decoder == laterMessage, decoder == laterMessage
	default:
		return false, false
	}
}

// FuzzCPolicyPage gives libwaveguard forged policy pages of two domains: whatever is in them, no
// look-up reads beyond, finds an entry of another target, or goes on for ever.
func FuzzCPolicyPage(f *testing.F) {
	p := feed(f)
	policy, err := page.NewPolicy(2)
	if err != nil {
		f.Fatal(err)
	}
	defer policy.Close()
	add := func() []byte {
		size, err := policy.File().Seek(0, io.SeekEnd)
		if err != nil {
			f.Fatal(err)
		}
		contents := make([]byte, size)
		if _, err := policy.File().ReadAt(contents, 0); err != nil {
			f.Fatal(err)
		}
		f.Add(contents)
		return contents
	}
	add()
	if _, err := policy.Publish(page.Table{
		{ID: 1, State: page.InService, Entries: []page.Entry{{Target: 0, Flags: page.Permit}, {Target: 1, Flags: page.Permit, Operations: 5}}},
		{ID: 2, State: page.Isolated, Entries: []page.Entry{{Target: 0, Flags: page.FastPath}}},
	}); err != nil {
		f.Fatal(err)
	}
	sound := add()
	const record = 64 + 16*2 + 64 // somewhere in the banks
	for _, at := range []int{0, 8, 12, 16, 24, 32, 56, 68, 72, 80, 88, record, len(sound) - 1} {
		forged := slices.Clone(sound)
		for i := range 4 {
			forged[min(at+i, len(forged)-1)] = 0xff
		}
		f.Add(forged)
	}
	f.Add(sound[:64])
	f.Fuzz(func(t *testing.T, contents []byte) {
		if len(contents) > 0 && len(contents) <= 1<<16 {
			p.takes(t, policyPage, contents)
		}
	})
}
