package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/enforcement/scan"
)

func scanCommand() *command {
	flags := &scanFlags{}
	return &command{
		name:     "scan",
		local:    true,
		args:     []string{"FILE|PID|DIR"},
		repeated: true,
		summary:  "find instructions that open walls in executables, processes and images",
		about: `WRPKRU, XRSTOR, WRFSBASE and WRGSBASE are looked for at every byte of all that can
be executed: in an ELF file, in a process, or in all ELF files of a folder, such as
the root of an image. A number is a process; a file that is called so is ./NUMBER.
Each hit is of a class:
  proven    a check behind it cannot be avoided, and lets nothing through
  gate      the gate of Waveguard's SDK, byte for byte
  entry     a check behind it cannot be avoided, and goes on with open walls
  masked    an XRSTOR that leaves PKRU alone, unless one jumps into it
  identity  it opens no wall, and makes a thread pass for another at the C SDK's gate
  open      nothing is known in its favour
The exit status is 4 if there are hits of a class that is neither proven nor in
--accept, and 1 if something could not be scanned. See docs/scan.md.
JSON: {"reports": [{"name", "verdict", "bytes", "total", "hits": [{"instruction",
"class", "address", "offset", "in", "section", "symbol", "bytes", "placement",
"place", "claim", "advice", "code": [{"address", "bytes", "text", "mark"}]}],
"notes", "unread"}], "errors", "census", "refused"}.`,
		examples: []string{
			"waveguard scan bin/waveguardd",
			"waveguard scan --explain /lib/x86_64-linux-gnu/libc.so.6",
			"waveguard scan $(pidof waveguardd)",
			"waveguard scan --accept gate --accept masked --output json /mnt/image | jq .refused",
		},
		flags: flags.add,
		run: func(ctx context.Context, s *session) error {
			accepted, err := flags.accepted(s)
			if err != nil {
				return err
			}
			r := &scanRun{flags: flags, session: s, accepted: accepted, progress: newProgress(s)}
			r.run(ctx)
			return r.report()
		},
	}
}

// scanFlags are those of the command.
type scanFlags struct {
	accept              texts
	explain, quiet, raw bool
}

func (f *scanFlags) add(flags *flag.FlagSet) {
	flags.Var(&f.accept, "accept", "`CLASS` of hits that are not refused; may be repeated (default gate)")
	flags.BoolVar(&f.explain, "explain", f.explain, "show the code around each hit, and hits that are accepted too")
	flags.BoolVar(&f.quiet, "quiet", f.quiet, "say nothing but what is wrong")
	flags.BoolVar(&f.raw, "raw", f.raw, "take files as code from the first byte to the last, not as ELF files")
}

// accepted returns the classes of --accept.
func (f *scanFlags) accepted(s *session) ([]scan.Class, error) {
	if len(f.accept) == 0 {
		return []scan.Class{scan.Gate}, nil
	}
	var classes []scan.Class
	for _, name := range f.accept {
		if !slices.Contains(scan.Classes(), scan.Class(name)) {
			return nil, s.misused(fmt.Sprintf("--accept has no class %q; there are %v", name, scan.Classes()))
		}
		classes = append(classes, scan.Class(name))
	}
	return classes, nil
}

// scanRun is one run of the command.
type scanRun struct {
	flags *scanFlags
	*session
	accepted []scan.Class
	progress *progress
	scanResult
	incomplete int // reports of which something could not be searched
}

// scanResult is the result.
type scanResult struct {
	Reports []*scan.Report `json:"reports"`
	Errors  []string       `json:"errors,omitempty"`
	Census  *scan.Census   `json:"census,omitempty"` // of the folders
	Refused int            `json:"refused"`          // hits
	bytes   int64
	refused int // reports with such hits
}

func (r *scanRun) run(ctx context.Context) {
	for _, arg := range r.args {
		if err := r.target(ctx, arg); err != nil {
			r.fail(err)
		}
	}
	r.progress.clear()
}

// target scans what an argument names.
func (r *scanRun) target(ctx context.Context, arg string) error {
	info, err := os.Stat(arg)
	if pid, notNumber := strconv.Atoi(arg); errors.Is(err, os.ErrNotExist) && notNumber == nil && pid > 0 {
		report, err := scan.Process(ctx, pid)
		return r.take(report, err)
	}
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return r.tree(ctx, arg)
	case r.flags.raw:
		return r.raw(ctx, arg)
	}
	report, err := scan.File(ctx, arg)
	if errors.Is(err, scan.ErrForeign) {
		err = fmt.Errorf("%w; --raw scans any file", err)
	}
	return r.take(report, err)
}

func (r *scanRun) tree(ctx context.Context, folder string) error {
	census, err := scan.Tree(ctx, folder, func(report *scan.Report, err error) {
		if err := r.take(report, err); err != nil {
			r.fail(err)
		}
	})
	if census != nil {
		r.count(census)
	}
	return err
}

// count adds a folder to the others.
func (r *scanRun) count(c *scan.Census) {
	if r.Census == nil {
		r.Census = &scan.Census{}
	}
	r.Census.Files += c.Files
	r.Census.Scanned += c.Scanned
	r.Census.Foreign += c.Foreign
	r.Census.Links += c.Links
	r.Census.Mounts = append(r.Census.Mounts, c.Mounts...)
}

func (r *scanRun) raw(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	report, err := scan.Raw(ctx, name, f, size)
	return r.take(report, err)
}

// take adds a report, or returns the error.
func (r *scanRun) take(report *scan.Report, err error) error {
	if err != nil {
		return err
	}
	r.bytes += report.Bytes
	if n := report.Refused(r.accepted...); n > 0 {
		r.Refused += n
		r.refused++
	}
	if len(report.Unread) > 0 {
		r.incomplete++
	}
	r.Reports = append(r.Reports, report)
	r.progress.show(len(r.Reports), r.bytes, report.Name)
	return nil
}

func (r *scanRun) fail(err error) { r.Errors = append(r.Errors, err.Error()) }

// refusedError is that there are hits which are not accepted.
type refusedError struct{ hits, reports int }

func (e *refusedError) Error() string {
	return fmt.Sprintf("%s not accepted, in %s", text.Counted(e.hits, "hit"), text.Counted(e.reports, "executable"))
}

// Is makes it one of the errors with the status of a refusal.
func (e *refusedError) Is(target error) bool { return target == appliance.ErrRefused }

func (r *scanRun) report() error {
	var err error
	switch {
	case r.output == forPrograms:
		r.Reports = append([]*scan.Report{}, r.Reports...) // an empty list, not null
		err = r.writeJSON(r.scanResult)
	case !r.flags.quiet:
		err = r.write()
	}
	if err != nil {
		return err
	}
	var problems []string
	problems = append(problems, r.Errors...)
	if r.incomplete > 0 {
		problems = append(problems, text.Counted(r.incomplete, "executable")+" could not be read in whole")
	}
	failure := strings.Join(problems, "\nwaveguard: ")
	switch {
	case r.Refused > 0 && failure != "":
		return fmt.Errorf("%s\nwaveguard: %w", failure, &refusedError{r.Refused, r.refused})
	case r.Refused > 0:
		return &refusedError{r.Refused, r.refused}
	case failure != "":
		return errors.New(failure)
	}
	return nil
}
