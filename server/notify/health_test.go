package notify

import (
	"io/fs"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/server/datastore/journal/crashfs"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestStoredSaysWhatIsWrong fills the disk, and makes room.
func TestStoredSaysWhatIsWrong(t *testing.T) {
	set, err := schema.Compile([]fs.FS{fstest.MapFS{"m.yang": {Data: []byte(`module m { yang-version 1.1; namespace "urn:m"; prefix m; notification n; }`)}}}, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	disk := crashfs.New()
	h, err := open(Config{Schema: set, Bound: 1 << 16, Logger: slog.New(slog.DiscardHandler)}, disk)
	if err != nil {
		t.Fatal(err)
	}
	h.Publish(Notification{Time: time.Now(), Content: tree.NewContainer(set.Module("m").Notifications[0], nil)})
	disk.FailNext(1, unix.ENOSPC)
	if h.disk.writeAll() || h.Stored() == nil {
		t.Errorf("with a full disk, Stored returns %v", h.Stored())
	}
	if !h.disk.writeAll() || h.Stored() != nil {
		t.Errorf("with room again, Stored returns %v", h.Stored())
	}
	if err := new(Hub).Stored(); err != nil {
		t.Errorf("without a log, Stored returns %v", err)
	}
}
