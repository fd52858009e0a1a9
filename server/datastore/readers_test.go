package datastore_test

import (
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/server/datastore/journal/crashfs"
)

// slowDisk is a directory whose files wait to be durable.
type slowDisk struct {
	journal.FS
	syncing chan struct{}
	done    chan struct{} // nil: they don't wait
}

func (d *slowDisk) OpenAppend(name string) (journal.File, error) {
	f, err := d.FS.OpenAppend(name)
	return &slowFile{f, d}, err
}

func (d *slowDisk) Create(name string) (journal.File, error) {
	f, err := d.FS.Create(name)
	return &slowFile{f, d}, err
}

type slowFile struct {
	journal.File
	disk *slowDisk
}

func (f *slowFile) Sync() error {
	if f.disk.done != nil {
		f.disk.syncing <- struct{}{}
		<-f.disk.done
	}
	return f.File.Sync()
}

// TestReadersDoNotWaitForTheDisk holds that who reads sees what is in force while a
// change is being made durable, and not the change.
func TestReadersDoNotWaitForTheDisk(t *testing.T) {
	disk := &slowDisk{FS: crashfs.New(), syncing: make(chan struct{}, 1)}
	s := openIn(t, config(t, &engine{}), disk)
	defer s.Close()
	disk.done = make(chan struct{})
	answered := make(chan error, 1)
	go func() { answered <- running(t, s, "/t:top/config/name = second") }()
	<-disk.syncing
	wantConfig(t, "running", s.Running(), initial)
	wantConfig(t, "the candidate", s.Config(datastore.Candidate), initial)
	if s.Operational() == nil || len(s.History()) != 1 {
		t.Error("there is no state or history to read")
	}
	if _, locked := s.LockedBy(datastore.Running); locked {
		t.Error("running is locked")
	}
	close(disk.done)
	ok(t, <-answered)
	wantConfig(t, "running", s.Running(), `{"t:top":{"config":{"name":"second"}}}`)
}
