/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads of a compartment. The host starts them outside, and they enter the domain by the one way there is,
 * with the number of a slot; what they are to do stands in the compartment's memory.
 * The values of pthread_setspecific are there as well: namespaces number their keys alike, and
 * glibc keeps the values of all of them in the same place.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <threads.h>

#include "inner.h"

#define KEYS 64u
#define VISITORS 256u /* threads that have values: as many as use the library */

enum state { FREE, STARTED, ENDED };

struct thread {
	enum state state;
	bool detached;
	pthread_t id;
	void *(*function)(void *);
	void *argument, *result;
};

struct values {
	uintptr_t owner; /* thread pointer, 0 for nobody */
	void *of[KEYS];
};

static struct thread threads[WG_SHIM_THREADS];
static struct {
	bool used;
	void (*destroy)(void *);
} keys[KEYS];
static struct values *visitors[VISITORS];
static struct wg_mutex lock; /* of all above */

uintptr_t wg_thread_pointer(void) {
	const unsigned long fsgsbase = 1u << 1;
	uintptr_t pointer;
	if (getauxval(AT_HWCAP2) & fsgsbase)
		__asm__("rdfsbase %0" : "=r"(pointer));
	else
		__asm__("mov %%fs:0, %0" : "=r"(pointer));
	return pointer;
}

static struct thread *take(void) {
	for (unsigned i = 0; i < WG_SHIM_THREADS; i++)
		if (threads[i].state == FREE)
			return &threads[i];
	return NULL;
}

/* Its lock is held until the slot is complete: the thread may enter at once. */
WG_EXPORT int pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*function)(void *), void *argument) {
	int detach = PTHREAD_CREATE_JOINABLE;
	if (attributes != NULL)
		pthread_attr_getdetachstate(attributes, &detach);
	wg_lock(&lock);
	struct thread *t = wg_shim.armed ? take() : NULL;
	int failure = EAGAIN;
	if (t != NULL) {
		*t = (struct thread){.state = STARTED, .function = function, .argument = argument};
		failure = wg_shim.host.start(wg_shim.service, (unsigned)(t - threads), &t->id);
	}
	if (t != NULL && failure != 0)
		t->state = FREE;
	if (failure == 0)
		*id = t->id;
	wg_unlock(&lock);
	if (failure == 0 && detach == PTHREAD_CREATE_DETACHED)
		failure = pthread_detach(*id);
	return failure;
}

/* Runs on the new thread. A slot that nobody filled is nobody's thread. */
uintptr_t wg_thread_enter(unsigned slot) {
	if (slot >= WG_SHIM_THREADS)
		return 0;
	struct thread *t = &threads[slot];
	wg_lock(&lock);
	/* Once, and by the thread that was made for it: others can come here as well. */
	void *(*function)(void *) = t->state == STARTED && t->id == wg_thread_pointer() ? t->function : NULL;
	if (function != NULL)
		t->function = NULL;
	wg_unlock(&lock);
	if (function == NULL)
		return 0;
	void *result = function(t->argument);
	wg_forget_values();
	wg_lock(&lock);
	t->result = result;
	t->state = t->detached ? FREE : ENDED;
	wg_unlock(&lock);
	return 0;
}

static struct thread *find(pthread_t id) {
	for (unsigned i = 0; i < WG_SHIM_THREADS; i++)
		if (threads[i].state != FREE && threads[i].id == id && !threads[i].detached)
			return &threads[i];
	return NULL;
}

WG_EXPORT int pthread_join(pthread_t id, void **result) {
	wg_lock(&lock);
	struct thread *t = find(id);
	wg_unlock(&lock);
	if (t == NULL)
		return ESRCH;
	int failure = wg_shim.host.join(id);
	if (failure != 0)
		return failure;
	if (result != NULL)
		*result = t->state == ENDED ? t->result : PTHREAD_CANCELED; /* a fault ended it */
	t->state = FREE;
	return 0;
}

WG_EXPORT int pthread_detach(pthread_t id) {
	wg_lock(&lock);
	struct thread *t = find(id);
	if (t != NULL) {
		t->detached = true;
		if (t->state == ENDED)
			t->state = FREE;
	}
	wg_unlock(&lock);
	return t == NULL ? ESRCH : wg_shim.host.detach(id);
}

/* They would end a thread where its rights cannot be taken back. */
WG_EXPORT _Noreturn void pthread_exit(void *result) {
	(void)result;
	wg_end_here("called pthread_exit, where a thread returns from its function");
}

WG_EXPORT int pthread_cancel(pthread_t id) {
	(void)id;
	return ENOTSUP;
}

/* The C library would make it itself, with the rights of this domain. */
WG_EXPORT int thrd_create(thrd_t *id, thrd_start_t function, void *argument) {
	(void)id, (void)function, (void)argument;
	return thrd_error;
}

WG_EXPORT int pthread_key_create(pthread_key_t *key, void (*destroy)(void *)) {
	wg_lock(&lock);
	unsigned i = 0;
	while (i < KEYS && keys[i].used)
		i++;
	if (i < KEYS) {
		keys[i].used = true;
		keys[i].destroy = destroy;
		*key = i;
	}
	wg_unlock(&lock);
	return i < KEYS ? 0 : EAGAIN;
}

WG_EXPORT int pthread_key_delete(pthread_key_t key) {
	if (key >= KEYS)
		return EINVAL;
	wg_lock(&lock);
	keys[key].used = false;
	for (unsigned i = 0; i < VISITORS; i++)
		if (visitors[i] != NULL)
			visitors[i]->of[key] = NULL;
	wg_unlock(&lock);
	return 0;
}

/* Finds this thread's values. */
static struct values *own(void) {
	uintptr_t self = wg_thread_pointer();
	for (unsigned i = 0; i < VISITORS && visitors[i] != NULL; i++)
		if (visitors[i]->owner == self)
			return visitors[i];
	return NULL;
}

/* Gives this thread values; NULL if there are none left. */
static struct values *adopt(void) {
	for (unsigned i = 0; i < VISITORS; i++) {
		if (visitors[i] == NULL && (visitors[i] = calloc(1, sizeof *visitors[i])) == NULL)
			return NULL;
		if (visitors[i]->owner != 0)
			continue;
		visitors[i]->owner = wg_thread_pointer();
		return visitors[i];
	}
	return NULL;
}

WG_EXPORT void *pthread_getspecific(pthread_key_t key) {
	wg_lock(&lock);
	struct values *v = key < KEYS ? own() : NULL;
	void *value = v == NULL ? NULL : v->of[key];
	wg_unlock(&lock);
	return value;
}

WG_EXPORT int pthread_setspecific(pthread_key_t key, const void *value) {
	if (key >= KEYS || !keys[key].used)
		return EINVAL;
	wg_lock(&lock);
	struct values *v = own();
	if (v == NULL)
		v = adopt();
	if (v != NULL)
		v->of[key] = (void *)(uintptr_t)value;
	wg_unlock(&lock);
	return v == NULL ? ENOMEM : 0;
}

/* As the C library does at a thread's end, once: values that destructors set are lost. */
void wg_forget_values(void) {
	wg_lock(&lock);
	struct values *v = own();
	wg_unlock(&lock);
	for (unsigned i = 0; v != NULL && i < KEYS; i++) {
		void *value = v->of[i];
		v->of[i] = NULL;
		if (value != NULL && keys[i].used && keys[i].destroy != NULL)
			keys[i].destroy(value);
	}
	if (v != NULL)
		__atomic_store_n(&v->owner, 0, __ATOMIC_RELEASE);
}

static int as_thrd(int failure) { return failure == 0 ? thrd_success : failure == ENOMEM ? thrd_nomem : thrd_error; }

WG_EXPORT int tss_create(tss_t *key, tss_dtor_t destroy) { return as_thrd(pthread_key_create(key, destroy)); }
WG_EXPORT void tss_delete(tss_t key) { (void)pthread_key_delete(key); }
WG_EXPORT void *tss_get(tss_t key) { return pthread_getspecific(key); }
WG_EXPORT int tss_set(tss_t key, void *value) { return as_thrd(pthread_setspecific(key, value)); }
