package netconf

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite what the transcripts expect")

// TestTranscripts plays testdata/*.txt: archives whose files are steps, named
//
//	connect USER        start a session, without a hello
//	open USER           start a session and exchange hellos
//	open USER base:1.0  the same with a client that knows no more
//	open USER private   the same with a client that wants its own candidate
//	> USER              send the text as one message
//	raw USER            send the quoted string as it is, unframed
//	< USER              the next message, laid out and compared
//	hangup USER         end the client's output
//	closed USER         the server has ended the session and the stream
//	publish             a notification for everybody who subscribed, of noon
//	publish HH:MM:SS    the same of another time of that day
//	<file URL           what was written to the URL, laid out and compared
//	unconfirmed         wait until no confirmed commit waits
//
// The users are those of testdata/initial.xml, one session each at a time.
// -update writes down what the server answers.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			play(t, file)
		})
	}
}

func play(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{rig: newRig(t, Limits{MessageBytes: 1 << 20}), clients: map[string]*client{}}
	for i := range archive.Files {
		step := &archive.Files[i]
		got, err := p.step(strings.Fields(step.Name), string(step.Data))
		if err != nil {
			t.Fatalf("step %d, %s: %v", i+1, step.Name, err)
		}
		if step.Name[0] == '<' && got != string(step.Data) && !*update {
			t.Errorf("step %d, %s: got\n%swant\n%s", i+1, step.Name, got, step.Data)
		}
		if step.Name[0] == '<' {
			step.Data = []byte(got)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

type player struct {
	*rig
	clients map[string]*client
}

func (p *player) step(words []string, text string) (got string, err error) {
	switch words[0] {
	case "publish":
		at := noon
		if len(words) > 1 {
			at, err = time.Parse(time.DateTime, "2026-11-23 "+words[1])
		}
		p.publish(text, at)
		return "", err
	case "unconfirmed":
		return "", p.unconfirmed()
	case "<file":
		content, err := p.files.Read(p.t.Context(), words[1])
		if err != nil {
			return "", err
		}
		return layOut(string(content))
	}
	user := words[1]
	c := p.clients[user]
	switch words[0] {
	case "connect":
		p.clients[user] = p.connect(user)
	case "open":
		c = p.connect(user)
		p.clients[user] = c
		if _, err = c.ReadMessage(); err != nil {
			return "", err
		}
		hello := hello11
		switch {
		case len(words) > 2 && words[2] == "base:1.0":
			return "", errors.Join(c.WriteMessage([]byte(hello10)), p.begun())
		case len(words) > 2:
			hello = strings.Replace(hello11, "</capabilities>", "<capability>"+capPrivate+"</capability></capabilities>", 1)
		}
		err = errors.Join(c.WriteMessage([]byte(hello)), p.begun())
		c.Upgrade()
	case ">":
		err = c.WriteMessage([]byte(text))
	case "raw":
		err = c.raw(text)
	case "<":
		var message []byte
		if message, err = c.ReadMessage(); err == nil {
			got, err = layOut(string(message))
		}
	case "hangup":
		err = c.conn.(*net.TCPConn).CloseWrite()
	case "closed":
		err = c.closed()
	default:
		err = errors.New("no such step")
	}
	return got, err
}

func (p *player) unconfirmed() error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, waits := p.store.Confirming(); !waits {
			return nil
		}
	}
	return errors.New("a confirmed commit waits on")
}

func (c *client) raw(quoted string) error {
	text, err := strconv.Unquote(strings.TrimSpace(quoted))
	if err == nil {
		_, err = io.WriteString(c.conn, text)
	}
	return err
}

func (c *client) closed() error {
	if m, err := c.ReadMessage(); err == nil {
		return fmt.Errorf("instead of the end came %s", m)
	} else if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
		return err
	}
	c.ended()
	return nil
}

var (
	volatile  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
	argon     = regexp.MustCompile(`^\$argon2id\$.*`)
	libraryID = regexp.MustCompile(`(-id=|^)[0-9a-f]{16}$`) // content-id
)

// layOut indents a message, with the prefixes and declarations that it has,
// and replaces what differs between runs. It is an independent reader: what it
// refuses isn't well-formed.
func layOut(message string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(message))
	var b, text strings.Builder
	depth, start := 0, "" // start: a start tag whose content is not known yet
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			return b.String(), checkWellFormed(message)
		}
		if err != nil {
			return "", err
		}
		switch x := token.(type) {
		case xml.StartElement:
			if start != "" {
				b.WriteString(start + ">\n")
			}
			start = strings.Repeat("  ", depth) + "<" + rawName(x.Name) + rawAttrs(x.Attr)
			depth++
			text.Reset()
		case xml.CharData:
			text.Write(x)
		case xml.EndElement:
			depth--
			switch {
			case start == "":
				b.WriteString(strings.Repeat("  ", depth) + "</" + rawName(x.Name) + ">\n")
			case text.Len() == 0:
				b.WriteString(start + "/>\n")
			default:
				b.WriteString(start + ">" + stable(text.String()) + "</" + rawName(x.Name) + ">\n")
			}
			start = ""
			text.Reset()
		}
	}
}

func checkWellFormed(message string) error {
	d := xml.NewDecoder(strings.NewReader(message))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func rawName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func rawAttrs(attrs []xml.Attr) string {
	var b strings.Builder
	for _, a := range attrs {
		fmt.Fprintf(&b, " %s=%q", rawName(a.Name), a.Value)
	}
	return b.String()
}

// stable replaces times and long texts.
func stable(text string) string {
	switch first, _, multi := strings.Cut(text, "\n"); {
	case multi:
		return first + " ..."
	case volatile.MatchString(text) && !strings.HasPrefix(text, "2026-11-23T12:0"):
		return "TIME"
	case argon.MatchString(text):
		return "HASH"
	}
	return escaper.Replace(libraryID.ReplaceAllString(text, "${1}ID"))
}

var escaper = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;")
