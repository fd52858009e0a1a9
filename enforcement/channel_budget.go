package enforcement

import (
	"errors"

	"github.com/optical-net/waveguard/enforcement/channel"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// budgetShare is the part of the daemon's descriptors and mappings that rings may take: without
// the rest it could answer neither the network nor processes that attach.
const budgetShare = 2

var errBudget = errors.New("the daemon has as many rings as its limits of open files and of mappings allow; raise LimitNOFILE of its service, or /proc/sys/vm/max_map_count, or configure fewer channels or consumers")

// budget is what is left for rings. The broker's mu guards it.
type budget struct{ left channel.Cost }

func newBudget() budget {
	files, mappings := shm.Limits()
	return budget{channel.Cost{Files: files / budgetShare, Mappings: mappings / budgetShare}}
}

func (b *budget) has(s channel.Shape) bool {
	c := s.Cost()
	return c.Files <= b.left.Files && c.Mappings <= b.left.Mappings
}

func (b *budget) take(s channel.Shape) {
	c := s.Cost()
	b.left.Files -= c.Files
	b.left.Mappings -= c.Mappings
}

// give gives back what a ring took that is closed, or that could not be made.
func (b *budget) give(s channel.Shape) {
	c := s.Cost()
	b.left.Files += c.Files
	b.left.Mappings += c.Mappings
}

// discardFormerLocked lets go of all rings that ended: they are there to be counted, and what others
// need is worth more.
func (b *broker) discardFormerLocked() {
	for _, c := range b.conduits {
		for _, r := range c.former {
			b.countLocked(c, r)
			b.discardLocked(r)
		}
		c.former = nil
	}
}
