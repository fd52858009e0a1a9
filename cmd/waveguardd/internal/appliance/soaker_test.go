package appliance

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/netconf/framing"
)

var soakSigner = func() ssh.Signer {
	signer, err := ssh.NewSignerFromSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		panic(err)
	}
	return signer
}()

func soakKey() string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(soakSigner.PublicKey())))
}

// soaker is one client. It owns the domain of its number.
type soaker struct {
	*world
	number int
	r      *rand.Rand

	wire net.Conn
	conn *ssh.Client
	*framing.Framer
	session string // its session-id
	told    bool   // it has a subscription
}

// answerTime is how long an answer may take on a busy machine.
const answerTime = time.Minute

// errLost is the end of a connection: somebody killed the session, or the server was
// told that it is over.
var errLost = errors.New("the connection is lost")

// run connects again and again and takes some steps each time, until ctx ends. Its
// error is what a server must not do.
func (s *soaker) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.connect(); err != nil {
			return err
		}
		err := s.visit(ctx)
		s.drop()
		if err != nil && !errors.Is(err, errLost) {
			return err
		}
	}
	return nil
}

func (s *soaker) visit(ctx context.Context) error {
	for range 1 + s.r.IntN(8) {
		if ctx.Err() != nil {
			return nil
		}
		if err := soakSteps[s.r.IntN(len(soakSteps))](s); err != nil {
			return err
		}
	}
	if s.r.IntN(2) == 0 {
		return s.must("close-session", "<close-session/>")
	}
	return nil
}

func (s *soaker) connect() error {
	wire, err := net.Dial("tcp", s.a.NETCONFAddr().String())
	if err != nil {
		return s.lost(err)
	}
	s.wire = wire
	if err := wire.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return err
	}
	conn, channels, requests, err := ssh.NewClientConn(wire, "soak", &ssh.ClientConfig{
		User: "admin", Auth: []ssh.AuthMethod{ssh.PublicKeys(soakSigner)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	s.conn = ssh.NewClient(conn, channels, requests)
	channel, err := s.conn.NewSession()
	if err != nil {
		return fmt.Errorf("open a channel: %w", err)
	}
	in, _ := channel.StdinPipe()
	out, _ := channel.StdoutPipe()
	if err := channel.RequestSubsystem("netconf"); err != nil {
		return fmt.Errorf("ask for NETCONF: %w", err)
	}
	s.Framer = framing.New(struct {
		io.Reader
		io.Writer
	}{out, in}, 64<<20)
	return s.greet()
}

func (s *soaker) greet() error {
	hello, err := s.ReadMessage()
	if err != nil {
		return s.ignoreLoss(err)
	}
	_, id, _ := strings.Cut(string(hello), "<session-id>")
	s.session, _, _ = strings.Cut(id, "<")
	s.told = false
	s.live.Store(s.number, s.session)
	err = s.WriteMessage([]byte(`<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>`))
	s.Upgrade()
	return s.ignoreLoss(err)
}

// ignoreLoss passes over the end of a connection that another client caused: the
// next request meets it again.
func (s *soaker) ignoreLoss(err error) error {
	if err == nil || errors.Is(s.lost(err), errLost) {
		return nil
	}
	return err
}

// drop leaves without a word, half of the time as a host that lost its power.
func (s *soaker) drop() {
	s.live.Delete(s.number)
	if s.wire == nil {
		return
	}
	if tcp := s.wire.(*net.TCPConn); s.r != nil && s.r.IntN(2) == 0 {
		_ = tcp.SetLinger(0)
		s.did("cut")
	}
	s.wire.Close()
	if s.conn != nil {
		_ = s.conn.Wait()
	}
}

// lost tells the end of a connection from an answer that does not come.
func (s *soaker) lost(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(err.Error(), "timeout") {
		return fmt.Errorf("no answer: %w", err)
	}
	return fmt.Errorf("%w: %w", errLost, err)
}

func (s *soaker) send(operation string) error {
	if err := s.wire.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return s.lost(err)
	}
	err := s.WriteMessage([]byte(`<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="` + s.session + `">` + operation + `</rpc>`))
	if err != nil {
		return s.lost(err)
	}
	return nil
}

// soakRefusals are what clients in each other's way have to expect.
var soakRefusals = []string{"in-use", "lock-denied", "invalid-value"}

// ask returns whether the operation was performed.
func (s *soaker) ask(what, operation string) (bool, error) {
	if err := s.send(operation); err != nil {
		return false, err
	}
	for {
		reply, err := s.ReadMessage()
		if err != nil {
			return false, s.lost(err)
		}
		text := string(reply)
		switch {
		case strings.Contains(text, "<notification"):
			continue
		case !strings.Contains(text, `message-id="`+s.session+`"`):
			return false, fmt.Errorf("%s is answered with %.300s", operation, text)
		case !strings.Contains(text, "<rpc-error>"):
			s.did(what)
			return true, nil
		}
		_, tag, _ := strings.Cut(text, "<error-tag>")
		tag, _, _ = strings.Cut(tag, "<")
		for _, expected := range soakRefusals {
			if tag == expected {
				s.did("refused: " + tag)
				return false, nil
			}
		}
		return false, fmt.Errorf("%s is refused: %.600s", operation, text)
	}
}

// must is ask of what may not be refused.
func (s *soaker) must(what, operation string) error {
	done, err := s.ask(what, operation)
	if err == nil && !done {
		return fmt.Errorf("%s was refused", operation)
	}
	return err
}

// all asks one after another until one is refused.
func (s *soaker) all(what string, operations ...string) (bool, error) {
	for _, operation := range operations {
		if done, err := s.ask(what, operation); err != nil || !done {
			return false, err
		}
	}
	return true, nil
}
