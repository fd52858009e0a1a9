package endpoints

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/tree"
)

// checkOverlaps refuses two places that would take the same connections: the
// next start could not open both.
func (s *settings) checkOverlaps() error {
	names := slices.SortedFunc(maps.Keys(s.places), func(a, b place) int {
		return strings.Compare(a.protocol+"/"+a.name, b.protocol+"/"+b.name)
	})
	for i, name := range names {
		for _, other := range names[:i] {
			if overlap(s.places[name].address, s.places[other].address) {
				return &tree.Error{
					Tag: tree.TagInvalidValue, Path: s.places[name].at,
					Message: fmt.Sprintf("the endpoint %q of %s has %s already; choose another port or address", other.name, other.protocol, s.places[other].address),
				}
			}
		}
	}
	return nil
}

// overlap says whether a connection could come in at two addresses of places.
func overlap(a, b string) bool {
	hostA, portA := splitPlace(a)
	hostB, portB := splitPlace(b)
	if portA != portB || portA == "0" {
		return false
	}
	return hostA == hostB || isAll(hostA, hostB) || isAll(hostB, hostA)
}

// splitPlace returns the host of a place, the zero address if it is all of both
// families, and the port.
func splitPlace(address string) (host netip.Addr, port string) {
	i := strings.LastIndexByte(address, ':')
	host, _ = netip.ParseAddr(strings.Trim(address[:i], "[]")) // the model has it checked
	if host = host.Unmap(); host == netip.IPv6Unspecified() {
		host = netip.Addr{} // such a socket takes IPv4 too
	}
	return host, address[i+1:]
}

// isAll says whether a host means all addresses of the family of another.
func isAll(host, other netip.Addr) bool {
	return !host.IsValid() || host.IsUnspecified() && (other.Is4() || !other.IsValid())
}
