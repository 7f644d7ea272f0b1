/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "opts/config-file.h"
#include "opts/opts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The three spellings of options (text, JSON, -readconfig files), each checked against a table with
 * an option of every type, and read out again. The first byte of the input says which spelling.
 */

static const struct opt_desc member[] = {
	{ .name = "chardev", .type = OPT_ID, .required = true, .help = "" },
	{ .name = "access", .type = OPT_ENUM, .values = "type|view", .help = "" },
	{ 0 },
};

static const struct opt_desc table[] = {
	{ .name = "backend", .type = OPT_STRING, .help = "" },
	{ .name = "id", .type = OPT_ID, .help = "" },
	{ .name = "mux", .type = OPT_BOOL, .help = "" },
	{ .name = "port", .type = OPT_NUMBER, .min = 1, .max = 65535, .help = "" },
	{ .name = "size", .type = OPT_SIZE, .preset = "64k", .help = "" },
	{ .name = "stall", .type = OPT_ENUM, .values = "skip|wait|close", .help = "" },
	{ .name = "chardevs", .type = OPT_LIST, .help = "" },
	{ .name = "members", .type = OPT_GROUPS, .group = member, .help = "" },
	{ 0 },
};

static void read_groups(const struct opts *opts)
{
	AUTO_OPTS_GROUPS struct opts_groups groups = { 0 };

	if (opts_list_groups(opts, "members", &groups) < 0)
		return;
	for (size_t i = 0; i < groups.len; i++)
		if (!opts_get_string(groups.items[i], "chardev") ||
			opts_get_enum(groups.items[i], "access") > 1)
			abort();
}

/* What passed the check has a readable value everywhere. */
static void read_all(const struct opts *opts)
{
	if (opts_has(opts, "port") &&
		(opts_get_number(opts, "port") < 1 || opts_get_number(opts, "port") > 65535))
		abort();
	opts_get_number(opts, "size");
	opts_get_bool(opts, "mux");
	if (opts_get_enum(opts, "stall") > 2)
		abort();
	for (size_t i = 0; i < opts_list_len(opts, "chardevs"); i++)
		if (!opts_list_string(opts, "chardevs", i))
			abort();
	read_groups(opts);
}

static void check(struct opts *opts)
{
	static const struct opt_desc *const tables[] = { table, NULL };
	struct error *err = NULL;

	if (opts_check(opts, "fuzz", tables, &err) == 0)
		read_all(opts);
	else if (!err)
		abort();
	error_free(err);
}

static void fuzz_opts(int (*parse)(const char *text, struct opts **ret_opts, struct error **err),
	const char *text)
{
	struct opts *opts = NULL;
	struct error *err = NULL;

	if (parse(text, &opts, &err) == 0)
		check(opts);
	else if (!err)
		abort();
	error_free(err);
	opts_free(opts);
}

static int parse_text(const char *text, struct opts **ret_opts, struct error **err)
{
	return opts_parse(text, "backend", ret_opts, err);
}

static void fuzz_file(const char *text, size_t len)
{
	struct config_file *file = NULL;
	struct error *err = NULL;

	if (config_file_parse(text, len, CONFIG_OURS, &file, NULL, &err) < 0) {
		error_free(err);
		return;
	}
	for (size_t i = 0; i < config_file_len(file); i++) {
		struct opts *opts = config_file_take_opts(file, i);

		check(opts);
		opts_free(opts);
	}
	config_file_free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	log_set_level(LOG_ERROR);
	text = strndup((const char *)data + 1, size - 1);
	if (!text)
		return 0;
	switch (data[0]) {
	case 't': fuzz_opts(parse_text, text); break;
	case 'j': fuzz_opts(opts_parse_json, text); break;
	default: fuzz_file((const char *)data + 1, size - 1); break;
	}
	free(text);
	return 0;
}
