package config

import (
	"context"
	"strings"
)

const telemetrySpace = "https://mpk-security.optical.net/yang/mpk-security-telemetry"

// ResetObservations has the appliance forget what calls it observed: those of the
// domains, or all if none is named.
func (a *Appliance) ResetObservations(ctx context.Context, domains []string) error {
	var b strings.Builder
	for _, name := range domains {
		b.WriteString("<domain>" + escape(name) + "</domain>")
	}
	_, err := a.session.Call(ctx, `<reset-observations xmlns="`+telemetrySpace+`">`+b.String()+`</reset-observations>`)
	return err
}
