/* SPDX-License-Identifier: MIT */
/* Who may come in: sharing, limits, listening. */
#include "vnc-fixture.h"

#include "vnc/addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = fixture_new("");
	return 0;
}

static int setup_force(void **state)
{
	*state = fixture_new(",share=force-shared");
	return 0;
}

static int setup_exclusive(void **state)
{
	*state = fixture_new(",share=allow-exclusive");
	return 0;
}

static int setup_two(void **state)
{
	*state = fixture_new(",connections=2");
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static void one_that_wants_to_be_alone_sends_the_others_away(void **state)
{
	struct fixture *f = *state;
	int shared = login(f, true), alone = login(f, false), late;

	assert_true(is_closed(shared));
	late = login(f, true);
	assert_true(is_closed(late));
	assert_false(is_closed(alone));
	close(alone);
	settle(f);
	close(late);
	late = login(f, true);
	assert_false(is_closed(late));
	close(late);
	close(shared);
}

static void force_shared_refuses_one_that_wants_to_be_alone(void **state)
{
	struct fixture *f = *state;
	int shared = login(f, true), alone = login(f, false);

	assert_true(is_closed(alone));
	assert_false(is_closed(shared));
	close(alone);
	close(shared);
}

static void everybody_shares_unless_told_otherwise(void **state)
{
	struct fixture *f = *state;
	int shared = login(f, true), alone = login(f, false);

	assert_false(is_closed(alone));
	assert_false(is_closed(shared));
	close(alone);
	close(shared);
}

static void one_viewer_too_many_is_closed(void **state)
{
	struct fixture *f = *state;
	int a = login(f, true), b = login(f, true), c = login(f, true);

	assert_true(is_closed(c));
	assert_false(is_closed(a));
	close(a);
	settle(f);
	close(c);
	c = login(f, true);
	assert_false(is_closed(c));
	close(b);
	close(c);
}

static void those_who_never_log_in_keep_nobody_out(void **state)
{
	struct fixture *f = *state;
	int silent[5], fd;

	for (unsigned i = 0; i < 5; i++)
		silent[i] = connect_viewer(f);
	assert_true(is_closed(silent[0]));
	assert_true(is_closed(silent[2]));
	assert_false(is_closed(silent[4]));
	fd = login(f, true);
	assert_false(is_closed(fd));
	for (unsigned i = 0; i < 5; i++)
		close(silent[i]);
	close(fd);
}

static struct vnc_server *listen_at(struct fixture *f, const char *text)
{
	struct vnc_context context = { .loop = f->loop, .display = f->display };
	struct vnc_server *server = NULL;
	struct opts *opts = NULL;

	assert_int_equal(opts_parse(text, "vnc", &opts, NULL), 0);
	assert_int_equal(vnc_server_new(&context, opts, &server, NULL), 0);
	opts_free(opts);
	return server;
}

static void who_types_a_password_is_not_thrown_out_for_silent_ones(void **state)
{
	struct fixture *f = *state;
	int person = connect_viewer(f), silent[5];

	PUT(f, person, "RFB 003.008\n");
	for (unsigned i = 0; i < 5; i++)
		silent[i] = connect_viewer(f);
	assert_false(is_closed(person));
	PUT(f, person, "\x01\x01");
	assert_int_equal(f->initialized, 1);
	for (unsigned i = 0; i < 5; i++)
		close(silent[i]);
	close(person);
}

static int connect_tcp(const struct vnc_server *server, const char *from)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const char *colon = strrchr(vnc_server_address(server), ':');

	inet_pton(AF_INET, from, &address.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	address.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	assert_true(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ||
		    errno == EINPROGRESS);
	return fd;
}

static void one_address_keeps_nobody_of_another_out(void **state)
{
	struct fixture *f = *state;
	struct vnc_server *server = listen_at(f, "127.0.0.1:59000,to=59600,connections=3");
	int many[6], person = connect_tcp(server, "127.0.0.2");

	settle(f);
	for (unsigned i = 0; i < 6; i++) {
		many[i] = connect_tcp(server, "127.0.0.3");
		settle(f);
		PUT(f, many[i], "RFB 003.008\n");
	}
	assert_false(is_closed(person));
	assert_true(is_closed(many[0]));
	assert_false(is_closed(many[5]));
	for (unsigned i = 0; i < 6; i++)
		close(many[i]);
	close(person);
	vnc_server_free(server);
}

static void events_tell_who_comes_and_goes(void **state)
{
	struct fixture *f = *state;
	int fd = connect_viewer(f);

	assert_int_equal(f->connected, 1);
	assert_int_equal(f->initialized, 0);
	PUT(f, fd, "RFB 003.008\n\x01\x01");
	assert_int_equal(f->initialized, 1);
	assert_true(vnc_viewer_is_logged_in(vnc_server_next_viewer(f->server, NULL)));
	assert_int_equal(vnc_viewer_console(vnc_server_next_viewer(f->server, NULL)), 2);
	close(fd);
	settle(f);
	assert_int_equal(f->disconnected, 1);
	assert_null(vnc_server_next_viewer(f->server, NULL));
}

static void removed_console_leaves_the_viewer_at_another(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	display_console_remove(f->console);
	settle(f);
	assert_int_equal(vnc_viewer_console(vnc_server_next_viewer(f->server, NULL)), 1);
	request_update(f, fd, false);
	assert_true(drain(f, fd) > 0);
	close(fd);
}

static int connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void unix_sockets_and_websockets_are_served(void **state)
{
	static const char request[] =
		"GET /websockify HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: "
		"Upgrade\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
	char folder[] = "/tmp/vnc-test-XXXXXX", text[128], plain[40], web[40], buf[1024];
	struct fixture *f = *state;
	struct vnc_server *server;
	ssize_t n;
	int fd;

	assert_non_null(mkdtemp(folder));
	snprintf(plain, sizeof(plain), "%s/plain", folder);
	snprintf(web, sizeof(web), "%s/web", folder);
	snprintf(text, sizeof(text), "unix:%s,websocket=unix:%s", plain, web);
	server = listen_at(f, text);
	fd = connect_unix(plain);
	TAKE(f, fd, "RFB 003.008\n");
	close(fd);
	fd = connect_unix(web);
	settle(f);
	assert_int_equal(take_some(fd, buf, sizeof(buf)), -1);
	put_bytewise(f, fd, request, sizeof(request) - 1);
	n = take_some(fd, buf, sizeof(buf));
	assert_true(n > 14);
	assert_memory_equal(buf, "HTTP/1.1 101 ", 13);
	assert_memory_equal(buf + n - 14, "\x82\x0cRFB 003.008\n", 14);
	PUT(f, fd, "\x89\x81\x00\x00\x00\x00p");
	TAKE(f, fd, "\x8a\x01p"); /* before anything else goes that way */
	PUT(f, fd, "\x82\x8c\x00\x00\x00\x00RFB 003.008\n");
	TAKE(f, fd, "\x82\x02\x01\x01");
	PUT(f, fd, "\x88\x80\x00\x00\x00\x00");
	TAKE(f, fd, "\x88\x00");
	assert_true(is_closed(fd));
	close(fd);
	vnc_server_free(server);
	assert_int_equal(rmdir(folder), 0); /* nothing is left in it */
}

/* Together with the websockets, which stay. */
static void too_many_new_addresses_change_nothing(void **state)
{
	char folder[] = "/tmp/vnc-test-XXXXXX", text[128], plain[40], web[40];
	struct vnc_addresses many = { .len = VNC_ADDRESSES_MAX };
	struct fixture *f = *state;
	struct vnc_server *server;
	struct error *err = NULL;
	int fd;

	assert_non_null(mkdtemp(folder));
	snprintf(plain, sizeof(plain), "%s/plain", folder);
	snprintf(web, sizeof(web), "%s/web", folder);
	snprintf(text, sizeof(text), "unix:%s,websocket=unix:%s", plain, web);
	server = listen_at(f, text);
	assert_int_equal(vnc_server_listen(server, &many, &err), -EINVAL);
	assert_string_equal(error_message(err), "vnc: more than 32 addresses");
	error_free(err);
	assert_non_null(vnc_server_websocket(server));
	fd = connect_unix(plain);
	TAKE(f, fd, "RFB 003.008\n");
	close(fd);
	vnc_server_free(server);
	assert_int_equal(rmdir(folder), 0);
}

static void tcp_ports_are_told(void **state)
{
	struct fixture *f = *state;
	struct vnc_server *server = listen_at(f, "127.0.0.1:59000,to=59600,id=v,share=ignore");

	assert_int_equal(strncmp(vnc_server_address(server), "127.0.0.1:64", 12), 0);
	assert_string_equal(vnc_server_id(server), "v");
	assert_null(vnc_server_websocket(server));
	vnc_server_free(server);
}

static void missing_secret_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct vnc_context context = { .loop = f->loop, .display = f->display };
	struct vnc_server *server = NULL;
	struct error *err = NULL;
	struct opts *opts = NULL;

	assert_int_equal(opts_parse("none,password-secret=x", "vnc", &opts, NULL), 0);
	assert_true(vnc_server_new(&context, opts, &server, &err) < 0);
	assert_string_equal(error_message(err), "No secret with id 'x'");
	error_free(err);
	opts_free(opts);
}

#define TEST(name)	     cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_AS(start, name) cmocka_unit_test_setup_teardown(name, start, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_AS(setup_exclusive, one_that_wants_to_be_alone_sends_the_others_away),
		TEST_AS(setup_force, force_shared_refuses_one_that_wants_to_be_alone),
		TEST(everybody_shares_unless_told_otherwise),
		TEST_AS(setup_two, one_viewer_too_many_is_closed),
		TEST_AS(setup_two, those_who_never_log_in_keep_nobody_out),
		TEST_AS(setup_two, who_types_a_password_is_not_thrown_out_for_silent_ones),
		TEST(one_address_keeps_nobody_of_another_out),
		TEST(events_tell_who_comes_and_goes),
		TEST(removed_console_leaves_the_viewer_at_another),
		TEST(unix_sockets_and_websockets_are_served),
		TEST(too_many_new_addresses_change_nothing),
		TEST(tcp_ports_are_told),
		TEST(missing_secret_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
