package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
)

// agree asks for a yes; the error says that there was none. It does not wait longer
// than ctx lasts.
func (s *session) agree(ctx context.Context, question string) error {
	if _, err := fmt.Fprint(s.Stderr, question); err != nil {
		return err
	}
	answer := make(chan string, 1)
	go func() {
		if s.Stdin == nil {
			answer <- ""
			return
		}
		line, _ := bufio.NewReader(s.Stdin).ReadString('\n')
		answer <- line
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(s.Stderr)
		return errors.New("interrupted; nothing was changed")
	case line := <-answer:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		case "":
			if line == "" {
				fmt.Fprintln(s.Stderr)
				return errors.New("nobody answered, so nothing was changed; where nobody can be asked, give --yes")
			}
		}
		return errors.New("nothing was changed")
	}
}
