package netconf

import (
	"bytes"
	"testing"

	"github.com/optical-net/waveguard/yang/subtree"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
	"github.com/optical-net/waveguard/yang/xpath"
)

// Defaults that are stored only where the filter reaches are as good as all.
func TestFillWithinReach(t *testing.T) {
	r := newRig(t, Limits{})
	for _, text := range []string{
		``, `<mpk-security/>`, `<mpk-security><system/></mpk-security>`, `<mpk-security><system><config/></system></mpk-security>`,
		`<mpk-security><system><config><name>waveguard</name></config></system></mpk-security>`,
		`<mpk-security><system><config><name>waveguard</name></config><state/></system></mpk-security>`,
		`<mpk-security><domains><domain><name>dashboard</name></domain></domains></mpk-security>`,
		`<mpk-security><domains><domain><name>dashboard</name><state/></domain></domains></mpk-security>`,
		`<mpk-security><domains><domain><name/><state><administrative-state/></state></domain></domains></mpk-security>`,
		`<mpk-security><domains><domain><config><administrative-state>IN_SERVICE</administrative-state></config></domain></domains></mpk-security>`,
		`<mpk-security><domains/><domains><domain><name>dashboard</name></domain></domains></mpk-security>`,
		`<mpk-security><transitions><transition><source>dashboard</source></transition></transitions></mpk-security>`,
		`<mpk-security><transitions><transition><config><fast-path/></config></transition></transitions><services/></mpk-security>`,
		`<mpk-security><transitions><transition><source>nobody</source><target>x</target><config/></transition></transitions></mpk-security>`,
	} {
		f := must(subtree.Parse(r.set, must(xml.Parse([]byte("<filter>"+text+"</filter>"), xml.Limits{}))(t)))(t)
		for _, as := range []reporting{
			{mode: xml.Explicit, scope: tree.ConfigOnly},
			{mode: xml.Explicit, scope: tree.ConfigAndState},
			{mode: xml.ReportAll, scope: tree.ConfigOnly},
			{mode: xml.ReportAll, scope: tree.ConfigAndState},
			{mode: xml.ReportAllTagged, scope: tree.ConfigAndState},
			{mode: xml.Trim, scope: tree.ConfigAndState},
		} {
			all := r.store.Operational()
			if as.scope == tree.ConfigOnly {
				all = r.store.Running()
			}
			want := encoded(t, f.Apply(r.defaults.fill(all, all.Root(), as).Root()))
			got := encoded(t, f.Apply(r.defaults.fill(all, f.Reach(all.Root()), as).Root()))
			if got != want {
				t.Errorf("%s, %+v: got\n%s\nwant\n%s", text, as, got, want)
			}
		}
	}
}

// The same for XPath, which sees defaults before they are stored.
func TestSelectBeforeFill(t *testing.T) {
	r := newRig(t, Limits{})
	for _, text := range []string{
		`/`, `/mpk-security`, `//state`, `//system/state`, `//administrative-state`, `//config/administrative-state/text()`,
		`//domain[name='dashboard']`, `//domain[name='dashboard']/state`, `//domain[name='dashboard']/state/administrative-state`,
		`//domain[config/administrative-state='IN_SERVICE']/name`, `//domain[2] | //minimum-isolation-strength`, `//transition[config/fast-path='true']`,
		`//transition/config/fast-path`, `//user | //domain/config/administrative-state | //system/config`, `//domain[last()]/state/..`, `//nothing`,
	} {
		expr := must(xpath.Parse(text, nil))(t)
		for _, as := range []reporting{
			{mode: xml.Explicit, scope: tree.ConfigOnly},
			{mode: xml.Explicit, scope: tree.ConfigAndState},
			{mode: xml.ReportAll, scope: tree.ConfigOnly},
			{mode: xml.ReportAll, scope: tree.ConfigAndState},
			{mode: xml.ReportAllTagged, scope: tree.ConfigAndState},
		} {
			all := r.store.Operational()
			if as.scope == tree.ConfigOnly {
				all = r.store.Running()
			}
			fill := func(t *tree.Tree) func(*tree.Container) *tree.Tree {
				return func(within *tree.Container) *tree.Tree { return r.defaults.fill(t, within, as) }
			}
			whole := fill(all)(all.Root())
			want := must(selected(whole, expr, func(*tree.Container) *tree.Tree { return whole }))(t)
			got := must(selected(all, expr, fill(all)))(t)
			if got, want := encoded(t, got.Root()), encoded(t, want.Root()); got != want {
				t.Errorf("%s, %+v: got\n%s\nwant\n%s", text, as, got, want)
			}
		}
	}
}

// Without a filter, what is filled is what the encoder writes by itself.
func TestFillIsWhatTheEncoderReports(t *testing.T) {
	r := newRig(t, Limits{})
	for _, mode := range []xml.Defaults{xml.Explicit, xml.ReportAll, xml.ReportAllTagged} {
		for scope, all := range []*tree.Tree{tree.ConfigOnly: r.store.Running(), tree.ConfigAndState: r.store.Operational()} {
			as := reporting{mode: mode, scope: tree.Scope(scope)}
			var want bytes.Buffer
			if err := xml.Encode(&want, all.Root(), xml.EncodeOptions{Defaults: mode, Scope: as.scope}); err != nil {
				t.Fatal(err)
			}
			if got := encoded(t, r.defaults.fill(all, all.Root(), as).Root()); got != want.String() {
				t.Errorf("%+v: got\n%s\nwant\n%s", as, got, want.String())
			}
		}
	}
}

func encoded(t *testing.T, c *tree.Container) string {
	t.Helper()
	var b bytes.Buffer
	if err := xml.Encode(&b, c, xml.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
