/* SPDX-License-Identifier: Apache-2.0 */
/* Says what is behind which wall, and what is behind none. */
#define _GNU_SOURCE
#include <stdio.h>

#include "host.h"

static void walls(const struct host *h, bool attached) {
	static const char *const backends[] = {
		[WG_BACKEND_NONE] = "no walls (backend none): any service can read all of this",
		[WG_BACKEND_MPROTECT] = "walls of mprotect, for development: a service's memory is open to all while a thread is inside its domain",
		[WG_BACKEND_PKU] = "walls of protection keys: HARDWARE_COMPARTMENT",
	};
	const char *plural = h->count == 1 ? "" : "s";
	if (attached)
		wg_say("%u compartment%s, %s", h->count, plural, backends[wg_status_of(WG_BACKEND)]);
	else
		wg_say("%u compartment%s can be loaded; not attached (--check)", h->count, plural);
}

static size_t heap_bytes(const struct compartment *c) {
	size_t n = 0;
	for (size_t i = c->object_segments; i < c->count; i++)
		n += c->segments[i].size;
	return n;
}

static void compartment(const struct host *h, const struct compartment *c) {
	size_t operations = c->descriptor->operation_count;
	wg_say("%s  %s, %zu operation%s%s", c->name, c->file, operations, operations == 1 ? "" : "s", c->descriptor->run == NULL ? "" : ", run");
	wg_say("    behind its wall: data of its objects, %zu KiB in %zu pieces; heap, %zu KiB, at most %zu MiB; a stack of %zu KiB for each thread inside",
		c->object_bytes >> 10, c->object_segments, heap_bytes(c) >> 10, h->options.heap_size >> 20, h->options.stack_size >> 10);
	if (h->options.check)
		for (size_t i = 0; i < c->count; i++)
			wg_say("      %p-%p %s", (void *)c->segments[i].at, (void *)(c->segments[i].at + c->segments[i].size),
				i < c->object_segments ? "data" : "heap");
	wg_say("    behind no wall: code and constants; %zu bytes of thread-local data (%s); what mmap gives", c->thread_local_bytes,
		c->thread_local_bytes == 0 ? "none" : c->thread_local_of);
}

void wg_report_compartments(const struct host *h, bool attached) {
	walls(h, attached);
	for (uint32_t i = 0; i < h->count; i++)
		compartment(h, &h->compartment[i]);
}
