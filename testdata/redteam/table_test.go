//go:build linux && amd64

package redteam_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// docs is the page that has the tables.
const docs = "../../docs/isolation.md"

// tables are those that the page takes from testdata, between a line that names the file
// and one that says that it is over.
var tables = map[string]func(t *testing.T, text []byte) string{
	"verdicts.json":  verdicts,
	"native.json":    verdicts,
	"sealed.json":    sealed,
	"kernels.json":   kernels,
	"container.json": containers,
	"channels.json":  channels,
}

const tableEnds = "<!-- End of the table. -->\n"

func tableBegins(file string) string {
	return "<!-- From testdata/redteam/testdata/" + file + ": go test ./testdata/redteam -run Table -update writes it here. -->\n"
}

// TestTables holds the page to what was measured.
func TestTables(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the page is not in the virtual machine: it is compared on the host")
	}
	page, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	now := string(page)
	for file, table := range tables {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, begins := strings.Cut(now, tableBegins(file))
		_, after, ends := strings.Cut(rest, tableEnds)
		if !begins || !ends {
			t.Fatalf("%s lacks the lines around the table of %s", docs, file)
		}
		now = before + tableBegins(file) + table(t, text) + tableEnds + after
	}
	if *update {
		if err := os.WriteFile(docs, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if now != string(page) {
		t.Errorf("the tables in %s are not those of testdata; with -update they are written", docs)
	}
}

func decodeFile(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	decode(t, text, into)
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// verdicts is the table of ways and what stops them.
func verdicts(t *testing.T, text []byte) string {
	var all []verdict
	decode(t, text, &all)
	var b strings.Builder
	b.WriteString("| way | the attacker |")
	for _, d := range defences {
		fmt.Fprintf(&b, " %s |", d.name)
	}
	b.WriteString(" verdict |\n|---|---" + strings.Repeat("|---", len(defences)+1) + "|\n")
	for _, v := range all {
		fmt.Fprintf(&b, "| %s | %s |", v.Way, v.How)
		for _, o := range v.Behind {
			fmt.Fprintf(&b, " %s |", cell(o))
		}
		fmt.Fprintf(&b, " %s |\n", v.verdict())
	}
	return b.String()
}

// sealed is the table of what sealing ends.
func sealed(t *testing.T, text []byte) string {
	var all []verdict
	decode(t, text, &all)
	var b strings.Builder
	b.WriteString("| way | the attacker | not sealed | sealed (Linux 6.10) |\n|---|---|---|---|\n")
	for _, v := range all {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", v.Way, v.How, cell(v.Behind[0]), cell(v.Behind[1]))
	}
	return b.String()
}

// channels is the table of what ends of channels try.
func channels(t *testing.T, text []byte) string {
	var all []verdict
	decode(t, text, &all)
	var b strings.Builder
	b.WriteString("| way | the attacker | without | with | what stops it |\n|---|---|---|---|---|\n")
	for _, v := range all {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", v.Way, v.How, cell(v.Behind[0]), cell(v.Behind[1]), strings.Join(v.HeldBy, "; "))
	}
	return b.String()
}

func cell(o outcome) string {
	if o == works {
		return "**works**"
	}
	return string(o)
}

// verdict says what the row comes to.
func (v verdict) verdict() string {
	switch {
	case v.Nowhere != "":
		return "works nowhere: " + v.Nowhere
	case len(v.HeldBy) > 0 && v.SeenBy != "":
		return "prevented: " + strings.Join(v.HeldBy, "; ") + "; else detected: " + string(v.SeenBy)
	case len(v.HeldBy) > 0:
		return "prevented: " + strings.Join(v.HeldBy, "; ")
	case v.SeenBy != "":
		return "**open**; detected: " + string(v.SeenBy)
	}
	return "**open**"
}
