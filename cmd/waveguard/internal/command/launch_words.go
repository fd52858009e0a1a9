package command

import (
	"fmt"
	"os"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/launch"
	"github.com/optical-net/waveguard/enforcement/confine"
)

// introduce says what the program gets, and what it does not.
func (f *launchFlags) introduce(p launch.Program, findings *programFindings) {
	given := []string{fmt.Sprintf("%d system calls are refused (profile %v; \"waveguard run --explain\" lists them)", refused(p.Policy), p.Policy.Profile)}
	if !p.Policy.CodeGeneration {
		given = append(given, "memory is never written and then executed")
	}
	if confine.ClosesProc(p.Policy) {
		given = append(given, "files of /proc cannot be opened (--allow-proc lets it)")
	}
	if p.Policy.FixedCode {
		given = append(given, "no code is mapped after its start")
	}
	given = append(given, "no core dumps, no new privileges, no inherited files")
	if p.Policy.Permissive {
		given = []string{"nothing is refused, the kernel logs what would be (audit type SECCOMP)", "no core dumps, no new privileges, no inherited files"}
	}
	if names := launch.Withheld(os.Environ()); len(names) > 0 {
		given = append(given, strings.Join(names, " and ")+" not passed on")
	}
	p.Tell("given: %s", strings.Join(given, "; "))
	p.Tell("scan: %s", findings)
	p.Tell("not given: %s", strings.Join(withheld(p.Policy), "; "))
}

// withheld is what this way of running a program cannot give.
func withheld(p confine.Policy) []string {
	all := []string{"a signal handler's return can still change the rights of a thread"}
	if !confine.ClosesProc(p) {
		all = append(all, "files of /proc can still be opened, as far as their permissions allow"+missingLandlock(p))
	}
	if !p.FixedCode && !p.CodeGeneration {
		all = append(all, "files that it can write can still be mapped as code (--fixed-code, for static programs, ends that)")
	}
	if p.Profile == confine.Plain {
		all = append([]string{"walls inside the program: all its memory is one domain, which needs an SDK to be divided"}, all...)
	}
	if p.CodeGeneration {
		all = append(all, "memory may be written and executed: no scan says what the program will do")
	}
	return all
}

// missingLandlock says why /proc stays open, if that was not asked for.
func missingLandlock(p confine.Policy) string {
	if p.Profile != confine.Region || p.AllowProc || p.Permissive {
		return ""
	}
	return " (the kernel lacks Landlock: Linux 5.19, and landlock among CONFIG_LSM or in lsm= at boot)"
}

func refused(p confine.Policy) (n int) {
	for _, r := range confine.Refusals(p) {
		n += len(r.Calls)
	}
	return n
}

// refusalJSON is a group of refused calls, for programs.
type refusalJSON struct {
	Why         string   `json:"why"`
	Error       string   `json:"error"`
	Always      []string `json:"always,omitempty"`
	ByArguments []string `json:"by-arguments,omitempty"`
}

// explainRefusals lists what a policy refuses.
func (s *session) explainRefusals(p confine.Policy) error {
	if err := p.Check(); err != nil {
		return s.misused(err.Error())
	}
	var all []refusalJSON
	for _, r := range confine.Refusals(p) {
		one := refusalJSON{Why: r.Why, Error: r.Error.Error()}
		for _, c := range r.Calls {
			if c.Conditional() {
				one.ByArguments = append(one.ByArguments, c.Name)
			} else {
				one.Always = append(one.Always, c.Name)
			}
		}
		all = append(all, one)
	}
	if s.output == forPrograms {
		return s.writeJSON(all)
	}
	var b strings.Builder
	for _, r := range all {
		fmt.Fprintf(&b, "%s (%s)\n", r.Why, r.Error)
		if len(r.Always) > 0 {
			fmt.Fprintf(&b, "  %s\n", strings.Join(r.Always, ", "))
		}
		if len(r.ByArguments) > 0 {
			fmt.Fprintf(&b, "  with some arguments: %s\n", strings.Join(r.ByArguments, ", "))
		}
	}
	if p.Profile == confine.Region && !p.AllowProc && !p.Permissive {
		b.WriteString("Files of /proc cannot be opened, where the kernel has Landlock (Linux 5.19).\n")
	}
	b.WriteString("Calls of another architecture or of x32 end the program; calls that are newer than this list do not exist for it.\n")
	_, err := fmt.Fprint(s.Stdout, b.String())
	return err
}
