/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of a channel in C++: channels SOCKET BACKEND. It waits for a line. */
#include <algorithm>
#include <cstring>
#include <waveguard/waveguard.hpp>

#include "expect.h"

static uintptr_t send(uintptr_t, uintptr_t, uintptr_t) {
	const waveguard::producer feed("front", "feed");
	EXPECT(feed.why().empty() && feed.slot_size() == 16);
	EXPECT(feed.send("one", 3));
	auto slot = feed.loan();
	EXPECT(slot && slot->size() == 16);
	std::copy_n(reinterpret_cast<const std::byte *>("second"), 6, slot->begin());
	slot->publish(6);
	EXPECT(!feed.send("three", 5, waveguard::at_once) && !feed.loan({1000, 0}));
	try {
		feed.send("this is more than there is room for", 35);
		EXPECT(false);
	} catch (const waveguard::error &e) {
		EXPECT(e.status() == WG_E_TOO_LARGE);
	}
	return 0;
}

static bool is(const waveguard::message &m, const char *text) { return m.size() == std::strlen(text) && std::memcmp(m.data(), text, m.size()) == 0; }

static uintptr_t receive(uintptr_t, uintptr_t, uintptr_t) {
	const waveguard::consumer feed("vault", "feed");
	auto m = feed.receive();
	EXPECT(m && is(*m, "one") && !m->empty() && m->details().sequence == 0);
	waveguard::message kept = std::move(*m);
	m.reset();
	EXPECT(is(kept, "one")); /* it moved, and is there still */
	kept.release();
	auto next = feed.receive({30000000000, 10000});
	EXPECT(next && std::count(next->begin(), next->end(), std::byte{'c'}) == 1 && is(*next, "second"));
	EXPECT(!feed.receive(waveguard::at_once)); /* which released what was there */
	return 0;
}

int main(int argc, char **argv) {
	EXPECT(argc == 3);
	const wg_end out[] = {{WG_PRODUCER, "feed"}}, in[] = {{WG_CONSUMER, "feed"}};
	waveguard::attach(argv[1], {{"front", send, nullptr, 0, out, 1}, {"vault", receive, nullptr, 0, in, 1}}, backend_named(argv[2]));
	puts("ready");
	fflush(stdout);
	EXPECT(getchar() == '\n'); /* the ends are open to each other */
	try {
		const waveguard::channel none("front", "none");
		EXPECT(false);
	} catch (const waveguard::error &e) {
		EXPECT(e.status() == WG_E_NOT_HOSTED);
	}
	waveguard::service("front").run();
	waveguard::service("vault").run();
	puts("done");
	return 0;
}
