package files

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/optical-net/waveguard/yang/tree"
)

// get reads from a remote.
func (p *Policy) get(ctx context.Context, at place) ([]byte, error) {
	var content []byte
	err := p.transfer(ctx, at, http.MethodGet, nil, func(r *http.Response) (err error) {
		if r.StatusCode != http.StatusOK {
			return unexpected(at, r)
		}
		content, err = io.ReadAll(io.LimitReader(r.Body, p.MaximumBytes+1))
		if err == nil && int64(len(content)) > p.MaximumBytes {
			err = tooBig(p.MaximumBytes)
		}
		return err
	})
	return content, err
}

// put writes to a remote.
func (p *Policy) put(ctx context.Context, at place, content []byte) error {
	return p.transfer(ctx, at, http.MethodPut, content, func(r *http.Response) error {
		switch r.StatusCode {
		case http.StatusOK, http.StatusCreated, http.StatusNoContent:
			return nil
		}
		return unexpected(at, r)
	})
}

// transfer sends one request over a connection of its own and has the response read.
func (p *Policy) transfer(ctx context.Context, at place, method string, content []byte, read func(*http.Response) error) error {
	client, err := at.remote.client()
	if err != nil {
		return failed(tree.TagOperationFailed, "remote %q: %v", at.remote.Name, err)
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, at.url.String(), bytes.NewReader(content))
	if err != nil {
		return wrongURL("it cannot be read")
	}
	if content != nil {
		request.Header.Set("Content-Type", "application/xml")
	}
	response, err := client.Do(request)
	if err != nil {
		return p.transferError(at, err)
	}
	defer response.Body.Close()
	if err = read(response); err == nil {
		err = ctx.Err() // a server that sees the end of the connection may end its answer early, as if it were whole
	}
	return p.transferError(at, err)
}

// maxHeader bounds the header of a response, in octets.
const maxHeader = 64 << 10

// client returns a client that reaches the server directly and nothing else.
func (r *Remote) client() (*http.Client, error) {
	anchors, err := r.pool()
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // the environment's would see and choose whom the requests reach
			TLSClientConfig:        &tls.Config{RootCAs: anchors, MinVersion: tls.VersionTLS12},
			DisableCompression:     true, // so that the limit is on what was sent
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func unexpected(at place, r *http.Response) error {
	hint := ""
	if r.StatusCode/100 == 3 {
		hint = "; redirects are not followed: name the place itself"
	}
	tag := tree.TagOperationFailed
	if r.StatusCode == http.StatusNotFound {
		tag = tree.TagDataMissing
	}
	return failed(tag, "%s answers %d %s%s", shown(at.url), r.StatusCode, http.StatusText(r.StatusCode), hint)
}

// transferError says what went wrong without the URL's query, which errors of
// net/http repeat.
func (p *Policy) transferError(at place, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*tree.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return failed(tree.TagOperationFailed, "%s takes longer than %v; see system/files/config/timeout", shown(at.url), p.Timeout)
	case errors.Is(err, context.Canceled):
		return failed(tree.TagOperationFailed, "the session ended before the transfer did")
	}
	return failed(tree.TagOperationFailed, "%s: %v", shown(at.url), err)
}
