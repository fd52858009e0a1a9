package enforcement_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen"
)

func TestCheckWalls(t *testing.T) {
	for name, test := range map[string]struct {
		claim wire.Hello
		host  bool // has keys
		want  string
	}{
		"nothing":                  {wire.Hello{}, false, ""},
		"mprotect":                 {wire.Hello{Backend: mpk.KindMprotect, Strength: mpk.Mprotect}, false, ""},
		"less than possible":       {wire.Hello{Backend: mpk.KindMprotect, Strength: mpk.None}, true, ""},
		"regions":                  {wire.Hello{Backend: mpk.KindPKU, Strength: mpk.HardwareRegion, Keys: 15}, true, ""},
		"compartments":             {wire.Hello{Backend: mpk.KindPKU, Strength: mpk.HardwareCompartment, Keys: 1}, true, ""},
		"something out of nothing": {wire.Hello{Strength: mpk.Mprotect}, true, "claims walls of MPROTECT, which NONE cannot give"},
		"hardware out of mprotect": {wire.Hello{Backend: mpk.KindMprotect, Strength: mpk.HardwareRegion}, true, "claims walls of HARDWARE_REGION, which MPROTECT cannot give"},
		"keys of another host":     {wire.Hello{Backend: mpk.KindPKU, Strength: mpk.HardwareRegion, Keys: 15}, false, "processor or kernel does not have"},
		"weak, with those keys":    {wire.Hello{Backend: mpk.KindPKU, Strength: mpk.None, Keys: 15}, false, "processor or kernel does not have"},
		"no key":                   {wire.Hello{Backend: mpk.KindPKU, Strength: mpk.HardwareRegion}, true, "claims 0 protection keys and walls of PKU"},
		"keys for nothing":         {wire.Hello{Backend: mpk.KindMprotect, Keys: 3}, true, "claims 3 protection keys and walls of MPROTECT"},
	} {
		t.Run(name, func(t *testing.T) {
			err := enforcement.CheckWalls(&test.claim, test.host)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("returned %v, want %q", err, test.want)
			}
		})
	}
}

func TestHasKeyed(t *testing.T) {
	mapping := func(rights, key string) string {
		return "7f0000000000-7f0000001000 " + rights + " 00000000 00:00 0    /memory: of x\nSize:   4 kB\nVmFlags: rd wr\nProtectionKey:   " + key + "\n"
	}
	for name, test := range map[string]struct {
		smaps string
		want  bool
	}{
		"nothing":               {"", false},
		"kernel without keys":   {"55550000-55551000 rw-p 00000000 00:00 0 \nSize: 4 kB\n", false},
		"key 0":                 {mapping("rw-p", "0"), false},
		"keyed":                 {mapping("rw-p", "0") + mapping("rw-p", "15"), true},
		"keyed, read":           {mapping("r--s", "3"), true},
		"what the kernel keyed": {mapping("--xp", "1"), false},
		"closed to all":         {mapping("---p", "1"), false},
		"and one of another":    {mapping("--xp", "1") + mapping("rw-p", "0"), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := enforcement.HasKeyed(strings.NewReader(test.smaps)); got != test.want || err != nil {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	if _, err := enforcement.HasKeyed(strings.NewReader(strings.Repeat("x", 1<<20))); err == nil {
		t.Error("a line without end is no error")
	}
}

// TestLiarAboutKeys: a process that claims walls of protection keys and uses none
// is found when it is ready, whatever the host has; who does not look believes it.
func TestLiarAboutKeys(t *testing.T) {
	r := start(t, (*enforcement.Engine).SupposeKeys)
	if got := r.otherProcess("front lying"); got != "*wire.Refused insufficient-strength" {
		t.Errorf("the liar got %s", got)
	}
	v := r.violation()
	if v.Kind != wire.AttachRefused || v.Service != "front" || v.Target != "a" {
		t.Errorf("reported was %+v", v)
	}
	r.eventually("the liar to be gone", func() bool { return !r.engine.Claimed("front") })
	if r.service("front").GetAttached() {
		t.Error("the liar provides the service")
	}

	r = start(t, (*enforcement.Engine).Believe)
	if got := r.otherProcess("front lying believed"); got != "*wire.Welcome" {
		t.Errorf("who is believed got %s", got)
	}
	r.eventually("it to be believed", func() bool { return r.service("front").GetAttached() })
	if got := r.service("front").IsolationStrength; got != gen.MpkSecurityTypes_IsolationStrength_HARDWARE_REGION {
		t.Errorf("who is believed has strength %v", got)
	}
}

// TestKeysThatAreNotThere: who claims what this host does not have is refused
// before anything else.
func TestKeysThatAreNotThere(t *testing.T) {
	if mpk.HostHasKeys() {
		t.Skip("this host has protection keys")
	}
	r := start(t)
	_, m, _, err := say(r.path, walled(mpk.HardwareRegion, "front"))
	if err != nil {
		t.Fatal(err)
	}
	if refused, ok := m.(*wire.Refused); !ok || refused.Code != wire.RefusedStrength {
		t.Errorf("the daemon answered %+v", m)
	}
	if v := r.violation(); v.Kind != wire.AttachRefused || v.Service != "front" {
		t.Errorf("reported was %+v", v)
	}
}

// FuzzHasKeyed: no name of a mapping puts memory under a key. The kernel writes
// the end of a line in a name as \012.
func FuzzHasKeyed(f *testing.F) {
	for _, name := range []string{"/bin/s", "[heap]", "ProtectionKey: 3", "x ProtectionKey: 3", ":", "\r"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		name = strings.ReplaceAll(name, "\n", `\012`)
		smaps := "7f0000000000-7f0000001000 rw-p 00000000 00:00 0    " + name + "\nSize:   4 kB\nProtectionKey:   0\n"
		if keyed, _ := enforcement.HasKeyed(strings.NewReader(smaps)); keyed {
			t.Errorf("%q is taken for memory under a key", name)
		}
		_, _ = enforcement.HasKeyed(strings.NewReader(name))
	})
}

// FuzzIsMapped does the same for the policy page.
func FuzzIsMapped(f *testing.F) {
	for _, name := range []string{"/bin/s", "00:01 77", "r--s 00000000 00:01 77"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		maps := "7f0000000000-7f0000001000 rw-p 00000000 00:00 0    " + strings.ReplaceAll(name, "\n", `\012`) + "\n"
		if mapped, _ := enforcement.IsMapped(strings.NewReader(maps), &syscall.Stat_t{Dev: 1, Ino: 77}); mapped {
			t.Errorf("%q is taken for the page", name)
		}
		_, _ = enforcement.IsMapped(strings.NewReader(name), &syscall.Stat_t{Dev: 1, Ino: 77})
	})
}
