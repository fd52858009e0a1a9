/* SPDX-License-Identifier: Apache-2.0 */
/* path-computation: serves random demands with lightpaths, by the k shortest paths on NSFNET. */
#include "demo.h"

#define ALTERNATIVES 3
#define LEAST_OSNR 1300u /* hundredths of a dB in 0.1 nm, for 100 Gbit/s QPSK with some margin */
#define TURNS_UP 32u     /* that a lightpath stays */
#define HOPS (NODES - 1)

struct path {
	unsigned hops, kilometres;
	uint8_t node[NODES], link[HOPS];
};

struct lightpath {
	uint32_t number; /* 0: none */
	uint32_t until;  /* turn */
};

static struct lightpath table[LIGHTPATHS];
static uintptr_t words[TOPOLOGY_WORDS];
static uint64_t state;
static uint32_t numbers, turn;

static int other_end(unsigned link, unsigned node) {
	if (links[link].a == node)
		return links[link].b;
	return links[link].b == node ? links[link].a : -1;
}

/* Dijkstra, without the nodes and links in the masks. */
static bool shortest(unsigned from, unsigned to, mask nodes, mask without, struct path *p) {
	unsigned distance[NODES], via[NODES] = {0};
	mask settled = nodes;
	for (unsigned i = 0; i < NODES; i++)
		distance[i] = i == from ? 0 : UINT32_MAX;
	for (;;) {
		int best = -1;
		for (unsigned i = 0; i < NODES; i++)
			if (!has(settled, i) && distance[i] != UINT32_MAX && (best < 0 || distance[i] < distance[best]))
				best = (int)i;
		if (best < 0)
			return false;
		if (best == (int)to)
			break;
		settled |= (mask)1 << best;
		for (unsigned l = 0; l < LINKS; l++) {
			int next = has(without, l) ? -1 : other_end(l, (unsigned)best);
			if (next < 0 || has(settled, (unsigned)next) || distance[best] + links[l].kilometres >= distance[next])
				continue;
			distance[next] = distance[best] + links[l].kilometres;
			via[next] = l;
		}
	}
	p->kilometres = distance[to];
	p->hops = 0;
	for (unsigned node = to; node != from; node = (unsigned)other_end(via[node], node))
		p->hops++;
	unsigned node = to;
	p->node[p->hops] = (uint8_t)to;
	for (unsigned i = p->hops; i-- > 0;) {
		p->link[i] = (uint8_t)via[node];
		node = (unsigned)other_end(via[node], node);
		p->node[i] = (uint8_t)node;
	}
	return true;
}

static mask links_of(const struct path *p) {
	mask m = 0;
	for (unsigned i = 0; i < p->hops; i++)
		m |= (mask)1 << p->link[i];
	return m;
}

static bool begins_alike(const struct path *p, const struct path *q, unsigned hops) {
	return p->hops > hops && memcmp(p->link, q->link, hops) == 0;
}

/* Puts the path that leaves the last one found at a node among the candidates. */
static void add_spur(const struct path *found, unsigned n, unsigned at, struct path *candidates, unsigned *count) {
	const struct path *last = &found[n - 1];
	mask nodes = 0, without = 0;
	struct path spur, whole = *last;
	for (unsigned i = 0; i < at; i++)
		nodes |= (mask)1 << last->node[i];
	for (unsigned i = 0; i < n; i++)
		if (begins_alike(&found[i], last, at))
			without |= (mask)1 << found[i].link[at];
	if (!shortest(last->node[at], last->node[last->hops], nodes, without, &spur))
		return;
	whole.kilometres = spur.kilometres;
	for (unsigned i = 0; i < at; i++)
		whole.kilometres += links[last->link[i]].kilometres;
	memcpy(&whole.node[at], spur.node, spur.hops + 1);
	memcpy(&whole.link[at], spur.link, spur.hops);
	whole.hops = at + spur.hops;
	for (unsigned i = 0; i < *count; i++)
		if (candidates[i].hops == whole.hops && memcmp(candidates[i].link, whole.link, whole.hops) == 0)
			return;
	candidates[(*count)++] = whole;
}

/* Yen: J. Y. Yen, "Finding the K Shortest Loopless Paths in a Network", Management Science 17 (1971). */
static unsigned k_shortest(unsigned from, unsigned to, struct path found[ALTERNATIVES]) {
	struct path candidates[ALTERNATIVES * HOPS];
	unsigned n = 0, count = 0;
	if (from == to || !shortest(from, to, 0, 0, &found[n++]))
		return 0;
	while (n < ALTERNATIVES) {
		for (unsigned at = 0; at < found[n - 1].hops; at++)
			add_spur(found, n, at, candidates, &count);
		unsigned best = 0;
		for (unsigned i = 1; i < count; i++)
			if (candidates[i].kilometres < candidates[best].kilometres)
				best = i;
		if (count == 0)
			break;
		found[n++] = candidates[best];
		candidates[best] = candidates[--count];
	}
	return n;
}

/* Answers the links of the k-th shortest path, 0 if there is none. */
static uintptr_t compute_path(uintptr_t from, uintptr_t to, uintptr_t k) {
	struct path found[ALTERNATIVES];
	if (from >= NODES || to >= NODES || k >= k_shortest((unsigned)from, (unsigned)to, found))
		return 0;
	__atomic_fetch_add(&words[PATHS_COMPUTED], 1, __ATOMIC_RELAXED);
	return links_of(&found[k]);
}

static uintptr_t topology_summary(uintptr_t which, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	return which < TOPOLOGY_WORDS ? words[which] : 0;
}

static void retire(void) {
	for (struct lightpath *l = table; l < table + LIGHTPATHS; l++) {
		uintptr_t done = 0;
		if (l->number == 0 || l->until > turn)
			continue;
		if (!ASK("wavelength-assignment", "release-wavelength", l->number, 0, 0, &done, &words[PATHS_REFUSED]))
			return;
		(void)ASK("key-store", "forget-key", l->number, 0, 0, &done, &words[PATHS_REFUSED]);
		l->number = 0;
		words[RELEASED]++;
		words[LIGHTPATHS_UP]--;
	}
}

/* A path whose light is good enough, and that has a free channel; 0 if there is none. */
static mask choose(const struct path *found, unsigned n, uint32_t number) {
	for (unsigned i = 0; i < n; i++) {
		mask m = links_of(&found[i]);
		uintptr_t light = 0, channel = 0;
		bool known = ASK("performance-monitoring", "read-power", m, 0, 0, &light, &words[PATHS_REFUSED]) && light != 0;
		if (known && light < LEAST_OSNR)
			continue;
		if (ASK("wavelength-assignment", "assign-wavelength", number, m, 0, &channel, &words[PATHS_REFUSED]) && channel != 0)
			return m;
	}
	return 0;
}

static void admit(void) {
	struct lightpath *l = table;
	while (l < table + LIGHTPATHS && l->number != 0)
		l++;
	if (l == table + LIGHTPATHS)
		return;
	struct path found[ALTERNATIVES];
	unsigned from = (unsigned)(dice(&state) % NODES), to = (unsigned)(from + 1 + dice(&state) % (NODES - 1)) % NODES;
	unsigned n = k_shortest(from, to, found);
	words[DEMANDS]++;
	__atomic_fetch_add(&words[PATHS_COMPUTED], n, __ATOMIC_RELAXED);
	mask m = choose(found, n, ++numbers);
	if (m == 0) {
		words[BLOCKED]++;
		return;
	}
	uintptr_t fingerprint = 0;
	(void)ASK("key-store", "derive-key", numbers, m, 0, &fingerprint, &words[PATHS_REFUSED]);
	*l = (struct lightpath){numbers, turn + TURNS_UP};
	words[SET_UP]++;
	words[LIGHTPATHS_UP]++;
}

static int run(void) {
	state = (uint64_t)(uintptr_t)&state; /* another sequence in each process */
	for (; !wg_pause(period()); turn++) {
		retire();
		admit();
	}
	return 0;
}

static const struct wg_operation operations[] = {{"compute-path", compute_path}, {"topology-summary", topology_summary}};
SERVICE(run, operations);
