//go:build !linux

package mpk

func canSeal() bool { return false }

func (r *Region) seal() error { return ErrUnsupported }
