package mpk

// Goroutine returns a number of the calling goroutine, which no other has that
// lives at the same time; 0 on platforms where no thread has rights of its own.
func Goroutine() uintptr
