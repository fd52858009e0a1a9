/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the tests have in common. */
#ifndef EXPECT_H
#define EXPECT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <waveguard/waveguard.h>

/* The program ends with what was expected where. */
#define EXPECT(condition)                                                       \
	do {                                                                    \
		if (!(condition)) {                                             \
			fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                \
		}                                                               \
	} while (0)

static inline enum wg_backend backend_named(const char *name) {
	if (strcmp(name, "pku") == 0)
		return WG_BACKEND_PKU;
	return strcmp(name, "mprotect") == 0 ? WG_BACKEND_MPROTECT : WG_BACKEND_NONE;
}

/* Attaches, or ends the program with what the library says. */
static inline void attach_or_exit(const char *socket, const char *backend, const struct wg_service *services, size_t n) {
	char message[1200];
	struct wg_config config = {socket, backend_named(backend), services, n, 0};
	int status = wg_attach(&config, message, sizeof message);
	if (status == WG_E_SYSTEM || status == WG_E_REFUSED)
		status = wg_attach(&config, message, sizeof message); /* a second attempt says the same */
	if (status != WG_OK) {
		printf("refused %d %s\n", status, message);
		exit(3);
	}
}

#endif
