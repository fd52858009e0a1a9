package yangtool

import (
	"strings"
	"testing"
)

// endless is a device that never stops.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestReadEndless(t *testing.T) {
	if _, err := Read("-", endless{}, JSON); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("%v, want an end", err)
	}
}
