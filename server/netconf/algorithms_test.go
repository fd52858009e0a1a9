package netconf

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// proposal returns what OpenSSH is offered by a server, by the words of its log.
func proposal(t *testing.T, addr string) map[string][]string {
	t.Helper()
	openssh, err := exec.LookPath("ssh")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	host, port, _ := net.SplitHostPort(addr)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, openssh, "-vv", "-F", "none", "-p", port, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile="+filepath.Join(t.TempDir(), "known"), "nobody@"+host)
	out, _ := cmd.CombinedOutput() // nobody may sign in
	_, peer, found := strings.Cut(string(out), "peer server KEXINIT proposal")
	if !found {
		t.Fatalf("ssh says %s", out)
	}
	offers := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^debug2: ([A-Za-z ]+): (\S*)\s*$`).FindAllStringSubmatch(peer, -1) {
		if offers[m[1]] == nil {
			offers[m[1]] = strings.Split(m[2], ",")
		}
	}
	return offers
}

// TestOpenSSHIsOfferedThePolicy holds that what goes over the wire is what the
// policy says and nothing more, least of all what is weak.
func TestOpenSSHIsOfferedThePolicy(t *testing.T) {
	r := newRig(t, Limits{})
	policy := Algorithms()
	for what, want := range map[string][]string{
		"KEX algorithms":      policy.KeyExchanges,
		"host key algorithms": {ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256},
		"ciphers ctos":        policy.Ciphers,
		"ciphers stoc":        policy.Ciphers,
		"MACs ctos":           policy.MACs,
		"MACs stoc":           policy.MACs,
		"compression ctos":    {"none"},
	} {
		got := slices.DeleteFunc(proposal(t, r.listen())[what], func(name string) bool {
			// Another name of curve25519-sha256, and the answer to Terrapin (CVE-2023-48795).
			return name == "curve25519-sha256@libssh.org" || name == "kex-strict-s-v00@openssh.com"
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
}

// TestStrictKeyExchange holds that the sequence numbers of a handshake cannot be
// tampered with (CVE-2023-48795).
func TestStrictKeyExchange(t *testing.T) {
	if offers := proposal(t, newRig(t, Limits{}).listen())["KEX algorithms"]; !slices.Contains(offers, "kex-strict-s-v00@openssh.com") {
		t.Errorf("key exchanges %v", offers)
	}
}

// TestPolicyIsSafe holds the policy against what the SSH package calls insecure.
func TestPolicyIsSafe(t *testing.T) {
	policy, bad := Algorithms(), ssh.InsecureAlgorithms()
	for name, pair := range map[string][2][]string{
		"key exchanges": {policy.KeyExchanges, bad.KeyExchanges}, "ciphers": {policy.Ciphers, bad.Ciphers},
		"MACs": {policy.MACs, bad.MACs}, "signatures": {policy.PublicKeyAuths, bad.PublicKeyAuths},
	} {
		if len(pair[0]) == 0 {
			t.Errorf("no %s", name)
		}
		for _, algorithm := range pair[0] {
			if slices.Contains(pair[1], algorithm) || strings.HasSuffix(algorithm, "-sha1") || strings.Contains(algorithm, "cbc") {
				t.Errorf("%s has %s", name, algorithm)
			}
		}
	}
}

// TestShortKeys holds that a user's RSA key has to be long enough.
func TestShortKeys(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	for bits, want := range map[int]bool{1024: true, 2048: false} {
		key := must(rsa.GenerateKey(rand.Reader, bits))(t)
		if got := isShort(must(ssh.NewPublicKey(&key.PublicKey))(t)); got != want {
			t.Errorf("%d bits are short: %v", bits, got)
		}
	}
}
