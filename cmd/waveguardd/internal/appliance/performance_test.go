package appliance

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const ours = "https://mpk-security.optical.net/yang/mpk-security"

func clearPM(input string) string {
	return `<clear-pm xmlns="` + ours + `-pm">` + input + `</clear-pm>`
}

func TestClearPMIsPerformed(t *testing.T) {
	a := start(t)
	c := dial(t, a)
	for deadline := time.Now().Add(20 * time.Second); !bytes.Contains(c.ask(clearPM("<resource-type>DOMAIN</resource-type>")), []byte("<ok/>")); {
		if time.Now().After(deadline) {
			t.Fatal("no domain is measured")
		}
	}
	for input, want := range map[string]string{
		"": "<ok/>",
		"<resource-type>SERVICE</resource-type><resource>key-store</resource><granularity>15MIN</granularity><pm-type>ALL</pm-type>": "<ok/>",
		"<granularity>UNTIMED</granularity>":                                "<ok/>",
		"<resource-type>SERVICE</resource-type><resource>nobody</resource>": "<error-tag>invalid-value</error-tag>",
		"<granularity>1H</granularity>":                                     "<error-tag>invalid-value</error-tag>",
		"<resource>Not A Resource</resource>":                               "<error-tag>invalid-value</error-tag>",
		"<colour>red</colour>":                                              "<error-tag>unknown-element</error-tag>",
		"<pm-type>ALL</pm-type><pm-type>ALL</pm-type>":                      "<rpc-error>",
	} {
		if got := string(c.ask(clearPM(input))); !strings.Contains(got, want) {
			t.Errorf("clear-pm with %s was answered %s; want %s", input, got, want)
		}
	}
}

// TestStrengthThatTheHostLacks is an alarm as soon as it is asked for, and none
// when it is no longer.
func TestStrengthThatTheHostLacks(t *testing.T) {
	c := dial(t, start(t))
	alarm := func(minimum string, want bool) {
		t.Helper()
		reply := string(c.ask(`<edit-config><target><running/></target><config><mpk-security xmlns="` + ours + `"><system><config>` +
			`<minimum-isolation-strength>` + minimum + `</minimum-isolation-strength></config></system></mpk-security></config></edit-config>`))
		if !strings.Contains(reply, "<ok/>") {
			t.Fatal(reply)
		}
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			text := string(c.ask(`<get><filter><mpk-security xmlns="` + ours + `"><alarms xmlns="` + ours + `-alarms"/></mpk-security></filter></get>`))
			if strings.Contains(text, "system:system:isolation-insufficient") == want && strings.Contains(text, "<active>") {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("with %s as the minimum the alarms are %s", minimum, text)
			}
		}
	}
	alarm("HARDWARE_COMPARTMENT", true)
	alarm("NONE", false)
}

// TestBinsOutliveTheDaemon stops an appliance and starts it again: what is under
// way goes on, and is suspect.
func TestBinsOutliveTheDaemon(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	validity := func(want string) {
		t.Helper()
		a, err := New(Config{
			Dir: filepath.Join(dir, "data"), NETCONF: "127.0.0.1:0", GNMI: "127.0.0.1:0", InitUser: "admin", InitPasswordFile: file,
			Logger: slog.New(slog.DiscardHandler), Say: func(string, ...any) {},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx) }()
		c := dial(t, a)
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			text := string(c.ask(`<get><filter><mpk-security xmlns="` + ours + `"><performance-monitoring xmlns="` + ours + `-pm"><current-pm-list><current-pm>` +
				`<resource-type>SYSTEM</resource-type><resource>system</resource><type>VIOLATIONS</type></current-pm></current-pm-list></performance-monitoring></mpk-security></filter></get>`))
			if strings.Contains(text, "<granularity>UNTIMED</granularity><value>0</value><validity>"+want+"</validity>") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the bins are %s; want %s", text, want)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	validity("COMPLETE")
	validity("SUSPECT")
}

func TestBinFile(t *testing.T) {
	dir := t.TempDir()
	f := binFile(filepath.Join(dir, "bins"))
	if text, err := f.Load(); text != nil || err != nil {
		t.Errorf("a file that is not there loads as %q, %v", text, err)
	}
	for _, text := range []string{"one", "another"} {
		if err := f.Store([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Load(); string(got) != text || err != nil {
			t.Errorf("loaded was %q, %v; want %q", got, err, text)
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("in the folder are %v, %v", names, err)
	}
	if err := os.Truncate(string(f), maxBinFile+1); err != nil { // with a hole: it takes no room
		t.Fatal(err)
	}
	if text, err := f.Load(); err == nil {
		t.Errorf("a file of %d bytes was loaded", len(text))
	}
	if err := f.Store([]byte("another")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(string(f)+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.Store([]byte("lost")); err == nil {
		t.Error("what could not be stored was")
	}
	if got, _ := f.Load(); !bytes.Equal(got, []byte("another")) {
		t.Errorf("after that the file has %q", got)
	}
}
