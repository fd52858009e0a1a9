package netconf

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// Files reads and writes the configurations that clients name by URL (RFC 6241
// section 8.8). It decides which URLs there are; access control has permitted the
// operation when it is asked. Its methods are called concurrently, without a lock of a
// datastore, and end when ctx does. Errors of yang/tree reach the client as they are,
// any other as operation-failed: they hold no credentials.
type Files interface {
	// Schemes returns the schemes of the URLs that are served now; none: no URL is.
	Schemes() []string
	Read(ctx context.Context, url string) ([]byte, error)
	Write(ctx context.Context, url string, content []byte) error
	Delete(ctx context.Context, url string) error
}

// announced returns the capabilities at this moment: those that never change, and
// which URLs are served (RFC 6241 section 8.8.3).
func (s *Server) announced() []string {
	if s.config.Files == nil {
		return s.capabilities
	}
	url := urlCapability(s.config.Files.Schemes())
	if url == "" {
		return s.capabilities
	}
	return append(s.capabilities[:len(s.capabilities):len(s.capabilities)], url)
}

// urlCapability returns the capability of a server of those schemes; "" for none.
func urlCapability(schemes []string) string {
	if len(schemes) == 0 {
		return ""
	}
	return "urn:ietf:params:netconf:capability:url:1.0?scheme=" + strings.Join(schemes, ",")
}

// urlsChanged tells, if a change of running made it so, that other URLs are served than
// were (RFC 6470 section 2.2). It is called for one change after another.
func (s *Server) urlsChanged(by datastore.Actor) {
	if s.config.Files == nil {
		return
	}
	was, now := s.toldURLs, urlCapability(s.config.Files.Schemes())
	if was == now {
		return
	}
	s.toldURLs = now
	s.publish("netconf-capability-change", func(n *nodes) {
		n.changedBy(by)
		switch {
		case was == "":
			n.leafList("added-capability", []string{now})
		case now == "":
			n.leafList("deleted-capability", []string{was})
		default:
			n.leafList("modified-capability", []string{now})
		}
	})
}

// urlIn returns the URL that a source or target parameter names; ok is false when it
// names something else, or when this server has no URLs.
func (s *Session) urlIn(e *xml.Element) (url string, ok bool) {
	u := e.Child(nsBase, "url")
	if u == nil || len(e.Children) != 1 || s.server.config.Files == nil {
		return "", false
	}
	return u.TrimmedText(), true
}

// fetch reads the element <config> that is at a URL (RFC 6241 section 8.8).
func (s *Session) fetch(ctx context.Context, url string) (*xml.Element, error) {
	content, err := s.server.config.Files.Read(ctx, url)
	if err != nil {
		return nil, err
	}
	s.log.Info("configuration read", "url", told(url))
	config, err := xml.Parse(content, s.server.xmlLimits)
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok && syntax.TooBig {
		return nil, protocolError(tagTooBig, "what the url names is too large: "+err.Error())
	}
	if err != nil {
		return nil, protocolError(tagOperationFailed, "what the url names is no XML: "+err.Error(), "bad-element", "url")
	}
	if config.Name != (xml.Name{Space: nsBase, Local: "config"}) {
		return nil, protocolError(tagOperationFailed, "what the url names is no element config in "+nsBase, "bad-element", "url")
	}
	return config, nil
}

// editContent returns the element with the edit of edit-config or edit-data: it is in
// the request, or where a URL says.
func (s *Session) editContent(ctx context.Context, p *params) (*xml.Element, error) {
	u := p.get("url")
	switch {
	case u == nil:
		return p.require("config")
	case s.server.config.Files == nil:
		return nil, unknownParameter(p.op, "url")
	case p.get("config") != nil:
		return nil, protocolError(tagBadElement, "config and url exclude each other", "bad-element", "url")
	}
	url, err := p.text("url", "")
	if err != nil {
		return nil, err
	}
	return s.fetch(ctx, url)
}

// copyToURL writes a configuration to a URL (RFC 6241 section 8.8.5.2), with the
// defaults that the client asks for (RFC 6243 section 4.5.3).
func (s *Session) copyToURL(ctx context.Context, p *params, url string) error {
	from, err := s.sourceOf(ctx, p)
	if err != nil {
		return err
	}
	if from.url == url {
		return protocolError(tagInvalidValue, "a configuration cannot be copied to itself", "bad-element", "source")
	}
	mode, err := oneOf(p, "with-defaults", withDefaults)
	if err != nil {
		return err
	}
	content, err := s.document(from, mode)
	if err != nil {
		return err
	}
	if err := s.server.config.Files.Write(ctx, url, content); err != nil {
		return err
	}
	s.log.Info("configuration written", "url", told(url))
	return nil
}

// told is a URL as the log has it: without a query, which may be a secret.
func told(url string) string {
	before, _, _ := strings.Cut(url, "?")
	return before
}

// document writes a configuration as an element <config>.
//
// RFC 8341 section 3.2.4: what the user cannot read is not written, even if a file has
// it that somebody else made.
func (s *Session) document(from source, mode xml.Defaults) ([]byte, error) {
	visible := s.readable
	if from.inline {
		visible = func(t *tree.Tree) *tree.Tree { return t }
	}
	t := visible(from.tree)
	t = visible(s.server.defaults.fill(t, t.Root(), reporting{mode: mode, scope: tree.ConfigOnly}))
	opt := xml.EncodeOptions{Indent: "  "}
	if mode == xml.Trim {
		opt.Defaults = mode
	}
	var b bytes.Buffer
	b.WriteString(xmlHeader + "\n" + `<config xmlns="` + nsBase + `">` + "\n")
	if err := xml.Encode(&b, t.Root(), opt); err != nil {
		return nil, err
	}
	b.WriteString("\n</config>\n")
	return b.Bytes(), nil
}

// deleteURL removes what a URL names (RFC 6241 section 8.8.5.3).
func (s *Session) deleteURL(ctx context.Context, url string) error {
	if err := s.server.config.Files.Delete(ctx, url); err != nil {
		return err
	}
	s.log.Info("configuration deleted", "url", told(url))
	return nil
}
