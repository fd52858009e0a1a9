package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// tell writes what is done, or what came back, for who reads along (-v).
func tell(t *testing.T, format string, args ...any) {
	text := strings.TrimRight(fmt.Sprintf(format, args...), "\n")
	fmt.Fprintln(t.Output(), strings.ReplaceAll(text, "\n", "\n  "))
}

// tellBriefly tells the beginning of something long.
func tellBriefly(t *testing.T, text string, lines int) {
	all := strings.Split(strings.TrimSpace(text), "\n")
	if more := len(all) - lines; more > 0 {
		all = append(all[:lines], fmt.Sprintf("... and %d lines more", more))
	}
	tell(t, "%s", strings.Join(all, "\n"))
}

// tail returns the last lines of a text.
func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// pretty breaks XML into lines, an element with nothing but text on one.
func pretty(xml string) string {
	var b strings.Builder
	depth := 0
	opened := false // the tag before opens an element
	for i, part := range strings.Split(strings.ReplaceAll(xml, "><", ">\x00<"), "\x00") {
		closing := strings.HasPrefix(part, "</")
		if closing {
			depth--
		}
		if i > 0 && !(closing && opened) {
			b.WriteString("\n" + strings.Repeat("  ", max(0, depth)))
		}
		b.WriteString(part)
		opened = !closing && !strings.HasSuffix(part, "/>") && !strings.HasPrefix(part, "<?") && !strings.Contains(part, "</")
		if opened {
			depth++
		}
	}
	return b.String()
}
