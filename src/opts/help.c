/* SPDX-License-Identifier: MIT */
/*
 * What the tables say, for people: one line an option. Help on the terminal, the list in an error's
 * hint and the manual are made from the same walk.
 */
#include "opts/opts.h"
#include "opts/opts-impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_LINES_MAX = 256 }; /* options of one object, those of its groups included */

struct help_row {
	char key[OPTS_KEY_MAX];
	const struct opt_desc *desc;
};

struct help_rows {
	size_t len;
	struct help_row row[HELP_LINES_MAX];
};

static const char *type_word(const struct opt_desc *desc)
{
	static const char *const words[] = {
		[OPT_STRING] = "<string>",
		[OPT_ID] = "<id>",
		[OPT_BOOL] = "<on|off>",
		[OPT_OFF] = "<off>",
		[OPT_NUMBER] = "<number>",
		[OPT_UINT32] = "<uint32>",
		[OPT_SIZE] = "<size>",
		[OPT_LIST] = "<string>",
	};

	return desc->type == OPT_ENUM ? desc->values : words[desc->type];
}

/* Return: false where the name is too long, which no table of ours has. */
static bool join(char key[OPTS_KEY_MAX], const char *prefix, const char *name, const char *suffix)
{
	return snprintf(key, OPTS_KEY_MAX, "%s%s%s", prefix, name, suffix) < OPTS_KEY_MAX;
}

static void collect_table(struct help_rows *rows, const char *prefix, const struct opt_desc *table)
{
	for (const struct opt_desc *desc = table; desc->name; desc++) {
		struct help_row *row = &rows->row[rows->len];
		char inner[OPTS_KEY_MAX];

		if (desc->type == OPT_GROUPS) {
			if (join(inner, prefix, desc->name, ".N."))
				collect_table(rows, inner, desc->group);
			continue;
		}
		if (rows->len == HELP_LINES_MAX ||
			!join(row->key, prefix, desc->name, desc->type == OPT_LIST ? ".N" : ""))
			return;
		row->desc = desc;
		rows->len++;
	}
}

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct help_row *)a)->key, ((const struct help_row *)b)->key);
}

int opts_for_each_help(const struct opt_desc *const *tables,
	void (*fn)(void *data, const struct opts_help_line *line), void *data)
{
	struct help_rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	for (; *tables; tables++)
		collect_table(rows, "", *tables);
	qsort(rows->row, rows->len, sizeof(rows->row[0]), compare_rows);
	for (size_t i = 0; i < rows->len; i++) {
		const struct help_row *row = &rows->row[i];

		fn(data, &(struct opts_help_line){ row->key, type_word(row->desc), row->desc });
	}
	free(rows);
	return 0;
}
