package schema

// nameSet is a set of local names that never forgets one, but may hold others
// by chance: each name stands for one of 64 bits.
type nameSet uint64

func nameBit(local string) nameSet {
	h := uint32(2166136261) // FNV-1a
	for i := 0; i < len(local); i++ {
		h = (h ^ uint32(local[i])) * 16777619
	}
	return 1 << (h >> 26)
}

// MayHold says whether a data node of that name can stand anywhere below an
// instance of n. It errs on the side of true.
func (n *Node) MayHold(local string) bool { return n.below != 0 && n.below&nameBit(local) != 0 }
