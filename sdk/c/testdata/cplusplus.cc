// SPDX-License-Identifier: Apache-2.0
// The C++ wrapper, and what becomes of an exception that leaves a domain.
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include <waveguard/page.h>
#include <waveguard/waveguard.hpp>

#include "expect.h"

static volatile int *secret;

static uintptr_t read_secret(uintptr_t a, uintptr_t, uintptr_t) { return static_cast<uintptr_t>(*secret) + a; }

static uintptr_t caught(uintptr_t, uintptr_t, uintptr_t) {
	try {
		throw std::runtime_error("inside");
	} catch (const std::runtime_error &) {
		return 7; // within a domain exceptions are as ever
	}
}

/* A virtual table is read through memory of the domain: the resource is there as well. */
static uintptr_t containers(uintptr_t count, uintptr_t, uintptr_t) {
	waveguard::heap_resource heap;
	std::pmr::vector<std::pmr::string> names(&heap);
	std::map<int, int, std::less<int>, waveguard::allocator<std::pair<const int, int>>> squares;
	for (int i = 0; i < static_cast<int>(count); i++) {
		names.emplace_back("a name that is too long to stand in the string itself");
		squares[i] = i * i;
	}
	return wg_usable_size(names.data()) >= count * sizeof(std::pmr::string) ? names.size() + static_cast<std::size_t>(squares[10]) : 0;
}

static uintptr_t escaping(uintptr_t, uintptr_t, uintptr_t) { throw std::runtime_error("out of the domain"); }

static uintptr_t run(uintptr_t escape, uintptr_t, uintptr_t) {
	EXPECT(waveguard::gate("vault", "read")(5) == 5 + 42);
	EXPECT(waveguard::gate("vault", "caught")() == 7);
	EXPECT(waveguard::gate("vault", "containers")(1000) == 1000 + 100);
	int status = WG_OK;
	try {
		waveguard::gate("vault", "none")();
	} catch (const waveguard::error &e) {
		status = e.status();
	}
	EXPECT(status == WG_E_NOT_HOSTED);
	if (escape != 0) {
		try {
			waveguard::gate("vault", "escape")();
		} catch (...) {
			std::puts("survived");
		}
	}
	return 9;
}

static uintptr_t fill(uintptr_t, uintptr_t, uintptr_t) {
	*secret = 42;
	return 0;
}

int main(int argc, char **argv) {
	EXPECT(argc >= 3);
	static const wg_operation operations[] = {{"read", read_secret}, {"caught", caught}, {"escape", escaping}, {"containers", containers}};
	const std::vector<wg_service> services = {{"front", run, nullptr, 0, nullptr, 0}, {"vault", fill, operations, 4, nullptr, 0}};
	waveguard::attach(argv[1], services, backend_named(argv[2]));
	const waveguard::service front("front"), vault("vault");
	{
		const waveguard::region<int> region(vault, 100);
		secret = region.data();
		vault.run();
		EXPECT(front.run(argc > 3) == 9 && region.size() == 100);
	}
	EXPECT(wg_close() == WG_OK);
	std::puts("done");
}
