package scan_test

import (
	"bytes"
	"debug/elf"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/enforcement/scan"
)

// identityBehind recognises F3, prefixes, 0F AE /2 or /3 with a register; D5 and a
// payload with its highest bit can stand for the 0F.
var identityBehind = regexp.MustCompile(`^(?s-m)\xf3[\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf0\xf2]*(?:\x0f|\xd5[\x80-\xff])\xae([\xd0-\xdf])`)

// identity is the instruction of that kind that begins rest, "" if none does.
func identity(rest []byte) scan.Instruction {
	if rest[0] != 0xf3 {
		return ""
	}
	latin := make([]rune, min(len(rest), 15))
	for i := range latin {
		latin[i] = rune(rest[i])
	}
	switch m := identityBehind.FindStringSubmatch(string(latin)); {
	case m == nil:
		return ""
	case []rune(m[1])[0] < 0xd8:
		return scan.WRFSBASE
	}
	return scan.WRGSBASE
}

// oracle looks at every offset by itself, in the words of the SDM: 0F 01 EF; 0F AE
// /5 with memory; D5, a payload with its highest bit, 01 EF; and what identity says.
func oracle(code []byte) (offsets []int, instructions []scan.Instruction) {
	for at := range code {
		rest := code[at:]
		switch {
		case bytes.HasPrefix(rest, []byte{0x0f, 0x01, 0xef}),
			len(rest) >= 4 && rest[0] == 0xd5 && rest[1]&0x80 != 0 && rest[2] == 0x01 && rest[3] == 0xef:
			offsets, instructions = append(offsets, at), append(instructions, scan.WRPKRU)
		case len(rest) >= 3 && rest[0] == 0x0f && rest[1] == 0xae && rest[2]>>3&7 == 5 && rest[2]>>6 != 3:
			offsets, instructions = append(offsets, at), append(instructions, scan.XRSTOR)
		default:
			if i := identity(rest); i != "" {
				offsets, instructions = append(offsets, at), append(instructions, i)
			}
		}
	}
	return offsets, instructions
}

func compareWithOracle(t *testing.T, code []byte) int {
	t.Helper()
	offsets, instructions := scan.Search(code)
	wantOffsets, wantInstructions := oracle(code)
	if !slices.Equal(offsets, wantOffsets) || !slices.Equal(instructions, wantInstructions) {
		t.Errorf("% x: found %v %v, want %v %v", code, offsets, instructions, wantOffsets, wantInstructions)
	}
	return len(offsets)
}

// dense returns random bytes of which many belong to the sequences.
func dense(r *rand.Rand, n int) []byte {
	letters := []byte{0x0f, 0x01, 0xef, 0xae, 0xae, 0xf3, 0xf3, 0x48, 0x66, 0xd0, 0xdf, 0xd5, 0x80, 0x28, 0x6c, 0xac, 0xec, 0x7f, 0xff}
	code := make([]byte, n)
	for i := range code {
		code[i] = letters[r.IntN(len(letters))]
	}
	return code
}

func TestSearchAgreesWithOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 40000 {
		found += compareWithOracle(t, dense(r, r.IntN(40)))
	}
	random := make([]byte, 4<<20)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	if found += compareWithOracle(t, random); found < 1000 {
		t.Errorf("only %d hits", found)
	}
}

func FuzzSearch(f *testing.F) {
	f.Add([]byte{0x0f, 0x01, 0xef})
	f.Add([]byte{0x0f, 0xae, 0x6c, 0x24, 0x40})
	f.Add([]byte{0xd5, 0x80, 0x01, 0xef, 0x0f, 0x0f, 0xae, 0x28})
	f.Add([]byte{0xf3, 0x48, 0x0f, 0xae, 0xd0, 0xf3, 0xd5, 0x80, 0xae, 0xd8})
	f.Fuzz(func(t *testing.T, code []byte) { compareWithOracle(t, code) })
}

// TestChunks: what stands across the pieces in which memory is read is found
// once.
func TestChunks(t *testing.T) {
	for _, sequence := range [][]byte{{0x0f, 0x01, 0xef}, {0x0f, 0xae, 0x28}, {0xd5, 0xff, 0x01, 0xef}, {0xf3, 0x0f, 0xae, 0xd0}, append(append([]byte{0xf3}, bytes.Repeat([]byte{0x2e}, 11)...), 0x0f, 0xae, 0xd8)} {
		for distance := -20; distance <= 5; distance++ {
			code := bytes.Repeat([]byte{0x90}, 2*scan.Chunk+100)
			var want []scan.Address
			for _, border := range []int{scan.Chunk, 2 * scan.Chunk} {
				copy(code[border+distance:], sequence)
				want = append(want, scan.Address(border+distance))
			}
			r, err := scan.Raw(t.Context(), "code", bytes.NewReader(code), int64(len(code)))
			if err != nil {
				t.Fatal(err)
			}
			var got []scan.Address
			for _, h := range r.Hits {
				got = append(got, h.Address)
			}
			if !slices.Equal(got, want) || r.Bytes != int64(len(code)) {
				t.Errorf("% x at %d: found %v of %d bytes, want %v", sequence, distance, got, r.Bytes, want)
			}
		}
	}
}

func TestManyHits(t *testing.T) {
	code := bytes.Repeat([]byte{0x0f, 0x01, 0xef}, 3*scan.MaxHits)
	r, err := scan.Raw(t.Context(), "code", bytes.NewReader(code), int64(len(code)))
	if err != nil {
		t.Fatal(err)
	}
	if r.Total != 3*scan.MaxHits || len(r.Hits) != scan.MaxHits || r.Refused() != r.Total || r.Verdict != scan.Hits {
		t.Errorf("%d hits, %d explained, %d refused, %s", r.Total, len(r.Hits), r.Refused(), r.Verdict)
	}
}

// corpora are random bytes and code, for benchmarks.
func corpora(b *testing.B) map[string][]byte {
	random := make([]byte, 4<<20)
	if _, err := rand.NewChaCha8([32]byte{}).Read(random); err != nil {
		b.Fatal(err)
	}
	all := map[string][]byte{"random": random}
	for name, file := range map[string]string{"libc": "/lib/x86_64-linux-gnu/libc.so.6", "go": "/proc/self/exe"} {
		if image, err := elf.Open(file); err == nil {
			all[name], _ = image.Section(".text").Data()
			_ = image.Close()
		}
	}
	return all
}

// BenchmarkSearch is the search in memory alone.
func BenchmarkSearch(b *testing.B) {
	for name, code := range corpora(b) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(code)))
			for b.Loop() {
				scan.Search(code)
			}
		})
	}
}

// BenchmarkRaw is the search with reading, and with the explanation of the hits.
func BenchmarkRaw(b *testing.B) {
	for name, code := range corpora(b) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(code)))
			for b.Loop() {
				if _, err := scan.Raw(b.Context(), name, bytes.NewReader(code), int64(len(code))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
