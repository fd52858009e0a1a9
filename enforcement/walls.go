package enforcement

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// strongest is the most that a mechanism can give.
var strongest = map[mpk.Kind]mpk.Strength{
	mpk.KindNone: mpk.None, mpk.KindMprotect: mpk.Mprotect, mpk.KindPKU: mpk.HardwareCompartment,
}

// checkWalls returns an error for a claim that cannot be true, whatever the
// process did.
func checkWalls(h *wire.Hello, hostHasKeys bool) error {
	switch {
	case h.Strength > strongest[h.Backend]:
		return fmt.Errorf("it claims walls of %v, which %v cannot give", h.Strength, h.Backend)
	case h.Backend == mpk.KindPKU && !hostHasKeys:
		return errors.New("it claims walls of protection keys, which this host's processor or kernel does not have")
	case (h.Backend == mpk.KindPKU) != (h.Keys > 0):
		return fmt.Errorf("it claims %d protection keys and walls of %v", h.Keys, h.Backend)
	}
	return nil
}

// errNoKeys is what a process is told that lies about its walls.
var errNoKeys = errors.New("it claims walls of protection keys, and the kernel has none of its memory under a key")

// checkKeys returns an error for a process without memory under a protection
// key. One that has some may still hold every key open: PKRU is a register, and
// who is outside the process cannot read it.
func checkKeys(pid int) error {
	smaps, err := os.Open(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		return fmt.Errorf("read the keys of its memory: %w", err)
	}
	defer func() { _ = smaps.Close() }()
	keyed, err := hasKeyed(smaps)
	switch {
	case err != nil:
		return fmt.Errorf("read the keys of its memory: %w", err)
	case !keyed:
		return errNoKeys
	}
	return nil
}

// hasKeyed looks for memory under a key other than 0 (proc_pid_smaps(5),
// ProtectionKey). Memory that cannot be read or written does not count: the
// kernel itself gives a key to what is only executable (pkeys(7)).
func hasKeyed(smaps io.Reader) (bool, error) {
	accessible := false
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		name, value, property := bytes.Cut(lines.Bytes(), []byte(":"))
		switch {
		case !property || bytes.ContainsRune(name, ' '):
			accessible = isAccessible(lines.Bytes())
		case string(name) == "ProtectionKey" && accessible && string(bytes.TrimSpace(value)) != "0":
			return true, nil
		}
	}
	return false, lines.Err()
}

// isAccessible reads the line that begins a mapping: addresses, rights, and more.
func isAccessible(mapping []byte) bool {
	fields := bytes.Fields(mapping)
	return len(fields) > 1 && bytes.ContainsAny(fields[1], "rw")
}
