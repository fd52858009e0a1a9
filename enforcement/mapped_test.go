package enforcement_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

func TestIsMapped(t *testing.T) {
	const maps = `55d0c0a00000-55d0c0a01000 r-xp 00000000 fe:01 1234                       /bin/s
7f0000000000-7f0000001000 r--s 00000000 00:01 77                         /memfd:waveguard-policy (deleted)
7f0000002000-7f0000003000 rw-p 00000000 00:00 0 
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]
`
	for name, test := range map[string]struct {
		file syscall.Stat_t
		want bool
	}{
		"mapped":                 {syscall.Stat_t{Dev: 0x01, Ino: 77}, true},
		"of another file system": {syscall.Stat_t{Dev: 0x02, Ino: 77}, false},
		"another of that":        {syscall.Stat_t{Dev: 0x01, Ino: 78}, false},
		"a program":              {syscall.Stat_t{Dev: 0xfe01, Ino: 1234}, true},
	} {
		if got, err := enforcement.IsMapped(strings.NewReader(maps), &test.file); got != test.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestPosingAsReady: a process that says it obeys pages that it did not map is
// refused; who does not look has it provide the service.
func TestPosingAsReady(t *testing.T) {
	r := start(t)
	if got := r.otherProcess("front posing"); got != "*wire.Refused identity-mismatch" {
		t.Errorf("the poser got %s", got)
	}
	if v := r.violation(); v.Kind != wire.AttachRefused || v.Service != "front" {
		t.Errorf("reported was %+v", v)
	}
	r.eventually("the poser to be gone", func() bool { return !r.engine.Claimed("front") })
	if got := r.otherProcess("front"); got != "*wire.Welcome" {
		t.Errorf("who maps its page got %s", got)
	}

	r = start(t, (*enforcement.Engine).Believe)
	if got := r.otherProcess("front posing believed"); got != "*wire.Welcome" {
		t.Errorf("who is believed got %s", got)
	}
	r.eventually("it to be believed", func() bool { return r.service("front").GetAttached() })
}
