package redteam_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// docs is the page that has the table of verdicts.
const docs = "../../docs/isolation.md"

const (
	tableBegins = "<!-- Verdicts of testdata/redteam: go test ./testdata/redteam -update writes them here. -->\n"
	tableEnds   = "<!-- End of the verdicts. -->\n"
)

// TestTable holds the page to what the virtual machine said.
func TestTable(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the page is not in the virtual machine: it is compared on the host")
	}
	var all []verdict
	text, err := os.ReadFile("testdata/verdicts.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), tableBegins)
	have, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s lacks the lines around the table", docs)
	}
	want := table(all)
	if *update {
		if err := os.WriteFile(docs, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have != want {
		t.Errorf("the table in %s is not of testdata/verdicts.json; with -update it is written", docs)
	}
}

func table(all []verdict) string {
	var b strings.Builder
	b.WriteString("| way | the attacker | " + strings.Join(names(), " | ") + " |\n|---|---" + strings.Repeat("|---", len(defences)) + "|\n")
	for _, v := range all {
		fmt.Fprintf(&b, "| %s | %s |", v.Vector, v.How)
		for _, d := range names() {
			b.WriteString(map[bool]string{true: " **works** |", false: " fails |"}[slices.Contains(v.Works, d)])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func names() (all []string) {
	for _, d := range defences {
		all = append(all, d.name)
	}
	return all
}
