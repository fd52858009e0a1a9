package enforcement_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

const wrpkru = "\x0f\x01\xef\xc3"

const (
	verdictClean    = gen.MpkSecurityTypes_CodeScanVerdict_CLEAN
	verdictAccepted = gen.MpkSecurityTypes_CodeScanVerdict_ACCEPTED
	verdictOpen     = gen.MpkSecurityTypes_CodeScanVerdict_OPEN
	verdictUnknown  = gen.MpkSecurityTypes_CodeScanVerdict_UNKNOWN
)

// frontScan is a line that sets a leaf of the scan of front's code.
func frontScan(leaf string) string {
	return viewtest.Entry("service", "front") + "/config/code-scan-" + leaf
}

func (r *rig) verdict() gen.E_MpkSecurityTypes_CodeScanVerdict {
	return r.service("front").CodeScan.GetVerdict()
}

// startLooking starts a daemon that looks at code all the time.
func startLooking(t *testing.T, tune ...func(*enforcement.Engine)) *rig {
	t.Helper()
	r := start(t, tune...)
	r.engine.LookEvery(5 * time.Millisecond)
	return r
}

// startScanned starts a daemon, and a process whose code it has looked at for the last time in this hour.
func startScanned(t *testing.T) (*rig, *mapper) {
	t.Helper()
	r := start(t)
	r.engine.LookEvery(time.Hour)
	m := r.mapper(t)
	m.do("attach")
	r.eventually("the scan at attach", func() bool { return r.verdict() == verdictAccepted })
	return r, m
}

// noViolation requires that none was reported.
func (r *rig) noViolation() {
	r.t.Helper()
	select {
	case v := <-r.engine.Violations():
		r.t.Errorf("reported %+v", v)
	default:
	}
}

// unproven waits for the report that front has code which it must not have.
func (r *rig) unproven() {
	r.t.Helper()
	v := r.violation()
	if v.Kind != wire.UnprovenCode || v.Severity != wire.Severe || v.Service != "front" || v.PID == 0 || v.Occurrences == 0 {
		r.t.Errorf("reported %+v", v)
	}
}

// TestCodeThatComesLater: what a process makes executable after it attached is
// found, however it does so; and what does no harm is not.
func TestCodeThatComesLater(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, act [][]string // words; "" in them is a file with a WRPKRU across its pages
		harmless    bool
	}{
		"a file":                 {act: [][]string{{"map", codeFile(t, wrpkru, 100)}}},
		"a clean file":           {act: [][]string{{"map", codeFile(t, "", 0)}}, harmless: true},
		"memory":                 {act: [][]string{{"write", codeFile(t, wrpkru, 0)}}},
		"memory to write":        {act: [][]string{{"loose"}}},
		"two halves":             {before: [][]string{{"half", codeFile(t, wrpkru, 4095)}}, act: [][]string{{"whole"}}},
		"half of an instruction": {act: [][]string{{"half", codeFile(t, wrpkru, 4095)}}, harmless: true},
		"whom a thread is":       {act: [][]string{{"map", codeFile(t, "\xf3\x48\x0f\xae\xd0", 7)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startLooking(t)
			m := r.mapper(t)
			m.do("attach")
			for _, words := range test.before {
				m.do(words...)
			}
			r.eventually("the scan at attach", func() bool { return r.verdict() == verdictAccepted })
			was := r.service("front").CodeScan
			if was.GetGate() != 1 || was.GetOpen() != 0 || was.GetBytes() < 1<<19 || was.GetMappings() == 0 || was.Reason != nil || was.Time == nil {
				t.Errorf("at attach: %+v", was)
			}
			for _, words := range test.act {
				m.do(words...)
			}
			r.eventually("the next scan", func() bool { return r.service("front").CodeScan.GetBytes() > was.GetBytes() })
			if test.harmless {
				if r.verdict() != verdictAccepted {
					t.Errorf("verdict %+v", r.service("front").CodeScan)
				}
				r.noViolation()
				return
			}
			r.unproven()
			if s := r.service("front"); s.CodeScan.Verdict != verdictOpen || s.CodeScan.GetReason() == "" || s.OperationalState == outOfService {
				t.Errorf("state %+v, scan %+v", s, s.CodeScan)
			}
		})
	}
}

// TestFileThatChanges: code of a file that is changed below its mapping is found.
func TestFileThatChanges(t *testing.T) {
	t.Parallel()
	r := startLooking(t)
	m, path := r.mapper(t), codeFile(t, "", 0)
	m.do("map", path)
	m.do("attach")
	r.eventually("the scan at attach", func() bool { return r.verdict() == verdictAccepted })
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(wrpkru), 100); err != nil {
		t.Fatal(err)
	}
	r.unproven()
}

// TestRequireClean: a process whose code opens walls does not get in, and one that
// makes such code later is isolated as long as it is there. Where the scan is off,
// both pass.
func TestRequireClean(t *testing.T) {
	t.Parallel()
	r := startLooking(t)
	r.commit(frontScan("mode = REQUIRE_CLEAN"))
	hit := codeFile(t, wrpkru, 100)

	bad := r.mapper(t)
	bad.do("map", hit)
	if said := bad.say("attach"); !strings.Contains(said, "not proven: WRPKRU at 0x") || !strings.Contains(said, hit) {
		t.Errorf("the claim is answered %q", said)
	}
	r.unproven()
	bad.do("unmap")
	bad.do("attach")
	r.eventually("front to be in service", func() bool { return r.service("front").OperationalState == inService })
	if r.verdict() != verdictAccepted {
		t.Errorf("verdict %+v", r.service("front").CodeScan)
	}
	bad.do("map", hit)
	r.unproven()
	if s := r.service("front"); s.OperationalState != outOfService || !s.GetAttached() || s.CodeScan.Verdict != verdictOpen {
		t.Errorf("state %+v", s)
	}
	r.commit(frontScan("accept[.='OPEN']"), frontScan("accept[.='GATE']"))
	if s := r.service("front"); s.OperationalState == outOfService || s.CodeScan.Verdict != verdictAccepted {
		t.Errorf("with OPEN accepted: state %+v", s)
	}
	r.commit("- " + frontScan("accept[.='OPEN']"))
	if s := r.service("front"); s.OperationalState != outOfService {
		t.Errorf("with OPEN no more accepted: state %+v", s)
	}
	bad.do("unmap")
	r.eventually("front to be back", func() bool { return r.service("front").OperationalState != outOfService })
	r.noViolation()
}

// TestScanOff: nothing is known, and nothing told.
func TestScanOff(t *testing.T) {
	t.Parallel()
	r := startLooking(t)
	r.commit(frontScan("mode = OFF"))
	m := r.mapper(t)
	m.do("map", codeFile(t, wrpkru, 100))
	m.do("attach")
	m.do("write", codeFile(t, wrpkru, 0))
	r.eventually("front to be attached", func() bool { return r.service("front").GetAttached() })
	if s := r.service("front").CodeScan; s != nil {
		t.Errorf("scan %+v", s)
	}
	r.noViolation()
	r.commit(frontScan("mode = REQUIRE_CLEAN"))
	if s := r.service("front"); s.OperationalState != outOfService {
		t.Errorf("not scanned yet: state %+v", s)
	}
	r.eventually("it to be found", func() bool { return r.verdict() == verdictOpen })
	if s := r.service("front"); s.OperationalState != outOfService {
		t.Errorf("state %+v", s)
	}
	r.unproven()
}

// TestCodeUnknown: what could not be scanned is not clean.
func TestCodeUnknown(t *testing.T) {
	t.Parallel()
	const none = 1 << 30 // above the kernel's limit
	for pid, want := range map[int]string{os.Getpid(): "has not been scanned yet", none: "cannot be scanned"} {
		if err := enforcement.CodeAdmits(pid); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("process %d: %v, want %q", pid, err, want)
		}
	}
}

// TestCodeThatCannotBeRead: who keeps the kernel from reading its memory is not clean,
// and keeps nobody else's from being read.
func TestCodeThatCannotBeRead(t *testing.T) {
	t.Parallel()
	r := startLooking(t)
	r.engine.LookFor(50 * time.Millisecond)
	r.commit(frontScan("mode = REQUIRE_CLEAN"))
	m := r.mapper(t)
	m.do("attach")
	r.eventually("front to be in service", func() bool { return r.service("front").OperationalState == inService })
	m.stall(t)
	r.eventually("front to be isolated", func() bool { return r.service("front").OperationalState == outOfService })
	if s := r.service("front").CodeScan; s.Verdict != verdictUnknown || !strings.Contains(s.GetReason(), "does not come to an end") {
		t.Errorf("scan %+v: %s", s, s.GetReason())
	}
	m.do("release")
	r.eventually("front to be back", func() bool { return r.service("front").OperationalState == inService })
}

// TestCodeScanInterval: an interval that was made shorter counts soon.
func TestCodeScanInterval(t *testing.T) {
	t.Parallel()
	r, m := startScanned(t)
	m.do("map", codeFile(t, wrpkru, 100))
	r.commit("system/config/code-scan-interval = 1")
	r.unproven()
}

// TestScansThatNobodyWaitsFor: claims that come while no scanner is free leave nothing
// behind that waits for one.
func TestScansThatNobodyWaitsFor(t *testing.T) {
	r := start(t)
	r.commit(frontScan("mode = REQUIRE_CLEAN"))
	defer r.engine.OccupyScanners()()
	r.engine.JoinWithin(time.Millisecond)
	id := policy.Identity{PID: os.Getpid(), UID: uint32(os.Getuid())}
	before := openFiles(t)
	for range 3 {
		session, refused := r.engine.Join(id, hello("front"))
		if refused != nil {
			t.Fatal(refused)
		}
		session.Leave()
	}
	r.eventually("everything to be closed", func() bool { return openFiles(t) <= before })
}

// TestLooksThatDoNotComeBack: a process that keeps the kernel from reading its memory
// and claims its service again and again keeps no more threads of the daemon than a few.
func TestLooksThatDoNotComeBack(t *testing.T) {
	t.Parallel()
	r := startLooking(t)
	r.engine.LookFor(10 * time.Millisecond)
	r.engine.JoinWithin(10 * time.Millisecond)
	r.engine.Hurry()
	r.commit(frontScan("mode = REQUIRE_CLEAN"))
	m := r.mapper(t)
	m.do("attach")
	r.eventually("front to be in service", func() bool { return r.service("front").OperationalState == inService })
	m.stall(t)
	r.eventually("it to be known", func() bool { return r.engine.Stuck("front") > 0 })
	for range 2 * enforcement.MaxStuck {
		if said := m.say("attach"); !strings.Contains(said, "is provided by process") {
			t.Errorf("the claim is answered %q", said)
		}
	}
	if n := r.engine.Stuck("front"); n > enforcement.MaxStuck+enforcement.UnderWay {
		t.Errorf("%d looks do not come back", n)
	}
	m.do("release")
	r.eventually("all to come back", func() bool { return r.engine.Stuck("front") == 0 })
	r.eventually("front to be in service", func() bool { return r.service("front").OperationalState == inService })
}

// TestLooksAtOthers: looks at impostors that do not come back change nothing for the process
// that provides the service.
func TestLooksAtOthers(t *testing.T) {
	t.Parallel()
	r := startLooking(t)
	r.engine.LookFor(100 * time.Millisecond)
	r.engine.JoinWithin(100 * time.Millisecond)
	r.engine.Hurry()
	r.commit(frontScan("mode = REQUIRE_CLEAN"))
	own, other := r.mapper(t), r.mapper(t)
	own.do("attach")
	r.eventually("front to be in service", func() bool { return r.service("front").OperationalState == inService })
	other.stall(t)
	for r.engine.Stuck("front") < enforcement.MaxStuck {
		if said := other.say("attach"); !strings.Contains(said, "is provided by process") {
			t.Errorf("the claim is answered %q", said)
		}
	}
	clean := codeFile(t, "", 0)
	was := r.service("front").CodeScan.GetBytes()
	own.do("map", clean)
	r.eventually("it to be scanned", func() bool { return r.service("front").CodeScan.GetBytes() > was })
	if s := r.service("front"); s.OperationalState != inService || s.CodeScan.Verdict != verdictAccepted {
		t.Errorf("state %+v, scan %+v", s, s.CodeScan)
	}
	other.do("release")
	r.eventually("all to come back", func() bool { return r.engine.Stuck("front") == 0 })
}

// TestVisitsHaveAShare: to see that nothing is new takes time as well, which the process
// decides by its mappings; it gets no more of it than scans do.
func TestVisitsHaveAShare(t *testing.T) {
	t.Parallel()
	r, _ := startScanned(t)
	r.engine.LookEvery(time.Hour)
	r.eventually("a visit that finds nothing new", func() bool {
		looked, rests := r.engine.VisitCode("front")
		if !looked && !rests {
			t.Fatal("the process is visited again at once")
		}
		return !looked
	})
}

// TestCodeOfOneThatComesBack: a process that was attached to a former daemon, and whose
// code opens walls now, is not left to itself with the policy that it had.
func TestCodeOfOneThatComesBack(t *testing.T) {
	t.Parallel()
	r := start(t, (*enforcement.Engine).Believe)
	r.commit(frontScan("mode = REQUIRE_CLEAN"))
	m := r.mapper(t)
	m.do("map", codeFile(t, wrpkru, 100))
	h := hello("front", "vault")
	h.Continues = 4711
	session, refused := r.engine.Join(policy.Identity{PID: m.cmd.Process.Pid, UID: uint32(os.Getuid())}, h)
	if refused != nil {
		t.Fatal(refused)
	}
	defer session.Leave()
	if refused := session.Ready(); refused != nil {
		t.Fatal(refused)
	}
	front, vault := r.service("front"), r.service("vault")
	if !front.GetAttached() || front.OperationalState != outOfService || front.CodeScan.Verdict != verdictOpen || vault.OperationalState != inService {
		t.Errorf("front %+v, vault %+v", front, vault)
	}
	r.unproven()
}

// TestCodeStateIsMadeOnce: the state of code that did not change is the same, and another one
// for a service that accepts something else.
func TestCodeStateIsMadeOnce(t *testing.T) {
	t.Parallel()
	r, m := startScanned(t)
	was := r.service("front").CodeScan
	if again := r.service("front").CodeScan; again != was {
		t.Error("the state was made again")
	}
	r.commit(frontScan("accept[.='ENTRY']"))
	if s := r.service("front").CodeScan; s.Verdict != verdictOpen || was.Verdict != verdictAccepted {
		t.Errorf("where no gate is accepted the state is %+v, and was %+v", s, was)
	}
	m.do("map", codeFile(t, wrpkru, 100))
	r.commit(frontScan("accept[.='GATE']"))
	r.engine.LookEvery(5 * time.Millisecond)
	r.eventually("the next scan", func() bool { s := r.service("front").CodeScan; return s.GetOpen() == 1 && s.Verdict == verdictOpen })
}

// TestCodeIsToldOnce: a process that attaches again is not reported again for the code that it
// was reported for, but for what it has come by meanwhile. Another process is.
func TestCodeIsToldOnce(t *testing.T) {
	t.Parallel()
	hit, second := codeFile(t, wrpkru, 100), codeFile(t, wrpkru, 200)
	for _, mode := range []string{"REQUIRE_CLEAN", "REPORT"} {
		r := startLooking(t, (*enforcement.Engine).Believe, (*enforcement.Engine).Hurry)
		r.commit(frontScan("mode = " + mode))
		m := r.mapper(t)
		id := policy.Identity{PID: m.cmd.Process.Pid, UID: uint32(os.Getuid()), Start: 7}
		attach := func(continues uint64) *again {
			h := hello("front")
			h.Continues = continues
			s := r.enter(id, h)
			w, _ := s.Welcome()
			r.eventually("the scan at attach", func() bool { return r.verdict() == verdictOpen || r.verdict() == verdictAccepted })
			return &again{s, w.Attachment}
		}
		one := attach(4711)
		m.do("map", hit)
		r.unproven()
		two := attach(one.id) // before the first connection has ended
		one.Leave()
		two.Leave() // which waits for what is told
		three := attach(two.id)
		three.Leave()
		r.noViolation()

		m.do("map", second)
		four := attach(three.id)
		r.unproven()
		four.Leave()
		r.noViolation()

		id.Start++
		h := attach(four.id)
		if mode == "REQUIRE_CLEAN" {
			r.unproven()
		}
		h.Leave()
		r.noViolation()
	}
}

// TestCodeIsNotHidden: a process that attaches anew, as if it had never been attached, is reported for the
// code that it has come by meanwhile. One that executes another program is not: that begins with its code.
func TestCodeIsNotHidden(t *testing.T) {
	t.Parallel()
	r := startLooking(t, (*enforcement.Engine).Believe, (*enforcement.Engine).Hurry)
	r.commit(frontScan("mode = REPORT"))
	m := r.mapper(t)
	id := policy.Identity{PID: m.cmd.Process.Pid, UID: uint32(os.Getuid()), Start: 7, Stack: 4096}
	attach := func() {
		s := r.enter(id, hello("front"))
		r.eventually("the scan at attach", func() bool { return r.verdict() == verdictOpen || r.verdict() == verdictAccepted })
		s.Leave()
	}
	attach()
	r.noViolation()
	m.do("map", codeFile(t, wrpkru, 100))
	attach()
	r.unproven()
	m.do("map", codeFile(t, wrpkru, 200))
	id.Stack += 4096
	attach()
	r.noViolation()
}

// TestToldIsBounded: what is remembered of processes that attach over and over is bounded, and
// the latest is.
func TestToldIsBounded(t *testing.T) {
	t.Parallel()
	const each = enforcement.MaxTold / 8
	for processes, want := range map[int]int{1: each, 8: 8 * each, 9: 8 * each, 30: 8 * each} {
		if findings, latest := enforcement.TellMany(processes, each); findings != want || latest != each {
			t.Errorf("of %d processes %d findings are remembered, %d of the latest; want %d and %d", processes, findings, latest, want, each)
		}
	}
	if findings, latest := enforcement.TellMany(2, 2*enforcement.MaxTold); findings != 2*enforcement.MaxTold || latest != findings {
		t.Errorf("of one that has more %d findings are remembered, %d of them its own", findings, latest)
	}
}

// again is an attachment that another one continues.
type again struct {
	attach.Session
	id uint64
}

// TestCodeWithoutEnd: of a process with more code than can be scanned in time nothing is
// known, and the state says why.
func TestCodeWithoutEnd(t *testing.T) {
	t.Parallel()
	r := startLooking(t)
	r.engine.LookFor(30 * time.Millisecond)
	m := r.mapper(t)
	m.do("vast")
	m.do("attach")
	r.eventually("the scan to be given up", func() bool { return r.verdict() == verdictUnknown && r.service("front").CodeScan.GetReason() != "" })
	r.eventually("the reason", func() bool {
		return strings.Contains(r.service("front").CodeScan.GetReason(), "takes longer than 30ms")
	})
}

// stall has the process keep the kernel from reading some of its code, which takes root.
func (m *mapper) stall(t *testing.T) {
	t.Helper()
	said := m.say("stall")
	switch {
	case said == "done":
	case os.Geteuid() != 0 && os.Getenv("CI") != "true":
		t.Skip(said)
	default:
		t.Fatal(said)
	}
}
