package policy

import (
	"errors"
	"strings"
	"testing"
)

func TestMatchCheck(t *testing.T) {
	const sum, other = "aa", "bb"
	read := func(sum string, err error) *Digest {
		d := NewDigest(func() (string, error) { return sum, err })
		_, _ = d.Read()
		return d
	}
	unread := NewDigest(func() (string, error) {
		t.Error("the digest was computed")
		return "", nil
	})
	self := Identity{PID: 1, UID: 7, Executable: "/bin/s", Digest: read(sum, nil)}
	with := func(change func(*Identity)) Identity { id := self; change(&id); return id }
	for name, test := range map[string]struct {
		match Match
		id    Identity
		want  string // in the error; "" for none
	}{
		"uid":                     {Match{UID: 7}, self, ""},
		"other uid":               {Match{UID: 8}, self, "runs as uid 7, the service asks for uid 8"},
		"root is no exception":    {Match{UID: 7}, with(func(id *Identity) { id.UID = 0 }), "uid 0"},
		"executable":              {Match{AnyUID: true, Executable: "/bin/s"}, self, ""},
		"other executable":        {Match{AnyUID: true, Executable: "/bin/t"}, self, "runs /bin/s, the service asks for /bin/t"},
		"digest":                  {Match{AnyUID: true, SHA256: sum}, self, ""},
		"other digest":            {Match{AnyUID: true, SHA256: other}, self, "SHA-256 aa, the service asks for bb"},
		"all":                     {Match{UID: 7, Executable: "/bin/s", SHA256: sum}, self, ""},
		"all but the digest":      {Match{UID: 7, Executable: "/bin/s", SHA256: other}, self, "SHA-256"},
		"out of service":          {Match{UID: 7, Out: true}, self, "out of service"},
		"nothing":                 {Match{AnyUID: true}, self, "configure executable, executable-sha256, cgroup or uid"},
		"digest not asked for":    {Match{UID: 8, SHA256: sum}, with(func(id *Identity) { id.Digest = unread }), "uid"},
		"digest not wanted":       {Match{UID: 7}, with(func(id *Identity) { id.Digest = unread }), ""},
		"digest not known":        {Match{UID: 7, SHA256: sum}, with(func(id *Identity) { id.Digest = unread }), ErrDigestUnknown.Error()},
		"no digest":               {Match{UID: 7, SHA256: sum}, with(func(id *Identity) { id.Digest = nil }), "cannot be read"},
		"unreadable":              {Match{AnyUID: true, SHA256: sum}, with(func(id *Identity) { id.Digest = read("", errors.New("gone")) }), "cannot be read: gone"},
		"path elsewhere":          {Match{UID: 7, Executable: "/bin/s"}, with(func(id *Identity) { id.Elsewhere = true }), "configure executable-sha256 as well"},
		"path and digest":         {Match{UID: 7, Executable: "/bin/s", SHA256: sum}, with(func(id *Identity) { id.Elsewhere = true }), ""},
		"cgroup":                  {Match{AnyUID: true, Cgroup: "/s.slice"}, with(func(id *Identity) { id.Cgroup = "/s.slice" }), ""},
		"cgroup below":            {Match{AnyUID: true, Cgroup: "/s.slice"}, with(func(id *Identity) { id.Cgroup = "/s.slice/x/y" }), ""},
		"cgroup beside":           {Match{AnyUID: true, Cgroup: "/s.slice"}, with(func(id *Identity) { id.Cgroup = "/s.slice2" }), "it is in cgroup /s.slice2, the service asks for /s.slice or one below"},
		"cgroup above":            {Match{UID: 7, Cgroup: "/s.slice/x"}, with(func(id *Identity) { id.Cgroup = "/s.slice" }), "or one below"},
		"no cgroups":              {Match{UID: 7, Cgroup: "/s.slice"}, self, "this host has no cgroups of version 2"},
		"uid of a process inside": {Match{UID: 7}, with(func(id *Identity) { id.Elsewhere = true }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.match.Check(test.id)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Check returned %v, want an error with %q", err, test.want)
			}
		})
	}
}
