package channel

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const headerFile = "../../sdk/include/waveguard/channel.h"

var odd = Shape{Slots: 8, SlotSize: 100}

// layout pairs every C expression of channel.h with the number Go uses.
var layout = map[string]uint64{
	"WG_CHANNEL_MAGIC":         magic,
	"WG_CHANNEL_ABI":           ABI,
	"WG_MAX_CONSUMERS":         MaxConsumers,
	"WG_MAX_SLOTS":             MaxSlots,
	"WG_MAX_SLOT_SIZE":         MaxSlotSize,
	"WG_MAX_RING_SIZE":         maxRingSize,
	"WG_CONTROL_SIZE":          controlSize,
	"WG_CURSOR_SIZE":           cursorSize,
	"WG_RING_HEADER":           ringHeader,
	"WG_CHANNEL_OPEN":          stateOpen,
	"WG_CHANNEL_ENDED":         stateEnded,
	"WG_INTEGRITY_NONE":        uint64(NoIntegrity),
	"WG_INTEGRITY_CRC32C":      uint64(CRC32C),
	"WG_INTEGRITY_HMAC_SHA256": uint64(HMACSHA256),
	"WG_OVERFLOW_BLOCK":        uint64(Block),
	"WG_OVERFLOW_DROP_OLDEST":  uint64(DropOldest),
	"WG_SLOT_STRIDE(100)":      uint64(odd.Stride()),
	"WG_RING_SIZE(8, 100)":     uint64(odd.RingSize()),

	"sizeof(struct wg_channel_control)":               128,
	"offsetof(struct wg_channel_control, magic)":      controlMagic,
	"offsetof(struct wg_channel_control, abi)":        controlABI,
	"offsetof(struct wg_channel_control, consumers)":  controlConsumers,
	"offsetof(struct wg_channel_control, generation)": controlGeneration,
	"offsetof(struct wg_channel_control, ring_size)":  controlRingSize,
	"offsetof(struct wg_channel_control, slots)":      controlSlots,
	"offsetof(struct wg_channel_control, slot_size)":  controlSlotSize,
	"offsetof(struct wg_channel_control, stride)":     controlStride,
	"offsetof(struct wg_channel_control, integrity)":  controlIntegrity,
	"offsetof(struct wg_channel_control, overflow)":   controlOverflow,
	"offsetof(struct wg_channel_control, state)":      controlState,
	"offsetof(struct wg_channel_control, active)":     controlActive,
	"offsetof(struct wg_channel_control, key)":        controlKey,
	"sizeof(((struct wg_channel_control *)0)->key)":   keySize,

	"sizeof(struct wg_ring_header)":            192,
	"offsetof(struct wg_ring_header, head)":    ringHead,
	"offsetof(struct wg_ring_header, waiting)": ringWaiting,
	"offsetof(struct wg_ring_header, closed)":  ringClosed,
	"offsetof(struct wg_ring_header, octets)":  ringOctets,
	"offsetof(struct wg_ring_header, refused)": ringRefused,

	"sizeof(struct wg_slot)":                   slotHeader,
	"offsetof(struct wg_slot, turn)":           slotTurn,
	"offsetof(struct wg_slot, length)":         slotLength,
	"offsetof(struct wg_slot, crc)":            slotCRC,
	"offsetof(struct wg_slot, tag)":            slotTag,
	"sizeof(((struct wg_slot *)0)->tag)":       sha256.Size,
	"sizeof(struct wg_channel_cursor)":         192,
	"offsetof(struct wg_channel_cursor, next)": cursorNext,

	"offsetof(struct wg_channel_cursor, started)":   cursorStarted,
	"offsetof(struct wg_channel_cursor, waiting)":   cursorWaiting,
	"offsetof(struct wg_channel_cursor, received)":  cursorReceived,
	"offsetof(struct wg_channel_cursor, octets)":    cursorOctets,
	"offsetof(struct wg_channel_cursor, lost)":      cursorLost,
	"offsetof(struct wg_channel_cursor, corrupted)": cursorCorrupted,
}

func TestLayoutIsThatOfTheHeader(t *testing.T) {
	program := filepath.Join(t.TempDir(), "layout")
	compile := exec.Command(compiler(t), "-x", "c", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I../../sdk/include", "-o", program, "-")
	compile.Stdin = strings.NewReader(layoutProgram())
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("compile channel.h: %v\n%s", err, out)
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for line := range strings.Lines(string(out)) {
		expression, got, _ := strings.Cut(strings.TrimSpace(line), "=")
		if want := fmt.Sprint(layout[expression]); got != want {
			t.Errorf("%s is %s in C, %s in Go", expression, got, want)
		}
		compared++
	}
	if compared != len(layout) {
		t.Errorf("the program printed %d lines, want %d", compared, len(layout))
	}
}

func compiler(t *testing.T) string {
	t.Helper()
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("no compiler in the virtual machine; runs on the host")
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("no gcc: apt-get install gcc libc6-dev")
	}
	if err != nil {
		t.Skip("no gcc: apt-get install gcc libc6-dev")
	}
	return gcc
}

func layoutProgram() string {
	var b strings.Builder
	b.WriteString("#include <stdio.h>\n#include <waveguard/channel.h>\nint main(void) {\n")
	for expression := range layout {
		fmt.Fprintf(&b, "printf(\"%%s=%%llu\\n\", %q, (unsigned long long)(%s));\n", expression, expression)
	}
	b.WriteString("return 0;\n}\n")
	return b.String()
}

// TestHeaderIsAllCompared finds fields and constants of channel.h that the table above does
// not know.
func TestHeaderIsAllCompared(t *testing.T) {
	compiler(t) // the header is where the compiler is
	text, err := os.ReadFile(headerFile)
	if err != nil {
		t.Fatal(err)
	}
	structure := ""
	for line := range strings.Lines(string(text)) {
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\n;[(", r) })
		switch {
		case len(words) >= 2 && words[0] == "struct":
			structure = words[1]
		case strings.HasPrefix(line, "}"):
			structure = ""
		case structure != "" && strings.Contains(line, ";"):
			expression := fmt.Sprintf("offsetof(struct %s, %s)", structure, words[1])
			if _, known := layout[expression]; !known && !strings.HasPrefix(words[1], "reserved") && !strings.HasPrefix(words[1], "pad") {
				t.Errorf("%s is not compared", expression)
			}
		case len(words) >= 3 && words[0] == "#define" && strings.HasPrefix(words[1], "WG_"):
			if !strings.Contains(layoutProgram(), words[1]) {
				t.Errorf("%s is not compared", words[1])
			}
		}
	}
}
