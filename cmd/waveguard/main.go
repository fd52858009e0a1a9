// Command waveguard is the operator's command of the Waveguard appliance: it
// shows and changes the policy over gNMI, watches what happens, and runs the
// demonstration node.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/command"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/launch"
)

func main() {
	launch.Stage() // does not return in the process of "waveguard run" that becomes the program
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := command.Run(ctx, os.Args[1:], command.Environment{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv})
	stop()
	os.Exit(status)
}
