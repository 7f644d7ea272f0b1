/* SPDX-License-Identifier: MIT */
#include "io/writer.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "io/work-pool.h"
#include "lib/files.h"
#include "lib/hang.h"
#include "lib/kept-log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { BLOCK = 4096, LINKS = 5, ROUNDS = 100 };

/* Threads before there is a pool: one, and those of an emulator. */
static unsigned alone;

struct fixture {
	struct kept_log log;
	struct loop *loop;
	struct work_pool *pool;
	struct writer *writer;
	unsigned rooms, troubles;
	char dir[32], path[64], moved[64];
};

/* Messages go to a file themselves: whoever logs may not have the pool's lock. */
static void note_line(struct log_sink *sink, const char *line, size_t len)
{
	struct fixture *f = container_of(sink, struct fixture, log.sink);
	struct work_pool *pool;

	assert_int_equal(work_pool_get(f->loop, &pool), 0);
	work_pool_put(pool);
	kept_log_line(sink, line, len);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/charhub-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/file", f->dir);
	snprintf(f->moved, sizeof(f->moved), "%s/moved", f->dir);
	f->loop = loop_new();
	loop_fake_clock(f->loop);
	kept_log_begin(&f->log);
	f->log.sink.line = note_line;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	hang_end();
	writer_close(f->writer);
	work_pool_put(f->pool);
	loop_free(f->loop);
	kept_log_end(&f->log);
	empty_folder(f->dir);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static void note_room(void *data)
{
	((struct fixture *)data)->rooms++;
}

static void note_trouble(void *data)
{
	((struct fixture *)data)->troubles++;
}

static struct writer *make(struct fixture *f, const char *path)
{
	struct writer_options options = {
		.path = path,
		.mode = 0640,
		.owner = "test",
		.on_room = note_room,
		.on_trouble = note_trouble,
		.data = f,
	};
	struct writer *writer = NULL;

	assert_int_equal(writer_open(f->loop, &options, &writer), 0);
	return writer;
}

/* A writer to a FIFO. Return: its reader. */
static int begin_fifo(struct fixture *f)
{
	int fd;

	assert_int_equal(mkfifo(f->path, 0600), 0);
	f->writer = make(f, f->path);
	fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void widen(int fd, size_t len)
{
	assert_true(fcntl(fd, F_SETPIPE_SZ, len) >= (int)len);
}

static size_t offer(struct writer *writer, const char *bytes, size_t len)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };

	return writer_write(writer, &iov, 1);
}

static void put(struct writer *writer, const char *bytes, size_t len)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };

	writer_put(writer, &iov, 1);
}

/* Blocks of zeros until one is not taken whole. Return: bytes taken. */
static size_t fill_up(struct writer *writer)
{
	static const char block[BLOCK];
	size_t total = 0, done;

	do {
		done = offer(writer, block, BLOCK);
		total += done;
	} while (done == BLOCK);
	return total;
}

static void run_until(struct fixture *f, const unsigned *counter, unsigned value)
{
	while (*counter < value)
		loop_step(f->loop, true);
	assert_int_equal(*counter, value);
}

static unsigned threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void bytes_arrive_in_order_and_once(void **state)
{
	struct fixture *f = *state;
	struct iovec iov[2] = { { (char[]){ "front," }, 6 }, { (char[]){ "back" }, 4 } };

	put_file(f->path, "old,");
	f->writer = make(f, f->path);
	assert_int_equal(writer_write(f->writer, iov, 2), 10);
	wait_for_file(f->loop, f->path, "old,front,back");
	assert_int_equal(offer(f->writer, ",more", 5), 5);
	wait_for_file(f->loop, f->path, "old,front,back,more");
	assert_int_equal(f->log.lines, 0);
}

static void hanging_file_makes_nobody_wait(void **state)
{
	struct fixture *f = *state;
	size_t total;

	f->writer = make(f, f->path);
	hang_begin(f->path);
	assert_int_equal(offer(f->writer, "x", 1), 1);
	hang_wait();
	total = 1 + fill_up(f->writer);
	assert_in_range(total, WRITER_QUEUE_BYTES, WRITER_QUEUE_BYTES + 1);
	assert_int_equal(f->rooms, 0);
	hang_end();
	run_until(f, &f->rooms, 1);
	wait_for_size(f->loop, f->path, total);
	assert_int_equal(offer(f->writer, "x", 1), 1);
	wait_for_size(f->loop, f->path, total + 1);
	assert_int_equal(f->rooms, 1);
}

/*
 * The thread is woken at once for the first bytes in a round of the loop, at the end of it for what
 * follows. One that is not woken finds them when it has lingered enough: that would take minutes.
 */
static void thread_that_sleeps_again_in_a_round_is_woken_at_its_end(void **state)
{
	struct fixture *f = *state;
	size_t size = 1;

	assert_int_equal(work_pool_get(f->loop, &f->pool), 0);
	f->writer = make(f, f->path);
	offer(f->writer, "x", 1);
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(work_pool_drain(f->pool), 0);
		loop_step(f->loop, false);
		offer(f->writer, "first", 5);
		size += 5;
		while (!file_has_size(f->path, size))
			sched_yield();
		assert_int_equal(work_pool_drain(f->pool), 0);
		offer(f->writer, "second", 6);
		size += 6;
		wait_for_size(f->loop, f->path, size);
	}
}

/* Names of one file that hangs: each of their writers takes a thread along. */
static void make_links(struct fixture *f, struct writer *links[LINKS])
{
	char name[80];

	put_file(f->moved, "");
	for (int i = 0; i < LINKS; i++) {
		snprintf(name, sizeof(name), "%s/link%d", f->dir, i);
		assert_int_equal(link(f->moved, name), 0);
		links[i] = make(f, name);
	}
}

static void hanging_files_do_not_keep_others_from_being_written(void **state)
{
	struct fixture *f = *state;
	struct writer *links[LINKS];

	assert_int_equal(work_pool_get(f->loop, &f->pool), 0);
	make_links(f, links);
	hang_begin(f->moved);
	for (int i = 0; i < LINKS; i++)
		offer(links[i], "x", 1);
	f->writer = make(f, f->path);
	offer(f->writer, "written", 7);
	for (int i = 0; i <= LINKS; i++)
		loop_advance(f->loop, WORK_STUCK_MS);
	wait_for_file(f->loop, f->path, "written");
	assert_in_range(threads(), alone + LINKS + 1, alone + LINKS + 2);
	hang_end();
	wait_for_file(f->loop, f->moved, "xxxxx");
	for (int i = 0; i < LINKS; i++)
		writer_close(links[i]);
}

static void closing_waits_for_nothing_and_loses_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(work_pool_get(f->loop, &f->pool), 0);
	f->writer = make(f, f->path);
	hang_begin(f->path);
	offer(f->writer, "one,", 4);
	hang_wait();
	offer(f->writer, "two", 3);
	writer_close(TAKE_PTR(f->writer));
	hang_end();
	wait_for_file(f->loop, f->path, "one,two");
}

static void write_that_fails_while_it_is_closed_is_tried_again(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(work_pool_get(f->loop, &f->pool), 0);
	f->writer = make(f, f->path);
	hang_begin(f->path);
	offer(f->writer, "one", 3);
	hang_wait();
	writer_close(TAKE_PTR(f->writer));
	hang_fail(EIO);
	assert_int_equal(work_pool_drain(f->pool), 0);
	assert_true(file_is(f->path, "one"));
}

/* A thread that has left the pool ends a moment later. */
static void wait_for_threads(unsigned n)
{
	while (threads() > n)
		sched_yield();
}

static void threads_go_with_the_last_writer(void **state)
{
	struct fixture *f = *state;

	wait_for_threads(alone);
	f->writer = make(f, f->path);
	assert_int_equal(threads(), alone);
	offer(f->writer, "x", 1);
	writer_close(TAKE_PTR(f->writer));
	assert_true(file_is(f->path, "x"));
	wait_for_threads(alone);
}

static void end_does_not_wait_for_a_hanging_file_for_ever(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(work_pool_get(f->loop, &f->pool), 0);
	f->writer = make(f, f->path);
	assert_int_equal(work_pool_drain(f->pool), 0);
	hang_begin(f->path);
	offer(f->writer, "x", 1);
	hang_wait();
	writer_close(TAKE_PTR(f->writer));
	assert_int_equal(work_pool_drain(f->pool), 1);
}

/* ---- trouble ---- */

static void limit_file_size(rlim_t size)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Until the trouble is told to be over, however late its thread is, and no third line comes. */
static void pass_calm(struct fixture *f)
{
	while (f->log.lines < 2)
		loop_advance(f->loop, WRITER_RETRY_MS);
	for (unsigned ms = 0; ms <= WRITER_CALM_MS; ms += WRITER_RETRY_MS)
		loop_advance(f->loop, WRITER_RETRY_MS);
	assert_int_equal(f->log.lines, 2);
}

static void full_disk_is_told_once_and_goes_on_by_itself(void **state)
{
	struct fixture *f = *state;

	f->writer = make(f, f->path);
	limit_file_size(4);
	assert_int_equal(offer(f->writer, "onetwo", 6), 6);
	run_until(f, &f->troubles, 1);
	assert_true(writer_is_failing(f->writer));
	loop_advance(f->loop, WRITER_RETRY_MS);
	run_until(f, &f->troubles, 2);
	assert_int_equal(f->log.lines, 1);
	assert_non_null(strstr(f->log.last, "is in trouble: File too large"));
	limit_file_size(RLIM_INFINITY);
	offer(f->writer, ",three", 6);
	wait_for_file(f->loop, f->path, "onet");
	loop_advance(f->loop, 2 * WRITER_RETRY_MS);
	wait_for_file(f->loop, f->path, "onetwo,three");
	pass_calm(f);
	assert_non_null(strstr(f->log.last, "works again, 0 bytes are missing in it"));
	assert_false(writer_is_failing(f->writer));
}

static void room_is_told_once_the_disk_has_room(void **state)
{
	struct fixture *f = *state;
	size_t total;

	f->writer = make(f, f->path);
	limit_file_size(1);
	offer(f->writer, "ab", 2);
	run_until(f, &f->troubles, 1);
	total = 2 + fill_up(f->writer);
	loop_step(f->loop, false);
	assert_int_equal(f->rooms, 0);
	limit_file_size(RLIM_INFINITY);
	loop_advance(f->loop, WRITER_RETRY_MS);
	run_until(f, &f->rooms, 1);
	wait_for_size(f->loop, f->path, total);
}

static void who_waits_for_room_goes_on_when_the_file_breaks(void **state)
{
	struct fixture *f = *state;

	f->writer = make(f, f->path);
	hang_begin(f->path);
	offer(f->writer, "x", 1);
	hang_wait();
	fill_up(f->writer);
	assert_int_equal(writer_room(f->writer), 0);
	limit_file_size(0);
	hang_end();
	run_until(f, &f->troubles, 1);
	loop_advance(f->loop, WRITER_RETRY_MS);
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(f->rooms, 1);
}

static void what_is_left_out_is_counted_in_the_file(void **state)
{
	static const char block[BLOCK + 1] = { [0 ... BLOCK - 1] = '.' };
	static char want[WRITER_QUEUE_BYTES + 256];
	struct fixture *f = *state;
	int len;

	f->writer = make(f, f->path);
	limit_file_size(1);
	put(f->writer, "ab", 2);
	run_until(f, &f->troubles, 1);
	for (size_t done = 0; done < WRITER_QUEUE_BYTES; done += BLOCK)
		put(f->writer, block, BLOCK);
	put(f->writer, "lost", 4);
	limit_file_size(RLIM_INFINITY);
	loop_advance(f->loop, WRITER_RETRY_MS);
	wait_for_size(f->loop, f->path, 1 + WRITER_QUEUE_BYTES);
	memset(want, '.', WRITER_QUEUE_BYTES + 1);
	memcpy(want, "ab", 2);
	len = snprintf(
		want + WRITER_QUEUE_BYTES + 1, 128, "\n[charhub: 5 bytes are missing here]\n");
	while (!file_has_size(f->path, WRITER_QUEUE_BYTES + 1 + (size_t)len))
		loop_advance(f->loop, WRITER_RETRY_MS);
	put(f->writer, "found\n", 6);
	strcat(want, "found\n");
	wait_for_size(f->loop, f->path, strlen(want));
	assert_true(file_is(f->path, want));
	pass_calm(f);
	assert_non_null(strstr(f->log.last, "works again, 5 bytes are missing in it"));
}

static void slow_reader_of_a_fifo_is_one_line_for_the_operator(void **state)
{
	static char buf[WRITER_QUEUE_BYTES * 2];
	struct fixture *f = *state;
	int fd;

	fd = begin_fifo(f);
	for (int i = 0; i < 2000; i++) {
		put(f->writer, buf, BLOCK);
		if (i % 4 == 0)
			assert_true(read(fd, buf + BLOCK, BLOCK) > 0);
		loop_step(f->loop, false);
	}
	assert_int_equal(f->log.lines, 1);
	assert_non_null(strstr(f->log.last, "is in trouble: it takes the bytes too slowly"));
	for (int i = 0; i < 1000; i++) {
		if (read(fd, buf, sizeof(buf) - 1) < 0)
			assert_int_equal(errno, EAGAIN);
		loop_step(f->loop, false);
	}
	pass_calm(f);
	close(fd);
}

/* All is taken within a call: nothing else tells of the room that was promised. */
static void room_is_told_when_a_reader_of_a_fifo_is_quick(void **state)
{
	static char buf[2 * WRITER_QUEUE_BYTES];
	struct fixture *f = *state;
	int fd;

	fd = begin_fifo(f);
	fill_up(f->writer);
	widen(fd, sizeof(buf));
	assert_int_equal(offer(f->writer, buf, BLOCK), 0);
	assert_int_equal(f->rooms, 0);
	loop_step(f->loop, false);
	assert_int_equal(f->rooms, 1);

	assert_true(read(fd, buf, sizeof(buf)) > 0);
	assert_true(fcntl(fd, F_SETPIPE_SZ, BLOCK) >= BLOCK);
	fill_up(f->writer);
	assert_int_equal(writer_room(f->writer), 0);
	widen(fd, sizeof(buf));
	put(f->writer, buf, 1);
	loop_step(f->loop, false);
	assert_int_equal(f->rooms, 2);
	loop_advance(f->loop, 2 * WRITER_PATIENCE_MS);
	assert_int_equal(f->rooms, 2);
	close(fd);
}

/* Input is in the log, too: it waits for nobody, and changes nothing for those who do. */
static void room_is_told_though_others_leave_bytes_out(void **state)
{
	static char buf[2 * WRITER_QUEUE_BYTES];
	struct fixture *f = *state;
	int fd;

	fd = begin_fifo(f);
	fill_up(f->writer);
	assert_int_equal(writer_room(f->writer), 0);
	put(f->writer, buf, BLOCK);
	assert_int_equal(writer_left_out(f->writer), BLOCK);
	for (int i = 0; i < 10 && read(fd, buf, sizeof(buf)) > 0; i++)
		loop_step(f->loop, false);
	assert_int_equal(f->rooms, 1);
	close(fd);
}

static void what_a_fifo_has_not_taken_at_the_end_is_told(void **state)
{
	static char buf[2 * WRITER_QUEUE_BYTES];
	struct fixture *f = *state;
	char want[64];
	size_t taken;
	ssize_t n;
	int fd;

	fd = begin_fifo(f);
	taken = fill_up(f->writer);
	put(f->writer, buf, 5);
	writer_close(TAKE_PTR(f->writer));
	n = read(fd, buf, sizeof(buf));
	assert_true(n > 0);
	snprintf(want, sizeof(want), "is closed, and %zu bytes are missing in it",
		taken + 5 - (size_t)n);
	assert_non_null(strstr(f->log.last, want));
	close(fd);
}

static void what_a_fifo_takes_at_the_end_is_not_told(void **state)
{
	static char buf[2 * WRITER_QUEUE_BYTES];
	struct fixture *f = *state;
	int fd;

	fd = begin_fifo(f);
	fill_up(f->writer);
	widen(fd, sizeof(buf));
	writer_close(TAKE_PTR(f->writer));
	assert_int_equal(f->log.lines, 0);
	close(fd);
}

/* There is some room before it is told of: who uses it has waited for that, and for no longer. */
static void file_that_moves_is_not_in_trouble(void **state)
{
	static char buf[WRITER_QUEUE_BYTES / 4];
	struct fixture *f = *state;
	int fd;

	fd = begin_fifo(f);
	fill_up(f->writer);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(writer_room(f->writer), 0);
		loop_advance(f->loop, WRITER_PATIENCE_MS * 3 / 4);
		assert_true(read(fd, buf, sizeof(buf)) > 0);
		loop_step(f->loop, false);
		assert_int_equal(f->rooms, 0);
		put(f->writer, buf, writer_room(f->writer));
	}
	assert_int_equal(f->log.lines, 0);
	assert_int_equal(writer_left_out(f->writer), 0);
	assert_int_equal(writer_room(f->writer), 0);
	loop_advance(f->loop, WRITER_PATIENCE_MS);
	assert_int_equal(f->log.lines, 1);
	close(fd);
}

static void readers_of_a_fifo_come_and_go(void **state)
{
	struct fixture *f = *state;
	char buf[32];

	assert_int_equal(mkfifo(f->path, 0600), 0);
	f->writer = make(f, f->path);
	for (int i = 0; i < 3; i++) {
		int fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

		put(f->writer, "read ", 5);
		assert_int_equal(read(fd, buf, sizeof(buf)), i ? 9 : 5);
		assert_memory_equal(buf, i ? "keptread " : "read ", i ? 9 : 5);
		close(fd);
		put(f->writer, "kept", 4);
	}
	assert_int_equal(f->log.lines, 0);
}

static void errors_of_a_device_are_tried_again(void **state)
{
	struct fixture *f = *state;

	f->writer = make(f, "/dev/full");
	put(f->writer, "x", 1);
	assert_int_equal(f->troubles, 1);
	for (unsigned i = 0; i < 10; i++)
		loop_advance(f->loop, WRITER_RETRY_MS_MAX);
	assert_int_equal(f->log.lines, 1);
	assert_true(f->troubles > 5);
}

/* ---- other files ---- */

static void goes_on_in_a_new_file_when_the_old_one_was_moved(void **state)
{
	struct fixture *f = *state;

	f->writer = make(f, f->path);
	put(f->writer, "old", 3);
	wait_for_file(f->loop, f->path, "old");
	assert_int_equal(rename(f->path, f->moved), 0);
	put(f->writer, ",moved", 6);
	wait_for_file(f->loop, f->moved, "old,moved");
	writer_reopen(f->writer);
	put(f->writer, "new", 3);
	wait_for_file(f->loop, f->path, "new");
	assert_true(file_is(f->moved, "old,moved"));
}

/* The thread has not closed the old file yet. */
static void a_file_that_is_opened_twice_stays_the_new_one(void **state)
{
	struct fixture *f = *state;

	f->writer = make(f, f->path);
	put(f->writer, "old", 3);
	wait_for_file(f->loop, f->path, "old");
	assert_int_equal(rename(f->path, f->moved), 0);
	writer_reopen(f->writer);
	loop_step(f->loop, true);
	writer_reopen(f->writer);
	put(f->writer, "new", 3);
	wait_for_file(f->loop, f->path, "new");
	assert_true(file_is(f->moved, "old"));
}

static void what_was_opened_before_it_was_asked_for_again_is_not_used(void **state)
{
	struct fixture *f = *state;

	f->writer = make(f, f->path);
	put(f->writer, "old", 3);
	wait_for_file(f->loop, f->path, "old");
	hang_begin(f->path);
	writer_reopen(f->writer);
	hang_wait();
	assert_int_equal(rename(f->path, f->moved), 0);
	writer_reopen(f->writer);
	hang_end();
	put(f->writer, "new", 3);
	wait_for_file(f->loop, f->path, "new");
	assert_true(file_is(f->moved, "old"));
}

static void closing_goes_on_in_the_new_file_too(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(work_pool_get(f->loop, &f->pool), 0);
	f->writer = make(f, f->path);
	hang_begin(f->path);
	put(f->writer, "old", 3);
	hang_wait();
	assert_int_equal(rename(f->path, f->moved), 0);
	put(f->writer, "new", 3);
	writer_reopen(f->writer);
	writer_close(TAKE_PTR(f->writer));
	hang_end();
	wait_for_file(f->loop, f->path, "new");
	assert_true(file_is(f->moved, "old"));
}

static void opening_anew_may_hang_and_loses_nothing(void **state)
{
	struct fixture *f = *state;

	f->writer = make(f, f->path);
	put(f->writer, "one,", 4);
	wait_for_file(f->loop, f->path, "one,");
	hang_begin(f->path);
	writer_reopen(f->writer);
	hang_wait();
	put(f->writer, "two,", 4);
	loop_step(f->loop, false);
	hang_end();
	loop_step(f->loop, true);
	put(f->writer, "three", 5);
	wait_for_file(f->loop, f->path, "one,two,three");
}

static void old_file_stays_where_no_new_one_can_be_made(void **state)
{
	struct fixture *f = *state;

	f->writer = make(f, f->path);
	assert_int_equal(rename(f->path, f->moved), 0);
	assert_int_equal(mkdir(f->path, 0700), 0);
	writer_reopen(f->writer);
	put(f->writer, "here", 4);
	run_until(f, &f->log.lines, 1);
	assert_non_null(strstr(f->log.last, "could not be reopened: Is a directory"));
	wait_for_file(f->loop, f->moved, "here");
	assert_int_equal(rmdir(f->path), 0);
}

static void descriptor_follows_the_file(void **state)
{
	struct fixture *f = *state;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct writer_options options = { .path = f->path, .mode = 0640, .follower = fd };

	assert_int_equal(writer_open(f->loop, &options, &f->writer), 0);
	assert_int_equal(write(fd, "old", 3), 3);
	assert_true(file_is(f->path, "old"));
	assert_int_equal(rename(f->path, f->moved), 0);
	assert_int_equal(mkdir(f->path, 0700), 0);
	writer_reopen(f->writer);
	run_until(f, &f->log.lines, 1);
	assert_non_null(strstr(f->log.last, "could not be reopened: Is a directory"));
	assert_int_equal(write(fd, " stays", 6), 6);
	assert_true(file_is(f->moved, "old stays"));
	assert_int_equal(rmdir(f->path), 0);
	writer_reopen(f->writer);
	put(f->writer, "ours ", 5);
	wait_for_file(f->loop, f->path, "ours ");
	assert_int_equal(write(fd, "new", 3), 3);
	assert_true(file_is(f->path, "ours new"));
	close(fd);
}

static void new_file_may_be_of_another_kind(void **state)
{
	struct fixture *f = *state;
	char buf[16] = "";
	int fd;

	f->writer = make(f, f->path);
	assert_int_equal(rename(f->path, f->moved), 0);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	writer_reopen(f->writer);
	put(f->writer, "fifo", 4);
	while (read(fd, buf, sizeof(buf)) != 4)
		loop_step(f->loop, true);
	assert_string_equal(buf, "fifo");
	unlink(f->path);
	writer_reopen(f->writer);
	put(f->writer, "file", 4);
	wait_for_file(f->loop, f->path, "file");
	close(fd);
}

static void mode_is_as_asked_whatever_the_umask(void **state)
{
	struct fixture *f = *state;
	mode_t old = umask(0);
	struct stat st;

	f->writer = make(f, f->path);
	umask(077);
	writer_close(f->writer);
	f->writer = make(f, f->moved);
	umask(old);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(stat(f->moved, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(chmod(f->path, 0604), 0);
	writer_close(f->writer);
	f->writer = make(f, f->path);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0604);
}

static void inherited_socket_never_blocks(void **state)
{
	struct fixture *f = *state;
	char path[32], buf[16] = "";
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	f->writer = make(f, path);
	offer(f->writer, "hello", 5);
	assert_int_equal(recv(fds[1], buf, sizeof(buf), MSG_DONTWAIT), 5);
	assert_string_equal(buf, "hello");
	fill_up(f->writer);
	writer_reopen(f->writer);
	while (!f->rooms) {
		static char sink[65536];

		assert_true(recv(fds[1], sink, sizeof(sink), 0) > 0);
		loop_step(f->loop, false);
	}
	close(fds[0]);
	close(fds[1]);
}

/* Of the shell, say: `{ echo before; charhubd ...; echo after; } >file` */
static void inherited_file_goes_on_where_others_who_have_it_are(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	char path[32];
	struct writer_options options = {
		.path = path, .shared = true, .on_room = note_room, .data = f
	};

	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	assert_int_equal(write(fd, "before ", 7), 7);
	assert_int_equal(writer_open(f->loop, &options, &f->writer), 0);
	offer(f->writer, "ours ", 5);
	wait_for_file(f->loop, f->path, "before ours ");
	assert_int_equal(write(fd, "after", 5), 5);
	close(fd);
	assert_true(file_is(f->path, "before ours after"));
}

static void what_cannot_be_opened_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct writer_options options = { .path = "/nonexistent/x", .mode = 0640 };
	struct writer *writer = NULL;

	assert_int_equal(writer_open(f->loop, &options, &writer), -ENOENT);
	options.path = f->dir;
	assert_int_equal(writer_open(f->loop, &options, &writer), -EISDIR);
	assert_null(writer);
}

static struct writer_options anew(struct fixture *f, bool later)
{
	return (struct writer_options){ .path = f->path,
		.anew = true,
		.later = later,
		.mode = 0640,
		.owner = "test",
		.on_trouble = note_trouble,
		.data = f };
}

static void what_is_there_is_moved_aside(void **state)
{
	struct fixture *f = *state;
	struct writer_options options = anew(f, false);
	struct archive archive;

	put_file(f->path, "old");
	assert_int_equal(writer_open(f->loop, &options, &f->writer), 0);
	offer(f->writer, "new", 3);
	wait_for_file(f->loop, f->path, "new");
	assert_int_equal(archive_list(f->path, &archive), 0);
	assert_int_equal(archive.len, 2);
	assert_true(file_is(archive.items[0].path, "old"));
	archive_done(&archive);
}

static void file_is_opened_by_a_thread(void **state)
{
	struct fixture *f = *state;
	struct writer_options options = anew(f, true);

	put_file(f->path, "old");
	assert_int_equal(writer_open(f->loop, &options, &f->writer), 0);
	assert_int_equal(writer_fd(f->writer), -1);
	offer(f->writer, "new", 3);
	wait_for_file(f->loop, f->path, "new");
}

static void file_that_could_not_be_opened_is_tried_again(void **state)
{
	struct fixture *f = *state;
	struct writer_options options = anew(f, true);

	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(writer_open(f->loop, &options, &f->writer), 0);
	run_until(f, &f->troubles, 1);
	assert_true(writer_is_failing(f->writer));
	assert_non_null(strstr(f->log.last, "is in trouble: Is a directory"));
	offer(f->writer, "a", 1);
	loop_step(f->loop, false);
	assert_int_equal(f->troubles, 1);
	assert_int_equal(rmdir(f->path), 0);
	offer(f->writer, "b", 1);
	loop_advance(f->loop, WRITER_RETRY_MS);
	wait_for_file(f->loop, f->path, "ab");
}

static void closing_opens_it_first(void **state)
{
	struct fixture *f = *state;
	struct writer_options options = anew(f, true);

	assert_int_equal(work_pool_get(f->loop, &f->pool), 0);
	assert_int_equal(writer_open(f->loop, &options, &f->writer), 0);
	offer(f->writer, "all", 3);
	writer_close(TAKE_PTR(f->writer));
	wait_for_file(f->loop, f->path, "all");
}

#define writer_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void *tell_id(void *arg)
{
	*(pid_t *)arg = gettid();
	return NULL;
}

/* With what a sanitizer starts beside the first. That one is listed for a moment after its end. */
static unsigned threads_at_first(void)
{
	char task[64];
	pthread_t first;
	pid_t id;

	assert_int_equal(pthread_create(&first, NULL, tell_id, &id), 0);
	pthread_join(first, NULL);
	snprintf(task, sizeof(task), "/proc/self/task/%d", (int)id);
	while (access(task, F_OK) == 0)
		sched_yield();
	return threads();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		writer_test(bytes_arrive_in_order_and_once),
		writer_test(thread_that_sleeps_again_in_a_round_is_woken_at_its_end),
		writer_test(hanging_file_makes_nobody_wait),
		writer_test(hanging_files_do_not_keep_others_from_being_written),
		writer_test(closing_waits_for_nothing_and_loses_nothing),
		writer_test(write_that_fails_while_it_is_closed_is_tried_again),
		writer_test(threads_go_with_the_last_writer),
		writer_test(end_does_not_wait_for_a_hanging_file_for_ever),
		writer_test(full_disk_is_told_once_and_goes_on_by_itself),
		writer_test(room_is_told_once_the_disk_has_room),
		writer_test(who_waits_for_room_goes_on_when_the_file_breaks),
		writer_test(what_is_left_out_is_counted_in_the_file),
		writer_test(slow_reader_of_a_fifo_is_one_line_for_the_operator),
		writer_test(room_is_told_when_a_reader_of_a_fifo_is_quick),
		writer_test(room_is_told_though_others_leave_bytes_out),
		writer_test(what_a_fifo_has_not_taken_at_the_end_is_told),
		writer_test(what_a_fifo_takes_at_the_end_is_not_told),
		writer_test(file_that_moves_is_not_in_trouble),
		writer_test(readers_of_a_fifo_come_and_go),
		writer_test(errors_of_a_device_are_tried_again),
		writer_test(goes_on_in_a_new_file_when_the_old_one_was_moved),
		writer_test(a_file_that_is_opened_twice_stays_the_new_one),
		writer_test(what_was_opened_before_it_was_asked_for_again_is_not_used),
		writer_test(closing_goes_on_in_the_new_file_too),
		writer_test(opening_anew_may_hang_and_loses_nothing),
		writer_test(old_file_stays_where_no_new_one_can_be_made),
		writer_test(descriptor_follows_the_file),
		writer_test(new_file_may_be_of_another_kind),
		writer_test(mode_is_as_asked_whatever_the_umask),
		writer_test(inherited_socket_never_blocks),
		writer_test(inherited_file_goes_on_where_others_who_have_it_are),
		writer_test(what_cannot_be_opened_is_an_error),
		writer_test(what_is_there_is_moved_aside),
		writer_test(file_is_opened_by_a_thread),
		writer_test(file_that_could_not_be_opened_is_tried_again),
		writer_test(closing_opens_it_first),
	};

	alone = threads_at_first();
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("io/writer", tests, NULL, NULL);
}
