package scan

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// mapping is a line of /proc/PID/maps (proc_pid_maps(5)).
type mapping struct {
	start, end  uint64
	permissions string // rwx, and p or s
	offset      int64  // in the file
	device      string
	inode       uint64
	name        string // of the file, or in brackets; "" of anonymous memory
}

func (m *mapping) writable() bool { return m.permissions[1] == 'w' }
func (m *mapping) shared() bool   { return m.permissions[3] == 's' }

// replaceable says whether the bytes can change while the mapping stays the same.
func (m *mapping) replaceable() bool { return m.writable() || m.shared() }

// String returns what there is to know in one line.
func (m *mapping) String() string {
	name := m.name
	if name == "" {
		name = "anonymous memory"
	}
	return fmt.Sprintf("%x-%x %s %s", m.start, m.end, m.permissions, name)
}

// vsyscall is a page of the kernel, the same everywhere. It cannot be read; the
// kernel performs the calls instead of executing it.
const vsyscall = "[vsyscall]"

// executable returns the mappings that can be executed.
func executable(maps []byte) (list []mapping, err error) {
	s := bufio.NewScanner(bytes.NewReader(maps))
	for s.Scan() {
		m, err := parseMapping(s.Text())
		if err != nil {
			return nil, fmt.Errorf("line %q of the mappings: %w", s.Text(), err)
		}
		if m.permissions[2] == 'x' && m.name != vsyscall {
			list = append(list, m)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read the mappings: %w", err)
	}
	return list, nil
}

func parseMapping(line string) (m mapping, err error) {
	fields := strings.SplitN(line, " ", 6)
	if len(fields) < 5 || len(fields[1]) != 4 {
		return m, errors.New("it has too few fields")
	}
	start, end, _ := strings.Cut(fields[0], "-")
	var errs [4]error
	m.start, errs[0] = strconv.ParseUint(start, 16, 64)
	m.end, errs[1] = strconv.ParseUint(end, 16, 64)
	m.offset, errs[2] = strconv.ParseInt(fields[2], 16, 64)
	inode, _, _ := strings.Cut(fields[4], " ")
	m.inode, errs[3] = strconv.ParseUint(inode, 10, 64)
	m.permissions, m.device = fields[1], fields[3]
	if len(fields) == 6 {
		m.name = strings.TrimLeft(fields[5], " ")
	}
	if m.start >= m.end {
		errs[0] = errors.Join(errs[0], errors.New("it ends before it begins"))
	}
	return m, errors.Join(errs[:]...)
}
