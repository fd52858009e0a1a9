package confine

import "syscall"

// Refusal is a group of system calls that are refused for one reason.
type Refusal struct {
	Why   string
	Error syscall.Errno // that the program sees
	Calls []Call
}

// Call is a system call, with the condition under which it is permitted all the same.
type Call struct {
	Name   string
	number uint32
	// permitted holds alternatives, each a list of tests that must all hold; with
	// none the call is always refused.
	permitted [][]test
}

// Conditional says whether the call is refused for some arguments only.
func (c Call) Conditional() bool { return c.permitted != nil }

// test looks at the low 32 bits of an argument: the kernel takes no more of most
// that are tested here, whatever a program puts above. Pointers have high ones too.
type test struct {
	argument int
	high     bool
	mask     uint32
	equal    bool   // or not
	value    uint32 // of the masked bits
}
