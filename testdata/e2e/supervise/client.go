package supervise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"
)

const defaultWithin = 20 * time.Second

// Ask sends a request to the supervisor at a TCP address. Beyond what the
// request may take, the reply has slack time to come.
func Ask(ctx context.Context, address string, request Request) (Reply, error) {
	const slack = 10 * time.Second
	if request.Within == 0 {
		request.Within = defaultWithin
	}
	ctx, cancel := context.WithTimeout(ctx, request.Within+slack)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return Reply{}, fmt.Errorf("ask the supervisor: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var reply Reply
	err = json.NewEncoder(conn).Encode(request)
	if err == nil {
		err = json.NewDecoder(conn).Decode(&reply)
	}
	if err != nil {
		return reply, fmt.Errorf("ask the supervisor to %s: %w", request.Op, errors.Join(context.Cause(ctx), err))
	}
	if reply.Error != "" {
		return reply, errors.New(reply.Error)
	}
	return reply, nil
}
