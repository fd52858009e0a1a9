package oracle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
	"github.com/optical-net/waveguard/yang/schema"
)

// yanglint is one yanglint process that has loaded a set of modules. It answers
// a command at a time; the answer ends where it complains about a command that
// it does not know.
type yanglint struct {
	t       testing.TB
	tool    string
	kind    string   // of documents
	once    []string // the arguments for a process that reads one operation
	around  []string // and for the data that it is performed on
	prelude []string
	dir     string
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// errCrashed is what yanglint has against a document that it does not survive:
// no verdict.
var errCrashed = errors.New("yanglint crashed")

const endOfAnswer = "end-of-answer"

// lint starts yanglint with the set's modules. The test is skipped where it is
// not installed, and fails in CI.
func lint(t testing.TB, m modelSet) *yanglint {
	t.Helper()
	l := &yanglint{t: t, tool: peer.Yanglint(t), kind: m.documents(), dir: t.TempDir()}
	for _, dir := range m.folders(t) {
		abs, err := filepath.Abs(dir)
		if err != nil {
			t.Fatal(err)
		}
		l.prelude = append(l.prelude, "searchpath "+abs)
		l.once = append(l.once, "-p", abs)
	}
	l.once = append(l.once, "-t", l.kind)
	for _, name := range m.names(t) {
		load := "load "
		if some, ok := m.features[name]; ok {
			load += "-F " + name + ":" + strings.Join(some, ",") + " "
		}
		l.prelude = append(l.prelude, load+name)
		l.once = append(l.once, m.file(t, name))
	}
	l.start()
	t.Cleanup(l.stop)
	return l
}

func (l *yanglint) start() {
	l.t.Helper()
	l.process = exec.Command(l.tool)
	l.process.Env = append(os.Environ(), "HOME="+l.dir) // it keeps its history there
	reader, writer, err := os.Pipe()
	if err != nil {
		l.t.Fatal(err)
	}
	l.process.Stdout, l.process.Stderr = writer, writer
	if l.in, err = l.process.StdinPipe(); err != nil {
		l.t.Fatal(err)
	}
	if err := l.process.Start(); err != nil {
		l.t.Fatal(err)
	}
	writer.Close()
	l.out = bufio.NewReader(reader)
	for _, command := range l.prelude {
		if answer, err := l.ask(command); err != nil || strings.Contains(answer, "YANGLINT[E]") {
			l.t.Fatalf("%s: %v %s", command, err, answer)
		}
	}
}

func (l *yanglint) stop() {
	l.in.Close()
	_ = l.process.Wait() // how it ends is no matter: its answers are
}

// ask returns what yanglint says to a command. The error is that of a process
// which died of it.
func (l *yanglint) ask(command string) (string, error) {
	if _, err := fmt.Fprintf(l.in, "%s\n%s\n", command, endOfAnswer); err != nil {
		return "", err
	}
	var answer strings.Builder
	for {
		line, err := l.out.ReadString('\n')
		if strings.Contains(line, endOfAnswer) {
			return answer.String(), nil
		}
		answer.WriteString(line)
		if err != nil {
			return answer.String(), err
		}
	}
}

// check returns what libyang says against the document, nil if nothing.
func (l *yanglint) check(encoding, doc string) error {
	l.t.Helper()
	file := l.write("document."+encoding, doc)
	if contentOf[l.kind] != 0 {
		return l.checkOnce(file)
	}
	answer, err := l.ask("data -t " + l.kind + " " + file)
	if err != nil {
		l.stop()
		l.start()
		return errCrashed
	}
	if strings.Contains(answer, "YANGLINT[E]") { // libyang alone says what a union's members are not
		return errors.New(answer)
	}
	return nil
}

// checkOnce starts a process for one operation: one that takes commands does not
// read the data around it.
func (l *yanglint) checkOnce(file string) error {
	l.t.Helper()
	out, err := exec.Command(l.tool, slices.Concat(l.around, l.once, []string{file})...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w %s", err, out)
	}
	return nil
}

// operational sets the data that operations are performed on.
func (l *yanglint) operational(doc string) {
	l.around = []string{"-O", l.write("operational.xml", doc)}
}

func (l *yanglint) write(name, text string) (file string) {
	l.t.Helper()
	file = filepath.Join(l.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	return file
}

// agree requires that yanglint supports the features that the set does.
func (l *yanglint) agree(set *schema.Set) {
	l.t.Helper()
	answer, err := l.ask("feature -a")
	if err != nil {
		l.t.Fatal(err)
	}
	var module *schema.Module
	for line := range strings.Lines(answer) {
		name, state, _ := strings.Cut(strings.TrimSpace(line), " ")
		if bare, ok := strings.CutSuffix(name, ":"); ok {
			module = set.Module(bare)
			continue
		}
		if module == nil || name == "" {
			continue
		}
		if on, known := module.Features[name]; known && on != strings.Contains(state, "(on)") {
			l.t.Errorf("feature %s of %s is %v here, for libyang it is %s", name, module.Name, on, strings.TrimSpace(state))
		}
	}
}
