package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// rounds is how often a process is scanned whose mappings change meanwhile.
const rounds = 3

// Process scans the executable mappings of a process: files, deleted ones too,
// anonymous memory and that of memfd_create(2), the vDSO. It needs the right to
// trace the process (ptrace(2), PTRACE_MODE_ATTACH_FSCREDS).
//
// If its mappings change during the scan, it is scanned again, and if they keep
// changing the report says so among what could not be searched. Changes of the
// memory that is mapped already go unnoticed, unless the process is stopped.
func Process(ctx context.Context, pid int) (*Report, error) {
	p, err := openProcess(pid)
	if err != nil {
		return nil, fmt.Errorf("scan process %d: %w", pid, err)
	}
	defer p.close()
	r, err := p.scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("scan process %d: %w", pid, err)
	}
	return r, nil
}

// process is a process that stays the same: its number may pass to another one,
// its directory does not.
type process struct {
	pid    int
	dir    *os.File
	memory *memory
}

func openProcess(pid int) (*process, error) {
	dir, err := os.Open("/proc/" + strconv.Itoa(pid))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no such process, or it is in a PID namespace that cannot be seen from here: %w", err)
	}
	if err != nil {
		return nil, err
	}
	return &process{pid: pid, dir: dir}, nil
}

func (p *process) close() { _ = p.dir.Close() }

// attend opens the memory; the caller closes it.
func (p *process) attend() error {
	file, err := p.open("mem")
	if errors.Is(err, unix.ESRCH) {
		for _, thread := range p.threads() {
			if file, err = p.open(thread + "mem"); err == nil {
				break
			}
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: scan as root or as its user; kernel.yama.ptrace_scope above 0 needs root", err)
	}
	if err == nil {
		p.memory = newMemory(file, p.pid)
	}
	return err
}

// open opens a file of the process's directory.
func (p *process) open(name string) (*os.File, error) {
	fd, err := unix.Openat(int(p.dir.Fd()), name, openFlags, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: p.dir.Name() + "/" + name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// mappings returns those that can be executed.
func (p *process) mappings() ([]mapping, error) {
	text, err := p.list()
	if err != nil {
		return nil, err
	}
	return executable(text)
}

// list returns the list of all mappings; nothing if it has none.
func (p *process) list() ([]byte, error) {
	text, err := p.read("maps")
	if err != nil {
		return nil, fmt.Errorf("read its mappings: %w", err)
	}
	if len(text) > 0 {
		return text, nil
	}
	for _, thread := range p.threads() {
		if text, err = p.read(thread + "maps"); err == nil && len(text) > 0 {
			return text, nil
		}
	}
	return nil, nil
}

// threads are the directories of all threads. When the first one has ended, that of
// the process shows no memory, and theirs do.
func (p *process) threads() (dirs []string) {
	tasks, err := os.ReadDir(p.dir.Name() + "/task")
	if err != nil {
		return nil
	}
	for _, t := range tasks {
		dirs = append(dirs, "task/"+t.Name()+"/")
	}
	return dirs
}

// maxMappings bounds the list of mappings that is read, in bytes. A process can have
// 65530 of them (sysctl vm.max_map_count), each with a name of 4 KiB.
const maxMappings = 32 << 20

func (p *process) read(name string) ([]byte, error) {
	f, err := p.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxMappings+1))
	if len(text) > maxMappings {
		return nil, fmt.Errorf("their list has more than %d bytes", maxMappings)
	}
	return text, err
}

func (p *process) scan(ctx context.Context) (*Report, error) {
	if err := p.attend(); err != nil {
		return nil, err
	}
	defer p.memory.file.Close()
	before, err := p.mappings()
	for range rounds {
		if err != nil {
			return nil, err
		}
		r := newReport(p.name())
		if err := p.scanMappings(ctx, r, before); err != nil {
			return nil, err
		}
		var after []mapping
		if after, err = p.mappings(); err == nil && slices.Equal(before, after) {
			return r, nil
		}
		before = after
	}
	if err != nil {
		return nil, err
	}
	r := newReport(p.name())
	r.unread("its executable mappings changed during each of %d scans: stop it first", rounds)
	return r, p.scanMappings(ctx, r, before)
}

// name is the process with what it runs.
func (p *process) name() string {
	path, err := os.Readlink(p.dir.Name() + "/exe")
	if err != nil {
		return fmt.Sprintf("process %d", p.pid)
	}
	return fmt.Sprintf("process %d %s", p.pid, path)
}

func (p *process) scanMappings(ctx context.Context, r *Report, mappings []mapping) error {
	files := &objects{process: p, opened: map[fileKey]*os.File{}}
	defer files.close()
	var parts []part
	for i := range mappings {
		m := &mappings[i]
		r.noteMapping(m)
		parts = append(parts, part{
			start: m.start, end: m.end, offset: int64(m.start), source: p.memory,
			name: m.String(), writable: m.writable(), object: &code{files, m},
		})
	}
	if len(parts) == 0 {
		r.note("it has no executable memory: a thread of the kernel, or a process that has ended")
	}
	return r.scan(ctx, join(parts))
}

// noteMapping notes what about a mapping makes its bytes change.
func (r *Report) noteMapping(m *mapping) {
	switch {
	case m.writable():
		r.note("%v is writable and executable: its code can be replaced", m)
	case m.shared():
		r.note("%v is shared: whoever can write the file can replace its code", m)
	case m.inode == 0 && m.name != "[vdso]":
		r.note("%v was made at run time, and may be again", m)
	}
}
