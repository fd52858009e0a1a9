// Package access knows the users of the appliance and decides what each of them
// may read, change and do, for every protocol alike.
//
// Users and their roles are configuration, /mpk-security/system/users. Every
// decision looks at the running configuration of that moment, so a commit that
// takes a role away takes effect on sessions that are already open.
//
// What the roles may do:
//
//	ADMINISTRATOR  everything
//	OPERATOR       read everything but password hashes; change everything but
//	               users; all operations but kill-session
//	VIEWER         read everything but password hashes; the operations that
//	               only read
package access
