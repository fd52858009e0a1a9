package framing

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// stream joins a prepared input and a recorded output.
type stream struct {
	io.Reader
	bytes.Buffer
}

func (s *stream) Read(p []byte) (int, error) { return s.Reader.Read(p) }

func framer(input string, chunked bool) *Framer {
	f := New(&stream{Reader: strings.NewReader(input)}, 64)
	if chunked {
		f.Upgrade()
	}
	return f
}

func readAll(f *Framer) (messages []string, err error) {
	for {
		m, err := f.ReadMessage()
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(m))
	}
}

var delimitedCases = []struct {
	name, input string
	want        []string
	err         error
}{
	{"RFC 6242 section 4.3", "<a/>\n]]>]]>\n<b/>]]>]]>", []string{"<a/>\n", "<b/>"}, io.EOF},
	{"empty message", "]]>]]>", []string{""}, io.EOF},
	{"white space at the end", "<a/>]]>]]>\n \n", []string{"<a/>"}, io.EOF},
	{"false starts", "]]>]>]]>]>]]]>]]>", []string{"]]>]>]]>]>]"}, io.EOF},
	{"cut off", "<a/>]]>]]>\n<b", []string{"<a/>"}, io.ErrUnexpectedEOF},
	{"at the limit", strings.Repeat("x", 64) + "]]>]]>", []string{strings.Repeat("x", 64)}, io.EOF},
	{"over the limit", strings.Repeat("x", 65) + "]]>]]>", nil, ErrTooBig},
	{"endless", strings.Repeat(">", 200), nil, ErrTooBig},
	{"nothing", "", nil, io.EOF},
}

func TestReadDelimited(t *testing.T) {
	for _, c := range delimitedCases {
		t.Run(c.name, func(t *testing.T) {
			check(t, framer(c.input, false), c.want, c.err)
		})
	}
}

// The first case is the example of RFC 6242 section 4.2.
var chunkedCases = []struct {
	name, input string
	want        []string
	err         error
}{
	{"RFC 6242 section 4.2", "\n#4\n<rpc\n#18\n message-id=\"102\"\n\n#16\n     xmlns=\"urn:\n##\n", []string{"<rpc message-id=\"102\"\n     xmlns=\"urn:"}, io.EOF},
	{"two messages", "\n#1\na\n##\n\n#2\nbc\n##\n", []string{"a", "bc"}, io.EOF},
	{"framing within data", "\n#5\n\n##\n#\n##\n", []string{"\n##\n#"}, io.EOF},
	{"at the limit", "\n#64\n" + strings.Repeat("x", 64) + "\n##\n", []string{strings.Repeat("x", 64)}, io.EOF},
	{"over the limit", "\n#65\n" + strings.Repeat("x", 65) + "\n##\n", nil, ErrTooBig},
	{"over the limit in parts", "\n#60\n" + strings.Repeat("x", 60) + "\n#5\nxxxxx\n##\n", nil, ErrTooBig},
	{"largest size", "\n#4294967295\n", nil, ErrTooBig},
	{"cut in the header", "\n#1", nil, io.ErrUnexpectedEOF},
	{"cut in the data", "\n#4\nab", nil, io.ErrUnexpectedEOF},
	{"cut before the end", "\n#1\na", nil, io.ErrUnexpectedEOF},
	{"nothing", "", nil, io.EOF},
}

func TestReadChunked(t *testing.T) {
	for _, c := range chunkedCases {
		t.Run(c.name, func(t *testing.T) {
			check(t, framer(c.input, true), c.want, c.err)
		})
	}
}

func TestReadChunkedRefuses(t *testing.T) {
	for name, input := range map[string]string{
		"no line feed":         "#1\na\n##\n",
		"no number sign":       "\n1\na\n##\n",
		"size zero":            "\n#0\n\n##\n",
		"leading zero":         "\n#01\na\n##\n",
		"sign":                 "\n#+1\na\n##\n",
		"space":                "\n#1 \na\n##\n",
		"carriage return":      "\n#1\r\na\n##\n",
		"hexadecimal":          "\n#a\n",
		"above the maximum":    "\n#4294967296\n",
		"endless digits":       "\n#" + strings.Repeat("1", 50),
		"end without a chunk":  "\n##\n",
		"end without new line": "\n#1\na\n##x",
		"data longer":          "\n#1\nab\n##\n",
		"delimited message":    "<rpc/>]]>]]>",
	} {
		t.Run(name, func(t *testing.T) {
			var syntax *SyntaxError
			if m, err := framer(input, true).ReadMessage(); !errors.As(err, &syntax) {
				t.Errorf("read %q, %v; want a syntax error", m, err)
			}
		})
	}
}

func check(t *testing.T, f *Framer, want []string, wantErr error) {
	t.Helper()
	got, err := readAll(f)
	if err != wantErr {
		t.Errorf("error %v, want %v", err, wantErr)
	}
	if strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRoundTrip sends through both framings, with reads of one byte.
func TestRoundTrip(t *testing.T) {
	messages := []string{"<a/>", strings.Repeat("long ", 30_000), "#\n##\n", "]]>]"}
	for _, chunked := range []bool{false, true} {
		var wire bytes.Buffer
		out := New(&wire, 1)
		in := New(struct {
			io.Reader
			io.Writer
		}{iotest.OneByteReader(&wire), io.Discard}, 1<<20)
		if chunked {
			out.Upgrade()
			in.Upgrade()
		}
		for _, m := range messages {
			if err := out.WriteMessage([]byte(m)); err != nil {
				t.Fatal(err)
			}
		}
		check(t, in, messages, io.EOF)
	}
}

// TestHeaderReservesNoMemory holds that a chunk size alone costs nothing.
func TestHeaderReservesNoMemory(t *testing.T) {
	f := New(&stream{Reader: strings.NewReader("\n#4000000000\nab")}, 1<<32)
	f.Upgrade()
	allocated := testing.AllocsPerRun(1, func() { f.ReadMessage() })
	if allocated > 10 {
		t.Errorf("%v allocations for a header", allocated)
	}
}

func FuzzFramer(f *testing.F) {
	for _, c := range delimitedCases {
		f.Add([]byte(c.input), false)
	}
	for _, c := range chunkedCases {
		f.Add([]byte(c.input), true)
	}
	f.Fuzz(func(t *testing.T, input []byte, chunked bool) {
		fr := framer(string(input), chunked)
		messages, err := readAll(fr)
		if err == nil {
			t.Fatal("no end")
		}
		for _, m := range messages {
			if len(m) > 64 {
				t.Fatalf("message of %d bytes passed a limit of 64", len(m))
			}
			if chunked {
				again(t, m)
			}
		}
	})
}

// again holds that what was read is written and read back unchanged.
func again(t *testing.T, message string) {
	var wire bytes.Buffer
	f := New(&wire, 64)
	f.Upgrade()
	if err := f.WriteMessage([]byte(message)); err != nil {
		t.Fatal(err)
	}
	if back, err := f.ReadMessage(); err != nil || string(back) != message {
		t.Fatalf("%q came back as %q, %v", message, back, err)
	}
}

// TestAwait holds that white space before a message of base:1.0 is none of it, and
// that nothing of a message is lost.
func TestAwait(t *testing.T) {
	for input, chunked := range map[string]bool{" \r\n\t<a/>]]>]]>": false, "\n#4\n<a/>\n##\n": true} {
		f := framer(input, chunked)
		f.Await()
		if m, err := f.ReadMessage(); err != nil || string(m) != "<a/>" {
			t.Errorf("read %q, %v", m, err)
		}
		f.Await()
		if _, err := f.ReadMessage(); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
	}
}
