// SPDX-License-Identifier: Apache-2.0
// A service in C++: global objects, containers, exceptions, threads and streams, all in its own memory.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <iostream>
#include <map>
#include <mutex>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <waveguard/compartment.h>

namespace {

struct ledger {
	std::map<std::string, std::size_t> entries{{"a name that is too long to be kept inside the string", 1}};
	~ledger() { std::cerr << "worker had " << entries.size() << " entries\n"; }
};

ledger book;
std::mutex lock;

// Counts in words what it is told to throw.
uintptr_t throwing(uintptr_t n, uintptr_t, uintptr_t) {
	std::size_t caught = 0;
	for (uintptr_t i = 0; i < n; i++) {
		try {
			if (i % 2 == 0)
				throw std::runtime_error("entry " + std::to_string(i));
			(void)book.entries.at("none");
		} catch (const std::runtime_error &e) {
			book.entries[e.what()] = i;
			caught++;
		} catch (const std::out_of_range &) {
			caught++;
		}
	}
	return caught;
}

uintptr_t sorting(uintptr_t n, uintptr_t, uintptr_t) {
	std::vector<uintptr_t> v(n);
	std::iota(v.rbegin(), v.rend(), 0);
	std::sort(v.begin(), v.end());
	std::ostringstream out;
	char text[40];
	std::snprintf(text, sizeof text, "%.2f %c", 2.5, std::toupper('x')); // tables of the locale, on a thread of another namespace
	if (std::string(text) != "2.50 X")
		return 0;
	out << v.front() << ' ' << v.back();
	return out.str() == "0 " + std::to_string(n - 1) ? v.size() : 0;
}

uintptr_t threading(uintptr_t n, uintptr_t, uintptr_t) {
	std::vector<std::thread> threads;
	uintptr_t sum = 0;
	for (uintptr_t i = 1; i <= n; i++)
		threads.emplace_back([i, &sum] {
			const std::lock_guard<std::mutex> held(lock);
			sum += i;
			book.entries["thread " + std::to_string(i)] = i;
		});
	for (auto &t : threads)
		t.join();
	return sum;
}

uintptr_t escaping(uintptr_t, uintptr_t, uintptr_t) { throw std::runtime_error("out of the domain"); }

const wg_operation operations[] = {{"throwing", throwing}, {"sorting", sorting}, {"threading", threading}, {"escaping", escaping}};

} // namespace

extern "C" const struct wg_compartment wg_compartment = {WG_COMPARTMENT_ABI, nullptr, operations, 4, nullptr, 0};
