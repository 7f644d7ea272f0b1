/* SPDX-License-Identifier: MIT */
#include "vhost-user/door.h"
#include "base/log.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { SILENT_MS = 2000, WAITING_MAX = 8, TURNS = 16 };

/* Serves whoever comes in, until the door or the test sends them away. */
struct fixture {
	struct loop *loop;
	struct door *door;
	struct address address;
	int inside; /* -1: nobody */
	unsigned enters, dismissals;
	bool frees;
};

static void leave(struct fixture *f)
{
	close(f->inside);
	f->inside = -1;
	door_is_empty(f->door);
}

static void on_enter(void *data, int fd)
{
	struct fixture *f = data;

	assert_int_equal(f->inside, -1);
	f->inside = fd;
	f->enters++;
	door_is_taken(f->door, fd);
	if (f->frees) {
		door_free(f->door);
		f->door = NULL;
	}
}

static void on_dismiss(void *data, const char *why)
{
	struct fixture *f = data;

	assert_non_null(why);
	f->dismissals++;
	leave(f);
}

static const struct door_ops ops = { .on_enter = on_enter, .on_dismiss = on_dismiss };

static void settle(struct fixture *f)
{
	for (int i = 0; i < TURNS; i++)
		loop_step(f->loop, false);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_set_level(LOG_ERROR);
	f->loop = loop_new();
	loop_fake_clock(f->loop);
	f->inside = -1;
	f->address.kind = ADDRESS_UNIX;
	assert_true(asprintf(&f->address.path, "/tmp/charhub-door-%d.sock", (int)getpid()) > 0);
	assert_int_equal(
		door_new(f->loop, &f->address, -1, "device 'd'", &ops, f, &f->door, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	door_free(f->door);
	if (f->inside >= 0)
		close(f->inside);
	loop_free(f->loop);
	assert_int_equal(access(f->address.path, F_OK), -1);
	address_done(&f->address);
	free(f);
	return 0;
}

static int knock(struct fixture *f)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", f->address.path);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static int enter(struct fixture *f)
{
	int fd = knock(f);

	settle(f);
	assert_int_equal(f->enters, 1);
	return fd;
}

static void speak(struct fixture *f, int fd)
{
	assert_int_equal(write(fd, "h", 1), 1);
	settle(f);
}

/* Is @fd the far end of who is inside? */
static void assert_inside(struct fixture *f, int fd)
{
	char byte = 0;

	assert_true(f->inside >= 0);
	assert_int_equal(write(f->inside, "x", 1), 1);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 1);
	assert_int_equal(byte, 'x');
}

static void next_comes_in_when_the_first_leaves(void **state)
{
	struct fixture *f = *state;
	int first = enter(f), second = knock(f), third = knock(f);

	door_has_spoken(f->door);
	speak(f, third);
	loop_advance(f->loop, 10 * SILENT_MS);
	settle(f);
	assert_inside(f, first);
	leave(f);
	settle(f);
	assert_inside(f, third); /* it has something to say */
	leave(f);
	settle(f);
	assert_inside(f, second);
	assert_int_equal(f->dismissals, 0);
	close(first);
	close(second);
	close(third);
}

static void visitor_that_goes_is_forgotten(void **state)
{
	struct fixture *f = *state;
	int first = enter(f), second = knock(f);

	speak(f, second);
	close(second);
	settle(f);
	loop_advance(f->loop, 10 * SILENT_MS);
	settle(f);
	assert_inside(f, first);
	leave(f);
	settle(f);
	assert_int_equal(f->inside, -1);
	close(first);
}

static void half_a_header_holds_nobody(void **state)
{
	struct fixture *f = *state;
	int first = enter(f), second;

	speak(f, first);
	loop_advance(f->loop, 10 * SILENT_MS); /* nobody waits */
	settle(f);
	assert_inside(f, first);
	second = knock(f);
	settle(f);
	loop_advance(f->loop, 10 * SILENT_MS); /* it only looks */
	settle(f);
	assert_inside(f, first);
	speak(f, second);
	loop_advance(f->loop, SILENT_MS - 1);
	settle(f);
	assert_int_equal(f->dismissals, 0);
	loop_advance(f->loop, 1);
	settle(f);
	assert_int_equal(f->dismissals, 1);
	assert_inside(f, second);
	close(first);
	close(second);
}

/* A process that connects, leaves its connection to a child, and is killed. */
static pid_t enter_and_die(struct fixture *f)
{
	int tell[2];
	pid_t child, heir = 0;
	siginfo_t info;

	assert_int_equal(pipe(tell), 0);
	child = fork();
	if (child == 0) {
		knock(f);
		heir = fork();
		if (heir > 0 && write(tell[1], &heir, sizeof(heir)) != sizeof(heir))
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(tell[0], &heir, sizeof(heir)), sizeof(heir));
	close(tell[0]);
	close(tell[1]);
	settle(f);
	assert_int_equal(f->enters, 1);
	door_has_spoken(f->door);
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED), 0);
	settle(f);
	return heir;
}

static void frontend_whose_process_was_killed_makes_way(void **state)
{
	struct fixture *f = *state;
	pid_t heir = enter_and_die(f);
	int second;

	assert_true(f->inside >= 0); /* nobody waits */
	second = knock(f);
	settle(f);
	assert_int_equal(f->dismissals, 0); /* it has said nothing */
	speak(f, second);
	assert_int_equal(f->dismissals, 1);
	assert_inside(f, second);
	kill(heir, SIGKILL);
	close(second);
}

static void silent_visitors_keep_nobody_out(void **state)
{
	struct fixture *f = *state;
	int first = enter(f), silent[2 * WAITING_MAX], last;
	char byte;

	door_has_spoken(f->door);
	for (int i = 0; i < 2 * WAITING_MAX; i++) {
		silent[i] = knock(f);
		settle(f);
	}
	assert_int_equal(recv(silent[0], &byte, 1, MSG_DONTWAIT), 0); /* sent away */
	last = knock(f);
	speak(f, last);
	leave(f);
	settle(f);
	assert_inside(f, last);
	for (int i = 0; i < 2 * WAITING_MAX; i++)
		close(silent[i]);
	close(first);
	close(last);
}

static void more_than_can_wait_wait_outside(void **state)
{
	struct fixture *f = *state;
	int first = enter(f), fds[WAITING_MAX + 2];

	door_has_spoken(f->door);
	for (int i = 0; i < WAITING_MAX + 2; i++) {
		fds[i] = knock(f);
		speak(f, fds[i]);
	}
	for (int i = 0; i < WAITING_MAX + 2; i++) {
		leave(f);
		settle(f);
		assert_inside(f, fds[i]);
		door_has_spoken(f->door);
	}
	for (int i = 0; i < WAITING_MAX + 2; i++)
		close(fds[i]);
	close(first);
}

static void door_may_be_freed_by_who_comes_in(void **state)
{
	struct fixture *f = *state;
	int first;

	f->frees = true;
	first = enter(f);
	assert_null(f->door);
	close(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(next_comes_in_when_the_first_leaves),
		CASE(visitor_that_goes_is_forgotten),
		CASE(half_a_header_holds_nobody),
		CASE(frontend_whose_process_was_killed_makes_way),
		CASE(silent_visitors_keep_nobody_out),
		CASE(more_than_can_wait_wait_outside),
		CASE(door_may_be_freed_by_who_comes_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
