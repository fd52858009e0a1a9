package appliance

import (
	"fmt"
	"slices"
)

const (
	lockCandidate   = "<lock><target><candidate/></target></lock>"
	unlockCandidate = "<unlock><target><candidate/></target></unlock>"
	lockRunning     = "<lock><target><running/></target></lock>"
	unlockRunning   = "<unlock><target><running/></target></unlock>"
)

// soakSteps are what a client may do next, some more often than others.
var soakSteps = slices.Concat(
	slices.Repeat([]func(*soaker) error{(*soaker).transact}, 12),
	slices.Repeat([]func(*soaker) error{(*soaker).editRunning, (*soaker).confirm, (*soaker).look}, 4),
	slices.Repeat([]func(*soaker) error{(*soaker).leaveUnconfirmed, (*soaker).persist, (*soaker).subscribe, (*soaker).vanish, (*soaker).leaveLocked}, 2),
	[]func(*soaker) error{(*soaker).letExpire, (*soaker).kill},
)

// editOf changes the client's own domain in a datastore.
func (s *soaker) editOf(target string) string {
	name := fmt.Sprintf("soak-%d", s.number)
	domain := fmt.Sprintf(`<domain><name>%s</name><config><name>%s</name><id>%d</id><privilege-level>DYNAMIC</privilege-level><description>%d</description></config></domain>`,
		name, name, 1000+s.number, s.r.IntN(1000))
	if s.r.IntN(4) == 0 {
		domain = fmt.Sprintf(`<domain nc:operation="remove"><name>%s</name></domain>`, name)
	}
	return `<edit-config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><target><` + target + `/></target><config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><domains>` +
		domain + `</domains></mpk-security></config></edit-config>`
}

// transact is a whole transaction as a controller does it: RFC 6241 section 8.3.5.
func (s *soaker) transact() error {
	locked, err := s.ask("lock of running", lockRunning)
	if err != nil || !locked {
		return err
	}
	if locked, err = s.ask("lock of the candidate", lockCandidate); err != nil {
		return err
	}
	if locked {
		if _, err := s.all("transaction", s.editOf("candidate"), "<commit/>"); err != nil {
			return err
		}
		if err := s.must("unlock", unlockCandidate); err != nil {
			return err
		}
	}
	return s.must("unlock", unlockRunning)
}

func (s *soaker) editRunning() error {
	_, err := s.ask("edit of running", s.editOf("running"))
	return err
}

func (s *soaker) leaveLocked() error {
	_, err := s.all("lock that is left", lockCandidate, s.editOf("candidate"), lockRunning)
	return err
}

func (s *soaker) confirm() error {
	_, err := s.all("confirmed commit", s.editOf("candidate"), "<commit><confirmed/></commit>", "<commit/>")
	return err
}

func (s *soaker) leaveUnconfirmed() error {
	_, err := s.all("commit that is not confirmed", s.editOf("candidate"), "<commit><confirmed/></commit>")
	return err
}

// persist makes a confirmed commit that outlives its session, and half of the time
// takes it back.
func (s *soaker) persist() error {
	id := fmt.Sprint(s.number)
	then := "<commit><persist-id>" + id + "</persist-id></commit>"
	if s.r.IntN(2) == 0 {
		then = "<cancel-commit><persist-id>" + id + "</persist-id></cancel-commit>"
	}
	_, err := s.all("persistent commit", s.editOf("candidate"), "<commit><confirmed/><confirm-timeout>2</confirm-timeout><persist>"+id+"</persist></commit>", then)
	return err
}

func (s *soaker) letExpire() error {
	_, err := s.all("commit that expires", s.editOf("candidate"), "<commit><confirmed/><confirm-timeout>1</confirm-timeout><persist>"+fmt.Sprint(s.number)+"</persist></commit>")
	return err
}

func (s *soaker) look() error {
	_, err := s.all("look", `<get-config><source><running/></source></get-config>`,
		`<get><filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"/></filter></get>`, "<discard-changes/>")
	return err
}

func (s *soaker) subscribe() error {
	if s.told {
		return nil
	}
	s.told = true
	_, err := s.ask("subscription", `<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>`)
	return err
}

// kill ends the session of whoever comes up.
func (s *soaker) kill() error {
	victim := ""
	s.live.Range(func(number, session any) bool {
		victim = session.(string)
		return number != s.number && s.r.IntN(10) > 0
	})
	if victim == "" || victim == s.session {
		return nil
	}
	_, err := s.ask("kill", "<kill-session><session-id>"+victim+"</session-id></kill-session>")
	return err
}

// vanish leaves while the server is at work for it.
func (s *soaker) vanish() error {
	for _, operation := range []string{lockCandidate, s.editOf("candidate"), "<commit/>"} {
		if err := s.send(operation); err != nil {
			return err
		}
	}
	return errLost
}
