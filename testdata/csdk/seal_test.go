package csdk_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/gen/view/viewtest"
)

func canSeal() bool {
	_, _, errno := unix.Syscall(unix.SYS_MSEAL, 0, 0, 0)
	return errno == 0
}

// TestSealedMemoryStays: what takes memory away is done to regions, stacks and parts of a heap that
// are not sealed, and refused for those that are, guard pages as well.
func TestSealedMemoryStays(t *testing.T) {
	if !canSeal() {
		t.Skip("needs mseal(2): Linux 6.10")
	}
	for seal, want := range map[string]string{"0": "done done", "1": "refused refused"} {
		out, err := exec.Command(program(t, "seal"), seal).CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if err != nil || len(lines) != 20 {
			t.Fatalf("seal %s: %v\n%s", seal, err, out)
		}
		for _, line := range lines {
			if !strings.HasSuffix(line, ": "+want) {
				t.Errorf("seal %s: %s, want %s", seal, line, want)
			}
		}
	}
}

// TestPinnedFromTheBeginning: where more domains are pinned than there are keys to spare, everything
// works as ever, and the program can see how many are not, and what is sealed.
func TestPinnedFromTheBeginning(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		const services, pins = 40, 14
		config := manyDomains(services)
		for i := range pins {
			config = append(config, viewtest.Entry("domain", fmt.Sprintf("d-service-%02d", i))+"/config/pinned = true")
		}
		out, err := start(t, config).run("many", backend)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Log(out)
		var sealed, unpinned int
		if _, err := fmt.Sscanf(out, "sealed %d unpinned %d", &sealed, &unpinned); err != nil {
			t.Fatal(err)
		}
		want := 0
		if backend == "pku" {
			want = pins - 12
		}
		if unpinned != want || (sealed != 0) != (backend == "pku" && canSeal()) {
			t.Errorf("%d regions are sealed, the kernel can: %v; %d are not pinned, want %d", sealed, canSeal(), unpinned, want)
		}
	})
}
