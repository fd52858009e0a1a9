package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// serverRole answers exchanges over the files it was given, or as a gRPC server at an
// address ("tcp", "127.0.0.1:0").
func serverRole(args []string, out *answers) error {
	s := &service{memory: make([]byte, mostPayload)}
	if args[0] == "grpc" {
		return serveGRPC(args[1], args[2], out, func(request []byte) []byte {
			reply := make([]byte, len(request))
			s.answer(request, reply)
			return reply
		})
	}
	out.say("ready")
	w := &stream{in: readEnd, out: writeEnd}
	err := w.serve(func(request, reply []byte) []byte {
		s.answer(request, reply)
		return reply[:len(request)]
	})
	out.say("%d", s.calls)
	return err
}

// clientRole makes exchanges over the files it was given, or with a gRPC server. Its orders are "PAYLOAD N", answered
// with nanoseconds.
func clientRole(args []string, out *answers) error {
	roundTrip := (&stream{in: readEnd, out: writeEnd}).roundTrip
	if args[0] == "grpc" {
		call, err := dialGRPC(args[1])
		if err != nil {
			return err
		}
		roundTrip = func(e *exchange) error {
			reply, err := call(e.request)
			copy(e.reply, reply)
			return err
		}
	}
	return out.serve(func(order []string) (string, error) {
		payload, err1 := strconv.Atoi(order[0])
		n, err2 := strconv.Atoi(order[1])
		if err1 != nil || err2 != nil {
			return "", fmt.Errorf("order %v", order)
		}
		e := newExchange(payload)
		began := time.Now()
		err := e.repeat(n, roundTrip)
		return fmt.Sprint(time.Since(began).Nanoseconds()), err
	})
}

const grpcMethod = "/costs.Costs/Exchange"

// serveGRPC serves one unary method, whose messages are bytes, says where, and then how many calls it
// answered when its input ends.
func serveGRPC(network, address string, out *answers, answer func(request []byte) []byte) error {
	l, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	calls := 0 // one at a time, from one client
	handler := func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		request := new(wrapperspb.BytesValue)
		if err := decode(request); err != nil {
			return nil, err
		}
		calls++
		return wrapperspb.Bytes(answer(request.Value)), nil
	}
	s := grpc.NewServer()
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: "costs.Costs", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Exchange", Handler: handler}},
	}, nil)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	target := l.Addr().String()
	if network == "unix" {
		target = "unix:" + target
	}
	out.say("ready")
	out.say("%s", target)
	for out.in.Scan() {
	}
	s.Stop()
	out.say("%d", calls)
	return <-served
}

func dialGRPC(target string) (func(request []byte) ([]byte, error), error) {
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return func(request []byte) ([]byte, error) {
		reply := new(wrapperspb.BytesValue)
		err := conn.Invoke(context.Background(), grpcMethod, wrapperspb.Bytes(request), reply)
		return reply.Value, err
	}, nil
}

// pair is a client and the server that answers it, two processes.
type pair struct{ client, server *child }

// startPair starts both, each on its processor. The way is "pipe", "stream", "seqpacket", "grpc-tcp" or "grpc-unix".
func startPair(way, dir string, near, far int) (p pair, err error) {
	switch way {
	case "grpc-tcp", "grpc-unix":
		args := []string{"grpc", "tcp", "127.0.0.1:0"}
		if way == "grpc-unix" {
			args = []string{"grpc", "unix", fmt.Sprintf("%s/%s%d%d", dir, way, near, far)}
		}
		if p.server, err = (spawn{role: "server", args: args, cpu: far}).start(); err != nil {
			return p, err
		}
		target, err := p.server.line()
		if err != nil {
			return p, err
		}
		p.client, err = spawn{role: "client", args: []string{"grpc", target}, cpu: near}.start()
		return p, err
	}
	here, there, err := link(way)
	if err != nil {
		return p, err
	}
	defer closeFiles(here, there)
	if p.server, err = (spawn{role: "server", args: []string{way}, cpu: far, files: there}).start(); err != nil {
		return p, err
	}
	p.client, err = spawn{role: "client", args: []string{way}, cpu: near, files: here}.start()
	return p, err
}

func closeFiles(ends ...[]*os.File) {
	for _, files := range ends {
		for _, f := range files {
			_ = f.Close()
		}
	}
}

// end ends both, and requires that the server answered so many calls.
func (p pair) end(calls uint64) error {
	if err := p.client.end(); err != nil {
		return err
	}
	if err := p.server.in.Close(); err != nil {
		return err
	}
	text, err := p.server.line()
	if err != nil {
		return err
	}
	if text != fmt.Sprint(calls) {
		return fmt.Errorf("%v: %d calls were made, the server counted %s", p.server.cmd.Args, calls, text)
	}
	return p.server.cmd.Wait()
}
