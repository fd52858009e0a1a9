package enforcement

// DepartedCells returns how many cells the histories of ended attachments have.
func (e *Engine) DepartedCells() (n int) {
	e.commit.Lock()
	defer e.commit.Unlock()
	for _, h := range e.departed {
		n += len(h.cells)
	}
	return n
}
