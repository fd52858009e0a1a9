package netconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/server/netconf/framing"
	"github.com/optical-net/waveguard/yang/xml"
)

// Session is an open NETCONF session. Its methods may be called by any number of
// goroutines. Make it with [Open] or [Dial].
type Session struct {
	stream io.Closer
	framer *framing.Framer
	hello  hello
	notify func(*xml.Element)

	sending sync.Mutex // held to write one message

	mu      sync.Mutex
	lastID  uint64
	waiting map[string]chan *xml.Element // by message-id; room for one reply
	ended   chan struct{}                // closed when there will be no more replies
	reason  error                        // why; set before ended is closed
}

// errClosed is the reason of a session that its user closed.
var errClosed = errors.New("the session was closed")

// Open exchanges hellos over a stream, which it closes when it fails or ctx ends
// before that is done. notify, if not nil, is called with each notification, in
// order and by the goroutine that reads: it must not wait for a reply.
func Open(ctx context.Context, stream io.ReadWriteCloser, notify func(*xml.Element)) (*Session, error) {
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	s := &Session{
		stream: stream, framer: framing.New(stream, maxMessage), notify: notify,
		waiting: map[string]chan *xml.Element{}, ended: make(chan struct{}),
	}
	err := s.greet()
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		stream.Close()
		return nil, err
	}
	go s.read()
	return s, nil
}

func (s *Session) greet() error {
	if err := s.framer.WriteMessage([]byte(clientHello)); err != nil {
		return fmt.Errorf("send hello: %w", err)
	}
	text, err := s.framer.ReadMessage()
	if err != nil {
		return fmt.Errorf("read the server's hello: %w", err)
	}
	if s.hello, err = parseHello(text); err != nil {
		return fmt.Errorf("read the server's hello: %w", err)
	}
	// RFC 6242 section 4.1: chunks from here on if both can.
	if s.hello.has(base11) {
		s.framer.Upgrade()
	}
	return nil
}

// ID returns the session's number.
func (s *Session) ID() uint32 { return s.hello.session }

// Has says whether the server announced a capability, given without parameters.
func (s *Session) Has(capability string) bool {
	for _, c := range s.hello.capabilities {
		if name, _, _ := strings.Cut(c, "?"); name == capability {
			return true
		}
	}
	return false
}

// Call performs one operation, given as XML, and returns its <rpc-reply>. If ctx
// ends before the reply is there, the session ends, and with it what it locked and
// did not commit: whether the operation was done is not known.
func (s *Session) Call(ctx context.Context, operation string) (*xml.Element, error) {
	replies, err := s.Calls(ctx, operation)
	if err != nil {
		return nil, err
	}
	return replies[0], nil
}

// Calls sends all operations before it waits for the first reply. It returns the
// replies in the same order, or the first refusal; the operations behind it were
// performed all the same.
func (s *Session) Calls(ctx context.Context, operations ...string) ([]*xml.Element, error) {
	stop := context.AfterFunc(ctx, func() { s.end(ctx.Err()) })
	defer stop()
	waiting := make([]<-chan *xml.Element, len(operations))
	for i, op := range operations {
		var err error
		if waiting[i], err = s.send(op); err != nil {
			return nil, s.lost()
		}
	}
	replies := make([]*xml.Element, len(operations))
	var refused error
	for i, w := range waiting {
		reply, err := s.receive(w)
		if err != nil {
			return nil, err
		}
		replies[i] = reply
		if refused == nil {
			refused = refusal(reply)
		}
	}
	if refused != nil {
		return nil, refused
	}
	return replies, nil
}

func (s *Session) send(operation string) (<-chan *xml.Element, error) {
	reply := make(chan *xml.Element, 1)
	s.sending.Lock()
	defer s.sending.Unlock()
	s.mu.Lock()
	s.lastID++
	id := strconv.FormatUint(s.lastID, 10)
	s.waiting[id] = reply
	s.mu.Unlock()
	err := s.framer.WriteMessage([]byte(`<rpc xmlns="` + xml.BaseNamespace + `" message-id="` + id + `">` + operation + `</rpc>`))
	if err != nil {
		s.end(fmt.Errorf("send: %w", err))
	}
	return reply, err
}

func (s *Session) receive(from <-chan *xml.Element) (*xml.Element, error) {
	select {
	case reply := <-from:
		return reply, nil
	case <-s.ended:
	}
	select { // what came before the end counts
	case reply := <-from:
		return reply, nil
	default:
		return nil, s.lost()
	}
}

// lost says that the session ended; it waits until it is known why.
func (s *Session) lost() error {
	<-s.ended
	if errors.Is(s.reason, context.DeadlineExceeded) {
		return &appliance.Error{Kind: appliance.ErrUnreachable, Message: "the appliance did not answer in time", Hint: "Wait longer with --timeout."}
	}
	if errors.Is(s.reason, context.Canceled) {
		return s.reason
	}
	return &appliance.Error{
		Kind: appliance.ErrUnreachable, Message: fmt.Sprintf("the NETCONF session ended: %v", s.reason),
		Hint: "The appliance was stopped, or somebody ended the session. Try again.",
	}
}

// read hands every message to who waits for it, until the session ends.
func (s *Session) read() {
	for {
		text, err := s.framer.ReadMessage()
		if err != nil {
			s.end(err)
			return
		}
		m, err := parseMessage(text)
		if err == nil {
			err = s.dispatch(m)
		}
		if err != nil {
			s.end(err)
			return
		}
	}
}

func (s *Session) dispatch(m message) error {
	if m.notification != nil {
		if s.notify != nil {
			s.notify(m.notification)
		}
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.ended:
		return s.reason // who waited may have given up already
	default:
	}
	reply := s.waiting[m.id]
	if reply == nil {
		return fmt.Errorf("the server answered %q, which was not asked", m.id)
	}
	delete(s.waiting, m.id)
	reply <- m.reply
	return nil
}

// end makes all who wait give up; the first reason counts.
func (s *Session) end(reason error) {
	s.mu.Lock()
	select {
	case <-s.ended:
	default:
		s.reason = reason
		close(s.ended)
	}
	s.mu.Unlock()
	s.stream.Close()
}

// Ended is closed when the session has ended, for whatever reason.
func (s *Session) Ended() <-chan struct{} { return s.ended }

// Close ends the session as RFC 6241 section 7.8 wants it, or at once if ctx ends
// before the server agrees.
func (s *Session) Close(ctx context.Context) error {
	_, err := s.Call(ctx, "<close-session/>")
	s.end(errClosed)
	return err
}
