/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library has one WRPKRU, in pkey_set, and its loader two XRSTOR, in the functions that bind symbols when they
 * are first called. Nobody here calls either: everything is bound at load. So they are made invalid
 * instructions, in every namespace's copy, by pages that take the place of those from the file: no memory is
 * both written and executed for it, not even for a moment.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"

/* Opens a file that has no name. Confinement refuses memfd_create, and a folder may be mounted noexec. */
static int open_nameless(size_t attempt) {
	static const char *const folders[] = {NULL, "/dev/shm", "/tmp", "/run", "/var/tmp"};
	if (attempt == 0)
		return memfd_create("waveguard-code", MFD_CLOEXEC);
	return attempt < sizeof folders / sizeof *folders ? open(folders[attempt], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -2;
}

/* Puts memory with the three bytes at code made invalid in the place of its pages. */
static bool replace(uint8_t *code) {
	uint8_t *page = (uint8_t *)((uintptr_t)code / WG_PAGE * WG_PAGE);
	size_t size = (size_t)(code + 3 - page) > WG_PAGE ? 2 * WG_PAGE : WG_PAGE, at = (size_t)(code - page);
	static const uint8_t invalid[3] = {0x0f, 0x0b, 0x90}; /* ud2, nop */
	int file;
	for (size_t attempt = 0; (file = open_nameless(attempt)) != -2; attempt++) {
		bool good = file >= 0 && write(file, page, size) == (ssize_t)size &&
			pwrite(file, invalid, sizeof invalid, (off_t)at) == sizeof invalid &&
			mmap(page, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file, 0) == page;
		if (file >= 0)
			close(file);
		if (good)
			return true;
	}
	return false;
}

/* Whether an instruction is one that is known, and that nobody needs. */
static bool known(const uint8_t *code, const uint8_t *pkey_set) {
	static const volatile uint8_t xrstor[5] = {0x0f, 0xae, 0x6c, 0x24, 0x40}; /* xrstor 0x40(%rsp); volatile, or it becomes code here */
	if (pkey_set != NULL)
		return (size_t)(code - pkey_set) < 128 && code[1] == 0x01;
	for (size_t i = 0; i < sizeof xrstor; i++)
		if (code[i] != xrstor[i])
			return false;
	return true;
}

/* Goes through the code of an object; returns how many instructions are left. */
static unsigned harden(uint8_t *base, const uint8_t *pkey_set) {
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)(void *)base;
	const Elf64_Phdr *headers = (const Elf64_Phdr *)(void *)(base + e->e_phoff);
	unsigned left = 0;
	for (unsigned i = 0; i < e->e_phnum; i++) {
		if (headers[i].p_type != PT_LOAD || !(headers[i].p_flags & PF_X))
			continue;
		uint8_t *code = base + headers[i].p_vaddr;
		size_t size = headers[i].p_memsz;
		for (size_t at = 0; (at += wg_gadget(code + at, size - at)) < size; at++)
			if (at + 5 > size || !known(code + at, pkey_set) || !replace(code + at))
				left++;
	}
	return left;
}

static unsigned harden_libc(void *pkey_set) {
	Dl_info info;
	if (pkey_set == NULL || dladdr(pkey_set, &info) == 0)
		return 0;
	return harden(info.dli_fbase, pkey_set);
}

unsigned wg_harden(const struct host *h) {
	bool bound = getenv("LD_BIND_NOW") != NULL && !getauxval(AT_SECURE); /* the loader's functions are needed no more */
	unsigned left = bound ? harden((uint8_t *)getauxval(AT_BASE), NULL) : 2;
	left += harden_libc(dlsym(RTLD_DEFAULT, "pkey_set"));
	for (uint32_t i = 0; i < h->count; i++)
		left += harden_libc(dlsym(h->compartment[i].inner, "pkey_set"));
	return left;
}
