/* SPDX-License-Identifier: Apache-2.0 */
/* Attaches, lets the services run, and ends them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

static void prepare(struct compartment *c, wg_service_id id, const struct options *o) {
	c->shim->host = wg_services_of_the_host();
	c->shim->service = id;
	c->shim->run = c->descriptor->run;
	c->shim->heap_limit = o->heap_size;
	for (size_t i = 0; i < c->descriptor->operation_count; i++)
		c->shim->targets[i] = c->descriptor->operations[i].function;
	c->shim->armed = 1;
}

/* Has the shim stand before each operation. */
static const struct wg_operation *through_shim(const struct compartment *c) {
	static struct wg_operation operations[MAX_COMPARTMENTS][WG_SHIM_OPERATIONS];
	struct wg_operation *mine = operations[c->shim->service];
	for (size_t i = 0; i < c->descriptor->operation_count; i++)
		mine[i] = (struct wg_operation){c->descriptor->operations[i].name, c->shim->gates[i]};
	return mine;
}

/* Builds the walls around what was loaded. */
int wg_attach_all(struct host *h) {
	static struct wg_service services[MAX_COMPARTMENTS];
	static struct wg_segment segments[MAX_COMPARTMENTS * MAX_SEGMENTS];
	struct wg_compartments all = {.segments = segments, .bell = h->bell, .fence = h->options.after_fault != GO_ON, .own_arguments = WG_ENTER_THREAD};
	for (uint32_t i = 0; i < h->count; i++) {
		struct compartment *c = &h->compartment[i];
		prepare(c, i, &h->options);
		services[i] = (struct wg_service){c->name, c->shim->enter, through_shim(c), c->descriptor->operation_count, c->channels, c->channel_count};
		for (size_t j = 0; j < c->count; j++) {
			segments[all.count] = c->segments[j];
			segments[all.count++].service = i;
		}
	}
	struct wg_config config = {
		.socket = h->options.socket, .backend = h->options.backend, .services = services, .service_count = h->count,
		.stack_size = h->options.stack_size,
	};
	char message[1200];
	int status = wg_attach_compartments(&config, &all, message, sizeof message);
	if (status == WG_OK)
		return DONE;
	wg_say("%s", message);
	if (status == WG_E_SYSTEM)
		wg_say("is the daemon running, and may this user open %s? --socket names another", h->options.socket);
	return NOT_ATTACHED;
}

static void wake(int file) {
	const uint64_t one = 1;
	if (write(file, &one, sizeof one) < 0)
		wg_say("an event is lost");
}

static struct host *the_host;
static pthread_barrier_t all_known;

static void *serve(void *compartment) {
	struct compartment *c = compartment;
	uintptr_t result = 0;
	(void)wg_status_of(WG_BACKEND); /* known to the library before any service runs: only then it may run one */
	pthread_barrier_wait(&all_known);
	c->status = wg_run((wg_service_id)(c - the_host->compartment), WG_ENTER_RUN, &result);
	c->result = (int)result;
	atomic_store(&c->running, 0);
	wake(the_host->done);
	return NULL;
}

/* Starts the threads of the services that have something to run. */
static bool start_all(struct host *h) {
	unsigned all = 0;
	for (uint32_t i = 0; i < h->count; i++)
		all += h->compartment[i].descriptor->run != NULL;
	pthread_barrier_init(&all_known, NULL, all + 1);
	for (uint32_t i = 0; i < h->count; i++) {
		struct compartment *c = &h->compartment[i];
		if (c->descriptor->run == NULL)
			continue;
		atomic_store(&c->running, 1);
		if (pthread_create(&c->thread, NULL, serve, c) != 0) {
			wg_say("%s: start its thread: not enough memory or threads", c->name);
			return false;
		}
	}
	pthread_barrier_wait(&all_known);
	return true;
}

static int running(const struct host *h) {
	int n = 0;
	for (uint32_t i = 0; i < h->count; i++)
		n += atomic_load(&h->compartment[i].running);
	return n;
}

/* Says once how each function run has ended. */
static void tell_ends(struct host *h, uint32_t *told) {
	for (uint32_t i = 0; i < h->count; i++) {
		const struct compartment *c = &h->compartment[i];
		if (c->descriptor->run == NULL || atomic_load(&c->running) || *told >> i & 1)
			continue;
		*told |= UINT32_C(1) << i;
		if (c->status == WG_E_FAULT)
			wg_say("%s: its run was ended by a fault", c->name);
		else if (c->status != WG_OK)
			wg_say("%s: its run was ended: %s", c->name, wg_strerror(c->status));
		else if (c->result != 0)
			wg_say("%s: its run failed with %d", c->name, c->result);
		else
			wg_say("%s: its run has ended", c->name);
	}
}

static uint64_t of_service(unsigned what, uint32_t service) { return wg_status_of((enum wg_property)(what + service)); }

/* Where in which object code was ended, for whoever debugs it. */
static void describe(uint32_t service, char *text, size_t size) {
	void *code = (void *)of_service(WG_FAULT_IN, service);
	Dl_info info;
	if (code == NULL)
		snprintf(text, size, "it stayed longer than policy permits");
	else if (dladdr(code, &info) == 0)
		snprintf(text, size, "at %#llx, by code at %p", (unsigned long long)of_service(WG_FAULT_AT, service), code);
	else
		snprintf(text, size, "at %#llx, by code at %s+%#zx%s%s", (unsigned long long)of_service(WG_FAULT_AT, service), info.dli_fname,
			(size_t)((char *)code - (char *)info.dli_fbase), info.dli_sname == NULL ? "" : " in ", info.dli_sname == NULL ? "" : info.dli_sname);
}

/* Returns whether there were faults since the last time. */
static bool tell_faults(struct host *h) {
	static const char *const what_follows[] = {
		[FENCE] = "nobody enters it again: restart this host to have it back", [GO_ON] = "it goes on, with what it held locked", [END] = "the host ends",
	};
	bool faulted = false;
	for (uint32_t i = 0; i < h->count; i++) {
		struct compartment *c = &h->compartment[i];
		char where[600];
		uint64_t faults = of_service(WG_FAULTS_OF, i);
		if (faults == c->faults)
			continue;
		c->faults = faults;
		describe(i, where, sizeof where);
		wg_say("%s: a fault ended code of its domain (%llu so far), %s; %s", c->name, (unsigned long long)faults, where,
			what_follows[h->options.after_fault]);
		faulted = true;
	}
	return faulted;
}

static void drain(int file) {
	uint64_t n;
	while (read(file, &n, sizeof n) > 0)
		;
}

static uint64_t seconds_now(void) { return wg_now() / 1000000000u; }

/* Returns by when services must have ended. */
static uint64_t ask_to_end(const struct host *h) {
	wake(h->stop);
	return seconds_now() + h->options.grace;
}

/* Waits until nothing runs any more, or the time is over that services may take to end. */
static bool watch(struct host *h, int signals) {
	struct pollfd p[] = {{.fd = signals, .events = POLLIN}, {.fd = h->bell, .events = POLLIN}, {.fd = h->done, .events = POLLIN}};
	uint32_t told = 0;
	uint64_t until = 0;
	for (;;) {
		if (tell_faults(h) && h->options.after_fault == END && until == 0)
			until = ask_to_end(h);
		int left = running(h);
		tell_ends(h, &told);
		if (left == 0)
			return true;
		if (until != 0 && seconds_now() >= until)
			return false;
		if (poll(p, 3, until == 0 ? -1 : 100) < 0)
			continue;
		drain(h->bell);
		drain(h->done);
		struct signalfd_siginfo info;
		while (read(signals, &info, sizeof info) == sizeof info) {
			if (until != 0)
				return false; /* the second time at once */
			wg_say("ends: %s", strsignal((int)info.ssi_signo));
			until = ask_to_end(h);
		}
	}
}

static const char *_Atomic finishing; /* service */

/* Ends the process if services take too long for what they do at their end. */
static void *lose_patience(void *host) {
	const struct host *h = host;
	const struct timespec grace = {.tv_sec = h->options.grace == 0 ? 1 : h->options.grace};
	nanosleep(&grace, NULL);
	wg_say("%s does not end: a destructor or a function of atexit does not return", atomic_load(&finishing));
	_exit(SERVICE_FAILED);
}

/* Has each service flush and destroy what it has, unless it was left half done. */
static void finish(struct host *h) {
	pthread_t guard;
	atomic_store(&finishing, h->compartment[0].name);
	if (pthread_create(&guard, NULL, lose_patience, h) == 0)
		pthread_detach(guard);
	for (uint32_t i = 0; i < h->count; i++) {
		atomic_store(&finishing, h->compartment[i].name);
		if (h->compartment[i].faults == 0)
			(void)wg_run(i, WG_ENTER_FINISH, NULL);
	}
}

static int verdict(const struct host *h) {
	int status = DONE;
	for (uint32_t i = 0; i < h->count; i++) {
		if (h->compartment[i].faults != 0)
			return FAULTED;
		if (h->compartment[i].result != 0 || h->compartment[i].status != WG_OK)
			status = SERVICE_FAILED;
	}
	return status;
}

int wg_serve(struct host *h) {
	sigset_t ends;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	int signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	sigaddset(&ends, SIGPIPE); /* it would come when a service that wrote to a broken pipe has ended */
	pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before there are threads */
	the_host = h;
	if (signals < 0 || !start_all(h))
		return SERVICE_FAILED;
	bool ended = watch(h, signals);
	if (!ended) {
		for (uint32_t i = 0; i < h->count; i++)
			if (atomic_load(&h->compartment[i].running))
				wg_say("%s does not end: it should return from run when wg_pause returns 1", h->compartment[i].name);
		return SERVICE_FAILED;
	}
	finish(h);
	(void)tell_faults(h);
	(void)wg_close();
	return verdict(h);
}
