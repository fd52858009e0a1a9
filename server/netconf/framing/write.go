package framing

import "sync"

// writePiece is how much of a message is copied to be written with its framing in
// one go.
const writePiece = 1 << 14

// pieces are lent to writers, so that an idle Framer has none.
var pieces = sync.Pool{New: func() any { return new([2*writePiece + 32]byte) }}

// writeFramed writes the three, the small ones never on their own.
func (f *Framer) writeFramed(head, message, tail []byte) error {
	piece := pieces.Get().(*[2*writePiece + 32]byte)
	defer pieces.Put(piece)
	b := append(piece[:0], head...)
	if len(message) > 2*writePiece {
		if _, err := f.w.Write(append(b, message[:writePiece]...)); err != nil {
			return err
		}
		last := len(message) - writePiece
		if _, err := f.w.Write(message[writePiece:last]); err != nil {
			return err
		}
		b, message = piece[:0], message[last:]
	}
	_, err := f.w.Write(append(append(b, message...), tail...))
	return err
}
