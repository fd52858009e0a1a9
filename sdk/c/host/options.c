/* SPDX-License-Identifier: Apache-2.0 */
/* The command line. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static const char help[] =
	"waveguard-host: run services in C and C++ as compartments of one process\n"
	"\n"
	"Usage:\n"
	"  waveguard-host [flags] NAME=FILE.so ...\n"
	"\n"
	"Each shared object exports a descriptor, wg_compartment, and becomes the service NAME of the appliance's\n"
	"configuration. It has a C library, a heap, stacks and writable data of its own, behind the wall of its\n"
	"domain; services call each other through gates, which obey the appliance's policy. SIGTERM ends them.\n"
	"\n"
	"Examples:\n"
	"  waveguard-host --check key-store=./key-store.so\n"
	"  waveguard-host key-store=./key-store.so dashboard=./dashboard.so\n"
	"  waveguard run --service key-store --restart on-failure -- waveguard-host --after-fault end key-store=./key-store.so\n"
	"\n"
	"Flags:\n"
	"  --after-fault WHAT     when a fault has ended code of a service: fence, nobody enters it again; go-on, with what\n"
	"                         it was doing half done and its locks held; or end the host, to be started again (default fence)\n"
	"  --allow-gadgets        load objects with a WRPKRU or XRSTOR in them (waveguard scan FILE explains them)\n"
	"  --allow-thread-local   load objects with thread-local variables: they are behind no wall\n"
	"  --backend BACKEND      of the walls: best, pku, mprotect or none (default best)\n"
	"  --check                load, say what would be behind which wall, and end\n"
	"  --grace SECONDS        that services may take to end (default 5)\n"
	"  --heap-size SIZE       most of each service's heap, such as 64M (default 256M)\n"
	"  --socket SOCKET        of the daemon (default /run/waveguard/attach.sock)\n"
	"  --stack-size SIZE      of each thread's stack in each service (default 256K)\n"
	"\n"
	"Exit status: 0 done, 1 a service failed, 2 wrong usage, 3 an object cannot be loaded, 4 not attached,\n"
	"5 a fault ended code of a service.\n";

_Noreturn static void misused(const char *what, const char *which) {
	wg_say("%s%s; see waveguard-host --help", what, which);
	exit(USAGE);
}

/* Reads a size such as 64K; 0 if it is none. */
static size_t size_named(const char *text) {
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	size_t unit = 1;
	if (*end == 'K' || *end == 'M' || *end == 'G') {
		unit = *end == 'K' ? 1ul << 10 : *end == 'M' ? 1ul << 20 : 1ul << 30;
		end++;
	}
	return *text < '0' || *text > '9' || *end != 0 || n > (1ul << 40) / unit ? 0 : n * unit;
}

static size_t size_between(const char *flag, const char *text, size_t low, size_t high) {
	size_t n = size_named(text);
	if (n < low || n > high) {
		wg_say("%s %s: give a size from %zuK to %zuM, such as 256K", flag, text, low >> 10, high >> 20);
		exit(USAGE);
	}
	return n;
}

static enum wg_backend backend_named(const char *text) {
	static const char *const names[] = {"best", "none", "mprotect", "pku"};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum wg_backend)i;
	misused("--backend is best, pku, mprotect or none, not ", text);
}

static enum after_fault after_named(const char *text) {
	static const char *const names[] = {[FENCE] = "fence", [GO_ON] = "go-on", [END] = "end"};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum after_fault)i;
	misused("--after-fault is fence, go-on or end, not ", text);
}

static unsigned seconds_named(const char *text) {
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != 0 || n > 3600)
		misused("--grace is a number of seconds up to 3600, not ", text);
	return (unsigned)n;
}

static void add(struct host *h, char *word) {
	char *file = strchr(word, '=');
	if (file == NULL || file == word || file[1] == 0 || (size_t)(file - word) > WG_MAX_NAME)
		misused("give each service as NAME=FILE.so, not ", word);
	*file++ = 0;
	for (uint32_t i = 0; i < h->count; i++)
		if (strcmp(h->compartment[i].name, word) == 0)
			misused("given twice: service ", word);
	if (h->count == MAX_COMPARTMENTS)
		misused("the C library has 16 link namespaces, one of them for the host: at most 15 services, which leaves out ", word);
	h->compartment[h->count++] = (struct compartment){.name = word, .file = file};
}

enum flag { SOCKET = 256, BACKEND, STACK, HEAP, GRACE, CHECK, AFTER_FAULT, THREAD_LOCAL, GADGETS, HELP };

static const struct option flags[] = {
	{"socket", required_argument, NULL, SOCKET},
	{"backend", required_argument, NULL, BACKEND},
	{"stack-size", required_argument, NULL, STACK},
	{"heap-size", required_argument, NULL, HEAP},
	{"grace", required_argument, NULL, GRACE},
	{"check", no_argument, NULL, CHECK},
	{"after-fault", required_argument, NULL, AFTER_FAULT},
	{"allow-thread-local", no_argument, NULL, THREAD_LOCAL},
	{"allow-gadgets", no_argument, NULL, GADGETS},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static void take(struct options *o, int flag) {
	switch (flag) {
	case SOCKET: o->socket = optarg; break;
	case BACKEND: o->backend = backend_named(optarg); break;
	case STACK: o->stack_size = size_between("--stack-size", optarg, 16ul << 10, 64ul << 20); break;
	case HEAP: o->heap_size = size_between("--heap-size", optarg, WG_EXTENT, 1ul << 36); break;
	case GRACE: o->grace = seconds_named(optarg); break;
	case CHECK: o->check = true; break;
	case AFTER_FAULT: o->after_fault = after_named(optarg); break;
	case THREAD_LOCAL: o->thread_local = true; break;
	case GADGETS: o->gadgets = true; break;
	case HELP: fputs(help, stdout); exit(DONE);
	default: exit(USAGE); /* getopt has said why */
	}
}

struct host wg_host_options(int argc, char **argv) {
	static struct compartment compartments[MAX_COMPARTMENTS];
	struct host h = {
		.options = {.socket = "/run/waveguard/attach.sock", .stack_size = 256ul << 10, .heap_size = 256ul << 20, .grace = 5},
		.compartment = compartments,
	};
	int flag;
	while ((flag = getopt_long(argc, argv, "+", flags, NULL)) != -1)
		take(&h.options, flag);
	for (int i = optind; i < argc; i++)
		add(&h, argv[i]);
	if (h.count == 0)
		misused("name the services, each as NAME=FILE.so", "");
	return h;
}
