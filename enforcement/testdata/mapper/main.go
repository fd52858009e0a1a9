// Mapper is a host process that makes executable memory when it is told to: tests
// build it. It is given a socket and a service, attaches, and does what each line
// of its input says.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(socket, service string) error {
	m := &mapper{socket: socket, service: service}
	for s := bufio.NewScanner(os.Stdin); s.Scan(); {
		verb, argument, _ := strings.Cut(s.Text(), " ")
		do, ok := map[string]func(string) error{
			"attach": m.attach, "map": m.mapFile, "half": m.half, "whole": m.whole, "unmap": m.unmap, "write": m.write, "loose": m.loose, "vast": m.vast, "stall": m.stall, "hold": m.hold, "release": m.release,
		}[verb]
		if !ok {
			return fmt.Errorf("no command %q", verb)
		}
		if err := do(argument); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("done")
	}
	return nil
}

type mapper struct {
	socket, service string
	conn            *wire.Conn
	memory          []byte // made last
	filler          int    // userfaultfd of it
	policy          *page.PolicyReader
}

const pageSize = 4096

func (m *mapper) attach(string) error {
	conn, err := wire.Dial(context.Background(), m.socket)
	if err != nil {
		return err
	}
	hello := &wire.Hello{ABI: page.ABI, Backend: mpk.KindMprotect, Strength: mpk.Mprotect, Services: []wire.Service{{Name: m.service}}}
	if err := conn.Send(hello); err != nil {
		return err
	}
	answer, files, err := conn.Receive()
	if err != nil {
		return err
	}
	if refused, is := answer.(*wire.Refused); is {
		return refused
	}
	m.conn = conn
	if m.policy, err = page.OpenPolicy(files.Pages().Policy); err != nil {
		return err
	}
	return conn.Send(&wire.Ready{})
}

// mapFile maps the first page of a file as code.
func (m *mapper) mapFile(path string) (err error) {
	fd, err := unix.Open(path, unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	m.memory, err = unix.Mmap(fd, 0, pageSize, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE)
	return err
}

// half maps the first two pages of a file, of which the first is code.
func (m *mapper) half(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if m.memory, err = unix.Mmap(fd, 0, 2*pageSize, unix.PROT_READ, unix.MAP_PRIVATE); err != nil {
		return err
	}
	return unix.Mprotect(m.memory[:pageSize], unix.PROT_READ|unix.PROT_EXEC)
}

// whole makes code of the second page too.
func (m *mapper) whole(string) error {
	return unix.Mprotect(m.memory[pageSize:], unix.PROT_READ|unix.PROT_EXEC)
}

func (m *mapper) unmap(string) error { return unix.Munmap(m.memory) }

// write makes a page of code at run time, of a file that it reads: a constant would
// be code of its own.
func (m *mapper) write(path string) error {
	code, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	m.memory, err = unix.Mmap(-1, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	copy(m.memory, code)
	return unix.Mprotect(m.memory, unix.PROT_READ|unix.PROT_EXEC)
}

// loose makes a page that is writable and executable.
func (m *mapper) loose(string) (err error) {
	m.memory, err = unix.Mmap(-1, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	return err
}

// vast makes more code than there is memory: all of it is one page of zeros.
func (m *mapper) vast(string) error {
	const size = 1 << 44
	_, _, errno := unix.Syscall6(unix.SYS_MMAP, 0, size, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE, ^uintptr(0), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// stall makes a page of code that whoever reads it waits for: nobody fills it in
// (userfaultfd(2)).
func (m *mapper) stall(string) error {
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC, 0, 0)
	if errno != 0 {
		return errno
	}
	m.filler = int(fd)
	var err error
	m.memory, err = unix.Mmap(-1, 0, pageSize, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	const (
		uffdioAPI, uffdioRegister = 0xc018aa3f, 0xc020aa00
		version, missing          = 0xaa, 1
	)
	api := [3]uint64{version}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, uffdioAPI, uintptr(unsafe.Pointer(&api))); errno != 0 {
		return errno
	}
	register := [4]uint64{uint64(uintptr(unsafe.Pointer(&m.memory[0]))), pageSize, missing}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, uffdioRegister, uintptr(unsafe.Pointer(&register))); errno != 0 {
		return errno
	}
	return nil
}

// hold has a file written from the page that nobody fills in: until it is released, or this
// process ends, the kernel keeps the file's lock (inode_lock of shmem_file_write_iter).
func (m *mapper) hold(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	go func() { _, _ = unix.Pwrite(int(file.Fd()), m.memory, 0) }()
	return nil
}

// release lets those go on who wait for it.
func (m *mapper) release(string) error { return unix.Close(m.filler) }
