package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Where a child finds the files of its parent.
const (
	readEnd  = 3
	writeEnd = 4
)

// stream exchanges messages over two descriptors, or one for both directions, by
// system calls that wait: nothing in between, as a service in C would have it. A
// message begins with its length, as 4 bytes, and is written at once.
type stream struct {
	in, out int
	buffer  [4 + mostPayload]byte
}

func (s *stream) send(message []byte) error {
	binary.LittleEndian.PutUint32(s.buffer[:], uint32(len(message)))
	all := s.buffer[:4+copy(s.buffer[4:], message)]
	for len(all) > 0 {
		n, err := unix.Write(s.out, all)
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		all = all[n:]
	}
	return nil
}

// receive returns a message, which is valid until the next call; io.EOF at the end.
func (s *stream) receive() ([]byte, error) {
	for have := 0; ; {
		n, err := unix.Read(s.in, s.buffer[have:])
		if err != nil {
			return nil, fmt.Errorf("receive: %w", err)
		}
		if n == 0 {
			return nil, io.EOF
		}
		if have += n; have >= 4 {
			if end := 4 + int(binary.LittleEndian.Uint32(s.buffer[:])); have >= end {
				return s.buffer[4:end], nil
			}
		}
	}
}

func (s *stream) roundTrip(e *exchange) error {
	if err := s.send(e.request); err != nil {
		return err
	}
	reply, err := s.receive()
	if err != nil {
		return err
	}
	if len(reply) != len(e.reply) {
		return fmt.Errorf("a reply of %d bytes, want %d", len(reply), len(e.reply))
	}
	copy(e.reply, reply)
	return nil
}

// serve answers until the other side is gone.
func (s *stream) serve(answer func(request, reply []byte) []byte) error {
	var reply [mostPayload]byte
	for {
		request, err := s.receive()
		if errors.Is(err, io.EOF) || errors.Is(err, unix.ECONNRESET) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.send(answer(request, reply[:])); err != nil {
			return err
		}
	}
}

// link makes the files of both sides of a stream: read and write end of each.
func link(kind string) (near, far []*os.File, err error) {
	file := func(fd int) *os.File { return os.NewFile(uintptr(fd), kind) }
	if kind == "pipe" {
		var there, back [2]int
		if err := errors.Join(unix.Pipe2(there[:], unix.O_CLOEXEC), unix.Pipe2(back[:], unix.O_CLOEXEC)); err != nil {
			return nil, nil, fmt.Errorf("make pipes: %w", err)
		}
		return []*os.File{file(back[0]), file(there[1])}, []*os.File{file(there[0]), file(back[1])}, nil
	}
	types := map[string]int{"stream": unix.SOCK_STREAM, "seqpacket": unix.SOCK_SEQPACKET}
	pair, err := unix.Socketpair(unix.AF_UNIX, types[kind]|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make sockets: %w", err)
	}
	a, b := file(pair[0]), file(pair[1])
	return []*os.File{a, a}, []*os.File{b, b}, nil
}
