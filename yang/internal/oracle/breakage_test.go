package oracle

import (
	"math/rand/v2"
	"strings"
)

// breakage makes a valid policy invalid in one place.
type breakage struct {
	name string
	do   func(r *rand.Rand, root *element)
}

const (
	systems     = "system/config"
	userConfigs = "system/users/user/config"
	domains     = "domains/domain/config"
	services    = "services/service/config"
	transitions = "transitions/transition/config"
)

// give sets a leaf in one of the containers at path.
func give(path string, leaf *element) func(*rand.Rand, *element) {
	return func(r *rand.Rand, root *element) {
		copied := *leaf
		pick(r, root.all(path)...).set(&copied)
	}
}

// lose removes a leaf from one of the containers at path.
func lose(path string, leaf ...string) func(*rand.Rand, *element) {
	return func(r *rand.Rand, root *element) {
		at := pick(r, root.all(path)...)
		for _, name := range leaf {
			at.remove(name)
		}
	}
}

// strange moves a node of the path into another module.
func strange(path, module string) func(*rand.Rand, *element) {
	return func(r *rand.Rand, root *element) { pick(r, root.all(path)...).module = module }
}

// twice repeats one of the nodes at path below parent.
func twice(parent, name string) func(*rand.Rand, *element) {
	return func(r *rand.Rand, root *element) {
		at := pick(r, root.all(parent)...)
		at.add(at.all(name)[0])
	}
}

var breakages = []breakage{
	{"unknown source", give(transitions, text("source", "vault"))},
	{"unknown target", give(transitions, text("target", "vault"))},
	{"unknown home", give(services, text("domain", "vault"))},
	{"key unlike config", give(domains, text("name", "other"))},
	{"user key unlike config", give(userConfigs, text("name", "other"))},
	{"transition key unlike config", give("transitions/transition", text("target", "controller2"))},
	{"duplicate id", duplicateID},
	{"self transition", selfTransition},
	{"id too large", give(domains, number("id", 4096))},
	{"id beyond the type", give(domains, number("id", 65536))},
	{"id negative", give(domains, number("id", -1))},
	{"id a fraction", give(domains, text("id", "7.5").bare())},
	{"id a word", give(domains, text("id", "seven"))},
	{"rate zero", give(transitions, number("max-rate", 0))},
	{"rate too large", give(transitions, number("max-rate", 1_000_001))},
	{"dwell time zero", give(transitions, number("max-dwell-time", 0))},
	{"dwell time too large", give(transitions, number("max-dwell-time", 60_000_001))},
	{"uid nobody", give(services, text("uid", "4294967295").bare())},
	{"bad action", give(transitions, text("action", "MAYBE"))},
	{"enum in lower case", give(transitions, text("action", "permit"))},
	{"bad level", give(domains, text("privilege-level", "TOP"))},
	{"bad state", give(domains, text("administrative-state", "DEGRADED"))},
	{"bad role", give(userConfigs, text("role", "ROOT"))},
	{"bad strength", give(systems, text("minimum-isolation-strength", "HARDWARE"))},
	{"bad boolean", give(transitions, text("fast-path", "yes"))},
	{"no id", lose(domains, "id")},
	{"no level", lose(domains, "privilege-level")},
	{"no name in config", lose(domains, "name")},
	{"no role", lose(userConfigs, "role")},
	{"no home", lose(services, "domain")},
	{"no action", lose(transitions, "action")},
	{"no domain config", lose("domains/domain", "config")},
	{"no transition config", lose("transitions/transition", "config")},
	{"service without match", lose(services, "executable", "executable-sha256", "uid")},
	{"domain name in upper case", give(domains, text("name", "Vault"))},
	{"domain name too long", give(domains, text("name", strings.Repeat("x", 64)))},
	{"relative executable", give(services, text("executable", "bin/sh"))},
	{"short digest", give(services, text("executable-sha256", "ab12"))},
	{"digest in upper case", give(services, text("executable-sha256", strings.Repeat("A", 64)))},
	{"clear password", give(userConfigs, text("password-hash", "secret"))},
	{"short key", give(userConfigs, value("authorized-key", "ssh-rsa"))},
	{"bad operation", give(transitions, value("operation", "9to5"))},
	{"long system name", give(systems, text("name", strings.Repeat("ä", 65)))},
	{"long description", give(domains, text("description", strings.Repeat("d", 256)))},
	{"33 operations", tooManyOperations},
	{"operation twice", operationTwice},
	{"no key", lose("domains/domain", "name")},
	{"no second key", lose("transitions/transition", "target")},
	{"no user key", lose("system/users/user", "name")},
	{"entry twice", twice("domains", "domain")},
	{"unknown leaf", give(domains, text("colour", "red"))},
	{"unknown container", give("domains", box("colour"))},
	{"unknown list entry", give("services", entry("colour", text("name", "red")))},
	{"leaf of another list", give(domains, text("role", "VIEWER"))},
	{"leaf in wrong module", strange(domains, "mpk-security-types")},
	{"key in wrong module", strange("domains/domain/name", "mpk-security-telemetry")},
	{"container in no module", strange("transitions", "mpk-insecurity")},
	{"leaf outside config", give("domains/domain", number("id", 7))},
	{"controller with another id", otherID},
	{"id 0 without level", id0},
	{"level without id 0", levelWithoutID},
	{"state in configuration", give("domains/domain", box("state", text("operational-state", "IN_SERVICE")))},
	{"container with text", give("system", text("config", "x"))},
	{"leaf with children", give(domains, box("id", number("id", 7)))},
}

func duplicateID(_ *rand.Rand, root *element) {
	d := root.all(domains)
	d[1].set(number("id", 9))
	d[2].set(number("id", 9))
}

// controller is the config of the controller's domain.
func controller(root *element) *element { return root.all(domains)[0] }

func id0(_ *rand.Rand, root *element) {
	controller(root).set(text("privilege-level", "HIGH"))
}

func levelWithoutID(_ *rand.Rand, root *element) {
	root.all(domains)[1].set(text("privilege-level", "CONTROLLER"))
}

func otherID(_ *rand.Rand, root *element) { controller(root).set(number("id", 77)) }

func selfTransition(r *rand.Rand, root *element) {
	at := pick(r, root.all("transitions/transition")...)
	source := at.all("source")[0].text
	at.set(text("target", source))
	at.all("config")[0].set(text("target", source))
}

func tooManyOperations(r *rand.Rand, root *element) {
	at := pick(r, root.all(transitions)...)
	at.remove("operation")
	at.add(operations(33)...)
}

func operationTwice(r *rand.Rand, root *element) {
	at := pick(r, root.all(transitions)...)
	at.remove("operation")
	at.add(value("operation", "get"), value("operation", "get"))
}
