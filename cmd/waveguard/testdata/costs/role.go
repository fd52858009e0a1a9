package main

import (
	"bufio"
	"fmt"
	"os"
)

// A role is what a child process does. It says that it is ready, then answers
// each order with a line.
type role func(args []string, out *answers) error

// roles, by the name that the parent gives.
var roles map[string]role

func init() {
	roles = map[string]role{
		"call":     callRole,
		"client":   clientRole,
		"server":   serverRole,
		"host":     hostRole,
		"engine":   engineRole,
		"workload": workloadRole,
		"part":     partRole,
	}
}

// roleVariable names the role of a child in its environment.
const roleVariable = "WAVEGUARD_COSTS_ROLE"

// playRole does what a child was started for. It returns false in the process
// that people start.
func playRole(args []string) (child bool) {
	name := os.Getenv(roleVariable)
	if name == "" {
		return false
	}
	out := &answers{in: bufio.NewScanner(os.Stdin)}
	if err := roles[name](args, out); err != nil {
		out.say("error %v", err)
		os.Exit(1)
	}
	return true
}

// answers is a child's side of the conversation.
type answers struct{ in *bufio.Scanner }

func (a *answers) say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// serve answers orders until the parent closes the child's input.
func (a *answers) serve(answer func(order []string) (string, error)) error {
	a.say("ready")
	for a.in.Scan() {
		text, err := answer(fields(a.in.Text()))
		if err != nil {
			return err
		}
		a.say("%s", text)
	}
	return a.in.Err()
}
