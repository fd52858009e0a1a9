/* SPDX-License-Identifier: Apache-2.0 */
/* Shared objects as they are in their files. Nothing in a file is believed. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

#define MOST_BYTES (1ull << 31)

struct file {
	const uint8_t *data;
	size_t size;
};

static bool holds(const struct file *f, uint64_t offset, uint64_t size) { return offset <= f->size && size <= f->size - offset; }

size_t wg_gadget(const uint8_t *code, size_t size) {
	for (size_t i = 0; i + 2 < size; i++) {
		if (code[i] != 0x0f)
			continue;
		if (code[i + 1] == 0x01 && code[i + 2] == 0xef) /* WRPKRU */
			return i;
		if (code[i + 1] == 0xae && (code[i + 2] & 0x38) == 0x28 && code[i + 2] < 0xc0) /* XRSTOR */
			return i;
	}
	return size;
}

/* Whole pages are mapped, and executed. */
static void scan(const struct file *f, const Elf64_Phdr *p, struct object *o) {
	const uint64_t page = WG_PAGE, end = (p->p_offset + p->p_filesz + page - 1) / page * page;
	const size_t size = end < f->size ? (size_t)end : f->size;
	for (size_t at = p->p_offset / page * page; (at += wg_gadget(f->data + at, size - at)) < size; at++)
		if (o->gadgets++ == 0)
			o->first_gadget = at;
}

static void read_dynamic(const struct file *f, const Elf64_Phdr *p, struct object *o) {
	for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= p->p_filesz; at += sizeof(Elf64_Dyn)) {
		Elf64_Dyn d;
		memcpy(&d, f->data + p->p_offset + at, sizeof d);
		if (d.d_tag == DT_NULL)
			return;
		if (d.d_tag == DT_TEXTREL || (d.d_tag == DT_FLAGS && (d.d_un.d_val & DF_TEXTREL)))
			o->text_relocations = true;
	}
}

static void read_segment(const struct file *f, const Elf64_Phdr *p, struct object *o) {
	switch (p->p_type) {
	case PT_LOAD:
		if ((p->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
			o->writable_code = true;
		if (p->p_flags & PF_X && o->codes++ == 0)
			scan(f, p, o);
		break;
	case PT_DYNAMIC: read_dynamic(f, p, o); break;
	case PT_TLS: o->thread_local_bytes += p->p_memsz; break;
	case PT_GNU_STACK: o->executable_stack = p->p_flags & PF_X; break;
	case PT_GNU_RELRO: o->relro = true; break;
	default: break;
	}
}

static Elf64_Phdr header(const struct file *f, const Elf64_Ehdr *e, unsigned i) {
	Elf64_Phdr p;
	memcpy(&p, f->data + e->e_phoff + i * sizeof p, sizeof p);
	return p;
}

/* Whether a segment is in the file where the loader, which goes by addresses, will find it. */
static bool in_place(const struct file *f, const Elf64_Ehdr *e, const Elf64_Phdr *s) {
	for (unsigned i = 0; i < e->e_phnum; i++) {
		const Elf64_Phdr p = header(f, e, i);
		if (p.p_type == PT_LOAD && s->p_vaddr - p.p_vaddr < p.p_filesz)
			return s->p_offset - p.p_offset == s->p_vaddr - p.p_vaddr;
	}
	return false;
}

bool wg_object_parse(const uint8_t *data, size_t size, struct object *o, char *why, size_t why_size) {
	const struct file f = {data, size};
	Elf64_Ehdr e;
	*o = (struct object){.executable_stack = true}; /* as the loader takes it where nothing is said */
	if (!holds(&f, 0, sizeof e) || memcmp(data, ELFMAG, SELFMAG) != 0) {
		snprintf(why, why_size, "is no shared object: build it with -shared -fPIC");
		return false;
	}
	memcpy(&e, data, sizeof e);
	if (e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_machine != EM_X86_64 || e.e_type != ET_DYN) {
		snprintf(why, why_size, "is no shared object for x86-64: build it with -shared -fPIC");
		return false;
	}
	if (e.e_phentsize != sizeof(Elf64_Phdr) || !holds(&f, e.e_phoff, (uint64_t)e.e_phnum * sizeof(Elf64_Phdr))) {
		snprintf(why, why_size, "is cut off, or damaged: build it again");
		return false;
	}
	for (unsigned i = 0; i < e.e_phnum; i++) {
		const Elf64_Phdr p = header(&f, &e, i);
		if (!holds(&f, p.p_offset, p.p_filesz) || (p.p_type == PT_DYNAMIC && !in_place(&f, &e, &p))) {
			snprintf(why, why_size, "is cut off, or damaged: build it again");
			return false;
		}
		read_segment(&f, &p, o);
		if (o->codes > 1) { /* an instruction could begin in one and end in another */
			snprintf(why, why_size, "has more than one piece of code: link it without a linker script");
			return false;
		}
	}
	return true;
}

bool wg_object_read(const char *path, struct object *o, char *why, size_t size) {
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &info) < 0) {
		snprintf(why, size, "cannot be read: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	bool sound = false;
	void *data = MAP_FAILED;
	if (!S_ISREG(info.st_mode) || info.st_size == 0 || (uint64_t)info.st_size > MOST_BYTES)
		snprintf(why, size, "is no shared object: build it with -shared -fPIC");
	else if ((data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED)
		snprintf(why, size, "cannot be mapped: %s", strerror(errno));
	else
		sound = wg_object_parse(data, (size_t)info.st_size, o, why, size);
	if (data != MAP_FAILED)
		munmap(data, (size_t)info.st_size);
	close(fd);
	return sound;
}
