package scan

// Search returns where in code the instructions begin.
func Search(code []byte) (offsets []int, instructions []Instruction) {
	for _, f := range search(nil, code) {
		offsets, instructions = append(offsets, f.offset), append(instructions, f.instruction)
	}
	return offsets, instructions
}

// Chunk is how many bytes are searched at a time.
const Chunk = chunk

// MaxHits is how many hits of a report are explained.
const MaxHits = maxHits

// Executable returns the executable mappings, in words.
func Executable(maps string) (words []string, err error) {
	list, err := executable([]byte(maps))
	for i := range list {
		words = append(words, list[i].String())
	}
	return words, err
}
