package appliance

// strengths are the walls there can be, weakest first, with what each means.
var strengths = []struct{ name, meaning string }{
	{"NONE", "No wall: any code of a process can touch the memory of all its services."},
	{"MPROTECT", "Page permissions, for a process as a whole: they catch mistakes but stop no\nadversary. For development only; protection keys need a CPU with PKU."},
	{"HARDWARE_REGION", "Protection keys wall off the regions of each domain, for each thread. Heap and\nstacks of a process are common to its domains."},
	{"HARDWARE_COMPARTMENT", "Protection keys wall off all that a domain owns: heap, stacks, data and regions."},
}

// Rank orders isolation strengths; unknown ones are below all others.
func Rank(strength string) int {
	for i, s := range strengths {
		if s.name == strength {
			return i
		}
	}
	return -1
}

// Meaning says what an isolation strength is worth, in a line or two.
func Meaning(strength string) string {
	if i := Rank(strength); i >= 0 {
		return strengths[i].meaning
	}
	return "It is not known how strong the walls are."
}
