package command

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestScanTranscripts(t *testing.T) { testLocally(t, "testdata/scan/*.txtar") }

// TestScanProcess: a number is a process.
func TestScanProcess(t *testing.T) {
	stdout, stderr, code := runLocal(t, "", "scan", fmt.Sprint(os.Getpid()))
	if !strings.HasPrefix(stdout, fmt.Sprintf("process %d /", os.Getpid())) || code != exitDone && code != exitRefused {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
}
