/* SPDX-License-Identifier: MIT */
#include "lib/fake-chardev.h"
#include "lib/fake-holder.h"
#include "lib/files.h"
#include "lib/hang.h"

#include "base/cleanup.h"
#include "io/writer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &fake_chardev_class,
	&fake_reserve_chardev_class, NULL };

struct fixture {
	struct loop *loop;
	struct chardev_set *set;
	struct fake_chardev *fake;
	struct fake_holder holder;
	char dir[32], path[64], index[72];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strncpy(f->dir, "/tmp/charhub-test-XXXXXX", sizeof(f->dir) - 1);
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/log", f->dir);
	snprintf(f->index, sizeof(f->index), "%s.idx", f->path);
	f->loop = loop_new();
	f->set = chardev_set_new(f->loop, classes);
	fake_holder_init(&f->holder, f->loop);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	hang_end();
	fake_holder_done(&f->holder);
	chardev_set_free(f->set);
	loop_free(f->loop);
	unlink(f->path);
	unlink(f->index);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static void make(struct fixture *f, const char *path, const char *more)
{
	struct chardev *chardev = NULL;
	AUTO_ERROR struct error *err = NULL;
	char text[256];

	snprintf(text, sizeof(text), "fake,id=a,logfile=%s%s", path, more);
	if (chardev_set_add_text(f->set, text, &chardev, &err) < 0)
		fail_msg("%s", error_message(err));
	f->fake = fake_chardev_of(chardev);
	assert_int_equal(fake_holder_attach(&f->holder, chardev, FAKE_HOLDER_PLAIN, NULL), 0);
}

static void accepted_bytes_are_logged_once(void **state)
{
	struct fixture *f = *state;

	put_file(f->path, "old");
	make(f, f->path, "");
	fake_chardev_set_accept(f->fake, 2);
	assert_int_equal(fake_holder_out(&f->holder, "hello", 5), 2);
	fake_chardev_set_accept(f->fake, SIZE_MAX);
	assert_int_equal(fake_holder_out(&f->holder, "llo", 3), 3);
	wait_for_file(f->loop, f->path, "hello");
}

static void input_is_not_logged(void **state)
{
	struct fixture *f = *state;

	make(f, f->path, "");
	fake_chardev_type(f->fake, "typed", 5);
	wait_for_file(f->loop, f->path, "");
}

static void appending_keeps_what_was_there(void **state)
{
	struct fixture *f = *state;

	put_file(f->path, "old ");
	make(f, f->path, ",logappend=on");
	fake_holder_out(&f->holder, "new", 3);
	wait_for_file(f->loop, f->path, "old new");
}

static void each_line_is_stamped_once(void **state)
{
	struct fixture *f = *state;
	char buf[256] = "";
	int fd, year = 0, ms = 0, end = 0;

	make(f, f->path, ",logtimestamp=on");
	fake_holder_out(&f->holder, "on", 2);
	fake_holder_out(&f->holder, "e\ntwo", 5);
	wait_for_size(f->loop, f->path, 2 * strlen("2026-01-01T00:00:00.000Z ") + 7);
	fd = open(f->path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, buf, sizeof(buf) - 1) > 0);
	close(fd);
	assert_int_equal(
		sscanf(buf, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%3dZ one%n", &year, &ms, &end), 2);
	assert_int_equal(buf[end], '\n');
	assert_string_equal(strchr(buf + end + 1, ' '), " two");
	assert_null(strstr(strchr(buf + end + 1, ' '), "Z"));
}

static void stamps_may_count_from_the_start(void **state)
{
	struct fixture *f = *state;

	loop_fake_clock(f->loop);
	make(f, f->path, ",logtimestamp=on,logstamp=start");
	fake_holder_out(&f->holder, "one\n", 4);
	loop_advance(f->loop, 62003);
	fake_holder_out(&f->holder, "two\n", 4);
	wait_for_file(f->loop, f->path, "[00:00:00.000] one\n[00:01:02.003] two\n");
}

static void full_disk_costs_the_stream_nothing(void **state)
{
	struct fixture *f = *state;

	make(f, "/dev/full", "");
	for (int i = 0; i < 3; i++)
		assert_int_equal(fake_holder_out(&f->holder, "abc", 3), 3);
	assert_true(fake_chardev_out_is(f->fake, "abcabcabc"));
}

static void fifo_nobody_reads_costs_the_stream_nothing(void **state)
{
	struct fixture *f = *state;
	static char block[65536];

	assert_int_equal(mkfifo(f->path, 0600), 0);
	make(f, f->path, "");
	for (int i = 0; i < 4; i++)
		assert_int_equal(fake_holder_out(&f->holder, block, sizeof(block)), sizeof(block));
	assert_int_equal(f->fake->out.len, 4 * sizeof(block));
}

static void inherited_socket_is_a_log_too(void **state)
{
	struct fixture *f = *state;
	char path[32], buf[16] = "";
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	make(f, path, ",logappend=on");
	fake_holder_out(&f->holder, "hello", 5);
	assert_int_equal(recv(fds[1], buf, sizeof(buf), MSG_DONTWAIT), 5);
	assert_string_equal(buf, "hello");
	close(fds[0]);
	close(fds[1]);
}

static void log_is_reopened_after_it_was_moved(void **state)
{
	struct fixture *f = *state;
	char moved[96];

	make(f, f->path, "");
	fake_holder_out(&f->holder, "before,", 7);
	wait_for_file(f->loop, f->path, "before,");
	snprintf(moved, sizeof(moved), "%s.1", f->path);
	assert_int_equal(rename(f->path, moved), 0);
	fake_holder_out(&f->holder, "moved,", 6);
	wait_for_file(f->loop, moved, "before,moved,");
	chardev_set_reopen_files(f->set);
	fake_holder_out(&f->holder, "after", 5);
	wait_for_file(f->loop, f->path, "after");
	assert_true(file_is(moved, "before,moved,"));
	unlink(moved);
}

static size_t offer_until_short(struct fixture *f)
{
	static const char block[4096];
	size_t total = 0;
	ssize_t done;

	do {
		done = fake_holder_out(&f->holder, block, sizeof(block));
		total += (size_t)done;
	} while (done == sizeof(block));
	return total;
}

static void stream_waits_for_a_busy_file(void **state)
{
	struct fixture *f = *state;
	size_t total;

	loop_fake_clock(f->loop);
	make(f, f->path, "");
	hang_begin(f->path);
	total = offer_until_short(f);
	run_idle(f->loop);
	assert_int_equal(f->holder.room_calls, 0);
	hang_end();
	RUN_UNTIL(f->loop, f->holder.room_calls == 1);
	assert_int_equal(fake_holder_out(&f->holder, "more", 4), 4);
	wait_for_size(f->loop, f->path, total + 4);
	assert_int_equal(f->fake->out.len, total + 4);
}

/* What the log lets through is taken whole: neither it nor the chardev is full. */
static void who_offers_more_than_a_log_has_room_for_goes_on(void **state)
{
	static char block[2 * WRITER_QUEUE_BYTES];
	struct fixture *f = *state;
	ssize_t done;

	loop_fake_clock(f->loop);
	make(f, f->path, "");
	hang_begin(f->path);
	done = fake_holder_out(&f->holder, block, sizeof(block));
	assert_in_range(done, 1, sizeof(block) - 1);
	assert_int_equal(f->holder.room_calls, 0);
	run_idle(f->loop);
	assert_int_equal(f->holder.room_calls, 1);
	assert_int_equal(fake_holder_out(&f->holder, block, sizeof(block)), 0);
	run_idle(f->loop);
	assert_int_equal(f->holder.room_calls, 1);
	hang_end();
	RUN_UNTIL(f->loop, f->holder.room_calls == 2);
	assert_int_equal(fake_holder_out_all(&f->holder, block, sizeof(block)), 0);
	wait_for_size(f->loop, f->path, (size_t)done + sizeof(block));
}

static void stamps_of_a_log_stop_nobody(void **state)
{
	static char block[WRITER_QUEUE_BYTES];
	struct fixture *f = *state;

	make(f, f->path, ",logtimestamp=on");
	assert_int_equal(fake_holder_out_all(&f->holder, block, sizeof(block)), 0);
	assert_int_equal(f->fake->out.len, sizeof(block));
}

static void stream_waits_once_for_a_file_that_hangs(void **state)
{
	struct fixture *f = *state;
	size_t total;

	loop_fake_clock(f->loop);
	make(f, f->path, "");
	hang_begin(f->path);
	total = offer_until_short(f);
	loop_advance(f->loop, 999);
	assert_int_equal(f->holder.room_calls, 0);
	loop_advance(f->loop, 1);
	assert_int_equal(f->holder.room_calls, 1);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(fake_holder_out(&f->holder, "0123456789", 10), 10);
	assert_int_equal(f->fake->out.len, total + 10000);
	hang_end();
}

static void who_cannot_wait_never_does(void **state)
{
	static const char block[4096];
	struct fixture *f = *state;

	make(f, f->path, "");
	chardev_link_set_flags(&f->holder.link, CHARDEV_LINK_NEVER_WAIT);
	hang_begin(f->path);
	for (int i = 0; i < 200; i++)
		assert_int_equal(fake_holder_out(&f->holder, block, sizeof(block)), sizeof(block));
	hang_end();
}

static void busy_file_limits_what_is_reserved(void **state)
{
	struct fixture *f = *state;
	struct chardev *chardev = NULL;
	struct fake_holder holder;
	struct iovec iov[2];
	char text[128];
	int n;

	snprintf(text, sizeof(text), "fake-reserve,id=r,logfile=%s", f->path);
	assert_int_equal(chardev_set_add_text(f->set, text, &chardev, NULL), 0);
	fake_holder_init(&holder, f->loop);
	fake_holder_attach(&holder, chardev, FAKE_HOLDER_PLAIN, NULL);
	hang_begin(f->path);
	while ((n = chardev_link_out_reserve(&holder.link, iov)) > 0) {
		memset(iov[0].iov_base, 'x', iov[0].iov_len);
		chardev_link_out_commit(&holder.link, iov[0].iov_len);
	}
	assert_int_equal(n, 0);
	holder.owes_room = true;
	hang_end();
	RUN_UNTIL(f->loop, holder.room_calls == 1);
	fake_holder_done(&holder);
}

#define log_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		log_test(accepted_bytes_are_logged_once),
		log_test(input_is_not_logged),
		log_test(appending_keeps_what_was_there),
		log_test(each_line_is_stamped_once),
		log_test(stamps_may_count_from_the_start),
		log_test(full_disk_costs_the_stream_nothing),
		log_test(fifo_nobody_reads_costs_the_stream_nothing),
		log_test(inherited_socket_is_a_log_too),
		log_test(log_is_reopened_after_it_was_moved),
		log_test(stream_waits_for_a_busy_file),
		log_test(who_offers_more_than_a_log_has_room_for_goes_on),
		log_test(stamps_of_a_log_stop_nobody),
		log_test(stream_waits_once_for_a_file_that_hangs),
		log_test(who_cannot_wait_never_does),
		log_test(busy_file_limits_what_is_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
