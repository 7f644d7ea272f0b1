/* SPDX-License-Identifier: MIT */
/* The public face, by its header alone. */
#include "charhub-rig.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the guest ---- */

static void what_is_printed_to_nobody_is_held(void **state)
{
	struct charhub_console_info info = { .size = sizeof(info) };
	char bytes[64];

	(void)state;
	print("hello\r\nworld");
	settle();
	assert_int_equal(charhub_console_info(f.console, &info), 0);
	assert_int_equal(info.end, 12);
	assert_int_equal(info.has_guest, 1);
	assert_int_equal(charhub_console_history(f.console, 7, bytes, sizeof(bytes)), 5);
	assert_memory_equal(bytes, "world", 5);
	assert_int_equal(charhub_console_history(f.console, 12, bytes, sizeof(bytes)), 0);
	assert_int_equal(charhub_console_history(f.console, 13, bytes, sizeof(bytes)), -ERANGE);
}

static void input_that_is_not_taken_comes_again(void **state)
{
	(void)state;
	join(CHARHUB_TYPE);
	f.input_max = 3;
	assert_int_equal(charhub_member_write(f.member, "abcdef", 6), 6);
	assert_int_equal(f.input.len, 0); /* not from inside */
	settle();
	assert_string_equal(f.input.bytes, "abc");
	charhub_console_resume(f.console);
	assert_string_equal(f.input.bytes, "abc");
	settle();
	assert_string_equal(f.input.bytes, "abcdef");
}

static void people_wait_while_the_guest_takes_nothing(void **state)
{
	static const char keys[8192];
	size_t taken = 0;
	ssize_t n;

	(void)state;
	join(CHARHUB_TYPE);
	f.input_max = 0;
	do {
		n = charhub_member_write(f.member, keys, sizeof(keys));
		assert_true(n >= 0);
		taken += (size_t)n;
		settle();
	} while (n);
	assert_true(taken < 4 * sizeof(keys));
	assert_int_equal(f.member_rooms, 0);
	f.input_max = SIZE_MAX;
	charhub_console_resume(f.console);
	settle();
	assert_int_equal(f.member_rooms, 1);
	assert_int_equal(f.input.len, taken);
}

static void a_break_has_its_place_among_the_keys(void **state)
{
	(void)state;
	join(CHARHUB_TYPE);
	assert_int_equal(charhub_member_write(f.member, "ab", 2), 2);
	assert_int_equal(charhub_member_break(f.member), 0);
	assert_int_equal(charhub_member_write(f.member, "cd", 2), 2);
	settle();
	assert_string_equal(f.input.bytes, "ab<break>cd");
}

static void the_guest_is_told_the_size(void **state)
{
	struct charhub_error *err = NULL;

	(void)state;
	assert_int_equal(charhub_console_resize(f.console, 132, 50, NULL), 0);
	settle();
	assert_string_equal(f.input.bytes, "<132x50>");
	assert_int_equal(charhub_console_resize(f.console, 0, 50, &err), -EINVAL);
	assert_non_null(strstr(charhub_error_message(err), "1 to 1000"));
	charhub_error_free(err);
}

static void a_slow_member_makes_the_guest_wait_and_room_is_told_once(void **state)
{
	static const char block[8192];
	ssize_t n;

	(void)state;
	charhub_console_free(f.console);
	open_console("window=64k,stall=wait");
	join(CHARHUB_TYPE);
	f.output_max = 0;
	do
		n = charhub_console_write(f.console, block, sizeof(block));
	while (n == sizeof(block) && (turn(), true));
	assert_true(n >= 0);
	assert_int_equal(f.rooms, 0);
	f.output_max = 1024;
	while (!f.rooms) {
		charhub_member_resume(f.member);
		assert_true(turn());
		f.output.len = 0;
	}
	assert_int_equal(f.rooms, 1);
}

static void may_be_freed_in_its_own_callback(void **state)
{
	(void)state;
	join(CHARHUB_TYPE);
	f.frees_itself = true;
	charhub_member_write(f.member, "x", 1);
	settle();
	assert_null(f.console);
	assert_int_equal(f.member_gone, 1);
	assert_int_equal(charhub_member_write(f.member, "x", 1), -ENODEV);
}

static void a_handle_outlives_what_it_stands_for(void **state)
{
	struct charhub_console_info info = { .size = sizeof(info) };

	(void)state;
	assert_int_equal(charhub_remove(f.hub, "device", "con0", NULL), 0);
	settle();
	assert_int_equal(charhub_remove(f.hub, "chardev", "con0", NULL), 0);
	settle();
	assert_true(f.gone >= 1);
	assert_int_equal(charhub_console_write(f.console, "x", 1), -ENODEV);
	assert_int_equal(charhub_console_info(f.console, &info), -ENODEV);
	charhub_console_free(f.console);
}

static void nobody_is_the_guest_of_a_console_that_was_found(void **state)
{
	struct charhub_console *found;

	(void)state;
	assert_int_equal(charhub_console_find(f.hub, "con0", &found, NULL), 0);
	assert_int_equal(charhub_console_write(found, "x", 1), -EBUSY);
	print("seen");
	charhub_console_free(found);
	assert_int_equal(charhub_console_find(f.hub, "con1", &found, NULL), -ENOENT);
}

/* ---- members ---- */

static void a_member_gets_output_and_its_rest_comes_again(void **state)
{
	(void)state;
	join(CHARHUB_VIEW);
	f.output_max = 2;
	print("abcd");
	settle();
	assert_string_equal(f.output.bytes, "ab");
	charhub_member_resume(f.member);
	settle();
	assert_string_equal(f.output.bytes, "abcd");
}

static void who_may_only_look_types_nothing(void **state)
{
	(void)state;
	join(CHARHUB_VIEW);
	assert_int_equal(charhub_member_write(f.member, "x", 1), 1);
	settle();
	assert_int_equal(f.input.len, 0);
}

static void a_descriptor_is_a_member_until_its_peer_goes(void **state)
{
	struct charhub_member_config config = { .size = sizeof(config),
		.has_fd = true,
		.on_gone = on_member_gone,
		.data = &f,
		.replay = CHARHUB_REPLAY_NONE };
	char bytes[16];
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	config.fd = ends[0];
	assert_int_equal(charhub_member_new(f.console, &config, &f.member, NULL), 0);
	assert_int_equal(fcntl(ends[0], F_GETFD), -1); /* the library's, which has another number */
	settle();
	print("out");
	settle();
	assert_int_equal(read(ends[1], bytes, sizeof(bytes)), 3);
	assert_int_equal(write(ends[1], "in", 2), 2);
	AWAIT(f.input.len);
	assert_string_equal(f.input.bytes, "in");
	close(ends[1]);
	AWAIT(f.member_gone);
	charhub_member_free(f.member);
}

static void what_is_no_stream_is_refused_and_stays_its_owners(void **state)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct charhub_error *err = NULL;

	(void)state;
	assert_int_equal(charhub_console_add_fd(f.console, fd, &err), -EINVAL);
	assert_non_null(strstr(charhub_error_message(err), "no socket, no terminal and no pipe"));
	charhub_error_free(err);
	assert_int_equal(close(fd), 0);
}

static void a_chardev_is_a_member_by_its_name(void **state)
{
	struct charhub_member_config config = {
		.size = sizeof(config), .chardev = "mem", .on_gone = on_member_gone, .data = &f
	};

	(void)state;
	assert_int_equal(charhub_member_new(f.console, &config, &f.member, NULL), -ENOENT);
	assert_int_equal(charhub_add(f.hub, "chardev", "ringbuf,id=mem", NULL), 0);
	assert_int_equal(charhub_member_new(f.console, &config, &f.member, NULL), 0);
	assert_int_equal(charhub_member_new(f.console, &config, &f.member, NULL), -EBUSY);
	charhub_member_free(f.member);
	settle();
	assert_int_equal(f.member_gone, 0);
	assert_int_equal(charhub_member_new(f.console, &config, &f.member, NULL), 0);
	charhub_command(f.hub, "hub-remove-member", "{\"hub\":\"con0\",\"chardev\":\"mem\"}",
		on_answer, &f, NULL);
	settle();
	assert_int_equal(f.member_gone, 1);
}

static void two_of_a_name_are_refused(void **state)
{
	struct charhub_member_config config = {
		.size = sizeof(config), .id = "me", .on_output = on_output, .data = &f
	};
	struct charhub_member *second;

	(void)state;
	join(CHARHUB_TYPE);
	assert_int_equal(charhub_member_new(f.console, &config, &second, NULL), -EEXIST);
	config.has_fd = true;
	config.fd = 0;
	assert_int_equal(charhub_member_new(f.console, &config, &second, NULL), -EINVAL);
}

static void a_member_has_a_terminal_of_some_size(void **state)
{
	(void)state;
	join(CHARHUB_TYPE);
	assert_int_equal(charhub_member_resize(f.member, 132, 43), 0);
	settle();
	assert_string_equal(f.input.bytes, "<132x43>");
	assert_int_equal(charhub_member_resize(f.member, 0, 43), -EINVAL);
	assert_int_equal(charhub_member_resize(f.member, 132, 1001), -EINVAL);
}

static void a_descriptor_types_for_itself(void **state)
{
	struct charhub_member_config config = { .size = sizeof(config), .has_fd = true };
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	config.fd = ends[0];
	assert_int_equal(charhub_member_new(f.console, &config, &f.member, NULL), 0);
	assert_int_equal(charhub_member_write(f.member, "x", 1), -EINVAL);
	assert_int_equal(charhub_member_break(f.member), -EINVAL);
	assert_int_equal(charhub_member_resize(f.member, 80, 24), -EINVAL);
	charhub_member_free(f.member);
	close(ends[1]);
}

static void what_has_gone_says_so(void **state)
{
	struct charhub_console_info info = { .size = sizeof(info) };
	struct charhub_member_config config = {
		.size = sizeof(config), .on_output = on_output, .data = &f
	};
	struct charhub_member *member;
	struct charhub_cell cell;
	char *data, byte;
	size_t len;

	(void)state;
	join(CHARHUB_TYPE);
	assert_int_equal(charhub_remove(f.hub, "device", "con0", NULL), 0);
	settle();
	assert_int_equal(charhub_remove(f.hub, "chardev", "con0", NULL), 0);
	settle();
	assert_int_equal(f.member_gone, 1);
	assert_int_equal(charhub_member_write(f.member, "x", 1), -ENODEV);
	assert_int_equal(charhub_member_break(f.member), -ENODEV);
	assert_int_equal(charhub_member_resize(f.member, 80, 24), -ENODEV);
	charhub_member_resume(f.member);
	assert_int_equal(charhub_console_resize(f.console, 80, 24, NULL), -ENODEV);
	assert_int_equal(charhub_console_info(f.console, &info), -ENODEV);
	assert_int_equal(charhub_console_history(f.console, 0, &byte, 1), -ENODEV);
	assert_int_equal(charhub_console_cells(f.console, 0, &cell, 1), -ENODEV);
	assert_int_equal(
		charhub_console_screen(f.console, CHARHUB_TEXT, &data, &len, NULL), -ENODEV);
	assert_int_equal(charhub_console_add_fd(f.console, 0, NULL), -ENODEV);
	assert_int_equal(charhub_member_new(f.console, &config, &member, NULL), -ENODEV);
	charhub_console_resume(f.console);
}

/* A pipe that nobody reads any more raises SIGPIPE in who writes, whose default is the end. */
static void no_signal_is_raised(void **state)
{
	struct sigaction before, after;
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	sigaction(SIGPIPE, NULL, &before);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(charhub_console_add_fd(f.console, ends[1], NULL), 0);
	settle();
	close(ends[0]);
	print("into the void");
	settle();
	print("again");
	settle();
	sigaction(SIGPIPE, NULL, &after);
	assert_ptr_equal(before.sa_handler, after.sa_handler);
}

/* ---- the screen ---- */

static void the_screen_is_shown_in_every_form(void **state)
{
	char *data = NULL;
	size_t len = 0;

	(void)state;
	charhub_console_free(f.console);
	open_console("terminal=on");
	print("one\r\n\033[1;31mtwo\033[m");
	settle();
	assert_int_equal(charhub_console_screen(f.console, CHARHUB_TEXT, &data, &len, NULL), 0);
	assert_memory_equal(data, "one\ntwo\n", 8);
	assert_int_equal(strlen(data), len);
	charhub_free_data(data);
	assert_int_equal(charhub_console_screen(f.console, CHARHUB_VT, &data, &len, NULL), 0);
	assert_non_null(strstr(data, "two"));
	charhub_free_data(data);
	assert_int_equal(charhub_console_screen(f.console, CHARHUB_PNG, &data, &len, NULL), 0);
	assert_memory_equal(data, "\x89PNG", 4);
	charhub_free_data(data);
	assert_int_equal(
		charhub_console_screen(f.console, (enum charhub_format)9, &data, &len, NULL),
		-EINVAL);
}

static void cells_have_text_colours_and_attributes(void **state)
{
	struct charhub_cell cells[80];

	(void)state;
	charhub_console_free(f.console);
	open_console("terminal=on");
	print("a\033[1;4me\xcc\x81\033[m\xe4\xb8\xad");
	settle();
	assert_int_equal(charhub_console_cells(f.console, 0, cells, 80), 80);
	assert_string_equal(cells[0].text, "a");
	assert_int_equal(cells[0].attributes, 0);
	assert_string_equal(cells[1].text, "e\xcc\x81");
	assert_int_equal(cells[1].attributes, CHARHUB_BOLD | CHARHUB_UNDERLINE);
	assert_string_equal(cells[2].text, "\xe4\xb8\xad");
	assert_int_equal(cells[2].width, 2);
	assert_int_equal(cells[3].width, 0);
	assert_int_equal(cells[4].attributes, CHARHUB_CURSOR);
	assert_string_equal(cells[5].text, "");
	assert_int_equal(charhub_console_cells(f.console, 0, cells, 1), 80);
	assert_int_equal(charhub_console_cells(f.console, 1000, cells, 80), -ERANGE);
}

static void who_is_no_terminal_has_no_screen(void **state)
{
	char *data = NULL;
	size_t len;

	(void)state;
	charhub_console_free(f.console);
	open_console("terminal=off");
	assert_int_equal(
		charhub_console_screen(f.console, CHARHUB_TEXT, &data, &len, NULL), -EINVAL);
}

/* ---- making, steering ---- */

static void errors_say_what_and_what_would_be_right(void **state)
{
	const struct charhub_option no_value[] = { { "backend", "null" }, { "id", NULL }, { 0 } };
	struct charhub_error *err = NULL;

	(void)state;
	assert_int_equal(charhub_add(f.hub, "chardev", "nul,id=a", &err), -EINVAL);
	assert_non_null(strstr(charhub_error_message(err), "nul"));
	assert_int_equal(charhub_error_code(err), EINVAL);
	charhub_error_free(err);
	err = NULL;
	assert_int_equal(charhub_add(f.hub, "cardev", "null,id=a", &err), -EINVAL);
	assert_non_null(strstr(charhub_error_hint(err), "chardev"));
	charhub_error_free(err);
	err = NULL;
	assert_int_equal(charhub_add_options(f.hub, "chardev", no_value, &err), -EINVAL);
	assert_non_null(strstr(charhub_error_message(err), "'id' has no value"));
	charhub_error_free(err);
	assert_int_equal(charhub_add(f.hub, "chardev", "stdio,id=a", NULL), -EINVAL);
	assert_int_equal(charhub_remove(f.hub, "vnc", "a", NULL), -EINVAL);
	assert_int_equal(charhub_remove(f.hub, "chardev", "a", NULL), -ENOENT);
}

static void text_json_and_options_make_the_same(void **state)
{
	const struct charhub_option options[] = { { "backend", "null" }, { "id", "c" }, { 0 } };

	(void)state;
	assert_int_equal(charhub_add(f.hub, "chardev", "null,id=a", NULL), 0);
	assert_int_equal(
		charhub_add(f.hub, "chardev", "{\"backend\":\"null\",\"id\":\"b\"}", NULL), 0);
	assert_int_equal(charhub_add_options(f.hub, "chardev", options, NULL), 0);
	assert_int_equal(charhub_add_options(f.hub, "chardev", options, NULL), -EEXIST);
	assert_int_equal(charhub_remove(f.hub, "chardev", "c", NULL), 0);
}

/* What stands in its fields is found by name: the rest is for who reads JSON. */
static void assert_answer(const char *command, const char *arguments, const char *holds)
{
	assert_int_equal(charhub_command(f.hub, command, arguments, on_answer, &f, NULL), 0);
	assert_int_equal(f.answer_code, 0);
	if (!strstr(f.answer, holds))
		fail_msg("%s says %s", command, f.answer);
}

/* Each kind that a program has as an option, and what of it can be unmade. */
static void every_kind_of_thing_can_be_made(void **state)
{
	char folder[] = "/tmp/charhub-kinds-XXXXXX", text[128];
	const char *const made[][2] = { { "chardev", "socket,id=m,server=on,wait=off,path=%s/m" },
		{ "object", "secret,id=s,data=x" }, { "mon", "chardev=m,mode=control,id=mon" },
		{ "listen", "unix:%s/l" }, { "vnc", "unix:%s/v" }, { "metrics", "unix:%s/p" },
		{ "audit", "%s/a" } };

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		struct charhub_error *err = NULL;
		const char *format = made[i][1], *at = strstr(format, "%s");

		snprintf(text, sizeof(text), "%.*s%s%s",
			at ? (int)(at - format) : (int)strlen(format), format, at ? folder : "",
			at ? at + 2 : "");
		if (charhub_add(f.hub, made[i][0], text, &err) < 0)
			fail_msg("%s: %s", made[i][0], charhub_error_message(err));
	}
	assert_answer("query-vnc-servers", NULL, "/v\"");
	assert_int_equal(charhub_remove(f.hub, "chardev", "m", NULL), -EBUSY);
	assert_int_equal(charhub_remove(f.hub, "mon", "mon", NULL), 0);
	settle();
	assert_int_equal(charhub_remove(f.hub, "chardev", "m", NULL), 0);
	assert_int_equal(charhub_remove(f.hub, "object", "s", NULL), 0);
	for (const char *const *kind =
			(const char *const[]){ "listen", "vnc", "metrics", "audit", NULL };
		*kind; kind++)
		assert_int_equal(charhub_remove(f.hub, *kind, "l", NULL), -EINVAL);
	charhub_free(f.hub);
	f.hub = NULL;
	snprintf(text, sizeof(text), "%s/a", folder);
	assert_int_equal(unlink(text), 0);
	assert_int_equal(rmdir(folder), 0); /* the sockets have gone with what listened */
}

static void commands_answer_at_once_or_later(void **state)
{
	(void)state;
	assert_int_equal(charhub_command(f.hub, "query-consoles", NULL, on_answer, &f, NULL), 0);
	assert_int_equal(f.answers, 1);
	assert_non_null(strstr(f.answer, "\"guest\":\"program\""));
	assert_int_equal(
		charhub_command(f.hub, "console-wait",
			"{\"console\":\"con0\",\"pattern\":\"login:\"}", on_answer, &f, NULL),
		0);
	settle();
	assert_int_equal(f.answers, 1);
	print("x login: ");
	AWAIT(f.answers == 2);
	assert_int_equal(f.answer_code, 0);
	assert_int_equal(charhub_command(f.hub, "query-what", NULL, on_answer, &f, NULL), -ENOENT);
	assert_int_equal(charhub_command(f.hub, "query-hubs", "[", on_answer, &f, NULL), -EINVAL);
	assert_int_equal(charhub_command(f.hub, "query-hubs", "[]", on_answer, &f, NULL), -EINVAL);
	assert_int_equal(f.answers, 2);
	charhub_command(f.hub, "query-hubs", "{\"id\":\"no\"}", on_answer, &f, NULL);
	assert_int_equal(f.answer_code, ENOENT);
	/* One that is still at work when the context goes. */
	charhub_command(f.hub, "console-wait", "{\"console\":\"con0\",\"pattern\":\"never\"}",
		on_answer, &f, NULL);
}

static void all_consoles_of_a_context_have_one_bound(void **state)
{
	struct charhub_console_info info = { .size = sizeof(info) };
	struct charhub *other;
	char line[64];

	(void)state;
	assert_answer("memory-max", "{\"size\":262144}", "{}");
	assert_answer("query-memory", NULL, "\"max\":262144");
	for (unsigned i = 0; i < 1 << 16; i++) {
		snprintf(line, sizeof(line), "%u%08x%08x\n", i, i * 2654435761u, ~i * 40503u);
		print(line);
		turn();
	}
	AWAIT(strstr(f.events.bytes, "HUB_HISTORY_DROPPED{\"hub\":\"con0\""));
	assert_int_equal(charhub_console_info(f.console, &info), 0);
	assert_true(info.held_from > info.kept);
	assert_int_equal(charhub_console_history(f.console, info.kept, line, 1), -ERANGE);
	assert_int_equal(charhub_console_history(f.console, info.held_from, line, 1), 1);
	/* Another context has a bound of its own. */
	assert_int_equal(charhub_new(NULL, &other, NULL), 0);
	assert_int_equal(charhub_command(other, "query-memory", NULL, on_answer, &f, NULL), 0);
	assert_null(strstr(f.answer, "\"max\""));
	charhub_free(other);
}

static void what_happens_is_told(void **state)
{
	(void)state;
	join(CHARHUB_TYPE);
	assert_non_null(
		strstr(f.events.bytes, "HUB_MEMBER_JOINED{\"hub\":\"con0\",\"member\":\"me\""));
}

static void messages_come_with_level_and_folder(void **state)
{
	(void)state;
	charhub_add(f.hub, "chardev", "null,id=a,mux", NULL);
	assert_non_null(strstr(f.log.bytes, "2 opts "));
	charhub_free(f.hub);
	open_hub(CHARHUB_LOG_DEBUG);
	charhub_add(f.hub, "chardev", "null,id=a", NULL);
	assert_non_null(strstr(f.log.bytes, "4 chardev chardev 'a': is a null\n"));
	charhub_free(f.hub);
	open_hub(CHARHUB_LOG_NONE);
	charhub_add(f.hub, "chardev", "null,id=a,mux", NULL);
	assert_int_equal(f.log.len, 0);
}

static void contexts_know_nothing_of_each_other(void **state)
{
	struct charhub *other = NULL;

	(void)state;
	assert_int_equal(charhub_new(NULL, &other, NULL), 0);
	assert_int_equal(charhub_add(other, "chardev", "null,id=a,mux", NULL), 0);
	assert_null(strstr(f.log.bytes, "opts"));
	assert_int_equal(charhub_remove(f.hub, "chardev", "a", NULL), -ENOENT);
	charhub_free(other);
}

static void structs_of_another_age_are_read(void **state)
{
	struct {
		struct charhub_console_config config;
		char news[64];
	} newer = { .config = { .size = sizeof(newer), .id = "con1" } };
	struct charhub_console_config none = { .id = "con2" };
	struct charhub_console_info info = { .size = offsetof(struct charhub_console_info, rows),
		.rows = 4711 };
	struct charhub_console *console;

	(void)state;
	assert_int_equal(charhub_console_new(f.hub, &newer.config, &console, NULL), 0);
	assert_int_equal(charhub_console_new(f.hub, &none, &console, NULL), -EINVAL);
	newer.config.id = "con3";
	newer.config.size = offsetof(struct charhub_console_config, flags);
	newer.config.flags = 0x80; /* behind the end of an old struct */
	assert_int_equal(charhub_console_new(f.hub, &newer.config, &console, NULL), 0);
	assert_int_equal(charhub_console_info(console, &info), 0);
	assert_int_equal(info.cols, 80);
	assert_int_equal(info.rows, 4711);
}

/* ---- threads ---- */

static void note_post(void *data)
{
	append(&f.output, data, 1);
	if (*(const char *)data == '9')
		charhub_stop(f.hub);
}

static void *post_digits(void *data)
{
	static char digits[] = "0123456789";

	for (size_t i = 0; i < 10; i++)
		assert_int_equal(charhub_post(f.hub, note_post, &digits[i]), 0);
	return data;
}

static void what_another_thread_posts_runs_here_in_order(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, post_digits, NULL), 0);
	charhub_run(f.hub);
	pthread_join(thread, NULL);
	assert_string_equal(f.output.bytes, "0123456789");
	charhub_post(f.hub, note_post, (char[]){ "x" });
	settle();
	assert_string_equal(f.output.bytes, "0123456789x");
}

static void the_version_is_that_of_the_header(void **state)
{
	char text[32];

	(void)state;
	snprintf(text, sizeof(text), "%d.%d.%d", CHARHUB_VERSION_MAJOR, CHARHUB_VERSION_MINOR,
		CHARHUB_VERSION_PATCH);
	assert_string_equal(charhub_version(), text);
	assert_int_equal(charhub_version_number(), CHARHUB_VERSION_NUMBER);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_printed_to_nobody_is_held),
		CASE(input_that_is_not_taken_comes_again),
		CASE(people_wait_while_the_guest_takes_nothing),
		CASE(a_break_has_its_place_among_the_keys),
		CASE(the_guest_is_told_the_size),
		CASE(a_slow_member_makes_the_guest_wait_and_room_is_told_once),
		CASE(may_be_freed_in_its_own_callback),
		CASE(a_handle_outlives_what_it_stands_for),
		CASE(nobody_is_the_guest_of_a_console_that_was_found),
		CASE(a_member_gets_output_and_its_rest_comes_again),
		CASE(who_may_only_look_types_nothing),
		CASE(a_descriptor_is_a_member_until_its_peer_goes),
		CASE(what_is_no_stream_is_refused_and_stays_its_owners),
		CASE(a_chardev_is_a_member_by_its_name),
		CASE(two_of_a_name_are_refused),
		CASE(a_member_has_a_terminal_of_some_size),
		CASE(a_descriptor_types_for_itself),
		CASE(what_has_gone_says_so),
		CASE(no_signal_is_raised),
		CASE(the_screen_is_shown_in_every_form),
		CASE(cells_have_text_colours_and_attributes),
		CASE(who_is_no_terminal_has_no_screen),
		CASE(errors_say_what_and_what_would_be_right),
		CASE(text_json_and_options_make_the_same),
		CASE(every_kind_of_thing_can_be_made),
		CASE(commands_answer_at_once_or_later),
		CASE(all_consoles_of_a_context_have_one_bound),
		CASE(what_happens_is_told),
		CASE(messages_come_with_level_and_folder),
		CASE(contexts_know_nothing_of_each_other),
		CASE(structs_of_another_age_are_read),
		CASE(what_another_thread_posts_runs_here_in_order),
		CASE(the_version_is_that_of_the_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
