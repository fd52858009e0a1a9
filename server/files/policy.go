package files

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Policy is what may be reached, as /mpk-security/system/files says.
type Policy struct {
	File         bool  // whether the folder is served
	QuotaBytes   int64 // of all files in the folder
	MaximumBytes int64 // of one configuration
	Timeout      time.Duration
	Remotes      []Remote
}

// Remote is a server that may be reached, or a part of it.
type Remote struct {
	Name   string
	Prefix string // of the URLs
	Write  bool
	// Anchors are certificates in PEM form; with none, the host's are trusted.
	Anchors []string
}

// module is where the policy is configured.
const module = "mpk-security-files"

// PolicyOf returns the policy that a configuration has. In a schema without the
// module nothing may be reached.
func PolicyOf(t *tree.Tree) Policy {
	c := filesIn(t)
	if c == nil {
		return Policy{}
	}
	config := c.child("config")
	p := Policy{
		File:         config.text("file-enabled") == "true",
		QuotaBytes:   config.number("quota"),
		MaximumBytes: config.number("maximum-size"),
		Timeout:      time.Duration(config.number("timeout")) * time.Second,
	}
	for _, e := range c.child("remotes").entries("remote") {
		config := e.child("config")
		p.Remotes = append(p.Remotes, Remote{
			Name: config.text("name"), Prefix: config.text("prefix"),
			Write: config.text("write") == "true", Anchors: config.texts("trust-anchor"),
		})
	}
	return p
}

// Check returns what is wrong with the policy of a configuration beyond what its
// module says: ports that do not exist, and trust anchors that are no certificates.
func Check(next *tree.Tree) (all []*tree.Error) {
	for _, r := range PolicyOf(next).Remotes {
		if _, err := r.base(); err != nil {
			all = append(all, wrongRemote(next, r, "prefix", err))
		}
		if _, err := r.pool(); err != nil {
			all = append(all, wrongRemote(next, r, "trust-anchor", err))
		}
	}
	return all
}

func wrongRemote(t *tree.Tree, r Remote, leaf string, err error) *tree.Error {
	path, _ := t.Schema().ParsePath("/mpk-security:mpk-security/system/" + module + ":files/remotes")
	list := filesIn(t).child("remotes").schema.Child(module, "remote")
	key := list.Child(module, "name").Type.Unchecked(r.Name)
	path = append(path, schema.PathStep{Node: list, Keys: []schema.Value{key}})
	return &tree.Error{Tag: tree.TagInvalidValue, Path: path, Message: fmt.Sprintf("%s: %v", leaf, err)}
}

// base returns the prefix as a URL.
func (r *Remote) base() (*url.URL, error) {
	u, err := url.Parse(r.Prefix)
	if err != nil {
		return nil, fmt.Errorf("read the prefix: %w", err)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("%s is no port: it can be 1 to 65535", port)
		}
	}
	if u.Scheme != "https" || u.Host == "" || !strings.HasSuffix(u.Path, "/") {
		return nil, fmt.Errorf("%q is no prefix: write https://HOST/FOLDER/", r.Prefix)
	}
	return u, nil
}

// pool returns the certificates to trust; nil are the host's.
func (r *Remote) pool() (*x509.CertPool, error) {
	if len(r.Anchors) == 0 {
		return nil, nil
	}
	pool := x509.NewCertPool()
	for _, text := range r.Anchors {
		block, rest := pem.Decode([]byte(text))
		if block == nil || block.Type != "CERTIFICATE" || strings.TrimSpace(string(rest)) != "" {
			return nil, fmt.Errorf("it is not one certificate in PEM form, BEGIN CERTIFICATE to END CERTIFICATE")
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read the certificate: %w", err)
		}
		pool.AddCert(cert)
	}
	return pool, nil
}
