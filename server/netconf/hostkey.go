package netconf

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"
)

// hostKeys are the keys of a server: Ed25519, and ECDSA for clients that know
// nothing newer.
var hostKeys = []struct {
	file     string
	generate func() (crypto.PrivateKey, error)
}{
	{"ssh_host_ed25519_key", func() (crypto.PrivateKey, error) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}},
	{"ssh_host_ecdsa_key", func() (crypto.PrivateKey, error) {
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}},
}

// EnsureHostKeys returns the SSH host keys kept in dir, making those that are
// missing. Key files are in OpenSSH's format with mode 0600; a file that others
// may read is refused.
func EnsureHostKeys(dir string) ([]ssh.Signer, error) {
	var signers []ssh.Signer
	for _, k := range hostKeys {
		signer, err := ensureHostKey(filepath.Join(dir, k.file), k.generate)
		if err != nil {
			return nil, err
		}
		signers = append(signers, signer)
	}
	return signers, nil
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
