package appliance

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
)

func generatePassword() string { return rand.Text() }

// readPassword returns the first line of a file.
func readPassword(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the administrator's password: %w; name a file that can be read with --init-password-file", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	line = strings.TrimSuffix(line, "\r")
	if strings.TrimSpace(line) == "" {
		return "", fmt.Errorf("the password file %s is empty; write the password on its first line", path)
	}
	return line, nil
}
