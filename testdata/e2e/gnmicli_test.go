package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/protobuf/encoding/prototext"
)

// gnmi is how gnmi_cli signs in.
type gnmi struct {
	m        *machine
	user     string
	password string
	extra    []string // further flags
}

// command returns gnmi_cli's arguments and environment.
func (g gnmi) command(args ...string) (env, command []string) {
	env = []string{"GNMI_USER=" + g.user, "GNMI_PASS=" + g.password}
	command = []string{program("gnmi_cli"), "-address", g.m.reach.gnmi, "-ca_crt", g.m.certificate(), "-timeout", "60s"}
	if g.password != "" {
		command = append(command, "-with_user_pass")
	}
	return env, append(append(command, g.extra...), args...)
}

// shown is the command as a person types it.
func (g gnmi) shown(args ...string) string {
	env := ""
	if g.password != "" {
		env = fmt.Sprintf("GNMI_USER=%s GNMI_PASS=... ", g.user)
	}
	_, command := g.command(args...)
	text := env + "gnmi_cli"
	for _, a := range command[1:] {
		switch {
		case filepath.IsAbs(a):
			a = filepath.Base(a)
		case strings.ContainsAny(a, " {"):
			a = "'" + a + "'"
		}
		text += " " + a
	}
	return text
}

// try runs gnmi_cli to its end.
func (g gnmi) try(t *testing.T, args ...string) (out string, status int) {
	t.Helper()
	env, command := g.command(args...)
	c := startChild(t, env, command...)
	status, err := c.status(g.m.within(60 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return c.all(), status
}

// run is try for what must succeed; it is told.
func (g gnmi) run(t *testing.T, args ...string) string {
	t.Helper()
	tell(t, "$ %s", g.shown(args...))
	out, status := g.try(t, args...)
	if status != 0 {
		t.Fatalf("gnmi_cli: status %d\n%s", status, out)
	}
	return out
}

// get returns the leaves below paths, by path: only the steps and the values of
// keys, as gnmi_cli prints paths too.
func (g gnmi) get(t *testing.T, paths ...string) map[string]string {
	t.Helper()
	leaves, err := g.tryGet(t, paths...)
	if err != nil {
		t.Fatal(err)
	}
	return leaves
}

func (g gnmi) tryGet(t *testing.T, paths ...string) (map[string]string, error) {
	t.Helper()
	request := "encoding: PROTO"
	for _, p := range paths {
		request += " path: {" + pathText(p) + "}"
	}
	out, status := g.try(t, "-get", "-proto", request)
	if status != 0 {
		return nil, fmt.Errorf("gnmi_cli: status %d\n%s", status, out)
	}
	var response gpb.GetResponse
	if err := prototext.Unmarshal([]byte(out), &response); err != nil {
		return nil, fmt.Errorf("read %q: %w", out, err)
	}
	leaves := map[string]string{}
	for _, n := range response.Notification {
		for _, u := range n.Update {
			path := strings.Join(append(steps(n.Prefix), steps(u.Path)...), "/")
			leaves[path] = valueText(u.Val)
		}
	}
	return leaves, nil
}

// steps lists a path's names and, after each, its keys' values by name.
func steps(p *gpb.Path) (all []string) {
	for _, e := range p.GetElem() {
		name := e.Name
		if _, local, prefixed := strings.Cut(name, ":"); prefixed {
			name = local
		}
		all = append(all, name)
		for _, key := range []string{"name", "source", "target", "id", "resource", "type", "granularity"} {
			if v, ok := e.Key[key]; ok {
				all = append(all, v)
			}
		}
	}
	return all
}

func valueText(v *gpb.TypedValue) string {
	switch x := v.GetValue().(type) {
	case *gpb.TypedValue_StringVal:
		return x.StringVal
	case *gpb.TypedValue_UintVal:
		return strconv.FormatUint(x.UintVal, 10)
	case *gpb.TypedValue_BoolVal:
		return strconv.FormatBool(x.BoolVal)
	}
	return prototext.Format(v)
}

var step = regexp.MustCompile(`([^/\[]+)((?:\[[^\]]*\])*)`)

// pathText words a path such as /a/b[k=v] as the content of a gnmi.Path.
func pathText(path string) string {
	var b strings.Builder
	for _, s := range step.FindAllStringSubmatch(path, -1) {
		fmt.Fprintf(&b, "elem: {name: %q", s[1])
		for _, key := range strings.FieldsFunc(s[2], func(r rune) bool { return r == '[' || r == ']' }) {
			name, value, _ := strings.Cut(key, "=")
			fmt.Fprintf(&b, " key: {key: %q value: %q}", name, value)
		}
		b.WriteString("} ")
	}
	return strings.TrimSpace(b.String())
}

// stream subscribes to paths until the test ends; how is ON_CHANGE or SAMPLE
// and what belongs to it.
func (g gnmi) stream(t *testing.T, how string, paths ...string) *child {
	t.Helper()
	request := "subscribe: {prefix: {} mode: STREAM encoding: PROTO"
	for _, p := range paths {
		request += fmt.Sprintf(" subscription: {mode: %s path: {%s}}", how, pathText(p))
	}
	request += "}"
	args := []string{"-display_type", "single", "-proto", request}
	tell(t, "$ %s &", g.shown(args...))
	env, command := g.command(args...)
	return startChild(t, env, command...)
}

// update is a line of a stream.
type update struct{ path, value string }

// next returns the next update whose path has the suffix.
func next(t *testing.T, m *machine, stream *child, suffix string) update {
	t.Helper()
	deadline := time.Now().Add(m.within(15 * time.Second))
	for {
		line, err := stream.line(time.Until(deadline))
		if err != nil {
			t.Fatalf("wait for an update of %s: %v", suffix, err)
		}
		path, value, _ := strings.Cut(line, ", ")
		if strings.HasSuffix(path, suffix) {
			return update{path, value}
		}
	}
}

// grown follows a counter of a stream until it has grown so many times.
func grown(t *testing.T, m *machine, stream *child, suffix string, times int) {
	t.Helper()
	last := number(t, next(t, m, stream, suffix).value)
	for range times {
		u := next(t, m, stream, suffix)
		for number(t, u.value) == last {
			u = next(t, m, stream, suffix)
		}
		if n := number(t, u.value); n < last {
			t.Fatalf("%s fell from %d to %d", u.path, last, n)
		} else {
			last = n
		}
		tell(t, "%s, %s", u.path, u.value)
	}
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%q is no counter's value", text)
	}
	return n
}

// certificate is the file of the server's certificate, copied here.
func (m *machine) certificate() string { return filepath.Join(m.files, "cert.pem") }

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
