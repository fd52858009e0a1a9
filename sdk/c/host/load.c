/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads each service into a link namespace of its own, the shim before it, and finds out what of
 * it can be written. Constructors run here, outside of every domain and before there are walls; what
 * was loaded before is closed to them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

static const char *base_name(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash == NULL ? path : slash + 1;
}

/* The C and C++ libraries: docs/compartments.md says what of them is thread-local. */
static bool is_runtime(const char *path) { return strcmp(base_name(path), "libc.so.6") == 0 || strcmp(base_name(path), "libstdc++.so.6") == 0; }

/* Whether it is the C library of this program, out of which harden.c takes the instructions: a name proves nothing. */
static bool is_own_libc(const char *path) {
	Dl_info info;
	struct stat own, other;
	return dladdr(dlsym(RTLD_DEFAULT, "pkey_set"), &info) != 0 && stat(info.dli_fname, &own) == 0 && stat(path, &other) == 0 &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

static bool refuse(const struct compartment *c, const char *file, const char *why) {
	wg_say("%s: %s %s", c->name, file, why);
	return false;
}

/* Holds an object to the rules. */
static bool acceptable(const struct host *h, struct compartment *c, const char *file) {
	struct object o;
	char why[300];
	if (!wg_object_read(file, &o, why, sizeof why))
		return refuse(c, file, why);
	if (o.executable_stack)
		return refuse(c, file, "wants an executable stack: link it with -Wl,-z,noexecstack (a file of assembly needs .section .note.GNU-stack)");
	if (o.writable_code)
		return refuse(c, file, "has memory that is written and executed: link it without -N, -z execstack or a linker script that joins them");
	if (!o.relro)
		return refuse(c, file, "keeps writable what the loader has to read: link it with -Wl,-z,relro");
	if (o.text_relocations)
		return refuse(c, file, "has relocations in its code: compile it with -fPIC");
	if (o.gadgets > 0 && !is_own_libc(file) && !h->options.gadgets) {
		snprintf(why, sizeof why, "has %zu WRPKRU or XRSTOR, the first at offset %#llx: whoever jumps there opens walls. See what it is with "
			"waveguard scan %s; --allow-gadgets loads it nevertheless", o.gadgets, (unsigned long long)o.first_gadget, file);
		return refuse(c, file, why);
	}
	if (o.thread_local_bytes > 0 && !is_runtime(file) && !h->options.thread_local) {
		snprintf(why, sizeof why, "has %zu bytes of thread-local variables, which are behind no wall: put them elsewhere, or accept it with --allow-thread-local",
			o.thread_local_bytes);
		return refuse(c, file, why);
	}
	if (o.thread_local_bytes > 0) {
		c->thread_local_bytes += o.thread_local_bytes;
		size_t n = strlen(c->thread_local_of);
		snprintf(c->thread_local_of + n, sizeof c->thread_local_of - n, "%s%s", n > 0 ? ", " : "", base_name(file));
	}
	return true;
}

static uintptr_t down(uintptr_t at) { return at / WG_PAGE * WG_PAGE; }
static uintptr_t up(uintptr_t at) { return down(at + WG_PAGE - 1); }

static bool add_segment(struct compartment *c, uintptr_t from, uintptr_t to) {
	if (from >= to)
		return true;
	if (c->count == MAX_SEGMENTS)
		return refuse(c, c->file, "and what it needs have more than 64 segments of data: link it with fewer libraries");
	c->segments[c->count++] = (struct wg_segment){.at = (uint8_t *)from, .size = to - from};
	return true;
}

/* Finds the writable memory of an object that is loaded at base. What is read-only after relocation stays
 * open: the loader reads it in every thread that it starts. */
static bool add_object(struct compartment *c, const char *file, uintptr_t base) {
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)base;
	const Elf64_Phdr *headers = (const Elf64_Phdr *)(base + e->e_phoff);
	uintptr_t closed = 0, closed_end = 0, template = 0, template_end = 0;
	for (unsigned i = 0; i < e->e_phnum; i++) {
		if (headers[i].p_type == PT_GNU_RELRO) {
			closed = down(base + headers[i].p_vaddr);
			closed_end = down(base + headers[i].p_vaddr + headers[i].p_memsz);
		} else if (headers[i].p_type == PT_TLS) {
			template = base + headers[i].p_vaddr;
			template_end = template + headers[i].p_filesz;
		}
	}
	for (unsigned i = 0; i < e->e_phnum; i++) {
		const Elf64_Phdr *p = &headers[i];
		if (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
			continue;
		uintptr_t from = down(base + p->p_vaddr), to = up(base + p->p_vaddr + p->p_memsz);
		bool overlaps = closed < to && closed_end > from;
		uintptr_t first_end = overlaps ? closed : to, second = overlaps ? closed_end : to;
		if (template < template_end && ((template < first_end && template_end > from) || (template < to && template_end > second)))
			return refuse(c, file, "keeps the first values of thread-local variables in writable memory: link it with -Wl,-z,relro");
		if (!add_segment(c, from, first_end) || !add_segment(c, second, to))
			return false;
	}
	return true;
}

static bool add_objects(const struct host *h, struct compartment *c) {
	struct link_map *map = NULL;
	dlinfo(c->inner, RTLD_DI_LINKMAP, &map);
	for (; map != NULL; map = map->l_next) {
		Dl_info info;
		if (dladdr(map->l_ld, &info) == 0 || memcmp(info.dli_fbase, ELFMAG, SELFMAG) != 0)
			return refuse(c, map->l_name, "is not mapped from its beginning: link it without a linker script");
		if ((uintptr_t)info.dli_fbase == getauxval(AT_BASE))
			continue; /* the loader is one for all */
		bool seen = strcmp(map->l_name, c->file) == 0;
		if ((!seen && !acceptable(h, c, map->l_name)) || !add_object(c, map->l_name, (uintptr_t)info.dli_fbase))
			return false;
	}
	c->object_segments = c->count;
	for (size_t i = 0; i < c->count; i++)
		c->object_bytes += c->segments[i].size;
	for (unsigned i = 0; i < c->shim->extents; i++) {
		uintptr_t at = (uintptr_t)c->shim->extent[i].at;
		if (!add_segment(c, at, at + c->shim->extent[i].size))
			return false;
	}
	return true;
}

/* Opens or closes what was loaded. */
static bool protect(const struct compartment *c, int protection) {
	for (size_t i = 0; i < c->count; i++)
		if (mprotect(c->segments[i].at, c->segments[i].size, protection) < 0) {
			wg_say("%s: change the protection of its data: %s", c->name, strerror(errno));
			return false;
		}
	return true;
}

static bool not_loaded(const struct compartment *c, const char *what) {
	const char *why = dlerror();
	wg_say("%s: %s: %s", c->name, what, why == NULL ? "no reason given" : why);
	if (why != NULL && (strstr(why, "static TLS") != NULL || strstr(why, "namespaces") != NULL))
		wg_say("start it with GLIBC_TUNABLES=glibc.rtld.nns=16 in its environment (not possible for a set-user-id program)");
	if (why != NULL && strstr(why, "undefined symbol") != NULL)
		wg_say("functions of waveguard.h that a compartment has are listed in waveguard/compartment.h");
	return false;
}

static bool open_objects(struct compartment *c, const char *shim) {
	Lmid_t namespace;
	const char *file = realpath(c->file, NULL);
	if (file == NULL)
		return refuse(c, c->file, strerror(errno));
	c->file = file;
	c->inner = dlmopen(LM_ID_NEWLM, shim, RTLD_NOW);
	if (c->inner == NULL || dlinfo(c->inner, RTLD_DI_LMID, &namespace) != 0)
		return not_loaded(c, "make a namespace for it");
	c->shim = dlsym(c->inner, "wg_shim");
	if (c->shim == NULL || c->shim->abi != WG_SHIM_ABI)
		return refuse(c, shim, "is of another version than this program: install both together");
	snprintf(c->shim->name, sizeof c->shim->name, "%s", c->name);
	c->handle = dlmopen(namespace, c->file, RTLD_NOW);
	return c->handle != NULL || not_loaded(c, "load it");
}

#define WITHOUT_CHANNELS 1 /* the version of descriptors before there were any */

static bool find_descriptor(struct compartment *c) {
	c->descriptor = dlsym(c->handle, "wg_compartment");
	if (c->descriptor == NULL)
		return refuse(c, c->file, "exports no wg_compartment: see waveguard/compartment.h");
	if (c->descriptor->abi != WG_COMPARTMENT_ABI && c->descriptor->abi != WITHOUT_CHANNELS)
		return refuse(c, c->file, "was compiled for another version of waveguard/compartment.h: compile it again");
	for (size_t i = 0; i < c->descriptor->operation_count; i++)
		if (i == WG_SHIM_OPERATIONS || c->descriptor->operations[i].function == NULL || c->descriptor->operations[i].name == NULL)
			return refuse(c, c->file, "has an operation without a name or a function, or more than 32: see its wg_compartment");
	c->channels = c->descriptor->abi == WITHOUT_CHANNELS ? NULL : c->descriptor->channels;
	c->channel_count = c->descriptor->abi == WITHOUT_CHANNELS ? 0 : c->descriptor->channel_count;
	if (!c->shim->probe())
		return refuse(c, c->file, "has a C library that takes its memory elsewhere: this glibc is not supported");
	return true;
}

static bool load(const struct host *h, struct compartment *c, const char *shim) {
	return acceptable(h, c, c->file) && open_objects(c, shim) && find_descriptor(c) && add_objects(h, c);
}

/* The shim is beside this program, or where make install puts it. */
static bool find_shim(char *path, size_t size) {
	static const char *const places[] = {"", "../lib/waveguard/"};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0)
		n = snprintf(self, sizeof self, "%s", (const char *)getauxval(AT_EXECFN));
	self[n] = 0;
	char *name = strrchr(self, '/');
	*(name == NULL ? self : name + 1) = 0;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (snprintf(path, size, "%s%s%s", self, places[i], SHIM) < (int)size && access(path, R_OK) == 0)
			return true;
	wg_say("find %s beside this program, or in ../lib/waveguard from it: install both with make -C sdk/c install", SHIM);
	return false;
}

bool wg_load(struct host *h) {
	char shim[PATH_MAX];
	if (!find_shim(shim, sizeof shim))
		return false;
	for (uint32_t i = 0; i < h->count; i++)
		if (!load(h, &h->compartment[i], shim) || !protect(&h->compartment[i], PROT_NONE))
			return false;
	for (uint32_t i = 0; i < h->count; i++)
		if (!protect(&h->compartment[i], PROT_READ | PROT_WRITE))
			return false;
	return true;
}
