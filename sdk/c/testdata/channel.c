/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services with ends of channels, which do what lines of the standard input say, each in its domain:
 * channel SOCKET BACKEND SERVICE=ROLE:CHANNEL[,ROLE:CHANNEL...] ... A line is SERVICE VERB CHANNEL N TEXT; with a + before the service it
 * runs on a thread of its own, and "join" says what those said.
 */
#define _GNU_SOURCE
#ifdef WITHOUT_COPY /* a library that checks messages where they are, and gives them there */
#define WG_COPIES 0
#include "../src/receive.c"
#endif
#include "expect.h"

#include <pthread.h>
#include <stdbool.h>

#define MOST 8

struct order {
	char service[64], verb[32], channel[64], text[64];
	long n;
	char answer[256];
};

static struct wg_service services[MOST];
static struct wg_end ends[MOST][MOST];
static struct wg_message kept; /* the last message that an order of this process received */
static void *lent;

/* Long, and as is said: asleep, busy at first, or busy always. */
static struct wg_wait patient(const char *how) {
	return (struct wg_wait){.time = 30000000000, .busy = strcmp(how, "spin") == 0 ? -1 : strcmp(how, "busy") == 0 ? 20000 : 0};
}

#define SAY(...) snprintf(o->answer, sizeof o->answer, __VA_ARGS__)

static void say_message(struct order *o, const struct wg_message *m) {
	SAY("0 %.*s #%llu lost %llu corrupted %llu", (int)m->size, (const char *)m->data, (unsigned long long)m->sequence, (unsigned long long)m->lost,
	    (unsigned long long)m->corrupted);
}

static void receive_one(struct order *o, wg_channel c) {
	const int status = wg_channel_receive(c, &kept, (struct wg_wait){.time = o->n * 1000000});
	if (status == WG_OK)
		say_message(o, &kept);
	else
		SAY("%d", status);
}

static void loan(struct order *o, wg_channel c) {
	size_t room = 0;
	const int status = wg_channel_loan(c, &lent, &room, (struct wg_wait){.time = o->n * 1000000});
	if (status == WG_OK)
		memcpy(lent, o->text, strlen(o->text));
	SAY("%d %zu", status, room);
}

/* A message of a stream: where it stands in it, and what follows from that. */
static void fill(uint8_t *message, size_t size, uint64_t at) {
	memset(message, (int)(at * 31), size);
	memcpy(message, &at, sizeof at);
}

static bool is_filled(const struct wg_message *m, uint64_t at) {
	const uint8_t *data = m->data;
	for (size_t i = sizeof at; i < m->size; i++)
		if (data[i] != (uint8_t)(at * 31))
			return false;
	return m->size >= sizeof at;
}

/* Sends a stream, half of it in place; its messages are of all sizes. */
static void produce(struct order *o, wg_channel c) {
	const size_t most = wg_channel_slot_size(c);
	uint8_t *copy = wg_alloc(most);
	const struct wg_wait wait = patient(o->text);
	for (uint64_t i = 0; i < (uint64_t)o->n; i++) {
		const size_t size = sizeof i + i % (most - sizeof i + 1);
		int status;
		void *slot;
		if (i % 2 == 0) {
			fill(copy, size, i);
			status = wg_channel_send(c, copy, size, wait);
		} else if ((status = wg_channel_loan(c, &slot, NULL, wait)) == WG_OK) {
			fill(slot, size, i);
			status = wg_channel_publish(c, size);
			i -= status == WG_E_CHANNEL; /* the ring ended meanwhile: once more */
			status = status == WG_E_CHANNEL ? WG_OK : status;
		}
		if (status != WG_OK) {
			SAY("produce %llu: %d", (unsigned long long)i, status);
			return;
		}
	}
	wg_free(copy);
	SAY("produced");
}

/* Receives a stream to its end: what comes is whole and in order, and what is missing was counted. */
static void consume(struct order *o, wg_channel c) {
	struct wg_message m;
	uint64_t next = 0, lost = 0, corrupted = 0;
	const struct wg_wait wait = patient(o->text);
	while (next < (uint64_t)o->n) {
		uint64_t at = 0;
		const int status = wg_channel_receive(c, &m, wait);
		if (status != WG_OK) {
			SAY("consume %llu: %d", (unsigned long long)next, status);
			return;
		}
		memcpy(&at, m.data, sizeof at);
		lost += m.lost;
		corrupted += m.corrupted;
		if (at != next + m.lost + m.corrupted || !is_filled(&m, at)) {
			SAY("consume: %llu came after %llu, with %llu lost and %llu corrupted", (unsigned long long)at, (unsigned long long)next,
			    (unsigned long long)m.lost, (unsigned long long)m.corrupted);
			return;
		}
		next = at + 1;
	}
	SAY("consumed lost %llu corrupted %llu", (unsigned long long)lost, (unsigned long long)corrupted);
	(void)wg_channel_release(c, &m);
}

static void do_order(struct order *o) {
	const wg_channel c = wg_find_channel(o->service, o->channel);
	if (strcmp(o->verb, "receive") == 0)
		receive_one(o, c);
	else if (strcmp(o->verb, "send") == 0)
		SAY("%d", wg_channel_send(c, o->text, strlen(o->text), (struct wg_wait){.time = o->n * 1000000}));
	else if (strcmp(o->verb, "loan") == 0)
		loan(o, c);
	else if (strcmp(o->verb, "write") == 0) /* into the slot that is lent */
		SAY("%s", (char *)memcpy(lent, o->text, strlen(o->text) + 1));
	else if (strcmp(o->verb, "publish") == 0)
		SAY("%d", wg_channel_publish(c, (size_t)o->n));
	else if (strcmp(o->verb, "again") == 0)
		say_message(o, &kept);
	else if (strcmp(o->verb, "release") == 0)
		SAY("%d", wg_channel_release(c, &kept));
	else if (strcmp(o->verb, "produce") == 0)
		produce(o, c);
	else if (strcmp(o->verb, "consume") == 0)
		consume(o, c);
	else if (strcmp(o->verb, "vandalize") == 0)
		*(volatile char *)(uintptr_t)kept.data = 'V';
	else if (strcmp(o->verb, "other") == 0) /* the end of another service */
		SAY("%d", wg_channel_receive(wg_find_channel(o->text, o->channel), &kept, (struct wg_wait){0}));
	else
		SAY("%d", wg_channel_receive(c, &kept, (struct wg_wait){0}) == WG_E_ARGUMENT ? WG_OK : -1);
}

static uintptr_t run(uintptr_t order, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	do_order((struct order *)order);
	return 0;
}

static void *obey(void *order) {
	struct order *o = order;
	const int status = wg_run(wg_find_service(o->service), (uintptr_t)o, NULL);
	if (status != WG_OK)
		SAY("ended %d", status);
	return o;
}

static void say_why(struct order *o) {
	const int status = wg_channel_why(wg_find_channel(o->service, o->channel), o->text, sizeof o->text);
	SAY("%d %s", status, o->text);
}

static pthread_t threads[MOST];
static int started;

static void begin(const struct order *o) {
	struct order *own = malloc(sizeof *own);
	EXPECT(started < MOST && own != NULL);
	*own = *o;
	EXPECT(pthread_create(&threads[started++], NULL, obey, own) == 0);
	puts("started");
}

static void join(void) {
	for (int i = 0; i < started; i++) {
		void *order;
		EXPECT(pthread_join(threads[i], &order) == 0);
		printf("%s%s", ((struct order *)order)->answer, i + 1 < started ? "; " : "\n");
		free(order);
	}
	started = 0;
}

static void parse_service(struct wg_service *s, struct wg_end *mine, char *text) {
	s->name = strsep(&text, "=");
	s->run = run;
	s->channels = mine;
	while (text != NULL && *text != 0) {
		char *end = strsep(&text, ","), *role = strsep(&end, ":");
		EXPECT(s->channel_count < MOST);
		mine[s->channel_count++] = (struct wg_end){strcmp(role, "producer") == 0 ? WG_PRODUCER : WG_CONSUMER, end};
	}
}

int main(int argc, char **argv) {
	EXPECT(argc > 3 && argc <= 3 + MOST);
	for (int i = 3; i < argc; i++)
		parse_service(&services[i - 3], ends[i - 3], argv[i]);
	EXPECT(wg_find_channel(services[0].name, "none") == WG_NONE);
	attach_or_exit(argv[1], argv[2], services, (size_t)argc - 3);
	EXPECT(wg_find_channel(services[0].name, "none") == WG_NONE && wg_channel_send(0, "", 0, (struct wg_wait){0}) == WG_E_PLACE);
	EXPECT(wg_channel_why(WG_NONE, NULL, 0) == WG_E_NOT_HOSTED && wg_channel_slot_size(WG_NONE) == 0);
	puts("ready");
	fflush(stdout);
	char line[300];
	while (fgets(line, sizeof line, stdin) != NULL) {
		struct order o = {.n = 0};
		const bool aside = line[0] == '+';
		if (sscanf(line + aside, "%63s %31s %63s %ld %63s", o.service, o.verb, o.channel, &o.n, o.text) < 1)
			break;
		if (strcmp(o.service, "join") == 0)
			join();
		else if (strcmp(o.service, "close") == 0)
			printf("%d\n", wg_close());
		else if (aside)
			begin(&o);
		else if (strcmp(o.verb, "why") == 0)
			say_why(&o), puts(o.answer);
		else
			puts(((struct order *)obey(&o))->answer);
		fflush(stdout);
	}
	(void)wg_close();
	return 0;
}
