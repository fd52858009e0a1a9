// Package yangtool is what "waveguard yang" does: it compiles modules, validates
// and converts documents, compares them and evaluates XPath over them. It needs
// no appliance and no configuration: the appliance's own modules are built in.
//
// What is wrong with a module or document comes as [Problem], with the place in
// the file; an error is about the command line or the system.
package yangtool
