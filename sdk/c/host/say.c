/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "host.h"

void wg_say(const char *format, ...) {
	char line[1600];
	va_list rest;
	va_start(rest, format);
	vsnprintf(line, sizeof line, format, rest);
	va_end(rest);
	fprintf(stderr, "waveguard-host: %s\n", line);
}
