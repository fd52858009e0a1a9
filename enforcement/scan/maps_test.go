package scan_test

import (
	"strings"
	"testing"

	"github.com/optical-net/waveguard/enforcement/scan"
)

func TestExecutableMappings(t *testing.T) {
	for _, test := range []struct {
		name, maps string
		want       []string
		fails      bool
	}{
		{"none", "", nil, false},
		{"a usual one", `5581-5582 r--p 00000000 fe:01 42                         /usr/bin/x
5582-5590 r-xp 00001000 fe:01 42                         /usr/bin/x y
7000-7001 rwxp 00000000 00:00 0 
7002-7003 --xs 00000000 00:01 7 /memfd:a (deleted)
7ffe-7fff r-xp 00000000 00:00 0                          [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`, []string{"5582-5590 r-xp /usr/bin/x y", "7000-7001 rwxp anonymous memory", "7002-7003 --xs /memfd:a (deleted)", "7ffe-7fff r-xp [vdso]"}, false},
		{"no addresses", "x-y r-xp 00000000 00:00 0\n", nil, true},
		{"backwards", "2000-1000 r-xp 00000000 00:00 0\n", nil, true},
		{"cut", "1000-2000 r-xp\n", nil, true},
		{"short permissions", "1000-2000 rx 00000000 00:00 0\n", nil, true},
	} {
		got, err := scan.Executable(test.maps)
		if (err != nil) != test.fails || len(got) != len(test.want) {
			t.Errorf("%s: %q, %v", test.name, got, err)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s: %q, want %q", test.name, got[i], test.want[i])
			}
		}
	}
}

// FuzzExecutableMappings: lines that no kernel writes are refused, or are understood
// as far as they are searched: whatever is executable is in the list.
func FuzzExecutableMappings(f *testing.F) {
	f.Add("5582-5590 r-xp 00001000 fe:01 42                         /usr/bin/x y\n")
	f.Add("7000-7001 rwxp 00000000 00:00 0 \n7002-7003 --xs 00000000 00:01 7 /memfd:a (deleted)\n")
	f.Add("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n")
	f.Add("0-ffffffffffffffff r-xp ffffffffffffffff 00:00 18446744073709551615 [anon:[vdso]]\n")
	f.Fuzz(func(t *testing.T, maps string) {
		got, err := scan.Executable(maps)
		if err != nil {
			return
		}
		want := 0
		for line := range strings.Lines(maps) {
			fields := strings.SplitN(strings.TrimRight(line, "\r\n"), " ", 6)
			if len(fields) > 1 && strings.HasSuffix(fields[1][:3], "x") && !(len(fields) == 6 && strings.TrimLeft(fields[5], " ") == "[vsyscall]") {
				want++
			}
		}
		if len(got) != want {
			t.Errorf("%d of %d executable mappings in %q", len(got), want, maps)
		}
	})
}
