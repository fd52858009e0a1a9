package generate

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
)

// known makes values of typedefs whose descriptions ask for more than their
// patterns do, in canonical form (RFC 6991).
var known = map[string]func(r *rand.Rand) string{
	"ietf-inet-types:ipv4-address":         func(r *rand.Rand) string { return ipv4(r).String() + zone(r) },
	"ietf-inet-types:ipv4-address-no-zone": func(r *rand.Rand) string { return ipv4(r).String() },
	"ietf-inet-types:ipv6-address":         func(r *rand.Rand) string { return ipv6(r).String() + zone(r) },
	"ietf-inet-types:ipv6-address-no-zone": func(r *rand.Rand) string { return ipv6(r).String() },
	"ietf-inet-types:ipv4-prefix":          func(r *rand.Rand) string { return masked(ipv4(r), r.IntN(33)) },
	"ietf-inet-types:ipv6-prefix":          func(r *rand.Rand) string { return masked(ipv6(r), r.IntN(129)) },
	"ietf-yang-types:date-and-time":        moment,
	"ietf-yang-types:xpath1.0": func(r *rand.Rand) string {
		return pick(r, []string{"/", "true()", "1 + 1=2", "count(//*)>3", "'x'"})
	},
}

// knownText returns the maker of the first typedef that is known.
func knownText(t *schema.Type) func(r *rand.Rand) string {
	for _, name := range t.Typedefs {
		if f := known[name]; f != nil {
			return f
		}
	}
	return nil
}

// described says whether more than its patterns restricts the type.
func described(t *schema.Type) bool { return knownText(t) != nil || isInstancePath(t) }

// isInstancePath says whether the type is a string that holds an instance-identifier.
func isInstancePath(t *schema.Type) bool {
	return slices.Contains(t.Typedefs, "ietf-netconf-acm:node-instance-identifier")
}

func ipv4(r *rand.Rand) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.IntN(3))})
}

func ipv6(r *rand.Rand) netip.Addr {
	a := [16]byte{0x20, 0x01, 0x0d, 0xb8}
	for i := range r.IntN(12) {
		a[15-i] = byte(r.Uint32())
	}
	return netip.AddrFrom16(a)
}

func zone(r *rand.Rand) string { return pick(r, []string{"", "", "%eth0"}) }

func masked(a netip.Addr, bits int) string {
	p, err := a.Prefix(bits)
	if err != nil {
		return a.String() + "/" + strconv.Itoa(bits)
	}
	return p.String()
}

func moment(r *rand.Rand) string {
	return time.Unix(r.Int64N(1<<31), 0).UTC().Format("2006-01-02T15:04:05-00:00")
}
