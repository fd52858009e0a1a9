package command

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

// Environment is what the command is given by whoever starts it.
type Environment struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
}

// session is one run of a command.
type session struct {
	Environment
	*options
	command *command
	args    []string
}

// palette is for output on stdout.
func (s *session) palette() text.Palette { return text.PaletteFor(s.Stdout, s.Getenv) }

// misused says what is wrong with the command line.
func (s *session) misused(message string) error { return &usageError{s.command, message} }

// ask connects, and runs f for no longer than the timeout.
func (s *session) ask(ctx context.Context, f func(context.Context, *appliance.Client) error) error {
	return s.connect(func(client *appliance.Client) error {
		return s.limited(ctx, func(ctx context.Context) error { return f(ctx, client) })
	})
}

// limited runs f for no longer than the timeout.
func (s *session) limited(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return f(ctx)
}

func (s *session) connect(f func(*appliance.Client) error) error {
	client, err := appliance.Dial(s.Config)
	if err != nil {
		return err
	}
	return errors.Join(f(client), client.Close())
}

// writeJSON writes a result for programs.
func (s *session) writeJSON(result any) error {
	encoder := json.NewEncoder(s.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(result)
}
