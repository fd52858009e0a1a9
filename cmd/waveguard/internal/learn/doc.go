// Package learn makes policy of the calls that an appliance observed, says what
// a policy would have done with them, and why it does with a call what it does.
//
// It judges calls with the code that enforcement compiles policy with, and by
// the rules that gates are held to, so that what it says is what they do.
package learn
