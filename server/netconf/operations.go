package netconf

import (
	"context"

	"github.com/optical-net/waveguard/yang/xml"
)

// operation is one entry of the dispatch table.
type operation struct {
	name   string
	params string // names of the parameters it knows, separated by spaces
	run    func(*Session, context.Context, *params) (body, error)
}

// operations holds every operation the server has. It is read-only.
var operations = table{
	nsBase: {
		{"get", "filter with-defaults", (*Session).get},
		{"get-config", "source filter with-defaults", (*Session).getConfig},
		{"edit-config", "target default-operation test-option error-option config url", (*Session).editConfig},
		{"copy-config", "target source with-defaults", (*Session).copyConfig},
		{"delete-config", "target", (*Session).deleteConfig},
		{"lock", "target", (*Session).lock},
		{"unlock", "target", (*Session).unlock},
		{"commit", "confirmed confirm-timeout persist persist-id comment", (*Session).commit},
		{"cancel-commit", "persist-id", (*Session).cancelCommit},
		{"discard-changes", "", (*Session).discardChanges},
		{"validate", "source", (*Session).validate},
		{"close-session", "", (*Session).closeSession},
		{"kill-session", "session-id", (*Session).killSession},
	},
	nsNMDA: {
		{"get-data", "datastore subtree-filter xpath-filter config-filter origin-filter negated-origin-filter max-depth with-origin with-defaults", (*Session).getData},
		{"edit-data", "datastore default-operation config url", (*Session).editData},
	},
	nsCompare: {
		{"compare", "source target all report-origin subtree-filter xpath-filter", (*Session).compare},
	},
	nsFactory: {
		{"factory-reset", "", (*Session).factoryReset},
	},
	nsPrivate: {
		{"update", "resolution-mode", (*Session).update},
	},
	nsPartialLock: {
		{"partial-lock", "select", (*Session).partialLock},
		{"partial-unlock", "lock-id", (*Session).partialUnlock},
	},
	nsMonitoring: {
		{"get-schema", "identifier version format", (*Session).getSchema},
	},
	nsNotification: {
		{"create-subscription", "stream filter startTime stopTime", (*Session).createSubscription},
	},
}

type table map[string][]operation

// find returns the operation of that name, or nil.
func (t table) find(name xml.Name) *operation {
	for i := range t[name.Space] {
		if op := &t[name.Space][i]; op.name == name.Local {
			return op
		}
	}
	return nil
}
