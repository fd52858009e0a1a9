// SPDX-License-Identifier: Apache-2.0
/// @file
/// waveguard.h for C++17: errors as exceptions, regions that free themselves, functions
/// instead of indexes. Header only. What is protected, and what is not, is said there.
///
/// An exception must not leave a function that a gate entered, whether an operation, a
/// service's run or what outside was given: it ends the process, with std::terminate.
#ifndef WAVEGUARD_HPP
#define WAVEGUARD_HPP

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <waveguard/waveguard.h>

namespace waveguard {

/// What a function of waveguard.h returned that was not WG_OK.
class error : public std::runtime_error {
public:
	error(int status, const std::string &what) : std::runtime_error(what), status_(status) {}
	/// One of enum wg_status.
	int status() const noexcept { return status_; }

private:
	int status_;
};

namespace detail {
inline void check(int status, const char *doing) {
	if (status != WG_OK)
		throw error(status, std::string(doing) + ": " + wg_strerror(status));
}
} // namespace detail

/// wg_attach. Throws error with the daemon's own message if it refuses.
inline void attach(const std::string &socket, const std::vector<wg_service> &services, wg_backend backend = WG_BACKEND_BEST) {
	char message[1200];
	wg_config config{};
	config.socket = socket.c_str();
	config.backend = backend;
	config.services = services.data();
	config.service_count = services.size();
	int status = wg_attach(&config, message, sizeof message);
	if (status != WG_OK)
		throw error(status, message);
}

/// A service of this process. Throws error if it is not hosted.
class service {
public:
	explicit service(const char *name) : id_(wg_find_service(name)) {
		detail::check(id_ == WG_NONE ? WG_E_NOT_HOSTED : WG_OK, name);
	}
	wg_service_id id() const noexcept { return id_; }
	/// wg_run.
	std::uintptr_t run(std::uintptr_t argument = 0) const {
		std::uintptr_t result = 0;
		detail::check(wg_run(id_, argument, &result), "run a service");
		return result;
	}

private:
	wg_service_id id_;
};

/// The way into an operation. Throws error if there is none.
class gate {
public:
	gate(const char *service, const char *operation) : gate_(wg_find_gate(service, operation)) {
		detail::check(gate_ == WG_NONE ? WG_E_NOT_HOSTED : WG_OK, operation);
	}
	/// wg_call; throws error if it was refused, or ended by a fault.
	std::uintptr_t operator()(std::uintptr_t a = 0, std::uintptr_t b = 0, std::uintptr_t c = 0) const {
		std::uintptr_t result = 0;
		detail::check(wg_call(gate_, a, b, c, &result), "call");
		return result;
	}

private:
	wg_gate gate_;
};

/// A region of a service's domain for count zeroed objects of T, which must be
/// trivial. It is freed with the object: outside of all domains, or inside its own.
template <typename T> class region {
	static_assert(std::is_trivial<T>::value, "a region holds trivial types");

public:
	region(const service &owner, std::size_t count)
	    : data_(count > SIZE_MAX / sizeof(T) ? nullptr : static_cast<T *>(wg_region_alloc(owner.id(), count * sizeof(T)))), count_(count) {
		detail::check(data_ == nullptr ? WG_E_SYSTEM : WG_OK, "make a region");
	}
	~region() {
		if (data_ != nullptr)
			(void)wg_region_free(data_);
	}
	region(region &&other) noexcept : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
	region(const region &) = delete;
	region &operator=(const region &) = delete;
	region &operator=(region &&) = delete;

	T *data() const noexcept { return data_; }
	std::size_t size() const noexcept { return count_; }
	T &operator[](std::size_t i) const noexcept { return data_[i]; }

private:
	T *data_;
	std::size_t count_;
};

/// The heap of the domain that the thread is in, for the containers of std::pmr: they must be made, used
/// and destroyed in one domain. Throws std::bad_alloc. Any two resources are equal, but memory
/// goes back to the heap that it is from, or the process ends.
class heap_resource : public std::pmr::memory_resource {
	void *do_allocate(std::size_t bytes, std::size_t alignment) override {
		void *memory = wg_alloc_aligned(alignment, bytes);
		if (memory == nullptr)
			throw std::bad_alloc();
		return memory;
	}
	void do_deallocate(void *memory, std::size_t, std::size_t) override { wg_free(memory); }
	bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override {
		return dynamic_cast<const heap_resource *>(&other) != nullptr;
	}
};

/// The same heap for containers with an allocator: std::vector<int, waveguard::allocator<int>>.
template <typename T> class allocator {
public:
	using value_type = T;
	allocator() noexcept = default;
	template <typename U> allocator(const allocator<U> &) noexcept {}
	T *allocate(std::size_t count) {
		void *memory = count > SIZE_MAX / sizeof(T) ? nullptr : wg_alloc_aligned(alignof(T) < alignof(std::max_align_t) ? alignof(std::max_align_t) : alignof(T), count * sizeof(T));
		if (memory == nullptr)
			throw std::bad_alloc();
		return static_cast<T *>(memory);
	}
	void deallocate(T *memory, std::size_t) noexcept { wg_free(memory); }
	template <typename U> bool operator==(const allocator<U> &) const noexcept { return true; }
	template <typename U> bool operator!=(const allocator<U> &) const noexcept { return false; }
};

} // namespace waveguard

#endif // WAVEGUARD_HPP
