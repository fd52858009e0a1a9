package supervise

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Supervisor has the processes of one machine.
type Supervisor struct {
	mu        sync.Mutex
	processes map[string]*process // the latest of each name
}

// errQuit ends Serve in good order.
var errQuit = errors.New("asked to quit")

// Serve answers requests until one is to quit, and ends all processes.
func (s *Supervisor) Serve(l net.Listener) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { l.Close() })()
	defer s.endAll()
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := l.Accept()
		if errors.Is(context.Cause(ctx), errQuit) {
			return nil
		}
		if err != nil {
			return err
		}
		clients.Go(func() {
			defer conn.Close()
			if err := s.answer(ctx, conn); errors.Is(err, errQuit) {
				cancel(err)
			}
		})
	}
}

func (s *Supervisor) answer(ctx context.Context, conn net.Conn) error {
	var request Request
	if err := json.NewDecoder(conn).Decode(&request); err != nil {
		return json.NewEncoder(conn).Encode(Reply{Error: "read the request: " + err.Error()})
	}
	ctx, cancel := context.WithTimeout(ctx, request.Within)
	defer cancel()
	reply, err := s.do(ctx, request)
	if err != nil && !errors.Is(err, errQuit) {
		reply.Error = fmt.Sprintf("%s %s: %v", request.Op, request.Name+request.Path, err)
	}
	return errors.Join(err, json.NewEncoder(conn).Encode(reply))
}

func (s *Supervisor) do(ctx context.Context, r Request) (reply Reply, err error) {
	switch r.Op {
	case Ping:
	case Start:
		return s.start(r)
	case Look:
		return s.look(r.Name)
	case Kill:
		return s.kill(ctx, r)
	case Run:
		return run(ctx, r.Args)
	case Read:
		reply.Data, err = os.ReadFile(r.Path)
	case Write:
		err = os.WriteFile(r.Path, r.Data, 0o600)
	case Quit:
		err = errQuit
	default:
		err = errors.New("unknown operation")
	}
	return reply, err
}

func (s *Supervisor) start(r Request) (Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.processes[r.Name]; p != nil && p.running() {
		return Reply{}, fmt.Errorf("it is running already, as process %d", p.cmd.Process.Pid)
	}
	p, err := start(r.Args)
	if err != nil {
		return Reply{}, err
	}
	if s.processes == nil {
		s.processes = map[string]*process{}
	}
	s.processes[r.Name] = p
	return Reply{PID: p.cmd.Process.Pid}, nil
}

func (s *Supervisor) process(name string) (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.processes[name]; p != nil {
		return p, nil
	}
	return nil, errors.New("it was never started")
}

func (s *Supervisor) look(name string) (Reply, error) {
	p, err := s.process(name)
	if err != nil {
		return Reply{}, err
	}
	return p.look(), nil
}

func (s *Supervisor) kill(ctx context.Context, r Request) (Reply, error) {
	p, err := s.process(r.Name)
	if err != nil {
		return Reply{}, err
	}
	if err := p.cmd.Process.Signal(unix.Signal(r.Signal)); err != nil {
		return p.look(), err
	}
	select {
	case <-p.ended:
		return p.look(), nil
	case <-ctx.Done():
		return p.look(), fmt.Errorf("it goes on after %v", unix.Signal(r.Signal))
	}
}

func (s *Supervisor) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.processes {
		if p.running() {
			_ = p.cmd.Process.Kill()
			<-p.ended
		}
	}
}

func run(ctx context.Context, args []string) (Reply, error) {
	if len(args) == 0 {
		return Reply{}, errors.New("no command given")
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return Reply{}, err
	}
	reply := Reply{PID: cmd.ProcessState.Pid(), Status: status(cmd), Output: stdout.String(), Errors: stderr.String()}
	if ctx.Err() != nil {
		return reply, fmt.Errorf("%s did not end in time; it said: %s%s", args[0], &stdout, &stderr)
	}
	return reply, nil
}
