package config

import (
	"testing"

	"github.com/optical-net/waveguard/yang/xml"
)

// FuzzReplies holds that nothing in a reply is more than an error.
func FuzzReplies(f *testing.F) {
	for _, seed := range []string{
		`<rpc-reply xmlns="` + xml.BaseNamespace + `"><data><yang-library xmlns="` + librarySpace + `"><module-set><name>complete</name><module><name>a</name><revision>2026-11-25</revision><feature>f</feature><submodule><name>b</name></submodule></module><import-only-module><name>c</name></import-only-module></module-set></yang-library></data></rpc-reply>`,
		`<history xmlns="` + historySpace + `"><state><current>2</current></state><pending><state><user>a</user><persistent>true</persistent><deadline>2026-11-25T12:00:00Z</deadline></state></pending>` +
			`<revision><number>2</number><state><number>2</number><time>2026-11-25T12:00:00Z</time><user>admin</user><changes>1</changes></state></revision><revision><number>x</number><state/></revision></history>`,
		`<rpc-reply xmlns="` + xml.BaseNamespace + `"><ok/></rpc-reply>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		el, err := xml.Parse(text, xml.Limits{})
		if err != nil {
			return
		}
		if _, err := libraryOf(el); err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
		h := historyOf(el)
		for i := 1; i < len(h.Revisions); i++ {
			if h.Revisions[i].Number > h.Revisions[i-1].Number {
				t.Error("revisions out of order")
			}
		}
	})
}
