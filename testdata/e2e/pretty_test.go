package e2e

import "testing"

func TestPretty(t *testing.T) {
	const in = `<?xml version="1.0"?><a><b>text</b><c/><d></d><e><f>x</f></e></a>`
	const want = `<?xml version="1.0"?>
<a>
  <b>text</b>
  <c/>
  <d></d>
  <e>
    <f>x</f>
  </e>
</a>`
	if got := pretty(in); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
