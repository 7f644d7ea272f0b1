/* SPDX-License-Identifier: MIT */
/* Two filters that talk to each other over a socket, and peers that speak no TLS. */
#include "transport/tls.h"

#include "base/cleanup.h"
#include "lib/certificates.h"
#include "lib/files.h"
#include "transport/fd-transport.h"
#include "transport/tls-context.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { TURNS = 64, PATH_BYTES = 4096, SIDES = 8 };

/** struct side - one end; @got: what it has read, @end: what its last read gave */
struct side {
	struct transport *transport;
	char got[64];
	size_t len;
	ssize_t end;
	bool ready;
	unsigned calls;
};

struct fixture {
	struct loop *loop;
	char dir[64];
	struct tls_context *server_context, *client_context;
	struct side server, client;
};

static void on_events(void *data, unsigned events)
{
	struct side *side = data;
	struct iovec iov = { side->got + side->len, sizeof(side->got) - side->len };
	ssize_t n;

	side->calls++;
	side->ready |= (events & TRANSPORT_READY) != 0;
	if (!(events & WATCH_READ))
		return;
	n = transport_readv(side->transport, &iov, 1);
	if (n > 0) {
		side->len += (size_t)n;
	} else if (n != -EAGAIN) {
		side->end = n;
		transport_watch(side->transport, 0);
	}
}

static const struct transport_callbacks callbacks = { .on_events = on_events };

static void settle(struct fixture *f)
{
	for (int i = 0; i < TURNS; i++)
		loop_step(f->loop, false);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/test-tls-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->loop = loop_new();
	certificates_begin(f->dir);
	*state = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void forget_contexts(struct fixture *f)
{
	tls_context_unref(f->server_context);
	tls_context_unref(f->client_context);
	f->server_context = f->client_context = NULL;
}

static void part(struct fixture *f)
{
	transport_free(f->server.transport);
	transport_free(f->client.transport);
	f->server = f->client = (struct side){ .end = 1 };
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	part(f);
	forget_contexts(f);
	loop_free(f->loop);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/* ---- making ---- */

static void put(struct fixture *f, const char *name, const char *text)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	put_file(path, text);
}

static void add(struct fixture *f, const char *side, const char *name, const char *host)
{
	certificates_add(f->dir, side, name, &(struct certificate){ .host = host });
}

static struct tls_context *context(struct fixture *f, struct tls_spec spec)
{
	AUTO_ERROR struct error *err = NULL;
	struct tls_context *made = NULL;

	spec.dir = f->dir;
	if (tls_context_new(&spec, &made, &err) < 0)
		fail_msg("%s", error_message(err));
	return made;
}

static void make_contexts(struct fixture *f, struct tls_spec spec)
{
	forget_contexts(f);
	spec.role = TLS_SERVER;
	f->server_context = context(f, spec);
	spec.role = TLS_CLIENT;
	f->client_context = context(f, spec);
}

static void make_x509(struct fixture *f, bool verify)
{
	make_contexts(f, (struct tls_spec){ .kind = TLS_X509, .verify_peer = verify });
}

static void make_side(
	struct fixture *f, struct side *side, int fd, struct tls_context *tls, const char *host)
{
	struct transport *lower;

	*side = (struct side){ .end = 1 };
	assert_int_equal(socket_transport_new(f->loop, fd, NULL, &lower), 0);
	assert_int_equal(tls_new(lower, tls, host, &side->transport), 0);
	transport_set_user(side->transport, &callbacks, side);
	transport_watch(side->transport, WATCH_READ);
}

static void make_pair(int fds[2])
{
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static void meet(struct fixture *f, const char *host)
{
	int fds[2];

	part(f);
	make_pair(fds);
	make_side(f, &f->server, fds[0], f->server_context, NULL);
	make_side(f, &f->client, fds[1], f->client_context, host);
	settle(f);
}

/* The server alone; its peer is the descriptor. */
static int meet_stranger(struct fixture *f)
{
	int fds[2];

	part(f);
	make_pair(fds);
	make_side(f, &f->server, fds[0], f->server_context, NULL);
	settle(f);
	return fds[1];
}

static void say(struct fixture *f, struct side *side, const char *text)
{
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };

	assert_int_equal(transport_writev(side->transport, &iov, 1), strlen(text));
	settle(f);
}

static void assert_met(struct fixture *f)
{
	assert_true(f->server.ready && f->client.ready);
	say(f, &f->client, "ping");
	say(f, &f->server, "pong");
	assert_string_equal(f->server.got, "ping");
	assert_string_equal(f->client.got, "pong");
}

static void assert_not_met(struct fixture *f)
{
	assert_false(f->server.ready);
	assert_true(f->server.end <= 0);
	assert_true(f->client.end <= 0);
}

static const char *who(const struct side *side)
{
	return transport_identity(side->transport)->who;
}

/* The filter knows no more than what lies below. */
static void assert_unproven(const struct side *side)
{
	struct identity identity;

	identity_of_socket(transport_fd(side->transport), &identity);
	assert_string_equal(who(side), identity.who);
}

/* ---- cases ---- */

static void both_know_whom_they_talk_to(void **state)
{
	struct fixture *f = *state;

	add(f, "server", "hub", "hub.example");
	add(f, "client", "alice", NULL);
	make_x509(f, true);
	meet(f, "hub.example");
	assert_met(f);
	assert_string_equal(who(&f->server), "x509:CN=alice,O=Lab");
	assert_string_equal(who(&f->client), "x509:CN=hub,O=Lab");
	assert_string_equal(transport_sni(f->server.transport), "hub.example");
	assert_int_equal(transport_identity(f->server.transport)->pid, getpid());
}

static void certificate_that_nobody_asked_for_proves_nothing(void **state)
{
	struct fixture *f = *state;

	add(f, "server", "hub", "hub.example");
	make_x509(f, false);
	meet(f, "other.example");
	assert_met(f);
	assert_unproven(&f->server);
	assert_unproven(&f->client);
}

static void server_of_another_name_is_refused(void **state)
{
	struct fixture *f = *state;

	add(f, "server", "hub", "hub.example");
	add(f, "client", "alice", NULL);
	make_x509(f, true);
	meet(f, "evil.example");
	assert_false(f->client.ready);
	assert_int_equal(f->client.end, -EPROTO);
	meet(f, "127.0.0.1");
	assert_false(f->client.ready);
}

static void client_without_certificate_is_refused(void **state)
{
	struct fixture *f = *state;

	add(f, "server", "hub", "hub.example");
	make_x509(f, true);
	meet(f, "hub.example");
	assert_not_met(f);
}

static void client_of_another_authority_is_refused(void **state)
{
	struct fixture *f = *state;

	add(f, "client", "alice", NULL);
	certificates_begin(f->dir); /* which has not signed it */
	add(f, "server", "hub", "hub.example");
	make_x509(f, true);
	meet(f, "hub.example");
	assert_not_met(f);
}

static void client_that_was_revoked_is_refused(void **state)
{
	struct fixture *f = *state;

	add(f, "server", "hub", "hub.example");
	certificates_add(f->dir, "client", "mallory", &(struct certificate){ .revoked = true });
	make_x509(f, true);
	meet(f, "hub.example");
	assert_not_met(f);
	add(f, "client", "alice", NULL);
	make_x509(f, true);
	meet(f, "hub.example");
	assert_met(f);
}

static void client_whose_certificate_is_over_is_refused(void **state)
{
	struct fixture *f = *state;

	add(f, "server", "hub", "hub.example");
	certificates_add(f->dir, "client", "alice", &(struct certificate){ .expired = true });
	make_x509(f, true);
	meet(f, "hub.example");
	assert_not_met(f);
}

static void shared_key_has_a_name(void **state)
{
	static const char *const versions[] = { "NORMAL", "NORMAL:-VERS-TLS1.3" };
	struct fixture *f = *state;

	put(f, "keys.psk", "bob:00112233\nalice:0123456789abcdef0123456789ABCDEF\n");
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		make_contexts(
			f, (struct tls_spec){
				   .kind = TLS_PSK, .username = "alice", .priority = versions[i] });
		meet(f, NULL);
		assert_met(f);
		assert_string_equal(who(&f->server), "psk:alice");
	}
}

static void shared_key_has_to_be_the_same(void **state)
{
	struct fixture *f = *state;

	put(f, "keys.psk", "alice:01234567\n");
	f->server_context = context(f, (struct tls_spec){ .kind = TLS_PSK, .role = TLS_SERVER });
	put(f, "keys.psk", "alice:01234568\nbob:01234567\n");
	for (int i = 0; i < 2; i++) {
		f->client_context = context(f, (struct tls_spec){ .kind = TLS_PSK,
						       .role = TLS_CLIENT,
						       .username = i ? "bob" : "alice" });
		meet(f, NULL);
		assert_not_met(f);
		tls_context_unref(f->client_context);
		f->client_context = NULL;
	}
}

static void anonymous_sides_meet(void **state)
{
	struct fixture *f = *state;

	make_contexts(f, (struct tls_spec){ .kind = TLS_ANON });
	meet(f, NULL);
	assert_met(f);
	assert_unproven(&f->server);
}

static void key_may_be_encrypted(void **state)
{
	struct fixture *f = *state;

	certificates_add(f->dir, "server", "hub", &(struct certificate){ .password = "sesame" });
	make_contexts(f, (struct tls_spec){ .kind = TLS_X509, .password = "sesame" });
	meet(f, NULL);
	assert_met(f);
}

static void stranger_is_told_at_once(void **state)
{
	struct fixture *f = *state;
	char line[128] = "";
	int peer;

	make_contexts(f, (struct tls_spec){ .kind = TLS_ANON });
	peer = meet_stranger(f);
	assert_int_equal(write(peer, "l", 1), 1);
	settle(f);
	assert_int_equal(f->server.end, -EPROTO);
	assert_true(read(peer, line, sizeof(line) - 1) > 0);
	assert_string_equal(line, "charhub: only TLS is spoken here\r\n");
	assert_int_equal(read(peer, line, sizeof(line)), 0);
	close(peer);
}

static void nonsense_gets_an_alert(void **state)
{
	static const char nonsense[] = "\x16\x03\x01\x00\x05hello";
	struct fixture *f = *state;
	char alert[16];
	int peer;

	make_contexts(f, (struct tls_spec){ .kind = TLS_ANON });
	peer = meet_stranger(f);
	assert_int_equal(write(peer, nonsense, sizeof(nonsense) - 1), sizeof(nonsense) - 1);
	settle(f);
	assert_int_equal(f->server.end, -EPROTO);
	assert_int_equal(read(peer, alert, sizeof(alert)), 7);
	assert_int_equal(alert[0], 21);
	close(peer);
}

static void half_a_record_lets_the_loop_sleep(void **state)
{
	struct fixture *f = *state;
	unsigned calls;
	int peer;

	make_contexts(f, (struct tls_spec){ .kind = TLS_ANON });
	peer = meet_stranger(f);
	assert_int_equal(write(peer, "\x16\x03\x01", 3), 3);
	settle(f);
	calls = f->server.calls;
	settle(f);
	assert_int_equal(f->server.calls, calls);
	assert_int_equal(f->server.end, 1);
	close(peer);
	settle(f);
	assert_int_equal(f->server.end, 0);
}

static void goodbye_is_an_end_that_takes_bytes(void **state)
{
	struct fixture *f = *state;

	make_contexts(f, (struct tls_spec){ .kind = TLS_ANON });
	meet(f, NULL);
	transport_goodbye(f->client.transport);
	settle(f);
	assert_int_equal(f->server.end, 0);
	say(f, &f->server, "late");
	assert_string_equal(f->client.got, "late");
}

static void free_says_goodbye(void **state)
{
	struct fixture *f = *state;

	make_contexts(f, (struct tls_spec){ .kind = TLS_ANON });
	meet(f, NULL);
	say(f, &f->client, "last");
	transport_free(f->client.transport);
	f->client.transport = NULL;
	settle(f);
	assert_string_equal(f->server.got, "last");
	assert_int_equal(f->server.end, 0);
}

/* Of many that shake hands, one has its turn in a round: everybody else is served between. */
static void one_handshake_goes_on_in_a_round(void **state)
{
	struct fixture *f = *state;
	struct side servers[SIDES], clients[SIDES];
	int fds[2];

	make_contexts(f, (struct tls_spec){ .kind = TLS_ANON });
	for (int i = 0; i < SIDES; i++) {
		make_pair(fds);
		make_side(f, &servers[i], fds[0], f->server_context, NULL);
		make_side(f, &clients[i], fds[1], f->client_context, NULL);
	}
	for (int ready = 0, before = 0; ready < SIDES; before = ready) {
		loop_step(f->loop, true);
		ready = 0;
		for (int i = 0; i < SIDES; i++)
			ready += transport_is_ready(servers[i].transport);
		assert_true(ready - before <= 1);
	}
	for (int i = 0; i < SIDES; i++) {
		transport_free(servers[i].transport);
		transport_free(clients[i].transport);
	}
}

static void who_waits_for_a_turn_may_go(void **state)
{
	struct fixture *f = *state;

	make_contexts(f, (struct tls_spec){ .kind = TLS_ANON });
	meet_stranger(f);
	part(f);
	meet(f, NULL);
	loop_step(f->loop, false);
	part(f);
	forget_contexts(f);
	settle(f);
}

static void assert_bad(struct fixture *f, struct tls_spec spec, const char *format)
{
	AUTO_ERROR struct error *err = NULL;
	struct tls_context *made = NULL;
	char message[PATH_BYTES];

	spec.dir = f->dir;
	assert_true(tls_context_new(&spec, &made, &err) < 0);
	snprintf(message, sizeof(message), "%s", format);
	for (char *at; (at = strstr(message, "DIR"));) {
		char rest[PATH_BYTES];

		snprintf(rest, sizeof(rest), "%s", at + strlen("DIR"));
		snprintf(at, sizeof(message) - (size_t)(at - message), "%s%s", f->dir, rest);
	}
	assert_string_equal(error_message(err), message);
}

static void bad_files_are_named(void **state)
{
	static const struct tls_spec x509 = { .kind = TLS_X509, .sanity_check = true },
				     wrong = { .kind = TLS_X509, .password = "y" },
				     psk = { .kind = TLS_PSK },
				     own = { .kind = TLS_PSK, .role = TLS_CLIENT, .username = "a" };
	struct fixture *f = *state;

	assert_bad(f, x509,
		"Unable to access credentials DIR/server-cert.pem: No such file or directory");
	certificates_add(f->dir, "server", "hub", &(struct certificate){ .expired = true });
	assert_bad(f, x509, "The certificate DIR/server-cert.pem has expired");
	certificates_add(f->dir, "server", "hub", &(struct certificate){ .password = "x" });
	assert_bad(f, x509,
		"Unable to load private key DIR/server-key.pem: it is encrypted, and there is no "
		"password");
	assert_bad(f, wrong,
		"Unable to load private key DIR/server-key.pem: it is encrypted, and the password "
		"is "
		"wrong");
	add(f, "server", "hub", NULL);
	certificates_begin(f->dir);
	assert_bad(f, x509,
		"Our own certificate DIR/server-cert.pem failed validation against "
		"DIR/ca-cert.pem: certificate signature failure");
	put(f, "ca-cert.pem", "nonsense\n");
	assert_bad(f, x509,
		"Unable to load CA certificate DIR/ca-cert.pem: no certificate or crl found");
	assert_bad(f, psk, "Unable to access credentials DIR/keys.psk: No such file or directory");
	put(f, "keys.psk", "# names\n\nb:00ff\na:00f\n");
	assert_bad(f, psk, "DIR/keys.psk: line 4 is not NAME:HEX");
	put(f, "keys.psk", "b:00ff\n");
	assert_bad(f, own, "DIR/keys.psk has no key of 'a'");
}

static void priority_is_checked(void **state)
{
	struct fixture *f = *state;

	assert_bad(f, (struct tls_spec){ .kind = TLS_ANON, .priority = "NORMAL:+VERS-ALL" },
		"Unable to set TLS session priority NORMAL:+VERS-ALL: '+VERS-ALL' has no meaning "
		"here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(both_know_whom_they_talk_to),
		CASE(certificate_that_nobody_asked_for_proves_nothing),
		CASE(server_of_another_name_is_refused),
		CASE(client_without_certificate_is_refused),
		CASE(client_of_another_authority_is_refused),
		CASE(client_that_was_revoked_is_refused),
		CASE(client_whose_certificate_is_over_is_refused),
		CASE(shared_key_has_a_name),
		CASE(shared_key_has_to_be_the_same),
		CASE(anonymous_sides_meet),
		CASE(key_may_be_encrypted),
		CASE(stranger_is_told_at_once),
		CASE(nonsense_gets_an_alert),
		CASE(half_a_record_lets_the_loop_sleep),
		CASE(goodbye_is_an_end_that_takes_bytes),
		CASE(free_says_goodbye),
		CASE(one_handshake_goes_on_in_a_round),
		CASE(who_waits_for_a_turn_may_go),
		CASE(bad_files_are_named),
		CASE(priority_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
