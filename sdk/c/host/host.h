/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of waveguard-host know of each other. */
#ifndef WG_HOST_H
#define WG_HOST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <waveguard/compartment.h>

#include "../src/internal.h"
#include "shim.h"

/* glibc has 16 link namespaces (DL_NNS), and the host itself lives in one. */
#define MAX_COMPARTMENTS 15u
#define MAX_SEGMENTS 64u /* of a compartment */
#define SHIM "libwaveguard-compartment.so"

/* Exit statuses. */
enum { DONE, SERVICE_FAILED, USAGE, NOT_LOADED, NOT_ATTACHED, FAULTED };

/* What follows when a fault has ended code of a service. */
enum after_fault { FENCE, GO_ON, END };

struct options {
	const char *socket;
	enum wg_backend backend;
	size_t stack_size, heap_size;
	unsigned grace; /* seconds */
	enum after_fault after_fault;
	bool check, thread_local, gadgets;
};

struct compartment {
	const char *name, *file;
	void *inner, *handle; /* of the shim and the service, in their namespace */
	struct wg_shim *shim;
	const struct wg_compartment *descriptor;
	const struct wg_end *channels; /* of the descriptor, if it is of a version that has them */
	size_t channel_count;
	struct wg_segment segments[MAX_SEGMENTS]; /* those of objects first */
	size_t count, object_segments;
	size_t object_bytes, thread_local_bytes;
	char thread_local_of[256]; /* names of objects */

	pthread_t thread;
	_Atomic int running; /* its function run */
	int status;          /* of wg_run */
	int result;          /* of run */
	uint64_t faults;     /* that were told of */
};

struct host {
	struct options options;
	struct compartment *compartment;
	uint32_t count;
	int bell, done, stop; /* eventfds */
};

/* What stands in an object's file that matters here. */
struct object {
	bool executable_stack, text_relocations, writable_code, relro;
	unsigned codes; /* executable segments */
	size_t thread_local_bytes;
	size_t gadgets;
	uint64_t first_gadget; /* offset in the file */
};

/* options.c: exits where there is nothing more to do. */
struct host wg_host_options(int argc, char **argv);

/* say.c: a line on stderr. */
void wg_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* object.c: reads an object's file; false with why not. */
bool wg_object_read(const char *file, struct object *o, char *why, size_t size);
bool wg_object_parse(const uint8_t *data, size_t size, struct object *o, char *why, size_t why_size);
/* Finds a WRPKRU or XRSTOR at any offset; size if there is none. */
size_t wg_gadget(const uint8_t *code, size_t size);

/* load.c: false after having said why. */
bool wg_load(struct host *h);

/* harden.c: takes the WRPKRU and XRSTOR out of the C library and its loader; returns how many are left. */
unsigned wg_harden(const struct host *h);

/* report.c */
void wg_report_compartments(const struct host *h, bool attached);

/* run.c: returns an exit status. */
int wg_attach_all(struct host *h);
int wg_serve(struct host *h);
/* services.c */
struct wg_shim_host wg_services_of_the_host(void);
void wg_services_stop_at(int file); /* readable when services are to end */

#endif
