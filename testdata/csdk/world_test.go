package csdk_test

import (
	"strings"
	"syscall"
	"testing"
)

// TestWorld: what the README's table says of signals, threads, fork, exec and cancellation inside.
func TestWorld(t *testing.T) {
	for _, c := range []struct {
		name   string
		says   string         // to its end
		open   string         // what it says without walls, if that is another thing
		signal syscall.Signal // that ends the process; 0 for none, -1 for any
	}{
		{name: "trap", says: "ended"},
		{name: "thread", says: "own 5\nended"},
		{name: "thread-trespass", says: "own 5", open: "own 5\nended", signal: syscall.SIGSEGV},
		{name: "fork-exec", says: "after-exec\nchild exit 0\nended"},
		{name: "fork-call", says: "child exit 0\nended"},
		{name: "fork-return", says: "child signal 4\nended"}, // the way back through the gate is not the child's
		{name: "fork-trespass", says: "child signal 11\nended", open: "child exit 0\nended"},
		{name: "raw-fork", says: "child signal 4\nended"}, // behind the library's back
		{name: "fork-outside", says: "child exit 0\nended"},
		{name: "exec", says: "after-exec"},
		{name: "cancel", signal: -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, backend string) {
				out, err := node(t).run("world", backend, c.name)
				says, signal := c.says, c.signal
				if backend == "none" && c.open != "" {
					says, signal = c.open, 0
				}
				switch {
				case signal == 0 && err != nil, signal > 0 && !died(err, signal), signal < 0 && (err == nil || strings.Contains(out, "ended")):
					t.Errorf("ended with %v, want signal %d", err, signal)
				}
				if signal >= 0 && lines(out) != says {
					t.Errorf("it says %q, want %q", out, says)
				}
			})
		})
	}
}

// lines are those of a program's output that are not the library's last words.
func lines(out string) string {
	var kept []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "libwaveguard: ") {
			kept = append(kept, strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.Join(kept, "\n")
}
