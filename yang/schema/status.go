package schema

var statuses = map[string]Status{"current": Current, "deprecated": Deprecated, "obsolete": Obsolete}

// String returns the status as YANG writes it.
func (s Status) String() string {
	for name, status := range statuses {
		if s == status {
			return name
		}
	}
	return ""
}

// status returns what the statement, or the closest one around it that says so, has as its status.
func (s *stmt) status() Status {
	for ; s != nil; s = s.parent {
		if st := s.first("status"); st != nil {
			return statuses[st.arg]
		}
	}
	return Current
}

// checkStatus refuses a reference to a definition of the same module that is
// less current than the statement that refers to it.
func (l *errorList) checkStatus(from, def *stmt) {
	if from.unit.main == def.unit.main && from.status() < def.status() {
		l.breaks(from, ruleStatus, "%s definition refers to %s, which is %s", from.status(), def, def.status())
	}
}

// checkNodeStatus is checkStatus for a reference of a node to a node.
func (l *errorList) checkNodeStatus(from *stmt, n, to *Node) {
	if from.unit.main.name == to.Module.Name && n.Status < to.Status {
		l.breaks(from, ruleStatus, "%s %s refers to %s, which is %s", n.Status, n.Path(), to.Path(), to.Status)
	}
}

// setStatus inherits the status of the parent, the uses or augment that brought
// the node, and its own; none may be more current than the ones before.
func (c *compiler) setStatus(d *draft) {
	d.node.Status = d.node.Parent.Status
	if d.inherited != nil {
		c.lowerStatus(d, d.inherited)
	}
	if p, ok := d.prop("status"); ok {
		c.lowerStatus(d, p.st)
	}
}

func (c *compiler) lowerStatus(d *draft, st *stmt) {
	status := statuses[st.arg]
	if status < d.node.Status {
		c.errs.at(st, "is more current than what the node %s is part of, which is %s", d.node.Path(), d.node.Status)
		return
	}
	d.node.Status = status
}
