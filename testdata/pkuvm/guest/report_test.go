package guest

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReportRoundTrip(t *testing.T) {
	for _, tc := range []struct {
		status unix.WaitStatus // as wait(2) lays it out
		code   int
	}{
		{0, 0},
		{3 << 8, 3},
		{255 << 8, 255},
		{unix.WaitStatus(unix.SIGSEGV), 139},
		{unix.WaitStatus(unix.SIGKILL) | 0x80, 137},
	} {
		s, err := ParseReport([]byte(report(tc.status)))
		if err != nil || s.Code() != tc.code {
			t.Errorf("status %#x: code %d, %v; want %d", tc.status, s.Code(), err, tc.code)
		}
	}
}

func TestParseReportErrors(t *testing.T) {
	for _, cut := range []string{"", "exit 1", "signal"} {
		if _, err := ParseReport([]byte(cut)); !errors.Is(err, ErrNoReport) {
			t.Errorf("ParseReport(%q) = %v; want %v", cut, err, ErrNoReport)
		}
	}
	for _, wrong := range []string{"\n", "exit\n", "signal x\n", "error plain\n", "ok 0\n"} {
		if s, err := ParseReport([]byte(wrong)); err == nil {
			t.Errorf("ParseReport(%q) = %v; want an error", wrong, s)
		}
	}
	cause := errors.New("run /home/x: no such file\nor directory")
	if _, err := ParseReport([]byte(reportError(cause))); err == nil || err.Error() != cause.Error() {
		t.Errorf("error came back as %v; want %v", err, cause)
	}
}
