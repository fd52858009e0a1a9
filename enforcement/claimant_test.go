package enforcement_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

// claimant is the environment variable that makes this program a host process
// which claims a service on a socket: first the socket, then the service.
const claimant = "WAVEGUARD_TEST_CLAIM"

func TestMain(m *testing.M) {
	if claim := os.Getenv(claimant); claim != "" {
		words := strings.Fields(claim)
		h := hello(words[1])
		next := []wire.Message{&wire.Ready{}, &wire.Ping{}} // the answer to the second is that all is well
		if slices.Contains(words, "lying") {
			h = walled(mpk.HardwareRegion, words[1])
		}
		if slices.Contains(words, "lying") || slices.Contains(words, "posing") {
			next = next[:1] // the answer to the first is a refusal
		}
		if slices.Contains(words, "believed") {
			next = []wire.Message{&wire.Ready{}, &wire.Ping{}}
		}
		claimUntilEOF(words, h, next)
		return
	}
	if path, act, ok := strings.Cut(os.Getenv(daemon), " "); ok {
		beDaemon(path, act)
		return
	}
	os.Exit(m.Run())
}

func claimUntilEOF(words []string, h *wire.Hello, next []wire.Message) {
	conn, m, files, err := say(words[0], h)
	if err == nil && files != nil && !slices.Contains(words, "posing") {
		_, err = page.OpenPolicy(files.Pages().Policy)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	if _, welcome := m.(*wire.Welcome); welcome {
		m = goOn(conn, m, next)
	}
	if refused, ok := m.(*wire.Refused); ok {
		fmt.Printf("%T %v\n", m, refused.Code)
	} else {
		fmt.Printf("%T\n", m)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// goOn says more and returns what the daemon refuses then: the welcome, if nothing.
func goOn(conn *wire.Conn, welcome wire.Message, next []wire.Message) wire.Message {
	for _, m := range next {
		if err := conn.Send(m); err != nil {
			return nil
		}
	}
	switch m, _, err := conn.Receive(); m.(type) {
	case *wire.Pong:
		return welcome
	default:
		if err != nil {
			return nil
		}
		return m
	}
}

// otherProcess starts a process that claims a service, which is the first word,
// and returns what came of it. The others can be "lying",
// about its walls, "posing", as one that obeys its pages, and "believed".
func (r *rig) otherProcess(claim string) string {
	r.t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), claimant+"="+r.path+" "+claim)
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		r.t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			r.t.Errorf("the other process: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimSpace(line)
}
