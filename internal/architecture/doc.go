// Package architecture has no code, only tests: who imports whom, who may be
// unsafe, and that what ARCHITECTURE.md and docs/dependencies.md say of it is so.
package architecture
