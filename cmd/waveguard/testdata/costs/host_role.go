package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"

	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// hostRole is a process with so many services, hNNN and on, each in a domain of its own with a page
// of memory, that have all been run once and now wait. With the backend "-" it does not attach: the
// same memory without walls. Its arguments are those of csdk/host.c.
func hostRole(args []string, out *answers) error {
	first, err1 := strconv.Atoi(args[2])
	count, err2 := strconv.Atoi(args[3])
	if err1 != nil || err2 != nil {
		return fmt.Errorf("host %v", args)
	}
	host, err := settle(args[0], args[1], first, count)
	if err != nil {
		return err
	}
	debug.FreeOSMemory()
	out.say("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil || host == nil {
		return err
	}
	return host.Close()
}

// kept holds the memory of services without walls.
var kept [][]byte

const serviceMemory = 4096

func settle(socket, backend string, first, count int) (*waveguard.Host, error) {
	if backend == "-" {
		for range count {
			kept = append(kept, fill(make([]byte, serviceMemory)))
		}
		return nil, nil
	}
	b, err := backendNamed(backend)
	if err != nil {
		return nil, err
	}
	config := waveguard.Config{Socket: socket, Backend: b}
	for i := range count {
		config.Services = append(config.Services, waveguard.ServiceSpec{Name: hostName(first + i)})
	}
	host, err := waveguard.Attach(context.Background(), config)
	if err != nil {
		return nil, err
	}
	for _, s := range config.Services {
		region, err := host.Service(s.Name).NewRegion(serviceMemory)
		if err != nil {
			return nil, err
		}
		if err := host.Service(s.Name).Run(context.Background(), func(*waveguard.Thread) error {
			fill(region.Bytes())
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return host, nil
}

func fill(memory []byte) []byte {
	for i := range memory {
		memory[i] = 1
	}
	return memory
}
