package appliance

import (
	"context"
	"fmt"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// maxReplyBytes is room for a policy of some ten thousand transitions.
const maxReplyBytes = 64 << 20

// Config says which appliance to talk to, and as whom.
type Config struct {
	Address      string // host and port
	User         string
	PasswordFile string // empty for admin-password in Data, if it is there
	CA           string // in PEM form; empty for tls/cert.pem in Data, if it is there
	Data         string // the data directory of a daemon on this host
}

// Client is a connection to an appliance. It is made by Dial.
type Client struct {
	config       Config
	trusted      string // which certificates, in words
	passwordFrom string // file; empty if there is no password
	connection   *grpc.ClientConn
	gnmi         gpb.GNMIClient
}

// Dial prepares a connection; the first request makes it. It returns an
// ErrRefused or ErrUnreachable error for files that it can't use.
func Dial(config Config) (*Client, error) {
	password, from, err := config.password()
	if err != nil {
		return nil, err
	}
	trust, trusted, err := config.loadTrust()
	if err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient("passthrough:///"+config.Address,
		grpc.WithTransportCredentials(credentials.NewTLS(trust)),
		grpc.WithPerRPCCredentials(login{config.User, password}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReplyBytes)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: time.Minute, Timeout: 20 * time.Second}))
	if err != nil {
		return nil, &Error{ErrUnreachable, fmt.Sprintf("cannot use address %q: %v", config.Address, err), "Give --address as HOST:PORT."}
	}
	return &Client{
		config: config, trusted: trusted, passwordFrom: from,
		connection: connection, gnmi: gpb.NewGNMIClient(connection),
	}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.connection.Close() }

// Models returns the names of the YANG modules that the appliance serves.
func (c *Client) Models(ctx context.Context) (names []string, err error) {
	r, err := c.gnmi.Capabilities(ctx, &gpb.CapabilityRequest{})
	for _, m := range r.GetSupportedModels() {
		names = append(names, m.GetName())
	}
	return names, c.explain(err)
}

// Check asks for the appliance's capabilities, and thus whether it is there
// and takes the user's password.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.gnmi.Capabilities(ctx, &gpb.CapabilityRequest{})
	return c.explain(err)
}
