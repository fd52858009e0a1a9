package netconf

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

var sizes = []int{100, 1_000, 10_000}

// filled returns a session on a server with n transitions.
func filled(b *testing.B, n int) *client {
	return fill(newRig(b, Limits{}).open("admin"), n)
}

func fill(c *client, n int) *client {
	var t bytes.Buffer
	var d bytes.Buffer
	const perSource = 100
	for i := range n/perSource + perSource {
		fmt.Fprintf(&d, `<domain><name>d%d</name><config><name>d%d</name><id>%d</id><privilege-level>LOW</privilege-level></config></domain>`, i, i, i+100)
	}
	for i := range n {
		t.WriteString(transition(i/perSource, n/perSource+i%perSource, "PERMIT"))
	}
	c.mustOK(edit("running", "<domains>"+d.String()+"</domains><transitions>"+t.String()+"</transitions>"))
	return c
}

func transition(source, target int, action string) string {
	return fmt.Sprintf(`<transition><source>d%d</source><target>d%d</target><config><source>d%d</source><target>d%d</target><action>%s</action></config></transition>`,
		source, target, source, target, action)
}

func edit(target, content string) string {
	return "<edit-config><target><" + target + "/></target><config><mpk-security xmlns=\"https://mpk-security.optical.net/yang/mpk-security\">" +
		content + "</mpk-security></config></edit-config>"
}

func (c *client) mustOK(operation string) {
	if reply := c.rpc(operation); !strings.Contains(reply, "<ok/>") {
		c.t.Fatal(reply)
	}
}

// BenchmarkEditCommit changes one transition in the candidate and commits it,
// durably, over real framing.
func BenchmarkEditCommit(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := filled(b, n)
			b.ResetTimer()
			for i := range b.N {
				c.mustOK(edit("candidate", "<transitions>"+transition(0, n/100, []string{"DENY", "PERMIT"}[i%2])+"</transitions>"))
				c.mustOK("<commit/>")
			}
		})
	}
}

// BenchmarkGetConfig reads the whole of running.
func BenchmarkGetConfig(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := filled(b, n)
			b.ResetTimer()
			for range b.N {
				b.SetBytes(int64(len(c.rpc("<get-config><source><running/></source></get-config>"))))
			}
		})
	}
}

// BenchmarkGetUnderRules reads the whole of running, of which so many rules hide
// an entry each. Nothing changes in between.
func BenchmarkGetUnderRules(b *testing.B) {
	for _, rules := range []int{0, 10, 100} {
		b.Run(fmt.Sprint(rules), func(b *testing.B) {
			r := newRig(b, Limits{})
			admin := fill(r.open("admin"), 10_000)
			var list strings.Builder
			for i := range rules {
				fmt.Fprintf(&list, `<rule><name>%d</name><path>/m:mpk-security/m:transitions/m:transition[m:source='d%d'][m:target='d%d']</path><action>deny</action></rule>`, i, i, 100+i)
			}
			admin.mustOK(`<edit-config><target><running/></target><config><nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><rule-list xmlns:m="https://mpk-security.optical.net/yang/mpk-security"><name>all</name><group>OPERATOR</group>` +
				list.String() + `</rule-list></nacm></config></edit-config>`)
			c := r.open("operator")
			b.ResetTimer()
			for range b.N {
				b.SetBytes(int64(len(c.rpc("<get-config><source><running/></source></get-config>"))))
			}
		})
	}
}

// BenchmarkGetOne reads one transition by its keys.
func BenchmarkGetOne(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := filled(b, n)
			b.ResetTimer()
			for range b.N {
				c.rpc(fmt.Sprintf(`<get><filter><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><transitions><transition><source>d0</source><target>d%d</target></transition></transitions></mpk-security></filter></get>`, n/100))
			}
		})
	}
}

const (
	watchTransitions = `<establish-subscription xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications" xmlns:yp="urn:ietf:params:xml:ns:yang:ietf-yang-push" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">` +
		`<yp:datastore>ds:running</yp:datastore><yp:datastore-subtree-filter><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><transitions/></mpk-security></yp:datastore-subtree-filter><yp:on-change>`
	withoutSync = `<yp:sync-on-start>false</yp:sync-on-start></yp:on-change></establish-subscription>`
)

// BenchmarkCommitWhileWatched is the time of one edit of running, answered, of which
// so many subscribers, each a session, are sent the difference.
func BenchmarkCommitWhileWatched(b *testing.B) {
	for _, subscribers := range []int{0, 1, 100} {
		b.Run(fmt.Sprint(subscribers), func(b *testing.B) {
			r := newRig(b, Limits{})
			c := fill(r.open("admin"), 1_000)
			for range subscribers {
				s := r.open("viewer")
				if reply := s.rpc(watchTransitions + withoutSync); !strings.Contains(reply, "<id") {
					b.Fatal(reply)
				}
				go func() { // who reads all the time
					for {
						if _, err := s.ReadMessage(); err != nil {
							return
						}
					}
				}()
			}
			b.ResetTimer()
			for i := range b.N {
				c.mustOK(edit("running", "<transitions>"+transition(0, 10, []string{"DENY", "PERMIT"}[i%2])+"</transitions>"))
			}
		})
	}
}

// BenchmarkUpdates is the time from one edit of running to the update of one
// subscriber, edits one after another.
func BenchmarkUpdates(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRig(b, Limits{})
			c := fill(r.open("admin"), n)
			s := r.open("viewer")
			if reply := s.rpc(watchTransitions + withoutSync); !strings.Contains(reply, "<id") {
				b.Fatal(reply)
			}
			b.ResetTimer()
			for i := range b.N {
				c.mustOK(edit("running", "<transitions>"+transition(0, n/100, []string{"DENY", "PERMIT"}[i%2])+"</transitions>"))
				if update := s.receive(); !strings.Contains(update, "push-change-update") {
					b.Fatal(update)
				}
			}
		})
	}
}

// BenchmarkCompare tells the one entry in which the candidate differs from running.
func BenchmarkCompare(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := filled(b, n)
			c.mustOK(edit("candidate", "<transitions>"+transition(0, n/100, "DENY")+"</transitions>"))
			b.ResetTimer()
			for range b.N {
				reply := c.rpc(`<compare xmlns="` + nsCompare + `" xmlns:ds="` + nsDatastores + `"><source>ds:running</source><target>ds:candidate</target></compare>`)
				if strings.Count(reply, "<edit>") != 1 {
					b.Fatal(reply)
				}
			}
		})
	}
}
