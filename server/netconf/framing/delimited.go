package framing

import (
	"bytes"
	"io"
)

// delimiter ends every message of base:1.0 (RFC 6242 section 4.3).
var delimiter = []byte("]]>]]>")

// readDelimited drops the white space that clients put between messages, which
// would be an error before an XML declaration.
func (f *Framer) readDelimited() ([]byte, error) {
	var message []byte
	for {
		part, err := f.r.ReadSlice('>')
		message = append(message, part...)
		if body, ok := bytes.CutSuffix(message, delimiter); ok {
			return f.bounded(bytes.TrimLeft(body, " \t\r\n"))
		}
		if len(message) > f.limit+len(delimiter) {
			return nil, ErrTooBig
		}
		if err != nil && !isFull(err) {
			return nil, endOfStream(err, len(bytes.TrimSpace(message)) == 0)
		}
	}
}

func (f *Framer) bounded(message []byte) ([]byte, error) {
	if len(message) > f.limit {
		return nil, ErrTooBig
	}
	return message, nil
}

// endOfStream tells an end between messages from one within a message.
func endOfStream(err error, between bool) error {
	if err == io.EOF && !between {
		return io.ErrUnexpectedEOF
	}
	return err
}
