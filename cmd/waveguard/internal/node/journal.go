package node

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// journal remembers what came of the node's calls, and logs it when it
// changes: not every refused call, but that calls are refused now.
type journal struct {
	logger *slog.Logger

	mu       sync.Mutex
	verdicts map[crossing]string // empty if the last call went through
	services map[string]*record  // by caller
}

// crossing is a kind of call.
type crossing struct{ source, target, operation string }

// record is kept of each service.
type record struct {
	refused, faults uint64
	trouble         string // why the last turn failed
}

func newJournal(logger *slog.Logger, services []service) *journal {
	j := &journal{logger: logger, verdicts: make(map[crossing]string), services: make(map[string]*record)}
	for _, s := range services {
		j.services[s.name()] = new(record)
	}
	return j
}

// noteCall remembers the outcome of a call.
func (j *journal) noteCall(c crossing, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var denied *waveguard.Denied
	verdict := ""
	switch {
	case errors.As(err, &denied):
		j.services[c.source].refused++
		verdict = fmt.Sprintf("%s → %s is now refused: %s (operation %s)",
			c.source, c.target, strings.ReplaceAll(denied.Reason.String(), "-", " "), c.operation)
	case err != nil:
		verdict = fmt.Sprintf("%s → %s does not work: %v", c.source, c.target, err)
	}
	was := j.verdicts[c]
	if was == verdict {
		return
	}
	j.verdicts[c] = verdict
	if verdict == "" {
		j.logger.Info(fmt.Sprintf("%s → %s is permitted again (operation %s)", c.source, c.target, c.operation))
		return
	}
	j.logger.Warn(verdict)
}

// noteTurn remembers how a turn of a service ended.
func (j *journal) noteTurn(service string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.services[service]
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	var fault *waveguard.Fault
	if errors.As(err, &fault) {
		j.fault(service, fault)
	} else if trouble != "" && trouble != r.trouble {
		j.logger.Warn(service+" is in trouble", "error", err)
	}
	r.trouble = trouble
}

// noteFault counts a fault that was provoked.
func (j *journal) noteFault(service string, fault *waveguard.Fault) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fault(service, fault)
}

// Preconditions: j.mu is held.
func (j *journal) fault(service string, fault *waveguard.Fault) {
	j.services[service].faults++
	j.logger.Warn(fmt.Sprintf("%s touched memory of %s and was stopped", service, fault.Target),
		"address", fmt.Sprintf("%#x", fault.Address))
}

func (j *journal) of(service string) record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return *j.services[service]
}

// noted is a caller whose calls are remembered.
type noted struct {
	inside
	source  string
	journal *journal
}

func (n noted) Call(service, operation string, argument any) (any, error) {
	answer, err := n.inside.Call(service, operation, argument)
	n.journal.noteCall(crossing{n.source, service, operation}, err)
	return answer, err
}
