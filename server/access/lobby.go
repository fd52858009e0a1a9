package access

import (
	"log/slog"
	"net"
	"sync"
)

// Lobby bounds the connections whose peers have not yet said who they are,
// without letting strangers keep the users out: a newcomer is always let in.
// When the lobby is full, somebody goes in its place: of the source that holds
// most places, who came first. A stranger who fills the lobby from one address
// displaces but itself, and one with many addresses has to be faster than a
// user's login is. Make it with [NewLobby]; its methods may be called by any
// number of goroutines.
type Lobby struct {
	most int
	log  *slog.Logger

	mu      sync.Mutex
	guests  []*Guest // in the order they came
	crowded bool     // said so already
}

// NewLobby returns a lobby with so many places. It logs when they are used up, once
// until half of them are free again.
func NewLobby(places int, log *slog.Logger) *Lobby {
	return &Lobby{most: max(places, 1), log: log}
}

// Guest is a connection in a lobby.
type Guest struct {
	lobby  *Lobby
	conn   net.Conn
	source string
}

// Enter takes a connection in. When there is no place it closes another one.
func (l *Lobby) Enter(conn net.Conn) *Guest {
	g := &Guest{l, conn, hostOf(conn.RemoteAddr())}
	l.mu.Lock()
	var displaced *Guest
	if len(l.guests) >= l.most {
		displaced = l.displace()
	}
	l.guests = append(l.guests, g)
	say := displaced != nil && !l.crowded
	l.crowded = l.crowded || say
	l.mu.Unlock()
	if say {
		l.log.Warn("too many connections wait to be logged in; the oldest of the busiest source are closed",
			"places", l.most, "source", displaced.source)
	}
	if displaced != nil {
		displaced.conn.Close()
	}
	return g
}

// displace removes the guest who has to go, and returns it.
//
// Preconditions: l.mu is held and there are guests.
func (l *Lobby) displace() *Guest {
	count, busiest := map[string]int{}, l.guests[0]
	for _, g := range l.guests {
		count[g.source]++
	}
	for _, g := range l.guests {
		if count[g.source] > count[busiest.source] {
			busiest = g // the first of its source
		}
	}
	l.remove(busiest)
	return busiest
}

// remove takes g out, if it is still there.
//
// Preconditions: l.mu is held.
func (l *Lobby) remove(g *Guest) {
	for i, other := range l.guests {
		if other == g {
			l.guests = append(l.guests[:i], l.guests[i+1:]...)
			return
		}
	}
}

// Leave gives the place free: the peer is known now, or gone. It may be called
// again.
func (g *Guest) Leave() {
	g.lobby.mu.Lock()
	defer g.lobby.mu.Unlock()
	g.lobby.remove(g)
	if 2*len(g.lobby.guests) <= g.lobby.most {
		g.lobby.crowded = false
	}
}

// hostOf returns an address without its port.
func hostOf(addr net.Addr) string {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	return host
}
