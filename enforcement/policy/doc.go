// Package policy turns configuration into what gates obey: it keeps the typed
// configuration of enforcement, decides which process may claim which service,
// and compiles the policy page of each host process.
package policy
