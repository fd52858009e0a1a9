package enforcement

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/enforcement/scan"
	"github.com/optical-net/waveguard/gen"
)

// code is what is known of the code of a process.
type code struct {
	follower *scan.Follower // nil if there is none
	service  string         // that it is looked at for
	present  context.Context
	end      context.CancelFunc // of present, when the process leaves
	leave    func()             // the rounds in which it is looked at

	// turn is held by whoever looks: first Join, then the attachment's rounds, a
	// goroutine beside them, and who closes it. What follows is theirs.
	turn    sync.Mutex
	scanned bool      // once at least since it attached
	full    time.Time // when all of it was
	rest    time.Time // until which it is left alone

	mu      sync.Mutex
	picture *scan.Picture // nil before the first scan
	problem error         // why the latest look failed
	looks   uint64        // how often these were set
	shown   *shownCode    // nil since they were
}

// shownCode is the state that was made last, and for a service that accepts what.
type shownCode struct {
	accepted []string
	state    *gen.MpkSecurity_Service_CodeScan
}

// finding tells what was found from everything else.
type finding struct {
	address scan.Address
	class   scan.Class
	bytes   string
	memory  string // the mapping whose code can be replaced
}

func followCode(pid int, service string) *code {
	c := &code{service: service}
	c.present, c.end = context.WithCancel(context.Background())
	var err error
	if c.follower, err = scan.Follow(pid); err != nil {
		c.follower, c.problem = nil, err
	}
	return c
}

func (c *code) close() {
	c.end()
	if c.follower != nil {
		_ = c.follower.Close()
	}
}

// read returns what is known.
func (c *code) read() (*scan.Picture, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.picture, c.problem
}

func (c *code) set(p *scan.Picture, problem error) (changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed = p != c.picture || (problem == nil) != (c.problem == nil)
	c.picture, c.problem, c.shown = p, problem, nil
	c.looks++
	return changed
}

var errNotScanned = errors.New("its code has not been scanned yet")

// admits returns nil if the code is what a service asks for, or if it asks for
// nothing.
func (c *code) admits(s policy.CodeScan) error {
	if !s.Required {
		return nil
	}
	_, err := c.judge(s)
	return err
}

// judge returns what the code means for a service, and why it is not accepted.
func (c *code) judge(s policy.CodeScan) (gen.E_MpkSecurityTypes_CodeScanVerdict, error) {
	p, problem := c.read()
	accepted := classes(s)
	switch {
	case p != nil && p.Refused(accepted...) > 0:
		return gen.MpkSecurityTypes_CodeScanVerdict_OPEN, unproven(p, accepted)
	case problem != nil:
		return gen.MpkSecurityTypes_CodeScanVerdict_UNKNOWN, fmt.Errorf("its code cannot be scanned: %w", problem)
	case p == nil:
		return gen.MpkSecurityTypes_CodeScanVerdict_UNKNOWN, errNotScanned
	case len(p.Unread) > 0:
		return gen.MpkSecurityTypes_CodeScanVerdict_UNKNOWN, fmt.Errorf("some of its code could not be scanned: %s", p.Unread[0])
	case p.Refused() > 0:
		return gen.MpkSecurityTypes_CodeScanVerdict_ACCEPTED, nil
	}
	return gen.MpkSecurityTypes_CodeScanVerdict_CLEAN, nil
}

func classes(s policy.CodeScan) (all []scan.Class) {
	for _, name := range s.Accepted {
		all = append(all, scan.Class(name))
	}
	return all
}

// unproven says what of a picture is not accepted.
func unproven(p *scan.Picture, accepted []scan.Class) error {
	new := refused(p, accepted)
	what := "an instruction that opens walls, which was not looked at for their number"
	if len(new) > 0 {
		what = new[0].String()
	}
	if more := p.Refused(accepted...) - 1; more > 0 {
		what += fmt.Sprintf(", and %d more", more)
	}
	return fmt.Errorf("its code is not proven: %s; \"waveguard scan --explain PID\" shows it", what)
}

// flaw is a finding that is not accepted.
type flaw struct {
	finding
	hit *scan.Hit // nil if it is a mapping
}

func (f flaw) String() string {
	if f.hit == nil {
		return f.memory + " can be replaced unseen"
	}
	return fmt.Sprintf("%s at %v in %s (%s)", f.hit.Instruction, f.hit.Address, f.hit.In, f.hit.Class)
}

// refused lists what is not accepted, as far as the picture has it.
func refused(p *scan.Picture, accepted []scan.Class) (all []flaw) {
	for i := range p.Hits {
		h := &p.Hits[i]
		one := scan.Picture{Counts: map[scan.Class]int{h.Class: 1}}
		if one.Refused(accepted...) > 0 {
			all = append(all, flaw{finding{address: h.Address, class: h.Class, bytes: h.Bytes}, h})
		}
	}
	for _, m := range p.Replaceable {
		if (&scan.Picture{Counts: map[scan.Class]int{scan.Open: 1}}).Refused(accepted...) > 0 {
			all = append(all, flaw{finding{memory: m}, nil})
		}
	}
	return all
}

// state is what the model says of it for a service. It is the same as before if nothing
// changed.
func (c *code) state(s policy.CodeScan) *gen.MpkSecurity_Service_CodeScan {
	if !s.On {
		return nil
	}
	c.mu.Lock()
	shown, looks := c.shown, c.looks
	c.mu.Unlock()
	if shown != nil && slices.Equal(shown.accepted, s.Accepted) {
		return shown.state
	}
	state := c.describe(s)
	c.mu.Lock()
	defer c.mu.Unlock()
	if looks == c.looks {
		c.shown = &shownCode{s.Accepted, state}
	}
	return state
}

func (c *code) describe(s policy.CodeScan) *gen.MpkSecurity_Service_CodeScan {
	verdict, err := c.judge(s)
	state := &gen.MpkSecurity_Service_CodeScan{Verdict: verdict}
	if err != nil {
		state.Reason = ygot.String(printable(err.Error()))
	}
	p, _ := c.read()
	if p == nil {
		return state
	}
	count := func(class scan.Class) *uint32 { return ygot.Uint32(uint32(p.Counts[class])) }
	state.Time = timestamp(p.Time)
	state.Mappings, state.Bytes = ygot.Uint32(uint32(p.Mappings)), ygot.Uint64(uint64(p.Bytes))
	state.Replaceable = ygot.Uint32(uint32(p.CanBeReplaced()))
	state.Proven, state.Gate, state.Entry = count(scan.Proven), count(scan.Gate), count(scan.Entry)
	state.Masked, state.Identity, state.Open = count(scan.Masked), count(scan.Identity), count(scan.Open)
	return state
}

// printable is a text, which may have names that a process chose, as the model
// takes it.
func printable(text string) string {
	const most = 1000 // characters
	r := []rune(strings.ToValidUTF8(text, "?"))
	for i := range r {
		if !unicode.IsPrint(r[i]) {
			r[i] = '?'
		}
	}
	return string(r[:min(len(r), most)])
}
