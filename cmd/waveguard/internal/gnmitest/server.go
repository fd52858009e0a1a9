package gnmitest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// The administrator.
const (
	User     = "admin"
	Password = "correct horse"
)

// Taken is the time of everything that the target says.
var Taken = time.Date(2026, 11, 23, 12, 0, 0, 250_000_000, time.UTC)

// Server is the target. Its fields are set before Serve.
type Server struct {
	gpb.UnimplementedGNMIServer

	Data    map[string]string        // JSON, or a string leaf if it does not start with {, by path
	Refusal error                    // if set, what Get and Set return
	Models  []string                 // that it serves
	Stream  []*gpb.SubscribeResponse // what a subscription gets; then it stays open

	mu         sync.Mutex
	sets       []*gpb.SetRequest
	subscribed *gpb.SubscribeRequest
}

// Listen makes a data directory as a daemon's, with certificate and password,
// and listens on an address.
func Listen(data, address string) (net.Listener, error) {
	certificate, pem, err := certify()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(data, "tls"), 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(data, "tls", "cert.pem"), pem, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(data, "admin-password"), []byte(Password+"\n"), 0o600); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return &certified{listener, certificate}, nil
}

// certified is a listener with the certificate to show.
type certified struct {
	net.Listener
	certificate tls.Certificate
}

// Serve answers until the context ends.
//
// Preconditions: the listener is from Listen.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	c := listener.(*certified)
	server := grpc.NewServer(
		grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{c.certificate}, MinVersion: tls.VersionTLS12})),
		grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			if err := authenticate(ctx); err != nil {
				return nil, err
			}
			return handler(ctx, request)
		}))
	gpb.RegisterGNMIServer(server, s)
	defer context.AfterFunc(ctx, server.Stop)()
	err := server.Serve(c.Listener)
	if ctx.Err() != nil && errors.Is(err, grpc.ErrServerStopped) {
		return nil // the context ended before this began
	}
	return err
}

// Sets returns the Set requests so far.
func (s *Server) Sets() []*gpb.SetRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sets)
}

// Subscribed returns the last Subscribe request, nil if there was none.
func (s *Server) Subscribed() *gpb.SubscribeRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.subscribed
}

func authenticate(ctx context.Context) error {
	fields, _ := metadata.FromIncomingContext(ctx)
	if !slices.Equal(fields.Get("username"), []string{User}) || !slices.Equal(fields.Get("password"), []string{Password}) {
		return status.Error(codes.Unauthenticated, "username or password is wrong")
	}
	return nil
}

// Capabilities implements gpb.GNMIServer.
func (s *Server) Capabilities(context.Context, *gpb.CapabilityRequest) (*gpb.CapabilityResponse, error) {
	r := &gpb.CapabilityResponse{GNMIVersion: "0.10.0"}
	for _, name := range s.Models {
		r.SupportedModels = append(r.SupportedModels, &gpb.ModelData{Name: name})
	}
	return r, nil
}

// Get implements gpb.GNMIServer.
func (s *Server) Get(_ context.Context, request *gpb.GetRequest) (*gpb.GetResponse, error) {
	if s.Refusal != nil {
		return nil, s.Refusal
	}
	reply := new(gpb.GetResponse)
	for _, path := range request.GetPath() {
		text, ok := s.Data[Format(path)]
		if !ok {
			return nil, status.Errorf(codes.NotFound, "no %s", Format(path))
		}
		value := &gpb.TypedValue{Value: &gpb.TypedValue_JsonIetfVal{JsonIetfVal: []byte(text)}}
		if !strings.HasPrefix(text, "{") {
			value = &gpb.TypedValue{Value: &gpb.TypedValue_StringVal{StringVal: text}}
		}
		reply.Notification = append(reply.Notification, &gpb.Notification{
			Timestamp: Taken.UnixNano(), Update: []*gpb.Update{{Path: path, Val: value}},
		})
	}
	return reply, nil
}

// Set implements gpb.GNMIServer.
func (s *Server) Set(_ context.Context, request *gpb.SetRequest) (*gpb.SetResponse, error) {
	if s.Refusal != nil {
		return nil, s.Refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sets = append(s.sets, request)
	return &gpb.SetResponse{Timestamp: Taken.UnixNano()}, nil
}

// Subscribe implements gpb.GNMIServer.
func (s *Server) Subscribe(stream gpb.GNMI_SubscribeServer) error {
	if err := authenticate(stream.Context()); err != nil {
		return err
	}
	request, err := stream.Recv()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.subscribed = request
	s.mu.Unlock()
	for _, reply := range s.Stream {
		if err := stream.Send(reply); err != nil {
			return err
		}
	}
	<-stream.Context().Done()
	return nil
}

// Format writes a path: /a/b[key=value].
func Format(path *gpb.Path) string {
	var b strings.Builder
	for _, element := range path.GetElem() {
		b.WriteString("/" + element.GetName())
		for _, key := range slices.Sorted(maps.Keys(element.GetKey())) {
			fmt.Fprintf(&b, "[%s=%s]", key, element.GetKey()[key])
		}
	}
	return b.String()
}
