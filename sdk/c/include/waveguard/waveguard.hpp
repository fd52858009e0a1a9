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
#include <optional>
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

/// How long to wait: see wg_wait. Not at all, or for ever without keeping a processor or a key.
constexpr wg_wait at_once{0, 0};
constexpr wg_wait for_ever{-1, 0};

/// A message that was received, like a span of its octets. It is released with the object, at the latest with the next receive
/// of its end: do not read it any more then.
class message {
public:
	message(wg_channel end, const wg_message &m) noexcept : end_(end), message_(m) {}
	~message() { release(); }
	message(message &&other) noexcept : end_(std::exchange(other.end_, WG_NONE)), message_(other.message_) {}
	message &operator=(message &&other) noexcept {
		if (this != &other) {
			release();
			end_ = std::exchange(other.end_, WG_NONE);
			message_ = other.message_;
		}
		return *this;
	}
	message(const message &) = delete;
	message &operator=(const message &) = delete;

	const std::byte *data() const noexcept { return static_cast<const std::byte *>(message_.data); }
	std::size_t size() const noexcept { return message_.size; }
	const std::byte *begin() const noexcept { return data(); }
	const std::byte *end() const noexcept { return data() + size(); }
	bool empty() const noexcept { return size() == 0; }
	/// wg_message: sequence, and what was lost or corrupted before it.
	const wg_message &details() const noexcept { return message_; }
	/// wg_channel_release, before the object ends.
	void release() noexcept {
		if (end_ != WG_NONE)
			(void)wg_channel_release(std::exchange(end_, WG_NONE), &message_);
	}

private:
	wg_channel end_;
	wg_message message_;
};

/// The slot of the next message, to be written in place. It is not sent unless publish is called.
class slot {
public:
	slot(wg_channel end, void *data, std::size_t room) noexcept : end_(end), data_(data), room_(room) {}
	std::byte *data() const noexcept { return static_cast<std::byte *>(data_); }
	std::size_t size() const noexcept { return room_; }
	std::byte *begin() const noexcept { return data(); }
	std::byte *end() const noexcept { return data() + size(); }
	/// wg_channel_publish; throws error.
	void publish(std::size_t size) { detail::check(wg_channel_publish(end_, size), "publish a message"); }

private:
	wg_channel end_;
	void *data_;
	std::size_t room_;
};

/// An end of a channel. Throws error if the service has none of that name.
class channel {
public:
	channel(const char *service, const char *channel) : end_(wg_find_channel(service, channel)) {
		detail::check(end_ == WG_NONE ? WG_E_NOT_HOSTED : WG_OK, channel);
	}
	wg_channel id() const noexcept { return end_; }
	/// Why it is not open, in the daemon's words; empty if it is.
	std::string why() const {
		char text[1025];
		detail::check(wg_channel_why(end_, text, sizeof text) == WG_E_NOT_HOSTED ? WG_E_NOT_HOSTED : WG_OK, "ask for a channel");
		return text;
	}
	std::size_t slot_size() const noexcept { return wg_channel_slot_size(end_); }

protected:
	/// Whether it was done in time; throws error for whatever else was in the way.
	static bool in_time(int status, int late, const char *doing) {
		if (status == late)
			return false;
		detail::check(status, doing);
		return true;
	}

private:
	wg_channel end_;
};

/// The end that sends.
class producer : public channel {
public:
	using channel::channel;
	/// wg_channel_send; false if there was no room in time. Throws error, such as WG_E_CHANNEL.
	bool send(const void *data, std::size_t size, wg_wait wait = for_ever) const {
		return in_time(wg_channel_send(id(), data, size, wait), WG_E_FULL, "send a message");
	}
	/// wg_channel_loan; nothing if there was no room in time. Throws error.
	std::optional<slot> loan(wg_wait wait = for_ever) const {
		void *data = nullptr;
		std::size_t room = 0;
		if (!in_time(wg_channel_loan(id(), &data, &room, wait), WG_E_FULL, "get the slot of a message"))
			return std::nullopt;
		return slot(id(), data, room);
	}
};

/// An end that receives.
class consumer : public channel {
public:
	using channel::channel;
	/// wg_channel_receive; nothing if there was none in time. Throws error, such as WG_E_CHANNEL.
	std::optional<message> receive(wg_wait wait = for_ever) const {
		wg_message m{};
		if (!in_time(wg_channel_receive(id(), &m, wait), WG_E_EMPTY, "receive a message"))
			return std::nullopt;
		return message(id(), m);
	}
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
