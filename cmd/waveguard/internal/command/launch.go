package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/launch"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/enforcement/confine"
	"github.com/optical-net/waveguard/enforcement/scan"
)

// launchFlags are those of the command run.
type launchFlags struct {
	service, profile, restart string
	socket                    string
	permissive, generates     bool
	fixed, allowProc          bool
	allowCalls                []string
	explain, clean            bool
	stop                      time.Duration
}

func launchCommand() *command {
	f := &launchFlags{profile: autoProfile, restart: string(launch.Never), stop: 10 * time.Second}
	return &command{
		name:     "run",
		args:     []string{"--", "PROGRAM", "ARGUMENT"},
		verbatim: true,
		local:    true,
		summary:  "run an unchanged program with what protects it without recompiling",
		about: `The system calls that move or pierce walls are refused from the program's first
instruction on, for it and what it starts: --explain lists them. Memory is never
both written and executed, there are no core dumps, no new privileges, and no
inherited files but the standard ones. The program's file, of a script its
interpreter's, is scanned for instructions that open walls, as "waveguard scan"
does, from which its profile follows: region if it has the gate of an SDK in it,
plain otherwise. What the program does not get is said at its start. With
--permissive nothing is refused and the kernel logs what would be (audit records
of type SECCOMP): try that first.

The exit status is the program's, 128 and the signal's number when a signal ended
it, 125 when it could not be confined, 126 and 127 when it could not be executed.`,
		examples: []string{
			"waveguard run --service telemetry -- /usr/sbin/snmpd -f",
			"waveguard run --service dashboard --restart on-failure --permissive -- node server.js",
			"waveguard run --profile region --explain",
		},
		flags: f.add,
		run:   f.run,
	}
}

func (f *launchFlags) add(flags *flag.FlagSet) {
	flags.StringVar(&f.service, "service", f.service, "`NAME` of the service that the program provides")
	flags.StringVar(&f.profile, "profile", f.profile, "`PROFILE` of system calls: plain, region for a program with an SDK in it, or auto")
	flags.BoolVar(&f.clean, "require-clean", f.clean, "do not start a program whose file can open walls but through the gate; libraries are not looked at")
	flags.StringVar(&f.socket, "socket", f.socket, "`SOCKET` of the daemon, for a program with an SDK (default DATA/attach.sock)")
	flags.StringVar(&f.restart, "restart", f.restart, "`WHEN` to start it again: never, on-failure or always; after 100ms, doubled up to 30s")
	flags.BoolVar(&f.permissive, "permissive", f.permissive, "refuse nothing, log what would be")
	flags.BoolVar(&f.generates, "code-generation", f.generates, "let it write code and execute it, as JIT compilers do")
	flags.BoolVar(&f.fixed, "fixed-code", f.fixed, "let it map no code but what it begins with: for static programs that start no others")
	flags.BoolVar(&f.allowProc, "allow-proc", f.allowProc, "let it open files of /proc, with those that lead past its walls (profile region)")
	flags.Func("allow-call", "`CALL` that is not refused although --explain lists it; may be repeated", func(call string) error {
		f.allowCalls = append(f.allowCalls, call)
		return nil
	})
	flags.BoolVar(&f.explain, "explain", f.explain, "list what is refused and why, and run nothing")
	flags.DurationVar(&f.stop, "stop-timeout", f.stop, "`TIME` it may take to end before it is killed")
}

func (f *launchFlags) run(ctx context.Context, s *session) error {
	policy := confine.Policy{
		Permissive: f.permissive, CodeGeneration: f.generates, FixedCode: f.fixed, AllowProc: f.allowProc, AllowCalls: f.allowCalls,
	}
	var err error
	if f.profile != autoProfile {
		if policy.Profile, err = confine.ParseProfile(f.profile); err != nil {
			return s.misused("--profile: " + err.Error() + ", and auto")
		}
	}
	restart := launch.Restart(f.restart)
	switch {
	case f.explain:
		return s.explainRefusals(policy)
	case f.service == "":
		return s.misused("--service names no service")
	case len(s.args) == 0:
		return s.misused("which program? Put it behind --: " + s.command.usage())
	case restart != launch.Never && restart != launch.OnFailure && restart != launch.Always:
		return s.misused("--restart is never, on-failure or always")
	case f.stop <= 0:
		return s.misused("--stop-timeout is a positive time such as 10s")
	}
	path, err := program(s.args[0])
	if err != nil {
		return notRun(err)
	}
	findings := examineProgram(ctx, path)
	if err := f.refuse(findings); err != nil {
		return err
	}
	if f.profile == autoProfile && findings.hasGate() {
		policy.Profile = confine.Region
	}
	if err := policy.Check(); err != nil {
		return s.misused(err.Error())
	}
	p := launch.Program{
		Path: path, Args: s.args, Policy: policy, Restart: restart, StopTimeout: f.stop,
		Environ: []string{"WAVEGUARD_SERVICE=" + f.service, "WAVEGUARD_SOCKET=" + f.attachSocket(s)},
		Stdin:   s.Stdin, Stdout: s.Stdout, Stderr: s.Stderr,
		Tell: teller(s.Stderr, f.service),
	}
	if f.clean {
		p.Check = func(ctx context.Context) error { return f.refuse(examineProgram(ctx, path)) }
	}
	f.introduce(p, findings)
	return p.Run(ctx)
}

// teller writes lines about a service, of which scripts and files may have words.
func teller(w io.Writer, service string) func(format string, args ...any) {
	return func(format string, args ...any) {
		fmt.Fprintf(w, "waveguard run: %s: %s\n", text.Printable(service), text.Printable(fmt.Sprintf(format, args...)))
	}
}

// autoProfile is the profile that follows from the scan.
const autoProfile = "auto"

// refuse refuses what is not proven, if that is asked for.
func (f *launchFlags) refuse(p *programFindings) error {
	if !f.clean {
		return nil
	}
	if p.problem != nil {
		return &launch.ExitError{Status: launch.StatusNotConfined, What: p.problem.Error()}
	}
	for _, r := range p.reports {
		if n := r.Refused(scan.Gate); n > 0 {
			return &launch.ExitError{Status: launch.StatusNotConfined, What: fmt.Sprintf(
				"%s has %d instructions that open walls; \"waveguard scan --explain %s\" shows them", r.Name, n, r.Name)}
		}
	}
	return nil
}

// notRun is why there is no program to run, with the status that shells have for
// it.
func notRun(err error) error {
	status := launch.StatusNotFound
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EISDIR) {
		status = launch.StatusNotExecutable
	}
	return &launch.ExitError{Status: status, What: err.Error()}
}

// program returns the absolute path of a program, which is looked for as shells do.
func program(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return "", fmt.Errorf("there is no program %q in PATH; give its path", name)
		}
		return "", fmt.Errorf("run %s: %w", name, errors.Unwrap(err))
	}
	return filepath.Abs(path)
}

func (f *launchFlags) attachSocket(s *session) string {
	socket := f.socket
	if socket == "" {
		socket = filepath.Join(s.Data, "attach.sock")
	}
	if abs, err := filepath.Abs(socket); err == nil {
		return abs
	}
	return socket
}
