package document

import (
	"errors"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Edits makes edits many at a time.
type Edits struct{ room []tree.Edit }

// New returns an edit of a node.
func (e *Edits) New(s *schema.Node) *tree.Edit {
	if len(e.room) == 0 {
		e.room = make([]tree.Edit, 64)
	}
	ed := &e.room[0]
	e.room = e.room[1:]
	ed.Schema = s
	return ed
}

// ValueError translates an error of schema.Type.Parse about the node at path.
func ValueError(path tree.Path, err error) *tree.Error {
	out := &tree.Error{Tag: tree.TagInvalidValue, Path: path, Message: err.Error()}
	var v *schema.ValueError
	if errors.As(err, &v) {
		out.AppTag, out.Message = v.AppTag, v.Message
	}
	return out
}
