package appliance

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
)

// flags are those that say how the appliance is reached. They are for the first
// start. Later the configuration says it, and a flag counts only when it is not
// what it was at the last start: then somebody wants something new.
type flags struct {
	NETCONF  string `json:"netconf"`
	GNMI     string `json:"gnmi"`
	ClientCA string `json:"gnmi-client-ca"`
}

// defaultEndpoint is the name of the endpoints that flags are about.
const defaultEndpoint = "default"

func (c *Config) flags() flags { return flags{c.NETCONF, c.GNMI, c.ClientCA} }

// orDefault returns what holds for a first start.
func (f flags) orDefault() flags {
	return flags{cmp.Or(f.NETCONF, "127.0.0.1:8830"), cmp.Or(f.GNMI, "127.0.0.1:9339"), f.ClientCA}
}

// since returns the flags that are given and were not the same before.
func (f flags) since(before flags) flags {
	changed := func(now, before string) string {
		if now == before {
			return ""
		}
		return now
	}
	return flags{changed(f.NETCONF, before.NETCONF), changed(f.GNMI, before.GNMI), changed(f.ClientCA, before.ClientCA)}
}

func (a *Appliance) flagsFile() string { return filepath.Join(a.cfg.Dir, "flags.json") }

// applyFlags puts into the configuration what flags say that are new, and what
// a configuration without any way in lacks.
func (a *Appliance) applyFlags() error {
	before, err := a.lastFlags()
	if err != nil {
		return err
	}
	given := a.cfg.flags()
	wanted := given.since(before)
	switch {
	case a.fresh:
		wanted = flags{}
	case len(a.endpoints.Addrs("netconf")) == 0 && len(a.endpoints.Errs("netconf")) == 0 && !a.endpoints.Calls():
		wanted = given.orDefault()
	}
	if wanted != (flags{}) {
		err := a.configure(wanted)
		if refusal, ok := errors.AsType[*datastore.Error](err); ok && refusal.Tag == datastore.TagInUse {
			// Without a daemon nobody could confirm or cancel it.
			a.cfg.Logger.Warn("changed flags count at the next start only", "error", err)
			return nil
		}
		if err != nil {
			return err
		}
	}
	if given == before {
		return nil
	}
	return a.noteFlags(given)
}

// noteFlags keeps the flags of this start for the next one, whole or not at all.
func (a *Appliance) noteFlags(f flags) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	next := a.flagsFile() + ".new"
	if err = os.WriteFile(next, text, 0o600); err == nil {
		err = os.Rename(next, a.flagsFile())
	}
	if err != nil {
		return fmt.Errorf("note the flags of this start: %w", err)
	}
	return nil
}

func (a *Appliance) lastFlags() (f flags, err error) {
	text, err := os.ReadFile(a.flagsFile())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return f, fmt.Errorf("read the flags of the last start: %w", err)
	}
	if json.Unmarshal(text, &f) != nil {
		return flags{}, nil // a torn file: every flag is new
	}
	return f, nil
}

// configure changes the running configuration as flags say.
func (a *Appliance) configure(f flags) error {
	b := &initialBuilder{set: a.schema, editor: a.store.Running().Edit()}
	if err := b.addServer(f); err != nil {
		return err
	}
	if err := a.store.Copy(context.Background(), datastore.Actor{Protocol: "command-line"}, datastore.Running, b.editor.Tree()); err != nil {
		return fmt.Errorf("configure what --netconf, --gnmi or --gnmi-client-ca say: %w", err)
	}
	return nil
}

// addServer adds where to listen and what that needs.
func (b *initialBuilder) addServer(f flags) error {
	if err := b.addEndpoint("netconf", f.NETCONF); err != nil {
		return err
	}
	if err := b.addEndpoint("gnmi", f.GNMI); err != nil {
		return err
	}
	if !b.has("ssh/host-keys") {
		for name, algorithm := range map[string]string{"ed25519": "ED25519", "ecdsa": "ECDSA_P256"} {
			at := server + "ssh/host-keys/host-key[name='" + name + "']/config/"
			b.leaf(at+"name", name)
			b.leaf(at+"algorithm", algorithm)
		}
	}
	if err := b.addAuthorities(f.ClientCA); err != nil {
		return err
	}
	return b.err
}

const server = "/mpk-security:mpk-security/mpk-security-server:server/"

func (b *initialBuilder) has(path string) bool {
	p, err := b.set.ParsePath(server + path)
	return err == nil && b.editor.Find(p) != nil
}

// addEndpoint adds an endpoint, or moves it.
func (b *initialBuilder) addEndpoint(protocol, address string) error {
	if address == "" {
		return nil
	}
	tcp, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return fmt.Errorf("%w; give --%s an address of this host, such as 127.0.0.1:8830 or :8830", err, protocol)
	}
	at := server + protocol + "/listen/endpoint[name='" + defaultEndpoint + "']/config/"
	b.leaf(at+"name", defaultEndpoint)
	b.leaf(at+"port", strconv.Itoa(tcp.Port))
	if tcp.IP == nil {
		b.remove(protocol + "/listen/endpoint[name='" + defaultEndpoint + "']/config/address")
		return nil
	}
	b.leaf(at+"address", (&net.IPAddr{IP: tcp.IP, Zone: tcp.Zone}).String())
	return nil
}

// remove removes what is at a path below server, as has takes it.
func (b *initialBuilder) remove(path string) {
	p, err := b.set.ParsePath(server + path)
	if err == nil {
		_, err = b.editor.DeletePath(p)
	}
	b.err = errors.Join(b.err, err)
}

// lastRules is where the rules for authorities of a flag begin: after all others.
const lastRules = 4_000_000_000

// addAuthorities adds the authorities in a PEM file, in the place of those that a
// flag added before; a certificate of theirs stands for the user of its common name.
func (b *initialBuilder) addAuthorities(path string) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the authorities of client certificates: %w", err)
	}
	all, err := certificates(text)
	if err != nil || len(all) == 0 {
		return errors.Join(fmt.Errorf("%s has no certificate in PEM form; give --gnmi-client-ca a file that has", path), err)
	}
	for i := 0; b.has(flagAuthority(i)); i++ {
		b.remove(flagAuthority(i))
		b.remove(flagRule(i))
	}
	for i, c := range all {
		authority := server + flagAuthority(i) + "/config/"
		b.leaf(authority+"name", fmt.Sprintf("gnmi-client-ca-%d", i+1))
		b.leaf(authority+"certificate", base64.StdEncoding.EncodeToString(c.Raw))
		rule := server + flagRule(i)
		b.leaf(rule+"/fingerprint", access.CertificateFingerprint(c).String())
		b.leaf(rule+"/map-type", "ietf-x509-cert-to-name:common-name")
	}
	return b.err
}

// flagAuthority and flagRule return the paths of what a flag added.
func flagAuthority(i int) string {
	return fmt.Sprintf("tls/client-authorities/client-authority[name='gnmi-client-ca-%d']", i+1)
}

func flagRule(i int) string {
	return fmt.Sprintf("tls/client-identities/cert-to-name[id='%d']", lastRules+i)
}

// certificates returns the certificates in a PEM file.
func certificates(text []byte) (all []*x509.Certificate, err error) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return all, nil
		}
		if text = rest; block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
}
