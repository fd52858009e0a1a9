package subtree

import (
	"testing"

	"github.com/optical-net/waveguard/yang/tree"
)

func TestLimit(t *testing.T) {
	set, root := example(t)
	for name, tc := range map[string]struct {
		filter string
		levels int
		want   string
	}{
		"selection":          {top(`<user/>`), 1, top(`<user><name>ann</name></user><user><name>bob</name></user>`)},
		"two levels":         {top(`<user><name>ann</name></user>`), 2, top(`<user><name>ann</name><full>Ann A</full><prefs/><key><type xmlns:ex="urn:ex">ex:slow</type><id>1</id></key><key><type xmlns:ex="urn:ex">ex:slow</type><id>2</id></key></user>`)},
		"deep enough":        {top(`<user><name>bob</name></user>`), 9, top(`<user><name>bob</name><full>Bob B</full></user>`)},
		"leaf":               {top(`<mtu xmlns="urn:ex"/><user><name>bob</name><full/></user>`), 1, top(`<mtu>70</mtu><user><name>bob</name><full>Bob B</full></user>`)},
		"container":          {top(`<stats/>`), 1, top(`<stats/>`)},
		"below a selection":  {top(`<user><name>ann</name><prefs/></user>`), 1, top(`<user><name>ann</name><prefs/></user>`)},
		"match selects":      {top(`<name>n</name>`), 1, `<top xmlns="urn:ex"/>`},
		"nothing is nothing": {`<nope/>`, 1, ``},
	} {
		t.Run(name, func(t *testing.T) {
			if got := encode(t, filter(t, set, tc.filter).Limit(root, tc.levels)); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
	if got := tree.Shallow(root, 99); got != tree.Node(root) {
		t.Error("what is no deeper is another tree")
	}
}
