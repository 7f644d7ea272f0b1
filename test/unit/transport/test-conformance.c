/* SPDX-License-Identifier: MIT */
/*
 * What every transport promises its user (src/transport/transport.h), over a real socket: once
 * plain, and once through each filter. An adapter makes the stack and is the peer's side of it.
 */
#include "io/byte-queue.h"
#include "transport/fd-transport.h"
#include "transport/telnet.h"
#include "transport/tls-context.h"
#include "transport/tls.h"
#include "transport/websocket.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { STREAM_BYTES = 300000, READ_MAX = 4096, TURNS = 16, SMALL_BUFFER = 4608 };

struct stand;

/**
 * struct adapter - one kind of stack
 * @stack:  put filters on a transport
 * @greet:  the peer's part of the handshake
 * @encode: append to @to what the peer sends for @len bytes, at most 125
 * @decode: take the payload out of what the peer got, as far as it is whole
 */
struct adapter {
	const char *name;
	int (*stack)(struct transport *lower, struct transport **ret_transport);
	void (*greet)(struct stand *stand);
	void (*encode)(struct byte_queue *to, const uint8_t *bytes, size_t len);
	void (*decode)(struct byte_queue *raw, struct byte_queue *to);
	bool half_close_is_seen; /* as the end of the stream, by the peer's kernel */
};

/**
 * struct stand - a transport, its peer, and what has happened
 * @raw, @got: what the peer has received, encoded and not
 * @in:        what the user has read
 */
struct stand {
	const struct adapter *adapter;
	struct loop *loop;
	struct transport *transport;
	int peer;
	struct byte_queue raw, got, in;
	size_t room; /* of one read */
	unsigned seen, calls;
	ssize_t end; /* of the last read that gave nothing */
	bool frees;
};

static const struct adapter *adapter_now;

/* ---- adapters ---- */

static int stack_nothing(struct transport *lower, struct transport **ret_transport)
{
	*ret_transport = lower;
	return 0;
}

static void greet_nobody(struct stand *stand)
{
	(void)stand;
}

static void encode_plain(struct byte_queue *to, const uint8_t *bytes, size_t len)
{
	assert_int_equal(byte_queue_push(to, bytes, len), 0);
}

static void decode_plain(struct byte_queue *raw, struct byte_queue *to)
{
	if (raw->len)
		assert_int_equal(byte_queue_push(to, byte_queue_data(raw), raw->len), 0);
	byte_queue_clear(raw);
}

static void settle(struct stand *stand);

static void greet_websocket(struct stand *stand)
{
	static const char request[] = "GET / HTTP/1.1\r\nUpgrade: websocket\r\n"
				      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
				      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	char answer[512];
	ssize_t n;

	assert_false(transport_is_ready(stand->transport));
	assert_int_equal(write(stand->peer, request, sizeof(request) - 1), sizeof(request) - 1);
	settle(stand);
	n = read(stand->peer, answer, sizeof(answer));
	assert_true(n > 4 && !memcmp(answer + n - 4, "\r\n\r\n", 4));
}

static void encode_websocket(struct byte_queue *to, const uint8_t *bytes, size_t len)
{
	uint8_t header[6] = { 0x82, (uint8_t)(0x80 | len), 1, 2, 3, 4 };

	assert_int_equal(byte_queue_push(to, header, sizeof(header)), 0);
	for (size_t i = 0; i < len; i++) {
		uint8_t masked = bytes[i] ^ header[2 + i % 4];

		assert_int_equal(byte_queue_push(to, &masked, 1), 0);
	}
}

static void decode_websocket(struct byte_queue *raw, struct byte_queue *to)
{
	for (;;) {
		const uint8_t *at = (const uint8_t *)byte_queue_data(raw);
		size_t len, head;

		if (raw->len < 2)
			return;
		head = at[1] == 126 ? 4 : 2;
		if (raw->len < head)
			return;
		len = head == 4 ? (size_t)at[2] << 8 | at[3] : at[1];
		if (raw->len < head + len)
			return;
		if (at[0] == 0x82)
			assert_int_equal(byte_queue_push(to, at + head, len), 0);
		byte_queue_pop(raw, head + len);
	}
}

static int stack_websocket(struct transport *lower, struct transport **ret_transport)
{
	return websocket_new(lower, NULL, ret_transport);
}

static int stack_telnet(struct transport *lower, struct transport **ret_transport)
{
	const struct telnet_options options = { .role = TELNET_SERVER, .com_port = true };

	return telnet_new(lower, &options, ret_transport);
}

/* Agrees to binary both ways. */
static void greet_telnet(struct stand *stand)
{
	static const char answer[] = "\377\375\0\377\373";
	char greeting[64];

	assert_int_equal(read(stand->peer, greeting, sizeof(greeting)), 18);
	assert_int_equal(write(stand->peer, answer, sizeof(answer)), sizeof(answer));
	settle(stand);
}

static void encode_telnet(struct byte_queue *to, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		for (int times = bytes[i] == 0377 ? 2 : 1; times; times--)
			assert_int_equal(byte_queue_push(to, bytes + i, 1), 0);
}

static void decode_telnet(struct byte_queue *raw, struct byte_queue *to)
{
	const uint8_t *at = (const uint8_t *)byte_queue_data(raw);
	size_t i = 0;

	for (; i < raw->len && (at[i] != 0377 || i + 1 < raw->len); i += at[i] == 0377 ? 2 : 1)
		assert_int_equal(byte_queue_push(to, at + i, 1), 0);
	byte_queue_pop(raw, i);
}

/* The peer of TLS is OpenSSL between two pieces of memory. */
static SSL_CTX *tls_peers;
static SSL *tls_peer;

static int stack_tls(struct transport *lower, struct transport **ret_transport)
{
	const struct tls_spec spec = { .kind = TLS_ANON, .role = TLS_SERVER };
	struct tls_context *context;
	int r = tls_context_new(&spec, &context, NULL);

	assert_int_equal(r, 0);
	r = tls_new(lower, context, NULL, ret_transport);
	tls_context_unref(context);
	return r;
}

static void move_tls(struct stand *stand)
{
	char buf[4096];
	ssize_t n;

	while ((n = BIO_read(SSL_get_wbio(tls_peer), buf, sizeof(buf))) > 0)
		assert_int_equal(write(stand->peer, buf, (size_t)n), n);
	settle(stand);
	while ((n = read(stand->peer, buf, sizeof(buf))) > 0)
		assert_int_equal(BIO_write(SSL_get_rbio(tls_peer), buf, (int)n), n);
}

static void greet_tls(struct stand *stand)
{
	SSL_free(tls_peer);
	SSL_CTX_free(tls_peers);
	tls_peers = SSL_CTX_new(TLS_client_method());
	assert_int_equal(SSL_CTX_set_cipher_list(tls_peers, "aNULL:@SECLEVEL=0"), 1);
	SSL_CTX_set_max_proto_version(tls_peers, TLS1_2_VERSION);
	tls_peer = SSL_new(tls_peers);
	SSL_set_bio(tls_peer, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(tls_peer);
	assert_false(transport_is_ready(stand->transport));
	for (int i = 0; i < 8 && !SSL_is_init_finished(tls_peer); i++) {
		SSL_do_handshake(tls_peer);
		move_tls(stand);
	}
	assert_true(SSL_is_init_finished(tls_peer));
}

static void encode_tls(struct byte_queue *to, const uint8_t *bytes, size_t len)
{
	char record[512];
	int n;

	assert_int_equal(SSL_write(tls_peer, bytes, (int)len), len);
	n = BIO_read(SSL_get_wbio(tls_peer), record, sizeof(record));
	assert_true(n > 0);
	assert_int_equal(byte_queue_push(to, record, (size_t)n), 0);
}

static void decode_tls(struct byte_queue *raw, struct byte_queue *to)
{
	char bytes[4096];
	int n;

	if (raw->len)
		BIO_write(SSL_get_rbio(tls_peer), byte_queue_data(raw), (int)raw->len);
	byte_queue_clear(raw);
	while ((n = SSL_read(tls_peer, bytes, sizeof(bytes))) > 0)
		assert_int_equal(byte_queue_push(to, bytes, (size_t)n), 0);
}

static const struct adapter adapters[] = {
	{ "socket", stack_nothing, greet_nobody, encode_plain, decode_plain, true },
	{ "telnet", stack_telnet, greet_telnet, encode_telnet, decode_telnet, true },
	{ "tls", stack_tls, greet_tls, encode_tls, decode_tls, true },
	{ "websocket", stack_websocket, greet_websocket, encode_websocket, decode_websocket,
		false },
};

/* ---- the stand ---- */

static void on_events(void *data, unsigned events)
{
	struct stand *stand = data;
	char buf[READ_MAX];
	size_t first = stand->room / 2;
	struct iovec iov[2] = { { buf, first }, { buf + first, stand->room - first } };
	ssize_t n;

	stand->seen |= events;
	stand->calls++;
	if (stand->frees) {
		transport_free(stand->transport);
		stand->transport = NULL;
		return;
	}
	if (!(events & WATCH_READ))
		return;
	n = first ? transport_readv(stand->transport, iov, 2)
		  : transport_readv(stand->transport, iov + 1, 1);
	if (n > 0) {
		assert_true((size_t)n <= stand->room);
		assert_int_equal(byte_queue_push(&stand->in, buf, (size_t)n), 0);
	} else if (n != -EAGAIN) {
		stand->end = n;
		transport_watch(stand->transport, 0);
	}
}

static const struct transport_callbacks callbacks = { .on_events = on_events };

static void settle(struct stand *stand)
{
	for (int i = 0; i < TURNS; i++)
		loop_step(stand->loop, false);
}

static int setup(void **state)
{
	struct stand *stand = calloc(1, sizeof(*stand));
	struct transport *lower;
	int fds[2], small = SMALL_BUFFER;

	*stand = (struct stand){
		.adapter = adapter_now, .loop = loop_new(), .room = READ_MAX, .end = -EAGAIN
	};
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	stand->peer = fds[1];
	assert_int_equal(
		socket_transport_new(stand->loop, fds[0], &(struct socket_tuning){ 0 }, &lower), 0);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	assert_int_equal(adapter_now->stack(lower, &stand->transport), 0);
	transport_set_user(stand->transport, &callbacks, stand);
	adapter_now->greet(stand);
	assert_true(transport_is_ready(stand->transport));
	stand->seen = stand->calls = 0;
	*state = stand;
	return 0;
}

static int teardown(void **state)
{
	struct stand *stand = *state;

	transport_free(stand->transport);
	if (stand->peer >= 0)
		close(stand->peer);
	byte_queue_clear(&stand->raw);
	byte_queue_clear(&stand->got);
	byte_queue_clear(&stand->in);
	loop_free(stand->loop);
	free(stand);
	return 0;
}

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

static void assert_pattern(const struct byte_queue *queue, size_t from)
{
	const uint8_t *bytes = (const uint8_t *)byte_queue_data(queue);

	for (size_t i = 0; i < queue->len; i++)
		if (bytes[i] != pattern(from + i))
			fail_msg("byte %zu is %u", from + i, bytes[i]);
}

/* The peer sends @len bytes of the pattern from @from on, in messages of @piece. */
static void peer_says(
	struct stand *stand, struct byte_queue *wire, size_t from, size_t len, size_t piece)
{
	uint8_t bytes[125];

	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;

		for (size_t i = 0; i < n; i++)
			bytes[i] = pattern(from + at + i);
		stand->adapter->encode(wire, bytes, n);
	}
}

static void peer_writes(struct stand *stand, struct byte_queue *wire, size_t piece)
{
	while (wire->len) {
		size_t n = wire->len < piece ? wire->len : piece;
		ssize_t done = write(stand->peer, byte_queue_data(wire), n);

		if (done > 0)
			byte_queue_pop(wire, (size_t)done);
		loop_step(stand->loop, false);
	}
	settle(stand);
}

static void peer_reads(struct stand *stand)
{
	char buf[1000];
	ssize_t n;

	while ((n = read(stand->peer, buf, sizeof(buf))) > 0)
		assert_int_equal(byte_queue_push(&stand->raw, buf, (size_t)n), 0);
	stand->adapter->decode(&stand->raw, &stand->got);
}

static ssize_t say(struct stand *stand, size_t from, size_t len)
{
	static uint8_t bytes[STREAM_BYTES];
	struct iovec iov[2] = { { bytes, len / 3 }, { bytes + len / 3, len - len / 3 } };

	for (size_t i = 0; i < len; i++)
		bytes[i] = pattern(from + i);
	return transport_writev(stand->transport, iov, 2);
}

/* ---- cases ---- */

static void input_arrives_in_order_whatever_the_pieces(void **state)
{
	static const struct {
		size_t message, piece, room;
	} cases[] = { { 125, 4096, READ_MAX }, { 1, 1, 1 }, { 7, 3, 2 }, { 125, 1000, 3 } };
	struct stand *stand = *state;
	struct byte_queue wire = { 0 };
	size_t total = 0;

	transport_watch(stand->transport, WATCH_READ);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stand->room = cases[i].room;
		peer_says(stand, &wire, total, 1000, cases[i].message);
		total += 1000;
		peer_writes(stand, &wire, cases[i].piece);
		while (stand->in.len < total)
			loop_step(stand->loop, true);
	}
	assert_int_equal(stand->in.len, total);
	assert_pattern(&stand->in, 0);
}

static void output_arrives_in_order_through_short_writes(void **state)
{
	struct stand *stand = *state;
	size_t said = 0;

	while (stand->got.len < STREAM_BYTES) {
		size_t len = STREAM_BYTES - said;
		ssize_t n = len ? say(stand, said, len) : -EAGAIN;

		assert_true(n > 0 || n == -EAGAIN);
		if (n > 0) {
			said += (size_t)n;
			continue;
		}
		transport_watch(stand->transport, len ? WATCH_WRITE : 0);
		stand->seen = 0;
		settle(stand);
		assert_int_equal(stand->seen, 0); /* there is no room yet */
		peer_reads(stand);
		settle(stand);
		assert_int_equal(stand->seen & ~(unsigned)WATCH_WRITE, 0);
	}
	assert_pattern(&stand->got, 0);
}

static void what_was_accepted_goes_by_itself(void **state)
{
	struct stand *stand = *state;
	size_t said = 0;
	ssize_t n;

	while ((n = say(stand, said, STREAM_BYTES - said)) > 0)
		said += (size_t)n;
	assert_int_equal(n, -EAGAIN);
	for (int i = 0; i < 100 && stand->got.len < said; i++) {
		peer_reads(stand);
		settle(stand); /* nobody watches anything */
	}
	assert_int_equal(stand->got.len, said);
	assert_int_equal(stand->calls, 0);
}

static void nothing_is_told_that_is_not_watched(void **state)
{
	struct stand *stand = *state;
	struct byte_queue wire = { 0 };

	stand->calls = 0;
	peer_says(stand, &wire, 0, 100, 10);
	peer_writes(stand, &wire, 100);
	assert_int_equal(stand->calls, 0);
	assert_true(transport_has_unread(stand->transport));
	assert_true(transport_look(stand->transport) & WATCH_READ);
	transport_watch(stand->transport, WATCH_READ);
	settle(stand);
	assert_int_equal(stand->in.len, 100);
	assert_false(transport_has_unread(stand->transport));
}

static void end_comes_after_the_last_byte(void **state)
{
	struct stand *stand = *state;
	struct byte_queue wire = { 0 };

	peer_says(stand, &wire, 0, 100, 10);
	peer_writes(stand, &wire, 1000);
	shutdown(stand->peer, SHUT_WR);
	transport_watch(stand->transport, WATCH_HANGUP);
	settle(stand);
	assert_true(stand->seen & WATCH_HANGUP);
	assert_true(transport_has_unread(stand->transport));
	stand->room = 7;
	transport_watch(stand->transport, WATCH_READ);
	while (stand->end == -EAGAIN)
		loop_step(stand->loop, true);
	assert_int_equal(stand->end, 0);
	assert_int_equal(stand->in.len, 100);
	assert_true(say(stand, 0, 10) > 0); /* it may still take bytes */
}

static void half_close_lets_the_peer_finish(void **state)
{
	struct stand *stand = *state;
	struct byte_queue wire = { 0 };
	char byte;

	assert_int_equal(say(stand, 0, 10), 10);
	assert_int_equal(transport_half_close(stand->transport), 0);
	assert_int_equal(say(stand, 0, 10), -EPIPE);
	peer_reads(stand);
	assert_int_equal(stand->got.len, 10);
	if (stand->adapter->half_close_is_seen)
		assert_int_equal(read(stand->peer, &byte, 1), 0);
	transport_watch(stand->transport, WATCH_READ);
	peer_says(stand, &wire, 0, 50, 10);
	peer_writes(stand, &wire, 1000);
	assert_int_equal(stand->in.len, 50);
}

static void write_to_a_peer_that_has_gone_is_an_error(void **state)
{
	struct stand *stand = *state;

	close(stand->peer);
	stand->peer = -1;
	assert_int_equal(say(stand, 0, 10), -EPIPE);
	transport_watch(stand->transport, WATCH_GONE);
	settle(stand);
	assert_true(stand->seen & WATCH_GONE);
	assert_true(transport_look(stand->transport) & WATCH_GONE);
}

static void abort_keeps_what_was_sent(void **state)
{
	struct stand *stand = *state;
	struct byte_queue wire = { 0 };

	peer_says(stand, &wire, 0, 100, 10);
	peer_writes(stand, &wire, 1000);
	assert_int_equal(transport_abort(stand->transport), 0);
	assert_int_equal(send(stand->peer, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(say(stand, 0, 10), -EPIPE);
	transport_watch(stand->transport, WATCH_READ);
	settle(stand);
	assert_int_equal(stand->in.len, 100);
	assert_int_equal(stand->end, 0);
}

static void last_words_are_read(void **state)
{
	struct stand *stand = *state;
	struct byte_queue wire = { 0 };

	peer_says(stand, &wire, 0, 100, 10);
	peer_writes(stand, &wire, 1000);
	transport_last_words(stand->transport, "go away");
	transport_free(stand->transport);
	stand->transport = NULL;
	peer_reads(stand);
	assert_int_equal(stand->got.len, 7);
	assert_memory_equal(byte_queue_data(&stand->got), "go away", 7);
}

static void it_may_be_freed_in_its_own_callback(void **state)
{
	struct stand *stand = *state;
	struct byte_queue wire = { 0 };

	stand->frees = true;
	peer_says(stand, &wire, 0, 100, 10);
	transport_watch(stand->transport, WATCH_READ | WATCH_WRITE | WATCH_HANGUP);
	peer_writes(stand, &wire, 1000);
	assert_null(stand->transport);
	assert_int_equal(stand->calls, 1);
}

static void idle_transport_says_nothing(void **state)
{
	struct stand *stand = *state;

	stand->calls = 0;
	transport_watch(stand->transport, WATCH_READ | WATCH_HANGUP | WATCH_GONE);
	settle(stand);
	assert_int_equal(stand->calls, 0);
	assert_int_equal(transport_look(stand->transport), 0);
	assert_int_equal(transport_identity(stand->transport)->pid, getpid());
}

static int buffer_of(int fd)
{
	socklen_t len = sizeof(int);
	int bytes = 0;

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &len), 0);
	return bytes;
}

/* What the buffer of a new socket becomes when a transport takes it. */
static int buffer_after(int domain, int asked)
{
	struct loop *loop = loop_new();
	struct transport *transport;
	int fd = socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), bytes;

	if (asked)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &asked, sizeof(asked));
	assert_int_equal(socket_transport_new(loop, fd, NULL, &transport), 0);
	bytes = buffer_of(fd);
	transport_free(transport);
	loop_free(loop);
	return bytes;
}

static void unix_socket_holds_more_than_is_preset(void **state)
{
	int unix_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), largest = 1 << 30, most;

	(void)state;
	assert_int_equal(buffer_after(AF_INET, 0), buffer_of(tcp_fd));
	assert_int_equal(buffer_after(AF_UNIX, 4096), buffer_after(AF_UNIX, 0));
	setsockopt(unix_fd, SOL_SOCKET, SO_SNDBUF, &largest, sizeof(largest));
	most = buffer_of(unix_fd); /* that the system allows */
	assert_int_equal(buffer_after(AF_UNIX, largest), most);
	assert_in_range(buffer_after(AF_UNIX, 0), most < 425984 ? most : 425984, most);
	close(unix_fd);
	close(tcp_fd);
}

int main(void)
{
	const struct CMUnitTest of_all[] = { cmocka_unit_test(
		unix_socket_holds_more_than_is_preset) };
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(input_arrives_in_order_whatever_the_pieces),
		CASE(output_arrives_in_order_through_short_writes),
		CASE(what_was_accepted_goes_by_itself),
		CASE(nothing_is_told_that_is_not_watched),
		CASE(end_comes_after_the_last_byte),
		CASE(half_close_lets_the_peer_finish),
		CASE(write_to_a_peer_that_has_gone_is_an_error),
		CASE(abort_keeps_what_was_sent),
		CASE(last_words_are_read),
		CASE(it_may_be_freed_in_its_own_callback),
		CASE(idle_transport_says_nothing),
	};
	int failed = cmocka_run_group_tests(of_all, NULL, NULL);

	for (size_t i = 0; i < sizeof(adapters) / sizeof(adapters[0]); i++) {
		adapter_now = &adapters[i];
		failed += cmocka_run_group_tests_name(adapter_now->name, tests, NULL, NULL);
	}
	SSL_free(tls_peer);
	SSL_CTX_free(tls_peers);
	return failed;
}
