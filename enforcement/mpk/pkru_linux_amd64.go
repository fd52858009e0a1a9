package mpk

// PKRU holds two bits for each key: access disable (even bit) and write
// disable (odd bit).
const (
	pkruKeys          = 16
	pkruAccessDisable = 1
	pkruKeyMask       = 3
	// pkruAllDenied disables access with every key but 0. It is the only value
	// that writePKRU takes for a thread outside.
	pkruAllDenied = 0x55555554
	// pkruParking is the key that writePKRU opens to nobody.
	pkruParking = 1
)

// readPKRU returns the calling thread's PKRU. Without OSPKE it is an invalid
// instruction.
func readPKRU() uint32

// writePKRU sets the calling thread's PKRU and returns what it then holds: the rights
// of a thread outside, or those with one key from 2 on open. With any other value it
// is an invalid instruction, which ends the process.
//
//go:noescape
func writePKRU(value uint32) (readBack uint32)

//go:noescape
func cpuid(leaf, subleaf uint32) (ecx uint32)

// hasOSPKE reports whether the kernel switched protection keys on
// (CPUID leaf 7, ECX bit 4): without it RDPKRU is an invalid instruction.
func hasOSPKE() bool {
	const maxLeaf7, ospke = 7, 1 << 4
	return cpuid(maxLeaf7, 0)&ospke != 0
}

// rightsFor returns outside with one key opened for reading and writing.
func rightsFor(outside uint32, key int) uint32 {
	return outside &^ (pkruKeyMask << (2 * key))
}

// openKeys lists the keys above 0 that rights leaves accessible.
func openKeys(rights uint32) []int {
	var open []int
	for key := 1; key < pkruKeys; key++ {
		if rights>>(2*key)&pkruAccessDisable == 0 {
			open = append(open, key)
		}
	}
	return open
}
