/* SPDX-License-Identifier: MIT */
#include "io/log-index.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

enum { RECORDS = 40 };

struct fixture {
	char dir[32], path[64], name[80];
	struct log_index index;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/charhub-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/log", f->dir);
	snprintf(f->name, sizeof(f->name), "%s.idx", f->path);
	f->index.fd = -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	log_index_close(&f->index);
	unlink(f->name);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static void add(struct fixture *f, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		assert_true(log_index_is_due(&f->index, i * 1000, i * 10));
		log_index_add(&f->index, i * 1000, i * 10);
		log_index_flush(&f->index, true);
	}
}

static void open_index(struct fixture *f, uint64_t size)
{
	log_index_close(&f->index);
	assert_int_equal(log_index_open(&f->index, f->path, size, 0640), 0);
}

static void check(const struct fixture *f, uint64_t size, uint64_t from, uint64_t to)
{
	AUTO_LOG_INDEX struct log_index_table table = { 0 };

	assert_int_equal(log_index_read(f->path, size, &table), 0);
	assert_int_equal(table.len, to - from);
	for (uint64_t i = from; i < to; i++) {
		assert_int_equal(table.items[i - from].time_ms, i * 1000);
		assert_int_equal(table.items[i - from].offset, i * 10);
		assert_int_equal(table.items[i - from].stored, 0);
	}
}

static void each_second_and_each_step_has_a_record(void **state)
{
	struct fixture *f = *state;

	open_index(f, 0);
	assert_true(log_index_is_due(&f->index, 5999, 0));
	log_index_add(&f->index, 5999, 0);
	assert_false(log_index_is_due(&f->index, 5999, 100));
	assert_true(log_index_is_due(&f->index, 6000, 100));
	assert_false(log_index_is_due(&f->index, 5000, LOG_INDEX_STEP - 1));
	assert_true(log_index_is_due(&f->index, 5000, LOG_INDEX_STEP));
	assert_true(log_index_is_due(&f->index, 4999, 100)); /* the clock was put back */
}

static void index_is_gone_on_with(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	open_index(f, 0);
	add(f, 0, RECORDS);
	open_index(f, RECORDS * 10);
	assert_false(log_index_is_due(&f->index, (RECORDS - 1) * 1000 + 1, RECORDS * 10));
	add(f, RECORDS, 2 * RECORDS);
	check(f, UINT64_MAX, 0, 2 * RECORDS);
	check(f, 55, 0, 6);
	assert_int_equal(stat(f->name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(st.st_size, (1 + 2 * RECORDS) * LOG_INDEX_RECORD);
}

static void log_that_is_another_one_has_a_new_index(void **state)
{
	struct fixture *f = *state;

	open_index(f, 0);
	add(f, 0, RECORDS);
	open_index(f, 0);
	check(f, UINT64_MAX, 0, 0);
	add(f, 0, RECORDS);
	open_index(f, 100);
	check(f, UINT64_MAX, 0, 11);
	add(f, 11, 20);
	log_index_add(&f->index, 3000, 30); /* it was emptied meanwhile */
	log_index_flush(&f->index, true);
	check(f, UINT64_MAX, 3, 4);
}

static void byte_that_was_written_at_the_second_attempt_has_the_later_time(void **state)
{
	struct fixture *f = *state;

	open_index(f, 0);
	log_index_add(&f->index, 1000, 20);
	log_index_add(&f->index, 2000, 20);
	log_index_flush(&f->index, true);
	check(f, UINT64_MAX, 2, 3);
}

static void damage(const struct fixture *f, off_t at, const char *bytes, size_t len)
{
	int fd = open(f->name, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, bytes, len, at), len);
	close(fd);
}

static void damage_ends_what_counts(void **state)
{
	struct fixture *f = *state;

	open_index(f, 0);
	add(f, 0, RECORDS);
	damage(f, (1 + 5) * LOG_INDEX_RECORD + 12, "x", 1);
	check(f, UINT64_MAX, 0, 5);
	damage(f, 3, "x", 1);
	check(f, UINT64_MAX, 0, 0);
	open_index(f, RECORDS * 10);
	add(f, 0, 2);
	check(f, UINT64_MAX, 0, 2);
}

static void record_that_is_torn_off_is_written_over(void **state)
{
	struct fixture *f = *state;

	open_index(f, 0);
	add(f, 0, 3);
	assert_int_equal(truncate(f->name, 3 * LOG_INDEX_RECORD + 7), 0);
	check(f, UINT64_MAX, 0, 2);
	open_index(f, RECORDS);
	add(f, 2, 5);
	check(f, UINT64_MAX, 0, 5);
}

static void what_finds_no_place_is_left_out(void **state)
{
	struct fixture *f = *state;
	AUTO_LOG_INDEX struct log_index_table table = { 0 };

	open_index(f, 0);
	for (uint64_t i = 0; i < RECORDS; i++)
		log_index_add(&f->index, i * 1000, i * 10);
	log_index_flush(&f->index, true);
	check(f, UINT64_MAX, 0, LOG_INDEX_PENDING - 1); /* and the head */
	log_index_add(&f->index, RECORDS * 1000, RECORDS * 10);
	log_index_flush(&f->index, true);
	assert_int_equal(log_index_read(f->path, UINT64_MAX, &table), 0);
	assert_int_equal(table.items[table.len - 1].offset, RECORDS * 10);
}

static void link_is_not_followed(void **state)
{
	struct fixture *f = *state;
	char other[64];

	snprintf(other, sizeof(other), "%s/other", f->dir);
	assert_int_equal(symlink(other, f->name), 0);
	assert_int_equal(log_index_open(&f->index, f->path, 0, 0640), -ELOOP);
	assert_int_equal(f->index.fd, -1);
	assert_int_equal(access(other, F_OK), -1);
	assert_false(log_index_is_due(&f->index, 1, 1));
	check(f, UINT64_MAX, 0, 0);
}

#define index_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		index_test(each_second_and_each_step_has_a_record),
		index_test(index_is_gone_on_with),
		index_test(log_that_is_another_one_has_a_new_index),
		index_test(byte_that_was_written_at_the_second_attempt_has_the_later_time),
		index_test(damage_ends_what_counts),
		index_test(record_that_is_torn_off_is_written_over),
		index_test(what_finds_no_place_is_left_out),
		index_test(link_is_not_followed),
	};

	return cmocka_run_group_tests_name("io/log-index", tests, NULL, NULL);
}
