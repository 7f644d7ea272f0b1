/* SPDX-License-Identifier: MIT */
/* The journal and a syslog server are sockets of this test; the clock is turned by hand. */
#include "backend/backends.h"
#include "backend/sink.h"
#include "base/cleanup.h"
#include "hub/hub.h"
#include "lib/env.h"
#include "transport/passed-fds.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_journald_class,
	&backend_syslog_class, &hub_class, NULL };

enum { RETRY_MS = 1000, MESSAGE_BYTES = 65536 };

struct fixture {
	struct env *env;
	struct fake_holder *holder;
	int server, connection;
	unsigned port;
	char got[MESSAGE_BYTES];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->env = env_new(classes);
	f->holder = &f->env->holder;
	f->server = f->connection = -1;
	loop_fake_clock(f->env->loop);
	*state = f;
	return 0;
}

static void close_server(struct fixture *f)
{
	if (f->server >= 0)
		close(f->server);
	if (f->connection >= 0)
		close(f->connection);
	f->server = f->connection = -1;
	unlink(env_path(f->env, "s"));
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close_server(f);
	env_free(f->env);
	free(f);
	return 0;
}

static void serve_unix(struct fixture *f)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", env_path(f->env, "s"));
	f->server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(f->server, (struct sockaddr *)&name, sizeof(name)), 0);
}

/* At the port it has had before, if any. */
static void serve_inet(struct fixture *f, int type)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons((uint16_t)f->port) };
	socklen_t len = sizeof(name);
	int on = 1;

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->server = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(f->server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(f->server, (struct sockaddr *)&name, len), 0);
	assert_int_equal(getsockname(f->server, (struct sockaddr *)&name, &len), 0);
	f->port = ntohs(name.sin_port);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(f->server, 8), 0);
}

static struct chardev *add(struct fixture *f, const char *text)
{
	struct chardev *chardev = env_add(f->env, text);

	env_attach(f->env, chardev);
	run_idle(f->env->loop);
	return chardev;
}

static struct chardev *add_inet(struct fixture *f, const char *transport)
{
	char text[128];

	snprintf(text, sizeof(text), "syslog,id=s,host=127.0.0.1,port=%u,transport=%s", f->port,
		transport);
	return add(f, text);
}

static void print(struct fixture *f, const char *text)
{
	assert_int_equal(fake_holder_out(f->holder, text, strlen(text)), strlen(text));
	run_idle(f->env->loop);
}

static void wait_ms(struct fixture *f, uint64_t ms)
{
	loop_advance(f->env->loop, ms);
	run_idle(f->env->loop);
}

/* The next datagram, with a NUL behind it. Return: its length; -1: there is none. */
static ssize_t receive(struct fixture *f)
{
	ssize_t got = recv(f->server, f->got, sizeof(f->got) - 1, 0);

	f->got[got > 0 ? got : 0] = '\0';
	return got;
}

static void expect_begin(struct fixture *f, const char *begin)
{
	assert_true(receive(f) > 0);
	if (strncmp(f->got, begin, strlen(begin)))
		fail_msg("'%s' does not begin with '%s'", f->got, begin);
}

static void expect_nothing(struct fixture *f)
{
	if (receive(f) >= 0)
		fail_msg("'%s' came", f->got);
}

/* Of a message of RFC 5424: its MSGID and what stands behind the structured data. */
static void expect_syslog(struct fixture *f, const char *msgid, const char *text)
{
	const char *behind;
	char field[16];

	assert_true(receive(f) > 0);
	behind = strstr(f->got, "] ");
	if (sscanf(f->got, "%*s %*s %*s %*s %*s %15s", field) != 1 || !behind ||
		strcmp(field, msgid) || strcmp(behind + 2, text))
		fail_msg("'%s' is no %s '%s'", f->got, msgid, text);
}

/* ---- the journal ---- */

static void a_line_is_an_entry_with_fields(void **state)
{
	struct fixture *f = *state;
	char *stamp, *end;

	serve_unix(f);
	add(f, "journald,id=j0,path=%s/s,identifier=box,priority=notice,console=vm1");
	print(f, "\033[1mone\033[0m\r\n");
	assert_true(receive(f) > 0);
	stamp = strstr(f->got, "SYSLOG_TIMESTAMP=");
	assert_non_null(stamp);
	end = strchr(stamp, '\n');
	assert_int_equal(end - stamp, strlen("SYSLOG_TIMESTAMP=2026-11-29T18:03:22.417Z"));
	memmove(stamp, end + 1, strlen(end));
	assert_string_equal(f->got, "MESSAGE=one\nPRIORITY=5\nSYSLOG_IDENTIFIER=box\nCONSOLE=vm1\n"
				    "CHARHUB_CHARDEV=j0\nCHARHUB_ENTRY=line\n");
}

static void a_console_is_called_as_its_hub_is(void **state)
{
	struct fixture *f = *state;
	struct chardev *hub;

	serve_unix(f);
	env_add(f->env, "journald,id=j0,path=%s/s");
	hub = env_add(f->env, "hub,id=vm1,chardevs.0=j0");
	env_attach(f->env, hub);
	run_idle(f->env->loop);
	print(f, "one\n");
	expect_begin(f, "MESSAGE=one\n");
	assert_non_null(strstr(f->got, "\nCONSOLE=vm1\n"));
}

static void without_a_hub_it_is_called_as_itself(void **state)
{
	struct fixture *f = *state;

	serve_unix(f);
	add(f, "journald,id=j0,path=%s/s");
	print(f, "one\n");
	expect_begin(f, "MESSAGE=one\n");
	assert_non_null(strstr(f->got, "\nCONSOLE=j0\n"));
}

static void what_is_no_text_is_a_binary_field(void **state)
{
	struct fixture *f = *state;
	static const char begin[] = "MESSAGE\n\3\0\0\0\0\0\0\0a\377b\nPRIORITY=6\n";

	serve_unix(f);
	add(f, "journald,id=j0,path=%s/s");
	print(f, "a\377b\n");
	assert_true(receive(f) > (ssize_t)sizeof(begin));
	assert_memory_equal(f->got, begin, sizeof(begin) - 1);
	print(f, "gr\303\274n\n");
	expect_begin(f, "MESSAGE=gr\303\274n\n");
}

static void a_prompt_goes_out_after_a_quiet_time(void **state)
{
	struct fixture *f = *state;

	serve_unix(f);
	add(f, "journald,id=j0,path=%s/s");
	print(f, "boot\nlog");
	expect_begin(f, "MESSAGE=boot\n");
	wait_ms(f, SINK_QUIET_MS - 1);
	print(f, "in: ");
	wait_ms(f, SINK_QUIET_MS - 1);
	expect_nothing(f);
	wait_ms(f, 1);
	expect_begin(f, "MESSAGE=login: \n");
	assert_non_null(strstr(f->got, "\nCHARHUB_ENTRY=part\n"));
	print(f, "root\n");
	expect_begin(f, "MESSAGE=root\n");
	wait_ms(f, 10 * SINK_QUIET_MS);
	expect_nothing(f);
}

/* The socket of the chardev: it is the one of this process that is connected to the server. */
static int find_connection(struct fixture *f)
{
	for (int fd = 3; fd < 100; fd++) {
		struct sockaddr_un name = { 0 };
		socklen_t len = sizeof(name);

		if (getpeername(fd, (struct sockaddr *)&name, &len) == 0 &&
			!strcmp(name.sun_path, env_path(f->env, "s")))
			return fd;
	}
	fail_msg("there is no connection");
	return -1;
}

/* Return: the one that comes with an empty datagram; -ENOENT: there is none. */
static int receive_fd(int from)
{
	struct passed_fds passed = { .n = 0 };
	struct msghdr message = { .msg_iov = NULL };

	assert_int_equal(passed_fds_recvmsg(&passed, from, &message, 0), 0);
	return passed_fds_take(&passed);
}

/* QEMU's emulation of programs loses descriptors that come with no bytes. */
static bool are_passed_without_bytes(void)
{
	int pair[2], came;

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(passed_fds_send(pair[0], NULL, 0, pair[0], 0), 0);
	came = receive_fd(pair[1]);
	if (came >= 0)
		close(came);
	close(pair[0]);
	close(pair[1]);
	return came >= 0;
}

static void what_no_datagram_takes_is_a_sealed_file(void **state)
{
	struct fixture *f = *state;
	char line[8001] = "";
	int small = 1, file;
	ssize_t got;

	if (!are_passed_without_bytes())
		skip();
	serve_unix(f);
	add(f, "journald,id=j0,path=%s/s");
	setsockopt(find_connection(f), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	memset(line, 'x', sizeof(line) - 1);
	line[8000 - 1] = '\n';
	print(f, line);
	print(f, "short\n");
	file = receive_fd(f->server);
	assert_true(file >= 0);
	assert_int_equal(
		fcntl(file, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	got = pread(file, f->got, sizeof(f->got) - 1, 0);
	close(file);
	assert_true(got > 8000);
	f->got[got] = '\0';
	assert_memory_equal(f->got, "MESSAGE=xxx", 11);
	assert_non_null(strstr(f->got, "x\nPRIORITY=6\n"));
	expect_begin(f, "MESSAGE=short\n");
}

/* ---- a server that is slow, or away ---- */

static void lines_wait_for_a_server(void **state)
{
	struct fixture *f = *state;
	struct chardev *chardev = add(f, "journald,id=j0,path=%s/s");

	assert_true(chardev_is_open(chardev));
	print(f, "one\ntwo\n");
	serve_unix(f);
	wait_ms(f, RETRY_MS);
	expect_begin(f, "MESSAGE=one\n");
	expect_begin(f, "MESSAGE=two\n");
	expect_nothing(f);
}

static void a_server_may_be_started_anew(void **state)
{
	struct fixture *f = *state;

	serve_unix(f);
	add(f, "journald,id=j0,path=%s/s");
	print(f, "one\n");
	expect_begin(f, "MESSAGE=one\n");
	close_server(f);
	print(f, "two\n");
	serve_unix(f);
	print(f, "three\n");
	expect_nothing(f);
	wait_ms(f, RETRY_MS);
	expect_begin(f, "MESSAGE=two\n");
	expect_begin(f, "MESSAGE=three\n");
}

/* Print numbered lines until no more is taken, or @most. Return: how many. */
static unsigned print_many(struct fixture *f, unsigned most)
{
	char line[64];
	unsigned n = 0;

	for (; n < most; n++) {
		int len = snprintf(line, sizeof(line), "%040u\n", n);

		if (fake_holder_out(f->holder, line, (size_t)len) != len)
			break;
	}
	return n;
}

/* Read all that comes while the loop runs, lines in their order. Return: how many there are. */
static unsigned read_many(struct fixture *f, unsigned from, unsigned *ret_missing)
{
	static const char note[] = "MESSAGE=[charhub: ";
	unsigned number, n = from;

	*ret_missing = 0;
	for (; receive(f) >= 0; run_idle(f->env->loop)) {
		if (!strncmp(f->got, note, strlen(note))) {
			assert_int_equal(sscanf(f->got + strlen(note), "%u", &number), 1);
			assert_non_null(strstr(f->got, " lines are missing here]\n"));
			assert_non_null(strstr(f->got, "\nCHARHUB_ENTRY=note\n"));
			*ret_missing += number;
			n += number;
			continue;
		}
		assert_int_equal(sscanf(f->got, "MESSAGE=%u", &number), 1);
		assert_int_equal(number, n);
		n++;
	}
	return n;
}

static void who_cannot_wait_loses_lines_that_are_counted(void **state)
{
	struct fixture *f = *state;
	unsigned missing;

	add(f, "journald,id=j0,path=%s/s");
	assert_int_equal(print_many(f, 10000), 10000);
	serve_unix(f);
	wait_ms(f, RETRY_MS);
	assert_int_equal(read_many(f, 0, &missing), 10000);
	assert_in_range(missing, 1000, 9000);
	print(f, "after\n");
	expect_begin(f, "MESSAGE=after\n");
}

static void who_can_wait_keeps_what_finds_no_room(void **state)
{
	struct fixture *f = *state;
	unsigned n, missing;

	add(f, "journald,id=j0,path=%s/s");
	chardev_link_set_flags(&f->holder->link, CHARDEV_LINK_PATIENT);
	n = print_many(f, 10000);
	assert_in_range(n, 1000, 9000);
	serve_unix(f);
	wait_ms(f, RETRY_MS);
	assert_int_equal(read_many(f, 0, &missing), n);
	assert_int_equal(missing, 0);
	assert_int_equal(f->holder->room_calls, 1);
}

static void a_slow_server_is_waited_for(void **state)
{
	struct fixture *f = *state;
	unsigned n, missing;

	serve_unix(f);
	add(f, "journald,id=j0,path=%s/s");
	n = print_many(f, 100000);
	assert_in_range(n, 1000, 90000);
	assert_int_equal(read_many(f, 0, &missing), n);
	assert_int_equal(missing, 0);
	assert_int_equal(f->holder->room_calls, 1);
}

static void a_lot_at_once_is_taken_bit_by_bit(void **state)
{
	struct fixture *f = *state;
	char *many = malloc(200000);

	memset(many, '\n', 200000);
	serve_unix(f);
	add(f, "journald,id=j0,path=%s/s");
	assert_int_equal(fake_holder_out(f->holder, many, 200000), 65536);
	run_idle(f->env->loop);
	assert_int_equal(f->holder->room_calls, 1);
	free(many);
}

/* ---- syslog ---- */

static void a_datagram_is_a_message_of_rfc_5424(void **state)
{
	struct fixture *f = *state;
	int year, month, day, hour, minute, second, ms, at = 0;

	serve_inet(f, SOCK_DGRAM);
	add_inet(f, "udp,facility=local0,severity=err,app-name=box,console=a\"b\\\\c]");
	print(f, "one\n");
	assert_true(receive(f) > 0);
	assert_int_equal(sscanf(f->got, "<131>1 %d-%d-%dT%d:%d:%d.%3dZ %*[!-~] box %*u line %n",
				 &year, &month, &day, &hour, &minute, &second, &ms, &at),
		7);
	assert_string_equal(
		f->got + at, "[charhub@32473 console=\"a\\\"b\\\\\\\\c\\]\" chardev=\"s\"] one");
}

static void text_is_marked_if_it_is_more_than_ascii(void **state)
{
	struct fixture *f = *state;

	serve_inet(f, SOCK_DGRAM);
	add_inet(f, "udp");
	print(f, "one\ngr\303\274n\na\377\n");
	expect_syslog(f, "line", "one");
	expect_syslog(f, "line", "\357\273\277gr\303\274n");
	expect_syslog(f, "line", "a\377");
}

static void a_datagram_passes_every_network(void **state)
{
	struct fixture *f = *state;
	char line[3001] = "";
	size_t sum = 0;

	serve_inet(f, SOCK_DGRAM);
	add_inet(f, "udp");
	memset(line, 'x', sizeof(line) - 1);
	line[3000 - 1] = '\n';
	print(f, line);
	for (ssize_t got; (got = receive(f)) > 0;) {
		assert_in_range(got, 1, 1200);
		sum += strlen(strstr(f->got, "] ") + 2);
	}
	assert_int_equal(sum, 2999);
}

static void a_datagram_that_was_refused_is_told(void **state)
{
	struct fixture *f = *state;

	serve_inet(f, SOCK_DGRAM);
	add_inet(f, "udp");
	print(f, "one\n");
	expect_syslog(f, "line", "one");
	close_server(f);
	print(f, "two\n"); /* nobody can know */
	print(f, "three\n");
	for (int i = 0; i < 5; i++) /* what tells of it may be lost as well */
		wait_ms(f, RETRY_MS);
	serve_inet(f, SOCK_DGRAM);
	wait_ms(f, RETRY_MS);
	expect_syslog(f, "note", "[charhub: 1 lines are missing here]");
	wait_ms(f, SINK_PROBE_MS - 1);
	expect_nothing(f);
	wait_ms(f, 1);
	expect_syslog(f, "line", "three");
	print(f, "four\n");
	expect_syslog(f, "line", "four");
	expect_nothing(f);
}

static void accept_one(struct fixture *f)
{
	while ((f->connection = accept4(f->server, NULL, NULL, SOCK_NONBLOCK)) < 0)
		run_idle(f->env->loop);
	run_idle(f->env->loop);
}

/* The next frame of a stream, into @got. Return: false: there is none as yet. */
static bool next_frame(struct fixture *f)
{
	char digits[8] = "";
	size_t n = 0, len;

	while (n < sizeof(digits) - 1 && recv(f->connection, digits + n, 1, 0) == 1 &&
		digits[n] != ' ')
		n++;
	if (!n)
		return false;
	assert_int_equal(digits[n], ' ');
	len = strtoul(digits, NULL, 10);
	assert_in_range(len, 1, 8192);
	for (size_t at = 0; at < len;) {
		ssize_t got = recv(f->connection, f->got + at, len - at, 0);

		at += got > 0 ? (size_t)got : 0;
		if (got <= 0)
			run_idle(f->env->loop);
	}
	f->got[len] = '\0';
	return true;
}

static void expect_frame(struct fixture *f, const char *text)
{
	while (!next_frame(f))
		run_idle(f->env->loop);
	assert_non_null(strstr(f->got, "] "));
	assert_string_equal(strstr(f->got, "] ") + 2, text);
}

static void a_stream_has_lengths(void **state)
{
	struct fixture *f = *state;

	serve_inet(f, SOCK_STREAM);
	add_inet(f, "tcp");
	accept_one(f);
	print(f, "one\n12 two\n");
	expect_frame(f, "one");
	expect_frame(f, "12 two");
}

/* The kernel would take it, and forget it. */
static void who_has_closed_is_sent_nothing(void **state)
{
	struct fixture *f = *state;

	serve_inet(f, SOCK_STREAM);
	add_inet(f, "tcp");
	accept_one(f);
	close(f->connection);
	assert_int_equal(fake_holder_out(f->holder, "one\n", 4), 4);
	run_idle(f->env->loop);
	wait_ms(f, RETRY_MS);
	accept_one(f);
	expect_frame(f, "one");
}

static void a_message_that_was_cut_off_is_sent_again(void **state)
{
	struct fixture *f = *state;
	unsigned sent, n = 0, number = 0;

	serve_inet(f, SOCK_STREAM);
	add_inet(f, "tcp");
	accept_one(f);
	sent = print_many(f, 1000000);
	assert_true(sent > 1000);
	close(f->connection); /* with unread bytes */
	run_idle(f->env->loop);
	for (int i = 0; i < 3; i++)
		wait_ms(f, RETRY_MS);
	accept_one(f);
	while (number + 1 < sent) {
		if (!next_frame(f)) {
			run_idle(f->env->loop);
			continue;
		}
		assert_int_equal(sscanf(strstr(f->got, "] ") + 2, "%u", &number), 1);
		assert_true(!n || number == n + 1);
		n = number;
	}
}

static void the_local_socket_takes_rfc_3164(void **state)
{
	struct fixture *f = *state;
	char month[4], text[64];
	int day, hour, minute, second, at = 0;

	serve_unix(f);
	add(f, "syslog,id=s,path=%s/s,console=vm1");
	print(f, "one\n");
	assert_true(receive(f) > 0);
	assert_int_equal(sscanf(f->got, "<30>%3s %2d %2d:%2d:%2d charhub[%*d]: %n", month, &day,
				 &hour, &minute, &second, &at),
		5);
	snprintf(text, sizeof(text), "%s", f->got + at);
	assert_string_equal(text, "vm1: one");
	assert_int_equal(strcspn(f->got, " "), strlen("<30>Nov"));
}

static void wrong_options_say_what_would_be_right(void **state)
{
	struct fixture *f = *state;
	unsigned before = open_fds();

	env_add_fails(f->env, "syslog,id=s", "one of 'path' and 'host' is required");
	env_add_fails(
		f->env, "syslog,id=s,path=/dev/log,host=a", "one of 'path' and 'host' is required");
	env_add_fails(
		f->env, "syslog,id=s,path=/dev/log,transport=tcp", "'transport' is of a host");
	env_add_fails(f->env, "syslog,id=s,path=/dev/log,port=1", "a path has no port");
	env_add_fails(f->env, "syslog,id=s,host=a,tls-creds=t", "needs transport=tcp");
	env_add_fails(f->env, "syslog,id=s,host=a,tls-hostname=t", "needs 'tls-creds'");
	env_add_fails(f->env, "syslog,id=s,host=a,ipv4=off,ipv6=off", "Cannot disable IPv4");
	env_add_fails(f->env, "syslog,id=s,host=a,app-name=a b", "Parameter 'app-name' expects");
	env_add_fails(
		f->env, "syslog,id=s,host=a,sd-id=a", "Parameter 'sd-id' expects NAME@NUMBER");
	env_add_fails(f->env, "syslog,id=s,host=a,sd-id=a@1x", "expects NAME@NUMBER");
	env_add_fails(f->env, "syslog,id=s,host=a,sd-id=a=b@1", "expects NAME@NUMBER");
	env_add_fails(f->env, "journald,id=j,identifier=", "Parameter 'identifier' expects");
	env_add_fails(f->env, "journald,id=j,console=a\nb", "Parameter 'console' expects");
	env_add_fails(f->env, "journald,id=j,console=\377", "Parameter 'console' expects");
	assert_int_equal(open_fds(), before);
}

static void it_says_where_it_leads(void **state)
{
	struct fixture *f = *state;
	struct chardev *chardev = env_add(f->env, "syslog,id=s,host=::1,transport=tcp");
	AUTO_FREE char *away = chardev_describe(chardev), *here = NULL;

	assert_string_equal(away, "disconnected:syslog:tcp:[::1]:514");
	here = chardev_describe(env_add(f->env, "syslog,id=t,host=127.0.0.1"));
	assert_string_equal(here, "disconnected:syslog:udp:127.0.0.1:514");
	assert_null(chardev_identity(chardev));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_line_is_an_entry_with_fields),
		CASE(a_console_is_called_as_its_hub_is),
		CASE(without_a_hub_it_is_called_as_itself),
		CASE(what_is_no_text_is_a_binary_field),
		CASE(a_prompt_goes_out_after_a_quiet_time),
		CASE(what_no_datagram_takes_is_a_sealed_file),
		CASE(lines_wait_for_a_server),
		CASE(a_server_may_be_started_anew),
		CASE(who_cannot_wait_loses_lines_that_are_counted),
		CASE(who_can_wait_keeps_what_finds_no_room),
		CASE(a_slow_server_is_waited_for),
		CASE(a_lot_at_once_is_taken_bit_by_bit),
		CASE(a_datagram_is_a_message_of_rfc_5424),
		CASE(text_is_marked_if_it_is_more_than_ascii),
		CASE(a_datagram_passes_every_network),
		CASE(a_datagram_that_was_refused_is_told),
		CASE(a_stream_has_lengths),
		CASE(who_has_closed_is_sent_nothing),
		CASE(a_message_that_was_cut_off_is_sent_again),
		CASE(the_local_socket_takes_rfc_3164),
		CASE(wrong_options_say_what_would_be_right),
		CASE(it_says_where_it_leads),
	};

	return cmocka_run_group_tests_name("backend/sink", tests, NULL, NULL);
}
