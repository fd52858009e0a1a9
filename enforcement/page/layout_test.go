package page

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// layout pairs every C expression of page.h with the number Go uses.
var layout = map[string]uint64{
	"WG_POLICY_MAGIC":         policyMagic,
	"WG_STATS_MAGIC":          statsMagic,
	"WG_PAGE_ABI":             ABI,
	"WG_MAX_HOSTED":           MaxHosted,
	"WG_MAX_OPERATIONS":       MaxOperations,
	"WG_POLICY_SUPERSEDED":    flagSuperseded,
	"WG_STATE_IN_SERVICE":     uint64(InService),
	"WG_STATE_OUT_OF_SERVICE": uint64(OutOfService),
	"WG_STATE_RESTRICTED":     uint64(Restricted),
	"WG_STATE_ISOLATED":       uint64(Isolated),
	"WG_DOMAIN_PERMISSIVE":    uint64(Permissive),
	"WG_DOMAIN_PINNED":        uint64(Pinned),
	"WG_DOMAIN_CONSTANT_TIME": uint64(ConstantTime),
	"WG_ENTRY_PERMIT":         uint64(Permit),
	"WG_ENTRY_FAST_PATH":      uint64(FastPath),

	"sizeof(struct wg_policy_header)":              policyHeaderSize,
	"offsetof(struct wg_policy_header, magic)":     headerMagic,
	"offsetof(struct wg_policy_header, abi)":       headerABI,
	"offsetof(struct wg_policy_header, hosted)":    headerHosted,
	"offsetof(struct wg_policy_header, size)":      headerSize,
	"offsetof(struct wg_policy_header, bank)":      policyBank,
	"offsetof(struct wg_policy_header, bank[1])":   policyBank + 4,
	"offsetof(struct wg_policy_header, bank_size)": policyBankSize,
	"offsetof(struct wg_policy_header, flags)":     policyFlags,
	"offsetof(struct wg_policy_header, epoch)":     policyEpoch,

	"sizeof(struct wg_policy_domain)":               domainSize,
	"offsetof(struct wg_policy_domain, id)":         domainID,
	"offsetof(struct wg_policy_domain, level)":      domainLevel,
	"offsetof(struct wg_policy_domain, state)":      domainState,
	"offsetof(struct wg_policy_domain, row_offset)": domainRowOffset,
	"offsetof(struct wg_policy_domain, row_count)":  domainRowCount,
	"offsetof(struct wg_policy_domain, flags)":      domainFlags,
	"offsetof(struct wg_policy_domain, priority)":   domainPriority,
	"offsetof(struct wg_policy_domain, gate_delay)": domainGateDelay,

	"sizeof(struct wg_policy_entry)":               entrySize,
	"offsetof(struct wg_policy_entry, target)":     entryTarget,
	"offsetof(struct wg_policy_entry, flags)":      entryFlags,
	"offsetof(struct wg_policy_entry, operations)": entryOperations,
	"offsetof(struct wg_policy_entry, max_rate)":   entryMaxRate,
	"offsetof(struct wg_policy_entry, max_dwell)":  entryMaxDwell,

	"sizeof(struct wg_stats_header)":             statsHeaderSize,
	"offsetof(struct wg_stats_header, magic)":    headerMagic,
	"offsetof(struct wg_stats_header, abi)":      headerABI,
	"offsetof(struct wg_stats_header, hosted)":   headerHosted,
	"offsetof(struct wg_stats_header, size)":     headerSize,
	"offsetof(struct wg_stats_header, doorbell)": statsDoorbell,
	"offsetof(struct wg_stats_header, lost)":     statsLost,

	"sizeof(struct wg_stats_cell)":                     cellSize,
	"offsetof(struct wg_stats_cell, permitted)":        8 * uint64(Permitted),
	"offsetof(struct wg_stats_cell, denied)":           8 * uint64(Denied),
	"offsetof(struct wg_stats_cell, rate_limited)":     8 * uint64(RateLimited),
	"offsetof(struct wg_stats_cell, dwell_exceeded)":   8 * uint64(DwellExceeded),
	"offsetof(struct wg_stats_cell, operation_denied)": 8 * uint64(OperationDenied),
	"offsetof(struct wg_stats_cell, out_of_service)":   8 * uint64(OutOfServiceCalls),
	"offsetof(struct wg_stats_cell, faults)":           8 * uint64(Faults),
	"offsetof(struct wg_stats_cell, tolerated)":        8 * uint64(Tolerated),
	"offsetof(struct wg_stats_cell, operations)":       cellOperations,
	"offsetof(struct wg_stats_cell, longest)":          cellLongest,
	"offsetof(struct wg_stats_cell, busiest)":          cellBusiest,

	"WG_POLICY_BANK_SIZE(1)":        uint64(bankSize(1)),
	"WG_POLICY_SIZE(5)":             uint64(policyPageSize(5)),
	"WG_POLICY_SIZE(WG_MAX_HOSTED)": uint64(policyPageSize(MaxHosted)),
	"WG_STATS_SIZE(5)":              uint64(statsPageSize(5)),
	"WG_STATS_SIZE(WG_MAX_HOSTED)":  uint64(statsPageSize(MaxHosted)),
}

func TestLayoutIsThatOfTheHeader(t *testing.T) {
	gcc := compiler(t)
	for language, flags := range map[string][]string{
		"c":   {"-x", "c", "-std=c11"},
		"c++": {"-x", "c++", "-std=c++17", "-fsyntax-only"},
	} {
		t.Run(language, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "layout")
			args := append(flags, "-Wall", "-Wextra", "-Werror", "-I../../sdk/include", "-o", program, "-")
			compile := exec.Command(gcc, args...)
			compile.Stdin = strings.NewReader(layoutProgram())
			if out, err := compile.CombinedOutput(); err != nil {
				if language == "c++" && strings.Contains(string(out), "cc1plus") && os.Getenv("CI") == "" {
					t.Skip("no C++ compiler: apt-get install g++")
				}
				t.Fatalf("compile page.h: %v\n%s", err, out)
			}
			if language == "c" {
				compareLayout(t, program)
			}
		})
	}
}

func compiler(t *testing.T) string {
	t.Helper()
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("no compiler in the virtual machine; runs on the host")
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("no gcc: apt-get install gcc libc6-dev")
	}
	if err != nil {
		t.Skip("no gcc: apt-get install gcc libc6-dev")
	}
	return gcc
}

func layoutProgram() string {
	var b strings.Builder
	b.WriteString("#include <stdio.h>\n#include <waveguard/page.h>\nint main(void) {\n")
	for expression := range layout {
		fmt.Fprintf(&b, "printf(\"%%s=%%llu\\n\", %q, (unsigned long long)(%s));\n", expression, expression)
	}
	b.WriteString("return 0;\n}\n")
	return b.String()
}

func compareLayout(t *testing.T, program string) {
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(layout) {
		t.Fatalf("program printed %d lines, want %d", len(lines), len(layout))
	}
	for _, line := range lines {
		expression, got, _ := strings.Cut(line, "=")
		if want := fmt.Sprint(layout[expression]); got != want {
			t.Errorf("%s is %s in C, %s in Go", expression, got, want)
		}
	}
}

// TestHeaderIsAllCompared finds fields and constants of page.h that the
// table above does not know.
func TestHeaderIsAllCompared(t *testing.T) {
	compiler(t) // the header is where the compiler is
	text, err := os.ReadFile("../../sdk/include/waveguard/page.h")
	if err != nil {
		t.Fatal(err)
	}
	structure := ""
	for line := range strings.Lines(string(text)) {
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\n;[(", r) })
		switch {
		case len(words) >= 2 && words[0] == "struct":
			structure = words[1]
		case strings.HasPrefix(line, "}"):
			structure = ""
		case structure != "" && strings.Contains(line, ";"):
			expression := fmt.Sprintf("offsetof(struct %s, %s)", structure, words[1])
			if _, known := layout[expression]; !known && !strings.HasPrefix(words[1], "reserved") {
				t.Errorf("%s is not compared", expression)
			}
		case len(words) >= 3 && words[0] == "#define" && strings.HasPrefix(words[1], "WG_"):
			if !strings.Contains(layoutProgram(), words[1]) && words[1] != "WG_STATIC_ASSERT" {
				t.Errorf("%s is not compared", words[1])
			}
		}
	}
}
