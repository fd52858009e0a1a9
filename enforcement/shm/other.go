//go:build !linux

package shm

import (
	"errors"
	"fmt"
	"os"
)

// Seals and accesses, which do nothing here.
const (
	FixedSize, NoNewWriters, NoMoreSeals = 0, 0, 0

	ReadOnly, ReadWrite Access = 0, 1
)

// Create returns errors.ErrUnsupported.
func Create(name string, _ int) (*os.File, error) {
	return nil, fmt.Errorf("create memory for the %s: %w", name, errors.ErrUnsupported)
}

// Seal returns errors.ErrUnsupported.
func Seal(*os.File, int) error { return errors.ErrUnsupported }

// Size returns errors.ErrUnsupported.
func Size(*os.File, int) (int, error) { return 0, errors.ErrUnsupported }

// Map returns errors.ErrUnsupported.
func Map(*os.File, int, Access) ([]byte, error) { return nil, errors.ErrUnsupported }

// Unmap returns errors.ErrUnsupported.
func Unmap([]byte) error { return errors.ErrUnsupported }

// Limits returns nothing: no memory is made here.
func Limits() (files, mappings int) { return 0, 0 }

// NewBell returns errors.ErrUnsupported.
func NewBell(string) (*os.File, error) { return nil, errors.ErrUnsupported }

// Ring does nothing.
func Ring(*os.File) {}

// ReadableOnly returns errors.ErrUnsupported.
func ReadableOnly(*os.File) (*os.File, error) { return nil, errors.ErrUnsupported }

// Bell cannot be opened here.
type Bell struct{}

// OpenBell returns errors.ErrUnsupported.
func OpenBell(*os.File) (*Bell, error) { return nil, errors.ErrUnsupported }

// Ring does nothing.
func (*Bell) Ring() {}

// Wait returns errors.ErrUnsupported.
func (*Bell) Wait() error { return errors.ErrUnsupported }

// Close returns errors.ErrUnsupported.
func (*Bell) Close() error { return errors.ErrUnsupported }

// Interrupt does nothing.
func (*Bell) Interrupt() {}
