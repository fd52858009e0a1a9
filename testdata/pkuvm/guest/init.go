package guest

import (
	"fmt"
	"io"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// IsInit tells whether this process is the first one of a guest.
func IsInit() bool {
	return os.Getpid() == 1 && os.Args[0] == InitPath
}

// Init runs the guest. It does not return.
func Init() {
	if err := boot(); err != nil {
		fmt.Fprintln(os.Stderr, "pkuvm guest:", err)
	}
	unix.Sync()
	err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	panic(fmt.Sprintf("power off: %v", err)) // ends the machine by a kernel panic
}

// boot sets up, runs and reports. An error that cannot be reported is returned.
func boot() error {
	c, err := readConfig()
	if err != nil {
		return err
	}
	if err := setUp(c); err != nil {
		return err
	}
	port, err := openPort(ReportPort)
	if err != nil {
		return err
	}
	line := ""
	if ws, err := run(c); err != nil {
		line = reportError(err)
	} else {
		line = report(ws)
	}
	_, err = io.WriteString(port, line)
	return err
}

// run runs the program to its end and returns its status once all that it and
// the processes it left behind have printed is with the host.
func run(c Config) (ws unix.WaitStatus, err error) {
	stdout, err := newRelay(StdoutPort)
	if err != nil {
		return ws, err
	}
	stderr, err := newRelay(StderrPort)
	if err != nil {
		return ws, err
	}
	pid, err := start(c, stdout.in, stderr.in)
	if err != nil {
		return ws, err
	}
	stdout.in.Close()
	stderr.in.Close()
	if ws, err = wait(pid); err != nil {
		return ws, err
	}
	if err := unix.Kill(-1, unix.SIGKILL); err != nil && err != unix.ESRCH {
		return ws, fmt.Errorf("end what the program left running: %w", err)
	}
	if err := stdout.wait(); err != nil {
		return ws, err
	}
	return ws, stderr.wait()
}

func start(c Config, stdout, stderr *os.File) (pid int, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	p, err := os.StartProcess(c.Program, append([]string{c.Program}, c.Args...), &os.ProcAttr{
		Dir:   c.Dir,
		Env:   environment(c.Env),
		Files: []*os.File{null, stdout, stderr},
	})
	if err != nil {
		return 0, err
	}
	return p.Pid, nil
}

// environment lists the defaults and then extra, whose entries override them.
func environment(extra []string) []string {
	cmd := exec.Cmd{Env: append([]string{
		"PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin",
		"HOME=" + Home,
		"USER=root",
		"TMPDIR=/tmp",
		"WAVEGUARD_IN_VM=1",
	}, extra...)}
	return cmd.Environ() // the last entry of a name wins
}

// wait waits for the program, and meanwhile for every orphan that the first
// process inherits.
func wait(program int) (ws unix.WaitStatus, err error) {
	for {
		pid, err := unix.Wait4(-1, &ws, 0, nil)
		if err != nil && err != unix.EINTR {
			return ws, fmt.Errorf("wait for the program: %w", err)
		}
		if err == nil && pid == program {
			return ws, nil
		}
	}
}
