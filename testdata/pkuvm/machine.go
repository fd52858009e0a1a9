package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/testdata/pkuvm/guest"
	"github.com/optical-net/waveguard/testdata/pkuvm/kernel"
)

const qemu = "qemu-system-x86_64"

// machine is a virtual machine ready to boot.
type machine struct {
	options
	kernel    *kernel.Kernel
	initramfs *os.File // without a name: it goes when it is closed
}

func newMachine(ctx context.Context, o options) (*machine, error) {
	k, err := getKernel(ctx, o)
	if err != nil {
		return nil, err
	}
	m := &machine{options: o, kernel: k}
	m.initramfs, err = m.build()
	return m, err
}

// getKernel has the kernel be there.
func getKernel(ctx context.Context, o options) (*kernel.Kernel, error) {
	if err := requireTools(qemu, "busybox", "dpkg"); err != nil {
		return nil, err
	}
	dir, err := kernel.DefaultDir()
	if err != nil {
		return nil, err
	}
	cache := kernel.Cache{Dir: dir, Logf: func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "pkuvm: "+format+"\n", args...)
	}}
	return cache.Get(ctx, o.kernel)
}

// requireTools says which packages to install if a tool is missing.
func requireTools(names ...string) error {
	var missing []string
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("not found: %s; install the tools with: apt-get install qemu-system-x86 busybox-static dpkg",
			strings.Join(missing, ", "))
	}
	return nil
}

// build writes the initial file system.
func (m *machine) build() (*os.File, error) {
	drivers := []string{"virtio_pci", "virtio_console"}
	if len(m.forwards) > 0 {
		drivers = append(drivers, "virtio_net")
	}
	modules, err := m.kernel.Modules(drivers...)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Open(os.TempDir(), unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create a file in %s: %w", os.TempDir(), err)
	}
	f := os.NewFile(uintptr(fd), "initramfs")
	if err := writeInitramfs(f, m.options, modules); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, m.checkMemory(f)
}

// checkMemory refuses what the kernel could only panic about: it holds the
// archive and the unpacked files at once, and files may take half of the memory.
func (m *machine) checkMemory(initramfs *os.File) error {
	fi, err := initramfs.Stat()
	if err != nil {
		return err
	}
	const kernelMiB = 128
	if need := int(fi.Size()>>20)*2 + kernelMiB; need > m.memoryMiB {
		return fmt.Errorf("the guest's files need a machine with more memory: -mem %d", need)
	}
	return nil
}

// run boots the machine and returns how its program ended.
func (m *machine) run(ctx context.Context) (s guest.Status, err error) {
	p, err := newPlumbing(m.verbose)
	if err != nil {
		return s, err
	}
	cmd := exec.CommandContext(ctx, qemu, m.arguments()...)
	cmd.ExtraFiles = append(p.ends(), m.initramfs)
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	cmd.Stderr = &p.console
	runtime.LockOSThread() // Pdeathsig watches the thread that started the child
	err = cmd.Start()
	p.closeEnds()
	if err != nil {
		return s, fmt.Errorf("start %s: %w", qemu, err)
	}
	failed := errors.Join(p.wait(), cmd.Wait())
	if ctx.Err() != nil {
		return s, context.Cause(ctx)
	}
	if s, err = guest.ParseReport(p.report.Bytes()); err == nil {
		return s, nil
	}
	return s, fmt.Errorf("%w%s", errors.Join(err, failed), p.console.tail())
}

// File descriptors that QEMU inherits, in the order of ExtraFiles.
const (
	consoleFD = 3 + iota
	stdoutFD
	stderrFD
	reportFD
	initramfsFD
)

// arguments make the plainest machine that has protection keys. One thread
// translates for all processors: with more, guests have hung.
func (m *machine) arguments() []string {
	args := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-accel", "tcg,thread=single",
		"-cpu", m.cpu,
		"-smp", fmt.Sprint(m.cpus),
		"-m", fmt.Sprint(m.memoryMiB),
		"-kernel", m.kernel.Image,
		"-initrd", fmt.Sprintf("/dev/fd/%d", initramfsFD),
		"-append", "console=ttyS0 quiet panic=-1 lsm=landlock,lockdown,yama,apparmor,bpf",
		"-chardev", fmt.Sprintf("file,id=console,path=/dev/fd/%d", consoleFD),
		"-serial", "chardev:console",
		"-device", "virtio-serial-pci",
	}
	for name, port := range map[string][2]int{
		"stdout": {stdoutFD, guest.StdoutPort},
		"stderr": {stderrFD, guest.StderrPort},
		"report": {reportFD, guest.ReportPort},
	} {
		args = append(args,
			"-chardev", fmt.Sprintf("file,id=%s,path=/dev/fd/%d", name, port[0]),
			"-device", fmt.Sprintf("virtserialport,chardev=%s,name=%s,nr=%d", name, name, port[1]))
	}
	return append(args, m.network()...)
}

// network returns the arguments for port forwarding. The guest can reach
// neither the host nor anything beyond it.
func (m *machine) network() []string {
	if len(m.forwards) == 0 {
		return []string{"-nic", "none"}
	}
	user := "user,id=net,restrict=on"
	for _, f := range m.forwards {
		user += fmt.Sprintf(",hostfwd=tcp:127.0.0.1:%d-%s:%d", f.host, guest.Address, f.guest)
	}
	return []string{"-netdev", user, "-device", "virtio-net-pci,netdev=net,romfile="}
}
