/* SPDX-License-Identifier: MIT */
#include "io/rotation.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "io/log-reader.h"
#include "io/pack.h"
#include "io/writer.h"
#include "lib/files.h"
#include "lib/kept-log.h"
#include "lib/steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { SIZE = 300, LINE = 50, LINES = 20, FEW_LINES = 3, FEW_FRAMES = 4 };

struct fixture {
	struct kept_log log;
	struct loop *loop;
	struct work_pool *pool;
	struct writer *writer;
	struct rotation_rules rules;
	char dir[32], path[64];
	char old[96], door[64]; /* names of one FIFO */
	int from, to;		/* of the lines that a process writes */
};

static void begin(struct fixture *f)
{
	f->loop = loop_new();
	loop_fake_clock(f->loop);
	assert_int_equal(work_pool_get(f->loop, &f->pool), 0);
}

static void end(struct fixture *f)
{
	writer_close(TAKE_PTR(f->writer));
	work_pool_put(TAKE_PTR(f->pool));
	loop_free(TAKE_PTR(f->loop));
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/charhub-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/log", f->dir);
	f->rules = (struct rotation_rules){ .size = SIZE };
	kept_log_begin(&f->log);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->loop)
		end(f);
	kept_log_end(&f->log);
	empty_folder(f->dir);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static void make(struct fixture *f)
{
	struct writer_options options = { .path = f->path,
		.mode = 0640,
		.owner = "test",
		.rotation = f->rules,
		.indexed = true };

	if (!f->loop)
		begin(f);
	assert_int_equal(writer_open(f->loop, &options, &f->writer), 0);
}

static void put(struct fixture *f, const char *bytes, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)bytes, len };

	writer_put(f->writer, &iov, 1);
}

/* All that threads and the loop have to do for each other. */
static void settle(struct fixture *f)
{
	for (int i = 0; i < 8; i++) {
		assert_int_equal(work_pool_drain(f->pool), 0);
		loop_step(f->loop, false);
	}
}

static void line_text(int i, char text[LINE + 1])
{
	snprintf(text, LINE + 1, "line %04u %039u\n", (unsigned)i % 10000, (unsigned)i);
}

static void put_lines(struct fixture *f, int from, int to)
{
	char text[LINE + 1];

	for (int i = from; i < to; i++) {
		line_text(i, text);
		put(f, text, LINE);
		settle(f);
	}
}

/* In one write. */
static void put_all_lines(struct fixture *f)
{
	char all[LINES * LINE + 1];

	for (int i = 0; i < LINES; i++)
		line_text(i, all + i * LINE);
	put(f, all, LINES * LINE);
}

/* What a reader finds in all files, the oldest first. */
static void read_all(const struct fixture *f, struct strbuf *all)
{
	AUTO_ARCHIVE struct archive archive = { 0 };
	struct log_index_table none = { 0 };
	char bytes[1000];

	assert_int_equal(archive_list(f->path, &archive), 0);
	for (size_t i = 0; i < archive.len; i++) {
		struct log_reader *reader;
		ssize_t len;

		if (archive.items[i].spare)
			continue;
		assert_int_equal(log_reader_open(&archive.items[i], &none, 0, &reader), 0);
		while ((len = log_reader_read(reader, bytes, sizeof(bytes))) > 0)
			strbuf_append(all, bytes, (size_t)len);
		assert_int_equal(len, 0);
		log_reader_close(reader);
	}
}

/* Return: lines; asserts that they are the first ones, wholly, each once. */
static int count_lines(const struct fixture *f)
{
	AUTO_STRBUF struct strbuf all = { 0 };
	char text[LINE + 1];
	int n;

	read_all(f, &all);
	assert_int_equal(all.len % LINE, 0);
	for (n = 0; (size_t)n < all.len / LINE; n++) {
		line_text(n, text);
		assert_memory_equal(all.data + n * LINE, text, LINE);
	}
	return n;
}

static unsigned count_files(const struct fixture *f, const char *ending)
{
	DIR *dir = opendir(f->dir);
	struct dirent *entry;
	unsigned n = 0;

	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name), behind = strlen(ending);

		n += entry->d_name[0] != '.' && len >= behind &&
		     !strcmp(entry->d_name + len - behind, ending);
	}
	closedir(dir);
	return n;
}

/* ---- where a file ends ---- */

static size_t share(uint64_t limit, uint64_t size, bool mid_line, const char *a, const char *b)
{
	struct iovec iov[2] = { { (void *)(uintptr_t)a, strlen(a) },
		{ (void *)(uintptr_t)b, strlen(b) } };

	return rotation_share(limit, size, mid_line, iov, 2);
}

static void file_ends_with_the_line_that_makes_it_full(void **state)
{
	static char longest[ROTATION_LINE + 10];

	(void)state;
	memset(longest, '.', sizeof(longest) - 1);
	assert_int_equal(share(0, 1000000, false, "a\nb\n", ""), 4);
	assert_int_equal(share(10, 0, false, "a\nb\n", "c\n"), 6);
	assert_int_equal(share(4, 0, false, "a\nb\n", "c\n"), 4);
	assert_int_equal(share(3, 0, false, "a\nb\n", "c\n"), 4);
	assert_int_equal(share(5, 0, false, "a\nb\n", "cd\ne\n"), 7);
	assert_int_equal(share(3, 3, false, "a\n", ""), 0);
	assert_int_equal(share(3, 3, true, "a\n", "b\n"), 2);
	assert_int_equal(share(3, 3, true, "aa", "b\nc"), 4);
	assert_int_equal(share(3, 5, true, longest, ""), ROTATION_LINE - 2);
	assert_int_equal(share(3, ROTATION_LINE + 3, true, "a\n", ""), 0);
}

static void pieces_do_not_matter_to_what_is_kept(void **state)
{
	struct fixture *f = *state;
	char text[LINE + 1];

	make(f);
	for (int i = 0; i < LINES; i++) {
		line_text(i, text);
		for (int at = 0, len; at < LINE; at += len) {
			len = 1 + (i * 7 + at) % 20;
			len = len < LINE - at ? len : LINE - at;
			put(f, text + at, (size_t)len);
		}
	}
	settle(f);
	assert_int_equal(count_lines(f), LINES);
	assert_int_equal(count_files(f, "Z"), (LINES - 1) / (SIZE / LINE));
}

static void one_write_may_fill_many_files(void **state)
{
	struct fixture *f = *state;

	make(f);
	put_all_lines(f);
	settle(f);
	assert_int_equal(count_lines(f), LINES);
	assert_int_equal(count_files(f, "Z"), (LINES - 1) / (SIZE / LINE));
}

static void closing_rotates_what_is_queued(void **state)
{
	struct fixture *f = *state;

	make(f);
	put_all_lines(f);
	writer_close(TAKE_PTR(f->writer));
	assert_int_equal(work_pool_drain(f->pool), 0);
	assert_int_equal(count_lines(f), LINES);
	assert_int_equal(count_files(f, "Z"), (LINES - 1) / (SIZE / LINE));
	loop_step(f->loop, false);
}

static void file_that_is_gone_on_with_counts_what_it_has(void **state)
{
	struct fixture *f = *state;

	make(f);
	put_lines(f, 0, 5);
	end(f);
	make(f);
	put_lines(f, 5, 7);
	assert_int_equal(count_files(f, "Z"), 1);
	assert_int_equal(count_lines(f), 7);
}

static void old_file_is_left_with_the_next_byte(void **state)
{
	struct fixture *f = *state;

	f->rules = (struct rotation_rules){ .age_s = 60 };
	make(f);
	loop_advance(f->loop, 600000);
	put_lines(f, 0, 1);
	loop_advance(f->loop, 59999);
	put_lines(f, 1, 2);
	assert_int_equal(count_files(f, "Z"), 0);
	loop_advance(f->loop, 1);
	settle(f);
	assert_int_equal(count_files(f, "Z"), 0);
	put_lines(f, 2, 3);
	assert_int_equal(count_files(f, "Z"), 1);
	loop_advance(f->loop, 59999);
	put_lines(f, 3, 4);
	assert_int_equal(count_files(f, "Z"), 1);
	assert_int_equal(count_lines(f), 4);
}

static void rules_may_change(void **state)
{
	struct fixture *f = *state;
	struct rotation_rules rules = { .size = 2 * LINE };

	f->rules.size = 0;
	make(f);
	put_lines(f, 0, 10);
	assert_int_equal(count_files(f, "Z"), 0);
	assert_int_equal(writer_set_rotation(f->writer, &rules), 0);
	put_lines(f, 10, 15);
	assert_int_equal(count_files(f, "Z"), 3);
	assert_int_equal(count_lines(f), 15);
}

/* ---- names ---- */

static void names_ascend_whatever_the_clock_says(void **state)
{
	struct fixture *f = *state;
	AUTO_FREE char *first = NULL;
	AUTO_FREE char *second = NULL;
	AUTO_FREE char *third = NULL;
	AUTO_ARCHIVE struct archive archive = { 0 };

	assert_int_equal(archive_name(&archive, f->path, 1796000400417, &first), 0);
	assert_string_equal(first + strlen(f->path), ".20261130T010000.417Z");
	put_file(first, "");
	assert_int_equal(archive_list(f->path, &archive), 0);
	assert_int_equal(archive_name(&archive, f->path, 1796000400417, &second), 0);
	assert_string_equal(second + strlen(f->path), ".20261130T010000.418Z");
	assert_int_equal(archive_name(&archive, f->path, 1000, &third), 0);
	assert_string_equal(third, second);
}

static void files_are_listed_the_oldest_first(void **state)
{
	static const char *const names[] = { "log", "log.20261130T010000.417Z.zst", "log.1",
		"log.20261130T010000.417Z", "log.10.gz", "log.2.gz", "log.2", "log.0", "log.idx",
		"log.1.bak", "log.20261130T010000.417Z.idx", "log.20261130T010000.417Z.zst.tmp",
		"log.20251130T010000.417Z.gz", "logs", "log.1234567" };
	static const char *const want[] = { "log.10.gz", "log.2", "-log.2.gz", "log.1",
		"log.20251130T010000.417Z.gz", "log.20261130T010000.417Z",
		"-log.20261130T010000.417Z.zst", "log" };
	struct fixture *f = *state;
	AUTO_ARCHIVE struct archive archive = { 0 };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		put_file(path, "");
	}
	assert_int_equal(archive_list(f->path, &archive), 0);
	assert_int_equal(archive.len, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < archive.len; i++) {
		assert_int_equal(archive.items[i].spare, want[i][0] == '-');
		assert_string_equal(archive.items[i].path + strlen(f->dir) + 1,
			want[i] + archive.items[i].spare);
	}
}

/* ---- old files ---- */

static void old_files_are_packed(void **state, enum archive_form form, const char *ending)
{
	struct fixture *f = *state;
	AUTO_ARCHIVE struct archive archive = { 0 };
	struct stat st;

	f->rules.form = form;
	make(f);
	put_lines(f, 0, LINES);
	assert_int_equal(count_files(f, "Z"), 0);
	assert_int_equal(count_files(f, ending), 3);
	assert_int_equal(count_lines(f), LINES);
	assert_int_equal(archive_list(f->path, &archive), 0);
	assert_int_equal(stat(archive.items[0].path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(f->log.lines, 0);
}

static void old_files_are_packed_by_zstd(void **state)
{
	old_files_are_packed(state, ARCHIVE_ZSTD, "Z.zst");
}

static void old_files_are_packed_by_gzip(void **state)
{
	old_files_are_packed(state, ARCHIVE_GZIP, "Z.gz");
}

static void only_the_newest_stay(void **state)
{
	struct fixture *f = *state;
	AUTO_STRBUF struct strbuf all = { 0 };
	char text[LINE + 1], other[80];

	snprintf(other, sizeof(other), "%s.1", f->path);
	put_file(other, "");
	f->rules.keep = 2;
	f->rules.form = ARCHIVE_ZSTD;
	make(f);
	put_lines(f, 0, 50);
	assert_int_equal(count_files(f, "Z.zst"), 2);
	assert_int_equal(count_files(f, "Z.zst.idx"), 2);
	assert_int_equal(count_files(f, ".1"), 1);
	read_all(f, &all);
	assert_int_equal(all.len, (2 * SIZE / LINE + 2) * LINE);
	line_text(50 - 14, text);
	assert_memory_equal(all.data, text, LINE);
}

/* A FIFO among the old files is one that hangs whoever packs it, until somebody writes to it. */
static void make_old_fifo(struct fixture *f)
{
	snprintf(f->old, sizeof(f->old), "%s.20200101T000000.000Z", f->path);
	snprintf(f->door, sizeof(f->door), "%s/door", f->dir);
	assert_int_equal(mkfifo(f->door, 0600), 0);
	assert_int_equal(link(f->door, f->old), 0);
}

/* The same as put_lines() while a thread hangs. */
static void put_lines_beside(struct fixture *f, int from, int to)
{
	char text[LINE + 1];

	for (int i = from; i < to; i++) {
		line_text(i, text);
		put(f, text, LINE);
		while (!file_has_size(f->path, (size_t)(i % (SIZE / LINE) + 1) * LINE)) {
			loop_advance(f->loop, WORK_STUCK_MS);
			loop_step(f->loop, false);
		}
		assert_in_range(count_files(f, "Z") + count_files(f, "Z.zst"), 1, f->rules.keep);
	}
}

static void never_more_old_files_than_are_kept_while_a_sweep_hangs(void **state)
{
	struct fixture *f = *state;

	make_old_fifo(f);
	f->rules.keep = 2;
	f->rules.form = ARCHIVE_ZSTD;
	make(f);
	put_lines_beside(f, 0, LINES);
	assert_int_equal(access(f->old, F_OK), -1);
	assert_int_equal(count_files(f, "Z"), 2);
	assert_int_equal(count_files(f, "Z.idx"), 2);
	close(open(f->door, O_WRONLY | O_CLOEXEC));
	settle(f);
	assert_int_equal(count_files(f, "Z.zst"), 2);
	assert_int_equal(count_files(f, "Z.zst.idx"), 2);
	assert_int_equal(count_files(f, "idx"), 3);
	assert_int_equal(f->log.lines, 0);
}

static void rotations_behind_the_back_keep_no_more_either(void **state)
{
	struct fixture *f = *state;

	f->rules.keep = 1;
	make(f);
	put_all_lines(f);
	writer_close(TAKE_PTR(f->writer));
	assert_int_equal(work_pool_drain(f->pool), 0);
	assert_int_equal(count_files(f, "Z"), 1);
	loop_step(f->loop, false);
}

static void *pack_old(void *data)
{
	struct fixture *f = data;
	atomic_bool stop = false;

	return (void *)(intptr_t)pack_file(f->old, ARCHIVE_GZIP, &stop);
}

static void what_is_dropped_while_it_is_packed_is_gone(void **state)
{
	static const char frame[PACK_FRAME];
	struct fixture *f = *state;
	AUTO_ARCHIVE struct archive archive = { 0 };
	ssize_t done = sizeof(frame);
	pthread_t thread;
	void *result;
	int fd;

	make_old_fifo(f);
	assert_int_equal(pthread_create(&thread, NULL, pack_old, f), 0);
	fd = open(f->door, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, frame, sizeof(frame)), sizeof(frame));
	assert_int_equal(count_files(f, "Z.gz.tmp"), 1);
	assert_int_equal(archive_list(f->path, &archive), 0);
	assert_int_equal(rotation_drop(&archive, 0), 1);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < FEW_FRAMES && done == sizeof(frame); i++)
		done = write(fd, frame, sizeof(frame));
	assert_int_not_equal(done, sizeof(frame)); /* nobody reads on */
	close(fd);
	pthread_join(thread, &result);
	assert_int_equal((intptr_t)result, -ENOENT);
	assert_int_equal(count_files(f, ""), 1);
	assert_int_equal(count_files(f, "door"), 1);
}

static void what_was_begun_goes_also_without_its_file(void **state)
{
	struct fixture *f = *state;
	char begun[96], other[96];

	snprintf(begun, sizeof(begun), "%s.20200101T000000.000Z.zst.tmp", f->path);
	snprintf(other, sizeof(other), "%s.20200101T000000.000Z.tmp", f->path);
	put_file(begun, "");
	put_file(other, "");
	make(f);
	settle(f);
	assert_int_equal(access(begun, F_OK), -1);
	assert_int_equal(access(other, F_OK), 0);
}

static void what_somebody_writes_to_is_not_packed(void **state)
{
	struct fixture *f = *state;
	int fd;

	f->rules.form = ARCHIVE_ZSTD;
	make(f);
	put_lines(f, 0, 1);
	fd = open(f->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	put_lines(f, 1, 7);
	assert_int_equal(count_files(f, "Z"), 1);
	close(fd);
	put_lines(f, 7, 13);
	assert_int_equal(count_files(f, "Z"), 0);
	assert_int_equal(count_files(f, "Z.zst"), 2);
	assert_int_equal(count_lines(f), 13);
}

static void what_was_left_is_packed_by_the_next(void **state)
{
	struct fixture *f = *state;

	make(f);
	put_lines(f, 0, LINES);
	end(f);
	f->rules.form = ARCHIVE_GZIP;
	make(f);
	settle(f);
	assert_int_equal(count_files(f, "Z"), 0);
	assert_int_equal(count_files(f, "Z.gz"), 3);
	assert_int_equal(count_lines(f), LINES);
}

/* ---- others ---- */

static void file_that_was_moved_away_is_left_alone(void **state)
{
	struct fixture *f = *state;
	char moved[80];

	snprintf(moved, sizeof(moved), "%s.1", f->path);
	make(f);
	put_lines(f, 0, 4);
	assert_int_equal(rename(f->path, moved), 0);
	put_file(f->path, "");
	put_lines(f, 4, 7);
	assert_int_equal(count_files(f, "Z"), 0);
	assert_true(file_has_size(moved, SIZE));
	assert_true(file_has_size(f->path, LINE));
	assert_int_equal(count_lines(f), 7);
}

static void file_goes_on_where_there_can_be_no_new_one(void **state)
{
	struct fixture *f = *state;
	char moved[80];

	snprintf(moved, sizeof(moved), "%s-away", f->dir);
	make(f);
	put_lines(f, 0, 4);
	assert_int_equal(rename(f->dir, moved), 0);
	put_lines(f, 4, 11);
	assert_int_equal(f->log.lines, 1);
	assert_non_null(
		strstr(f->log.last, "could not be rotated: No such file or directory; it goes on"));
	assert_int_equal(rename(moved, f->dir), 0);
	assert_true(file_has_size(f->path, 11 * LINE));
	put_lines(f, 11, 13);
	assert_int_equal(f->log.lines, 1);
	assert_int_equal(count_files(f, "Z"), 1);
	assert_int_equal(count_lines(f), 13);
}

/* ---- killed ---- */

static void write_lines(void *data)
{
	struct fixture *f = data;

	log_set_sink(NULL);
	make(f);
	put_lines(f, f->from, f->to);
	settle(f);
	end(f);
}

static void killed_at_any_step_nothing_is_lost_or_doubled(void **state, enum archive_form form)
{
	struct fixture *f = *state;
	int steps = STEPS_ALL, had = 0;

	f->rules = (struct rotation_rules){ .size = (FEW_LINES - 1) * LINE, .form = form };
	for (int allowed = 0; steps == STEPS_ALL; allowed++) {
		f->from = 0;
		f->to = FEW_LINES;
		steps = steps_run(allowed, write_lines, f);
		f->from = had = count_lines(f);
		steps_run(STEPS_ALL, write_lines, f);
		assert_int_equal(count_lines(f), FEW_LINES);
		assert_int_equal(count_files(f, ".tmp"), 0);
		assert_int_equal(count_files(f, "Z"), form == ARCHIVE_PLAIN);
		empty_folder(f->dir);
	}
	assert_int_equal(had, FEW_LINES);
	assert_true(steps > 2 * FEW_LINES);
}

/* A recording may be full, and followed by another one, before a byte of it was written. */
static void empty_file_may_be_somebodys_who_is_about_to_write(void **state)
{
	struct fixture *f = *state;
	const struct writer_options options = { .path = f->path, .anew = true, .mode = 0640 };
	struct archive archive;
	struct writer *first;

	begin(f);
	assert_int_equal(writer_open(f->loop, &options, &first), 0);
	assert_int_equal(writer_open(f->loop, &options, &f->writer), 0);
	assert_int_equal(writer_write(first, &(struct iovec){ (char[]){ "1st" }, 3 }, 1), 3);
	assert_int_equal(writer_write(f->writer, &(struct iovec){ (char[]){ "2nd" }, 3 }, 1), 3);
	assert_int_equal(archive_list(f->path, &archive), 0);
	assert_int_equal(archive.len, 2);
	wait_for_file(f->loop, archive.items[0].path, "1st");
	wait_for_file(f->loop, f->path, "2nd");
	archive_done(&archive);
	writer_close(first);
}

static void killed_while_it_rotates(void **state)
{
	killed_at_any_step_nothing_is_lost_or_doubled(state, ARCHIVE_PLAIN);
}

static void killed_while_it_packs_by_zstd(void **state)
{
	killed_at_any_step_nothing_is_lost_or_doubled(state, ARCHIVE_ZSTD);
}

static void killed_while_it_packs_by_gzip(void **state)
{
	killed_at_any_step_nothing_is_lost_or_doubled(state, ARCHIVE_GZIP);
}

#define rotation_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		rotation_test(file_ends_with_the_line_that_makes_it_full),
		rotation_test(pieces_do_not_matter_to_what_is_kept),
		rotation_test(one_write_may_fill_many_files),
		rotation_test(closing_rotates_what_is_queued),
		rotation_test(file_that_is_gone_on_with_counts_what_it_has),
		rotation_test(old_file_is_left_with_the_next_byte),
		rotation_test(rules_may_change),
		rotation_test(names_ascend_whatever_the_clock_says),
		rotation_test(files_are_listed_the_oldest_first),
		rotation_test(old_files_are_packed_by_zstd),
		rotation_test(old_files_are_packed_by_gzip),
		rotation_test(only_the_newest_stay),
		rotation_test(never_more_old_files_than_are_kept_while_a_sweep_hangs),
		rotation_test(rotations_behind_the_back_keep_no_more_either),
		rotation_test(what_is_dropped_while_it_is_packed_is_gone),
		rotation_test(what_was_begun_goes_also_without_its_file),
		rotation_test(what_somebody_writes_to_is_not_packed),
		rotation_test(what_was_left_is_packed_by_the_next),
		rotation_test(file_that_was_moved_away_is_left_alone),
		rotation_test(file_goes_on_where_there_can_be_no_new_one),
		rotation_test(empty_file_may_be_somebodys_who_is_about_to_write),
		rotation_test(killed_while_it_rotates),
		rotation_test(killed_while_it_packs_by_zstd),
		rotation_test(killed_while_it_packs_by_gzip),
	};

	return cmocka_run_group_tests_name("io/rotation", tests, NULL, NULL);
}
