package gnmi

import (
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/protobuf/proto"

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

	note  []byte // the notification that waits: its fields in wire form
	head  int    // length of those that each has, timestamp and prefix
	count int    // updates and deletes that wait
	value []byte // for reuse
	err   error
}

// begin says from when, and of which path's origin, the following values are.
func (s *sender) begin(taken time.Time, prefix *gpb.Path) {
	s.flush()
	head, err := proto.MarshalOptions{}.MarshalAppend(s.note[:0], &gpb.Notification{Timestamp: taken.UnixNano(), Prefix: prefix})
	if err != nil {
		panic("gnmi: write a notification: " + err.Error()) // its strings came in a message
	}
	s.note, s.head = head, len(head)
}

// update sends a value. It is a visitor.
func (s *sender) update(path []byte, n tree.Node) {
	s.value = appendValue(s.value[:0], n, s.encoding, json.EncodeOptions{})
	s.room(len(path) + len(s.value))
	s.note = appendUpdate(s.note, path, s.value)
}

// delete tells that what was at the path is gone.
func (s *sender) delete(path []byte) {
	s.room(len(path))
	s.note = appendField(s.note, notificationDelete, path)
}

// room makes sure that there is room for one more of that size.
func (s *sender) room(size int) {
	if s.count >= s.most || s.count > 0 && len(s.note)+size > messageBytes {
		s.flush()
	}
	s.count++
}

// flush sends what is waiting.
func (s *sender) flush() error {
	if s.count > 0 && s.err == nil {
		s.err = s.send(verbatim(&gpb.SubscribeResponse{}, appendField(nil, responseUpdate, s.note)))
	}
	s.note, s.count = s.note[:s.head], 0
	return s.err
}

// sync sends what is waiting and says that everything was sent once.
func (s *sender) sync() error {
	if s.flush() == nil {
		s.err = s.send(&gpb.SubscribeResponse{Response: &gpb.SubscribeResponse_SyncResponse{SyncResponse: true}})
	}
	return s.err
}
