// Package guest is the first process of the PKU virtual machine. It sets the
// machine up, runs one program, reports how the program ended, and powers off.
//
// Host and guest share three virtio-serial ports, on which nothing is
// mangled: the program's output, its error output, and the report. The report
// is written by this process alone; the program has no descriptor of it, so
// what a program prints is never taken for its status. Complaints about the
// machine itself go to the console.
package guest
