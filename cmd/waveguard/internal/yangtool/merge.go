package yangtool

import "github.com/optical-net/waveguard/yang/tree"

// Merge puts documents over one another as RFC 6241's operation merge does: a
// later one wins where several have a leaf.
func Merge(docs []*Document) (*tree.Tree, error) {
	e := docs[0].Tree.Edit()
	for _, d := range docs[1:] {
		for k := range d.Tree.Root().Children() {
			if err := e.Merge(nil, k); err != nil {
				return nil, err
			}
		}
	}
	return e.Tree(), nil
}
