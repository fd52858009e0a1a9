package appliance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// login sends the user's name and password with each RPC, over TLS only.
type login struct{ user, password string }

// GetRequestMetadata implements credentials.PerRPCCredentials. The names are
// those that gNMI targets take.
func (l login) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"username": l.user, "password": l.password}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (login) RequireTransportSecurity() bool { return true }

// Password returns the password and the file it is from; both are empty if no file
// was named and the data directory has none. An ErrRefused error says that the file
// cannot be read.
func (c Config) Password() (password, file string, err error) {
	file = c.PasswordFile
	if file == "" {
		file = filepath.Join(c.Data, "admin-password")
	}
	text, err := os.ReadFile(file)
	if c.PasswordFile == "" && errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	if err != nil {
		return "", "", &Error{
			ErrRefused, fmt.Sprintf("cannot read the password: %v", err),
			"Run as the user who started the daemon, or name a file that you can read with --password-file.",
		}
	}
	return strings.TrimRight(string(text), "\r\n"), file, nil
}

// password is Password for the appliance that is trusted: that of the data directory is
// for the daemon there, and not for one that is known by another certificate.
func (c Config) password() (password, file string, err error) {
	if c.CA != "" && c.PasswordFile == "" {
		return "", "", nil
	}
	return c.Password()
}

// loadTrust returns the certificates to trust, and their place in words: a
// file that was named, else that of the data directory, else the system's.
func (c Config) loadTrust() (*tls.Config, string, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	file := c.CA
	if file == "" {
		file = filepath.Join(c.Data, "tls", "cert.pem")
	}
	text, err := os.ReadFile(file)
	if c.CA == "" && errors.Is(err, fs.ErrNotExist) {
		return trust, "the certificates this system trusts", nil
	}
	if err != nil {
		return nil, "", &Error{ErrUnreachable, fmt.Sprintf("cannot read the certificate to trust: %v", err), "Name one that you can read with --ca FILE."}
	}
	trust.RootCAs = x509.NewCertPool()
	if !trust.RootCAs.AppendCertsFromPEM(text) {
		return nil, "", &Error{ErrUnreachable, fmt.Sprintf("%s holds no certificate in PEM form", file), "Name the appliance's certificate with --ca FILE."}
	}
	return trust, file, nil
}
