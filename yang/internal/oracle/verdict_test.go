package oracle

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
)

// libyang is the yanglint program with the modules it reads.
type libyang struct{ tool, dir, modules string }

// newLibyang skips the test where yanglint is not installed, and fails it in CI.
func newLibyang(t *testing.T) libyang {
	t.Helper()
	tool, err := exec.LookPath("yanglint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("yanglint is missing: install libyang2-tools")
		}
		t.Skip("yanglint is missing: install libyang2-tools to compare with libyang")
	}
	dir, err := filepath.Abs("../../models")
	if err != nil {
		t.Fatal(err)
	}
	return libyang{tool, dir, filepath.Join(dir, "mpk-security@2026-11-23.yang")}
}

// check returns what libyang says against the configuration, nil if nothing.
func (l libyang) check(t *testing.T, encoding, doc string) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config."+encoding)
	if err := os.WriteFile(file, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(l.tool, "-p", l.dir, "-t", "config", l.modules, file).CombinedOutput()
	switch {
	case err != nil && len(out) == 0:
		t.Fatalf("%s: %v", l.tool, err)
	case err != nil || len(out) > 0:
		return fmt.Errorf("%s", out)
	}
	return nil
}

// engine is the code under test, put together as the servers do.
type engine struct {
	set   *schema.Set
	rules *validate.Validator
}

func newEngine(t *testing.T) engine {
	t.Helper()
	set, err := schema.Compile([]fs.FS{models.FS}, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return engine{set, validate.New(set)}
}

func (e engine) check(encoding, doc string) error {
	decode := e.fromXML
	if encoding == "json" {
		decode = e.fromJSON
	}
	edit, err := decode(doc)
	if err != nil {
		return err
	}
	ed := tree.New(e.set).Edit()
	if err := ed.Apply(edit, tree.Merge); err != nil {
		return err
	}
	if _, errs := e.rules.Check(nil, ed.Tree()); len(errs) > 0 {
		return errs[0]
	}
	return nil
}

func (e engine) fromXML(doc string) (*tree.Edit, error) {
	el, err := xml.Parse([]byte("<config>"+doc+"</config>"), xml.Limits{})
	if err != nil {
		return nil, err
	}
	return xml.DecodeEdit(e.set, el, xml.DecodeOptions{})
}

func (e engine) fromJSON(doc string) (*tree.Edit, error) {
	return json.DecodeEdit(e.set, nil, []byte(doc), json.DecodeOptions{})
}

// write returns the document in the encoding.
func write(root *element, encoding string) string {
	var b strings.Builder
	if encoding == "xml" {
		root.xml(&b)
	} else {
		box("", root).members(&b)
	}
	return b.String()
}

var encodings = []string{"xml", "json"}

// compare requires one verdict of both.
func compare(t *testing.T, l libyang, e engine, root *element, valid func(encoding string) bool) {
	t.Helper()
	for _, encoding := range encodings {
		doc := write(root, encoding)
		theirs, ours := l.check(t, encoding, doc), e.check(encoding, doc)
		if want := valid(encoding); (ours == nil) != want || (theirs == nil) != want {
			t.Errorf("%s valid: want %v\nours:    %v\nlibyang: %v\n%s", encoding, want, ours, theirs, doc)
		}
	}
}

func TestValidPolicies(t *testing.T) {
	l, e := newLibyang(t), newEngine(t)
	for seed := range uint64(60) {
		compare(t, l, e, policy(rand.New(rand.NewPCG(seed, 1))), func(string) bool { return true })
	}
}

func TestBrokenPolicies(t *testing.T) {
	l, e := newLibyang(t), newEngine(t)
	for i, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			for seed := range uint64(3) {
				r := rand.New(rand.NewPCG(seed, uint64(i)))
				root := policy(r)
				b.do(r, root)
				compare(t, l, e, root, func(string) bool { return false })
			}
		})
	}
}
