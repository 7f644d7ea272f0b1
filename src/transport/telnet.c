/* SPDX-License-Identifier: MIT */
/*
 * Libtelnet knows the protocol: it is pushed bytes and calls back with data, options and what to
 * send. This file makes a transport of it, which is pulled, bounded, and keeps the order of bytes
 * and news.
 *
 * In: raw bytes are read, decoded piece by piece and kept until the user takes them. A piece ends
 * where a command may: so decoding stops behind a break or a size, which is told once the bytes
 * before it have been taken. While bytes wait, nothing is read; otherwise the filter reads by
 * itself, so that options are answered and a break is heard, whether the user listens or not.
 *
 * Out: bytes without an IAC, nearly all there are, go straight from the user's memory to the lower
 * transport. Others are encoded into a buffer, a part at a time, and written by the filter.
 *
 * Until both sides have agreed on BINARY a peer ends its lines as the network virtual terminal
 * does: CR NUL is a return key, and so is CR LF of a person's telnet [RFC 854].
 *
 * Bounds: a buffer each way. Nothing is decoded without room for the answers that it can call for,
 * ANSWER_RATIO bytes a byte: who asks and does not read is not read any more. A subnegotiation ends
 * at libtelnet's 16 KiB. Compression, which libtelnet would begin at the peer's word, is an error.
 */
#include "transport/telnet.h"

#include "base/list.h"
#include "base/log.h"
#include "base/wire.h"
#include "transport/com-port.h"
#include "transport/transport-impl.h"

#include <ctype.h>
#include <errno.h>
#include <libtelnet.h>
#include <stdlib.h>
#include <string.h>

enum {
	RAW_BYTES = 1024,
	ENCODED_BYTES = 4096, /* of the user's bytes, once their IACs are doubled */
	ANSWER_BYTES = 2048,
	ANSWER_RATIO = 8,
	DIRECT_BYTES_MIN = 512, /* so many before an IAC are worth a write of their own */
	DIRECT_BYTES_MAX = 131072,
	READS_A_CALL = 8,
	TERMINAL_NAME_MAX = 40,
	BREAK_MS = 250, /* of one that a server of RFC 2217 makes for us */
	NAWS_BYTES = 4,
	BEGUN_BYTES = 256, /* of a command that another program can go on with */
	N_AGREED = 6,
	HEARD_BYTES = 2,
};

/* The terminal that we are to a server [RFC 1091]. */
static const char terminal_name[] = "XTERM-256COLOR";

/* What the next byte is. The option of a negotiation may have any number, also that of an IAC. */
enum command_part { PART_NONE, PART_CODE, PART_OPTION };

/**
 * struct telnet
 * @agreed:   the options that libtelnet may agree to
 * @error:    -errno of a write that failed for ever
 * @failed:   the peer broke the rules, or memory ran out: no more is decoded
 * @command:  how far the one has come that the last bytes are of
 * @after_cr: ...was a CR of the data
 * @code:     of the command; @in_sb: a subnegotiation has begun
 * @begun:    the command whose end is to come, from its IAC on; @begun_len counts on beyond
 * @heard:    by option: what the peer said last of what it does, and of what we do; 0: nothing
 * @binary:   the peer has agreed to send bytes as they are
 * @raw:      bytes of the peer from @raw_at to @raw_end
 * @in:       bytes for the user from @in_at to @in_end
 * @news:     what comes behind @in, where @has_news
 * @eof:      the lower transport has no more
 * @out:      bytes for the peer that wait for room, from @out_at to @out_end
 * @half:     the lower one is to be half closed once @out is empty
 * @does_naws: the peer wants to hear our size, which is @cols x @rows
 * @port:     where @does_port
 * @answers:  what the peer has ordered is answered once its line has had the time to say what has
 *            come of it, until when @answers_wait
 */
struct telnet {
	struct transport base;
	telnet_t *protocol;
	telnet_telopt_t agreed[N_AGREED + 1];
	enum telnet_role role;
	int error;
	bool failed, after_cr, binary;
	enum command_part command;
	uint8_t code, heard[N_AGREED][2][HEARD_BYTES];
	bool in_sb;
	uint8_t begun[BEGUN_BYTES];
	size_t begun_len;
	uint8_t raw[RAW_BYTES];
	size_t raw_at, raw_end;
	uint8_t in[RAW_BYTES];
	size_t in_at, in_end;
	struct transport_news news;
	bool has_news, eof;
	uint8_t out[ENCODED_BYTES + ANSWER_BYTES];
	size_t out_at, out_end;
	bool half, break_due, size_due, does_naws;
	unsigned cols, rows;
	struct com_port port;
	bool does_port, answers_wait;
	struct task answers;
	struct timer *end_break; /* a client's */
};

static struct telnet *telnet_of(struct transport *transport)
{
	return container_of(transport, struct telnet, base);
}

/* ---- out ---- */

static bool has_out(const struct telnet *telnet)
{
	return telnet->out_at < telnet->out_end;
}

/* Room for answers: what the user's bytes may take is left out. */
static size_t answer_room(const struct telnet *telnet)
{
	size_t room = sizeof(telnet->out) - telnet->out_end;

	return room < ANSWER_BYTES ? room : ANSWER_BYTES;
}

/* Who calls libtelnet has made sure that there is room. */
static void put_out(struct telnet *telnet, const char *bytes, size_t len)
{
	if (telnet->failed || telnet->error)
		return;
	if (len > sizeof(telnet->out) - telnet->out_end) {
		telnet->failed = true;
		return;
	}
	memcpy(telnet->out + telnet->out_end, bytes, len);
	telnet->out_end += len;
}

static void say_size(struct telnet *telnet)
{
	uint8_t size[NAWS_BYTES];

	put_be16(put_be16(size, telnet->cols), telnet->rows);
	telnet_begin_sb(telnet->protocol, TELNET_TELOPT_NAWS);
	telnet_send(telnet->protocol, (const char *)size, sizeof(size));
	telnet_finish_sb(telnet->protocol);
}

static void say_port(struct telnet *telnet)
{
	uint8_t message[COM_PORT_MESSAGE_MAX];
	size_t len;

	while ((len = com_port_next(&telnet->port, message)) > 0)
		telnet_subnegotiation(
			telnet->protocol, COM_PORT_OPTION, (const char *)message, len);
}

/* Only where nothing waits, and so behind what was written. */
static void say_what_is_due(struct telnet *telnet)
{
	if (!telnet->answers_wait)
		say_port(telnet);
	if (telnet->break_due)
		telnet_iac(telnet->protocol, TELNET_BREAK);
	if (telnet->size_due)
		say_size(telnet);
	telnet->break_due = telnet->size_due = false;
}

static void fail_out(struct telnet *telnet, int error)
{
	telnet->error = error;
	telnet->out_at = telnet->out_end = 0;
}

/* Write what waits. Return: 0: all of it; -EAGAIN: not all; another -errno: it broke. */
static int flush(struct telnet *telnet)
{
	if (telnet->error)
		return telnet->error;
	if (!has_out(telnet))
		say_what_is_due(telnet);
	while (has_out(telnet)) {
		struct iovec iov = { telnet->out + telnet->out_at,
			telnet->out_end - telnet->out_at };
		ssize_t n = transport_writev(telnet->base.lower, &iov, 1);

		if (n == -EAGAIN)
			return -EAGAIN;
		if (n < 0) {
			fail_out(telnet, (int)n);
			return (int)n;
		}
		telnet->out_at += (size_t)n;
		if (has_out(telnet))
			continue;
		telnet->out_at = telnet->out_end = 0;
		say_what_is_due(telnet);
	}
	if (telnet->half) {
		telnet->half = false;
		fail_out(telnet, -EPIPE);
		return transport_half_close(telnet->base.lower);
	}
	return 0;
}

/*
 * How many bytes there are before the first IAC, or in all that are looked at: the kernel seldom
 * takes more, and what it does not take is looked at again. Return: is there one.
 */
static bool find_iac(const struct iovec *iov, int n, size_t *ret_len)
{
	*ret_len = 0;
	for (int i = 0; i < n && *ret_len < DIRECT_BYTES_MAX; i++) {
		size_t left = DIRECT_BYTES_MAX - *ret_len;
		size_t len = iov[i].iov_len < left ? iov[i].iov_len : left;
		const char *iac = memchr(iov[i].iov_base, TELNET_IAC, len);

		if (iac) {
			*ret_len += (size_t)(iac - (const char *)iov[i].iov_base);
			return true;
		}
		*ret_len += len;
	}
	return false;
}

static ssize_t write_directly(struct telnet *telnet, const struct iovec *iov, int n, size_t len)
{
	struct iovec part[TRANSPORT_IOV_MAX];
	int count = 0;

	for (; count < n && len; count++) {
		part[count] = iov[count];
		if (part[count].iov_len > len)
			part[count].iov_len = len;
		len -= part[count].iov_len;
	}
	return transport_writev(telnet->base.lower, part, count);
}

/* Only where nothing waits. Return: how many of the user's bytes. */
static ssize_t encode(struct telnet *telnet, const struct iovec *iov, int n)
{
	size_t done = 0, most = ENCODED_BYTES / 2;

	for (int i = 0; i < n && done < most; i++) {
		size_t len = iov[i].iov_len < most - done ? iov[i].iov_len : most - done;

		telnet_send(telnet->protocol, iov[i].iov_base, len);
		done += len;
	}
	flush(telnet); /* should it fail, the next write tells */
	return (ssize_t)done;
}

static void watch_lower(struct transport *transport);

static ssize_t write_telnet(struct transport *transport, const struct iovec *iov, int n)
{
	struct telnet *telnet = telnet_of(transport);
	size_t clean;
	ssize_t r;

	if (telnet->half)
		return -EPIPE;
	r = flush(telnet);
	if (r == 0 && telnet->port.suspended)
		r = -EAGAIN;
	if (r < 0)
		return r;
	if (!find_iac(iov, n, &clean) || clean >= DIRECT_BYTES_MIN)
		return write_directly(telnet, iov, n, clean);
	r = encode(telnet, iov, n);
	watch_lower(transport);
	return r;
}

/* ---- in ---- */

static bool has_in(const struct telnet *telnet)
{
	return telnet->in_at < telnet->in_end;
}

static bool has_raw(const struct telnet *telnet)
{
	return telnet->raw_at < telnet->raw_end;
}

/* Until it has been told, nothing that comes behind it is given out. */
static bool waits_to_tell(const struct telnet *telnet)
{
	return telnet->has_news || telnet->base.has_news;
}

/* Also where they have been: with the NULs the user would type spaces, with LF each line twice. */
static bool belongs_to_cr(const struct telnet *telnet, char byte)
{
	return telnet->after_cr && (byte == 0 || (byte == '\n' && telnet->role == TELNET_SERVER));
}

static void put_in(struct telnet *telnet, const char *bytes, size_t len)
{
	if (telnet->failed || len > sizeof(telnet->in) - telnet->in_end) {
		telnet->failed = true;
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (!telnet->binary && belongs_to_cr(telnet, bytes[i])) {
			telnet->after_cr = false;
			continue;
		}
		telnet->after_cr = bytes[i] == '\r';
		telnet->in[telnet->in_end++] = (uint8_t)bytes[i];
	}
}

static void put_news(struct telnet *telnet, const struct transport_news *news)
{
	telnet->news = *news;
	telnet->has_news = true;
}

/* [RFC 1073] */
static void hear_size(struct telnet *telnet, const char *bytes, size_t len)
{
	const uint8_t *at = (const uint8_t *)bytes;
	struct transport_news news = { .type = TRANSPORT_SIZE };

	if (len != NAWS_BYTES)
		return;
	news.cols = get_be16(at);
	news.rows = get_be16(at + 2);
	if (news.cols && news.rows)
		put_news(telnet, &news);
}

static void hear_command(struct telnet *telnet, unsigned char command)
{
	static const struct transport_news news = { .type = TRANSPORT_BREAK };

	if (command == TELNET_BREAK)
		put_news(telnet, &news);
}

static void hear_port(struct telnet *telnet, const char *bytes, size_t len)
{
	struct transport_news news;

	if (com_port_hear(&telnet->port, (const uint8_t *)bytes, len, &news))
		put_news(telnet, &news);
	telnet->answers_wait = telnet->port.server;
}

/* The peer says what it will do, or no more. */
static void hear_will(struct telnet *telnet, unsigned char option, bool will)
{
	if (option == TELNET_TELOPT_BINARY)
		telnet->binary = will;
	else if (option == COM_PORT_OPTION && telnet->role == TELNET_SERVER)
		com_port_activate(&telnet->port, will);
	else if (option == TELNET_TELOPT_TTYPE && will)
		telnet_ttype_send(telnet->protocol);
}

/* The peer says what we shall do, or no more. */
static void hear_do(struct telnet *telnet, unsigned char option, bool does)
{
	if (option == COM_PORT_OPTION && telnet->role == TELNET_CLIENT)
		com_port_activate(&telnet->port, does);
	if (option != TELNET_TELOPT_NAWS)
		return;
	telnet->does_naws = does;
	telnet->size_due = does && telnet->cols;
}

static void hear_terminal(struct telnet *telnet, unsigned char command, const char *name)
{
	char text[TERMINAL_NAME_MAX + 1];
	size_t len = 0;

	if (command == TELNET_TTYPE_SEND && telnet->role == TELNET_CLIENT) {
		telnet_ttype_is(telnet->protocol, terminal_name);
	} else if (command == TELNET_TTYPE_IS && name) {
		for (; len < TERMINAL_NAME_MAX && isgraph((unsigned char)name[len]); len++)
			text[len] = name[len];
		text[len] = 0;
		log_debug("telnet: %s has a terminal '%s'", telnet->base.identity->name, text);
	}
}

static void handle_event(telnet_t *protocol, telnet_event_t *event, void *data)
{
	struct telnet *telnet = data;

	(void)protocol;
	switch (event->type) {
	case TELNET_EV_DATA: put_in(telnet, event->data.buffer, event->data.size); break;
	case TELNET_EV_SEND: put_out(telnet, event->data.buffer, event->data.size); break;
	case TELNET_EV_IAC: hear_command(telnet, event->iac.cmd); break;
	case TELNET_EV_WILL: hear_will(telnet, event->neg.telopt, true); break;
	case TELNET_EV_WONT: hear_will(telnet, event->neg.telopt, false); break;
	case TELNET_EV_DO: hear_do(telnet, event->neg.telopt, true); break;
	case TELNET_EV_DONT: hear_do(telnet, event->neg.telopt, false); break;
	case TELNET_EV_SUBNEGOTIATION:
		if (event->sub.telopt == TELNET_TELOPT_NAWS && telnet->role == TELNET_SERVER)
			hear_size(telnet, event->sub.buffer, event->sub.size);
		else if (event->sub.telopt == COM_PORT_OPTION)
			hear_port(telnet, event->sub.buffer, event->sub.size);
		break;
	case TELNET_EV_TTYPE: hear_terminal(telnet, event->ttype.cmd, event->ttype.name); break;
	case TELNET_EV_COMPRESS:
	case TELNET_EV_ERROR: telnet->failed = true; break;
	default: break; /* of extensions that were not asked for, and warnings */
	}
}

static enum command_part part_behind(enum command_part part, uint8_t byte)
{
	if (part == PART_CODE)
		return byte >= TELNET_SB && byte <= TELNET_DONT ? PART_OPTION : PART_NONE;
	return part == PART_NONE && byte == TELNET_IAC ? PART_CODE : PART_NONE;
}

/* What the peer says of options is kept, for who goes on in our place. */
static void note_heard(struct telnet *telnet, uint8_t option)
{
	unsigned what = telnet->code == TELNET_DO || telnet->code == TELNET_DONT;

	for (size_t i = 0; i < N_AGREED && telnet->agreed[i].telopt >= 0; i++)
		if (telnet->agreed[i].telopt == option && telnet->code >= TELNET_WILL) {
			telnet->heard[i][what][0] = telnet->code;
			telnet->heard[i][what][1] = option;
		}
}

static void note_command(struct telnet *telnet, uint8_t byte)
{
	if (telnet->command == PART_CODE) {
		telnet->code = byte;
		telnet->in_sb = byte == TELNET_SB || (telnet->in_sb && byte != TELNET_SE);
	} else if (telnet->command == PART_OPTION) {
		note_heard(telnet, byte);
	}
	telnet->command = part_behind(telnet->command, byte);
}

/* For who goes on in our place: libtelnet has to hear it from the beginning. */
static void note_begun(struct telnet *telnet, const uint8_t *piece, size_t len)
{
	if (!telnet->in_sb && telnet->command == PART_NONE) {
		telnet->begun_len = 0;
		return;
	}
	if (!telnet->begun_len) {
		piece += len - 1; /* its IAC, behind data */
		len = 1;
	}
	if (telnet->begun_len + len <= BEGUN_BYTES)
		memcpy(telnet->begun + telnet->begun_len, piece, len);
	telnet->begun_len += len;
}

/* A command ends with a byte that follows an IAC: that byte is a piece of its own. */
static size_t next_piece(const struct telnet *telnet)
{
	const uint8_t *at = telnet->raw + telnet->raw_at;
	size_t len = telnet->raw_end - telnet->raw_at, most = answer_room(telnet) / ANSWER_RATIO;
	const uint8_t *iac;

	if (len && telnet->command != PART_NONE)
		len = 1;
	iac = memchr(at, TELNET_IAC, len);
	if (iac)
		len = (size_t)(iac - at) + 1;
	return len < most ? len : most;
}

/* What has been read, until there is news, or no room for answers. */
static void decode(struct telnet *telnet)
{
	size_t len;

	if (!has_in(telnet))
		telnet->in_at = telnet->in_end = 0;
	while (!telnet->failed && !waits_to_tell(telnet) && (len = next_piece(telnet)) > 0) {
		const uint8_t *at = telnet->raw + telnet->raw_at;

		telnet->raw_at += len;
		telnet_recv(telnet->protocol, (const char *)at, len);
		note_command(telnet, at[len - 1]);
		note_begun(telnet, at, len);
	}
	if (telnet->failed)
		telnet->raw_at = telnet->raw_end;
	if (telnet->has_news && !has_in(telnet)) {
		telnet->has_news = false;
		transport_post_news(&telnet->base, &telnet->news);
	}
}

/* Return: bytes; 0: no more; -EAGAIN; -errno. */
static ssize_t fill(struct telnet *telnet)
{
	struct iovec iov = { telnet->raw, sizeof(telnet->raw) };
	ssize_t n;

	telnet->raw_at = telnet->raw_end = 0;
	n = transport_readv(telnet->base.lower, &iov, 1);
	if (n > 0)
		telnet->raw_end = (size_t)n;
	telnet->eof |= n == 0;
	return n;
}

static size_t give(struct telnet *telnet, const struct iovec *iov, int n)
{
	size_t done = 0;

	for (int i = 0; i < n && has_in(telnet); i++) {
		size_t left = telnet->in_end - telnet->in_at;
		size_t len = iov[i].iov_len < left ? iov[i].iov_len : left;

		memcpy(iov[i].iov_base, telnet->in + telnet->in_at, len);
		telnet->in_at += len;
		done += len;
	}
	return done;
}

/* @n is 0 where only the filter's own affairs are to go on. */
static ssize_t read_data(struct telnet *telnet, const struct iovec *iov, int n)
{
	size_t done = 0;
	ssize_t r = 1;

	for (int i = 0; r > 0 && i < READS_A_CALL; i++) {
		decode(telnet);
		flush(telnet); /* should it fail, what the peer has sent is still to be read */
		if (has_in(telnet) || waits_to_tell(telnet) || telnet->failed)
			break;
		r = has_raw(telnet) ? -EAGAIN : fill(telnet);
	}
	done = give(telnet, iov, n);
	decode(telnet);
	if (done)
		return (ssize_t)done;
	if (has_in(telnet) || waits_to_tell(telnet))
		return -EAGAIN;
	if (telnet->failed)
		return -EPROTO;
	return r > 0 ? -EAGAIN : r;
}

static ssize_t read_telnet(struct transport *transport, const struct iovec *iov, int n)
{
	ssize_t r = read_data(telnet_of(transport), iov, n);

	watch_lower(transport);
	return r;
}

/* ---- events ---- */

static void watch_lower(struct transport *transport);

static void answer(void *data)
{
	struct telnet *telnet = data;

	if (waits_to_tell(telnet))
		return;
	telnet->answers_wait = false;
	flush(telnet); /* should it fail, the next write tells */
	watch_lower(&telnet->base);
}

static void end_break(void *data)
{
	struct telnet *telnet = data;

	com_port_end_break(&telnet->port);
	flush(telnet);
	watch_lower(&telnet->base);
}

static void watch_lower(struct transport *transport)
{
	struct telnet *telnet = telnet_of(transport);
	unsigned wanted = transport->wanted, lower = wanted & (WATCH_HANGUP | WATCH_GONE);
	bool rests, ended;

	decode(telnet);
	if (telnet->answers_wait && !waits_to_tell(telnet))
		task_post(transport->loop, &telnet->answers, answer, telnet);
	rests = has_in(telnet) || has_raw(telnet) || waits_to_tell(telnet) || telnet->failed;
	if (!telnet->eof && !rests)
		lower |= WATCH_READ;
	if (has_out(telnet) || ((wanted & WATCH_WRITE) && !telnet->port.suspended))
		lower |= WATCH_WRITE;
	transport_watch(transport->lower, lower);
	ended = !waits_to_tell(telnet) && (telnet->failed || (telnet->eof && !has_raw(telnet)));
	if (has_in(telnet) || ended)
		transport_kick(transport, wanted & WATCH_READ);
	if (telnet->failed)
		transport_kick(transport, wanted & (WATCH_HANGUP | WATCH_GONE));
}

static void on_lower(struct transport *transport, unsigned events)
{
	struct telnet *telnet = telnet_of(transport);

	if (events & WATCH_WRITE)
		flush(telnet);
	if ((events & ~(unsigned)WATCH_WRITE) && !(transport->wanted & WATCH_READ))
		read_data(telnet, NULL, 0);
	if (has_out(telnet) || telnet->port.suspended)
		events &= ~(unsigned)WATCH_WRITE;
	transport_tell(transport, events);
	if (!transport->freed)
		watch_lower(transport);
}

static unsigned look_at_telnet(struct transport *transport)
{
	const struct telnet *telnet = telnet_of(transport);
	unsigned seen = transport_look(transport->lower);

	if (telnet->failed)
		return seen | WATCH_READ | WATCH_HANGUP | WATCH_GONE;
	return seen | (has_in(telnet) ? WATCH_READ : 0u);
}

static bool telnet_has_unread(struct transport *transport)
{
	const struct telnet *telnet = telnet_of(transport);

	return has_in(telnet) || has_raw(telnet) || waits_to_tell(telnet) ||
	       (!telnet->failed && transport_has_unread(transport->lower));
}

static int send_telnet_news(struct transport *transport, const struct transport_news *news)
{
	struct telnet *telnet = telnet_of(transport);

	if (telnet->does_port && com_port_tell(&telnet->port, news) == 0) {
		if (telnet->port.breaking && telnet->end_break)
			timer_start(telnet->end_break, BREAK_MS);
	} else if (news->type == TRANSPORT_BREAK) {
		telnet->break_due = true;
	} else if (news->type == TRANSPORT_SIZE && telnet->role == TELNET_CLIENT) {
		telnet->cols = news->cols;
		telnet->rows = news->rows;
		telnet->size_due = telnet->does_naws;
	} else {
		return -ENOTSUP;
	}
	flush(telnet); /* should it fail, the next write tells */
	watch_lower(transport);
	return 0;
}

/* ---- life ---- */

static int half_close_telnet(struct transport *transport)
{
	struct telnet *telnet = telnet_of(transport);
	int r;

	telnet->half = true;
	r = flush(telnet);
	watch_lower(transport);
	return r == -EAGAIN ? 0 : r;
}

static void close_telnet(struct transport *transport)
{
	struct telnet *telnet = telnet_of(transport);

	task_cancel(&telnet->answers);
	timer_free(telnet->end_break);
	telnet_free(telnet->protocol);
}

/* What is to be decoded by who goes on in our place: @begun and @raw, if they are no more. */
static size_t undecoded(const struct telnet *telnet)
{
	return telnet->begun_len + telnet->raw_end - telnet->raw_at;
}

static const char *telnet_obstacle(const struct transport *transport)
{
	const struct telnet *telnet = (const struct telnet *)transport;

	return telnet->failed || telnet->error || telnet->half || telnet->begun_len > BEGUN_BYTES ||
			       undecoded(telnet) > RAW_BYTES ||
			       (telnet->end_break && timer_is_running(telnet->end_break))
		       ? "its telnet session"
		       : NULL;
}

#define FIELD(...) SNAPSHOT_FIELD(struct telnet_state, __VA_ARGS__)

const struct snapshot_field telnet_fields[] = {
	FIELD(heard, 1, SNAPSHOT_BLOB),
	FIELD(raw, 2, SNAPSHOT_BLOB),
	FIELD(in, 3, SNAPSHOT_BLOB),
	FIELD(out, 4, SNAPSHOT_BLOB),
	FIELD(port, 5, SNAPSHOT_BLOB, .needed = true),
	FIELD(after_cr, 6, SNAPSHOT_BOOL),
	FIELD(eof, 7, SNAPSHOT_BOOL),
	FIELD(break_due, 8, SNAPSHOT_BOOL),
	FIELD(size_due, 9, SNAPSHOT_BOOL),
	FIELD(does_naws, 10, SNAPSHOT_BOOL),
	FIELD(answers_wait, 11, SNAPSHOT_BOOL),
	FIELD(cols, 12, SNAPSHOT_U32),
	FIELD(rows, 13, SNAPSHOT_U32),
	FIELD(news, 14, SNAPSHOT_BLOB, .optional = true),
	{ 0 },
};

/* What has not been told: there is one piece of news at a time. */
static struct snapshot_bytes untold(const struct telnet *telnet)
{
	const struct transport_news *news = telnet->has_news ? &telnet->news : &telnet->base.news;

	return (struct snapshot_bytes){ news, waits_to_tell(telnet) ? sizeof(*news) : 0 };
}

static void save_telnet(const struct transport *transport, struct snapshot_writer *writer)
{
	const struct telnet *telnet = (const struct telnet *)transport;
	uint8_t raw[BEGUN_BYTES + RAW_BYTES];
	const struct telnet_state state = { .heard = { telnet->heard, sizeof(telnet->heard) },
		.raw = { raw, undecoded(telnet) },
		.in = { telnet->in + telnet->in_at, telnet->in_end - telnet->in_at },
		.out = { telnet->out + telnet->out_at, telnet->out_end - telnet->out_at },
		.port = { &telnet->port, sizeof(telnet->port) },
		.after_cr = telnet->after_cr,
		.eof = telnet->eof,
		.break_due = telnet->break_due,
		.size_due = telnet->size_due,
		.does_naws = telnet->does_naws,
		.answers_wait = telnet->answers_wait,
		.cols = telnet->cols,
		.rows = telnet->rows,
		.news = untold(telnet) };

	memcpy(raw, telnet->begun, telnet->begun_len);
	memcpy(raw + telnet->begun_len, telnet->raw + telnet->raw_at,
		telnet->raw_end - telnet->raw_at);
	snapshot_put_group(writer, TRANSPORT_TAG_TELNET, telnet_fields, &state);
}

static const struct transport_ops telnet_ops = {
	.readv = read_telnet,
	.writev = write_telnet,
	.watch = watch_lower,
	.look = look_at_telnet,
	.has_unread = telnet_has_unread,
	.half_close = half_close_telnet,
	.send_news = send_telnet_news,
	.obstacle = telnet_obstacle,
	.save = save_telnet,
	.close = close_telnet,
	.on_lower = on_lower,
};

/* What we agree to; the last is left out where we have no line. */
static const telnet_telopt_t agreed[][N_AGREED] = {
	[TELNET_SERVER] = {
		{ TELNET_TELOPT_ECHO, TELNET_WILL, TELNET_DONT },
		{ TELNET_TELOPT_SGA, TELNET_WILL, TELNET_DO },
		{ TELNET_TELOPT_BINARY, TELNET_WILL, TELNET_DO },
		{ TELNET_TELOPT_NAWS, TELNET_WONT, TELNET_DO },
		{ TELNET_TELOPT_TTYPE, TELNET_WONT, TELNET_DO },
		{ COM_PORT_OPTION, TELNET_WILL, TELNET_DO },
	},
	[TELNET_CLIENT] = {
		{ TELNET_TELOPT_ECHO, TELNET_WONT, TELNET_DO },
		{ TELNET_TELOPT_SGA, TELNET_WILL, TELNET_DO },
		{ TELNET_TELOPT_BINARY, TELNET_WILL, TELNET_DO },
		{ TELNET_TELOPT_NAWS, TELNET_WILL, TELNET_DONT },
		{ TELNET_TELOPT_TTYPE, TELNET_WILL, TELNET_DONT },
		{ COM_PORT_OPTION, TELNET_WILL, TELNET_DO },
	},
};

/* The first four of a server are QEMU's: each key is sent at once and echoed by the guest. */
static void greet(struct telnet *telnet)
{
	static const struct {
		enum telnet_role role;
		unsigned char command, option;
	} greetings[] = {
		{ TELNET_SERVER, TELNET_WILL, TELNET_TELOPT_ECHO },
		{ TELNET_SERVER, TELNET_WILL, TELNET_TELOPT_SGA },
		{ TELNET_SERVER, TELNET_WILL, TELNET_TELOPT_BINARY },
		{ TELNET_SERVER, TELNET_DO, TELNET_TELOPT_BINARY },
		{ TELNET_SERVER, TELNET_DO, TELNET_TELOPT_NAWS },
		{ TELNET_SERVER, TELNET_DO, TELNET_TELOPT_TTYPE },
		{ TELNET_CLIENT, TELNET_DO, TELNET_TELOPT_SGA },
		{ TELNET_CLIENT, TELNET_WILL, TELNET_TELOPT_BINARY },
		{ TELNET_CLIENT, TELNET_DO, TELNET_TELOPT_BINARY },
	};

	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++)
		if (greetings[i].role == telnet->role)
			telnet_negotiate(
				telnet->protocol, greetings[i].command, greetings[i].option);
}

static int init(struct telnet *telnet, const struct telnet_options *options)
{
	size_t n = N_AGREED - (options->com_port ? 0 : 1);

	telnet->role = options->role;
	telnet->does_port = options->com_port;
	com_port_init(&telnet->port, telnet->role == TELNET_SERVER);
	memcpy(telnet->agreed, agreed[telnet->role], n * sizeof(agreed[0][0]));
	telnet->agreed[n].telopt = -1;
	telnet->protocol = telnet_init(telnet->agreed, handle_event, 0, telnet);
	return telnet->protocol ? 0 : -ENOMEM;
}

/* Libtelnet cannot be told how things stand, so it hears again what the peer has said. */
static void hear_again(struct telnet *telnet, const struct snapshot_bytes *heard)
{
	const uint8_t *said = heard->data;

	for (size_t i = 0; i + HEARD_BYTES <= heard->len; i += HEARD_BYTES) {
		const char command[] = { (char)TELNET_IAC, (char)said[i], (char)said[i + 1] };

		if (!said[i])
			continue;
		telnet_recv(telnet->protocol, command, sizeof(command));
		for (unsigned j = 0; j < HEARD_BYTES; j++)
			note_command(telnet, (uint8_t)command[j]);
		note_command(telnet, said[i + 1]);
	}
	telnet->out_at = telnet->out_end = 0; /* all of it was said then */
}

static bool is_sound(const struct telnet_state *state)
{
	return state->heard.len <= sizeof(((struct telnet *)NULL)->heard) &&
	       state->raw.len <= RAW_BYTES && state->in.len <= RAW_BYTES &&
	       state->out.len <= ENCODED_BYTES + ANSWER_BYTES &&
	       state->port.len == sizeof(struct com_port) &&
	       (!state->news.len || state->news.len == sizeof(struct transport_news));
}

static size_t take_bytes(void *into, const struct snapshot_bytes *bytes)
{
	if (bytes->len)
		memcpy(into, bytes->data, bytes->len);
	return bytes->len;
}

static void go_on(struct telnet *telnet, const struct telnet_state *state)
{
	hear_again(telnet, &state->heard);
	telnet->raw_end = take_bytes(telnet->raw, &state->raw);
	telnet->in_end = take_bytes(telnet->in, &state->in);
	telnet->out_end = take_bytes(telnet->out, &state->out);
	memcpy(&telnet->port, state->port.data, sizeof(telnet->port));
	telnet->after_cr = state->after_cr;
	telnet->eof = state->eof;
	telnet->break_due = state->break_due;
	telnet->size_due = state->size_due;
	telnet->does_naws = state->does_naws;
	telnet->answers_wait = state->answers_wait;
	telnet->cols = state->cols;
	telnet->rows = state->rows;
	telnet->has_news = take_bytes(&telnet->news, &state->news);
}

/* @state: NULL: nobody was there before. */
static int make(struct transport *lower, const struct telnet_options *options,
	const struct telnet_state *state, struct transport **ret_transport)
{
	struct telnet *telnet = calloc(1, sizeof(*telnet));
	int r = telnet ? init(telnet, options) : -ENOMEM;

	if (r == 0 && telnet->does_port && telnet->role == TELNET_CLIENT) {
		telnet->end_break = timer_new(lower->loop, end_break, telnet);
		r = telnet->end_break ? 0 : -ENOMEM;
	}
	if (r < 0) {
		if (telnet && telnet->protocol)
			telnet_free(telnet->protocol);
		free(telnet);
		return r;
	}
	transport_init_filter(&telnet->base, &telnet_ops, lower);
	telnet->base.ready = true; /* as soon as what lies below is */
	greet(telnet);
	if (state)
		go_on(telnet, state);
	flush(telnet);
	*ret_transport = &telnet->base;
	watch_lower(&telnet->base);
	return 0;
}

int telnet_new(struct transport *lower, const struct telnet_options *options,
	struct transport **ret_transport)
{
	return make(lower, options, NULL, ret_transport);
}

int telnet_load(struct transport *lower, const struct telnet_options *options,
	const struct telnet_state *state, struct transport **ret_transport)
{
	return is_sound(state) ? make(lower, options, state, ret_transport) : -EBADMSG;
}
