//go:build !linux

package page

import (
	"fmt"
	"os"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

const sizeSeals, policySeals = 0, 0

type access int

const readOnly, readWrite access = 0, 1

func createPage(name string, _, _ int) (*os.File, []byte, error) {
	return nil, nil, fmt.Errorf("create %s page: %w", name, mpk.ErrUnsupported)
}

func checkPage(*os.File, int) (int, error) { return 0, mpk.ErrUnsupported }

func mapPage(*os.File, int, access) ([]byte, error) { return nil, mpk.ErrUnsupported }

func unmapPage([]byte) error { return mpk.ErrUnsupported }

// NewDoorbell returns mpk.ErrUnsupported.
func NewDoorbell() (*os.File, error) { return nil, mpk.ErrUnsupported }

// RingDoorbell does nothing.
func RingDoorbell(*os.File) {}
