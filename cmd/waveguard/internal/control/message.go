package control

// The commands of a Request.
const (
	CommandStatus  = "status"
	CommandViolate = "violate"
)

// Request asks a node for something.
type Request struct {
	Command string `json:"command"`
	Source  string `json:"source,omitempty"` // of a violation: who trespasses
	Target  string `json:"target,omitempty"` // whose memory it touches
}

// Reply has what was asked for, or an error.
type Reply struct {
	Error     string     `json:"error,omitempty"`
	Status    *Status    `json:"status,omitempty"`
	Violation *Violation `json:"violation,omitempty"`
}

// Status is what a node says of itself.
type Status struct {
	ProcessID int       `json:"process-id"`
	Uptime    float64   `json:"uptime-seconds"`
	Attached  bool      `json:"attached"`             // the daemon is there
	LastError string    `json:"last-error,omitempty"` // why it is not
	Backend   string    `json:"backend"`              // what builds the walls
	Strength  string    `json:"isolation-strength"`   // how well they hold
	Keys      int       `json:"hardware-keys"`
	Epoch     uint64    `json:"policy-epoch"` // publication of the policy in force
	Services  []Service `json:"services"`
}

// Service is one of the services of a node.
type Service struct {
	Name    string            `json:"name"`
	Domain  string            `json:"domain"`
	Work    map[string]uint64 `json:"work"`              // what it did and has, by name
	Last    string            `json:"last,omitempty"`    // the latest result
	Refused uint64            `json:"refused-calls"`     // of its calls, by gates
	Faults  uint64            `json:"faults"`            // of its code, caught
	Trouble string            `json:"trouble,omitempty"` // why it does not work now
}

// Violation is what happened when one service touched another's memory.
type Violation struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	Caught   bool   `json:"caught"`
	Address  string `json:"address,omitempty"` // where it was caught
	Reads    int    `json:"reads-that-succeeded"`
	Backend  string `json:"backend"`
	Strength string `json:"isolation-strength"`
}

// Service returns the service of a name, nil if there is none.
func (s *Status) Service(name string) *Service {
	for i := range s.Services {
		if s.Services[i].Name == name {
			return &s.Services[i]
		}
	}
	return nil
}
