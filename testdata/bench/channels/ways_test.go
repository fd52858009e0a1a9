package channels

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// way carries messages in one direction. Each function is for one thread.
type way struct {
	send    func(message []byte) error
	receive []func() (message []byte, err error) // of each consumer; until the next call
}

// looks is how often an end of a ring looks before it waits for its bell; forever on a
// measurement of busy-polling.
const (
	looks   = 2000
	forever = -1
)

// ring opens a channel within the process, its ends mapped apart.
func ring(b *testing.B, shape channel.Shape, looks int) way {
	b.Helper()
	g, err := channel.NewGeneration(shape, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = g.Close() })
	private := func(size int) ([]byte, error) { return make([]byte, size), nil }
	parts, err := channel.MapProducer(sent(b, g.ProducerFiles()), shm.Map)
	if err != nil {
		b.Fatal(err)
	}
	p, err := channel.NewProducer(parts, private)
	if err != nil {
		b.Fatal(err)
	}
	if err := g.Seal(); err != nil {
		b.Fatal(err)
	}
	w := way{send: func(m []byte) error { return sendWhenFree(p, m, looks) }}
	for i := range shape.Consumers {
		parts, err := channel.MapConsumer(sent(b, g.ConsumerFiles(i)), shm.Map)
		if err != nil {
			b.Fatal(err)
		}
		c, err := channel.NewConsumer(parts, channel.AtHead, private)
		if err != nil {
			b.Fatal(err)
		}
		g.Activate(i, true)
		w.receive = append(w.receive, func() ([]byte, error) { return receiveWhenThere(c, looks) })
	}
	return w
}

// sent are copies of files, as another process gets them.
func sent(b *testing.B, files []*os.File) (copies []*os.File) {
	b.Helper()
	for _, f := range files {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			b.Fatal(err)
		}
		copies = append(copies, os.NewFile(uintptr(fd), f.Name()))
	}
	return copies
}

func sendWhenFree(p *channel.Producer, m []byte, looks int) error {
	for {
		err := p.Send(m)
		if !errors.Is(err, channel.ErrFull) {
			return err
		}
		for i := 0; !p.Room(); i++ {
			if i != looks {
				continue
			}
			p.Listen(true)
			if !p.Room() {
				if err := p.Bell().Wait(); err != nil {
					return err
				}
			}
			p.Listen(false)
			i = 0
		}
	}
}

func receiveWhenThere(c *channel.Consumer, looks int) ([]byte, error) {
	for {
		m, err := c.Receive()
		if !errors.Is(err, channel.ErrEmpty) {
			return m.Payload, err
		}
		for i := 0; !c.Pending(); i++ {
			if i != looks {
				continue
			}
			c.Listen(true)
			if !c.Pending() {
				if err := c.Bell().Wait(); err != nil {
					return nil, err
				}
			}
			c.Listen(false)
			i = 0
		}
	}
}

// pipe is one whose ends wait in the system call, in messages of one size.
func pipe(b *testing.B, size int) way {
	b.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		b.Fatal(err)
	}
	return descriptors(b, fds[1], fds[0], size)
}

// socket is a Unix stream socket, likewise.
func socket(b *testing.B, size int) way {
	b.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	return descriptors(b, fds[0], fds[1], size)
}

func descriptors(b *testing.B, to, from, size int) way {
	b.Cleanup(func() {
		_ = unix.Close(to)
		_ = unix.Close(from)
	})
	buffer := make([]byte, size)
	return way{
		send: func(m []byte) error { return all(m, func(m []byte) (int, error) { return unix.Write(to, m) }) },
		receive: []func() ([]byte, error){func() ([]byte, error) {
			return buffer, all(buffer, func(m []byte) (int, error) { return unix.Read(from, m) })
		}},
	}
}

// all repeats a system call until it has dealt with all of a message.
func all(m []byte, call func([]byte) (int, error)) error {
	for len(m) > 0 {
		n, err := call(m)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		m = m[max(n, 0):]
	}
	return nil
}

// stream is a client's stream of gRPC over a Unix socket.
func stream(b *testing.B) way {
	b.Helper()
	listener, err := net.Listen("unix", filepath.Join(b.TempDir(), "grpc"))
	if err != nil {
		b.Fatal(err)
	}
	arrived := make(chan grpc.ServerStream)
	over := make(chan struct{})
	server := grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "bench.Channels", HandlerType: (*any)(nil),
		Streams: []grpc.StreamDesc{{StreamName: "Send", ClientStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
			arrived <- s
			<-over
			return nil
		}}},
	}, nil)
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient("unix:"+listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		close(over)
		_ = conn.Close()
		server.Stop()
	})
	client, err := conn.NewStream(context.Background(), &grpc.StreamDesc{ClientStreams: true}, "/bench.Channels/Send")
	if err != nil {
		b.Fatal(err)
	}
	s := <-arrived
	message := new(wrapperspb.BytesValue)
	return way{
		send: func(m []byte) error { return client.SendMsg(wrapperspb.Bytes(m)) },
		receive: []func() ([]byte, error){func() ([]byte, error) {
			err := s.RecvMsg(message)
			return message.Value, err
		}},
	}
}
