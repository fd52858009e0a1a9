package json

// Limits bound what a decoder accepts. A zero field takes the default.
type Limits struct {
	Bytes  int // of the document; default 16 MiB
	Depth  int // of nested objects and arrays; default 128
	Values int // of the document; default 1 Mi
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.Bytes, 16<<20)
	orDefault(&l.Depth, 128)
	orDefault(&l.Values, 1<<20)
	return l
}

func orDefault(v *int, d int) {
	if *v == 0 {
		*v = d
	}
}
