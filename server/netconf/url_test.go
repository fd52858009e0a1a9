package netconf

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/yang/tree"
)

// shelf is a place for files in memory, for URLs that begin with file:///.
type shelf struct {
	mu      sync.Mutex
	files   map[string][]byte
	schemes []string
}

func newShelf() *shelf {
	return &shelf{schemes: []string{"file"}, files: map[string][]byte{
		"file:///not-xml": []byte("<config"), "file:///other.xml": []byte("<data/>"),
	}}
}

func (s *shelf) Schemes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.schemes)
}

func (s *shelf) Read(_ context.Context, url string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if url == "https://down.example.net/" {
		return nil, errors.New("nobody answers")
	}
	content, ok := s.files[url]
	if !ok {
		return nil, &tree.Error{Tag: tree.TagDataMissing, Message: "there is no " + url}
	}
	return content, nil
}

func (s *shelf) Write(_ context.Context, url string, content []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(url, "file:///") {
		return &tree.Error{Tag: tree.TagInvalidValue, Message: "no such place", Info: [][2]string{{"bad-element", "url"}}}
	}
	s.files[url] = content
	return nil
}

func (s *shelf) Delete(ctx context.Context, url string) error {
	if _, err := s.Read(ctx, url); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, url)
	return nil
}

// serve changes which schemes are served.
func (s *shelf) serve(schemes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schemes = schemes
}

// TestURLCapabilityChanges: whoever subscribed is told when a change of the
// configuration changes what is served.
func TestURLCapabilityChanges(t *testing.T) {
	r := newRig(t, Limits{})
	c, actor := r.open("admin"), r.open("admin2")
	c.mustOK(`<create-subscription xmlns="` + nsNotification + `"/>`)
	next := func(schemes ...string) (told string) {
		r.files.serve(schemes...)
		actor.mustOK(edit("running", "<domains><domain><name>controller</name><config><description>"+strings.Join(schemes, " ")+"</description></config></domain></domains>"))
		for !strings.Contains(told, "<change-notification ") {
			told = c.receive()
		}
		return c.receive()
	}
	const url = "-capability>urn:ietf:params:netconf:capability:url:1.0?scheme=file"
	for _, step := range []struct {
		schemes []string
		want    string
	}{
		{[]string{"file", "https"}, "<modified" + url + ",https<"},
		{nil, "<deleted" + url + ",https<"},
		{[]string{"file"}, "<added" + url + "<"},
	} {
		told := next(step.schemes...)
		if !strings.Contains(told, "netconf-capability-change") || !strings.Contains(told, step.want) || !strings.Contains(told, "<username>admin2<") {
			t.Errorf("%s is not in %s", step.want, told)
		}
	}
}

// TestURLCapability: the hello and the monitoring data say what is served at the
// time, and nothing when nothing is.
func TestURLCapability(t *testing.T) {
	r := newRig(t, Limits{})
	for _, c := range []struct {
		schemes []string
		want    string
	}{
		{[]string{"file"}, "url:1.0?scheme=file</capability>"},
		{[]string{"file", "https"}, "url:1.0?scheme=file,https</capability>"},
		{nil, ""},
	} {
		r.files.serve(c.schemes...)
		hello := r.connect("admin").receive()
		monitored := r.open("admin").rpc(`<get><filter><netconf-state xmlns="` + nsMonitoring + `"><capabilities/></netconf-state></filter></get>`)
		for _, text := range []string{hello, monitored} {
			if got := strings.Contains(text, "capability:url:"); got != (c.want != "") || !strings.Contains(text, c.want) {
				t.Errorf("with %q, %q is not in %s", c.schemes, c.want, text)
			}
		}
	}
}
