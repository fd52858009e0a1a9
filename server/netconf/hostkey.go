package netconf

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"
)

// HostKeyAlgorithm is a kind of host key, with which it is made.
type HostKeyAlgorithm uint8

// The kinds of host keys.
const (
	Ed25519 HostKeyAlgorithm = iota
	ECDSAP256
	ECDSAP384
	RSA3072
)

// keyForms says how each kind is made, and known again.
var keyForms = [...]struct {
	name     string // of the kind in SSH
	generate func() (crypto.PrivateKey, error)
}{
	Ed25519: {ssh.KeyAlgoED25519, func() (crypto.PrivateKey, error) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}},
	ECDSAP256: {ssh.KeyAlgoECDSA256, func() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }},
	ECDSAP384: {ssh.KeyAlgoECDSA384, func() (crypto.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) }},
	RSA3072:   {ssh.KeyAlgoRSA, func() (crypto.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 3072) }},
}

// EnsureHostKeys returns the SSH host keys that a server needs at least, kept
// in dir, making those that are missing: Ed25519, and ECDSA for clients that know
// nothing newer.
func EnsureHostKeys(dir string) ([]ssh.Signer, error) {
	var signers []ssh.Signer
	for _, k := range []struct {
		name      string
		algorithm HostKeyAlgorithm
	}{{"ed25519", Ed25519}, {"ecdsa", ECDSAP256}} {
		signer, err := EnsureHostKey(HostKeyFile(dir, k.name), k.algorithm)
		if err != nil {
			return nil, err
		}
		signers = append(signers, signer)
	}
	return signers, nil
}

// HostKeyFile returns the path of the host key of that name.
func HostKeyFile(dir, name string) string {
	return filepath.Join(dir, "ssh_host_"+name+"_key")
}

// EnsureHostKey returns the SSH host key in a file, making it if it is missing.
// The file is in OpenSSH's format with mode 0600; one that others may read, or
// that has a key of another kind, is refused.
func EnsureHostKey(path string, algorithm HostKeyAlgorithm) (ssh.Signer, error) {
	form := keyForms[algorithm]
	signer, err := ensureHostKey(path, form.generate)
	if err != nil {
		return nil, err
	}
	if got := signer.PublicKey().Type(); got != form.name {
		return nil, fmt.Errorf("host key %s is of the kind %s, not %s, and a host key is never replaced: use another name for the new one", path, got, form.name)
	}
	return signer, nil
}

func ensureHostKey(path string, generate func() (crypto.PrivateKey, error)) (ssh.Signer, error) {
	signer, err := readHostKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return signer, err
	}
	if err := writeHostKey(path, generate); err != nil {
		return nil, fmt.Errorf("make host key: %w", err)
	}
	return readHostKey(path)
}

func readHostKey(path string) (ssh.Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read host key: %w", err)
	}
	if !info.Mode().IsRegular() { // reading could last
		return nil, fmt.Errorf("host key %s is not a file: remove it to get a new key", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("host key %s has mode %04o and may be known to others: run chmod 0600 on it, or remove it to get a new key", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read host key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("read host key %s: %w; restore it, or remove it to get a new key", path, err)
	}
	return signer, nil
}

// writeHostKey makes the file whole or not at all, and never replaces a key
// that appeared in the meantime.
func writeHostKey(path string, generate func() (crypto.PrivateKey, error)) error {
	key, err := generate()
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(key, "waveguard")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".host_key_*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(pem.EncodeToMemory(block))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
