package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// filesSpace is for how many descriptors there is room: more than any message carries, so
// that surplus ones arrive and are closed instead of making the kernel cut the list.
const filesSpace = 80

// SendTimeout is how long a side may leave messages unread before the other
// gives up.
const SendTimeout = time.Second

// Files are descriptors that travel with a message.
type Files []*os.File

// Close closes every file of f.
func (f Files) Close() error {
	var errs []error
	for _, file := range f {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}

// PageFiles are the files that travel with Welcome.
type PageFiles struct {
	Policy   *os.File // policy page
	Stats    *os.File // stats page
	Doorbell *os.File // eventfd
}

// Pages returns the files of a Welcome by name.
//
// Preconditions: they came with one.
func (f Files) Pages() PageFiles { return PageFiles{Policy: f[0], Stats: f[1], Doorbell: f[2]} }

// Files returns them in the order of the protocol.
func (p PageFiles) Files() Files { return Files{p.Policy, p.Stats, p.Doorbell} }

// carried returns how many descriptors a message has to travel with.
func carried(m Message) int {
	switch m := m.(type) {
	case *Welcome:
		return 3
	case *Channel:
		return m.Files()
	default:
		return 0
	}
}

// Conn carries messages over a connected socket. One goroutine may receive
// while others send.
type Conn struct {
	socket *net.UnixConn

	sendMu sync.Mutex
	sent   uint32 // sequence of the last message sent

	received uint32 // sequence of the last message received
	sender   int    // whose messages alone are taken; 0 takes anybody's
	packet   []byte
	control  []byte
}

// Dial connects to the daemon's socket.
func Dial(ctx context.Context, path string) (*Conn, error) {
	var dialer net.Dialer
	socket, err := dialer.DialContext(ctx, "unixpacket", path)
	if err != nil {
		return nil, fmt.Errorf("connect to the daemon: %w", err)
	}
	return NewConn(socket.(*net.UnixConn)), nil
}

// Admit has every Receive that follows return ErrFormat for a message that
// another process than that one sent, and for one with descriptors, which are
// not even opened.
//
// Preconditions: the socket came from a listener with SO_PASSCRED (unix(7)).
func (c *Conn) Admit(pid int) {
	c.sender = pid
	c.control = make([]byte, unix.CmsgSpace(unix.SizeofUcred))
}

// NewConn takes over a SOCK_SEQPACKET socket.
func NewConn(socket *net.UnixConn) *Conn {
	return &Conn{
		socket:  socket,
		packet:  make([]byte, MaxMessage+1),
		control: make([]byte, unix.CmsgSpace(4*filesSpace)),
	}
}

// Send sends a message. It returns ErrFormat for an invalid one,
// os.ErrDeadlineExceeded if the other side has no room for it within
// SendTimeout, and the socket's error otherwise.
func (c *Conn) Send(m Message) error { return c.send(m, nil) }

// SendFiles is Send for a message that travels with files, which stay the caller's.
func (c *Conn) SendFiles(m Message, f Files) error {
	if want := carried(m); len(f) != want {
		return fmt.Errorf("send %T: %w: %d files, want %d", m, ErrFormat, len(f), want)
	}
	fds := make([]int, len(f))
	for i, file := range f {
		fds[i] = int(file.Fd())
	}
	return c.send(m, unix.UnixRights(fds...))
}

func (c *Conn) send(m Message, control []byte) error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	packet, err := Encode(m, c.sent+1)
	if err != nil {
		return err
	}
	if err := c.socket.SetWriteDeadline(time.Now().Add(SendTimeout)); err != nil {
		return fmt.Errorf("send %T: %w", m, err)
	}
	if _, _, err := c.socket.WriteMsgUnix(packet, control, nil); err != nil {
		return fmt.Errorf("send %T: %w", m, err)
	}
	c.sent++
	return nil
}

// Receive waits for a message. Files are set, and then the caller's, only with
// a *Welcome and a *Channel. It returns io.EOF when the other side closed, ErrFormat for a
// message that breaks the protocol, and the socket's error otherwise.
func (c *Conn) Receive() (Message, Files, error) {
	n, controlN, flags, _, err := c.socket.ReadMsgUnix(c.packet, c.control)
	sender, files := takeControl(c.control[:max(controlN, 0)])
	if err == nil && c.sender != 0 && sender != c.sender && n > 0 {
		err = fmt.Errorf("%w: process %d sent it, only process %d may", ErrFormat, sender, c.sender)
	}
	m, err := c.accept(n, flags, len(files), err)
	if err == nil && carried(m) > 0 {
		return m, files, nil
	}
	_ = files.Close()
	return m, nil, err
}

// accept decides whether what arrived is the next message.
func (c *Conn) accept(n, flags, files int, err error) (Message, error) {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), err == nil && n == 0:
		return nil, io.EOF
	case err != nil:
		return nil, fmt.Errorf("receive: %w", err)
	case flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0:
		return nil, fmt.Errorf("%w: packet or its descriptors exceed the limits", ErrFormat)
	}
	m, sequence, err := Decode(c.packet[:n])
	if err != nil {
		return nil, err
	}
	if sequence != c.received+1 {
		return nil, fmt.Errorf("%w: sequence is %d, want %d", ErrFormat, sequence, c.received+1)
	}
	c.received++
	if want := carried(m); want > 0 && files != want {
		return nil, fmt.Errorf("%w: %T with %d descriptors, want %d", ErrFormat, m, files, want)
	}
	return m, nil
}

// takeControl owns every descriptor in a control message, whatever else is
// wrong with it, and returns them and the number of who sent it, 0 if it does not
// say. Descriptors arrive close-on-exec.
func takeControl(control []byte) (sender int, files Files) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return 0, nil
	}
	for i := range messages {
		if cred, err := unix.ParseUnixCredentials(&messages[i]); err == nil {
			sender = int(cred.Pid)
		}
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "attach"))
		}
	}
	return sender, files
}

// SetDeadline bounds the Receives that follow; the zero time lifts the bound.
// Sends have SendTimeout.
func (c *Conn) SetDeadline(t time.Time) error { return c.socket.SetReadDeadline(t) }

// Socket returns the socket, for its peer's credentials. It stays the Conn's.
func (c *Conn) Socket() *net.UnixConn { return c.socket }

// Close closes the socket; a Receive that waits returns an error.
func (c *Conn) Close() error { return c.socket.Close() }
