//go:build linux

package mpk

// CanSeal tells tests whether the kernel has mseal(2).
var CanSeal = canSeal

// MapRegion returns the memory of a region, open to all.
func MapRegion(size int) (*Region, error) {
	r, err := mapRegion(size)
	if err != nil {
		return nil, err
	}
	return r, r.open()
}

// MapSealedRegion is MapRegion with a seal.
func MapSealedRegion(size int) (*Region, error) {
	r, err := MapRegion(size)
	if err != nil {
		return nil, err
	}
	return r, r.seal()
}

// Guard returns the guard page before a region.
func Guard(r *Region) []byte { return r.mapping[:(len(r.mapping)-len(r.usable()))/2] }

// Unmap is what Close does to a region's memory.
func Unmap(r *Region) error { return r.unmap() }
