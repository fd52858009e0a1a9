// Package access knows the users of the appliance and decides what each of them
// may read, change and do, for every protocol alike. It is access control as RFC
// 8341 has it (ietf-netconf-acm), with roles for those who need no more.
//
// Users and rules are configuration, /mpk-security/system/users and /nacm. Every
// decision looks at the running configuration of that moment, so a commit that
// takes a right away takes effect on sessions that are already open.
//
// # Roles and rules
//
// Every user has a role:
//
//	ADMINISTRATOR  is the recovery session of RFC 8341: no rule holds for it
//	OPERATOR       changes everything and runs every operation that no mark
//	               protects
//	VIEWER         runs the operations that only read
//
// A request of anybody but administrators is decided by the first of these that
// applies:
//
//  1. the first rule that matches, of the rule-lists for the user's groups: those
//     in /nacm/groups with the user in them and, unless enable-external-groups is
//     false, the one called as the role is, "OPERATOR" or "VIEWER";
//  2. the marks default-deny-all and default-deny-write in the models, which hold
//     for all below as well, and kill-session and delete-config: denied;
//  3. for members of a group in /nacm/groups, read-default, write-default and
//     exec-default: access control exactly as RFC 8341 has it;
//  4. for all others the role in the place of write-default; in reading and in
//     operations, what the default or the role denies is denied.
//
// So a configuration without /nacm is one of roles alone, rules can give to a
// role and take from it, and who puts users into groups has to say all that these
// may do. Where enable-nacm is false, there are no rules, groups and defaults:
// the roles and the marks stay, because a viewer is one by the model of the
// appliance, not by NACM's. That is the one place that is stricter than the RFC.
//
// # What a decision is about
//
// Reading leaves out what may not be read with all below it; a list entry too
// one of whose keys may not be read. Changes are judged by their effect, node by
// node (RFC 8341 section 3.2.5): a container without presence needs no right, a
// user-ordered entry that moves is an update. An edit that says create or delete
// is refused before it is tried. To run an action or receive a notification of a
// data node, the nodes above must be readable.
//
// gNMI's Get is ietf-netconf's get to a rule, Set is edit-config, and Subscribe
// is create-subscription of module notifications.
package access
