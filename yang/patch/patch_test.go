package patch_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/patch"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

const top = `<top xmlns="urn:ex">`

// edits returns the edits between two documents as XML, without what is around them
// and without namespaces of the patch itself.
func edits(t *testing.T, from, to string) string {
	t.Helper()
	set := codectest.Example(t)
	p := &patch.Patch{ID: "p", Edits: patch.Between(read(t, set, from), read(t, set, to))}
	doc := asXML(t, patch.Encode(container(t), p, patch.Options{}))
	_, doc, _ = strings.Cut(doc, "</patch-id>")
	return strings.TrimSuffix(doc, "</yang-patch>")
}

func TestEdits(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"a leaf is created": {
			"", "<lone xmlns='urn:ex'>x</lone>",
			`<edit><edit-id>1</edit-id><operation>create</operation><target>/ex:lone</target><value><lone xmlns="urn:ex">x</lone></value></edit>`,
		},
		"a leaf of another module is replaced": {
			top + "<extra xmlns='urn:ex-b'>1</extra></top>", top + "<extra xmlns='urn:ex-b'>2</extra></top>",
			`<edit><edit-id>1</edit-id><operation>replace</operation><target>/ex:top/ex-b:extra</target><value><extra xmlns="urn:ex-b">2</extra></value></edit>`,
		},
		"a value with a prefix": {
			top + "<mtu>70</mtu></top>", top + "<mtu>70</mtu><kind xmlns:b='urn:ex-b'>b:fast</kind></top>",
			`<edit><edit-id>1</edit-id><operation>create</operation><target>/ex:top/kind</target><value><kind xmlns="urn:ex" xmlns:b="urn:ex-b">b:fast</kind></value></edit>`,
		},
		"an entry with keys that need escapes": {
			top + "<mtu>70</mtu><user><name>a/b, c=é</name></user></top>", top + "<mtu>70</mtu></top>",
			`<edit><edit-id>1</edit-id><operation>delete</operation><target>/ex:top/user=a%2Fb%2C%20c%3D%C3%A9</target></edit>`,
		},
		"an entry below an entry, with two keys": {
			top + "<user><name>u</name></user></top>",
			top + "<user><name>u</name><key><type xmlns:b='urn:ex-b'>b:fast</type><id>7</id></key></user></top>",
			`<edit><edit-id>1</edit-id><operation>create</operation><target>/ex:top/user=u/key=ex-b%3Afast,7</target><value>` +
				`<key xmlns="urn:ex"><type xmlns:b="urn:ex-b">b:fast</type><id>7</id></key></value></edit>`,
		},
		"entries in the user's order": {
			top + "<step>a</step><step>b</step></top>", top + "<step>b</step><step>a</step><step>c</step></top>",
			`<edit><edit-id>1</edit-id><operation>move</operation><target>/ex:top/step=b</target><where>first</where></edit>` +
				`<edit><edit-id>2</edit-id><operation>insert</operation><target>/ex:top/step=c</target><point>/ex:top/step=a</point><where>after</where>` +
				`<value><step xmlns="urn:ex">c</step></value></edit>`,
		},
		"the first in the user's order": {
			top + "<rule><id>2</id></rule></top>", top + "<rule><id>1</id></rule><rule><id>2</id></rule></top>",
			`<edit><edit-id>1</edit-id><operation>insert</operation><target>/ex:top/rule=1</target><where>first</where><value><rule xmlns="urn:ex"><id>1</id></rule></value></edit>`,
		},
		"another case": {
			top + "<one-a>1</one-a></top>", top + "<two-a>2</two-a></top>",
			`<edit><edit-id>1</edit-id><operation>delete</operation><target>/ex:top/one-a</target></edit>` +
				`<edit><edit-id>2</edit-id><operation>create</operation><target>/ex:top/two-a</target><value><two-a xmlns="urn:ex">2</two-a></value></edit>`,
		},
		"entries that nothing tells apart": {
			top + "<stats><in>1</in><sample>1</sample><sample>1</sample><log><line>x</line></log></stats></top>",
			top + "<stats><in>1</in><sample>1</sample><sample>2</sample></stats></top>",
			`<edit><edit-id>1</edit-id><operation>delete</operation><target>/ex:top/stats/log</target></edit>` +
				`<edit><edit-id>2</edit-id><operation>replace</operation><target>/ex:top/stats/sample</target>` +
				`<value><sample xmlns="urn:ex">1</sample><sample xmlns="urn:ex">2</sample></value></edit>`,
		},
		"nothing": {top + "<name>a</name></top>", top + "<name>a</name></top>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := edits(t, c.from, c.to); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestValuesInJSON: names at the top of a value carry their module, numbers are
// numbers, one entry of a list is an array.
func TestValuesInJSON(t *testing.T) {
	set := codectest.Example(t)
	from, to := read(t, set, ""), read(t, set, top+"<mtu>70</mtu></top>")
	next := read(t, set, top+"<mtu>70</mtu><rule><id>7</id></rule></top>")
	p := &patch.Patch{ID: "p", Comment: "two", Edits: append(patch.Between(from, to), patch.Between(to, next)...)}
	p.Edits[1].ID = "2"
	want := `{"ietf-yang-patch:patch-id":"p","ietf-yang-patch:comment":"two","ietf-yang-patch:edit":[` +
		`{"edit-id":"1","operation":"create","target":"/ex:top","value":{"ex:top":{"mtu":70}}},` +
		`{"edit-id":"2","operation":"insert","target":"/ex:top/rule=7","where":"first","value":{"ex:rule":[{"id":7}]}}]}`
	if got := asJSON(t, patch.Encode(container(t), p, patch.Options{})); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOriginsOfValues(t *testing.T) {
	set := codectest.Example(t)
	to := read(t, set, "<lone xmlns='urn:ex' xmlns:or='urn:ietf:params:xml:ns:yang:ietf-origin' or:origin='or:system'>x</lone>")
	p := &patch.Patch{ID: "p", Edits: patch.Between(tree.New(set), to)}
	for origin, want := range map[xml.Origin]string{
		xml.OriginHidden: `<value><lone xmlns="urn:ex">x</lone></value>`,
		xml.OriginShown:  `<lone xmlns="urn:ex" xmlns:or="urn:ietf:params:xml:ns:yang:ietf-origin" or:origin="or:system">x</lone>`,
	} {
		if got := asXML(t, patch.Encode(container(t), p, patch.Options{Origin: origin})); !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

// patchOf reads a patch of one edit with the identifier e.
func patchOf(t *testing.T, set *schema.Set, edit string) (*patch.Patch, error) {
	t.Helper()
	s := container(t)
	doc := `<yang-patch xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-patch"><patch-id>p</patch-id><edit><edit-id>e</edit-id>` + edit + `</edit></yang-patch>`
	el, err := xml.Parse([]byte(doc), xml.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := xml.DecodeInput(s.Set(), s, el)
	if err != nil {
		t.Fatal(err)
	}
	return patch.Decode(set, c)
}

func TestPatchesOfOthers(t *testing.T) {
	set := codectest.Example(t)
	const from = top + "<name>n</name><step>a</step><step>b</step><user><name>u</name><full>f</full></user></top>"
	for name, c := range map[string]struct{ edit, want string }{
		"merge":                          {"<operation>merge</operation><target>/ex:top/user=u</target><value><user xmlns='urn:ex'><name>u</name><role>r</role></user></value>", "<full>f</full><role>r</role>"},
		"replace":                        {"<operation>replace</operation><target>/ex:top/user=u</target><value><user xmlns='urn:ex'><name>u</name><role>r</role></user></value>", "<name>u</name><role>r</role>"},
		"remove of nothing":              {"<operation>remove</operation><target>/ex:top/mtu</target>", "<name>n</name>"},
		"insert before":                  {"<operation>insert</operation><target>/ex:top/step=c</target><point>/ex:top/step=b</point><where>before</where><value><step xmlns='urn:ex'>c</step></value>", "<step>c</step><step>b</step>"},
		"move, last unsaid":              {"<operation>move</operation><target>/ex:top/step=a</target>", "<step>b</step><step>a</step>"},
		"a module that need not be said": {"<operation>create</operation><target>/ex:top/ex:mtu</target><value><mtu xmlns='urn:ex'>70</mtu></value>", "<mtu>70</mtu>"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := patchOf(t, set, c.edit)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Apply(read(t, set, from))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text(t, got), c.want) {
				t.Errorf("%s is not in %s", c.want, text(t, got))
			}
		})
	}
}

func TestRefusedPatches(t *testing.T) {
	set := codectest.Example(t)
	value := func(inner string) string { return "<value>" + inner + "</value>" }
	for name, c := range map[string]struct {
		edit string
		tag  tree.Tag
		says string
	}{
		"no operation":          {"<target>/ex:top</target>", tree.TagMissingElement, `"operation"`},
		"no target":             {"<operation>delete</operation>", tree.TagMissingElement, `"target"`},
		"no value":              {"<operation>create</operation><target>/ex:top</target>", tree.TagMissingElement, `"value"`},
		"the datastore":         {"<operation>delete</operation><target>/</target>", tree.TagInvalidValue, "/module:node"},
		"no path":               {"<operation>delete</operation><target>top</target>", tree.TagInvalidValue, "/module:node"},
		"an empty step":         {"<operation>delete</operation><target>/ex:top/</target>", tree.TagUnknownElement, `no node ""`},
		"no module":             {"<operation>delete</operation><target>/top</target>", tree.TagUnknownElement, "module:top"},
		"unknown node":          {"<operation>delete</operation><target>/ex:top/nix</target>", tree.TagUnknownElement, "nix"},
		"unknown module":        {"<operation>delete</operation><target>/nix:top</target>", tree.TagUnknownElement, "nix"},
		"an operation":          {"<operation>delete</operation><target>/ex:reset</target>", tree.TagUnknownElement, "reset"},
		"no key":                {"<operation>delete</operation><target>/ex:top/user</target>", tree.TagInvalidValue, "user=value"},
		"no key on the way":     {"<operation>delete</operation><target>/ex:top/user/full</target>", tree.TagInvalidValue, "without naming an entry"},
		"too many keys":         {"<operation>delete</operation><target>/ex:top/user=a,b</target>", tree.TagInvalidValue, "takes 1 values"},
		"keys of a leaf":        {"<operation>delete</operation><target>/ex:top/mtu=70</target>", tree.TagInvalidValue, "takes 0 values"},
		"a key of no value":     {"<operation>delete</operation><target>/ex:top/rule=x</target>", tree.TagInvalidValue, "no value of"},
		"half an escape":        {"<operation>delete</operation><target>/ex:top/user=%4</target>", tree.TagInvalidValue, "hexadecimal"},
		"a key":                 {"<operation>delete</operation><target>/ex:top/user=u/name</target>", tree.TagInvalidValue, "a key is not changed"},
		"insert into no order":  {"<operation>insert</operation><target>/ex:top/user=v</target>" + value("<user xmlns='urn:ex'><name>v</name></user>"), tree.TagInvalidValue, "not ordered by the user"},
		"no point":              {"<operation>move</operation><target>/ex:top/step=a</target><where>after</where>", tree.TagMissingElement, `"point"`},
		"point elsewhere":       {"<operation>move</operation><target>/ex:top/step=a</target><where>after</where><point>/ex:top/tag=a</point>", tree.TagInvalidValue, "no entry of the list"},
		"value of another":      {"<operation>create</operation><target>/ex:top/mtu</target>" + value("<name xmlns='urn:ex'>x</name>"), tree.TagUnknownElement, `"name"`},
		"value of two":          {"<operation>create</operation><target>/ex:top/tag=a</target>" + value("<tag xmlns='urn:ex'>a</tag><tag xmlns='urn:ex'>b</tag>"), tree.TagInvalidValue, "that one alone"},
		"value of other key":    {"<operation>create</operation><target>/ex:top/user=a</target>" + value("<user xmlns='urn:ex'><name>b</name></user>"), tree.TagInvalidValue, "that one alone"},
		"empty value":           {"<operation>create</operation><target>/ex:top/mtu</target><value/>", tree.TagMissingElement, "ex:mtu"},
		"wrong value":           {"<operation>create</operation><target>/ex:top/mtu</target>" + value("<mtu xmlns='urn:ex'>1</mtu>"), tree.TagInvalidValue, "68..9000"},
		"merge of the nameless": {"<operation>merge</operation><target>/ex:top/stats/log</target>" + value("<log xmlns='urn:ex'/>"), tree.TagInvalidValue, "replace them all"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := patchOf(t, set, c.edit)
			refused(t, err, c.tag, c.says)
		})
	}
}

// refused fails the test unless err blames the edit e in those terms.
func refused(t *testing.T, err error, tag tree.Tag, says string) {
	t.Helper()
	var whose *patch.Error
	var what *tree.Error
	if !errors.As(err, &whose) || !errors.As(err, &what) || whose.EditID != "e" || what.Tag != tag || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want %s that says %s", err, tag, says)
	}
}

func TestPatchesAreStrict(t *testing.T) {
	set := codectest.Example(t)
	for name, c := range map[string]struct {
		edit string
		tag  tree.Tag
	}{
		"create of what is":      {"<operation>create</operation><target>/ex:top/name</target><value><name xmlns='urn:ex'>x</name></value>", tree.TagDataExists},
		"insert of what is":      {"<operation>insert</operation><target>/ex:top/step=a</target><value><step xmlns='urn:ex'>a</step></value>", tree.TagDataExists},
		"delete of what is not":  {"<operation>delete</operation><target>/ex:top/mtu</target>", tree.TagDataMissing},
		"move of what is not":    {"<operation>move</operation><target>/ex:top/step=z</target>", tree.TagDataMissing},
		"below what is not":      {"<operation>create</operation><target>/ex:top/user=z/full</target><value><full xmlns='urn:ex'>x</full></value>", tree.TagDataMissing},
		"a point that is not":    {"<operation>move</operation><target>/ex:top/step=a</target><where>after</where><point>/ex:top/step=z</point>", tree.TagBadAttribute},
		"delete of no list":      {"<operation>delete</operation><target>/ex:top/stats/log</target>", tree.TagDataMissing},
		"create of a list there": {"<operation>create</operation><target>/ex:top/stats/sample</target><value><sample xmlns='urn:ex'>1</sample></value>", tree.TagDataExists},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := patchOf(t, set, c.edit)
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Apply(read(t, set, top+"<name>n</name><step>a</step><stats><sample>1</sample></stats></top>"))
			refused(t, err, c.tag, "")
		})
	}
}

// FuzzDecode reads patches from the network; those that can be read can be written
// and read again, and are performed or refused.
func FuzzDecode(f *testing.F) {
	set, s := codectest.Example(f), container(f)
	at := read(f, set, top+"<name>n</name><step>a</step><stats><sample>1</sample></stats><user><name>u</name></user></top>")
	for _, seed := range []string{
		"<operation>merge</operation><target>/ex:top/user=u</target><value><user xmlns='urn:ex'><name>u</name><role>r</role></user></value>",
		"<operation>insert</operation><target>/ex:top/step=%C3%A9</target><where>before</where><point>/ex:top/step=a</point><value><step xmlns='urn:ex'>é</step></value>",
		"<operation>replace</operation><target>/ex:top/stats/sample</target><value><sample xmlns='urn:ex'>1</sample></value>",
		"<operation>delete</operation><target>/ex:top/user=u/key=ex%3Aslow,1</target>",
		"<operation>create</operation><target>/ex:top/user</target><value><user xmlns='urn:ex'><name xmlns:o='urn:ietf:params:xml:ns:yang:ietf-origin' o:origin='o:system'>u</name></user></value>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, edit string) {
		doc := `<yang-patch xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-patch"><patch-id>p</patch-id><edit><edit-id>e</edit-id>` + edit + `</edit></yang-patch>`
		el, err := xml.Parse([]byte(doc), xml.Limits{})
		if err != nil {
			return
		}
		if c, err := xml.DecodeInput(s.Set(), s, el); err == nil {
			hold(t, set, c, at)
		}
	})
}

// FuzzDecodeJSON does the same with JSON.
func FuzzDecodeJSON(f *testing.F) {
	set, s := codectest.Example(f), container(f)
	at := read(f, set, top+"<name>n</name><step>a</step><stats><sample>1</sample></stats><user><name>u</name></user></top>")
	for _, seed := range []string{
		`"operation":"merge","target":"/ex:top/user=u","value":{"ex:user":[{"name":"u","role":"r"}]}`,
		`"operation":"insert","target":"/ex:top/step=b","where":"before","point":"/ex:top/step=a","value":{"step":["b"]}`,
		`"operation":"replace","target":"/ex:top/stats/sample","value":{"ex:sample":[1,2]}`,
		`"operation":"create","target":"/ex:top/rule=7","value":{"ex:rule":[{"id":7,"@":{"ex:note":"x"}}],"@ex:rule":{}}`,
		`"operation":"create","target":"/ex:lone","value":{"ex:lone":"x","@ex:lone":{"ex:note":"x"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, edit string) {
		doc := `{"ietf-yang-patch:patch-id":"p","ietf-yang-patch:edit":[{"edit-id":"e",` + edit + `}]}`
		if c, err := json.DecodeInput(s.Set(), s, []byte(doc), json.DecodeOptions{}); err == nil {
			hold(t, set, c, at)
		}
	})
}

// hold fails the test unless the patch in c is refused, or can be written and read
// again, and is performed or refused.
func hold(t *testing.T, set *schema.Set, c *tree.Container, at *tree.Tree) {
	p, err := patch.Decode(set, c)
	if err != nil {
		return
	}
	throughXML(t, set, c.Schema(), p)
	throughJSON(t, set, c.Schema(), p)
	if _, err := p.Apply(at); err != nil && err.Error() == "" {
		t.Error("an error without words")
	}
}
