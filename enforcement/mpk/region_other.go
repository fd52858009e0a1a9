//go:build !linux

package mpk

func mapRegion(int) (*Region, error) { return nil, ErrUnsupported }

func (r *Region) unmap() error { return ErrUnsupported }

func openMemory([]byte) error { return ErrUnsupported }

func closeMemory([]byte) error { return ErrUnsupported }
