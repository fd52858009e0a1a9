// Package alarm keeps the list of active alarms of mpk-security-alarms.
//
// A [List] is told the conditions that hold, again and again, and makes alarms
// of them: one that holds for long enough is raised, one that is gone for long
// enough is cleared, so that what comes and goes does not flap. The list has no
// memory of its own beyond that: it is what is true.
package alarm
