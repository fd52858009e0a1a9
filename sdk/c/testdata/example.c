#include <stdio.h>
#include <waveguard/waveguard.h>

static struct secrets { uint64_t key; } *secrets; /* a region of key-store */

/* Runs in the domain of key-store, on its own stack. */
static uintptr_t derive(uintptr_t line, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	return secrets->key * 0x9e3779b97f4a7c15u ^ line;
}

static uintptr_t fill(uintptr_t a, uintptr_t b, uintptr_t c) {
	(void)a, (void)b, (void)c;
	secrets->key = 4711;
	return 0;
}

/* Runs in the domain of dashboard: reading secrets->key here would end it. */
static uintptr_t show(uintptr_t line, uintptr_t b, uintptr_t c) {
	(void)b, (void)c;
	uintptr_t key;
	int status = wg_call(wg_find_gate("key-store", "derive-key"), line, 0, 0, &key);
	printf("line %d: %s\n", (int)line, wg_strerror(status));
	return (uintptr_t)-status;
}

int main(int argc, char **argv) {
	static const struct wg_operation operations[] = {{"derive-key", derive}};
	static const struct wg_service services[] = {
		{.name = "key-store", .run = fill, .operations = operations, .operation_count = 1},
		{.name = "dashboard", .run = show},
	};
	struct wg_config config = {
		.socket = argc > 1 ? argv[1] : "/run/waveguard/attach.sock", .services = services, .service_count = 2,
	};
	char message[1200];
	if (wg_attach(&config, message, sizeof message) != WG_OK)
		return fprintf(stderr, "%s\n", message), 1;
	secrets = wg_region_alloc(wg_find_service("key-store"), sizeof *secrets);
	if (secrets == NULL || wg_run(wg_find_service("key-store"), 0, NULL) != WG_OK)
		return 1;
	uintptr_t failed = 1;
	int status = wg_run(wg_find_service("dashboard"), 7, &failed);
	return wg_close() != WG_OK || status != WG_OK || failed != 0;
}
