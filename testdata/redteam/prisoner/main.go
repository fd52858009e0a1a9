//go:build linux && amd64

// Command prisoner is what the red team's programs are run by, and the one in Go. Its
// arguments are its orders, each followed by what belongs to it:
//
//	container ROOT ...            make a container of a folder, and go on in it
//	confine POLICY PROGRAM ...    confine itself, and execute a program
//	attack KIND WAY               take a way of package redteam behind walls
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/confine"
	"github.com/optical-net/waveguard/testdata/redteam"
)

func main() {
	redteam.Help()
	if err := obey(os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func obey(orders []string) error {
	if len(orders) < 3 {
		return fmt.Errorf("orders %q are incomplete", orders)
	}
	switch orders[0] {
	case "container":
		return confinedIn(orders[1], orders[2:])
	case "confine":
		return confined(orders[1], orders[2:])
	case "attack":
		if err := attack(orders[1], orders[2]); err != nil {
			fmt.Println(err)
		}
		return nil
	}
	return errors.New("there is no order " + orders[0])
}

// confined executes a program as waveguard run does.
func confined(policy string, program []string) error {
	var p *confine.Policy
	err := json.Unmarshal([]byte(policy), &p)
	if err == nil && p != nil {
		err = confine.Apply(*p)
	}
	if err != nil {
		return err
	}
	return unix.Exec(program[0], program, os.Environ())
}
