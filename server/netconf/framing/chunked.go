package framing

import (
	"bufio"
	"errors"
	"io"
	"strconv"
)

const (
	// maxChunk is the largest chunk-size of the grammar (RFC 6242 section 4.2).
	maxChunk = 4294967295
	// readStep bounds the memory taken on the word of a chunk header alone.
	readStep = 1 << 16
)

// endOfChunks ends every message of base:1.1 (RFC 6242 section 4.2).
var endOfChunks = []byte("\n##\n")

func isFull(err error) bool { return errors.Is(err, bufio.ErrBufferFull) }

// readChunked reads 1*chunk end-of-chunks.
func (f *Framer) readChunked() ([]byte, error) {
	var message []byte
	for first := true; ; first = false {
		size, err := f.readHeader(first)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			return message, nil
		}
		if size > uint64(f.limit-len(message)) {
			return nil, ErrTooBig
		}
		if message, err = f.readData(message, int(size)); err != nil {
			return nil, err
		}
	}
}

// readHeader returns the size of the next chunk, or 0 for the end of chunks.
func (f *Framer) readHeader(first bool) (uint64, error) {
	c, err := f.r.ReadByte()
	if err != nil {
		return 0, endOfStream(err, first)
	}
	if c != '\n' {
		return 0, &SyntaxError{"a line feed before a chunk", c}
	}
	if err := f.expect('#', `"#" at the start of a chunk`); err != nil {
		return 0, err
	}
	if c, err = f.readByte(); err != nil {
		return 0, err
	}
	switch {
	case c == '#' && !first:
		return 0, f.expect('\n', `a line feed after "##"`)
	case c < '1' || c > '9':
		return 0, &SyntaxError{"a chunk size starting with 1 to 9", c}
	}
	return f.readSize(c)
}

func (f *Framer) readSize(digit byte) (uint64, error) {
	size := uint64(digit - '0')
	for {
		c, err := f.readByte()
		if err != nil {
			return 0, err
		}
		if c == '\n' {
			return size, nil
		}
		if c < '0' || c > '9' {
			return 0, &SyntaxError{"a digit or a line feed in the chunk size", c}
		}
		if size = size*10 + uint64(c-'0'); size > maxChunk {
			return 0, &SyntaxError{"a chunk size of at most 4294967295", c}
		}
	}
}

func (f *Framer) readData(message []byte, size int) ([]byte, error) {
	for size > 0 {
		n := min(size, readStep)
		at := len(message)
		message = append(message, make([]byte, n)...)
		if _, err := io.ReadFull(f.r, message[at:]); err != nil {
			return nil, endOfStream(err, false)
		}
		size -= n
	}
	return message, nil
}

func (f *Framer) expect(want byte, name string) error {
	c, err := f.readByte()
	if err == nil && c != want {
		err = &SyntaxError{name, c}
	}
	return err
}

func (f *Framer) readByte() (byte, error) {
	c, err := f.r.ReadByte()
	return c, endOfStream(err, false)
}

// writeChunked sends the message as one chunk; an empty message has no form in
// the grammar and is not sent.
func (f *Framer) writeChunked(message []byte) error {
	if len(message) == 0 {
		return nil
	}
	var header [16]byte
	h := append(header[:0], "\n#"...)
	h = strconv.AppendInt(h, int64(len(message)), 10)
	return f.writeFramed(append(h, '\n'), message, endOfChunks)
}
