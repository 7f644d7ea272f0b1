/* SPDX-License-Identifier: MIT */
#include "prog/pidfile.h"

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

/* The lock belongs to the open file, not to the process: one process can play both sides. */

static char folder[] = "/tmp/test-pidfile-XXXXXX";
static char path[64];

static int set_up(void **state)
{
	(void)state;
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/pid", folder);
	return 0;
}

/* Fails if a test leaves anything but the pidfile itself. */
static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void expect_content(const char *text)
{
	char content[64] = "";
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	assert_non_null(fgets(content, sizeof(content), file));
	fclose(file);
	assert_string_equal(content, text);
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void expect_ours(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	expect_content(text);
}

static void it_has_our_id_until_it_is_removed(void **state)
{
	struct pidfile pidfile = { .fd = -1 };

	(void)state;
	assert_int_equal(pidfile_create(&pidfile, path, NULL), 0);
	expect_ours();
	pidfile_remove(&pidfile);
	assert_int_equal(access(path, F_OK), -1);
	pidfile_remove(&pidfile);
}

static void everybody_may_read_it(void **state)
{
	struct pidfile pidfile = { .fd = -1 };
	struct stat st;

	(void)state;
	assert_int_equal(pidfile_create(&pidfile, path, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	pidfile_remove(&pidfile);
}

static void one_that_is_held_is_refused(void **state)
{
	struct pidfile first = { .fd = -1 }, second = { .fd = -1 };
	struct error *err = NULL;
	char text[128];

	(void)state;
	assert_int_equal(pidfile_create(&first, path, NULL), 0);
	assert_int_equal(pidfile_create(&second, path, &err), -EBUSY);
	snprintf(
		text, sizeof(text), "'%s' is held by the running process %d.", path, (int)getpid());
	assert_string_equal(
		error_message(err), "Cannot lock pid file: Resource temporarily unavailable");
	assert_string_equal(error_hint(err), text);
	error_free(err);
	assert_int_equal(second.fd, -1);
	expect_ours();
	pidfile_remove(&first);
}

static void one_that_nobody_holds_is_replaced(void **state)
{
	struct pidfile pidfile = { .fd = -1 };

	(void)state;
	write_file("1\n");
	assert_int_equal(pidfile_create(&pidfile, path, NULL), 0);
	expect_ours();
	pidfile_remove(&pidfile);
}

static void one_that_became_another_file_is_left(void **state)
{
	struct pidfile pidfile = { .fd = -1 };

	(void)state;
	assert_int_equal(pidfile_create(&pidfile, path, NULL), 0);
	unlink(path);
	write_file("other\n");
	pidfile_remove(&pidfile);
	expect_content("other\n");
}

static void what_is_no_file_is_not_replaced(void **state)
{
	struct pidfile pidfile = { .fd = -1 };

	(void)state;
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(pidfile_create(&pidfile, path, NULL), -ELOOP);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(pidfile_create(&pidfile, path, NULL), -EINVAL);
	assert_int_equal(pidfile_create(&pidfile, "/nonexistent/pid", NULL), -ENOENT);
	assert_int_equal(pidfile.fd, -1);
}

static void another_program_goes_on_holding_it(void **state)
{
	struct pidfile before = { .fd = -1 }, pidfile = { .fd = -1 }, other = { .fd = -1 };

	(void)state;
	assert_int_equal(pidfile_create(&before, path, NULL), 0);
	pidfile_adopt(&pidfile, path, dup(before.fd));
	close(before.fd);
	assert_int_equal(pidfile_create(&other, path, NULL), -EBUSY);
	pidfile_remove(&pidfile);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			it_has_our_id_until_it_is_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(everybody_may_read_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_is_held_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			one_that_nobody_holds_is_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			one_that_became_another_file_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_not_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			another_program_goes_on_holding_it, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
