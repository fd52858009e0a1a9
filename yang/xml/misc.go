package xml

import "strings"

// declaration parses the XML declaration, if there is one, which must be of
// version 1.0 and UTF-8.
func (r *reader) declaration() error {
	rest := r.src[r.pos:]
	if !strings.HasPrefix(rest, "<?xml") || len(rest) > 5 && !isSpace(rest[5]) {
		return nil
	}
	end := strings.Index(rest, "?>")
	if end < 0 {
		return r.errorf("an XML declaration without its end")
	}
	if err := r.checkDeclaration(rest[len("<?xml"):end]); err != nil {
		return err
	}
	r.pos += end + len("?>")
	return nil
}

// checkDeclaration wants version, then encoding, then standalone, of which the
// first is required.
func (r *reader) checkDeclaration(s string) error {
	version, s, ok := pseudoAttribute(s, "version")
	if !ok || version != "1.0" {
		return r.errorf("the XML declaration does not say version 1.0")
	}
	encoding, s, ok := pseudoAttribute(s, "encoding")
	if ok && !strings.EqualFold(encoding, "utf-8") && !strings.EqualFold(encoding, "us-ascii") {
		return r.errorf("the encoding %.20q is not supported; send UTF-8", encoding)
	}
	standalone, s, ok := pseudoAttribute(s, "standalone")
	if ok && standalone != "yes" && standalone != "no" || !isBlank(s) {
		return r.errorf("the XML declaration is malformed")
	}
	return nil
}

// pseudoAttribute cuts name = "value" off the front of s.
func pseudoAttribute(s, name string) (value, rest string, ok bool) {
	t := trimLeft(s)
	if t == s || !strings.HasPrefix(t, name) {
		return "", s, false
	}
	t, ok = strings.CutPrefix(trimLeft(t[len(name):]), "=")
	t = trimLeft(t)
	if !ok || t == "" || t[0] != '"' && t[0] != '\'' {
		return "", s, false
	}
	end := strings.IndexByte(t[1:], t[0])
	if end < 0 {
		return "", s, false
	}
	return t[1 : 1+end], t[end+2:], true
}

func trimLeft(s string) string { return strings.TrimLeft(s, " \t\n\r") }

// misc skips white space, comments and processing instructions.
func (r *reader) misc() error {
	for {
		r.skipSpace()
		var err error
		switch rest := r.src[r.pos:]; {
		case strings.HasPrefix(rest, "<!--"):
			err = r.comment()
		case strings.HasPrefix(rest, "<?"):
			err = r.instruction()
		case strings.HasPrefix(rest, "<!"):
			err = r.errorf("a declaration; NETCONF allows no document type declaration")
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) comment() error {
	body := r.src[r.pos+len("<!--"):]
	end := strings.Index(body, "--")
	if end < 0 || !strings.HasPrefix(body[end:], "-->") {
		return r.errorf("a comment without its end, or with \"--\" in it")
	}
	r.pos += len("<!--") + end + len("-->")
	return nil
}

func (r *reader) instruction() error {
	body := r.src[r.pos+len("<?"):]
	n := ncNameLen(body)
	if n == 0 || strings.EqualFold(body[:n], "xml") {
		return r.errorf("a processing instruction without a name of its own")
	}
	end := strings.Index(body[n:], "?>")
	if end < 0 || end > 0 && !isSpace(body[n]) {
		return r.errorf("a malformed processing instruction")
	}
	r.pos += len("<?") + n + end + len("?>")
	return nil
}
