/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dashboard: shows what others let it know. At the socket that WAVEGUARD_DEMO_CONTROL names it answers what
 * `waveguard demo status` and `waveguard demo violate` ask, a line of JSON each.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "demo.h"

#define PATIENCE 1000 /* milliseconds for a request to come */

static uintptr_t topology[TOPOLOGY_WORDS], power[POWER_WORDS];
static bool topology_known, power_known;
static uintptr_t refused, faults, summaries, incomplete;
static char last[300];
static struct timespec began;
static volatile uintptr_t reads;

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)(t.tv_sec - began.tv_sec) + (double)(t.tv_nsec - began.tv_nsec) / 1e9;
}

static bool fetch(const char *service, const char *operation, uintptr_t *words, unsigned count) {
	for (unsigned i = 0; i < count; i++)
		if (!ASK(service, operation, i, 0, 0, &words[i], &refused))
			return false;
	return true;
}

static void look(void) {
	char network[100] = "network unknown", light[150] = "power unknown";
	power_known = fetch("performance-monitoring", "power-summary", power, POWER_WORDS);
	topology_known = fetch("path-computation", "topology-summary", topology, TOPOLOGY_WORDS);
	if (topology_known)
		snprintf(network, sizeof network, "%d nodes, %d links, %lu lightpaths up", NODES, LINKS, (unsigned long)topology[LIGHTPATHS_UP]);
	if (power_known && power[MEAN_POWER] == 0)
		snprintf(light, sizeof light, "no readings yet");
	else if (power_known && power[WORST_LINK] < LINKS)
		snprintf(light, sizeof light, "mean power %+.2f dBm, worst OSNR %.1f dB on %s-%s", ((double)power[MEAN_POWER] - POWER_ZERO) / 100,
			(double)power[WORST_OSNR] / 100, node_names[links[power[WORST_LINK]].a], node_names[links[power[WORST_LINK]].b]);
	snprintf(last, sizeof last, "%s; %s", network, light);
	summaries++;
	incomplete += !power_known || !topology_known;
}

/* Reads what is not the dashboard's, until it is ended for that or the time is over. */
static uintptr_t trespass(uintptr_t at, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	for (double until = now() + 0.05; now() < until; usleep(200)) {
		(void)*(volatile char *)at;
		reads++;
	}
	return 0;
}

/* Finds the data of another service where everybody can look: in the list of mappings. 0 if there is none. */
static uintptr_t data_of(const char *service) {
	char file[100], line[600];
	uintptr_t found = 0;
	FILE *maps = fopen("/proc/self/maps", "re");
	snprintf(file, sizeof file, "/%s.so", service);
	while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
		unsigned long from, to;
		char rights[5];
		line[strcspn(line, "\n")] = 0;
		size_t length = strlen(line), end = strlen(file);
		if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && (rights[1] == 'w' || rights[0] == '-') && length > end &&
		    strcmp(line + length - end, file) == 0)
			found = to - 64;
	}
	if (maps != NULL)
		fclose(maps);
	return found;
}

static const char *backend(void) {
	static const char *const names[] = {[WG_BACKEND_NONE] = "NONE", [WG_BACKEND_MPROTECT] = "MPROTECT", [WG_BACKEND_PKU] = "PKU"};
	uint64_t n = wg_status_of(WG_BACKEND);
	return n >= WG_BACKEND_NONE && n <= WG_BACKEND_PKU ? names[n] : "unknown";
}

static const char *strength(void) {
	static const char *const names[] = {"NONE", "MPROTECT", "HARDWARE_REGION", "HARDWARE_COMPARTMENT"};
	uint64_t n = wg_status_of(WG_STRENGTH);
	return n < 4 ? names[n] : "unknown";
}

/* An answer in the making; what does not fit is left out. */
struct answer {
	char text[8000];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void put(struct answer *a, const char *format, ...) {
	va_list rest;
	va_start(rest, format);
	int n = vsnprintf(a->text + a->length, sizeof a->text - a->length, format, rest);
	va_end(rest);
	if (n > 0 && a->length + (size_t)n < sizeof a->text)
		a->length += (size_t)n;
}

/* Who is asked, and what it said: in this demonstration domains have the names of their services. */
static void put_service(struct answer *a, const char *name, const char *work, const char *says, const uintptr_t counts[2]) {
	put(a, "%s{\"name\":\"%s\",\"domain\":\"%s\",\"work\":{%s},\"refused-calls\":%lu,\"faults\":%lu", a->text[a->length - 1] == '}' ? "," : "", name, name,
		work, (unsigned long)counts[0], (unsigned long)counts[1]);
	put(a, says[0] == 0 ? "}" : ",\"last\":\"%s\"}", says);
}

static void put_unknown(struct answer *a, const char *name, const char *why) {
	put(a, "%s{\"name\":\"%s\",\"domain\":\"%s\",\"work\":{},\"refused-calls\":0,\"faults\":0,\"trouble\":\"%s\"}",
		a->text[a->length - 1] == '}' ? "," : "", name, name, why);
}

#define N(words, which) ((unsigned long)(words)[which])

static void put_known_services(struct answer *a) {
	char work[400];
	if (topology_known) {
		snprintf(work, sizeof work, "\"demands\":%lu,\"paths-computed\":%lu,\"lightpaths-set-up\":%lu,\"lightpaths-released\":%lu,"
			"\"demands-blocked\":%lu,\"lightpaths-up\":%lu", N(topology, DEMANDS), N(topology, PATHS_COMPUTED), N(topology, SET_UP),
			N(topology, RELEASED), N(topology, BLOCKED), N(topology, LIGHTPATHS_UP));
		put_service(a, "path-computation", work, "", (const uintptr_t[2]){topology[PATHS_REFUSED], 0});
	} else {
		put_unknown(a, "path-computation", "it does not answer the dashboard");
	}
	if (power_known) {
		snprintf(work, sizeof work, "\"readings\":%lu,\"readings-signed\":%lu,\"readings-verified\":%lu,\"readings-rejected\":%lu",
			N(power, READINGS), N(power, READINGS_SIGNED), N(power, READINGS_VERIFIED), N(power, READINGS_REJECTED));
		put_service(a, "performance-monitoring", work, "", (const uintptr_t[2]){power[POWER_REFUSED], 0});
	} else {
		put_unknown(a, "performance-monitoring", "it does not answer the dashboard");
	}
}

static void put_status(struct answer *a) {
	static const char not_asked[] = "says nothing here: policy does not let the dashboard ask it";
	char work[100];
	look();
	put(a, "{\"status\":{\"process-id\":%d,\"uptime-seconds\":%.1f,\"attached\":%s,\"backend\":\"%s\",\"isolation-strength\":\"%s\",\"hardware-keys\":%d,"
		"\"policy-epoch\":%llu,\"services\":[", getpid(), now(), wg_status_of(WG_ATTACHED) ? "true" : "false", backend(), strength(),
		wg_status_of(WG_BACKEND) == WG_BACKEND_PKU ? 15 : 0, (unsigned long long)wg_status_of(WG_EPOCH));
	put_known_services(a);
	put_service(a, "wavelength-assignment", "", not_asked, (const uintptr_t[2]){0, 0});
	put_service(a, "key-store", "", not_asked, (const uintptr_t[2]){0, 0});
	snprintf(work, sizeof work, "\"summaries\":%lu,\"summaries-incomplete\":%lu", (unsigned long)summaries, (unsigned long)incomplete);
	put_service(a, "dashboard", work, last, (const uintptr_t[2]){refused, faults});
	put(a, "]}}\n");
}

static void put_violation(struct answer *a, const char *source, const char *target) {
	uintptr_t at = data_of(target);
	if (strcmp(source, "dashboard") != 0) {
		put(a, "{\"error\":\"in this node it is the dashboard that trespasses: waveguard demo violate dashboard key-store\"}\n");
		return;
	}
	if (at == 0 || strcmp(target, "dashboard") == 0) {
		put(a, "{\"error\":\"there is no other service of that name; there are key-store, path-computation, performance-monitoring, wavelength-assignment\"}\n");
		return;
	}
	reads = 0;
	bool caught = wg_call(wg_find_gate("dashboard", "trespass"), at, 0, 0, NULL) == WG_E_FAULT;
	faults += caught;
	put(a, "{\"violation\":{\"source\":\"%s\",\"target\":\"%s\",\"caught\":%s,\"address\":\"%#lx\",\"reads-that-succeeded\":%lu,"
		"\"backend\":\"%s\",\"isolation-strength\":\"%s\"}}\n", source, target, caught ? "true" : "false", (unsigned long)at,
		(unsigned long)reads, backend(), strength());
}

/* Takes a field of a request; only names that need no escapes are taken. */
static bool field(const char *request, const char *name, char value[64]) {
	char key[40];
	snprintf(key, sizeof key, "\"%s\":\"", name);
	const char *at = strstr(request, key);
	size_t n = at == NULL ? 0 : strspn(at + strlen(key), "abcdefghijklmnopqrstuvwxyz-");
	if (n == 0 || n > 63 || at[strlen(key) + n] != '"')
		return false;
	memcpy(value, at + strlen(key), n);
	value[n] = 0;
	return true;
}

static void answer(const char *request, struct answer *a) {
	char command[64] = "", source[64], target[64];
	(void)field(request, "command", command);
	if (strcmp(command, "status") == 0)
		put_status(a);
	else if (strcmp(command, "violate") == 0 && field(request, "source", source) && field(request, "target", target))
		put_violation(a, source, target);
	else
		put(a, "{\"error\":\"no such command; there are status and violate\"}\n");
}

static void serve(int client) {
	static char request[4096];
	static struct answer a;
	size_t n = 0;
	struct pollfd p = {.fd = client, .events = POLLIN};
	while (n < sizeof request - 1 && memchr(request, '\n', n) == NULL && poll(&p, 1, PATIENCE) > 0) {
		ssize_t more = read(client, request + n, sizeof request - 1 - n);
		if (more <= 0)
			break;
		n += (size_t)more;
	}
	request[n] = 0;
	a.length = 0;
	a.text[0] = 0;
	if (n > 0)
		answer(request, &a);
	if (send(client, a.text, a.length, MSG_NOSIGNAL) < 0)
		return; /* who asked is gone */
}

/* Listens where only the user may ask; -1 without a name, and when it cannot. */
static int listen_at(const char *path) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (path == NULL || strlen(path) >= sizeof address.sun_path)
		return -1;
	strcpy(address.sun_path, path);
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mode_t before = umask(0177);
	unlink(path);
	bool bound = s >= 0 && bind(s, (const struct sockaddr *)&address, sizeof address) == 0 && listen(s, 16) == 0;
	umask(before);
	if (!bound)
		fprintf(stderr, "dashboard: listen at %s: %s\n", path, strerror(errno));
	return bound ? s : -1;
}

static int run(void) {
	const char *path = getenv("WAVEGUARD_DEMO_CONTROL");
	clock_gettime(CLOCK_MONOTONIC, &began);
	int listener = listen_at(path);
	double next = 0;
	while (!wg_pause(20)) {
		int client = listener < 0 ? -1 : accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (client >= 0) {
			serve(client);
			close(client);
		}
		if (now() >= next) {
			look();
			next = now() + period() / 1000.0;
		}
	}
	if (listener >= 0)
		unlink(path);
	return 0;
}

static const struct wg_operation operations[] = {{"trespass", trespass}};
SERVICE(run, operations);
