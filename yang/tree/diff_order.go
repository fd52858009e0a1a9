package tree

import "slices"

// standing is where a user-ordered entry stands in the new version and where it
// was in the old one; "" when it was not there.
type standing struct{ label, was string }

// sameLabel says that the entry kept its place: labels grow along the list, so
// entries that kept theirs kept their order.
func sameLabel(p standing) bool { return p.label == p.was }

// increasing picks as many of the places, which are in the new order, as were in
// the same order before, and says of a place whether it is one of them.
func increasing(places []standing) func(standing) bool {
	var ends []int // of the runs found so far, by their length, the earliest end of each
	before := make([]int, len(places))
	for i, p := range places {
		if p.was == "" {
			continue
		}
		n, _ := slices.BinarySearchFunc(ends, p.was, func(e int, was string) int {
			if places[e].was < was {
				return -1
			}
			return 1
		})
		if before[i] = -1; n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	picked := map[standing]bool{}
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			picked[places[i]] = true
		}
	}
	return func(p standing) bool { return picked[p] }
}
