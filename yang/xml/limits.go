package xml

import "fmt"

// Limits bound what Parse accepts. A zero field takes the default.
type Limits struct {
	Bytes      int // of the document; default 16 MiB
	Depth      int // of nested elements; default 128
	Attributes int // in one start tag, namespace declarations included; default 64
	Namespaces int // declarations in force at one place; default 256
	Elements   int // of the document; default 1 Mi
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.Bytes, 16<<20)
	orDefault(&l.Depth, 128)
	orDefault(&l.Attributes, 64)
	orDefault(&l.Namespaces, 256)
	orDefault(&l.Elements, 1<<20)
	return l
}

func orDefault(v *int, d int) {
	if *v == 0 {
		*v = d
	}
}

// SyntaxError says why and where a document is not acceptable XML.
type SyntaxError struct {
	Line, Column int // from 1; the column counts bytes
	Message      string
	// TooBig says that the document may be well-formed and exceeds a limit.
	TooBig bool
}

// Error implements the error interface.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}
