package yangtool

import (
	"io"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

// FuzzValidate judges documents and modules, whatever they say: the problems
// have places that exist, and can be written.
func FuzzValidate(f *testing.F) {
	for _, doc := range documents {
		format := 0
		if doc[0] == '{' {
			format = 1
		}
		f.Add(doc, format)
	}
	f.Add(modelText, 2)
	f.Add("<a/>\r\n<b/>", 0)
	f.Add("{\"ex:top\":\r\n{\"x\": [1,\n2]}}", 1)
	schema, problems, err := Models{Files: []*File{{Name: "ex.yang", Format: YANG, Text: []byte(modelText)}}}.Compile()
	if err != nil || len(problems) > 0 {
		f.Fatal(err, problems)
	}
	f.Fuzz(func(t *testing.T, doc string, format int) {
		file := &File{Name: "-", Format: []Format{XML, JSON, YANG}[uint(format)%3], Text: []byte(doc)}
		problems := schema.Validate(file, "")
		switch file.Format {
		case YANG:
			var err error
			if _, problems, err = (Models{Files: []*File{file}}).Compile(); err != nil {
				return
			}
		default:
			problems = append(problems, schema.ValidateMessage(file, Message{Kind: RPC})...)
			problems = append(problems, schema.ValidateMessage(file, Message{Kind: Notification})...)
		}
		lines := 1 + strings.Count(doc, "\n") + strings.Count(doc, "\r")
		for _, p := range problems {
			if p.Line < 0 || p.Line > lines || p.Column < 0 {
				t.Fatalf("%+v of %q", p, doc)
			}
		}
		if err := WriteProblems(io.Discard, text.Palette{}, problems); err != nil {
			t.Fatal(err)
		}
	})
}
