/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs have in common: how they end, and attach. */
#ifndef SAY_H
#define SAY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <waveguard/waveguard.h>

/* Says what went wrong, and ends the program. */
#define FAIL(...)                    \
	do {                         \
		printf("error ");    \
		printf(__VA_ARGS__); \
		printf("\n");        \
		exit(1);             \
	} while (0)

static inline enum wg_backend backend_named(const char *name) {
	if (strcmp(name, "pku") == 0)
		return WG_BACKEND_PKU;
	return strcmp(name, "mprotect") == 0 ? WG_BACKEND_MPROTECT : WG_BACKEND_NONE;
}

static inline void attach(const char *socket, const char *backend, const struct wg_service *services, size_t n) {
	char message[1200] = "";
	const struct wg_config config = {socket, backend_named(backend), services, n, 0};
	int status = wg_attach(&config, message, sizeof message);
	if (status != WG_OK)
		FAIL("attach: status %d: %s", status, message);
}

#endif
