/* Measures libyang in process: libyang MODELS MODULE FILE PATH VALUE OTHER XPATH...
 *
 * FILE is configuration in XML, PATH a leaf in it that gets VALUE and OTHER in turn.
 * Prints "name value" lines: nanoseconds, bytes and counts. Each time is the median of several
 * runs.
 */
#include <libyang/libyang.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 5, MOST = 64 };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void report(const char *name, double *times, int n)
{
	qsort(times, n, sizeof *times, ascending);
	printf("%s %.0f\n", name, times[n / 2]);
}

static void check(LY_ERR err, const char *what)
{
	if (err != LY_SUCCESS) {
		fprintf(stderr, "%s: error %d\n", what, err);
		exit(1);
	}
}

static struct lyd_node *parse(struct ly_ctx *ctx, const char *file)
{
	struct lyd_node *data = NULL;
	check(lyd_parse_data_path(ctx, file, LYD_XML, LYD_PARSE_ONLY | LYD_PARSE_STRICT | LYD_PARSE_NO_STATE, 0, &data), "parse");
	return data;
}

static void validate(struct ly_ctx *ctx, struct lyd_node **data)
{
	check(lyd_validate_all(data, ctx, LYD_VALIDATE_NO_STATE | LYD_VALIDATE_PRESENT, NULL), "validate");
}

static unsigned long count(const struct lyd_node *data)
{
	unsigned long n = 0;
	struct lyd_node *top, *elem;
	LY_LIST_FOR((struct lyd_node *)data, top) {
		LYD_TREE_DFS_BEGIN(top, elem) {
			n += !(elem->flags & LYD_DEFAULT);
			LYD_TREE_DFS_END(top, elem);
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	if (argc < 8) {
		fprintf(stderr, "usage: libyang MODELS MODULE FILE PATH VALUE OTHER XPATH...\n");
		return 2;
	}
	struct ly_ctx *ctx = NULL;
	struct lyd_node *data = NULL;
	double times[MOST], start;
	check(ly_ctx_new(argv[1], 0, &ctx), "make context");
	if (!ly_ctx_load_module(ctx, argv[2], NULL, NULL)) {
		return 1;
	}
	for (int i = 0; i < RUNS; i++) {
		start = now();
		data = parse(ctx, argv[3]);
		validate(ctx, &data);
		times[i] = now() - start;
		lyd_free_all(data);
	}
	report("parse-validate", times, RUNS);

	malloc_trim(0);
	size_t before = mallinfo2().uordblks;
	data = parse(ctx, argv[3]);
	printf("bytes %zu\nnodes %lu\n", mallinfo2().uordblks - before, count(data));
	validate(ctx, &data);

	for (int i = 0; i < RUNS; i++) {
		start = now();
		lyd_new_path(data, NULL, argv[4], argv[5 + i % 2], LYD_NEW_PATH_UPDATE, NULL);
		validate(ctx, &data);
		times[i] = now() - start;
	}
	report("edit-validate", times, RUNS);

	for (int x = 7; x < argc; x++) {
		char name[32];
		for (int i = 0; i < RUNS; i++) {
			struct ly_set *set = NULL;
			start = now();
			check(lyd_find_xpath(data, argv[x], &set), "find");
			times[i] = now() - start;
			if (i == 0) {
				printf("found-%d %u\n", x - 7, set->count);
			}
			ly_set_free(set, NULL);
		}
		snprintf(name, sizeof name, "xpath-%d", x - 7);
		report(name, times, RUNS);
	}
	lyd_free_all(data);
	ly_ctx_destroy(ctx);
	return 0;
}
