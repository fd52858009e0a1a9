package gnmi

import (
	"context"
	"errors"
	"net"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	"github.com/optical-net/waveguard/server/access"
)

// client is who makes a call.
type client struct {
	access.User
	source string // address
}

type clientKey struct{}

// caller returns who makes the call; [Server.admit] has put it in.
func caller(ctx context.Context) client {
	c, _ := ctx.Value(clientKey{}).(client)
	return c
}

// signIn finds out who makes a call: by the name and password in its metadata,
// else by the certificate of its connection. A name without password must be
// the certificate's (gNMI specification section 3.1).
func (s *Server) signIn(ctx context.Context) (client, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return client{}, status.Error(codes.Internal, "the call has no peer")
	}
	conn, ok := p.AuthInfo.(*connection)
	if !ok {
		return client{}, status.Error(codes.Unauthenticated, "the connection has no TLS")
	}
	c := client{source: host(p.Addr)}
	md, _ := metadata.FromIncomingContext(ctx)
	user, err := s.identify(conn, first(md, "username"), first(md, "password"), c.source)
	if err != nil {
		return c, err
	}
	c.User = user
	if conn.greet(user.Name) {
		s.access.LoggedIn(user)
		s.log.Info("signed in", "user", user.Name, "source", c.source)
	}
	return c, nil
}

func (s *Server) identify(conn *connection, name, password, source string) (access.User, error) {
	cn := s.certified(conn)
	switch {
	case name != "" && password != "":
		user, err := s.access.Authenticate(name, password, source)
		return user, s.refused(err, name, source)
	case name != "" && name != cn:
		return access.User{}, status.Error(codes.Unauthenticated, "the call has a username but no password, and no client certificate of that name")
	case cn != "":
		user, err := s.access.AuthenticateCert(cn)
		return user, s.refused(err, cn, source)
	}
	return access.User{}, status.Error(codes.Unauthenticated,
		"sign in: put username and password into the call's metadata, or use a client certificate")
}

// refused turns an error of signing in into a status.
func (s *Server) refused(err error, name, source string) error {
	if err == nil {
		return nil
	}
	s.log.Warn("sign-in refused", "user", name, "source", source, "reason", err)
	if throttled, ok := errors.AsType[*access.ThrottledError](err); ok {
		return status.Error(codes.Unauthenticated, throttled.Error())
	}
	return status.Error(codes.Unauthenticated, "username or password is wrong")
}

func first(md metadata.MD, key string) string {
	if v := md.Get(key); len(v) > 0 {
		return v[0]
	}
	return ""
}

// host returns an address without its port.
func host(addr net.Addr) string {
	h, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	return h
}

// operationOf names the methods in access control's terms: the operation of
// NETCONF that does the same, so that a rule holds for both. What is not listed
// anybody may call who is signed in: Capabilities, which NETCONF tells in its
// hello, and reflection.
var operationOf = map[string]access.Target{
	"/gnmi.gNMI/Get":       {Module: "ietf-netconf", Operation: "get"},
	"/gnmi.gNMI/Set":       {Module: "ietf-netconf", Operation: "edit-config"},
	"/gnmi.gNMI/Subscribe": {Module: "notifications", Operation: "create-subscription"},
}

// admit signs a call in and decides whether it may be made. It runs when the
// call's headers are there, before anything is taken of its messages: strangers
// get no memory. The connection waits meanwhile, so it tries one password at a
// time.
func (s *Server) admit(ctx context.Context, call *tap.Info) (context.Context, error) {
	c, err := s.signIn(ctx)
	if err != nil {
		return ctx, err
	}
	if op, ruled := operationOf[call.FullMethodName]; ruled {
		if err := s.access.Decide(c.User, access.Exec, op); err != nil {
			return ctx, toStatus(err)
		}
	}
	return context.WithValue(ctx, clientKey{}, c), nil
}
