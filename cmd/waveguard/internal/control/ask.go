package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
)

// ErrRefused marks what a node answered instead of what was asked for.
var ErrRefused = errors.New("the node refused")

// Ask sends one request to the node at a control socket. It returns the
// socket's error if nobody listens, and ErrRefused with the node's words.
func Ask(ctx context.Context, path string, request Request) (Reply, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err != nil {
		return Reply{}, err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := json.NewEncoder(conn).Encode(request); err != nil {
		return Reply{}, fmt.Errorf("ask the node: %w", err)
	}
	var reply Reply
	if err := json.NewDecoder(conn).Decode(&reply); err != nil {
		return Reply{}, errors.Join(context.Cause(ctx), fmt.Errorf("wait for the node's reply: %w", err))
	}
	if reply.Error != "" {
		return Reply{}, fmt.Errorf("%w: %s", ErrRefused, reply.Error)
	}
	return reply, nil
}
