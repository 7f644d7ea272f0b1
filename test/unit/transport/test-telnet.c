/* SPDX-License-Identifier: MIT */
#include "transport/telnet.h"
#include "base/strbuf.h"
#include "lib/fake-transport.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HEARD_BYTES = 16384, READ_BYTES = 4096, TURNS = 64 };

#define IAC    "\377"
#define DONT   "\376"
#define DO     "\375"
#define WONT   "\374"
#define WILL   "\373"
#define SB     "\372"
#define BRK    "\363"
#define SE     "\360"
#define BINARY "\0"
#define ECHO   "\1"
#define SGA    "\3"
#define TTYPE  "\30"
#define NAWS   "\37"
#define PORT   "\54"

/* A user that reads whatever comes, and writes it down with the news: "abc<BREAK>d<80x24>". */
struct fixture {
	struct loop *loop;
	struct fake_transport *fake;
	struct transport *telnet;
	char heard[HEARD_BYTES];
	size_t len;
	ssize_t result; /* of the last read */
	size_t room;	/* for the next one */
	bool com_port;
	unsigned writable;
};

static void on_events(void *data, unsigned events)
{
	struct fixture *f = data;
	char buf[READ_BYTES];
	struct iovec iov = { buf, f->room };

	f->writable += (events & WATCH_WRITE) != 0;
	if (!(events & WATCH_READ))
		return;
	f->result = transport_readv(f->telnet, &iov, 1);
	if (f->result <= 0)
		return;
	assert_true((size_t)f->result <= f->room);
	memcpy(f->heard + f->len, buf, (size_t)f->result);
	f->len += (size_t)f->result;
}

static void on_news(void *data, const struct transport_news *news)
{
	struct fixture *f = data;
	char text[32] = "<BREAK>";

	if (news->type == TRANSPORT_SIZE)
		snprintf(text, sizeof(text), "<%ux%u>", news->cols, news->rows);
	else if (news->type == TRANSPORT_LINE)
		snprintf(text, sizeof(text), "<%u>", news->line.speed);
	memcpy(f->heard + f->len, text, strlen(text));
	f->len += strlen(text);
}

static const struct transport_callbacks callbacks = { .on_events = on_events, .on_news = on_news };

/* @left: by another program; NULL: none was there. */
static void begin(struct fixture *f, enum telnet_role role, const struct telnet_state *left)
{
	const struct telnet_options options = { .role = role, .com_port = f->com_port };
	struct transport *lower;

	f->fake = fake_transport_new(f->loop);
	assert_non_null(f->fake);
	lower = &f->fake->base;
	assert_int_equal(left ? telnet_load(lower, &options, left, &f->telnet)
			      : telnet_new(lower, &options, &f->telnet),
		0);
	transport_set_user(f->telnet, &callbacks, f);
	transport_watch(f->telnet, WATCH_READ);
	f->result = -EAGAIN;
}

static void make(struct fixture *f, enum telnet_role role)
{
	begin(f, role, NULL);
	f->len = 0;
}

static void renew(struct fixture *f, enum telnet_role role)
{
	transport_free(f->telnet);
	make(f, role);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->loop = loop_new();
	assert_non_null(f->loop);
	f->room = READ_BYTES;
	make(f, TELNET_SERVER);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	transport_free(f->telnet);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void settle(struct fixture *f)
{
	for (int i = 0; i < TURNS; i++)
		loop_step(f->loop, false);
}

static void feed_bytes(struct fixture *f, const void *bytes, size_t len)
{
	fake_transport_feed(f->fake, bytes, len);
	settle(f);
	for (size_t i = 0; i < len && f->fake->in.len; i++) {
		fake_transport_feed(f->fake, "", 0); /* as the loop does, again and again */
		settle(f);
	}
}

#define feed(f, text) feed_bytes(f, text, sizeof(text) - 1)

static void take_reply_bytes(struct fixture *f, const void *bytes, size_t len)
{
	assert_int_equal(f->fake->out.len, len);
	if (len)
		assert_memory_equal(byte_queue_data(&f->fake->out), bytes, len);
	byte_queue_clear(&f->fake->out);
}

#define take_reply(f, text) take_reply_bytes(f, text, sizeof(text) - 1)

static void assert_heard_bytes(struct fixture *f, const void *bytes, size_t len)
{
	assert_int_equal(f->len, len);
	assert_memory_equal(f->heard, bytes, len);
	f->len = 0;
}

#define assert_heard(f, text) assert_heard_bytes(f, text, sizeof(text) - 1)

static ssize_t say(struct fixture *f, const void *bytes, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)bytes, len };

	return transport_writev(f->telnet, &iov, 1);
}

static void server_greets_as_qemu_and_asks_for_size_and_terminal(void **state)
{
	struct fixture *f = *state;

	assert_true(transport_is_ready(f->telnet));
	take_reply(f,
		IAC WILL ECHO IAC WILL SGA IAC WILL BINARY IAC DO BINARY IAC DO NAWS IAC DO TTYPE);
}

static void client_agrees_to_what_a_server_does(void **state)
{
	struct fixture *f = *state;

	renew(f, TELNET_CLIENT);
	take_reply(f, IAC DO SGA IAC WILL BINARY IAC DO BINARY);
	feed(f, IAC WILL ECHO IAC WILL SGA IAC DO BINARY IAC WILL BINARY IAC DO TTYPE);
	take_reply(f, IAC DO ECHO IAC WILL TTYPE);
	feed(f, IAC SB TTYPE "\1" IAC SE);
	take_reply(f, IAC SB TTYPE "\0XTERM-256COLOR" IAC SE);
	assert_heard(f, "");
}

static void unknown_options_are_refused_once(void **state)
{
	struct fixture *f = *state;

	byte_queue_clear(&f->fake->out);
	feed(f, IAC DO "\6" IAC WILL "\47");
	take_reply(f, IAC WONT "\6" IAC DONT "\47");
}

static const char session[] =
	"a" IAC IAC "b" IAC SB NAWS "\0\204\0" IAC IAC IAC SE "c" IAC BRK "d" IAC BRK IAC BRK
	"e" IAC WILL BINARY "f\r\0" IAC SB TTYPE "\0VT100" IAC SE "g";
static const char meaning[] = "a\377b<132x255>c<BREAK>d<BREAK><BREAK>ef\r\0g";

static void bytes_and_news_keep_their_order_whatever_the_pieces(void **state)
{
	struct fixture *f = *state;

	for (size_t room = 1; room < 5; room++) {
		for (size_t piece = 1; piece < sizeof(session); piece++) {
			renew(f, TELNET_SERVER);
			f->room = room;
			for (size_t at = 0; at < sizeof(session) - 1; at += piece) {
				size_t left = sizeof(session) - 1 - at;

				feed_bytes(f, session + at, left < piece ? left : piece);
			}
			assert_heard_bytes(f, meaning, sizeof(meaning) - 1);
		}
	}
}

static void hand_over(struct fixture *f)
{
	struct snapshot_groups groups = { .tag = TRANSPORT_TAG_TELNET };
	struct telnet_state telnet;
	struct snapshot_part part;
	struct snapshot left;

	filter_leave(f->telnet, &left);
	groups.left = left.all;
	assert_true(snapshot_next_group(&groups, &part));
	assert_int_equal(snapshot_get(&part, telnet_fields, &telnet, NULL), 0);
	transport_free(f->telnet);
	begin(f, TELNET_SERVER, &telnet);
	snapshot_close(&left);
	settle(f);
}

static void take_said(struct fixture *f, struct strbuf *said)
{
	strbuf_append(said, byte_queue_data(&f->fake->out), f->fake->out.len);
	byte_queue_clear(&f->fake->out);
}

/* @said: what it answers. */
static void hear_cut(struct fixture *f, const char *bytes, size_t len, size_t cut, bool twice,
	struct strbuf *said)
{
	renew(f, TELNET_SERVER);
	feed_bytes(f, bytes, cut);
	take_said(f, said);
	hand_over(f);
	if (twice)
		hand_over(f);
	feed_bytes(f, bytes + cut, len - cut);
	take_said(f, said);
}

static void half_a_command_goes_on_in_another_program(void **state)
{
	static const char bytes[] =
		"a" IAC IAC "b\r" IAC SB NAWS "\0\204\0" IAC IAC IAC SE "\0c" IAC BRK "d" IAC DO
		"\6" IAC WILL "\377" IAC WILL PORT IAC SB PORT "\1\0\0\45\200" IAC SE
		"e" IAC WILL BINARY "f\r\0" IAC SB TTYPE "\0VT100" IAC SE "g";
	static const char heard[] = "a\377b\r<132x255>c<BREAK>d<9600>ef\r\0g";
	AUTO_STRBUF struct strbuf uncut = { 0 };
	struct fixture *f = *state;

	f->com_port = true;
	renew(f, TELNET_SERVER);
	feed(f, bytes);
	assert_heard(f, heard);
	take_said(f, &uncut);
	for (size_t cut = 0; cut < sizeof(bytes); cut++) {
		AUTO_STRBUF struct strbuf said = { 0 };

		hear_cut(f, bytes, sizeof(bytes) - 1, cut, cut % 2, &said);
		assert_heard(f, heard);
		assert_int_equal(said.len, uncut.len); /* what is due at once has any order */
	}
}

/* Behind bytes that nobody takes, and just as they would be told. */
static void news_that_wait_are_told_by_another_program(void **state)
{
	static const char bytes[] = "ab" IAC SB NAWS "\0\120\0\30" IAC SE "c" IAC BRK;
	struct fixture *f = *state;

	for (size_t room = 0; room < 4; room++) {
		renew(f, TELNET_SERVER);
		transport_watch(f->telnet, room ? WATCH_READ : 0);
		f->room = room ? room : READ_BYTES;
		fake_transport_feed(f->fake, bytes, sizeof(bytes) - 1);
		hand_over(f);
		hand_over(f);
		assert_heard(f, "ab<80x24>c<BREAK>");
	}
}

static void command_of_any_length_is_kept_by_nobody(void **state)
{
	struct fixture *f = *state;

	feed(f, IAC SB TTYPE "\0");
	for (int i = 0; i < 250; i++)
		feed(f, "x");
	assert_null(transport_obstacle(f->telnet));
	for (int i = 0; i < 10; i++)
		feed(f, "x");
	assert_non_null(transport_obstacle(f->telnet));
	feed(f, IAC SE);
	assert_null(transport_obstacle(f->telnet));
}

static void break_is_heard_while_nobody_reads(void **state)
{
	struct fixture *f = *state;

	transport_watch(f->telnet, 0);
	feed(f, IAC BRK);
	assert_heard(f, "<BREAK>");
	feed(f, "x" IAC BRK); /* behind a byte that nobody takes */
	assert_heard(f, "");
	assert_true(transport_has_unread(f->telnet));
	transport_watch(f->telnet, WATCH_READ);
	settle(f);
	assert_heard(f, "x<BREAK>");
}

static void option_may_have_the_number_of_an_iac(void **state)
{
	struct fixture *f = *state;

	feed(f, "a" IAC WILL "\377" IAC BRK "b" IAC SB "\377" IAC BRK "c");
	assert_heard(f, "a<BREAK>b<BREAK>c");
}

static void returns_of_the_virtual_terminal_are_one_byte(void **state)
{
	struct fixture *f = *state;

	feed(f, "a\r\0b\r\nc\r\r\0\n");
	assert_heard(f, "a\rb\rc\r\r\n");
	renew(f, TELNET_CLIENT); /* what a server sends is output: its lines stay */
	feed(f, "a\r\nb\r\0c");
	assert_heard(f, "a\r\nb\rc");
	feed(f, IAC WILL BINARY "\r\0\n");
	assert_heard(f, "\r\0\n");
}

static void iacs_are_doubled(void **state)
{
	static char all[3 * READ_BYTES];
	struct fixture *f = *state;
	size_t done = 0;
	ssize_t n;

	byte_queue_clear(&f->fake->out);
	assert_int_equal(say(f, "a" IAC "b", 3), 3);
	take_reply(f, "a" IAC IAC "b");
	memset(all, 0377, sizeof(all));
	while (done < sizeof(all)) {
		n = say(f, all + done, sizeof(all) - done);
		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(f->fake->out.len, 2 * sizeof(all));
}

/* Where what is looked at, encoded or written at a time begins and ends. */
static void iac_at_every_edge_is_doubled(void **state)
{
	static const size_t lens[] = { 1, 2, 511, 512, 513, 2047, 2048, 2049, 4096, 65535, 65536,
		65537 };
	static char bytes[65537];
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t len = lens[i], places[] = { 0, len / 2, len - 1 };

		for (size_t j = 0; j < sizeof(places) / sizeof(places[0]); j++) {
			size_t at = places[j], done = 0;
			const char *out;

			memset(bytes, 'a', len);
			bytes[at] = '\377';
			byte_queue_clear(&f->fake->out);
			while (done < len) {
				ssize_t n = say(f, bytes + done, len - done);

				assert_true(n > 0);
				done += (size_t)n;
			}
			out = byte_queue_data(&f->fake->out);
			assert_int_equal(f->fake->out.len, len + 1);
			assert_memory_equal(out, bytes, at + 1);
			assert_memory_equal(out + at + 1, bytes + at, len - at);
		}
	}
}

static void size_of_nothing_is_none(void **state)
{
	struct fixture *f = *state;

	feed(f, IAC SB NAWS "\0\0\0\0" IAC SE IAC SB NAWS "\0\120\0\0" IAC SE "a");
	assert_heard(f, "a");
	feed(f, IAC SB NAWS IAC IAC IAC IAC IAC IAC IAC IAC IAC SE "b");
	assert_heard(f, "<65535x65535>b");
	feed(f, IAC SB NAWS "\0\120\0" IAC SE "c");
	assert_heard(f, "c");
}

/* Each is one round of the loop, in which others get their turn. */
static void storm_of_breaks_is_told_break_by_break(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 5000; i++) {
		feed(f, IAC BRK IAC BRK "a");
		assert_heard(f, "<BREAK><BREAK>a");
	}
}

static void no_escape_is_torn_by_an_answer(void **state)
{
	struct fixture *f = *state;

	byte_queue_clear(&f->fake->out);
	f->fake->room = 2;
	assert_int_equal(say(f, "a" IAC, 2), 2);
	feed(f, IAC DO "\6");
	assert_int_equal(say(f, "b", 1), -EAGAIN);
	fake_transport_give_room(f->fake, 100);
	settle(f);
	assert_int_equal(say(f, "b", 1), 1);
	take_reply(f, "a" IAC IAC IAC WONT "\6"
		      "b");
}

/* The answers wait for it, and it waits for the answers. */
static void peer_that_asks_and_never_reads_is_not_read(void **state)
{
	static char flood[3 * 20000];
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(flood); i += 3)
		memcpy(flood + i, IAC DO "\6", 3);
	f->fake->room = 0;
	fake_transport_feed(f->fake, flood, sizeof(flood));
	settle(f);
	assert_true(f->fake->in.len > sizeof(flood) - 8192);
	f->fake->room = SIZE_MAX;
	fake_transport_give_room(f->fake, 0);
	feed(f, "x");
	while (f->fake->in.len)
		feed(f, "x");
	assert_int_equal(f->heard[0], 'x');
	assert_int_equal(f->fake->out.len, 18 + sizeof(flood));
}

static void size_and_break_are_sent_behind_the_bytes(void **state)
{
	const struct transport_news size = { .type = TRANSPORT_SIZE, .cols = 132, .rows = 255 },
				    brk = { .type = TRANSPORT_BREAK };
	struct fixture *f = *state;

	assert_int_equal(transport_send_news(f->telnet, &size), -ENOTSUP);
	renew(f, TELNET_CLIENT);
	byte_queue_clear(&f->fake->out);
	assert_int_equal(transport_send_news(f->telnet, &size), 0);
	take_reply(f, ""); /* nobody has asked */
	feed(f, IAC DO NAWS);
	take_reply(f, IAC WILL NAWS IAC SB NAWS "\0\204\0" IAC IAC IAC SE);
	assert_int_equal(say(f, "a", 1), 1);
	assert_int_equal(transport_send_news(f->telnet, &brk), 0);
	assert_int_equal(say(f, "b", 1), 1);
	take_reply(f, "a" IAC BRK "b");
	f->fake->room = 0;
	for (int i = 0; i < 10000; i++)
		assert_int_equal(transport_send_news(f->telnet, &brk), 0);
	fake_transport_give_room(f->fake, 1000000);
	settle(f);
	assert_true(f->fake->out.len < 4096);
}

static void compression_is_not_begun(void **state)
{
	struct fixture *f = *state;

	feed(f, "a" IAC SB "\126" IAC SE "b");
	assert_heard(f, "a");
	assert_int_equal(f->result, -EPROTO);
}

static void end_comes_after_the_news(void **state)
{
	struct fixture *f = *state;

	f->room = 1;
	feed(f, "ab" IAC BRK);
	fake_transport_end(f->fake);
	settle(f);
	assert_heard(f, "ab<BREAK>");
	assert_int_equal(f->result, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(server_greets_as_qemu_and_asks_for_size_and_terminal),
		CASE(client_agrees_to_what_a_server_does),
		CASE(unknown_options_are_refused_once),
		CASE(bytes_and_news_keep_their_order_whatever_the_pieces),
		CASE(half_a_command_goes_on_in_another_program),
		CASE(news_that_wait_are_told_by_another_program),
		CASE(command_of_any_length_is_kept_by_nobody),
		CASE(break_is_heard_while_nobody_reads),
		CASE(option_may_have_the_number_of_an_iac),
		CASE(returns_of_the_virtual_terminal_are_one_byte),
		CASE(iacs_are_doubled),
		CASE(iac_at_every_edge_is_doubled),
		CASE(size_of_nothing_is_none),
		CASE(storm_of_breaks_is_told_break_by_break),
		CASE(no_escape_is_torn_by_an_answer),
		CASE(peer_that_asks_and_never_reads_is_not_read),
		CASE(size_and_break_are_sent_behind_the_bytes),
		CASE(compression_is_not_begun),
		CASE(end_comes_after_the_news),
	};

	return cmocka_run_group_tests_name("telnet", tests, NULL, NULL);
}
