/* SPDX-License-Identifier: MIT */
/* VeNCrypt's Plain as it is within wss: TLS is somebody else's; by a PAM that is held at will. */
#include "vnc-fixture.h"

#include "lib/fake-pam.h"
#include "vnc/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BANNER "RFB 003.008\n"
#define ANN    "\0\0\0\3\0\0\0\6annsesame"
#define GUESS  "\0\0\0\3\0\0\0\5annguess"
#define OK     "\0\0\0\0"
#define WRONG                \
	"\0\0\0\1\0\0\0\x15" \
	"Authentication failed"
#define TOO_MANY             \
	"\0\0\0\1\0\0\0\x20" \
	"Too many authentication failures"

static int setup(void **state)
{
	struct fixture *f = fixture_new("");

	fake_pam_reset();
	assert_int_equal(login_new(f->loop, "open", NULL, &f->server->host.login, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fake_pam_hold(false);
	fixture_free(*state);
	return 0;
}

static int connect_for_plain(struct fixture *f)
{
	int fd = connect_viewer(f);

	TAKE(f, fd, BANNER);
	PUT(f, fd, BANNER);
	TAKE(f, fd, "\1\x13");
	PUT(f, fd, "\x13");
	TAKE(f, fd, "\0\2");
	PUT(f, fd, "\0\2");
	TAKE(f, fd, "\0\1\0\0\1\0");
	PUT(f, fd, "\0\0\1\0");
	return fd;
}

/* Until there is something to read, which a thread may take its time to find out. */
static void wait_for_answer(struct fixture *f, int fd)
{
	char byte;

	while (recv(fd, &byte, 1, MSG_PEEK) < 0)
		loop_step(f->loop, true);
	settle(f);
}

static void right_password_in_odd_pieces(void **state)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 11, sizeof(ANN) - 1 };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		int fd = connect_for_plain(f);

		for (size_t at = 0; at < sizeof(ANN) - 1; at += pieces[i]) {
			size_t left = sizeof(ANN) - 1 - at;

			put(f, fd, &ANN[at], left < pieces[i] ? left : pieces[i]);
		}
		wait_for_answer(f, fd);
		TAKE(f, fd, OK);
		PUT(f, fd, "\1");
		assert_true(drain(f, fd) > 0);
		assert_int_equal(f->initialized, i + 1);
		assert_string_equal(
			vnc_viewer_identity(vnc_server_next_viewer(f->server, NULL)), "user:ann");
		close(fd);
		settle(f);
	}
}

static void what_is_said_meanwhile_waits(void **state)
{
	struct fixture *f = *state;
	int fd;

	fake_pam_hold(true);
	fd = connect_for_plain(f);
	PUT(f, fd, ANN "\1");
	fake_pam_wait(1);
	TAKE(f, fd, "");
	assert_null(vnc_viewer_identity(vnc_server_next_viewer(f->server, NULL)));
	fake_pam_hold(false);
	wait_for_answer(f, fd);
	assert_int_equal(f->initialized, 1);
	close(fd);
}

static void wrong_password_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = connect_for_plain(f);

	PUT(f, fd, GUESS);
	wait_for_answer(f, fd);
	TAKE(f, fd, WRONG);
	loop_advance(f->loop, 3000);
	assert_true(is_closed(fd));
	close(fd);
}

/* Neither PAM nor the door hears of it. */
static void what_cannot_be_right_is_not_looked_at(void **state)
{
	struct fixture *f = *state;
	unsigned most;
	int fd = connect_for_plain(f);

	PUT(f, fd, "\0\0\0\0\0\0\0\0");
	TAKE(f, fd, WRONG);
	close(fd);
	fd = connect_for_plain(f);
	PUT(f, fd, "\xff\xff\xff\xff\xff\xff\xff\xff");
	TAKE(f, fd, WRONG);
	close(fd);
	fd = connect_for_plain(f);
	PUT(f, fd, "\0\0\0\3\0\0\2\0");
	TAKE(f, fd, WRONG);
	close(fd);
	fd = connect_for_plain(f);
	PUT(f, fd, "\0\0\0\5\0\0\0\6ann\0xsesame");
	TAKE(f, fd, WRONG);
	close(fd);
	assert_int_equal(fake_pam_asked(&most), 0);
}

/* One is asked about, the next ones have their time, beyond 20 seconds nobody waits. */
static void guesses_at_the_same_time_wait_for_each_other(void **state)
{
	struct fixture *f = *state;
	unsigned most;
	int fds[30];

	fake_pam_hold(true);
	for (unsigned i = 0; i < 30; i++) {
		fds[i] = connect_for_plain(f);
		PUT(f, fds[i], ANN);
	}
	fake_pam_wait(1);
	TAKE(f, fds[29], TOO_MANY);
	TAKE(f, fds[1], "");
	assert_int_equal(fake_pam_asked(&most), 1);
	fake_pam_hold(false);
	wait_for_answer(f, fds[0]);
	TAKE(f, fds[0], OK);
	for (unsigned i = 0; i < 30; i++)
		close(fds[i]);
}

static void who_leaves_meanwhile_is_forgotten(void **state)
{
	struct fixture *f = *state;
	int fd;

	fake_pam_hold(true);
	fd = connect_for_plain(f);
	PUT(f, fd, ANN);
	fake_pam_wait(1);
	close(fd);
	settle(f);
	assert_int_equal(f->disconnected, 1);
}

static void whose_answer_does_not_come_is_closed(void **state)
{
	struct fixture *f = *state;
	int fd;

	fake_pam_hold(true);
	fd = connect_for_plain(f);
	PUT(f, fd, ANN);
	fake_pam_wait(1);
	loop_advance(f->loop, 30000);
	assert_true(is_closed(fd));
	close(fd);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(right_password_in_odd_pieces),
		CASE(what_is_said_meanwhile_waits),
		CASE(wrong_password_is_refused),
		CASE(what_cannot_be_right_is_not_looked_at),
		CASE(guesses_at_the_same_time_wait_for_each_other),
		CASE(who_leaves_meanwhile_is_forgotten),
		CASE(whose_answer_does_not_come_is_closed),
	};

	return cmocka_run_group_tests_name("vnc/plain", tests, NULL, NULL);
}
