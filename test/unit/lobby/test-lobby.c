/* SPDX-License-Identifier: MIT */
#include "hub/hub.h"
#include "lobby/lobby.h"
#include "backend/backends.h"
#include "lib/env.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Two consoles, "vm1" and "vm2", and a hub that is none of the lobby's. */

static const struct chardev_class *const classes[] = { &backend_socket_class, &backend_null_class,
	&hub_class, NULL };

#define LIST "Consoles:\r\n  vm1\r\n  vm2\r\nNAME? "

struct fixture {
	struct env *env;
	struct chardev *vm1, *vm2;
	struct lobby *lobby;
};

static struct chardev *add_hub(struct env *env, const char *id)
{
	char text[96];

	snprintf(text, sizeof(text), "null,id=%s-log", id);
	env_add(env, text);
	snprintf(text, sizeof(text), "hub,id=%s,chardevs.0=%s-log,terminal=off", id, id);
	return env_add(env, text);
}

static void open_lobby(struct fixture *f, const char *options)
{
	char text[128];

	snprintf(text, sizeof(text), "socket,id=l,server=on,wait=off,clients=4,path=%%s/l%s",
		options);
	assert_int_equal(
		lobby_new(f->env->loop, f->env->set, env_add(f->env, text), "vm*", &f->lobby, NULL),
		0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->env = env_new(classes);
	loop_fake_clock(f->env->loop);
	f->vm1 = add_hub(f->env, "vm1");
	f->vm2 = add_hub(f->env, "vm2");
	add_hub(f->env, "other");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	lobby_free(f->lobby);
	env_free(f->env);
	free(f);
	return 0;
}

static void type(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* What comes next, to the byte; "": nothing has come. */
static void expect(struct fixture *f, int fd, const char *text)
{
	char buf[512] = "";
	size_t len = 0;

	for (int i = 0; i < 8; i++)
		loop_step(f->env->loop, false);
	while (len < strlen(text)) {
		ssize_t got = recv(fd, buf + len, strlen(text) - len, MSG_DONTWAIT);

		if (got < 0 && errno == EAGAIN)
			loop_step(f->env->loop, true);
		else
			assert_true(got > 0);
		len += got > 0 ? (size_t)got : 0;
	}
	assert_string_equal(buf, text);
	assert_true(recv(fd, buf, 1, MSG_DONTWAIT | MSG_PEEK) <= 0);
}

static void expect_end(struct fixture *f, int fd)
{
	char byte;
	ssize_t got;

	while ((got = recv(fd, &byte, 1, MSG_DONTWAIT)) < 0 && errno == EAGAIN)
		loop_step(f->env->loop, true);
	assert_int_equal(got, 0);
}

static size_t members(const struct chardev *hub)
{
	return hub_member_count(hub) - 1; /* its log */
}

static void a_name_leads_to_a_console(void **state)
{
	struct fixture *f = *state;
	struct env *env = f->env;
	int fd;

	open_lobby(f, "");
	env_attach(env, f->vm2);
	fd = env_dial(env, "l");
	expect(f, fd, LIST);
	type(fd, "vm2\nls\n");
	RUN_UNTIL(env->loop, env->holder.in.len == 3);
	assert_true(fake_holder_in_is(&env->holder, "ls\n"));
	assert_int_equal(members(f->vm2), 1);
	assert_int_equal(members(f->vm1), 0);
	assert_int_equal(fake_holder_out(&env->holder, "hello", 5), 5);
	expect(f, fd, "hello");
	close(fd);
	RUN_UNTIL(env->loop, members(f->vm2) == 0);
}

static void keys_are_echoed_and_lines_are_not(void **state)
{
	struct fixture *f = *state;
	int fd;

	open_lobby(f, "");
	fd = env_dial(f->env, "l");
	expect(f, fd, LIST);
	type(fd, "v");
	expect(f, fd, "v");
	type(fd, "x\b");
	expect(f, fd, "x\b \b");
	type(fd, "m9\r");
	expect(f, fd, "m9\r\n" LIST);
	type(fd, "nosuch\n");
	expect(f, fd, LIST);
	close(fd);
	run_idle(f->env->loop);
}

static void only_its_own_consoles_can_be_chosen(void **state)
{
	static const char *const names[] = { "other", "vm1-log", "l", "" };
	struct fixture *f = *state;
	char text[32];
	int fd;

	open_lobby(f, "");
	fd = env_dial(f->env, "l");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		expect(f, fd, LIST);
		snprintf(text, sizeof(text), "%s\n", names[i]);
		type(fd, text);
	}
	expect(f, fd, LIST);
	close(fd);
	run_idle(f->env->loop);
}

static void who_guesses_too_often_is_sent_away(void **state)
{
	struct fixture *f = *state;
	int fd;

	open_lobby(f, "");
	fd = env_dial(f->env, "l");
	for (int i = 0; i < LOBBY_TRIES; i++) {
		expect(f, fd, LIST);
		type(fd, "vm9\n");
	}
	expect(f, fd, "charhub: there is no console 'vm9' here\r\n");
	expect_end(f, fd);
	close(fd);
}

static void who_does_not_choose_is_sent_away(void **state)
{
	struct fixture *f = *state;
	int fd;

	open_lobby(f, "");
	fd = env_dial(f->env, "l");
	expect(f, fd, LIST);
	type(fd, "vm");
	expect(f, fd, "vm");
	loop_advance(f->env->loop, LOBBY_CHOICE_MS);
	expect(f, fd, "charhub: no console was chosen in time\r\n");
	expect_end(f, fd);
	close(fd);
	fd = env_dial(f->env, "l");
	expect(f, fd, LIST);
	type(fd, "\x04");
	expect(f, fd, "charhub: bye\r\n");
	expect_end(f, fd);
	close(fd);
}

static void who_has_chosen_has_time(void **state)
{
	struct fixture *f = *state;
	int fd;

	open_lobby(f, "");
	fd = env_dial(f->env, "l");
	expect(f, fd, LIST);
	type(fd, "vm1\n");
	RUN_UNTIL(f->env->loop, members(f->vm1) == 1);
	loop_advance(f->env->loop, 2 * LOBBY_CHOICE_MS);
	assert_int_equal(members(f->vm1), 1);
	close(fd);
	RUN_UNTIL(f->env->loop, members(f->vm1) == 0);
}

static void much_that_is_typed_at_once_costs_nothing(void **state)
{
	struct fixture *f = *state;
	char text[20000];
	int fd;

	open_lobby(f, "");
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "a\b", 2);
	fd = env_dial(f->env, "l");
	expect(f, fd, LIST);
	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	type(fd, "vm1\n");
	RUN_UNTIL(f->env->loop, members(f->vm1) == 1);
	close(fd);
	RUN_UNTIL(f->env->loop, members(f->vm1) == 0);
}

/* ---- who says it beforehand ---- */

static int ask_for(struct fixture *f, const char *path)
{
	char request[256], head[256] = "";
	size_t len = 0;
	int fd = env_dial(f->env, "l");

	snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Version: 13\r\n\r\n",
		path);
	type(fd, request);
	while (!strstr(head, "\r\n\r\n")) {
		if (recv(fd, head + len, 1, MSG_DONTWAIT) == 1)
			len++;
		else
			loop_step(f->env->loop, true);
	}
	assert_non_null(strstr(head, " 101 "));
	return fd;
}

static void the_path_of_a_websocket_leads_to_a_console(void **state)
{
	struct fixture *f = *state;
	int fd, query;

	open_lobby(f, ",websocket=on");
	fd = ask_for(f, "/console/vm2");
	RUN_UNTIL(f->env->loop, members(f->vm2) == 1);
	query = ask_for(f, "/console/vm1?token=x");
	RUN_UNTIL(f->env->loop, members(f->vm1) == 1);
	close(fd);
	close(query);
	RUN_UNTIL(f->env->loop, members(f->vm1) + members(f->vm2) == 0);
}

static void another_path_is_asked_and_a_wrong_one_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = -1;

	open_lobby(f, ",websocket=on");
	fd = ask_for(f, "/");
	expect(f, fd, "\x82\x1f" LIST);
	close(fd);
	fd = ask_for(f, "/console/other");
	expect(f, fd,
		"\x82\x2b"
		"charhub: there is no console 'other' here\r\n\x88\x02\x03\xe8");
	expect_end(f, fd);
	close(fd);
	run_idle(f->env->loop);
}

static void it_can_go_at_any_time(void **state)
{
	struct fixture *f = *state;
	int fd, in;

	open_lobby(f, "");
	fd = env_dial(f->env, "l");
	expect(f, fd, LIST);
	in = env_dial(f->env, "l");
	expect(f, in, LIST);
	type(in, "vm1\n");
	RUN_UNTIL(f->env->loop, members(f->vm1) == 1);
	lobby_free(f->lobby);
	f->lobby = NULL;
	expect_end(f, fd);
	assert_int_equal(members(f->vm1), 1);
	close(fd);
	close(in);
	RUN_UNTIL(f->env->loop, members(f->vm1) == 0);
}

static void its_server_may_be_removed(void **state)
{
	struct fixture *f = *state;
	int fd;

	open_lobby(f, "");
	fd = env_dial(f->env, "l");
	expect(f, fd, LIST);
	chardev_free(chardev_set_find(f->env->set, "l"));
	type(fd, "vm1\n");
	RUN_UNTIL(f->env->loop, members(f->vm1) == 1);
	close(fd);
	RUN_UNTIL(f->env->loop, members(f->vm1) == 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_name_leads_to_a_console),
		CASE(keys_are_echoed_and_lines_are_not),
		CASE(only_its_own_consoles_can_be_chosen),
		CASE(who_guesses_too_often_is_sent_away),
		CASE(who_does_not_choose_is_sent_away),
		CASE(who_has_chosen_has_time),
		CASE(much_that_is_typed_at_once_costs_nothing),
		CASE(the_path_of_a_websocket_leads_to_a_console),
		CASE(another_path_is_asked_and_a_wrong_one_is_refused),
		CASE(it_can_go_at_any_time),
		CASE(its_server_may_be_removed),
	};

	return cmocka_run_group_tests_name("lobby/lobby", tests, NULL, NULL);
}
