//go:build linux && amd64

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"unsafe"

	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/testdata/redteam"
)

// attack takes a way of redteam.Vectors behind walls of a kind. It prints that it worked,
// or returns why it did not.
func attack(kind, name string) error {
	number, err := strconv.Atoi(kind)
	if err != nil {
		return err
	}
	walls, err := mpk.Open(mpk.Kind(number))
	if err != nil {
		return err
	}
	vault, vaultMemory, err := domain(walls, "vault")
	if err != nil {
		return err
	}
	attacker, _, err := domain(walls, "attacker")
	if err != nil {
		return err
	}
	secret := bytes.Repeat([]byte{0xa5, 0x5a, 0x17}, len(vaultMemory)/3+1)[:len(vaultMemory)]
	if err := inside(walls, vault, func() error { copy(vaultMemory, secret); return nil }); err != nil {
		return err
	}
	for _, v := range redteam.Vectors {
		if v.Name != name {
			continue
		}
		var got []byte
		tried := inside(walls, attacker, func() (err error) {
			got, err = v.Attempt(redteam.Target{Address: addressOf(vaultMemory), Length: len(vaultMemory), OwnKey: attacker.Key()})
			return err
		})
		if v.Destroys {
			_ = inside(walls, vault, func() error { // a fault is a destruction too
				got, _ = redteam.Vectors[0].Attempt(redteam.Target{Address: addressOf(vaultMemory), Length: len(vaultMemory)})
				return nil
			})
		}
		if bytes.Equal(got, secret) != v.Destroys {
			fmt.Println("it worked")
		}
		return tried
	}
	return errors.New("there is no such vector")
}

func domain(walls mpk.Backend, name string) (*mpk.Domain, []byte, error) {
	d, err := walls.NewDomain(name, keys.Options{})
	if err != nil {
		return nil, nil, err
	}
	r, err := d.NewRegion(os.Getpagesize())
	if err != nil {
		return nil, nil, err
	}
	return d, r.Bytes(), nil
}

func addressOf(memory []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(memory))) }

func inside(walls mpk.Backend, d *mpk.Domain, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t := walls.NewThread()
	if err := t.Enter(context.Background(), d); err != nil {
		return err
	}
	return errors.Join(f(), t.Leave())
}
