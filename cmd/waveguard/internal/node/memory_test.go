package node

import (
	"bytes"
	"maps"
	"slices"
	"testing"
	"time"
)

// FuzzReading decodes any memory, and encodes what it found again.
func FuzzReading(f *testing.F) {
	var memory [readingBytes]byte
	reading{
		sequence: 7, time: time.Unix(1, 2), power: -0.5, osnr: 21.5, link: 20,
		signature: signature{generation: 3, tag: [tagBytes]byte{1, 2, 3}},
	}.encode(memory[:])
	f.Add(memory[:])
	f.Add(bytes.Repeat([]byte{0xff}, readingBytes))
	f.Fuzz(func(t *testing.T, memory []byte) {
		if len(memory) != readingBytes {
			return
		}
		r := decodeReading(memory)
		var again [readingBytes]byte
		r.encode(again[:])
		if !bytes.Equal(again[:], memory) {
			t.Errorf("memory %x\nbecame %x", memory, again)
		}
		if signed := r.toSign(); !bytes.Equal(signed[:], memory[:signedBytes]) {
			t.Errorf("signs %x", signed)
		}
	})
}

func TestRing(t *testing.T) {
	r := ring{make(block, ringBytes)}
	if _, ok := r.find(0); ok {
		t.Error("an empty ring has a reading")
	}
	for i := range 2*maxReadings + 10 {
		if got := r.add(reading{link: i % 21}); got != uint64(i+1) {
			t.Fatalf("reading %d got sequence number %d", i, got)
		}
	}
	written := r.written()
	for _, sequence := range []uint64{0, 1, r.oldest() - 1, written + 1} {
		if _, ok := r.find(sequence); ok {
			t.Errorf("found reading %d of %d", sequence, written)
		}
	}
	for sequence := r.oldest(); sequence <= written; sequence++ {
		got, ok := r.find(sequence)
		if !ok || got.sequence != sequence || got.link != int(sequence-1)%21 {
			t.Fatalf("reading %d is %+v, %v", sequence, got, ok)
		}
	}
}

func TestText(t *testing.T) {
	memory := text{make(block, 4+8)}
	for _, s := range []string{"", "short", "longer than the memory", "ends"} {
		memory.set(s)
		if got, want := memory.get(), s[:min(len(s), 8)]; got != want {
			t.Errorf("%q became %q", s, got)
		}
	}
	memory.setUint32(0, 1<<31) // as a broken neighbour would leave it
	if got := memory.get(); len(got) != 8 {
		t.Errorf("a length beyond the memory gives %q", got)
	}
}

// FuzzTables plays additions and removals on the tables of lightpaths and of
// keys, three bytes each, next to a map.
func FuzzTables(f *testing.F) {
	f.Add([]byte{0, 1, 9, 0, 2, 8, 1, 1, 0, 0, 3, 7})
	f.Fuzz(func(t *testing.T, script []byte) {
		table := lightpaths{make(block, maxLightpaths*lightpathBytes)}
		slots := keySlots{make(block, maxLightpaths*slotBytes)}
		want := map[uint32]byte{}
		for step := range slices.Chunk(script, 3) {
			if len(step) < 3 {
				break
			}
			number := uint32(step[1]) + 1
			_, exists := want[number]
			if step[0]&1 == 0 && !exists {
				table.add(lightpath{number: number, channel: int(step[2]), expires: time.UnixMilli(int64(step[2]))})
				if !slots.put(number, bytes.Repeat(step[2:], keyBytes)) {
					t.Fatal("no room for a key")
				}
				want[number] = step[2]
			} else if step[0]&1 == 1 {
				table.remove(number)
				if slots.drop(number) != exists {
					t.Fatalf("key of lightpath %d existed: %v", number, exists)
				}
				delete(want, number)
			}
		}
		checkTables(t, table, slots, want)
	})
}

func checkTables(t *testing.T, table lightpaths, slots keySlots, want map[uint32]byte) {
	t.Helper()
	if table.up() != uint64(len(want)) || slots.held() != uint64(len(want)) {
		t.Fatalf("%d lightpaths, %d keys, want %d", table.up(), slots.held(), len(want))
	}
	var expired []uint32
	for number, value := range want {
		slot := slots.find(number)
		if slot == nil || !bytes.Equal(slot[8:], bytes.Repeat([]byte{value}, keyBytes)) {
			t.Errorf("key of lightpath %d is %x", number, slot)
		}
		if value < 100 {
			expired = append(expired, number)
		}
	}
	slices.Sort(expired)
	got := table.expired(time.UnixMilli(100))
	slices.Sort(got)
	if !slices.Equal(got, expired) {
		t.Errorf("expired are %v, want %v of %v", got, expired, maps.Collect(maps.All(want)))
	}
}

func TestKeyring(t *testing.T) {
	r := keyring{make(block, 3*linkKeyBytes)}
	for link := range 3 {
		r.setGeneration(link, 1)
		copy(r.key(link), bytes.Repeat([]byte{byte(link + 1)}, keyBytes))
	}
	before := bytes.Clone(r.block)
	tag := r.tag(1, signed{5})
	if tag == r.tag(0, signed{5}) || tag == r.tag(1, signed{6}) || tag != r.tag(1, signed{5}) {
		t.Error("a tag must depend on the key and the reading, and on nothing else")
	}
	r.rotate(1)
	if r.generation(1) != 2 || tag == r.tag(1, signed{5}) {
		t.Error("rotation left the key as it was")
	}
	others := slices.Concat(r.slice(0, linkKeyBytes), r.slice(2*linkKeyBytes, linkKeyBytes))
	if !bytes.Equal(others, slices.Concat(before[:linkKeyBytes], before[2*linkKeyBytes:])) {
		t.Error("rotation touched other links")
	}
}
