package oracle

import (
	"fmt"
	"math/rand/v2"
)

// policy returns a valid policy of at least two domains besides the
// controller's, one service, one transition and one user.
func policy(r *rand.Rand) *element {
	names := []string{"controller", "key-store", "dashboard", "path-computation", "d4", "d5-"}[:3+r.IntN(4)]
	root := box("mpk-security", box("system", systemConfig(r), box("users", users(r)...)), box("domains"), box("services"), box("transitions"))
	root.module = "mpk-security"
	for i, name := range names {
		root.kids[1].add(domain(r, name, i))
	}
	for i := range 1 + r.IntN(4) {
		root.kids[2].add(service(r, fmt.Sprint("s", i), pick(r, names...)))
	}
	for i, source := range names[1:] {
		if i == 0 || r.IntN(2) == 0 {
			root.kids[3].add(transition(r, source, names[i]))
		}
	}
	return root
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// maybe returns some of the elements, in order.
func maybe(r *rand.Rand, from ...*element) (some []*element) {
	for _, e := range from {
		if r.IntN(2) == 0 {
			some = append(some, e)
		}
	}
	return some
}

func systemConfig(r *rand.Rand) *element {
	return box("config", maybe(r,
		text("name", pick(r, "node-1", "Knoten ä", "日本")),
		text("minimum-isolation-strength", pick(r, "NONE", "MPROTECT", "HARDWARE_REGION", "HARDWARE_COMPARTMENT")),
	)...)
}

func users(r *rand.Rand) (users []*element) {
	for i := range 1 + r.IntN(2) {
		name := fmt.Sprint("_user", i)
		config := box("config", text("name", name), text("role", pick(r, "ADMINISTRATOR", "OPERATOR", "VIEWER")))
		config.add(maybe(r,
			text("password-hash", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2g"),
			value("authorized-key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"),
			value("authorized-key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB me"),
		)...)
		users = append(users, entry("user", text("name", name), config))
	}
	return users
}

func domain(r *rand.Rand, name string, id int) *element {
	level := "CONTROLLER"
	if id > 0 {
		level = pick(r, "HIGH", "MEDIUM", "LOW", "DYNAMIC")
		id += 700 * r.IntN(5)
	}
	config := box("config", text("name", name), number("id", id), text("privilege-level", level))
	config.add(maybe(r, text("administrative-state", pick(r, "IN_SERVICE", "OUT_OF_SERVICE")), text("description", "what <it> is & does"))...)
	return entry("domain", text("name", name), config)
}

func service(r *rand.Rand, name, domain string) *element {
	match := []*element{
		text("executable", "/usr/bin/"+name), number("uid", r.IntN(70000)),
		text("executable-sha256", fmt.Sprintf("%064x", r.Uint64())),
	}
	config := box("config", text("name", name), text("domain", domain), match[r.IntN(3)])
	return entry("service", text("name", name), config)
}

func transition(r *rand.Rand, source, target string) *element {
	config := box("config", text("source", source), text("target", target), text("action", pick(r, "PERMIT", "DENY")))
	config.add(maybe(r,
		text("fast-path", pick(r, "true", "false")).bare(),
		number("max-rate", pick(r, 1, 1000, 1_000_000)), number("max-dwell-time", pick(r, 1, 500, 60_000_000)),
	)...)
	config.add(operations(r.IntN(33))...)
	return entry("transition", text("source", source), text("target", target), config)
}

func operations(n int) (ops []*element) {
	for i := range n {
		ops = append(ops, value("operation", fmt.Sprint("op.", i)))
	}
	return ops
}

// bare has JSON write the text without quotes.
func (e *element) bare() *element {
	e.number = true
	return e
}
