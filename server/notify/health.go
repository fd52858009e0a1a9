package notify

// Stored returns why the log cannot be written at present; nil if it can, or if
// there is none.
func (h *Hub) Stored() error {
	if h.disk == nil {
		return nil
	}
	if err := h.disk.trouble.Load(); err != nil {
		return *err
	}
	return nil
}
