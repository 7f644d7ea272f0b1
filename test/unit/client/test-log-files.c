/* SPDX-License-Identifier: MIT */
#include "client/log-files.h"
#include "client/sieve.h"

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "io/log-index.h"
#include "io/pack.h"
#include "lib/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

/* A line a second, from second START on. */
enum { START = 1000000, LINE = 20, MANY = 40000 };

static struct strbuf shown;

struct fixture {
	char dir[32], path[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/charhub-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/log", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	empty_folder(f->dir);
	assert_int_equal(rmdir(f->dir), 0);
	strbuf_done(&shown);
	free(f);
	return 0;
}

static void line_text(int64_t second, char text[LINE + 1])
{
	snprintf(text, LINE + 1, "second %012" PRId64 "\n", second % 1000000000000);
}

/* A file with the lines of some seconds, and its index where that is wanted. */
static void make(const char *path, int64_t from, int64_t to, bool indexed)
{
	struct timespec times[2] = { { to - 1, 0 }, { to - 1, 0 } };
	struct log_index index;
	FILE *file = fopen(path, "we");
	char text[LINE + 1];

	assert_non_null(file);
	if (indexed)
		assert_int_equal(log_index_open(&index, path, 0, 0640), 0);
	for (int64_t second = from; second < to; second++) {
		line_text(second, text);
		if (indexed) {
			log_index_add(
				&index, (uint64_t)second * 1000, (uint64_t)(second - from) * LINE);
			log_index_flush(&index, true);
		}
		fputs(text, file);
	}
	fclose(file);
	if (indexed)
		log_index_close(&index);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void old_name(const struct fixture *f, int n, char path[96])
{
	snprintf(path, 96, "%s.20260101T00000%d.000Z", f->path, n);
}

/* Three files of ten seconds each, the oldest by zstd, the next by gzip. */
static void make_three(const struct fixture *f, bool indexed)
{
	const atomic_bool go_on = false;
	char path[96];

	old_name(f, 1, path);
	make(path, START, START + 10, indexed);
	assert_int_equal(pack_file(path, ARCHIVE_ZSTD, &go_on), 0);
	old_name(f, 2, path);
	make(path, START + 10, START + 20, indexed);
	assert_int_equal(pack_file(path, ARCHIVE_GZIP, &go_on), 0);
	make(f->path, START + 20, START + 30, indexed);
}

static bool show(void *data, const char *bytes, size_t len)
{
	(void)data;
	strbuf_append(&shown, bytes, len);
	return true;
}

static void read_range(const struct fixture *f, int64_t since, int64_t until)
{
	const struct log_range range = { since, until, false };
	AUTO_ERROR struct error *err = NULL;

	strbuf_truncate(&shown, 0);
	if (log_files_read(f->path, &range, show, NULL, &err) < 0)
		fail_msg("%s", error_message(err));
}

static void check(int64_t from, int64_t to)
{
	char text[LINE + 1];

	assert_int_equal(shown.len, (to - from) * LINE);
	for (int64_t second = from; second < to; second++) {
		line_text(second, text);
		assert_memory_equal(shown.data + (second - from) * LINE, text, LINE);
	}
}

static void seconds_are_found_in_all_files(void **state)
{
	struct fixture *f = *state;

	make_three(f, true);
	for (int64_t since = START - 1; since <= START + 30; since += 3)
		for (int64_t until = since + 1; until <= START + 31; until += 5) {
			read_range(f, since, until);
			check(since < START ? START : since,
				until > START + 30 ? START + 30 : until);
		}
	read_range(f, 0, INT64_MAX);
	check(START, START + 30);
	read_range(f, START + 31, INT64_MAX);
	assert_int_equal(shown.len, 0);
}

static void frames_that_are_not_wanted_are_not_unpacked(void **state)
{
	const atomic_bool go_on = false;
	struct fixture *f = *state;
	char path[96], packed[112];
	struct stat st;
	int fd;

	old_name(f, 1, path);
	make(path, START, START + MANY, true);
	assert_true(MANY * LINE > 3 * PACK_FRAME);
	assert_int_equal(pack_file(path, ARCHIVE_ZSTD, &go_on), 0);
	read_range(f, START + MANY - 100, START + MANY - 50);
	check(START + MANY - 100, START + MANY - 50);
	snprintf(
		packed, sizeof(packed), "%s.zst", path); /* the first of it is damaged: who cares */
	assert_int_equal(stat(packed, &st), 0);
	fd = open(packed, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "damage", 6, 0), 6);
	assert_int_equal(futimens(fd, (struct timespec[]){ st.st_atim, st.st_mtim }), 0);
	close(fd);
	read_range(f, START + MANY - 100, START + MANY - 50);
	check(START + MANY - 100, START + MANY - 50);
}

static void without_an_index_files_are_read_wholly_where_they_may_be_wanted(void **state)
{
	struct fixture *f = *state;

	make_three(f, false);
	read_range(f, START + 12, START + 13);
	check(START + 10, START + 20);
	read_range(f, START + 12, INT64_MAX);
	check(START + 10, START + 30);
	read_range(f, START + 30, INT64_MAX);
	assert_int_equal(shown.len, 0);
}

static void index_that_lacks_the_end_hides_nothing(void **state)
{
	struct fixture *f = *state;
	char name[72];

	make(f->path, START, START + 20, true);
	snprintf(name, sizeof(name), "%s.idx", f->path);
	assert_int_equal(truncate(name, 11 * LOG_INDEX_RECORD), 0);
	read_range(f, START + 15, INT64_MAX);
	check(START + 9, START + 20);
	read_range(f, START + 5, START + 7);
	check(START + 5, START + 7);
}

static void range_has_whole_lines(void **state)
{
	struct fixture *f = *state;
	struct log_index index;

	put_file(f->path, "first\nsecond\nthird\n");
	assert_int_equal(log_index_open(&index, f->path, 0, 0640), 0);
	log_index_add(&index, 1000000, 0);
	log_index_add(&index, 2000000, 9);
	log_index_add(&index, 3000000, 15);
	log_index_close(&index);
	read_range(f, 2000, 3000);
	assert_int_equal(shown.len, strlen("second\nthird\n"));
	assert_memory_equal(shown.data, "second\nthird\n", shown.len);
}

static void there_has_to_be_a_file(void **state)
{
	struct fixture *f = *state;
	const struct log_range range = { 0, INT64_MAX, false };
	AUTO_ERROR struct error *err = NULL;

	assert_int_equal(log_files_read(f->path, &range, show, NULL, &err), -ENOENT);
	assert_non_null(strstr(error_message(err), f->path));
}

/* ---- following ---- */

struct steps {
	struct fixture *f;
	unsigned n;
};

static void add_line(const char *path, int64_t second)
{
	FILE *file = fopen(path, "ae");
	char text[LINE + 1];

	line_text(second, text);
	fputs(text, file);
	fclose(file);
}

/* Each time that something was shown the next thing happens to the files. */
static bool go_on(void *data, const char *bytes, size_t len)
{
	const atomic_bool never = false;
	struct steps *steps = data;
	struct fixture *f = steps->f;
	char one[96], two[96];

	show(NULL, bytes, len);
	old_name(f, 3, one);
	old_name(f, 4, two);
	switch (steps->n++) {
	case 0: add_line(f->path, START + 1); break;
	case 1: /* more, and then twice a new file */
		add_line(f->path, START + 2);
		assert_int_equal(rename(f->path, one), 0);
		add_line(f->path, START + 3);
		assert_int_equal(rename(f->path, two), 0);
		assert_int_equal(pack_file(one, ARCHIVE_GZIP, &never), 0);
		assert_int_equal(pack_file(two, ARCHIVE_ZSTD, &never), 0);
		add_line(f->path, START + 4);
		break;
	default: break;
	}
	return shown.len < 5 * LINE;
}

static void rotation_is_followed(void **state)
{
	const struct log_range range = { 0, INT64_MAX, true };
	struct steps steps = { .f = *state };
	AUTO_ERROR struct error *err = NULL;

	add_line(steps.f->path, START);
	assert_int_equal(log_files_read(steps.f->path, &range, go_on, &steps, &err), 0);
	check(START, START + 5);
}

/* ---- which lines ---- */

static void show_bytes(const void *bytes, size_t len)
{
	strbuf_append(&shown, bytes, len);
}

static void sift(const char *pattern, bool plain, const char *text, const char *want)
{
	size_t len = strlen(text);

	for (size_t piece = 1; piece <= len; piece++) {
		struct sieve sieve;

		strbuf_truncate(&shown, 0);
		assert_int_equal(sieve_init(&sieve, pattern, plain, show_bytes, NULL), 0);
		for (size_t at = 0; at < len; at += piece)
			sieve_feed(&sieve, text + at, len - at < piece ? len - at : piece);
		sieve_flush(&sieve);
		sieve_done(&sieve);
		assert_int_equal(shown.len, strlen(want));
		assert_memory_equal(shown.data ? shown.data : "", want, shown.len);
	}
}

static void lines_are_found_by_their_text(void **state)
{
	static const char text[] = "one\r\n\033[31mt\033[mwo\r\nthree\r\nx\rfour";
	AUTO_ERROR struct error *err = NULL;
	struct sieve sieve;

	(void)state;
	sift(NULL, false, text, text);
	sift("two", false, text, "\033[31mt\033[mwo\r\n");
	sift("two", true, text, "two\n");
	sift("^t", true, text, "two\nthree\n");
	sift("e$", false, text, "one\r\nthree\r\n");
	sift("^four", false, text, "x\rfour");
	sift(NULL, true, text, "one\ntwo\nthree\nfour");
	sift("five", true, text, "");
	assert_int_equal(sieve_init(&sieve, "(", false, show_bytes, &err), -EINVAL);
	assert_non_null(strstr(error_message(err), "'(' is no regular expression: "));
	sieve_done(&sieve);
}

#define log_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		log_test(seconds_are_found_in_all_files),
		log_test(frames_that_are_not_wanted_are_not_unpacked),
		log_test(without_an_index_files_are_read_wholly_where_they_may_be_wanted),
		log_test(index_that_lacks_the_end_hides_nothing),
		log_test(range_has_whole_lines),
		log_test(there_has_to_be_a_file),
		log_test(rotation_is_followed),
		log_test(lines_are_found_by_their_text),
	};

	return cmocka_run_group_tests_name("client/log-files", tests, NULL, NULL);
}
