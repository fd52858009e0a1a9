package enforcement_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

// claimant is the environment variable that makes this program a host process
// which claims a service, on the socket named after it.
const claimant = "WAVEGUARD_TEST_CLAIM"

func TestMain(m *testing.M) {
	if claim := os.Getenv(claimant); claim != "" {
		service, socket, _ := strings.Cut(claim, " ")
		claimUntilEOF(socket, service)
		return
	}
	os.Exit(m.Run())
}

func claimUntilEOF(socket, service string) {
	conn, m, _, err := say(socket, hello(service))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	if _, welcome := m.(*wire.Welcome); welcome {
		_ = conn.Send(&wire.Ready{})
	}
	fmt.Printf("%T\n", m)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// otherProcess starts a process that claims a service, and returns what came of it.
func (r *rig) otherProcess(service string) string {
	r.t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), claimant+"="+service+" "+r.path)
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
