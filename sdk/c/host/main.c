/* SPDX-License-Identifier: Apache-2.0 */
/* waveguard-host: services in C and C++ as compartments of one process. See docs/compartments.md. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host.h"

#define NAMESPACES "glibc.rtld.nns=16"

/* glibc keeps room for thread-local data of 4 namespaces, unless it is told of more before the
 * program starts, and binds its own functions when they are first called, with an XRSTOR that harden.c takes
 * away, unless it is told to bind all at once. So the program starts again, once. */
static void begin_again(char **argv) {
	const char *have = getenv("GLIBC_TUNABLES");
	bool named = have != NULL && strstr(have, "glibc.rtld.nns=") != NULL;
	if (named && getenv("LD_BIND_NOW") != NULL)
		return;
	char value[1000];
	int n = snprintf(value, sizeof value, "%s%s%s", have == NULL ? "" : have, have == NULL || named ? "" : ":", named ? "" : NAMESPACES);
	if (n >= (int)sizeof value || setenv("GLIBC_TUNABLES", value, 1) != 0 || setenv("LD_BIND_NOW", "1", 1) != 0)
		return;
	execv("/proc/self/exe", argv); /* where /proc is, whatever became of the path */
	execv((const char *)getauxval(AT_EXECFN), argv);
}

static bool open_events(struct host *h) {
	h->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->stop = eventfd(0, EFD_CLOEXEC);
	wg_services_stop_at(h->stop);
	if (h->bell >= 0 && h->done >= 0 && h->stop >= 0)
		return true;
	wg_say("make an eventfd: %s", strerror(errno));
	return false;
}

static int run(struct host *h) {
	if (!open_events(h) || !wg_load(h))
		return NOT_LOADED;
	unsigned left = wg_harden(h);
	if (left > 0)
		wg_say("%u WRPKRU or XRSTOR of the C library are left: whoever jumps there opens walls", left);
	if (h->options.check) {
		wg_report_compartments(h, false);
		return DONE;
	}
	int status = wg_attach_all(h);
	if (status != DONE)
		return status;
	wg_report_compartments(h, true);
	return wg_serve(h);
}

/* Its end is _exit: what other namespaces want to do at exit was done inside, or is not safe. */
int main(int argc, char **argv) {
	char **words = calloc((size_t)argc + 1, sizeof *words);
	for (int i = 0; words != NULL && i < argc; i++)
		words[i] = strdup(argv[i]); /* options are cut in place */
	struct host h = wg_host_options(argc, argv);
	prctl(PR_SET_NAME, "waveguard-host"); /* not exe */
	if (words != NULL)
		begin_again(words);
	int status = run(&h);
	fflush(NULL);
	_exit(status);
}
