package bench

import (
	"fmt"
	"strings"
)

// kind is what the list that is measured holds, and around it.
type kind struct {
	name            string
	root, namespace string
	list            string // container of the list; "": the root itself
	nothing         string // replaces all by what the entries refer to
	one             string // selects an entry within the list's container
	entry           func(i, version int) string
}

func editConfig(content string) string {
	return `<edit-config><target><candidate/></target><config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">` + content + `</config></edit-config>`
}

// edit returns an edit of entries in the candidate.
func (k kind) edit(entries string) string { return editConfig(k.inRoot(k.inList(entries))) }

// filter returns a subtree filter of the list, or of what is selected in it.
func (k kind) filter(selected string) string { return k.inRoot(k.inList(selected)) }

func (k kind) inRoot(content string) string {
	return fmt.Sprintf(`<%[1]s xmlns="%[2]s">%[3]s</%[1]s>`, k.root, k.namespace, content)
}

func (k kind) inList(content string) string {
	if k.list == "" {
		return content
	}
	return fmt.Sprintf(`<%[1]s>%[2]s</%[1]s>`, k.list, content)
}

var (
	// plain is a list of leafs without constraints beyond their types.
	plain = inventory("plain", func(int, int) string { return "" })
	// checked entries have a leaf that refers to another list and one with a condition.
	checked = inventory("checked", func(i, version int) string {
		return fmt.Sprintf("<group>group-%d</group><mtu>%d</mtu>", i%groups, 100+version%9000)
	})
	// policy is the appliance's: each transition refers to two domains.
	policy = kind{
		name: "policy", root: "mpk-security", namespace: "https://mpk-security.optical.net/yang/mpk-security", list: "transitions",
		nothing: `<mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><domains nc:operation="replace">` + domainEntries() +
			`</domains><transitions nc:operation="replace"/></mpk-security>`,
		one: "<transition>" + pair(500) + "</transition>",
		entry: func(i, version int) string {
			return fmt.Sprintf("<transition>%[1]s<config>%[1]s<action>PERMIT</action><max-rate>%[2]d</max-rate></config></transition>", pair(i), 1+version%9000)
		},
	}
)

func inventory(name string, more func(i, version int) string) kind {
	return kind{
		name: name, root: "inventory", namespace: "urn:example:inventory",
		nothing: `<inventory xmlns="urn:example:inventory" nc:operation="replace">` + groupEntries() + `</inventory>`,
		one:     "<item><name>item-000500</name></item>",
		entry: func(i, version int) string {
			return fmt.Sprintf("<item><name>item-%06d</name>%s<kind>%s</kind><enabled>%t</enabled><weight>%d.5</weight><description>item number %d</description></item>",
				i, more(i, version), [...]string{"PORT", "LINK", "LOOPBACK"}[i%3], i%2 == 0, version%7001, i)
		},
	}
}

func groupEntries() string {
	var all strings.Builder
	for i := range groups {
		fmt.Fprintf(&all, "<group><name>group-%d</name></group>", i)
	}
	return all.String()
}

// domains are enough for 10,000 pairs.
const domains = 101

func domainEntries() string {
	var all strings.Builder
	for i := range domains {
		level := [...]string{"CONTROLLER", "HIGH", "MEDIUM", "LOW"}[min(i, 1+i%3)]
		fmt.Fprintf(&all, "<domain><name>domain-%[1]d</name><config><name>domain-%[1]d</name><id>%[1]d</id><privilege-level>%[2]s</privilege-level></config></domain>", i, level)
	}
	return all.String()
}

// pair returns the keys of a transition: two domains, each pair once.
func pair(i int) string {
	source, target := i/(domains-1), i%(domains-1)
	if target >= source {
		target++
	}
	return fmt.Sprintf("<source>domain-%d</source><target>domain-%d</target>", source, target)
}
