package mpk

import "fmt"

// Kind says which mechanism a backend uses. The values are part of the
// attach protocol.
type Kind uint8

// The kinds of backend, weakest first.
const (
	KindNone     Kind = iota // no walls
	KindMprotect             // mprotect(2), process-wide
	KindPKU                  // protection keys, per thread
)

var kindNames = [...]string{KindNone: "NONE", KindMprotect: "MPROTECT", KindPKU: "PKU"}

// String returns the name of the kind in the YANG models.
func (k Kind) String() string { return enumName(kindNames[:], uint8(k), "Kind") }

// Valid reports whether k is one of the kinds defined here.
func (k Kind) Valid() bool { return int(k) < len(kindNames) }

// Strength says how well a domain is isolated, as isolation-strength of the
// YANG models does. A greater value is stronger. The values are part of the
// attach protocol.
type Strength uint8

// The strengths, weakest first.
const (
	// None: the domains of the process share everything.
	None Strength = iota
	// Mprotect: regions are closed while no thread is inside their domain,
	// and open to the whole process while one is.
	Mprotect
	// HardwareRegion: regions are closed to every thread outside their
	// domain; heap, stacks and globals are shared.
	HardwareRegion
	// HardwareCompartment: heap, stacks and globals are walled as well. No
	// managed language reaches it.
	HardwareCompartment
)

var strengthNames = [...]string{
	None:                "NONE",
	Mprotect:            "MPROTECT",
	HardwareRegion:      "HARDWARE_REGION",
	HardwareCompartment: "HARDWARE_COMPARTMENT",
}

// String returns the name of the strength in the YANG models.
func (s Strength) String() string { return enumName(strengthNames[:], uint8(s), "Strength") }

// Valid reports whether s is one of the strengths defined here.
func (s Strength) Valid() bool { return int(s) < len(strengthNames) }

func enumName(names []string, value uint8, typeName string) string {
	if int(value) < len(names) {
		return names[value]
	}
	return fmt.Sprintf("%s(%d)", typeName, value)
}
