package schema

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/internal/peer"
)

// libyangAccepts is what libyang accepts although RFC 7950 forbids it, by the name
// of the refusal. The depth of statements is our own limit.
var libyangAccepts = map[string]string{
	"yang-data of nothing":                              "RFC 8040 section 8: there is exactly one container",
	"deep nesting":                                      "our own limit",
	"typedef circle":                                    "libyang looks at a typedef only when it is used",
	"typedef default out of type":                       "libyang looks at a typedef only when it is used",
	"inherited typedef default out of restriction":      "section 7.3.4: the derived type has to give another default",
	"unused grouping with a bad typedef":                "libyang looks at a typedef only when it is used",
	"unused grouping with a bad default":                "section 7.6.4 knows no exception",
	"end of comment in an unquoted string":              `section 6.1.3 counts "*/" among the comment sequences`,
	"empty in a union in YANG 1":                        "RFC 6020 section 9.12 forbids it",
	"leafref in a union in YANG 1":                      "RFC 6020 section 9.12 forbids it",
	"path of a derived type":                            "section 9.9: only require-instance restricts a leafref",
	"empty with default":                                "section 9.11; libyang refuses it in a typedef only",
	"grouping with an action at the top":                "section 7.15 forbids it",
	"action below a list without key":                   "section 7.15 forbids it",
	"notification below a list without key":             "section 7.16 forbids it",
	"augment of a list with a mandatory leaf in YANG 1": "RFC 6020 section 7.15 knows no exception for when",
	"deviate not-supported with another":                "section 14: not-supported stands alone",
	"deviate the default case away":                     "section 7.20.3: what deviations leave has to be valid",
	"submodule of another yang-version":                 "section 12 forbids it",
	"extension twice":                                   "section 6.2.1: names of extensions are distinct",
	"extension takes no argument":                       "section 7.19.2: without argument statement there is none",
	"extension inside an extension":                     "section 14, unknown-statement: what is inside is a statement too",
	"current base deprecated":                           "section 7.21.2 speaks of all definitions",
	"current feature deprecated":                        "section 7.21.2 speaks of all definitions",
	"current extension deprecated":                      "section 7.21.2 speaks of all definitions",
	"key with if-feature":                               "section 7.8.2 forbids it",
	"disabled leaf with a bad default":                  "section 7.6.4 knows no exception",
	"namespace empty":                                   "section 7.1.3: it is a URI",
	"namespace with a space":                            "section 7.1.3: it is a URI",
	"leafrefs in unions to each other":                  "section 9.9: the type would be defined by itself",
	"default enum with if-feature":                      "section 7.6.4: the default's definition has none",
	"default bit with if-feature":                       "section 7.6.4: the default's definition has none",
	"default identity with if-feature":                  "section 7.6.4: the default's definition has none",
	"typedef default with if-feature":                   "section 7.3.4: the default's definition has none",
	"key with when in YANG 1":                           "RFC 6020 allows it, but no engine can keep entries without their key",
	"YANG 1 imports YANG 1.1 by revision":               "section 12 forbids it",
	"list without nodes":                                "section 14, list-stmt: there is at least one",
}

// libyangRefuses is what libyang refuses although RFC 7950 allows it, by the name of the acceptance.
var libyangRefuses = map[string]string{
	"comment between appended strings":                   "section 6.1.1: a comment may stand wherever white space may",
	"other escapes in YANG 1":                            "RFC 6020 does not forbid them, RFC 7950 section 1.1 says it changed that",
	"quotes in unquoted strings of YANG 1":               "RFC 6020 does not forbid them, RFC 7950 section 1.1 says it changed that",
	"range across adjacent parts":                        "section 9.2.4: 2..5 is within 1..3 | 4..6",
	"pattern with subtraction":                           "libyang's expressions are not those of XML Schema",
	"pattern with name escapes":                          "libyang's expressions are not those of XML Schema",
	"refine of an action and a notification":             "yanglint crashes",
	"submodule with identities, features and extensions": "libyang does not find extensions in submodules",
	"key with the own prefix":                            "section 14, key-arg: keys are node identifiers",
}

// lintSources has yanglint print the trees of the modules that sources makes. The
// last ones go first: libyang turns on a module's features and identities when
// it is named, not when another imports it.
func lintSources(t *testing.T, texts []string) (printed string, err error) {
	t.Helper()
	tool, dir := peer.Yanglint(t), t.TempDir()
	var files []string
	for name, f := range sources(texts...).(fstest.MapFS) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(f.Data), "submodule") {
			files = append(files, path)
		}
	}
	slices.Sort(files)
	slices.Reverse(files)
	out, err := exec.Command(tool, append([]string{"-p", dir, "-f", "tree"}, files...)...).Output()
	return string(out), err
}

// What is refused here, libyang refuses too.
func TestRefuseLikeLibyang(t *testing.T) {
	for _, tc := range allRefusals {
		t.Run(tc.name, func(t *testing.T) {
			_, err := lintSources(t, tc.texts)
			if reason, known := libyangAccepts[tc.name]; known != (err == nil) {
				t.Errorf("libyang says %v, known is %q", err, reason)
			}
		})
	}
}
