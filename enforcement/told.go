package enforcement

import (
	"sync"

	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/enforcement/scan"
)

// maxTold bounds how many findings are remembered of processes, and of how many services'
// processes.
const maxTold = 1 << 16

// toldKey tells what was said of one process as the provider of one service from all else.
type toldKey struct {
	pid     int
	start   uint64
	stack   uint64 // of another program of the process, whose code is no news, it is another one
	service string
}

// told is what was said of unproven code, while the daemon lives: a process that attaches
// again is not reported again for what it was reported for. The oldest give way.
type told struct {
	mu       sync.Mutex
	of       map[toldKey]*toldCode
	order    []toldKey // of, oldest first
	findings int       // of all
}

// toldCode is what the latest scan found and a service does not accept.
type toldCode struct {
	findings map[finding]bool // whether it was reported, as more than a line of the log
	counted  int              // those that are not listed as well
}

// news is what of a scan has not been told.
type news struct {
	fresh  []flaw
	more   int // how many there are, the fresh ones among them
	report bool
}

// occasion is when a scan is told.
type occasion int

const (
	// later is after others of the same attachment.
	later occasion = iota
	// first is the first one of an attachment, which finds what is no act, unless the process was
	// attached before, whatever it says itself, and has come by it since.
	first
)

// take returns what is new in a scan for a service, and has it told from now on.
func (t *told) take(key toldKey, p *scan.Picture, asked policy.CodeScan, when occasion) (n news) {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.of[key]
	known := was != nil
	if !known {
		was = &toldCode{}
	}
	n.report = when == later || asked.Required || known
	now := &toldCode{findings: map[finding]bool{}, counted: p.Refused(classes(asked)...)}
	for _, f := range refused(p, classes(asked)) {
		reported, there := was.findings[f.finding]
		fresh := !there || when == first && asked.Required && !reported
		if fresh {
			n.fresh = append(n.fresh, f)
		}
		now.findings[f.finding] = reported || fresh && n.report
	}
	n.more = max(len(n.fresh), now.counted-was.counted)
	t.putLocked(key, now)
	return n
}

func (t *told) putLocked(key toldKey, now *toldCode) {
	if t.of == nil {
		t.of = map[toldKey]*toldCode{}
	}
	if was := t.of[key]; was != nil {
		t.findings -= len(was.findings)
	} else {
		t.order = append(t.order, key)
	}
	t.of[key] = now
	t.findings += len(now.findings)
	for len(t.order) > 1 && (t.findings > maxTold || len(t.order) > maxTold) {
		oldest := t.order[0]
		t.findings -= len(t.of[oldest].findings)
		delete(t.of, oldest)
		t.order = t.order[1:]
	}
}
