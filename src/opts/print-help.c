/* SPDX-License-Identifier: MIT */
/* Its own file: the library, in which nothing prints, is linked without it. */
#include "opts/opts.h"

#include <stdio.h>
#include <string.h>

static void measure_line(void *data, const struct opts_help_line *line)
{
	int *width = data, len = (int)(strlen(line->key) + 1 + strlen(line->type));

	if (len > *width)
		*width = len;
}

static void print_line(void *data, const struct opts_help_line *line)
{
	const int *width = data;
	int pad = *width - (int)(strlen(line->key) + 1 + strlen(line->type));

	printf("  %s=%s%*s  %s", line->key, line->type, pad, "", line->desc->help);
	if (line->desc->preset)
		printf(" (default: %s)", line->desc->preset);
	else if (line->desc->required)
		printf(" (required)");
	putchar('\n');
}

void opts_print_help(const char *owner, const struct opt_desc *const *tables)
{
	int width = 0;

	printf("%s options:\n", owner);
	opts_for_each_help(tables, measure_line, &width);
	opts_for_each_help(tables, print_line, &width);
}
