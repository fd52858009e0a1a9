package config

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/yang/tree"
)

// Options say how a change is committed.
type Options struct {
	Timeout time.Duration // above zero: undone after it unless it is confirmed
	Persist string        // what confirms it
	Comment string        // for the history; may be empty
}

// Check has the appliance say whether it would take a change, which it does not
// make: access control and validation have their say.
func (a *Appliance) Check(ctx context.Context, old, new *tree.Tree) error {
	config, err := edit(old, new)
	if err != nil {
		return err
	}
	_, err = a.session.Call(ctx, `<edit-config><target><running/></target><test-option>test-only</test-option>`+config+`</edit-config>`)
	return busy(err)
}

// Change makes new of old, which is what somebody saw running: if that is no more,
// nothing is changed. Running and candidate are locked meanwhile. Whatever goes
// wrong, the candidate is left as running is and the locks are gone.
func (a *Appliance) Change(ctx context.Context, old, new *tree.Tree, o Options) error {
	config, err := edit(old, new)
	if err != nil {
		return err
	}
	return a.locked(ctx, []string{Running, Candidate}, func() error {
		now, err := a.Read(ctx, Running, Selection{})
		if err != nil {
			return err
		}
		if len(tree.Diff(old, now)) > 0 {
			return &appliance.Error{
				Kind: appliance.ErrFailed, Message: "somebody changed the configuration meanwhile; nothing was done",
				Hint: "Run the command again and look at what differs now.",
			}
		}
		if _, err := a.session.Call(ctx, `<edit-config><target><candidate/></target>`+config+`</edit-config>`); err != nil {
			return err
		}
		comment := ""
		if o.Comment != "" && a.session.Has(historySpace) {
			comment = `<comment xmlns="` + historySpace + `">` + escape(o.Comment) + `</comment>`
		}
		_, err = a.session.Call(ctx, `<commit>`+o.confirmed()+comment+`</commit>`)
		return uncertain(err)
	})
}

// confirmed returns the parameters of RFC 6241 section 8.4.5.1.
func (o Options) confirmed() string {
	if o.Timeout <= 0 {
		return ""
	}
	seconds := strconv.Itoa(int(math.Ceil(o.Timeout.Seconds())))
	return `<confirmed/><confirm-timeout>` + seconds + `</confirm-timeout><persist>` + escape(o.Persist) + `</persist>`
}

// Confirm makes a confirmed commit one for good. The candidate is locked meanwhile:
// what others put there would be committed along.
func (a *Appliance) Confirm(ctx context.Context, persistID string) error {
	return a.locked(ctx, []string{Candidate}, func() error {
		_, err := a.session.Call(ctx, `<commit><persist-id>`+escape(persistID)+`</persist-id></commit>`)
		return uncertain(err)
	})
}

// Cancel undoes a confirmed commit.
func (a *Appliance) Cancel(ctx context.Context, persistID string) error {
	_, err := a.session.Call(ctx, `<cancel-commit><persist-id>`+escape(persistID)+`</persist-id></cancel-commit>`)
	return uncertain(err)
}

// cleanupTime is what giving locks back may take when the caller has no time left.
const cleanupTime = 5 * time.Second

// locked runs f with datastores locked. A lock of the candidate that is given back
// takes with it what was not committed (RFC 6241 section 8.3.5.2); so does the end of
// the session, when there is no other way any more.
func (a *Appliance) locked(ctx context.Context, datastores []string, f func() error) error {
	var held []string
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
		defer cancel()
		for _, name := range held {
			_, _ = a.session.Call(ctx, `<unlock><target><`+name+`/></target></unlock>`)
		}
	}()
	for _, name := range datastores {
		if _, err := a.session.Call(ctx, `<lock><target><`+name+`/></target></lock>`); err != nil {
			return busy(err)
		}
		held = append(held, name)
	}
	return f()
}

// busy adds what to do when somebody else is at work.
func busy(err error) error {
	if !isTag(err, "lock-denied", "in-use") {
		return err
	}
	return &appliance.Error{
		Kind: appliance.ErrFailed, Message: "somebody else is at work: " + err.Error(),
		Hint: "Nothing was done. Try again later. \"waveguard config history\" tells whether a confirmed commit waits; whoever made it can settle it with \"waveguard config confirm\" or \"cancel\".",
	}
}

// uncertain says what is not known when the answer to a commit did not come.
func uncertain(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, appliance.ErrUnreachable) {
		return fmt.Errorf("%w; whether the change was made is not known: look with \"waveguard config history\"", err)
	}
	return busy(err)
}
