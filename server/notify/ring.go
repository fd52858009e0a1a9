package notify

// ring is a queue whose memory grows to the most it ever held at once.
type ring struct {
	slots []Notification
	head  int
	n     int
}

func (r *ring) len() int { return r.n }

func (r *ring) push(n Notification) {
	if r.n == len(r.slots) {
		r.grow()
	}
	r.slots[(r.head+r.n)%len(r.slots)] = n
	r.n++
}

func (r *ring) pop() (n Notification, ok bool) {
	if r.n == 0 {
		return n, false
	}
	n, r.slots[r.head] = r.slots[r.head], Notification{} // lets the content go
	r.head = (r.head + 1) % len(r.slots)
	r.n--
	return n, true
}

func (r *ring) grow() {
	slots := make([]Notification, max(8, 2*len(r.slots)))
	for i := range r.n {
		slots[i] = r.slots[(r.head+i)%len(r.slots)]
	}
	r.slots, r.head = slots, 0
}
