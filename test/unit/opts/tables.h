/* SPDX-License-Identifier: MIT */
#ifndef TEST_UNIT_OPTS_TABLES_H
#define TEST_UNIT_OPTS_TABLES_H

#include "opts/opts.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

/* Tables with an option of every type, as an object with a common table and one of its own. */
static const struct opt_desc test_common[] = {
	{ .name = "backend", .type = OPT_STRING, .help = "type of chardev" },
	{ .name = "id", .type = OPT_ID, .help = "name" },
	{ .name = "logfile", .type = OPT_STRING, .help = "copy of the output" },
	{ .name = "mux", .type = OPT_BOOL, .preset = "off", .help = "several users" },
	{ 0 },
};

static const struct opt_desc test_member[] = {
	{ .name = "chardev", .type = OPT_ID, .required = true, .help = "who" },
	{ .name = "access",
		.type = OPT_ENUM,
		.values = "type|view",
		.preset = "type",
		.help = "may it send input" },
	{ 0 },
};

static const struct opt_desc test_own[] = {
	{ .name = "width", .type = OPT_NUMBER, .help = "any number" },
	{ .name = "nr", .type = OPT_UINT32, .preset = "4294967295", .help = "number" },
	{ .name = "port",
		.type = OPT_NUMBER,
		.min = 1,
		.max = 65535,
		.preset = "7",
		.help = "port" },
	{ .name = "size", .type = OPT_SIZE, .preset = "64k", .help = "bytes" },
	{ .name = "window", .type = OPT_SIZE, .min = 65536, .max = 64 << 20, .help = "journal" },
	{ .name = "stall",
		.type = OPT_ENUM,
		.values = "skip|wait|close",
		.preset = "wait",
		.help = "what happens to a slow member" },
	{ .name = "telnet", .type = OPT_OFF, .help = "not here" },
	{ .name = "chardevs", .type = OPT_LIST, .help = "members" },
	{ .name = "members", .type = OPT_GROUPS, .group = test_member, .help = "members" },
	{ 0 },
};

static const struct opt_desc *const test_tables[] = { test_common, test_own, NULL };

/* Parse and check; the set, or NULL with *@ret_err. */
static inline struct opts *test_check(const char *text, struct error **ret_err)
{
	struct opts *opts = NULL;

	if (opts_parse(text, "backend", &opts, ret_err) < 0)
		return NULL;
	if (opts_check(opts, "test", test_tables, ret_err) < 0) {
		opts_free(opts);
		return NULL;
	}
	return opts;
}

static inline struct opts *test_good(const char *text)
{
	struct error *err = NULL;
	struct opts *opts = test_check(text, &err);

	if (err)
		print_error("%s: %s\n", text, error_message(err));
	assert_non_null(opts);
	assert_null(err);
	return opts;
}

static inline void test_bad(const char *text, const char *message, const char *hint)
{
	struct error *err = NULL;

	assert_null(test_check(text, &err));
	assert_non_null(err);
	assert_string_equal(error_message(err), message);
	if (hint) {
		assert_non_null(error_hint(err));
		assert_string_equal(error_hint(err), hint);
	}
	error_free(err);
}

#endif
