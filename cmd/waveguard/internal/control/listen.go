package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

const (
	maxRequestBytes = 4096
	idleTime        = time.Minute // a client may keep silent this long
	maxClients      = 32
)

// Handler answers requests, several at once.
type Handler func(context.Context, Request) Reply

// Listen opens a control socket that only the user may connect to. It takes
// the place of a socket that a node left behind, and returns an error if a
// node still answers there.
func Listen(path string) (net.Listener, error) {
	if conn, err := net.Dial("unix", path); err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("listen on %s: a node is there already; stop it, or choose another --control", path)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == os.ModeSocket {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove socket of a former node: %w", err)
		}
	}
	return listenPrivate(path)
}

// Serve answers clients until the context ends, and closes the listener.
func Serve(ctx context.Context, listener net.Listener, handler Handler) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	slots := make(chan struct{}, maxClients)
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return errors.Join(fmt.Errorf("accept a client: %w", err), listener.Close())
		}
		slots <- struct{}{}
		clients.Go(func() {
			serve(ctx, conn, handler)
			<-slots
		})
	}
}

func serve(ctx context.Context, conn net.Conn, handler Handler) {
	defer conn.Close() //nolint:errcheck // nothing is lost
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 0, 512), maxRequestBytes)
	answers := json.NewEncoder(conn)
	for {
		_ = conn.SetDeadline(time.Now().Add(idleTime))
		if !lines.Scan() {
			return
		}
		if err := answers.Encode(answer(ctx, lines.Bytes(), handler)); err != nil {
			return
		}
	}
}

func answer(ctx context.Context, line []byte, handler Handler) Reply {
	var request Request
	if err := json.Unmarshal(line, &request); err != nil {
		return Reply{Error: fmt.Sprintf("a request is one line of JSON such as {\"command\":\"status\"}: %v", err)}
	}
	return handler(ctx, request)
}
