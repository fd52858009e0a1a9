package files

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// site is an HTTPS server that a shelf may use below /wg/.
type site struct {
	*shelf
	server *httptest.Server
	asked  atomic.Int32
}

// serve starts a site; what handle does not know is answered 404.
func serve(t *testing.T, handle map[string]http.HandlerFunc) *site {
	t.Helper()
	s := &site{shelf: open(t)}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if h := handle[r.Method+" "+r.URL.Path]; h != nil {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.StartTLS()
	t.Cleanup(s.server.Close)
	anchor := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.server.Certificate().Raw})
	s.policy.Remotes = []Remote{{Name: "site", Prefix: s.server.URL + "/wg/", Write: true, Anchors: []string{string(anchor)}}}
	s.policy.Timeout = time.Minute
	return s
}

func (s *site) url(name string) string { return s.server.URL + "/wg/" + name }

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
}

func TestRemote(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	var got string
	s := serve(t, map[string]http.HandlerFunc{
		"GET /wg/a.xml": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<a "+r.URL.RawQuery+"/>") },
		"PUT /wg/b.xml": func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = r.Header.Get("Content-Type") + " " + string(body)
			w.WriteHeader(http.StatusCreated)
		},
		"GET /wg/moved": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/wg/a.xml", http.StatusFound) },
		"PUT /wg/moved": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"GET /wg/large":  say(strings.Repeat("x", 1<<17)),
		"GET /wg/fits":   say(strings.Repeat("x", 1<<16)),
		"GET /wg/header": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 2*maxHeader)) },
	})
	s.read(s.url("a.xml?q=1"), "<a q=1/>", "")
	s.write(s.url("b.xml"), "<b/>", "")
	if got != "application/xml <b/>" {
		t.Errorf("the server was sent %q", got)
	}
	s.read(s.url("fits"), strings.Repeat("x", 1<<16), "")
	s.read(s.url("none.xml"), "", tree.TagDataMissing)
	s.read(s.url("header"), "", tree.TagOperationFailed)
	s.write(s.url("moved"), "x", tree.TagOperationFailed)
	before := s.asked.Load()
	s.read(s.url("moved"), "", tree.TagOperationFailed)
	if s.asked.Load() != before+1 {
		t.Error("the redirect was followed")
	}
	if _, err := s.Read(t.Context(), s.url("large")); err == nil || !strings.Contains(err.Error(), "larger than 65536 octets") {
		t.Errorf("too large: %v", err)
	}
	before = s.asked.Load()
	s.read(s.server.URL+"/other/a.xml", "", tree.TagInvalidValue)
	s.policy.Remotes[0].Write = false
	s.write(s.url("b.xml"), "<b/>", tree.TagInvalidValue)
	if s.asked.Load() != before {
		t.Error("the server was asked what the policy forbids")
	}
}

// TestServerProvesItself: without the anchor nothing is sent.
func TestServerProvesItself(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{"GET /wg/a.xml": say("x")})
	s.policy.Remotes[0].Anchors = nil
	s.read(s.url("a.xml?secret"), "", tree.TagOperationFailed)
	s.policy.Remotes[0].Anchors = []string{"-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n"}
	s.read(s.url("a.xml"), "", tree.TagOperationFailed)
	if s.asked.Load() != 0 {
		t.Error("a request was sent to who did not prove itself")
	}
	s.server.Close()
	s.policy.Remotes[0].Anchors = nil
	_, err := s.Read(t.Context(), s.url("a.xml?secret"))
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "/wg/a.xml") {
		t.Errorf("an error that repeats the query, or does not say where: %v", err)
	}
}

// TestSlowServers: a transfer ends with its time, or with the session.
func TestSlowServers(t *testing.T) {
	stalls := make(chan struct{})
	s := serve(t, map[string]http.HandlerFunc{
		"GET /wg/silent": func(_ http.ResponseWriter, r *http.Request) { close(stalls); <-r.Context().Done() },
		"GET /wg/half": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-stalls; cancel() }()
	_, err := s.Read(ctx, s.url("silent"))
	if want(t, err, tree.TagOperationFailed); !strings.Contains(err.Error(), "session ended") {
		t.Error(err)
	}
	s.policy.Timeout = 50 * time.Millisecond
	_, err = s.Read(t.Context(), s.url("half"))
	if want(t, err, tree.TagOperationFailed); !strings.Contains(err.Error(), "takes longer than 50ms") {
		t.Error(err)
	}
}
