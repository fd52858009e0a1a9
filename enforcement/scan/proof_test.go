package scan_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/enforcement/scan"
)

// TestClasses: each is code with one hit, which stands at address 8 or behind.
func TestClasses(t *testing.T) {
	const wrpkru, rdpkru, xrstor = "0f01ef", "0f01ee", "0fae2f"
	const allowed = "3d54555555 7464 3d54555515 745d 3d54555545 7456 3d54555551 744f 3d54555554 7448 3d54551555 7441 3d54554555 743a" +
		"3d54555155 7433 3d54555455 742c 3d54155555 7425 3d54455555 741e 3d54515555 7417 3d54545555 7410 3d14555555 7409 3d44555555 7402"
	const closed, open = "54555555", "50555555" // PKRU 0x55555554 and 0x55555550
	for _, test := range []struct {
		name, code string
		class      scan.Class
		claim      string
	}{
		{"nothing behind", wrpkru, scan.Open, "no code"},
		{"return", wrpkru + "c3", scan.Open, "retq"},
		{"checked, then stopped", wrpkru + "3d" + closed + "7402 0f0b c3", scan.Proven, "goes on at 0x14 with PKRU 0x55555554"},
		{"checked, then a loop", wrpkru + "3d" + closed + "75f6 c3", scan.Proven, "goes on at 0x12"},
		{"checked before the write alone", "3d" + closed + "7502" + wrpkru + "c3", scan.Open, "retq"},
		{"checked after reading back", wrpkru + "31c9" + rdpkru + "3d" + closed + "7401 cc c3", scan.Proven, "0x18"},
		{"checked by the long forms", wrpkru + "81f8" + closed + "0f8402000000 0f0b c3", scan.Proven, "0x19"},
		{"opens key 1", wrpkru + "3d" + open + "7402 0f0b c3", scan.Entry, "keys [1]"},
		{"opens all", wrpkru + "83f800 7402 0f0b c3", scan.Entry, "keys [1 2 3 4 5 6 7 8 9 10 11 12 13 14 15]"},
		{"write to memory before the check", wrpkru + "8937 3d" + closed + "7402 0f0b c3", scan.Open, "mov %esi,(%rdi)"},
		{"read of memory before the check", wrpkru + "8b07 3d" + closed + "7402 0f0b c3", scan.Open, "mov (%rdi),%eax"},
		{"EAX replaced before the check", wrpkru + "b8" + closed + "3d" + closed + "7402 0f0b c3", scan.Open, "retq"},
		{"flags replaced before the branch", wrpkru + "3d" + closed + "31db 7402 0f0b c3", scan.Open, "retq"},
		{"branch the wrong way", wrpkru + "3d" + closed + "7502 0f0b c3", scan.Open, "retq"},
		{"other comparison", wrpkru + "3d" + closed + "7202 0f0b c3", scan.Open, "retq"},
		{"compared with a register", wrpkru + "39d8 7402 0f0b c3", scan.Open, "cmp %ebx,%eax"},
		{"compared with memory", wrpkru + "3b07 7402 0f0b c3", scan.Open, "cmp (%rdi),%eax"},
		{"compared the low half", wrpkru + "663d5455 7402 0f0b c3", scan.Open, "cmp $0x5554,%ax"},
		{"call on failure", wrpkru + "3d" + closed + "7405 e800000000 c3", scan.Open, "callq"},
		{"stopped always", wrpkru + "0f0b", scan.Proven, "gets no further"},
		{"loops always", wrpkru + "ebfe", scan.Proven, "gets no further"},
		{"jumps to the check", wrpkru + "eb01 c3 3d" + closed + "7402 0f0b c3", scan.Proven, "0x17"},
		{"NOP and fence between", wrpkru + "90 0f1f4000 f30f1efa 0faee8 3d" + closed + "7402 0f0b c3", scan.Proven, "0x20"},
		{"another write behind the check's failure", wrpkru + "3d" + closed + "7401 90" + "0f01f9 c3", scan.Open, "0x13"},
		{"64-bit comparison differs in 32-bit mode", wrpkru + "483d" + closed + "7402 0f0b c3", scan.Open, "32-bit mode"},

		{"XRSTOR alone", xrstor + "c3", scan.Open, "retq"},
		{"XRSTOR, mask tested", xrstor + "a900020000 7402 0f0b c3", scan.Proven, "goes on at 0x14 with PKRU as it was"},
		{"XRSTOR, AH tested as compilers do", xrstor + "f6c402 7502 c390 0f0b", scan.Proven, "0x10"},
		{"XRSTOR, of another length behind a prefix", "67" + xrstor + "a900020000 7402 0f0b c3", scan.Open, "another length"},
		{"XRSTOR, of another length behind two", "6736" + xrstor + "a900020000 7402 0f0b c3", scan.Open, "another length"},
		{"XRSTOR, of the same length behind a prefix", "36" + xrstor + "a900020000 7402 0f0b c3", scan.Proven, "as it was"},
		{"XRSTOR, bit tested", xrstor + "0fbae009 7302 0f0b c3", scan.Proven, "0x13"},
		{"XRSTOR, other bit tested", xrstor + "a900010000 7402 0f0b c3", scan.Open, "retq"},
		{"XRSTOR, other bit tested by BT", xrstor + "0fbae008 7302 0f0b c3", scan.Open, "retq"},
		{"XRSTOR, tested the wrong way", xrstor + "a900020000 7502 0f0b c3", scan.Open, "retq"},
		{"XRSTOR, EAX replaced", xrstor + "31c0 a900020000 7402 0f0b c3", scan.Open, "retq"},
		{"XRSTOR, PKRU compared", xrstor + "31c9" + rdpkru + "3d" + closed + "7402 0f0b c3", scan.Proven, "0x55555554"},

		{"XRSTOR with a constant mask", "b8ee000000 31d2" + xrstor + "c3", scan.Masked, "mask is 0xee"},
		{"XRSTOR with a mask that has PKRU", "b8ee020000 31d2" + xrstor + "c3", scan.Open, "retq"},
		{"XRSTOR with a branch past the mask", "31d2 eb05 b8ee000000" + xrstor + "c3", scan.Open, "retq"},
		{"XRSTOR with a branch back past the mask", "b8ee000000 31d2" + xrstor + "75f9 c3", scan.Open, "retq"},
		{"XRSTOR with a call between", "b8ee000000 e800000000" + xrstor + "c3", scan.Open, "retq"},
		{"XRSTOR with a mask in AL", "b0ee 31d2" + xrstor + "c3", scan.Open, "retq"},

		{"the gate", "8b442408 31c9 31d2" + wrpkru + "31c9" + rdpkru + allowed + "0f0b 89442410 c3", scan.Gate, "byte for byte"},
		{"the gate as code is, that is not known", "8b442408 31c9 31d2" + wrpkru + "31c9" + rdpkru + allowed + "0f0b 89442418 c3", scan.Entry, "keys [14]"},
		{"the gate without its trap", "8b442408 31c9 31d2" + wrpkru + "31c9" + rdpkru + allowed + "9090 89442410 c3", scan.Open, ""},
		{"the gate, checking nothing", "8b442408 31c9 31d2" + wrpkru + "31c9" + rdpkru + "89442410 c3", scan.Open, ""},
		{"REX2", "d58001ef c3", scan.Open, "retq"},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, err := hex.DecodeString(strings.ReplaceAll("90909090 90909090"+test.code, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			r, err := scan.Raw(t.Context(), "code", bytes.NewReader(code), int64(len(code)))
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Hits) != 1 {
				t.Fatalf("%d hits", len(r.Hits))
			}
			if h := r.Hits[0]; h.Class != test.class || !strings.Contains(h.Claim, test.claim) {
				t.Errorf("%s: %s; want %s: %s", h.Class, h.Claim, test.class, test.claim)
			}
		})
	}
}
