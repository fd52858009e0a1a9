package x86

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	for _, test := range []struct {
		code string
		mode Mode
		len  int
		err  error
	}{
		{"90", Mode64, 1, nil},
		{"48 b8 01 02 03 04 05 06 07 08", Mode64, 10, nil},
		{"66 b8 01 02", Mode64, 4, nil},
		{"66 48 81 c0 01 02 03 04", Mode64, 8, nil},
		{"48 a1 01 02 03 04 05 06 07 08", Mode64, 10, nil},
		{"67 a1 01 02 03 04", Mode64, 6, nil},
		{"0f ae 6c 24 40", Mode64, 5, nil},
		{"0f 01 ef", Mode64, 3, nil},
		{"48 0f ae 2d 01 02 03 04", Mode64, 8, nil},
		{"c5 f8 77", Mode64, 3, nil},
		{"c4 e3 7d 19 c1 01", Mode64, 6, nil},
		{"62 f1 7c 48 28 44 24 01", Mode64, 8, nil},
		{"8f e8 78 c0 c1 01", Mode64, 6, nil},
		{"8f 44 24 08", Mode64, 4, nil},
		{"d5 88 01 ef", Mode64, 4, nil},
		{"d5 08 90", Mode64, 3, nil},
		{"f6 c4 02", Mode64, 3, nil},
		{"f6 d0", Mode64, 2, nil},
		{"66 e8 01 02 03 04", Mode64, 6, nil},
		{"66 e8 01 02", Mode32, 4, nil},
		{"c5 44 24 08", Mode32, 4, nil}, // LDS
		{"67 8b 46 01", Mode32, 4, nil},
		{"67 8b 06 01 02", Mode32, 5, nil},
		{"9a 01 02 03 04 05 06", Mode32, 7, nil},
		{"41", Mode32, 1, nil},
		{"41", Mode64, 1, ErrShort},
		{"48 8b", Mode64, 2, ErrShort},
		{"e8 01 02", Mode64, 3, ErrShort},
		{"", Mode64, 0, ErrShort},
		{"06", Mode64, 1, ErrInvalid},
		{strings.Repeat("66 ", 15) + "90", Mode64, 15, ErrInvalid},
	} {
		code, err := hex.DecodeString(strings.ReplaceAll(test.code, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(code, test.mode)
		if got.Len != test.len || err != test.err {
			t.Errorf("%s: length %d, %v; want %d, %v", test.code, got.Len, err, test.len, test.err)
		}
	}
}

func TestPartAt(t *testing.T) {
	code := []byte{0x66, 0x48, 0x81, 0x84, 0x24, 1, 2, 3, 4, 5, 6, 7, 8}
	inst, err := Decode(code, Mode64)
	if err != nil || inst.Len != len(code) {
		t.Fatal(inst.Len, err)
	}
	want := []Part{Prefix, Prefix, Opcode, Addressing, Addressing, Displacement, Displacement, Displacement, Displacement, Immediate, Immediate, Immediate, Immediate}
	for offset, part := range want {
		if got := inst.PartAt(offset); got != part {
			t.Errorf("byte %d is %s, want %s", offset, got, part)
		}
	}
	if got := inst.Imm(code); got != 0x08070605 {
		t.Errorf("immediate %#x", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x48, 0x8b, 0x05, 1, 2, 3, 4}, true)
	f.Add([]byte{0x62, 0xf1, 0x7c, 0x48, 0x28}, false)
	f.Add([]byte{0xd5, 0x88, 0x01, 0xef}, true)
	f.Fuzz(func(t *testing.T, code []byte, wide bool) {
		mode := Mode32
		if wide {
			mode = Mode64
		}
		inst, err := Decode(code, mode)
		switch {
		case inst.Len > min(len(code), MaxLen):
			t.Errorf("%d of %d bytes", inst.Len, len(code))
		case err == nil && (inst.Len == 0 || inst.OpcodeAt >= inst.Len || inst.ImmAt+inst.ImmLen > inst.Len || inst.DispAt+inst.DispLen > inst.Len):
			t.Errorf("parts outside of %d bytes: %+v", inst.Len, inst)
		}
		for offset := range inst.Len {
			inst.PartAt(offset)
		}
		if err == nil {
			inst.Imm(code)
		}
	})
}
