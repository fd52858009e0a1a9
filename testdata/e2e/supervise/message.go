package supervise

import "time"

// Op says what is asked for.
type Op string

// What can be asked for, with the fields of Request and Reply that matter.
const (
	// Ping does nothing.
	Ping Op = "ping"
	// Start starts the process Name as Args; its name must not be running.
	// Reply: PID.
	Start Op = "start"
	// Look tells about the process Name. Reply: PID, Running, Status, Output.
	Look Op = "look"
	// Kill sends Signal to the process Name and waits for its end.
	// Reply: as for Look.
	Kill Op = "kill"
	// Run runs the command Args to its end. Reply: PID, Status, Output, Errors.
	Run Op = "run"
	// Read reads the file Path. Reply: Data.
	Read Op = "read"
	// Write writes Data to the file Path, for its owner alone.
	Write Op = "write"
	// Quit ends all processes, then the supervisor.
	Quit Op = "quit"
)

// Request asks for one thing.
type Request struct {
	Op     Op       `json:"op"`
	Name   string   `json:"name,omitempty"`
	Args   []string `json:"args,omitempty"`
	Signal int      `json:"signal,omitempty"`
	Path   string   `json:"path,omitempty"`
	Data   []byte   `json:"data,omitempty"`
	// Within bounds the work; after it a command that runs is killed.
	Within time.Duration `json:"within,omitempty"`
}

// Reply answers it. A process that ended, however it did, is no Error.
type Reply struct {
	Error   string `json:"error,omitempty"`
	PID     int    `json:"pid,omitempty"`
	Running bool   `json:"running,omitempty"`
	Status  int    `json:"status,omitempty"` // exit status, or 128 and the signal
	Output  string `json:"output,omitempty"` // of Look: both outputs, as they came
	Errors  string `json:"errors,omitempty"` // of Run: the error output
	Data    []byte `json:"data,omitempty"`
}
