package kernel

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// compressed ends the file name of a module that Debian (from 13 on) compresses.
const compressed = ".xz"

// Module is a kernel module as the system call init_module takes it.
type Module struct {
	Name string
	// Image is the uncompressed ELF file.
	Image []byte
}

// Modules returns the named modules and all that they depend on, each after
// its dependencies. What the kernel has built in is left out.
func (k *Kernel) Modules(names ...string) ([]Module, error) {
	w := walk{kernel: k, seen: make(map[string]bool)}
	for _, name := range names {
		if err := w.visit(name); err != nil {
			return nil, err
		}
	}
	return w.order, nil
}

// walk is a depth-first traversal of module dependencies, which have no cycles.
type walk struct {
	kernel *Kernel
	seen   map[string]bool
	order  []Module
}

func (w *walk) visit(name string) error {
	name = strings.ReplaceAll(name, "-", "_")
	if w.seen[name] || w.kernel.builtin[name] {
		return nil
	}
	w.seen[name] = true
	file, ok := w.kernel.files[name]
	if !ok {
		return fmt.Errorf("kernel %s has no module %s", w.kernel.Release, name)
	}
	image, err := readModule(file)
	if err != nil {
		return fmt.Errorf("read module %s: %w", name, err)
	}
	needs, err := dependencies(image)
	if err != nil {
		return fmt.Errorf("read module %s: %w", name, err)
	}
	for _, n := range needs {
		if err := w.visit(n); err != nil {
			return err
		}
	}
	w.order = append(w.order, Module{Name: name, Image: image})
	return nil
}

// readModule reads a module; busybox, which every guest needs anyway,
// decompresses it.
func readModule(file string) ([]byte, error) {
	if strings.HasSuffix(file, compressed) {
		return exec.Command("busybox", "xzcat", file).Output()
	}
	return os.ReadFile(file)
}

// dependencies reads the "depends" entry of a module's .modinfo section:
// strings NAME=VALUE, each ended by a zero byte.
func dependencies(image []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	section := f.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("no .modinfo section")
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	for entry := range bytes.SplitSeq(info, []byte{0}) {
		if list, ok := bytes.CutPrefix(entry, []byte("depends=")); ok && len(list) > 0 {
			return strings.Split(string(list), ","), nil
		}
	}
	return nil, nil
}
