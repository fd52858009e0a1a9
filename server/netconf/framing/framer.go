package framing

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// ErrTooBig is returned by [Framer.ReadMessage] for a message longer than the
// limit. The rest of the message is still on the stream.
var ErrTooBig = errors.New("message exceeds the size limit")

// SyntaxError is a violation of the chunked framing's grammar.
type SyntaxError struct {
	Expected string
	Got      byte
}

// Error implements the error interface.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("chunked framing: expected %s, got %q", e.Expected, e.Got)
}

// readBuffer is all that an idle Framer holds. The data of a chunk passes it by.
const readBuffer = 1 << 10

// Framer reads and writes whole messages. One goroutine may read while another
// writes; Upgrade must not run at the same time as either.
type Framer struct {
	r       *bufio.Reader
	w       io.Writer
	limit   int
	chunked bool
}

// New returns a Framer with end-of-message framing that refuses to read
// messages of more than limit bytes.
func New(rw io.ReadWriter, limit int) *Framer {
	return &Framer{r: bufio.NewReaderSize(rw, readBuffer), w: rw, limit: limit}
}

// Upgrade changes both directions to chunked framing.
func (f *Framer) Upgrade() { f.chunked = true }

// Await returns when the next message begins, or the stream ends: the next
// ReadMessage waits for nothing but the rest of it. White space between messages of
// base:1.0 is no beginning.
func (f *Framer) Await() {
	for {
		next, err := f.r.Peek(1)
		if err != nil || f.chunked || !isSpace(next[0]) {
			return // ReadMessage tells the error.
		}
		_, _ = f.r.Discard(1)
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// ReadMessage returns the next message, which the caller owns. It returns
// io.EOF when the stream ended between messages and io.ErrUnexpectedEOF when it
// ended within one, [ErrTooBig], a [*SyntaxError], or the stream's own error.
func (f *Framer) ReadMessage() ([]byte, error) {
	if f.chunked {
		return f.readChunked()
	}
	return f.readDelimited()
}

// WriteMessage frames and writes one message. The message must not contain the
// end-of-message sequence; XML whose '>' are escaped never does.
func (f *Framer) WriteMessage(message []byte) error {
	if f.chunked {
		return f.writeChunked(message)
	}
	return f.writeFramed(nil, message, delimiter)
}
