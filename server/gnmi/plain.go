package gnmi

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/optical-net/waveguard/yang/schema"
)

// maxJSONDepth bounds how objects and arrays nest.
const maxJSONDepth = 128

// qualify turns the value of s from gNMI's encoding JSON, in which names have no
// module and every number may be a JSON number, into RFC 7951. What it does not
// understand it leaves as it is, for the decoder to refuse with a path.
func qualify(s *schema.Node, data []byte) ([]byte, error) {
	if err := checkText(data); err != nil {
		return nil, err
	}
	q := &qualifier{dec: stdjson.NewDecoder(bytes.NewReader(data))}
	q.dec.UseNumber()
	if err := q.value(s, 0); err != nil {
		return nil, err
	}
	if _, err := q.dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON value")
	}
	return q.out.Bytes(), nil
}

// checkText refuses what the decoder would replace by U+FFFD instead: octets
// that are not UTF-8, and escapes of half a surrogate pair.
func checkText(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8")
	}
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		unit, ok := escaped(data[i:])
		low, paired := escaped(data[min(i+6, len(data)):])
		switch {
		case !ok || !utf16.IsSurrogate(unit):
			i++ // what is escaped is no escape
		case paired && utf16.DecodeRune(unit, low) != utf8.RuneError:
			i += 11
		default:
			return fmt.Errorf("%s is half of a surrogate pair", data[i:i+6])
		}
	}
	return nil
}

// escaped returns the UTF-16 code unit whose escape data begins with.
func escaped(data []byte) (unit rune, ok bool) {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	return rune(n), err == nil
}

type qualifier struct {
	dec *stdjson.Decoder
	out bytes.Buffer
}

// value rewrites the next value, which is s's or of an unknown node if s is nil.
func (q *qualifier) value(s *schema.Node, depth int) error {
	t, err := q.dec.Token()
	if err != nil {
		return err
	}
	if depth > maxJSONDepth {
		return errors.New("JSON nests deeper than " + strconv.Itoa(maxJSONDepth) + " levels")
	}
	switch x := t.(type) {
	case stdjson.Delim:
		return q.compound(s, x, depth)
	case stdjson.Number:
		q.number(s, x.String())
	case string:
		q.text(qualifyIdentity(s, x))
	case bool:
		q.out.WriteString(strconv.FormatBool(x))
	default:
		q.out.WriteString("null")
	}
	return nil
}

// compound rewrites an object or array whose opening was read.
func (q *qualifier) compound(s *schema.Node, open stdjson.Delim, depth int) error {
	q.out.WriteString(open.String())
	for n := 0; q.dec.More(); n++ {
		if n > 0 {
			q.out.WriteByte(',')
		}
		child := s
		if open == '{' {
			var err error
			if child, err = q.name(s); err != nil {
				return err
			}
		}
		if err := q.value(child, depth+1); err != nil {
			return err
		}
	}
	end, err := q.dec.Token()
	if err != nil {
		return err
	}
	q.out.WriteString(end.(stdjson.Delim).String()) // the decoder has matched it
	return nil
}

// name rewrites a member's name and returns its definition.
func (q *qualifier) name(s *schema.Node) (*schema.Node, error) {
	t, err := q.dec.Token()
	if err != nil {
		return nil, err
	}
	name := t.(string) // the decoder admits nothing else
	var child *schema.Node
	if s != nil {
		module, local, _ := cutModule(name)
		if child = s.Child(module, local); child != nil {
			name = child.Module.Name + ":" + child.Name
		}
	}
	q.text(name)
	q.out.WriteByte(':')
	return child, nil
}

// number writes a number; as a string where RFC 7951 wants that.
func (q *qualifier) number(s *schema.Node, digits string) {
	if s != nil && s.Type != nil && takesWide(s.Type) {
		q.text(digits)
		return
	}
	q.out.WriteString(digits)
}

func (q *qualifier) text(s string) {
	quoted, err := stdjson.Marshal(s)
	if err != nil {
		panic("gnmi: write a JSON string: " + err.Error()) // strings always have a form
	}
	q.out.Write(quoted)
}

// qualifyIdentity puts the module before the name of an identity that stands
// without, if it is derived from the leaf's bases and no other has the name.
func qualifyIdentity(s *schema.Node, name string) string {
	if s == nil || s.Type == nil || s.Type.Base != schema.Identityref || strings.Contains(name, ":") {
		return name
	}
	found := ""
	for _, full := range s.Type.IdentityBases[0].Derived() {
		if _, local, _ := cutModule(full); local == name {
			if found != "" {
				return name
			}
			found = full
		}
	}
	if found == "" {
		return name
	}
	return found
}
