//go:build !linux

package mpk

import "os"

func mapRegion(int) (*Region, error) { return nil, ErrUnsupported }

func (r *Region) unmap() error { return ErrUnsupported }

func mapShared(*os.File, int, Access) (*Region, error) { return nil, ErrUnsupported }

func (r *Region) open() error { return ErrUnsupported }

func (r *Region) shut() error { return ErrUnsupported }
