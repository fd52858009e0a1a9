package validate

import "github.com/optical-net/waveguard/yang/tree"

// Asks returns how many constraints a Check evaluates.
func (v *Validator) Asks(prev *State, next *tree.Tree) int { return v.check(prev, next).asker.asks }
