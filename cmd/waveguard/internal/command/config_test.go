package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconftest"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/tree"
)

// netconfTarget is an appliance over NETCONF for commands to be run against, with a
// home of its own.
type netconfTarget struct {
	*netconftest.Server
	home string
}

func startNetconf(t *testing.T) netconfTarget {
	t.Helper()
	return netconfTarget{netconftest.Start(t), t.TempDir()}
}

// run runs "waveguard config" with these arguments.
func (g netconfTarget) run(ctx context.Context, stdin string, args ...string) (stdout, stderr string, code int) {
	var out, err bytes.Buffer
	environment := map[string]string{"HOME": g.home, "WAVEGUARD_NETCONF": g.Address}
	code = Run(ctx, append([]string{"--data", g.Data}, args...),
		Environment{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &err, Getenv: func(name string) string { return environment[name] }})
	return g.anonymous(out.String()), g.anonymous(err.String()), code
}

// What differs from run to run.
var (
	moments   = regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?`)
	persistID = regexp.MustCompile(`\b[A-Z2-7]{26}\b`)
	hashes    = regexp.MustCompile(`\$argon2id\$[\w$=,+/]+`)
	sessionID = regexp.MustCompile(`"session": "\d+"`)
	spaces    = regexp.MustCompile(`(?m) +$`)
)

func (g netconfTarget) anonymous(s string) string {
	s = strings.NewReplacer(g.Address, "ADDRESS", g.Data, "DATA", g.home, "HOME").Replace(s)
	s = moments.ReplaceAllString(s, "1970-01-01 00:00:00")
	s = persistID.ReplaceAllString(s, "PERSIST-ID")
	s = hashes.ReplaceAllString(s, "HASH")
	return spaces.ReplaceAllString(sessionID.ReplaceAllString(s, `"session": "N"`), "")
}

// TestConfigTranscripts runs the command lines that each transcript begins with, one
// after another against one appliance, in a folder with the files of the transcript.
// What follows "<<<" is what is typed. "state FILE" gives the appliance the state in a
// file. The last file, said, is all that was said.
func TestConfigTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/config/*.txtar")
	more, err2 := filepath.Glob("testdata/learn/*.txtar")
	if err != nil || err2 != nil || len(files) == 0 || len(more) == 0 {
		t.Fatalf("transcripts %v, %v, %v, %v", files, more, err, err2)
	}
	files = append(files, more...)
	for _, file := range files {
		file, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			unpack(t, archive)
			g := startNetconf(t)
			var said strings.Builder
			for line := range strings.Lines(string(archive.Comment)) {
				line, typed, _ := strings.Cut(strings.TrimSpace(line), " <<<")
				if name, is := strings.CutPrefix(line, "state "); is {
					g.have(t, name)
				}
				if !strings.HasPrefix(line, "waveguard ") {
					continue
				}
				if typed = strings.TrimSpace(typed); typed != "" {
					typed += "\n"
				}
				stdout, stderr, code := g.run(t.Context(), typed, words(line)[1:]...)
				fmt.Fprintf(&said, "$ %s\n%s%s[%d]\n", line, stdout, stderr, code)
			}
			compareSession(t, file, archive, said.String())
		})
	}
}

// have gives the appliance the state in a file.
func (g netconfTarget) have(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	state, err := json.Decode(g.Store.Running().Schema(), text, json.DecodeOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	err = g.Store.UpdateState(func(e *tree.Editor) error {
		for n := range state.Root().Children() {
			if err := e.Merge(nil, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// compareSession compares what was said with the file called said, which is the last.
func compareSession(t *testing.T, file string, archive *txtar.Archive, said string) {
	t.Helper()
	n := len(archive.Files)
	if n == 0 || archive.Files[n-1].Name != "said" {
		archive.Files, n = append(archive.Files, txtar.File{Name: "said"}), n+1
	}
	if want := string(archive.Files[n-1].Data); said != want && !*rewrite {
		t.Errorf("said\n%s\nwant\n%s", said, want)
	}
	if archive.Files[n-1].Data = []byte(said); *rewrite {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestConfigSurvivesItsFiles holds that what is saved, in either format, is what load
// --replace makes of it, whatever was there meanwhile.
func TestConfigSurvivesItsFiles(t *testing.T) {
	g := startNetconf(t)
	t.Chdir(t.TempDir())
	random := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		const some = "aZ0 \t\n<>&\"'\\{}[]]]>;äπ€𝄞#%"
		r := []rune(some)
		out := make([]rune, random.IntN(12))
		for i := range out {
			out[i] = r[random.IntN(len(r))]
		}
		return string(out)
	}
	change := func() {
		var b strings.Builder
		for i := range 1 + random.IntN(8) {
			fmt.Fprintf(&b, `%s{"name":"d%d","config":{"name":"d%[2]d","id":%d,"privilege-level":"DYNAMIC","description":%q}}`,
				map[bool]string{true: "", false: ","}[i == 0], i, 100+i, text())
		}
		document := `{"mpk-security:mpk-security":{"domains":{"domain":[` + strings.ReplaceAll(b.String(), `\U0001d11e`, "𝄞") + `]}}}`
		if err := os.WriteFile("change.json", []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		if stdout, stderr, code := g.run(t.Context(), "", "config", "load", "--yes", "change.json"); code != exitDone {
			t.Fatalf("%s\n%s%s", document, stdout, stderr)
		}
	}
	for round := range 6 {
		change()
		want := g.Store.Running()
		file := []string{"saved.xml", "saved.json"}[round%2]
		if _, stderr, code := g.run(t.Context(), "", "config", "save", file); code != exitDone {
			t.Fatal(stderr)
		}
		change()
		if stdout, stderr, code := g.run(t.Context(), "", "config", "load", "--replace", "--yes", file); code != exitDone {
			t.Fatalf("%s%s", stdout, stderr)
		}
		if d := tree.Diff(want, g.Store.Running()); len(d) > 0 {
			t.Errorf("%s: %v differs from what was saved", file, d[0].Path)
		}
	}
}

// TestConfigDiffOfCandidate holds that diff alone tells what the candidate would change.
func TestConfigDiffOfCandidate(t *testing.T) {
	g := startNetconf(t)
	set := g.Store.Running().Schema()
	path, err := set.ParsePath("/mpk-security:mpk-security/system/config/name")
	if err != nil {
		t.Fatal(err)
	}
	value, err := path[len(path)-1].Node.ParseValue("candidate")
	if err != nil {
		t.Fatal(err)
	}
	e := g.Store.Running().Edit()
	if err := e.SetLeaf(path, value); err != nil {
		t.Fatal(err)
	}
	if err := g.Store.Copy(t.Context(), datastore.Actor{}, datastore.Candidate, e.Tree()); err != nil {
		t.Fatal(err)
	}
	const line = "/mpk-security:mpk-security/system/config/name: candidate\n"
	for args, want := range map[string]string{"": "+ " + line, "running candidate": "+ " + line, "candidate": "- " + line, "candidate candidate": ""} {
		stdout, stderr, code := g.run(t.Context(), "", append([]string{"config", "diff"}, strings.Fields(args)...)...)
		if stdout != want || stderr != "" || code != exitDone {
			t.Errorf("diff %s: %q, %q, status %d", args, stdout, stderr, code)
		}
	}
}

// TestConfigInterrupted holds that whoever leaves at the question leaves nothing behind.
func TestConfigInterrupted(t *testing.T) {
	g := startNetconf(t)
	t.Chdir(t.TempDir())
	before := g.Store.Running()
	if err := os.WriteFile("p.json", []byte(`{"mpk-security:mpk-security":{"system":{"config":{"name":"x"}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := &until{text: "[y/N]", stop: cancel}
	stdin, hold, err := os.Pipe() // nobody types
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	defer hold.Close()
	code := Run(ctx, []string{"--data", g.Data, "config", "load", "p.json"}, Environment{
		Stdin: stdin, Stdout: new(bytes.Buffer), Stderr: asked,
		Getenv: func(name string) string { return map[string]string{"WAVEGUARD_NETCONF": g.Address}[name] },
	})
	if code != exitFailed || !strings.Contains(asked.buffer.String(), "nothing was changed") {
		t.Errorf("exit status %d: %s", code, &asked.buffer)
	}
	g.unlocked(t)
	if g.Store.Running() != before || g.Store.Candidate() != before {
		t.Error("something was changed")
	}
}

// unlocked waits until nobody holds a lock.
func (g netconfTarget) unlocked(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		_, running := g.Store.LockedBy(datastore.Running)
		_, candidate := g.Store.LockedBy(datastore.Candidate)
		if !running && !candidate {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a lock was left behind")
		}
	}
}

// TestInterruptedWherever holds that people are told so in their words, with what was
// being done.
func TestInterruptedWherever(t *testing.T) {
	if got := interrupted(fmt.Errorf("read running: %w", context.Canceled)); got.Error() != "read running: interrupted" {
		t.Error(got)
	}
	if err := errors.New("other"); interrupted(err) != err || interrupted(nil) != nil {
		t.Error("what is no interruption is told as one")
	}
}
