package text

import "fmt"

// Counted says how many things there are: "1 error", "2 errors".
func Counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
