package subtree

import (
	"bytes"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

const content = `<top xmlns="urn:ex"><name>n</name><mtu>70</mtu><kind xmlns:b="urn:ex-b">b:fast</kind><tag>a</tag><tag>b</tag>` +
	`<user><name>ann</name><full>Ann A</full><prefs><theme>dark</theme><size>1</size></prefs>` +
	`<key><type xmlns:ex="urn:ex">ex:slow</type><id>1</id><data>k1</data></key><key><type xmlns:ex="urn:ex">ex:slow</type><id>2</id></key></user>` +
	`<user><name>bob</name><full>Bob B</full></user>` +
	`<rule><id>9</id><action>x</action></rule><rule><id>1</id><action>y</action></rule><rule><id>5</id></rule>` +
	`<stats><in>1</in><log><line>z</line></log><log><line>a</line></log></stats>` +
	`<mtu xmlns="urn:ex-b">aug</mtu><more xmlns="urn:ex-b"><in>x</in></more></top><lone xmlns="urn:ex">l</lone>`

// example returns the schema and a tree with the content above.
func example(t testing.TB) (*schema.Set, *tree.Container) {
	t.Helper()
	set := codectest.Example(t)
	data, err := xml.Decode(set, []byte("<config>"+content+"</config>"), xml.DecodeOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	return set, data.Root()
}

func element(t testing.TB, doc string) *xml.Element {
	t.Helper()
	el, err := xml.Parse([]byte(doc), xml.Limits{Elements: 1 << 21})
	if err != nil {
		t.Fatal(err)
	}
	return el
}

// filter compiles a filter as it stands in a NETCONF message.
func filter(t testing.TB, set *schema.Set, body string) *Filter {
	t.Helper()
	f, err := Parse(set, element(t, `<filter xmlns="`+xml.BaseNamespace+`">`+body+`</filter>`))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func encode(t testing.TB, c *tree.Container) string {
	t.Helper()
	var b bytes.Buffer
	if err := xml.Encode(&b, c, xml.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func top(body string) string { return `<top xmlns="urn:ex">` + body + `</top>` }

func TestApply(t *testing.T) {
	set, root := example(t)
	ann, bob := content[strings.Index(content, "<user><name>ann"):strings.Index(content, "<user><name>bob")], `<user><name>bob</name><full>Bob B</full></user>`
	lone := `<lone xmlns="urn:ex">l</lone>`
	for name, tc := range map[string]struct{ filter, want string }{
		"empty":                       {``, ``},
		"whole top":                   {top(``), strings.TrimSuffix(content, lone)},
		"everything":                  {top(``) + `<lone xmlns="urn:ex"/>`, content},
		"leaf":                        {`<lone xmlns="urn:ex"/>`, lone},
		"white space":                 {"\n<lone xmlns=\"urn:ex\"> </lone>\n", lone},
		"unknown":                     {`<nope/><top xmlns="urn:nope"/>`, ``},
		"unknown below":               {top(`<nope/>`), ``},
		"selections":                  {top(`<mtu/><name/>`), top(`<name>n</name><mtu>70</mtu>`)},
		"no namespace":                {`<top xmlns=""><name/></top>`, top(`<name>n</name>`)},
		"message namespace":           {`<top><name/></top>`, top(`<name>n</name>`)},
		"any module":                  {`<top><mtu/></top>`, top(`<mtu>70</mtu><mtu xmlns="urn:ex-b">aug</mtu>`)},
		"one module":                  {top(`<mtu xmlns="urn:ex-b"/>`), top(`<mtu xmlns="urn:ex-b">aug</mtu>`)},
		"whole list":                  {top(`<user/>`), top(ann + bob)},
		"part of all entries":         {top(`<user><full/></user>`), top(`<user><name>ann</name><full>Ann A</full></user><user><name>bob</name><full>Bob B</full></user>`)},
		"part that some have":         {top(`<user><prefs><size/></prefs></user>`), top(`<user><name>ann</name><prefs><size>1</size></prefs></user>`)},
		"keys only":                   {top(`<user><name/></user>`), top(`<user><name>ann</name></user><user><name>bob</name></user>`)},
		"entry by key":                {top(`<user><name>bob</name></user>`), top(bob)},
		"entry by key, trimmed":       {top("<user><name>\n bob </name></user>"), top(bob)},
		"entry that is not there":     {top(`<user><name>eve</name></user>`), ``},
		"entry by another leaf":       {top(`<user><full>Ann A</full></user>`), top(ann)},
		"part of one entry":           {top(`<user><name>ann</name><full/></user>`), top(`<user><name>ann</name><full>Ann A</full></user>`)},
		"match is shown":              {top(`<user><full>Ann A</full><prefs><size/></prefs></user>`), top(`<user><name>ann</name><full>Ann A</full><prefs><size>1</size></prefs></user>`)},
		"absent part":                 {top(`<user><name>bob</name><prefs/></user>`), top(`<user><name>bob</name></user>`)},
		"two matches":                 {top(`<user><name>ann</name><full>Ann A</full></user>`), top(ann)},
		"two matches, one wrong":      {top(`<user><name>ann</name><full>Bob B</full></user>`), ``},
		"one leaf with two values":    {top(`<user><name>ann</name><name>bob</name></user>`), ``},
		"two entries":                 {top(`<user><name>bob</name><full/></user><user><name>ann</name><full/></user>`), top(`<user><name>ann</name><full>Ann A</full></user>` + bob)},
		"one entry twice":             {top(`<user><name>ann</name><full/></user><user><name>ann</name><prefs><size/></prefs></user>`), top(`<user><name>ann</name><full>Ann A</full><prefs><size>1</size></prefs></user>`)},
		"alternatives without keys":   {top(`<user><full/></user><user><prefs><theme/></prefs></user>`), top(`<user><name>ann</name><full>Ann A</full><prefs><theme>dark</theme></prefs></user>` + bob)},
		"containers merge":            {top(`<name/>`) + top(`<mtu/>`), top(`<name>n</name><mtu>70</mtu>`)},
		"match selects the whole":     {top(`<name>n</name>`), strings.TrimSuffix(content, lone)},
		"match in canonical form":     {top(`<mtu> +70</mtu><name/>`), top(`<name>n</name><mtu>70</mtu>`)},
		"match fails":                 {top(`<name>m</name><mtu/>`), ``},
		"match out of type":           {top(`<mtu>x</mtu>`), ``},
		"match of unknown leaf":       {top(`<nope>x</nope><mtu/>`), ``},
		"match of container":          {top(`<stats>x</stats><mtu/>`), ``},
		"identity":                    {top(`<kind xmlns:q="urn:ex-b">q:fast</kind><name/>`), top(`<name>n</name><kind xmlns:b="urn:ex-b">b:fast</kind>`)},
		"leaf-list match":             {top(`<tag>b</tag><name/>`), top(`<name>n</name><tag>b</tag>`)},
		"leaf-list matches":           {top(`<tag>b</tag><tag>a</tag><name/>`), top(`<name>n</name><tag>a</tag><tag>b</tag>`)},
		"leaf-list match fails":       {top(`<tag>b</tag><tag>c</tag><name/>`), ``},
		"first key":                   {top(`<user><name>ann</name><key><type>slow</type><data/></key></user>`), top(`<user><name>ann</name><key><type xmlns:ex="urn:ex">ex:slow</type><id>1</id><data>k1</data></key><key><type xmlns:ex="urn:ex">ex:slow</type><id>2</id></key></user>`)},
		"both keys":                   {top(`<user><key><id>1</id><type>slow</type><data/></key></user>`), top(`<user><name>ann</name><key><type xmlns:ex="urn:ex">ex:slow</type><id>1</id><data>k1</data></key></user>`)},
		"second key":                  {top(`<user><key><id>2</id></key></user>`), top(`<user><name>ann</name><key><type xmlns:ex="urn:ex">ex:slow</type><id>2</id></key></user>`)},
		"user order kept":             {top(`<rule><id>5</id></rule><rule><id>9</id><id/></rule>`), top(`<rule><id>9</id></rule><rule><id>5</id></rule>`)},
		"user order, by another leaf": {top(`<rule><action>y</action><id/></rule><rule><action>x</action><id/></rule>`), top(`<rule><id>9</id><action>x</action></rule><rule><id>1</id><action>y</action></rule>`)},
		"keyless list":                {top(`<stats><log><line>a</line></log></stats>`), top(`<stats><log><line>a</line></log></stats>`)},
		"attribute":                   {`<top xmlns="urn:ex" x="1"/>`, ``},
		"attribute on match":          {top(`<name x="1">n</name><mtu/>`), ``},
		"containment in a leaf":       {top(`<name><x/></name>`), ``},
		"augmented":                   {`<top xmlns="urn:ex" xmlns:q="urn:ex-b"><q:more><q:in/></q:more></top>`, top(`<more xmlns="urn:ex-b"><in>x</in></more>`)},
	} {
		t.Run(name, func(t *testing.T) {
			f := filter(t, set, tc.filter)
			if got := encode(t, f.Apply(root)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if got := encode(t, f.Apply(f.Reach(root))); got != tc.want {
				t.Errorf("of its reach it selects %s\nwant %s", got, tc.want)
			}
		})
	}
}

// What is selected whole is the tree's own.
func TestReach(t *testing.T) {
	set, root := example(t)
	ann := content[strings.Index(content, "<user><name>ann"):strings.Index(content, "<user><name>bob")]
	leafs := `<name>n</name><mtu>70</mtu><kind xmlns:b="urn:ex-b">b:fast</kind><tag>a</tag><tag>b</tag>`
	for name, tc := range map[string]struct{ filter, want string }{
		"by key":                     {top(`<user><name>ann</name></user>`), leafs + ann},
		"by key and another leaf":    {top(`<user><name>ann</name><full>nobody</full></user>`), leafs + ann},
		"by another leaf":            {top(`<user><full>Bob B</full></user>`), leafs + ann + `<user><name>bob</name><full>Bob B</full></user>`},
		"what entries do not have":   {top(`<user><name>bob</name><prefs/></user>`), leafs + `<user><name>bob</name><full>Bob B</full></user>`},
		"a match that does not hold": {top(`<mtu>71</mtu><user><name>bob</name></user>`), leafs + `<user><name>bob</name><full>Bob B</full></user>`},
	} {
		t.Run(name, func(t *testing.T) {
			got := encode(t, filter(t, set, tc.filter).Reach(root))
			if want := top(tc.want+`<mtu xmlns="urn:ex-b">aug</mtu>`) + `<lone xmlns="urn:ex">l</lone>`; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestApplyShares(t *testing.T) {
	set, root := example(t)
	topNode := root.Schema().Child("ex", "top")
	user := topNode.Child("ex", "user")
	whole := root.Child(topNode).(*tree.Container)
	got := filter(t, set, top(`<user/>`)).Apply(root).Child(topNode).(*tree.Container)
	if got.Child(user) != whole.Child(user) {
		t.Error("the list is a copy")
	}
	got = filter(t, set, top(`<user><name>bob</name></user>`)).Apply(root).Child(topNode).(*tree.Container)
	for entry := range got.Child(user).(*tree.List).All() {
		if entry != whole.Child(user).(*tree.List).Get(entry.Keys()...) {
			t.Error("the entry is a copy")
		}
	}
	if filter(t, set, top(``)+`<lone xmlns="urn:ex"/>`).Apply(root) != root {
		t.Error("the root is a copy")
	}
}

func TestSelect(t *testing.T) {
	set := codectest.Example(t)
	alarm := `<alarm xmlns="urn:ex"><severity>MINOR</severity><detail><x>1</x></detail></alarm>`
	n, err := xml.DecodeInput(set, set.Module("ex").Notifications[0], element(t, alarm))
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`<alarm xmlns="urn:ex"/>`: alarm,
		`<alarm/>`:                alarm,
		`<alarm xmlns="urn:ex"><severity>MINOR</severity></alarm>`: alarm,
		`<alarm xmlns="urn:ex"><severity>MAJOR</severity></alarm>`: ``,
		`<alarm xmlns="urn:ex"><detail/></alarm>`:                  `<alarm xmlns="urn:ex"><detail><x>1</x></detail></alarm>`,
		`<top xmlns="urn:ex"/>`:                                    ``,
		`<lone>x</lone><alarm/>`:                                   ``,
		``:                                                         ``,
	} {
		got := ""
		if c := filter(t, set, body).Select(n); c != nil {
			got = encode(t, c)
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", body, got, want)
		}
	}
}

func TestParseBounds(t *testing.T) {
	set, root := example(t)
	many := func(n int, element string) *xml.Element {
		return elementWith(t, top(strings.Repeat(element, n)))
	}
	if _, err := Parse(set, many(maxScans, `<user><full>x</full></user>`)); err != nil {
		t.Error(err)
	}
	for name, el := range map[string]*xml.Element{
		"scans":    many(maxScans+1, `<user><full>x</full></user>`),
		"elements": many(maxBindings, `<user/>`),
	} {
		if _, err := Parse(set, el); err == nil || !strings.Contains(err.Error(), string(tree.TagTooBig)) {
			t.Errorf("too many %s: %v", name, err)
		}
	}
	f, err := Parse(set, many(10_000, `<user><name>bob</name><full/></user>`))
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(t, f.Apply(root)); !strings.Contains(got, "Bob B") {
		t.Errorf("got %s", got)
	}
}

func elementWith(t testing.TB, body string) *xml.Element {
	return element(t, `<filter>`+body+`</filter>`)
}

// FuzzFilter applies filters: what they select is part of the tree, and
// selects itself again.
func FuzzFilter(f *testing.F) {
	set, root := example(f)
	for _, s := range []string{
		top(`<user><name>ann</name><prefs><size/></prefs></user><user><full/></user>`),
		`<top><mtu/><tag>a</tag></top>`, top(`<rule><id>9</id></rule><rule><id>1</id><action/></rule>`), top(`<stats><log><line>a</line></log></stats>`),
	} {
		f.Add([]byte(s))
	}
	whole := encode(f, root)
	f.Fuzz(func(t *testing.T, data []byte) {
		el, err := xml.Parse([]byte("<filter>"+string(data)+"</filter>"), xml.Limits{})
		if err != nil {
			return
		}
		filter, err := Parse(set, el)
		if err != nil {
			return
		}
		once := filter.Apply(root)
		if got := encode(t, filter.Apply(once)); got != encode(t, once) {
			t.Fatalf("%s selects %s, and of that %s", data, encode(t, once), got)
		}
		if got := encode(t, filter.Apply(filter.Reach(root))); got != encode(t, once) {
			t.Fatalf("%s selects %s, and of its reach %s", data, encode(t, once), got)
		}
		ed, err := xml.DecodeEdit(set, element(t, "<config>"+encode(t, once)+"</config>"), xml.DecodeOptions{State: true})
		if err != nil {
			t.Fatalf("%s selects %s: %v", data, encode(t, once), err)
		}
		e := tree.FromRoot(set, root).Edit()
		stats := root.Schema().Child("ex", "top").Child("ex", "stats")
		dropState(ed, stats)
		if err := e.Apply(ed, tree.Merge); err != nil {
			t.Fatal(err)
		}
		if got := encode(t, e.Tree().Root()); got != whole {
			t.Fatalf("%s selects what is not there: %s", data, encode(t, once))
		}
	})
}

// dropState removes the edits of a container whose entries have no identity, so
// that merging would add them.
func dropState(ed *tree.Edit, state *schema.Node) {
	for i, k := range ed.Children {
		if k.Schema == state {
			ed.Children[i] = &tree.Edit{Schema: state}
			continue
		}
		dropState(k, state)
	}
}

func BenchmarkApplyByKey(b *testing.B) {
	set := codectest.Models(b)
	data, err := xml.Decode(set, []byte(codectest.Transitions(10_000)), xml.DecodeOptions{})
	if err != nil {
		b.Fatal(err)
	}
	root := data.Root()
	el := elementWith(b, `<mpk-security><transitions><transition><source>d50</source><target>e50</target></transition></transitions></mpk-security>`)
	b.ReportAllocs()
	for b.Loop() {
		f, err := Parse(set, el)
		if err != nil {
			b.Fatal(err)
		}
		if f.Apply(root).Len() != 1 {
			b.Fatal("nothing selected")
		}
	}
}
