package files

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/optical-net/waveguard/yang/tree"
)

// place is where a URL leads: to a file of the folder, or to a remote.
type place struct {
	file   string   // below the folder, with slashes; else "":
	url    *url.URL // of the remote, with the host as the policy has it
	remote *Remote
}

// Limits of names in URLs.
const (
	maxURL      = 2048
	maxSegments = 16
	maxSegment  = 200 // less than file systems take: partial files have longer names
)

// place returns where a URL leads that the policy permits. The error is a
// *tree.Error, and repeats neither credentials nor a query.
func (p *Policy) place(text string) (place, error) {
	if len(text) > maxURL {
		return place{}, wrongURL("it is longer than %d octets", maxURL)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return place{}, wrongURL("it cannot be read") // the reason would repeat the text
	case u.User != nil:
		return place{}, wrongURL("it has credentials, which would be logged and kept")
	case u.Opaque != "" || u.Fragment != "" || strings.Contains(text, "#"):
		return place{}, wrongURL("it has to be SCHEME://HOST/PATH, without a fragment")
	}
	if u.Scheme != "https" && (u.Scheme != "file" || !p.File) {
		return place{}, wrongURL("the scheme %.20q is not served; %s", u.Scheme, p.served())
	}
	segments, err := segmentsOf(u)
	switch {
	case err != nil:
		return place{}, err
	case u.Scheme == "file":
		return filePlace(u, segments)
	}
	return p.remotePlace(u)
}

// segmentsOf returns the names between the slashes of a path. Those that mean
// something else to a file system or to a server are refused.
func segmentsOf(u *url.URL) ([]string, error) {
	escaped := strings.ToLower(u.EscapedPath())
	if strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%5c") {
		return nil, wrongURL("its path has a slash or backslash in disguise")
	}
	rest, ok := strings.CutPrefix(u.Path, "/")
	if !ok {
		return nil, wrongURL("it names nothing")
	}
	segments := strings.Split(rest, "/")
	if len(segments) > maxSegments {
		return nil, wrongURL("its path has more than %d parts", maxSegments)
	}
	for _, s := range segments {
		switch {
		case s == "":
			return nil, wrongURL("a part of its path is empty")
		case len(s) > maxSegment:
			return nil, wrongURL("a part of its path is longer than %d octets", maxSegment)
		case s[0] == '.':
			return nil, wrongURL("a part of its path begins with a dot")
		case strings.ContainsFunc(s, unfit):
			return nil, wrongURL("its path has characters that names cannot have")
		}
	}
	return segments, nil
}

// unfit says whether names cannot have the character.
func unfit(r rune) bool {
	return r < ' ' || r == '\\' || r == 0x7f || r == '\ufffd' || 0x80 <= r && r < 0xa0
}

func filePlace(u *url.URL, segments []string) (place, error) {
	switch {
	case u.Host != "" && u.Host != "localhost":
		return place{}, wrongURL("a file of another host; files of the appliance are file:///NAME")
	case u.RawQuery != "" || u.ForceQuery:
		return place{}, wrongURL("a file has no query")
	}
	return place{file: strings.Join(segments, "/")}, nil
}

// remotePlace finds the remote with the longest prefix.
func (p *Policy) remotePlace(u *url.URL) (found place, err error) {
	longest := -1
	for i := range p.Remotes {
		base, err := p.Remotes[i].base()
		if err != nil || !covers(base, u) || len(base.Path) <= longest {
			continue
		}
		longest = len(base.Path)
		to := &url.URL{Scheme: "https", Host: base.Host, Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
		found = place{url: to, remote: &p.Remotes[i]}
	}
	if found.remote == nil {
		return found, wrongURL("no prefix in system/files/remotes permits %s", shown(u))
	}
	return found, nil
}

// covers says whether u is on the same server as the prefix, and below it. Its path
// has passed segmentsOf, so that no part of it leads up again.
func covers(base, u *url.URL) bool {
	return strings.EqualFold(base.Hostname(), u.Hostname()) && port(base) == port(u) && strings.HasPrefix(u.Path, base.Path)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return "443"
}

// shown is a URL as errors have it: without its query, which may be a secret.
func shown(u *url.URL) string {
	return fmt.Sprintf("%.300q", u.Scheme+"://"+u.Host+u.EscapedPath())
}

// served tells a person what is.
func (p *Policy) served() string {
	if all := p.schemes(); len(all) > 0 {
		return "this appliance serves " + strings.Join(all, " and ")
	}
	return "this appliance serves none: see system/files in its configuration"
}

func (p *Policy) schemes() (all []string) {
	if p.File {
		all = append(all, "file")
	}
	if len(p.Remotes) > 0 {
		all = append(all, "https")
	}
	return all
}

func wrongURL(format string, args ...any) error {
	return &tree.Error{
		Tag: tree.TagInvalidValue, Message: "the url is refused: " + fmt.Sprintf(format, args...),
		Info: [][2]string{{"bad-element", "url"}},
	}
}
