/* SPDX-License-Identifier: MIT */
/* Byte by byte from the greeting to ServerInit, for each version and security type. */
#include "vnc-fixture.h"

#include "lib/rough-io.h"
#include "transport/identity.h"
#include "vnc/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { REFUSALS_MAX = 8 };

#define BANNER	 "RFB 003.008\n"
#define CLIENT_3 "RFB 003.003\n"
#define CLIENT_7 "RFB 003.007\n"

/* 640x384, 32 bits, depth 24, little endian, true colour, "test: vc0" */
#define SERVER_INIT                                                        \
	"\x02\x80\x01\x80\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08" \
	"\x00\x00\x00\x00\x00\x00\x00\x09test: vc0"

static int no_password(void **state)
{
	*state = fixture_new("");
	return 0;
}

static int with_password(void **state)
{
	*state = fixture_new(",password-secret=sec-12345678,view-secret=sec-look");
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

#define PUT_BYTEWISE(f, fd, literal) put_bytewise(f, fd, literal, sizeof(literal) - 1)

/* ---- without a password ---- */

static void assert_logins(const struct fixture *f, uint64_t admitted, uint64_t refused)
{
	struct vnc_logins logins = vnc_server_logins(f->server);

	assert_int_equal(logins.admitted, admitted);
	assert_int_equal(logins.refused, refused);
}

static void version_3_8_without_password(void **state)
{
	int fd = connect_viewer(*state);

	TAKE(*state, fd, BANNER);
	PUT_BYTEWISE(*state, fd, BANNER);
	TAKE(*state, fd, "\x01\x01");
	PUT(*state, fd, "\x01");
	TAKE(*state, fd, "\x00\x00\x00\x00");
	PUT(*state, fd, "\x01");
	TAKE(*state, fd, SERVER_INIT);
	assert_logins(*state, 1, 0);
	close(fd);
}

static void version_3_7_without_password_has_no_result(void **state)
{
	int fd = connect_viewer(*state);

	TAKE(*state, fd, BANNER);
	PUT_BYTEWISE(*state, fd, CLIENT_7);
	TAKE(*state, fd, "\x01\x01");
	PUT(*state, fd, "\x01");
	TAKE(*state, fd, "");
	PUT(*state, fd, "\x01");
	TAKE(*state, fd, SERVER_INIT);
	close(fd);
}

static void version_3_3_is_told_the_type(void **state)
{
	static const char *const versions[] = { CLIENT_3, "RFB 003.004\n", "RFB 003.005\n",
		"RFB 003.006\n", "RFB 003.889\n", "RFB 004.001\n", "RFB 005.000\n" };

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		int fd = connect_viewer(*state);

		TAKE(*state, fd, BANNER);
		put_bytewise(*state, fd, versions[i], 12);
		TAKE(*state, fd, "\x00\x00\x00\x01");
		PUT(*state, fd, "\x01");
		TAKE(*state, fd, SERVER_INIT);
		close(fd);
	}
}

static void all_in_one_piece_is_fine(void **state)
{
	int fd = connect_viewer(*state);

	PUT(*state, fd, BANNER "\x01\x01");
	TAKE(*state, fd, BANNER "\x01\x01\x00\x00\x00\x00" SERVER_INIT);
	close(fd);
}

static void what_is_no_version_is_refused_with_a_reason(void **state)
{
	static const char *const versions[] = { "RFB 003.00x\n", "RFB 003-008\n", "SSH-2.0-abcd",
		"GET / HTTP/1" };

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		int fd = connect_viewer(*state);

		TAKE(*state, fd, BANNER);
		put(*state, fd, versions[i], 12);
		TAKE(*state, fd, "\x00\x00\x00\x00\x00\x00\x00\x1cUnsupported protocol version");
		close(fd);
	}
}

static void type_that_was_not_offered_is_refused(void **state)
{
	int fd = connect_viewer(*state);
	struct fixture *f = *state;

	TAKE(f, fd, BANNER);
	PUT(f, fd, BANNER);
	TAKE(f, fd, "\x01\x01");
	PUT(f, fd, "\x02");
	TAKE(f, fd,
		"\x00\x00\x00\x01\x00\x00\x00\x39"
		"Authentication failed: this security type was not offered");
	loop_advance(f->loop, 3000);
	assert_true(is_closed(fd));
	close(fd);
}

/* ---- with a password ---- */

static void take_challenge(int fd, uint8_t challenge[AUTH_CHALLENGE_SIZE])
{
	assert_int_equal(take_some(fd, challenge, 100), AUTH_CHALLENGE_SIZE);
}

static void respond(struct fixture *f, int fd, const char *text)
{
	uint8_t challenge[100], response[AUTH_CHALLENGE_SIZE];
	struct auth_password password;

	take_challenge(fd, challenge);
	auth_set_password(&password, text);
	assert_int_equal(auth_respond(&password, challenge, response), 0);
	put_bytewise(f, fd, response, sizeof(response));
}

static int connect_for_challenge(struct fixture *f, const char *version)
{
	int fd = connect_viewer(f);

	TAKE(f, fd, BANNER);
	put(f, fd, version, 12);
	if (!strcmp(version, CLIENT_3)) {
		char type[4];

		assert_int_equal(take_some(fd, type, sizeof(type)), 4);
		assert_memory_equal(type, "\x00\x00\x00\x02", 4);
		return fd;
	}
	TAKE(f, fd, "\x01\x02");
	PUT(f, fd, "\x02");
	return fd;
}

static void right_password_is_let_in_by_every_version(void **state)
{
	static const char *const versions[] = { CLIENT_3, CLIENT_7, BANNER };

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		int fd = connect_for_challenge(*state, versions[i]);

		respond(*state, fd, "12345678 and more");
		TAKE(*state, fd, "\x00\x00\x00\x00");
		PUT(*state, fd, "\x01");
		TAKE(*state, fd, SERVER_INIT);
		close(fd);
	}
}

static void wrong_password_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = connect_for_challenge(f, BANNER);

	respond(f, fd, "1234567");
	TAKE(f, fd,
		"\x00\x00\x00\x01\x00\x00\x00\x15"
		"Authentication failed");
	PUT(f, fd, "\x01");
	TAKE(f, fd, "");
	loop_advance(f->loop, 3000);
	assert_true(is_closed(fd));
	close(fd);
	assert_logins(*state, 0, 1);
}

static void wrong_password_has_no_reason_before_3_8(void **state)
{
	int fd = connect_for_challenge(*state, CLIENT_7);

	respond(*state, fd, "");
	TAKE(*state, fd, "\x00\x00\x00\x01");
	close(fd);
}

/* Say a password on a new connection. Return: it; what is answered is not read yet. */
static int try_password(struct fixture *f, const char *text)
{
	int fd = connect_for_challenge(f, BANNER);

	respond(f, fd, text);
	return fd;
}

#define WRONG                              \
	"\x00\x00\x00\x01\x00\x00\x00\x15" \
	"Authentication failed"
#define TOO_MANY                           \
	"\x00\x00\x00\x01\x00\x00\x00\x20" \
	"Too many authentication failures"

static void each_wrong_password_makes_the_next_answer_wait_longer(void **state)
{
	static const unsigned waits_ms[] = { 1000, 2000, 4000, 8000, 16000, 16000 };
	struct fixture *f = *state;
	int fd = try_password(f, "guess");

	TAKE(f, fd, WRONG);
	close(fd);
	for (size_t i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++) {
		fd = try_password(f, "guess");
		loop_advance(f->loop, waits_ms[i] - 1);
		TAKE(f, fd, "");
		loop_advance(f->loop, 1);
		TAKE(f, fd, WRONG);
		close(fd);
	}
}

static void the_right_password_waits_too_and_then_all_is_forgotten(void **state)
{
	struct fixture *f = *state;
	int fd = try_password(f, "guess");

	close(fd);
	fd = try_password(f, "12345678");
	PUT(f, fd, "\x01");
	TAKE(f, fd, "");
	loop_advance(f->loop, 1000);
	TAKE(f, fd, "\x00\x00\x00\x00" SERVER_INIT);
	close(fd);
	fd = try_password(f, "guess");
	TAKE(f, fd, WRONG);
	close(fd);
}

static void many_guesses_at_once_are_no_faster(void **state)
{
	struct fixture *f = *state;
	unsigned answered = 0;
	int fds[30];

	close(try_password(f, "guess"));
	for (unsigned i = 0; i < 30; i++)
		fds[i] = try_password(f, "guess");
	/* One waits a second, the next two; beyond 20 seconds nobody waits. */
	TAKE(f, fds[29], TOO_MANY);
	loop_advance(f->loop, 5000);
	settle(f);
	for (unsigned i = 0; i < 30; i++) {
		uint8_t buf[64];

		answered += take_some(fds[i], buf, sizeof(buf)) == sizeof(WRONG) - 1;
		close(fds[i]);
	}
	assert_in_range(answered, 1, 5);
}

static void who_waits_is_not_listened_to(void **state)
{
	static const char noise[65536];
	struct fixture *f = *state;
	unsigned sent = 0;
	int fd;

	close(try_password(f, "guess"));
	fd = try_password(f, "guess");
	while (sent < 100 && send(fd, noise, sizeof(noise), MSG_NOSIGNAL) > 0) {
		sent++;
		settle(f);
	}
	assert_true(sent < 100);
	close(fd);
}

static void none_can_not_be_chosen_where_a_password_is_set(void **state)
{
	struct fixture *f = *state;
	int fd = connect_viewer(f);

	TAKE(f, fd, BANNER);
	PUT(f, fd, BANNER);
	TAKE(f, fd, "\x01\x02");
	PUT(f, fd, "\x01\x01");
	drain(f, fd);
	assert_int_equal(f->initialized, 0);
	close(fd);
}

static void challenges_differ(void **state)
{
	uint8_t a[100], b[100];
	int first = connect_for_challenge(*state, BANNER);
	int second = connect_for_challenge(*state, BANNER);

	take_challenge(first, a);
	take_challenge(second, b);
	assert_memory_not_equal(a, b, AUTH_CHALLENGE_SIZE);
	close(first);
	close(second);
}

static void key_a(struct fixture *f, int fd)
{
	PUT(f, fd, "\x04\x01\x00\x00\x00\x00\x00\x61");
}

static void second_password_looks_only(void **state)
{
	struct fixture *f = *state;
	int fd = connect_for_challenge(f, BANNER);

	respond(f, fd, "look");
	PUT(f, fd, "\x01");
	drain(f, fd);
	assert_int_equal(f->initialized, 1);
	key_a(f, fd);
	assert_int_equal(f->typed_len, 0);
	close(fd);
	fd = connect_for_challenge(f, BANNER);
	respond(f, fd, "12345678");
	PUT(f, fd, "\x01");
	key_a(f, fd);
	assert_int_equal(f->typed_len, 1);
	close(fd);
}

static void expired_password_is_refused_and_a_new_one_works(void **state)
{
	struct fixture *f = *state;
	int fd;

	vnc_server_expire_password(f->server, 1);
	fd = connect_for_challenge(f, CLIENT_7);
	respond(f, fd, "12345678");
	TAKE(f, fd, "\x00\x00\x00\x01");
	close(fd);
	vnc_server_expire_password(f->server, 0);
	assert_int_equal(vnc_server_set_password(f->server, "new", NULL), 0);
	fd = connect_for_challenge(f, CLIENT_7);
	respond(f, fd, "new");
	TAKE(f, fd, "\x00\x00\x00\x00");
	close(fd);
}

static void without_a_password_set_every_login_fails(void **state)
{
	struct fixture *f = *state;
	int fd;

	assert_int_equal(vnc_server_set_password(f->server, NULL, NULL), 0);
	fd = connect_for_challenge(f, CLIENT_7);
	respond(f, fd, "");
	TAKE(f, fd, "\x00\x00\x00\x01");
	close(fd);
}

/* ---- who does not go on ---- */

static void whoever_does_not_log_in_is_closed(void **state)
{
	struct fixture *f = *state;
	int silent = connect_viewer(f), one_byte = connect_viewer(f);

	PUT(f, one_byte, "R");
	loop_advance(f->loop, 29000);
	PUT(f, one_byte, "F");
	assert_false(is_closed(silent));
	loop_advance(f->loop, 2000);
	settle(f);
	assert_true(is_closed(silent));
	assert_true(is_closed(one_byte));
	close(silent);
	close(one_byte);
}

static void a_half_login_holds_nobody_up(void **state)
{
	struct fixture *f = *state;
	int half = connect_viewer(f), fd;

	PUT(f, half, "RFB 0");
	fd = login(f, true);
	assert_int_equal(f->initialized, 1);
	close(half);
	close(fd);
}

/* ---- rules ---- */

static int nobody_looks(void **state)
{
	*state = fixture_new(",view-authz=nobody");
	return 0;
}

static int nobody_types(void **state)
{
	*state = fixture_new(",type-authz=nobody");
	return 0;
}

static int nobody_looks_with_password(void **state)
{
	*state = fixture_new(",view-authz=nobody,password-secret=sec-12345678");
	return 0;
}

/* SecurityResult: failed, the length of the reason, the reason. */
static void take_reason(struct fixture *f, int fd)
{
	char who[IDENTITY_WHO_MAX], text[512] = "\0\0\0\1\0\0\0";
	int len;

	identity_name_user("/etc/passwd", getuid(), who);
	len = snprintf(text + 8, sizeof(text) - 8, "this console is not for %s", who);
	text[7] = (char)len;
	take(f, fd, text, 8 + (size_t)len);
}

static void who_may_not_look_reads_why(void **state)
{
	int fd = connect_viewer(*state);

	TAKE(*state, fd, BANNER);
	PUT(*state, fd, BANNER);
	TAKE(*state, fd, "\x01\x01");
	PUT(*state, fd, "\x01");
	take_reason(*state, fd);
	close(fd);
}

static void who_may_not_look_is_closed_where_there_is_no_result(void **state)
{
	static const char *const versions[] = { CLIENT_3, CLIENT_7 };

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		int fd = connect_viewer(*state);

		TAKE(*state, fd, BANNER);
		put(*state, fd, versions[i], strlen(versions[i]));
		if (i)
			PUT(*state, fd, "\x01");
		drain(*state, fd);
		assert_true(is_closed(fd));
		close(fd);
	}
}

static void password_helps_nobody_against_a_rule(void **state)
{
	int fd = try_password(*state, "12345678");

	take_reason(*state, fd);
	close(fd);
}

static void who_may_only_look_does_not_type(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	key_a(f, fd);
	assert_int_equal(f->typed_len, 0);
	close(fd);
}

/* ---- TLS, up to where it begins; the rest is in test/e2e/test_vnc_tls.py ---- */

static int with_tls(void **state)
{
	*state = fixture_new(",tls-creds=tls");
	return 0;
}

static int connect_to_vencrypt(struct fixture *f)
{
	int fd = connect_viewer(f);

	TAKE(f, fd, BANNER);
	PUT_BYTEWISE(f, fd, BANNER);
	TAKE(f, fd, "\x01\x13");
	PUT(f, fd, "\x13");
	TAKE(f, fd, "\x00\x02");
	return fd;
}

static void tls_is_the_only_type(void **state)
{
	int fd = connect_to_vencrypt(*state);

	PUT_BYTEWISE(*state, fd, "\x00\x02");
	TAKE(*state, fd, "\x00\x01\x00\x00\x01\x01");
	PUT_BYTEWISE(*state, fd, "\x00\x00\x01\x01");
	TAKE(*state, fd, "\x01");
	PUT(*state, fd, "\x01"); /* a ClientInit, but no TLS */
	TAKE(*state, fd, "charhub: only TLS is spoken here\r\n");
	assert_true(is_closed(fd));
	close(fd);
}

static void other_versions_and_types_of_tls_are_refused(void **state)
{
	int fd = connect_to_vencrypt(*state);

	PUT(*state, fd, "\x00\x01");
	TAKE(*state, fd, "\xff");
	close(fd);
	fd = connect_to_vencrypt(*state);
	PUT(*state, fd, "\x00\x02");
	TAKE(*state, fd, "\x00\x01\x00\x00\x01\x01");
	PUT(*state, fd, "\x00\x00\x01\x04");
	TAKE(*state, fd, "\x00");
	close(fd);
	fd = connect_viewer(*state);
	TAKE(*state, fd, BANNER);
	PUT(*state, fd, CLIENT_3);
	TAKE(*state, fd, "\x00\x00\x00\x00\x00\x00\x00\x1eTLS needs protocol version 3.7");
	close(fd);
}

/* They come from somebody on the way. */
static void bytes_in_front_of_tls_end_it(void **state)
{
	int fd = connect_to_vencrypt(*state);

	PUT(*state, fd, "\x00\x02\x00\x00\x01\x01\x01");
	drain(*state, fd);
	assert_true(is_closed(fd));
	close(fd);
}

static void tls_begins_whichever_write_finds_room_for_what_is_before_it(void **state)
{
	for (unsigned refused = 0; refused <= REFUSALS_MAX; refused++) {
		int fd = connect_to_vencrypt(*state);

		PUT(*state, fd, "\x00\x02");
		TAKE(*state, fd, "\x00\x01\x00\x00\x01\x01");
		assert_int_equal(send(fd, "\x00\x00\x01\x01", 4, MSG_NOSIGNAL), 4);
		rough_io_refuse(1, refused);
		TAKE(*state, fd, "\x01");
		PUT(*state, fd, "\x01");
		TAKE(*state, fd, "charhub: only TLS is spoken here\r\n");
		assert_true(is_closed(fd));
		close(fd);
	}
}

#define TLS(name)	   cmocka_unit_test_setup_teardown(name, with_tls, teardown)
#define RULES(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define PLAIN(name)	   cmocka_unit_test_setup_teardown(name, no_password, teardown)
#define SECRET(name)	   cmocka_unit_test_setup_teardown(name, with_password, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULES(who_may_not_look_reads_why, nobody_looks),
		RULES(who_may_not_look_is_closed_where_there_is_no_result, nobody_looks),
		RULES(password_helps_nobody_against_a_rule, nobody_looks_with_password),
		RULES(who_may_only_look_does_not_type, nobody_types),
		TLS(tls_is_the_only_type),
		TLS(other_versions_and_types_of_tls_are_refused),
		TLS(bytes_in_front_of_tls_end_it),
		TLS(tls_begins_whichever_write_finds_room_for_what_is_before_it),
		PLAIN(version_3_8_without_password),
		PLAIN(version_3_7_without_password_has_no_result),
		PLAIN(version_3_3_is_told_the_type),
		PLAIN(all_in_one_piece_is_fine),
		PLAIN(what_is_no_version_is_refused_with_a_reason),
		PLAIN(type_that_was_not_offered_is_refused),
		PLAIN(whoever_does_not_log_in_is_closed),
		PLAIN(a_half_login_holds_nobody_up),
		SECRET(right_password_is_let_in_by_every_version),
		SECRET(wrong_password_is_refused),
		SECRET(wrong_password_has_no_reason_before_3_8),
		SECRET(each_wrong_password_makes_the_next_answer_wait_longer),
		SECRET(the_right_password_waits_too_and_then_all_is_forgotten),
		SECRET(many_guesses_at_once_are_no_faster),
		SECRET(who_waits_is_not_listened_to),
		SECRET(none_can_not_be_chosen_where_a_password_is_set),
		SECRET(challenges_differ),
		SECRET(second_password_looks_only),
		SECRET(expired_password_is_refused_and_a_new_one_works),
		SECRET(without_a_password_set_every_login_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
