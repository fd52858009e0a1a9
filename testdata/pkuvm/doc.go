// Command pkuvm runs a program in a virtual machine whose processor has memory
// protection keys (PKU), which QEMU's translator emulates truthfully on a
// host that has none.
//
//	pkuvm [flags] -- PROGRAM [ARGUMENT ...]
//	pkuvm [flags] -script FILE [ARGUMENT ...]
//
// The program is a static Linux binary of the host; the script is run by
// busybox sh, whose tools are all there. Both run as root in /home, with no
// input, and with WAVEGUARD_IN_VM=1 in their environment. Their output appears
// as it is written, and pkuvm ends with their status: 128 and the number for
// a program that a signal ended, 124 if the time given by -timeout ran out, 125
// if pkuvm itself could not do its work. Whatever the program leaves running
// is ended with it.
//
// Note that "go run" turns every status but 0 into 1; where the status matters,
// build the command first.
//
// The kernel is Debian's linux-image-cloud-amd64, fetched by apt-get into
// ~/.cache/waveguard/pkuvm (or the same folder of $WAVEGUARD_CACHE), unpacked,
// never installed. The initial file system holds busybox, the given files and
// this command itself, as the machine's first process: see package guest. So
// pkuvm must be a static binary, as it is unless built with -race.
//
// The Debian packages needed are qemu-system-x86, busybox-static and dpkg.
package main
