/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the attacker share. It is code of the service front, which wants the
 * memory of the service vault in the same process. Its own memory is open to all: globals,
 * heap; the stack it runs on belongs to its domain. */
#ifndef ATTACK_H
#define ATTACK_H

#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
#define LENGTH 64 /* octets of a secret */
#define BITS (8 * LENGTH)

enum kind {
	READS = 0,
	DESTROYS = 1,    /* succeeds if vault no longer finds its memory as it was */
	WAITS = 2,       /* reads what vault writes there next */
	NEW_REGION = 4,  /* reads a region that is made afterwards */
	VICTIM = 8,      /* a thread is inside vault meanwhile */
	LENDS_ON = 16,   /* front leaves, and its key is lent to vault */
	SHARED = 32,     /* the secret is in memory that vault shares with others by a file */
	SHARED_SYSV = 64, /* or by System V shared memory */
	RACES = 128,     /* another thread makes, parks and frees vault's memory meanwhile */
	WATCHES = 256    /* learns one bit a time: vault runs if it is set, and others that need a key if it is not */
};

struct vector {
	const char *name;
	bool (*attempt)(void);  /* in front: whether it has read the secret into got, or done its harm */
	bool (*prepare)(void);  /* in vault, before: what an honest service may do */
	bool (*meanwhile)(void); /* in vault, by the thread of VICTIM */
	int kind;
};

extern const struct vector memory_vectors[], process_vectors[], key_vectors[], signal_vectors[], ring_vectors[], code_vectors[], feign_vectors[], library_vectors[], pinned_vectors[], watching_vectors[], flipping_vectors[];

extern volatile char *secret;     /* where it is */
extern int shared;                /* the file or segment of SHARED */
extern char got[PAGE];            /* what the attacker has read */
extern unsigned long victim_area; /* FS base of the thread of VICTIM */
extern int victim_tid;
extern char kept[PAGE];           /* what vault has in the page behind the secret */
extern volatile int rounds;       /* that the other thread of RACES has gone through */
extern volatile int lent_on;      /* vault has front's key */

/* The i-th octet of the secret: nowhere in the program is it whole. */
char secret_octet(unsigned i);
bool secret_bit(int i);

/* The key that the domain of this thread has open, -1 without keys. */
int own_key(void);

/* Reads the secret as everybody does. */
bool load(void);

/* Says where the secret is, and lets others look until they say that they have. */
bool await(void);

/* Has the kernel copy memory into got, and says whether it did. */
bool copied(const volatile void *from, size_t length);

/* Whether there is the secret in memory that the attacker has. */
bool contains(const char *memory, size_t length);

/* Opens all keys with an instruction of its own. */
void open_all_keys(void);

#endif
