package access

import "time"

// Cheap makes hashing cheap for the tests that are not about its cost.
func Cheap() (undo func()) {
	old := defaultParams
	defaultParams = params{memory: 64, passes: 1, threads: 1}
	return func() { defaultParams = old }
}

// SetClock replaces the authority's clock.
func (a *Authority) SetClock(now func() time.Time) { a.now = now }

// CheckHash says whether a PHC string is well formed and verifies the password.
func CheckHash(text, password string) (bool, error) {
	h, err := parsePHC(text)
	if err != nil {
		return false, err
	}
	return h.verify(password), nil
}
