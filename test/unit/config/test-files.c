/* SPDX-License-Identifier: MIT */
#include "config/files.h"

#include "base/strbuf.h"
#include "lib/files.h"
#include "opts/opts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/test-files-XXXXXX";

static int enter(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 && mkdir("conf.d", 0755) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

/* The groups of all sections, in order, or what is wrong. */
static void reads_as(const char *path, const char *expected)
{
	AUTO_STRBUF struct strbuf groups = { 0 };
	struct config_files *files = config_files_new(false);
	struct config_entry entry;
	struct error *err = NULL;
	int r = config_files_open(files, path, CONFIG_OURS, &err);

	while (r == 0 && (r = config_files_next(files, &entry, &err)) == 1) {
		strbuf_printf(&groups, "%s:%u:%s ", entry.path, entry.line, entry.group);
		opts_free(entry.opts);
		r = 0;
		if (!config_files_has(files))
			break;
	}
	strbuf_puts(&groups, err ? error_message(err) : ".");
	assert_string_equal(groups.data, expected);
	error_free(err);
	config_files_free(files);
}

static void included_files_come_where_they_are_named(void **state)
{
	(void)state;
	put_file("a.conf", "[a]\ninclude \"conf.d/x*\"\n[b]\n");
	put_file("conf.d/x2", "[x2]\n");
	put_file("conf.d/x1", "[x1]\ninclude \"y\"\n");
	put_file("conf.d/y", "[y]\n");
	reads_as("a.conf", "a.conf:1:a conf.d/x1:1:x1 conf.d/y:1:y conf.d/x2:1:x2 a.conf:3:b .");
}

static void a_folder_is_its_file_and_those_of_conf_d(void **state)
{
	(void)state;
	put_file("charhub.conf", "[main]\n");
	put_file("conf.d/2.conf", "[two]\n");
	put_file("conf.d/1.conf", "[one]\n");
	put_file("conf.d/1.conf~", "[none]\n");
	reads_as(".", "./charhub.conf:1:main ./conf.d/1.conf:1:one ./conf.d/2.conf:1:two .");
}

static void a_name_has_to_be_there_and_a_pattern_need_not(void **state)
{
	(void)state;
	put_file("b.conf", "include \"none*\"\n[b]\ninclude \"none\"\n");
	reads_as("b.conf", "b.conf:2:b Could not open 'none': No such file or directory");
	reads_as("none", "Could not open 'none': No such file or directory");
}

static void files_that_include_each_other_end(void **state)
{
	(void)state;
	put_file("c.conf", "include \"c.conf\"\n");
	reads_as("c.conf", "files include each other more than 16 deep");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(included_files_come_where_they_are_named),
		cmocka_unit_test(a_folder_is_its_file_and_those_of_conf_d),
		cmocka_unit_test(a_name_has_to_be_there_and_a_pattern_need_not),
		cmocka_unit_test(files_that_include_each_other_end),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
