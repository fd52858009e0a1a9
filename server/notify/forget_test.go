package notify_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestForget(t *testing.T) {
	dir := t.TempDir()
	h := logged(t, dir, 0)
	before, _ := h.Log()
	live := h.Subscribe(10)
	defer live.Close()
	for i := range 10 {
		h.Publish(happened(i, "secret"))
	}
	if err := h.Forget(); err != nil {
		t.Fatal(err)
	}
	if got := replayed(t, h, 0); got != nil {
		t.Errorf("replayed %v", got)
	}
	if n, err := live.Next(t.Context()); err != nil || !n.Time.Equal(at(0)) {
		t.Errorf("the subscription has %v, %v", n, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if data, err := os.ReadFile(filepath.Join(dir, entry.Name())); err != nil || strings.Contains(string(data), "secret") {
			t.Errorf("%s still has what was published (%v)", entry.Name(), err)
		}
	}
	for i := 10; i < 13; i++ {
		h.Publish(happened(i, ""))
	}
	closeHub(t, h)
	if err := h.Forget(); err == nil {
		t.Error("a closed log was erased")
	}
	h = logged(t, dir, 0)
	if got := replayed(t, h, 0); !slices.Equal(got, span(10, 13)) {
		t.Errorf("replayed after a restart: %v", got)
	}
	if after, _ := h.Log(); !after.Created.After(before.Created) || !after.Aged.IsZero() {
		t.Errorf("the log is %+v; it was %+v", after, before)
	}
}
