/* SPDX-License-Identifier: Apache-2.0 */
/* wg_attach: builds the controller's memory, and closes it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "internal.h"

#define LEAST_STACK (16u * 1024) /* for the library's own code and a little more */
#define MOST_STACK (UINT64_C(1) << 30)

static int check(const struct wg_config *c) {
	if (c == NULL || c->socket == NULL || strlen(c->socket) >= sizeof WG->socket || c->services == NULL)
		return WG_E_ARGUMENT;
	if (c->service_count < 1 || c->service_count > WG_MAX_SERVICES || c->backend > WG_BACKEND_PKU)
		return WG_E_ARGUMENT;
	if (c->stack_size != 0 && (c->stack_size < LEAST_STACK || c->stack_size > MOST_STACK))
		return WG_E_ARGUMENT;
	return WG_OK;
}

/* Copies services and operations; which domains they live in the daemon says later. */
static int copy_services(const struct wg_config *config) {
	size_t gates = 0, ends = 0;
	for (size_t i = 0; i < config->service_count; i++) {
		gates += config->services[i].operation_count;
		ends += config->services[i].channel_count;
	}
	WG->hosted = wg_controller_alloc(config->service_count * sizeof *WG->hosted);
	WG->domain = wg_controller_alloc(config->service_count * sizeof *WG->domain);
	WG->way = wg_controller_alloc((gates + 1) * sizeof *WG->way);
	WG->end = wg_controller_alloc((ends + 1) * sizeof *WG->end);
	if (WG->hosted == NULL || WG->domain == NULL || WG->way == NULL || WG->end == NULL)
		return WG_E_SYSTEM;
	WG->services = (uint32_t)config->service_count;
	WG->domains = WG->gates = WG->ends = 0;
	for (uint32_t i = 0; i < WG->services; i++) {
		const struct wg_service *s = &config->services[i];
		struct wg_hosted *h = &WG->hosted[i];
		strcpy(h->name, s->name); /* wg_wire_hello has checked the lengths */
		h->run = s->run;
		h->first_gate = WG->gates;
		h->gates = (uint32_t)s->operation_count;
		for (size_t j = 0; j < s->operation_count; j++) {
			struct wg_way *w = &WG->way[WG->gates++];
			strcpy(w->name, s->operations[j].name);
			w->service = i;
			w->function = s->operations[j].function;
		}
		for (size_t j = 0; j < s->channel_count; j++) {
			struct wg_channel_end *e = &WG->end[WG->ends++];
			strcpy(e->name, s->channels[j].channel);
			strcpy(e->reason, "the daemon has not said yet where the channel stands");
			e->role = (uint32_t)s->channels[j].role;
			e->service = i;
		}
	}
	return WG_OK;
}

/* Numbers the operations of each domain, as the daemon does, and notes whose they are. */
static int number_operations(void) {
	for (uint32_t i = 0; i < WG->gates; i++) {
		struct wg_domain *d = WG->hosted[WG->way[i].service].domain;
		if (d->operations == WG_MAX_OPERATIONS)
			return WG_E_ARGUMENT;
		WG->way[i].bit = d->operations++;
		WG->way[i].domain = d;
	}
	return WG_OK;
}

static int alloc_tables(void) {
	size_t pairs = (size_t)WG->domains * WG->domains;
	WG->meters = wg_controller_alloc(pairs * sizeof *WG->meters);
	WG->seconds = wg_controller_alloc(pairs * sizeof *WG->seconds);
	for (int i = 0; i < 2; i++)
		WG->pages[i].carried = wg_controller_alloc((pairs * WG_COUNTERS + 1) * sizeof(uint64_t));
	return WG->meters != NULL && WG->seconds != NULL && WG->pages[0].carried != NULL && WG->pages[1].carried != NULL ? WG_OK : WG_E_SYSTEM;
}

/* The walls are opened once, whatever becomes of the attempt: a process has its keys once. */
static int open_walls(enum wg_backend backend) {
	static bool tried;
	static int status;
	static enum wg_backend with;
	if (!tried) {
		tried = true;
		with = backend;
		status = wg_walls_open(backend);
	}
	return with == backend ? status : WG_E_ARGUMENT;
}

static int prepare(const struct wg_config *config) {
	int status = open_walls(config->backend);
	if (status == WG_OK)
		status = wg_wire_hello(config);
	if (status == WG_OK)
		status = copy_services(config);
	memset(WG->socket, 0, sizeof WG->socket);
	strcpy(WG->socket, config->socket);
	WG->stack_size = config->stack_size != 0 ? config->stack_size : 64u * 1024;
	WG->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (status == WG_OK && WG->wake < 0)
		status = WG_E_SYSTEM;
	return status;
}

/* Closes the memory that services have. Nothing may touch it from here on but through the gate. */
static int adopt(const struct wg_compartments *c) {
	int status = WG_OK;
	for (size_t i = 0; c != NULL && i < c->count && status == WG_OK; i++)
		status = wg_region_adopt(WG->hosted[c->segments[i].service].domain, &c->segments[i]);
	return status;
}

/* Everything up to here is ordinary memory; from wg_arm on only the gate leads to it. */
static int settle(const struct wg_compartments *compartments) {
	int status = number_operations();
	if (status == WG_OK)
		status = alloc_tables();
	if (status == WG_OK)
		status = wg_walls_pin(&WG->pages[0]);
	if (status == WG_OK)
		status = adopt(compartments);
	if (status == WG_OK)
		status = wg_channels_prepare();
	if (status == WG_OK)
		status = wg_threads_prepare();
	if (status == WG_OK)
		status = wg_wire_ready();
	if (status != WG_OK)
		return status;
	atomic_store(&WG->attachment, &WG->pages[0]);
	atomic_store(&WG->connected, 1);
	WG->edges = wg_edges_possible();
	bool with_keys = WG->backend == WG_WIRE_PKU;
	status = wg_arm();
	return status == WG_OK ? wg_threads_start(with_keys) : status;
}

static void prepare_compartments(const struct wg_compartments *c) {
	WG->compartments = c != NULL;
	WG->fence = c != NULL && c->fence;
	WG->own_arguments = c != NULL ? c->own_arguments : 0;
	WG->bell = c != NULL ? c->bell : -1;
}

int wg_attach(const struct wg_config *config, char *message, size_t size) {
	return wg_attach_compartments(config, NULL, message, size);
}

int wg_attach_compartments(const struct wg_config *config, const struct wg_compartments *compartments, char *message, size_t size) {
	static bool attached;
	char unused[1];
	if (message == NULL || size == 0) {
		message = unused;
		size = sizeof unused;
	}
	message[0] = 0;
	int status = attached ? WG_E_PLACE : check(config);
	if (status == WG_OK) {
		prepare_compartments(compartments);
		status = prepare(config);
	}
	if (status == WG_OK)
		status = wg_wire_attach(&WG->pages[0], 0, message, size);
	if (status == WG_OK) {
		attached = true;
		status = settle(compartments);
	} else if (!attached) {
		wg_controller_reset();
		close(WG->wake);
	}
	if (status != WG_OK && message[0] == 0)
		snprintf(message, size, "attach: %s", wg_strerror(status));
	return status;
}
