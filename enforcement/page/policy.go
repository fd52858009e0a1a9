package page

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// Policy is the daemon's side of a policy page.
type Policy struct {
	file   *os.File
	hosted int

	mu     sync.Mutex
	memory []byte // nil after Close
}

// NewPolicy creates the policy page of a process that hosts so many domains.
// It denies everything until the first Publish. It returns the error of the
// system call that was refused, or one for a count outside 1..MaxHosted.
func NewPolicy(hosted int) (*Policy, error) {
	file, memory, err := policyKind.create(hosted)
	if err != nil {
		return nil, err
	}
	for bank := range 2 {
		mpk.Uint32At(memory, policyBank+4*bank).Store(uint32(bankOffset(hosted, bank)))
	}
	mpk.Uint32At(memory, policyBankSize).Store(uint32(bankSize(hosted)))
	return &Policy{file: file, hosted: hosted, memory: memory}, nil
}

// File returns the memfd to hand to the service. It stays the Policy's.
func (p *Policy) File() *os.File { return p.file }

// Publish puts a table in force for every gate of the process, at its next
// entry, and returns the new epoch. On an error the page is as it was.
func (p *Policy) Publish(table Table) (epoch uint64, err error) {
	if err := table.check(p.hosted); err != nil {
		return 0, fmt.Errorf("publish policy: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.memory == nil {
		return 0, fmt.Errorf("publish policy: %w", os.ErrClosed)
	}
	current := mpk.Uint64At(p.memory, policyEpoch)
	epoch = current.Load() + 1
	p.writeBank(bankOffset(p.hosted, int(epoch&1)), table)
	current.Store(epoch)
	return epoch, nil
}

func (p *Policy) writeBank(bank int, table Table) {
	for i, d := range table {
		record := bank + i*domainSize
		row := bank + p.hosted*domainSize + i*p.hosted*entrySize
		p.store(record, uint64(d.ID)|uint64(d.Level)<<(8*domainLevel)|uint64(d.State)<<(8*domainState)|
			uint64(row)<<(8*domainRowOffset))
		p.store(record+domainRowCount, uint64(len(d.Entries))|d.Wall.word())
		for j, e := range d.Entries {
			low, high := e.words()
			p.store(row+j*entrySize, low)
			p.store(row+j*entrySize+8, high)
		}
	}
}

func (p *Policy) store(offset int, word uint64) {
	mpk.Uint64At(p.memory, offset).Store(word)
}

// word packs a wall as the second word of a domain record holds it.
func (w Wall) word() uint64 {
	return uint64(w.Manner)<<(8*(domainFlags-domainRowCount)) | uint64(w.Priority)<<(8*(domainPriority-domainRowCount)) |
		uint64(w.GateDelay)<<(8*(domainGateDelay-domainRowCount))
}

func wallOf(word uint64) Wall {
	return Wall{
		Manner:    Manner(word >> (8 * (domainFlags - domainRowCount))),
		Priority:  uint8(word >> (8 * (domainPriority - domainRowCount))),
		GateDelay: uint16(word >> (8 * (domainGateDelay - domainRowCount))),
	}
}

// words packs an entry as the page holds it.
func (e Entry) words() (low, high uint64) {
	low = uint64(uint16(e.Target)) | uint64(e.Flags)<<(8*entryFlags) | uint64(e.Operations)<<(8*entryOperations)
	high = uint64(e.MaxRate) | uint64(e.MaxDwell)<<(8*(entryMaxDwell-entryMaxRate))
	return low, high
}

func entryOf(low, high uint64) Entry {
	return Entry{
		Target:     int(uint16(low)),
		Flags:      Flags(low >> (8 * entryFlags)),
		Operations: uint32(low >> (8 * entryOperations)),
		MaxRate:    uint32(high),
		MaxDwell:   uint32(high >> (8 * (entryMaxDwell - entryMaxRate))),
	}
}

// Supersede tells the process to attach again for a new page. Gates go on
// under this one meanwhile.
func (p *Policy) Supersede() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.memory != nil {
		mpk.Uint32At(p.memory, policyFlags).Or(flagSuperseded)
	}
}

// Close lets go of the page. A process that mapped it keeps the last policy.
func (p *Policy) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.memory == nil {
		return nil
	}
	memory := p.memory
	p.memory = nil
	return errors.Join(shm.Unmap(memory), p.file.Close())
}
