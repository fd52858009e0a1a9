package access

// Action is what somebody wants to do, as ietf-netconf-acm tells it apart.
type Action uint8

// The actions (RFC 8341 section 3.2.2): four on data nodes, and Exec of an
// operation or of an action of a data node.
const (
	Create Action = iota
	Read
	Update
	Delete
	Exec
)

// actionNames are the bits of access-operations-type.
var actionNames = [...]string{"create", "read", "update", "delete", "exec"}

// actions is a set of them.
type actions uint8

const (
	writes     = actions(1<<Create | 1<<Update | 1<<Delete)
	everything = writes | 1<<Read | 1<<Exec
)

func only(a Action) actions { return 1 << a }

func (s actions) has(a Action) bool       { return s&only(a) != 0 }
func (s actions) minus(o actions) actions { return s &^ o }
