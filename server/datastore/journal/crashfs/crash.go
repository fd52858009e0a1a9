package crashfs

import "slices"

// Outcome is what a crash makes of data that was written but not made durable.
type Outcome int

// The outcomes. A process that is killed leaves Kept; a machine that loses its
// power can leave any.
const (
	Kept   Outcome = iota // all of it is there
	Lost                  // none of it is there
	Torn                  // names are there, of the data only a part
	Zeroed                // names and lengths are there, the data reads as zeros
)

// Outcomes lists all of them.
var Outcomes = []Outcome{Kept, Lost, Torn, Zeroed}

var outcomeNames = [...]string{"kept", "lost", "torn", "zeroed"}

// String returns the outcome's name.
func (o Outcome) String() string { return outcomeNames[o] }

// After returns the directory as it is found after a crash now.
func (f *FS) After(o Outcome) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := f.names
	if o == Lost {
		names = f.durable
	}
	next := New()
	for name, n := range names {
		data := n.after(o)
		survivor := &inode{data, slices.Clone(data)}
		next.names[name], next.durable[name] = survivor, survivor
	}
	return next
}

func (n *inode) after(o Outcome) []byte {
	extended := len(n.data) > len(n.durable)
	switch {
	case o == Kept:
		return slices.Clone(n.data)
	case o == Torn && extended:
		return slices.Clone(n.data[:len(n.durable)+(len(n.data)-len(n.durable)+1)/2])
	case o == Zeroed && extended:
		return append(slices.Clone(n.durable), make([]byte, len(n.data)-len(n.durable))...)
	}
	return slices.Clone(n.durable)
}
