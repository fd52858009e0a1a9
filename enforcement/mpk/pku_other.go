//go:build !linux || !amd64

package mpk

import "fmt"

func hasOSPKE() bool { return false }

func processPKU() (Backend, error) {
	return nil, fmt.Errorf("open protection keys on this platform: %w", ErrUnsupported)
}
