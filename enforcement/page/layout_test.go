package page

import (
	"testing"

	"github.com/optical-net/waveguard/internal/header"
)

// layout pairs every C expression of page.h with the number Go uses.
var layout = header.Layout{Include: "../../sdk/include", Name: "page.h", Numbers: map[string]uint64{
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
}}

func TestLayoutIsThatOfTheHeader(t *testing.T) { layout.Compare(t) }

// TestHeaderIsAllCompared finds fields and constants of page.h that the table above does not
// know.
func TestHeaderIsAllCompared(t *testing.T) { layout.AllCompared(t) }
