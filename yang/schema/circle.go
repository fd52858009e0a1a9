package schema

// onCircle returns those of all that following next leads back to, in time
// linear in what there is to follow (Tarjan's strongly connected components).
func onCircle[T comparable](all []T, next func(T) []T) map[T]bool {
	w := circleWalk[T]{next: next, order: map[T]int{}, found: map[T]bool{}}
	for _, v := range all {
		if w.order[v] == 0 {
			w.visit(v)
		}
	}
	return w.found
}

type circleWalk[T comparable] struct {
	next  func(T) []T
	order map[T]int // in which it was reached, from 1; settled once its circles are known
	stack []T       // reached and not settled
	found map[T]bool
}

const settled = -1

// visit returns the earliest that is reached from v and not settled.
func (w *circleWalk[T]) visit(v T) int {
	mine, at := len(w.order)+1, len(w.stack)
	w.order[v] = mine
	w.stack = append(w.stack, v)
	low := mine
	for _, n := range w.next(v) {
		seen := w.order[n]
		if n == v {
			w.found[v] = true
		}
		if seen == 0 {
			seen = w.visit(n)
		}
		if seen != settled {
			low = min(low, seen)
		}
	}
	if low == mine {
		for _, n := range w.stack[at:] {
			w.order[n] = settled
			if len(w.stack)-at > 1 {
				w.found[n] = true
			}
		}
		w.stack = w.stack[:at]
		return settled
	}
	return low
}
