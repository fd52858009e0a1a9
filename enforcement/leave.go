package enforcement

import "errors"

// Leave implements attach.Session.
func (a *attachment) Leave() {
	a.leave()
	a.unwatch()
}

// Abandon implements attach.Session. Channels go on.
func (a *attachment) Abandon() {
	a.engine.channels.letGo(a)
	a.Leave()
}

func (a *attachment) leave() {
	e := a.engine
	e.commit.Lock()
	defer e.commit.Unlock()
	e.exit(a)
	e.disown(a)
	past, err := a.close()
	if err != nil {
		e.log.Error("close an attachment", "attachment", a.id, "err", err)
	}
	e.depart(past)
	close(a.left)
	e.signal()
}

// disown takes the claims of an attachment away.
func (e *Engine) disown(a *attachment) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.attachments, a.id)
	for _, s := range a.services {
		if e.claims[s.name] == a {
			delete(e.claims, s.name)
		}
	}
}

// close takes in the last counts and lets go of the pages.
func (a *attachment) close() (*history, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sampleLocked()
	stats := a.stats
	a.stats = nil
	return a.historyLocked(), errors.Join(a.policy.Close(), stats.Close(), a.doorbell.Close())
}
