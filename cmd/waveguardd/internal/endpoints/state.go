package endpoints

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// tellPause is the least time between two updates of the state, and tellShare how
// many times as long as an update takes nothing is told after it: thousands of
// controllers that do not answer must not cost more than the rest of the work.
const (
	tellPause = 50 * time.Millisecond
	tellShare = 20
)

// tell keeps the state in the operational tree until ctx ends.
func (e *Endpoints) tell(ctx context.Context, store Store) {
	for {
		began := time.Now()
		if err := store.UpdateState(e.write); err != nil {
			e.cfg.Logger.Error("tell the state of the endpoints", "error", err)
		}
		pause := max(tellPause, tellShare*time.Since(began))
		select {
		case <-ctx.Done():
			return
		case <-e.changed:
		}
		wait(ctx, nil, pause)
	}
}

// writer sets and deletes leafs of the state.
type writer struct {
	set    *schema.Set
	editor *tree.Editor
	err    error
}

const serverPath = "/" + topModule + ":mpk-security/" + module + ":server/"

// leaf makes a leaf have a value, or not exist if that is empty.
func (w *writer) leaf(at, value string) {
	if w.err != nil {
		return
	}
	path, err := w.set.ParsePath(serverPath + at)
	if err != nil {
		w.err = err
		return
	}
	if value == "" {
		_, w.err = w.editor.DeletePath(path)
		return
	}
	v, err := path[len(path)-1].Node.ParseValue(value)
	if err != nil {
		w.err = err
		return
	}
	w.err = w.editor.SetLeaf(path, v)
}

func entry(list, name string) string { return list + "[name='" + name + "']/state/" }

// write writes the state as it is now. Entries that are not configured, any
// more, the store leaves out.
func (e *Endpoints) write(editor *tree.Editor) error {
	e.mu.Lock()
	now, open, failed, callers := e.now, maps.Clone(e.open), e.failed, maps.Clone(e.callers)
	e.mu.Unlock()
	w := &writer{set: e.cfg.Schema, editor: editor}
	for p := range now.places {
		at := entry(p.protocol+"/listen/endpoint", p.name)
		w.listening(at, open[p], failed[p])
	}
	for name, c := range callers {
		w.calling(entry("netconf/call-home/client", name), c.told())
	}
	for i, k := range now.keys {
		key, at := now.ssh.HostKeys[i].PublicKey(), entry("ssh/host-keys/host-key", k.name)
		w.leaf(at+"public-key", strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))))
		w.leaf(at+"fingerprint", ssh.FingerprintSHA256(key))
	}
	w.certificate(now)
	return w.err
}

func (w *writer) listening(at string, l *listener, err error) {
	port, connections, problem := "", "", ""
	if l != nil {
		port, connections = l.port(), strconv.FormatUint(l.connections.Load(), 10)
	} else if err != nil {
		problem = printable(err.Error())
	}
	w.leaf(at+"bound-port", port)
	w.leaf(at+"connections", connections)
	w.leaf(at+"last-error", problem)
}

func (w *writer) calling(at string, s callState) {
	when, problem := "", ""
	if !s.lastConnected.IsZero() {
		when = s.lastConnected.UTC().Format("2006-01-02T15:04:05Z")
	}
	if s.err != nil {
		problem = printable(s.err.Error())
	}
	w.leaf(at+"connected", strconv.FormatBool(s.connected != ""))
	w.leaf(at+"connected-endpoint", s.connected)
	w.leaf(at+"last-connected", when)
	w.leaf(at+"attempts", strconv.FormatUint(s.attempts, 10))
	w.leaf(at+"last-error", problem)
}

func (w *writer) certificate(now *settings) {
	if now.tls.certificate == nil {
		return
	}
	c, _ := now.tls.certificate.Get() // the one before, where the new is of no use
	if c == nil || c.Leaf == nil {
		return
	}
	w.leaf("tls/state/certificate-subject", printable(c.Leaf.Subject.String()))
	w.leaf("tls/state/certificate-fingerprint", access.CertificateFingerprint(c.Leaf).String())
	w.leaf("tls/state/certificate-expires", c.Leaf.NotAfter.UTC().Format("2006-01-02T15:04:05Z"))
}

// printable returns text of others, such as peers and certificates, without
// characters that a string of YANG cannot have.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
