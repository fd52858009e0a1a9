package gnmi

import (
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/tree"
)

// messageBytes is about how large a notification with several values gets.
const messageBytes = 64 << 10

// sender puts the values of one moment into notifications and sends them. After
// an error it does nothing more; flush and sync return it.
type sender struct {
	send     func(*gpb.SubscribeResponse) error
	encoding gpb.Encoding
	most     int // updates and deletes in one notification

	prefix *gpb.Path
	taken  time.Time
	note   *gpb.Notification // not sent yet, or nil
	bytes  int               // about as large as note
	err    error
}

// begin says from when, and of which path's origin, the following values are.
func (s *sender) begin(taken time.Time, prefix *gpb.Path) {
	s.flush()
	s.taken, s.prefix = taken, prefix
}

// update sends a value. It is a visitor.
func (s *sender) update(path []*gpb.PathElem, n tree.Node) {
	val := encode(n, s.encoding, json.EncodeOptions{})
	s.open(len(val.GetStringVal()) + len(val.GetJsonVal()) + len(val.GetJsonIetfVal()))
	s.note.Update = append(s.note.Update, &gpb.Update{Path: &gpb.Path{Elem: path}, Val: val})
}

// delete tells that what was at the path is gone.
func (s *sender) delete(path []*gpb.PathElem) {
	s.open(0)
	s.note.Delete = append(s.note.Delete, &gpb.Path{Elem: path})
}

// open makes sure that the notification has room for one more.
func (s *sender) open(size int) {
	const perValue = 96 // path and framing
	if s.note != nil && (len(s.note.Update)+len(s.note.Delete) >= s.most || s.bytes+size > messageBytes) {
		s.flush()
	}
	if s.note == nil {
		s.note = &gpb.Notification{Timestamp: s.taken.UnixNano(), Prefix: s.prefix}
		s.bytes = 0
	}
	s.bytes += size + perValue
}

// flush sends what is waiting.
func (s *sender) flush() error {
	if s.note != nil && s.err == nil {
		s.err = s.send(&gpb.SubscribeResponse{Response: &gpb.SubscribeResponse_Update{Update: s.note}})
	}
	s.note = nil
	return s.err
}

// sync sends what is waiting and says that everything was sent once.
func (s *sender) sync() error {
	if s.flush() == nil {
		s.err = s.send(&gpb.SubscribeResponse{Response: &gpb.SubscribeResponse_SyncResponse{SyncResponse: true}})
	}
	return s.err
}
