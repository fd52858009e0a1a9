package gnmitest

import (
	"strings"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
)

// leaf is an update of a leaf below the root of the models; keys stand after
// their list, as name=value.
func leaf(path string, value any) *gpb.Update {
	u := &gpb.Update{Path: &gpb.Path{}, Val: &gpb.TypedValue{}}
	for part := range strings.SplitSeq(path, "/") {
		name, key, isKey := strings.Cut(part, "=")
		if !isKey {
			u.Path.Elem = append(u.Path.Elem, &gpb.PathElem{Name: part, Key: map[string]string{}})
			continue
		}
		u.Path.Elem[len(u.Path.Elem)-1].Key[name] = key
	}
	switch value := value.(type) {
	case uint64:
		u.Val.Value = &gpb.TypedValue_UintVal{UintVal: value}
	case string:
		u.Val.Value = &gpb.TypedValue_StringVal{StringVal: value}
	}
	return u
}

// update is a notification with the root of the models as its prefix.
func update(updates ...*gpb.Update) *gpb.SubscribeResponse {
	return &gpb.SubscribeResponse{Response: &gpb.SubscribeResponse_Update{Update: &gpb.Notification{
		Timestamp: Taken.UnixNano(),
		Prefix:    &gpb.Path{Elem: []*gpb.PathElem{{Name: "mpk-security"}}},
		Update:    updates,
	}}}
}
