package enforcement_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// claimant is the environment variable that makes this program a host process
// which claims a service on a socket: first the socket, then the service.
const claimant = "WAVEGUARD_TEST_CLAIM"

func TestMain(m *testing.M) {
	if claim := os.Getenv(claimant); claim != "" {
		words := strings.Fields(claim)
		h := hello(words[1])
		if slices.Contains(words, "lying") {
			h = walled(mpk.HardwareRegion, words[1])
		}
		claimUntilEOF(words[0], h)
		return
	}
	os.Exit(m.Run())
}

func claimUntilEOF(socket string, h *wire.Hello) {
	conn, m, _, err := say(socket, h)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	if _, welcome := m.(*wire.Welcome); welcome {
		m = beReady(conn, m)
	}
	if refused, ok := m.(*wire.Refused); ok {
		fmt.Printf("%T %v\n", m, refused.Code)
	} else {
		fmt.Printf("%T\n", m)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// beReady returns what the daemon has to say to it: the welcome, if nothing.
func beReady(conn *wire.Conn, welcome wire.Message) wire.Message {
	if err := errors.Join(conn.Send(&wire.Ready{}), conn.Send(&wire.Ping{})); err != nil {
		return welcome
	}
	if m, _, err := conn.Receive(); err == nil {
		if _, pong := m.(*wire.Pong); !pong {
			return m
		}
	}
	return welcome
}

// otherProcess starts a process that claims a service, which is the first word,
// and returns what came of it. The second can be "lying".
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
