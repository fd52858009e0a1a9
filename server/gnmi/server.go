package gnmi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/schema"
)

// Server is the gNMI target. Make it with [New].
type Server struct {
	gpb.UnimplementedGNMIServer

	schema *schema.Set
	store  *datastore.Store
	access *access.Authority
	config Config
	limits Limits
	log    *slog.Logger
	names  names
	quota  quota

	// stopping ends when subscriptions have to.
	stopping context.Context
	stop     context.CancelFunc
}

// New returns a server.
func New(c Config) *Server {
	s := &Server{
		schema: c.Schema, store: c.Store, access: c.Access, config: c,
		limits: c.Limits.withDefaults(),
		log:    c.Logger,
		names:  newNames(c.Schema),
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.quota.most = s.limits.UserStreams
	s.stopping, s.stop = context.WithCancel(context.Background())
	return s
}

// Serve accepts connections until ctx ends or the listener fails, then ends all
// subscriptions, lets other calls in progress end, and closes the listener. It
// returns nil after ctx ended. A server serves once.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	if s.config.Certificate == nil && s.config.TLS == nil {
		listener.Close()
		return errors.New("serve gNMI: no TLS certificate")
	}
	g := s.grpc()
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		s.shutdown(g)
	})
	err := g.Serve(limit(listener, s.limits.Connections, access.NewLobby(s.limits.Strangers, s.log)))
	if stop() { // not ctx ended the listener
		s.shutdown(g)
		return fmt.Errorf("serve gNMI: %w", err)
	}
	<-ended
	return nil
}

// shutdown ends subscriptions at once and other calls when they are done, or
// when the limit is reached.
func (s *Server) shutdown(g *grpc.Server) {
	s.stop()
	late := time.AfterFunc(s.limits.ShutdownTimeout, g.Stop)
	defer late.Stop()
	g.GracefulStop()
}

func (s *Server) grpc() *grpc.Server {
	g := grpc.NewServer(
		grpc.Creds(transport{credentials.NewTLS(s.tlsConfig())}),
		grpc.InTapHandle(s.admit),
		grpc.MaxRecvMsgSize(s.limits.RequestBytes),
		grpc.MaxConcurrentStreams(uint32(s.limits.Streams)),
		grpc.ConnectionTimeout(s.limits.HandshakeTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: s.limits.KeepaliveEvery, Timeout: s.limits.KeepaliveEvery, MaxConnectionIdle: s.limits.IdleTimeout,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: s.limits.KeepaliveLeast, PermitWithoutStream: true}),
	)
	gpb.RegisterGNMIServer(g, s)
	reflection.Register(g)
	return g
}
