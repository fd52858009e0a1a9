/* SPDX-License-Identifier: Apache-2.0 */
/* wavelength-assignment: first fit on the channels of each link. It works only when it is called. */
#include "demo.h"

#define CHANNELS 80

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static mask in_use[CHANNELS]; /* links on which a channel is lit */
static struct {
	uintptr_t lightpath; /* 0: none */
	unsigned channel;
	mask links;
} assigned[LIGHTPATHS];

/* Lights the first channel that is dark on all links, where there is room to remember it; answers its number, from 1. */
static uintptr_t fit(uintptr_t lightpath, mask m) {
	unsigned slot = 0, channel = 0;
	while (slot < LIGHTPATHS && assigned[slot].lightpath != 0)
		slot++;
	while (channel < CHANNELS && (in_use[channel] & m) != 0)
		channel++;
	if (slot == LIGHTPATHS || channel == CHANNELS)
		return 0;
	in_use[channel] |= m;
	assigned[slot].lightpath = lightpath;
	assigned[slot].channel = channel;
	assigned[slot].links = m;
	return channel + 1;
}

static uintptr_t assign(uintptr_t lightpath, uintptr_t m, uintptr_t c) {
	(void)c;
	if (lightpath == 0 || m == 0 || m >> LINKS != 0)
		return 0;
	pthread_mutex_lock(&lock);
	uintptr_t channel = fit(lightpath, m);
	pthread_mutex_unlock(&lock);
	return channel;
}

static uintptr_t release(uintptr_t lightpath, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	uintptr_t released = 0;
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; lightpath != 0 && i < LIGHTPATHS; i++)
		if (assigned[i].lightpath == lightpath) {
			in_use[assigned[i].channel] &= ~assigned[i].links;
			assigned[i].lightpath = 0;
			released = 1;
		}
	pthread_mutex_unlock(&lock);
	return released;
}

static const struct wg_operation operations[] = {{"assign-wavelength", assign}, {"release-wavelength", release}};
SERVICE(NULL, operations);
