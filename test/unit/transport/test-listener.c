/* SPDX-License-Identifier: MIT */
#include "transport/listener.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

enum { REST_MS = 1000, TURNS = 8, FEW_FDS = 64 };

struct fixture {
	struct loop *loop;
	struct address address;
	struct listener *listener;
	unsigned accepted;
	bool frees;
};

static void on_client(void *data, int fd)
{
	struct fixture *f = data;

	f->accepted++;
	close(fd);
	if (f->frees) {
		listener_free(f->listener);
		f->listener = NULL;
	}
}

static void settle(struct fixture *f)
{
	for (int i = 0; i < TURNS; i++)
		loop_step(f->loop, false);
}

static int start(struct fixture *f, struct error **err)
{
	return listener_new(f->loop, &f->address, "socket 'a'", on_client, f, &f->listener, err);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_set_level(LOG_ERROR);
	f->loop = loop_new();
	loop_fake_clock(f->loop);
	f->address.kind = ADDRESS_UNIX;
	assert_true(asprintf(&f->address.path, "/tmp/charhub-listener-%d", (int)getpid()) > 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	listener_free(f->listener);
	loop_free(f->loop);
	unlink(f->address.path);
	address_done(&f->address);
	free(f);
	return 0;
}

static struct sockaddr_un name_of(struct fixture *f)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", f->address.path);
	return name;
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void dial(struct fixture *f, int fd)
{
	struct sockaddr_un name = name_of(f);

	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
}

static ino_t inode(struct fixture *f, unsigned *ret_mode)
{
	struct stat st;

	if (lstat(f->address.path, &st) < 0)
		return 0;
	*ret_mode = st.st_mode & 07777;
	return st.st_ino;
}

static void nobody_is_accepted_while_it_is_stopped(void **state)
{
	struct fixture *f = *state;
	int first = new_socket(), second = new_socket();

	assert_int_equal(start(f, NULL), 0);
	dial(f, first);
	settle(f);
	assert_int_equal(f->accepted, 0);
	listener_start(f->listener);
	settle(f);
	assert_int_equal(f->accepted, 1);
	listener_stop(f->listener);
	dial(f, second);
	settle(f);
	assert_int_equal(f->accepted, 1);
	close(first);
	close(second);
}

/* Also those who come to a listener that is started meanwhile. */
static void nobody_is_accepted_while_arrivals_are_held(void **state)
{
	struct fixture *f = *state;
	int first = new_socket(), second = new_socket();

	assert_int_equal(start(f, NULL), 0);
	loop_hold_arrivals(f->loop, true);
	listener_start(f->listener);
	dial(f, first);
	for (int i = 0; i < TURNS; i++) {
		settle(f);
		loop_advance(f->loop, 100);
	}
	dial(f, second);
	settle(f);
	assert_int_equal(f->accepted, 0);
	loop_hold_arrivals(f->loop, false);
	loop_advance(f->loop, 100);
	settle(f);
	assert_int_equal(f->accepted, 2);
	close(first);
	close(second);
}

static void it_may_be_freed_by_who_is_called(void **state)
{
	struct fixture *f = *state;
	int first = new_socket(), second = new_socket();

	f->frees = true;
	assert_int_equal(start(f, NULL), 0);
	dial(f, first);
	dial(f, second);
	listener_start(f->listener);
	settle(f);
	assert_int_equal(f->accepted, 1);
	close(first);
	close(second);
}

/* Return: all descriptors that can be had, so that there is none left; -1 ends them. */
static int *take_all_descriptors(void)
{
	int *fds = calloc(FEW_FDS + 1, sizeof(*fds)), n = 0;

	while (n < FEW_FDS && (fds[n] = eventfd(0, EFD_CLOEXEC)) >= 0)
		n++;
	fds[n] = -1;
	return fds;
}

static void give_descriptors_back(int *fds)
{
	for (int n = 0; fds[n] >= 0; n++)
		close(fds[n]);
	free(fds);
}

static void expect_turned_away(int fd)
{
	char text[64] = "";

	assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(text, "charhub: out of file descriptors\r\n");
}

/* What the first one gave up is there again for the next. */
static void all_turn_people_away_with_one_descriptor_in_reserve(void **state)
{
	struct fixture *f = *state;
	struct fixture other = { .loop = f->loop, .address.kind = ADDRESS_UNIX };
	int fds[2], *all;
	struct rlimit old, few;

	assert_true(asprintf(&other.address.path, "%s-2", f->address.path) > 0);
	assert_int_equal(start(f, NULL), 0);
	assert_int_equal(start(&other, NULL), 0);
	fds[0] = new_socket();
	fds[1] = new_socket();
	assert_int_equal(fds[0], listener_fd(other.listener) + 1);
	listener_start(f->listener);
	listener_start(other.listener);
	dial(f, fds[0]);
	dial(&other, fds[1]);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ FEW_FDS, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	all = take_all_descriptors();
	settle(f);
	give_descriptors_back(all);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	expect_turned_away(fds[0]);
	expect_turned_away(fds[1]);
	assert_int_equal(f->accepted + other.accepted, 0);
	listener_free(other.listener);
	address_done(&other.address);
	close(fds[0]);
	close(fds[1]);
}

/* Not even the reserve helps: the number of the descriptor is what is over the limit. */
static void without_any_descriptor_it_rests_and_comes_back(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, none;
	int fd = new_socket();

	assert_int_equal(start(f, NULL), 0);
	listener_start(f->listener);
	dial(f, fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ 0, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	settle(f);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	settle(f);
	assert_int_equal(f->accepted, 0); /* it does not even look */
	listener_stop(f->listener);
	listener_start(f->listener); /* a rest is a rest */
	settle(f);
	assert_int_equal(f->accepted, 0);
	loop_advance(f->loop, REST_MS);
	settle(f);
	assert_int_equal(f->accepted, 1);
	close(fd);
}

static void stopped_while_it_rests_it_stays_stopped(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, none;
	int fd = new_socket();

	assert_int_equal(start(f, NULL), 0);
	listener_start(f->listener);
	dial(f, fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ 0, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	settle(f);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	listener_stop(f->listener);
	loop_advance(f->loop, REST_MS);
	settle(f);
	assert_int_equal(f->accepted, 0);
	listener_start(f->listener);
	settle(f);
	assert_int_equal(f->accepted, 1);
	close(fd);
}

static void socket_file_has_its_mode_whatever_the_umask(void **state)
{
	static const mode_t umasks[] = { 0, 022, 077, 0777 };
	struct fixture *f = *state;
	unsigned mode = 0;

	for (size_t i = 0; i < sizeof(umasks) / sizeof(umasks[0]); i++) {
		mode_t old = umask(umasks[i]);

		f->address.mode = 0;
		assert_int_equal(start(f, NULL), 0);
		assert_int_not_equal(inode(f, &mode), 0);
		assert_int_equal(mode, 0660);
		listener_free(f->listener);
		f->address.mode = 0602;
		assert_int_equal(start(f, NULL), 0);
		assert_int_not_equal(inode(f, &mode), 0);
		assert_int_equal(mode, 0602);
		listener_free(f->listener);
		f->listener = NULL;
		assert_int_equal(umask(old), umasks[i]);
	}
}

static void only_its_own_socket_file_is_removed(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un name = name_of(f);
	int successor = new_socket();
	unsigned mode;
	ino_t ino;

	assert_int_equal(start(f, NULL), 0);
	assert_int_equal(unlink(f->address.path), 0);
	assert_int_equal(bind(successor, (struct sockaddr *)&name, sizeof(name)), 0);
	ino = inode(f, &mode);
	listener_free(f->listener);
	f->listener = NULL;
	assert_int_equal(inode(f, &mode), ino);
	close(successor);
	assert_int_equal(start(f, NULL), 0); /* it is stale now */
	listener_free(f->listener);
	f->listener = NULL;
	assert_int_equal(inode(f, &mode), 0);
}

static void refuses(struct fixture *f, const char *hint)
{
	struct error *err = NULL;

	assert_int_equal(start(f, &err), -EADDRINUSE);
	assert_string_equal(error_hint(err), hint);
	error_free(err);
}

static void others_files_are_left_alone(void **state)
{
	struct fixture *f = *state;
	struct listener *first;
	unsigned mode;
	ino_t ino;
	int fd;

	assert_int_equal(start(f, NULL), 0);
	first = f->listener;
	f->listener = NULL;
	ino = inode(f, &mode);
	refuses(f, "Somebody listens there.");
	assert_int_equal(inode(f, &mode), ino);
	listener_free(first);
	fd = open(f->address.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	ino = inode(f, &mode);
	refuses(f, "It is not a socket and is left alone.");
	assert_int_equal(inode(f, &mode), ino);
}

static void it_says_where_it_listens(void **state)
{
	struct fixture *f = *state;
	struct address tcp = {
		.kind = ADDRESS_INET, .host = strdup("127.0.0.1"), .port = strdup("0")
	};
	struct listener *listener;
	char text[64];

	assert_int_equal(listener_new(f->loop, &tcp, "vnc", on_client, f, &listener, NULL), 0);
	snprintf(text, sizeof(text), "127.0.0.1:%s", tcp.port);
	assert_string_not_equal(tcp.port, "0");
	assert_string_equal(listener_name(listener), text);
	listener_free(listener);
	address_done(&tcp);
	assert_int_equal(start(f, NULL), 0);
	snprintf(text, sizeof(text), "unix:%s", f->address.path);
	assert_string_equal(listener_name(f->listener), text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(nobody_is_accepted_while_it_is_stopped),
		CASE(nobody_is_accepted_while_arrivals_are_held),
		CASE(it_may_be_freed_by_who_is_called),
		CASE(all_turn_people_away_with_one_descriptor_in_reserve),
		CASE(without_any_descriptor_it_rests_and_comes_back),
		CASE(stopped_while_it_rests_it_stays_stopped),
		CASE(socket_file_has_its_mode_whatever_the_umask),
		CASE(only_its_own_socket_file_is_removed),
		CASE(others_files_are_left_alone),
		CASE(it_says_where_it_listens),
	};

	return cmocka_run_group_tests_name("transport/listener", tests, NULL, NULL);
}
