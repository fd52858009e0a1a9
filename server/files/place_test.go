package files

import (
	"errors"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/tree"
)

// policy is one that serves a folder and two parts of a server.
func policy() Policy {
	return Policy{File: true, QuotaBytes: 1 << 20, MaximumBytes: 1 << 16, Remotes: []Remote{
		{Name: "all", Prefix: "https://backup.example.net/wg/"},
		{Name: "mine", Prefix: "https://Backup.example.net:443/wg/mine/", Write: true},
		{Name: "six", Prefix: "https://[2001:db8::1]:8443/"},
	}}
}

func TestPlaces(t *testing.T) {
	p := policy()
	for text, want := range map[string]string{
		"file:///a.xml":                                     "a.xml",
		"file://localhost/dir/a%20b.xml":                    "dir/a b.xml",
		"file:/a.xml":                                       "a.xml",
		"https://backup.example.net/wg/a.xml":               "all https://backup.example.net/wg/a.xml",
		"HTTPS://BACKUP.example.net:443/wg/a.xml?key=1":     "all https://backup.example.net/wg/a.xml?key=1",
		"https://backup.example.net/wg/mine/a.xml":          "mine https://Backup.example.net:443/wg/mine/a.xml",
		"https://backup.example.net/wg/%6dine/a.xml":        "mine https://Backup.example.net:443/wg/%6dine/a.xml",
		"https://[2001:db8::1]:8443/a.xml":                  "six https://[2001:db8::1]:8443/a.xml",
		"https://backup.example.net/wg/mine-not/really.xml": "all https://backup.example.net/wg/mine-not/really.xml",
	} {
		at, err := p.place(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := at.file
		if at.remote != nil {
			got = at.remote.Name + " " + at.url.String()
		}
		if got != want {
			t.Errorf("%s leads to %s, want %s", text, got, want)
		}
	}
}

func TestHostileURLs(t *testing.T) {
	p := policy()
	for _, text := range []string{
		"", "a.xml", "/etc/passwd", "//host/a", "file:", "file://", "file:///", "file:a.xml",
		"file:///../a", "file:///a/../../b", "file:///%2e%2e/a", "file:///a/./b", "file:///a//b", "file:////etc/passwd", "file:///dir/",
		"file:///a%2fb", "file:///a%2Fb", "file:///..%5ca", "file:///a\\b", "file:///a%00b", "file:///a%0ab", "file:///a\nb", "file:///%ff",
		"file:///.partial-x", "file:///.ssh/keys", "file://other/a", "file://user@/a", "file:///a?q", "file:///a#f", "file:///a?",
		"file:///" + strings.Repeat("a", maxSegment+1), "file:///" + strings.Repeat("a/", maxSegments) + "a", "file:///" + strings.Repeat("a", maxURL),
		"ftp://backup.example.net/wg/a", "http://backup.example.net/wg/a", "gopher://x/", "data:text/xml,x",
		"https://backup.example.net/", "https://backup.example.net/wg", "https://backup.example.net/wg/", "https://backup.example.net/wgx/a",
		"https://backup.example.net/wg/../a", "https://backup.example.net/wg/%2e%2e/a", "https://backup.example.net/wg/..%2fa", "https://backup.example.net/wg/..;/a/../b",
		"https://backup.example.net:8443/wg/a", "https://backup.example.net./wg/a", "https://xbackup.example.net/wg/a",
		"https://backup.example.net@evil.example/wg/a", "https://user:secret@backup.example.net/wg/a", "https://backup.example.net#@evil.example/wg/a",
		"https://backup.example.net\\@evil.example/wg/a", "https://evil.example/https://backup.example.net/wg/a", "https://169.254.169.254/wg/a",
		"https://backup.example.net/wg/a#f", "https:backup.example.net/wg/a", "https:///wg/a", "https://[::1%25lo]/a", "https://backup.example.net:/wg/\x7f",
	} {
		at, err := p.place(text)
		refused, ok := errors.AsType[*tree.Error](err)
		switch {
		case !ok || refused.Tag != tree.TagInvalidValue:
			t.Errorf("%q leads to %+v, %v", text, at, err)
		case strings.Contains(err.Error(), "secret"):
			t.Errorf("%q: the error repeats credentials: %v", text, err)
		}
	}
}

func TestWhatIsServed(t *testing.T) {
	for _, c := range []struct {
		policy Policy
		url    string
		says   string
	}{
		{Policy{}, "file:///a", "serves none"},
		{Policy{File: true}, "https://a/b", "no prefix"},
		{Policy{File: true}, "tftp://a/b", "serves file"},
		{Policy{File: true}, "http://a/", "serves file"},
		{Policy{File: true}, "before.xml", "serves file"},
		{Policy{Remotes: policy().Remotes}, "file:///a", "serves https"},
	} {
		if _, err := c.policy.place(c.url); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.url, err, c.says)
		}
	}
}

// FuzzPlace: whatever a request names, it stays in the folder or below a prefix.
func FuzzPlace(f *testing.F) {
	for _, seed := range []string{
		"file:///a/b.xml", "file:///%2e%2e/a", "https://backup.example.net/wg/a.xml", "https://backup.example.net/wg/mine/..%2f..",
		"https://u:p@backup.example.net/wg/a", "https://backup.example.net:443/wg/%6d?q#f", "file:///a%00", "https://[2001:db8::1]:8443/a;b",
	} {
		f.Add(seed)
	}
	p := policy()
	f.Fuzz(func(t *testing.T, text string) {
		at, err := p.place(text)
		switch {
		case err != nil:
			if _, ok := errors.AsType[*tree.Error](err); !ok {
				t.Fatalf("%q: %v", text, err)
			}
		case at.remote == nil:
			for s := range strings.SplitSeq(at.file, "/") {
				if s == "" || s[0] == '.' || strings.ContainsAny(s, "\\\x00") {
					t.Fatalf("%q leads to %q", text, at.file)
				}
			}
		default:
			if !strings.HasPrefix(strings.ToLower(at.url.Host), "backup.example.net") && at.url.Host != "[2001:db8::1]:8443" ||
				at.url.User != nil || !strings.HasPrefix(at.url.Path, "/") || strings.Contains(at.url.Path, "/.") {
				t.Fatalf("%q leads to %v", text, at.url)
			}
		}
	})
}
