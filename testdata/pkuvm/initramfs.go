package main

import (
	"bufio"
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/optical-net/waveguard/testdata/pkuvm/cpio"
	"github.com/optical-net/waveguard/testdata/pkuvm/guest"
	"github.com/optical-net/waveguard/testdata/pkuvm/kernel"
)

// initramfs is the guest's initial file system in the making.
type initramfs struct {
	*cpio.Writer
}

// writeInitramfs writes all that the guest needs to w. The archive is not
// compressed: to decompress it in translated code takes longer than it saves.
func writeInitramfs(w io.Writer, o options, modules []kernel.Module) error {
	buffered := bufio.NewWriterSize(w, 1<<20)
	a := initramfs{cpio.NewWriter(buffered)}
	for _, step := range []func() error{
		a.base,
		a.busybox,
		func() error { return a.config(o, modules) },
		func() error { return a.program(o) },
		func() error { return a.files(o.files) },
		a.Close,
		buffered.Flush,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// base holds what every Linux system has, and this program as the first process.
func (a initramfs) base() error {
	if err := a.CharDevice("/dev/console", 0o600, 5, 1); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"/etc/passwd": "root:x:0:0:root:/home:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
		"/etc/group":  "root:x:0:\nnogroup:x:65534:\n",
		"/etc/hosts":  "127.0.0.1 localhost pkuvm\n::1 localhost\n",
	} {
		if err := a.text(name, text); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return a.static(guest.InitPath, self)
}

// busybox holds the shell and the tools, under their usual names.
func (a initramfs) busybox() error {
	file, err := exec.LookPath("busybox")
	if err != nil {
		return err
	}
	applets, err := exec.Command(file, "--list").Output()
	if err != nil {
		return fmt.Errorf("list the tools of busybox: %w", err)
	}
	for name := range strings.FieldsSeq(string(applets)) {
		if name == "busybox" {
			continue
		}
		if err := a.Symlink(path.Join("/bin", name), "busybox"); err != nil {
			return err
		}
	}
	return a.static("/bin/busybox", file)
}

// config holds the guest's orders and the modules they name.
func (a initramfs) config(o options, modules []kernel.Module) error {
	c := guest.Config{
		Network: len(o.forwards) > 0,
		Program: o.inGuest(),
		Args:    o.args,
		Dir:     o.dir,
	}
	if o.script {
		c.Program, c.Args = "/bin/sh", append([]string{o.inGuest()}, o.args...)
	}
	for _, v := range o.env {
		c.Env = append(c.Env, string(v))
	}
	for _, m := range modules {
		file := path.Join("/lib/modules", m.Name+".ko")
		c.Modules = append(c.Modules, file)
		if err := a.text(file, string(m.Image)); err != nil {
			return err
		}
	}
	b, err := c.Encode()
	if err != nil {
		return err
	}
	return a.text(guest.ConfigPath, string(b))
}

func (a initramfs) program(o options) error {
	if o.script {
		return a.file(o.inGuest(), o.program)
	}
	return a.static(o.inGuest(), o.program)
}

func (a initramfs) files(files []copied) error {
	for _, f := range files {
		if err := a.tree(f); err != nil {
			return err
		}
	}
	return nil
}

// tree copies a file, or a folder with all that is in it.
func (a initramfs) tree(c copied) error {
	root, err := filepath.EvalSymlinks(c.src)
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(src string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, src)
		if err != nil {
			return err
		}
		return a.node(path.Join(c.dst, filepath.ToSlash(rel)), src, d.Type())
	})
}

func (a initramfs) node(dst, src string, kind fs.FileMode) error {
	switch {
	case kind.IsDir():
		return a.Dir(dst, 0o755)
	case kind.IsRegular():
		return a.file(dst, src)
	case kind&os.ModeSymlink != 0:
		target, err := os.Readlink(src)
		if err != nil {
			return err
		}
		return a.Symlink(dst, target)
	}
	return fmt.Errorf("put %s into the guest: it is neither file nor folder", src)
}

func (a initramfs) file(dst, src string) error {
	f, err := os.Open(src)
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	return a.File(dst, uint32(fi.Mode().Perm()), fi.Size(), f)
}

func (a initramfs) text(dst, text string) error {
	return a.File(dst, 0o644, int64(len(text)), strings.NewReader(text))
}

// static copies a program, which must not need a dynamic linker: the guest has none.
func (a initramfs) static(dst, src string) error {
	f, err := os.Open(src)
	if err != nil {
		return err
	}
	defer f.Close()
	magic := make([]byte, len(elf.ELFMAG))
	if _, err := f.ReadAt(magic, 0); err == nil && bytes.Equal(magic, []byte(elf.ELFMAG)) {
		if err := checkStatic(f); err != nil {
			return fmt.Errorf("%s: %w", src, err)
		}
	}
	return a.file(dst, src)
}

func checkStatic(r io.ReaderAt) error {
	f, err := elf.NewFile(r)
	if err != nil {
		return err
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("the program is dynamically linked: build it with CGO_ENABLED=0 (Go) or -static (C)")
		}
	}
	return nil
}
