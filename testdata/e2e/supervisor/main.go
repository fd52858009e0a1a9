// Command supervisor runs the processes of an end-to-end test on the machine
// where it runs itself: see package supervise.
//
//	supervisor ADDRESS
//
// It says "supervisor listens on ADDRESS" when it does. It ends when it is
// asked to, and all processes with it.
package main

import (
	"fmt"
	"net"
	"os"

	"github.com/optical-net/waveguard/testdata/e2e/supervise"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "supervisor:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want one argument, the address to listen on")
	}
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	fmt.Println("supervisor listens on", l.Addr())
	return new(supervise.Supervisor).Serve(l)
}
