/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attach protocol, of which enforcement/attach/wire/doc.go is the description.
 * Every length and number of a message is checked, and each is read once, from the
 * controller's buffer. One thread speaks it: the one in wg_attach, then the supervisor.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>

#include "internal.h"

#define MAGIC UINT32_C(0x54414757) /* "WGAT" */
#define VERSION 3
#define HEADER 16u
#define MAX_MESSAGE 65536u
#define MAX_REFUSAL 1024u
#define MAX_OPERATIONS 32u
#define MAX_REASON 1024u

enum { HELLO = 1, WELCOME, REFUSED, READY, VIOLATION, BYE, PING, PONG, CHANNEL, MAPPED, WITHHELD };

/* The descriptors of one message. */
struct files {
	int file[WG_MAX_FILES], count;
};

/* What is left of a packet. After the first error every field is zero. */
struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

/* A message in the making; what does not fit makes it fail. */
struct writer {
	uint8_t *start;
	size_t length;
	bool failed;
};

static uint64_t take(struct reader *r, unsigned size) {
	uint64_t value = 0;
	if (r->failed || size > r->left) {
		r->failed = true;
		return 0;
	}
	memcpy(&value, r->at, size);
	r->at += size;
	r->left -= size;
	return value;
}

static uint64_t bounded(struct reader *r, unsigned size, uint64_t low, uint64_t high) {
	uint64_t value = take(r, size);
	if (!r->failed && value >= low && value <= high)
		return value;
	r->failed = true;
	return 0;
}

/* The bytes of the UTF-8 character at the beginning of text, 0 if there is none: RFC 3629, section 4. */
static size_t character(const uint8_t *text, size_t left) {
	const uint8_t first = text[0];
	const size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || length > left)
		return 0;
	const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80, high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (length > 1 && (text[1] < low || text[1] > high))
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static bool is_text(const uint8_t *text, size_t size) {
	size_t at = 0, length = 1;
	while (at < size && (length = character(text + at, size - at)) != 0)
		at += length;
	return length != 0;
}

/* Takes a string of 1 to limit bytes of UTF-8; into has room for its end as well. */
static void take_text(struct reader *r, char *into, size_t limit) {
	size_t n = (size_t)bounded(r, 2, 1, limit);
	if (n > r->left || !is_text(r->at, n))
		r->failed = true;
	if (r->failed)
		n = 0;
	memcpy(into, r->at, n);
	into[n] = 0;
	r->at += n;
	r->left -= n;
}

static bool is_name(const char *s) {
	size_t n = strnlen(s, WG_MAX_NAME + 1);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f)
			return false;
	return n >= 1 && n <= WG_MAX_NAME;
}

static void put(struct writer *w, uint64_t value, unsigned size) {
	if (w->failed || w->length + size > MAX_MESSAGE) {
		w->failed = true;
		return;
	}
	memcpy(w->start + w->length, &value, size);
	w->length += size;
}

static void put_text(struct writer *w, const char *s) {
	size_t n = strlen(s);
	put(w, n, 2);
	for (size_t i = 0; i < n; i++)
		put(w, (unsigned char)s[i], 1);
}

static struct writer begin(uint8_t *buffer, unsigned type) {
	struct writer w = {.start = buffer};
	put(&w, MAGIC, 4);
	put(&w, VERSION, 2);
	put(&w, type, 2);
	put(&w, 0, 8);
	return w;
}

/* Sends what was written, with its length and the next sequence. */
static int finish(struct writer *w) {
	if (w->failed)
		return WG_E_ARGUMENT;
	uint32_t length = (uint32_t)w->length, sequence = WG->sent + 1;
	memcpy(w->start + 8, &length, 4);
	memcpy(w->start + 12, &sequence, 4);
	long n;
	do
		n = wg_syscall(SYS_sendto, WG->connection, (long)w->start, (long)w->length, MSG_NOSIGNAL, 0, 0);
	while (n == -EINTR);
	if (n != (long)w->length)
		return WG_E_SYSTEM;
	WG->sent = sequence;
	return WG_OK;
}

/* The place of the attachment's id in Hello. */
#define CONTINUES (HEADER + 7)

/* Whether the service has no channel of that name before. */
static bool is_first(const struct wg_service *s, size_t at) {
	for (size_t i = 0; i < at; i++)
		if (strcmp(s->channels[i].channel, s->channels[at].channel) == 0)
			return false;
	return true;
}

static bool put_ends(struct writer *w, const struct wg_service *s) {
	if (s->channel_count > WG_SERVICE_ENDS)
		return false;
	put(w, s->channel_count, 2);
	for (size_t i = 0; i < s->channel_count; i++) {
		const struct wg_end *e = &s->channels[i];
		if ((e->role != WG_PRODUCER && e->role != WG_CONSUMER) || e->channel == NULL || !is_name(e->channel) || !is_first(s, i))
			return false;
		put(w, e->role, 1);
		put_text(w, e->channel);
	}
	return true;
}

/* Prepares the message that says what this process hosts. */
int wg_wire_hello(const struct wg_config *config) {
	struct writer w = begin(WG->hello, HELLO);
	put(&w, WG_PAGE_ABI, 4);
	put(&w, (uint64_t)WG->backend, 1);
	put(&w, wg_strength(), 1);
	put(&w, (uint64_t)WG->keys, 1);
	put(&w, 0, 8);
	put(&w, config->service_count, 2);
	size_t ends = 0;
	for (size_t i = 0; i < config->service_count; i++) {
		const struct wg_service *s = &config->services[i];
		if (s->name == NULL || !is_name(s->name) || s->operation_count > MAX_OPERATIONS)
			return WG_E_ARGUMENT;
		put_text(&w, s->name);
		put(&w, s->operation_count, 2);
		for (size_t j = 0; j < s->operation_count; j++) {
			if (s->operations[j].name == NULL || !is_name(s->operations[j].name) || s->operations[j].function == NULL)
				return WG_E_ARGUMENT;
			put_text(&w, s->operations[j].name);
		}
		if (!put_ends(&w, s))
			return WG_E_ARGUMENT;
		ends += s->channel_count;
	}
	if (ends > WG_MAX_ENDS)
		return WG_E_ARGUMENT;
	WG->hello_size = w.length;
	return w.failed ? WG_E_ARGUMENT : WG_OK;
}

static int dial(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, WG->socket, sizeof address.sun_path);
	long s = wg_syscall(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, 0, 0, 0);
	if (s < 0)
		return (int)s;
	const struct timeval send_timeout = {.tv_sec = 1}, receive_timeout = {.tv_sec = 5};
	wg_syscall(SYS_setsockopt, s, SOL_SOCKET, SO_SNDTIMEO, (long)&send_timeout, sizeof send_timeout, 0);
	wg_syscall(SYS_setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, (long)&receive_timeout, sizeof receive_timeout, 0);
	long failure = wg_syscall(SYS_connect, s, (long)&address, sizeof address, 0, 0, 0);
	if (failure < 0) {
		wg_syscall(SYS_close, s, 0, 0, 0, 0, 0);
		return (int)failure;
	}
	WG->connection = (int)s;
	WG->sent = WG->received = 0;
	return 0;
}

void wg_wire_close(void) {
	if (WG->connection >= 0)
		wg_syscall(SYS_close, WG->connection, 0, 0, 0, 0, 0);
	WG->connection = -1;
}

/* Takes every descriptor of a control message, and closes those for which there is no room. */
static void take_files(struct msghdr *m, struct files *f) {
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++, f->count++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (f->count < (int)WG_MAX_FILES)
				f->file[f->count] = fd;
			else
				wg_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
		}
	}
}

static void close_files(const struct files *f) {
	for (int i = 0; i < f->count && i < (int)WG_MAX_FILES; i++)
		wg_syscall(SYS_close, f->file[i], 0, 0, 0, 0, 0);
}

/* Whether so many files can come with a message; how many with a Channel the message says. */
static bool carries(unsigned type, int count) {
	return type == WELCOME ? count == 3 : type == CHANNEL ? count <= (int)WG_MAX_FILES : count == 0;
}

/* Waits for a packet and returns its type, with the fields in r, and files, which are then the caller's; an error otherwise. */
static int receive(struct reader *r, struct files *f) {
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(80 * sizeof(int))]; /* so that some that are too many arrive, and are closed */
	} control;
	struct iovec part = {WG->packet, sizeof WG->packet};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	long n;
	f->count = 0;
	do
		n = wg_syscall(SYS_recvmsg, WG->connection, (long)&m, MSG_CMSG_CLOEXEC, 0, 0, 0);
	while (n == -EINTR);
	if (n <= 0)
		return WG_E_SYSTEM;
	take_files(&m, f);
	*r = (struct reader){.at = WG->packet, .left = (size_t)n};
	r->failed = (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
	(void)bounded(r, 4, MAGIC, MAGIC);
	(void)bounded(r, 2, VERSION, VERSION);
	unsigned type = (unsigned)bounded(r, 2, WELCOME, WITHHELD);
	(void)bounded(r, 4, (uint64_t)n, (uint64_t)n);
	(void)bounded(r, 4, WG->received + 1, WG->received + 1);
	WG->received++;
	if (!r->failed && carries(type, f->count))
		return (int)type;
	close_files(f);
	return WG_E_FORMAT;
}

/* Returns the domain of that name, which becomes one if it is the first time. */
static struct wg_domain *domain_of(const char *name, uint16_t id) {
	for (uint32_t i = 0; i < WG->domains; i++)
		if (strcmp(WG->domain[i].name, name) == 0)
			return &WG->domain[i];
	struct wg_domain *d = &WG->domain[WG->domains];
	memcpy(d->name, name, sizeof d->name);
	d->id = id;
	d->index = (uint16_t)WG->domains++;
	d->tag = WG_KEY_PARKING;
	return d;
}

/* Takes one service of a Welcome: the first time it says where it lives, later the same must
 * be said, because its memory and keys are bound to the domain. */
static bool settle(struct reader *r, struct wg_hosted *h) {
	char service[WG_MAX_NAME + 1], domain[WG_MAX_NAME + 1];
	memset(domain, 0, sizeof domain);
	take_text(r, service, WG_MAX_NAME);
	take_text(r, domain, WG_MAX_NAME);
	uint16_t id = (uint16_t)bounded(r, 2, 0, 4095);
	(void)bounded(r, 1, 0, 4); /* the privilege level */
	if (r->failed || strcmp(service, h->name) != 0 || !is_name(domain))
		return false;
	if (h->domain == NULL)
		h->domain = domain_of(domain, id);
	return strcmp(h->domain->name, domain) == 0 && h->domain->id == id;
}

static int take_welcome(struct reader *r, struct wg_attachment *into, const int *files) {
	into->id = bounded(r, 8, 1, UINT64_MAX);
	(void)bounded(r, 2, WG->services, WG->services);
	for (uint32_t i = 0; i < WG->services; i++)
		if (r->failed || !settle(r, &WG->hosted[i]))
			return WG_E_FORMAT;
	if (r->failed || r->left > 0)
		return WG_E_FORMAT;
	return wg_pages_open(into, files, WG->domains);
}

static int take_refusal(struct reader *r, char *message, size_t size) {
	char text[MAX_REFUSAL + 1];
	unsigned code = (unsigned)bounded(r, 2, 1, 7);
	take_text(r, text, MAX_REFUSAL);
	if (r->failed || r->left > 0)
		return WG_E_FORMAT;
	if (message != NULL)
		snprintf(message, size, "refused by the daemon (%u): %s", code, text);
	return WG_E_REFUSED;
}

static int shake_hands(struct wg_attachment *into, char *message, size_t size) {
	struct writer w = {.start = WG->hello, .length = WG->hello_size};
	int failure = finish(&w);
	if (failure != WG_OK)
		return failure;
	struct reader r;
	struct files f;
	int type = receive(&r, &f);
	if (type < 0)
		return type;
	switch (type) {
	case WELCOME:
		failure = take_welcome(&r, into, f.file);
		f.count = failure == WG_OK || into->doorbell == f.file[2] ? 2 : 3;
		break;
	case REFUSED: failure = take_refusal(&r, message, size); break;
	default: failure = WG_E_FORMAT;
	}
	close_files(&f);
	return failure;
}

/* Connects, says Hello and maps the pages of the answer. The message is for people. */
int wg_wire_attach(struct wg_attachment *into, uint64_t continues, char *message, size_t size) {
	into->doorbell = -1;
	int failure = dial();
	if (failure < 0) {
		if (message != NULL)
			snprintf(message, size, "connect to the daemon at %s: %s", WG->socket, strerror(-failure));
		return WG_E_SYSTEM;
	}
	memcpy(WG->hello + CONTINUES, &continues, sizeof continues);
	failure = shake_hands(into, message, size);
	if (failure != WG_OK) {
		wg_wire_close();
		if (message != NULL && failure != WG_E_REFUSED)
			snprintf(message, size, "wait for the daemon's welcome: %s", wg_strerror(failure));
	}
	return failure;
}

static int send_empty(unsigned type) {
	uint8_t buffer[HEADER];
	struct writer w = begin(buffer, type);
	return finish(&w);
}

/* Says that the process obeys its pages. */
int wg_wire_ready(void) { return send_empty(READY); }

int wg_wire_bye(void) { return send_empty(BYE); }

static unsigned severity_of(unsigned kind) {
	const unsigned minor = 1, moderate = 2, severe = 3;
	if (kind == WG_KEY_FAULT)
		return severe;
	return kind == WG_TRANSITION_DENIED || kind == WG_OPERATION_DENIED ? moderate : minor;
}

int wg_wire_violation(const struct wg_report *v, uint32_t count, uint64_t lost) {
	uint8_t buffer[64];
	struct writer w = begin(buffer, VIOLATION);
	put(&w, v->kind, 1);
	put(&w, severity_of(v->kind), 1);
	put(&w, v->service, 2);
	put(&w, v->source, 2);
	put(&w, v->target, 2);
	put(&w, v->operation, 2);
	put(&w, v->thread, 4);
	put(&w, v->address, 8);
	put(&w, count, 4);
	put(&w, lost, 8);
	put(&w, v->outcome, 1);
	return finish(&w);
}

/* Says that an end is mapped. */
int wg_wire_mapped(uint16_t end, uint64_t generation) {
	uint8_t buffer[HEADER + 10];
	struct writer w = begin(buffer, MAPPED);
	put(&w, end, 2);
	put(&w, generation, 8);
	return finish(&w);
}

/* Takes an end of a Channel or Withheld: one that Hello named. */
static uint16_t take_end(struct reader *r) {
	const uint64_t end = bounded(r, 2, 0, WG_MAX_ENDS - 1);
	r->failed |= end >= WG->ends;
	return (uint16_t)end;
}

/* Takes a Channel, whose files the offer is given. */
static int take_channel(struct reader *r, struct files *f) {
	struct wg_offer o = {.end = take_end(r)};
	o.role = (uint8_t)bounded(r, 1, WG_PRODUCER, WG_CONSUMER);
	o.consumers = (uint8_t)bounded(r, 1, 1, WG_MAX_CONSUMERS);
	o.place = (uint8_t)bounded(r, 1, 0, o.role == WG_CONSUMER && o.consumers != 0 ? o.consumers - 1u : 0);
	o.generation = bounded(r, 8, 1, UINT64_MAX);
	const int want = o.role == WG_PRODUCER ? 3 + 2 * o.consumers : 5;
	if (r->failed || r->left > 0 || f->count != want || WG->end[o.end].role != o.role)
		return WG_E_FORMAT;
	o.count = (uint32_t)f->count;
	memcpy(o.files, f->file, o.count * sizeof *o.files);
	f->count = 0;
	return wg_channel_offered(&o);
}

static int take_withheld(struct reader *r) {
	char reason[MAX_REASON + 1];
	const uint16_t end = take_end(r);
	const uint32_t code = (uint32_t)bounded(r, 2, WG_WITHHELD_UNKNOWN, WG_WITHHELD_INTERNAL);
	take_text(r, reason, MAX_REASON);
	if (r->failed || r->left > 0)
		return WG_E_FORMAT;
	wg_channel_withheld(end, code, reason);
	return WG_OK;
}

static int take_ping(struct reader *r, int type) {
	uint64_t token = take(r, 8);
	if (r->failed || r->left > 0)
		return WG_E_FORMAT;
	if (type == PONG)
		return WG_OK;
	uint8_t buffer[HEADER + 8];
	struct writer w = begin(buffer, PONG);
	put(&w, token, 8);
	return finish(&w);
}

/* Takes and answers one message. */
int wg_wire_receive(void) {
	struct reader r;
	struct files f;
	int type = receive(&r, &f), status;
	if (type < 0)
		return type;
	switch (type) {
	case PING:
	case PONG: status = take_ping(&r, type); break;
	case CHANNEL: status = take_channel(&r, &f); break;
	case WITHHELD: status = take_withheld(&r); break;
	default: status = WG_E_FORMAT;
	}
	close_files(&f);
	return status;
}
