/* SPDX-License-Identifier: MIT */
#include "audit/end.h"

#include "audit/files.h"
#include "base/strbuf.h"
#include "lib/files.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FIRST                  \
	"{\"seq\":1,\"prev\":" \
	"\"0000000000000000000000000000000000000000000000000000000000000000\"}"
#define SECOND                 \
	"{\"seq\":2,\"prev\":" \
	"\"1111111111111111111111111111111111111111111111111111111111111111\"}"

struct fixture {
	char dir[32], path[64], old[96];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/charhub-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/audit", f->dir);
	snprintf(f->old, sizeof(f->old), "%s.20261129T180322.417Z", f->path);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	empty_folder(f->dir);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void expect(const struct fixture *f, uint64_t seq, const char *line, uint64_t torn)
{
	char hash[AUDIT_HASH_BYTES];
	struct audit_end end;

	assert_int_equal(audit_find_end(f->path, &end), 0);
	assert_int_equal(end.seq, seq);
	assert_int_equal(end.torn, torn);
	audit_hash(line, strlen(line), hash);
	assert_string_equal(end.head, *line ? hash : audit_no_hash);
}

static void where_there_is_nothing_a_chain_begins(void **state)
{
	const struct fixture *f = *state;

	expect(f, 0, "", 0);
	put_file(f->path, "");
	expect(f, 0, "", 0);
	put_file(f->path, "{\"seq");
	expect(f, 0, "", 5);
}

static void it_is_behind_the_last_whole_line(void **state)
{
	const struct fixture *f = *state;

	put_file(f->path, FIRST "\n");
	expect(f, 1, FIRST, 0);
	put_file(f->path, FIRST "\n" SECOND "\n");
	expect(f, 2, SECOND, 0);
	put_file(f->path, FIRST "\n" SECOND);
	expect(f, 1, FIRST, strlen(SECOND));
}

static void an_old_file_has_it_where_the_present_one_is_empty(void **state)
{
	const struct fixture *f = *state;

	put_file(f->old, FIRST "\n" SECOND "\n");
	expect(f, 2, SECOND, 0);
	put_file(f->path, "");
	expect(f, 2, SECOND, 0);
	put_file(f->path, "{\"s");
	expect(f, 2, SECOND, 3);
}

static void a_line_of_others_counts_without_a_number(void **state)
{
	const struct fixture *f = *state;

	put_file(f->path, FIRST "\nhello\n");
	expect(f, 0, "hello", 0);
}

static void a_long_file_is_read_from_its_end(void **state)
{
	const struct fixture *f = *state;
	struct strbuf text = { 0 };

	while (text.len < 300 * 1024)
		strbuf_puts(&text, FIRST "\n");
	strbuf_puts(&text, SECOND "\n");
	assert_false(text.failed);
	put_file(f->path, text.data);
	strbuf_done(&text);
	expect(f, 2, SECOND, 0);
}

static void a_folder_that_is_not_there_has_no_files(void **state)
{
	struct archive files;

	(void)state;
	assert_int_equal(audit_files("/nonexistent/audit", &files), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			where_there_is_nothing_a_chain_begins, setup, teardown),
		cmocka_unit_test_setup_teardown(it_is_behind_the_last_whole_line, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_old_file_has_it_where_the_present_one_is_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_line_of_others_counts_without_a_number, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_file_is_read_from_its_end, setup, teardown),
		cmocka_unit_test(a_folder_that_is_not_there_has_no_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
