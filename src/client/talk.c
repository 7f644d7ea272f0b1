/* SPDX-License-Identifier: MIT */
#include "client/talk.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "client/interrupt.h"
#include "client/terminal.h"
#include "client/verb.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HEARD_MAX = 1024 * 1024, LOOK_MS = 1000 };

/* ---- what the console tells ---- */

static void on_open(void *data)
{
	struct talk *talk = data;
	char text[96];

	if (talk->at.again)
		fprintf(stderr, "charhub: %s: %s\n", talk->console->name,
			attachment_tell_missed(&talk->at, text));
	if (talk->at.restarted) {
		talk->deaf = true;
		talk->gap_from = 0;
	}
}

/* What stands on both sides of a gap is no line of the console's. */
static void on_missed(void *data, uint64_t bytes)
{
	struct talk *talk = data;

	if (talk->deaf)
		return;
	if (talk->fills) {
		talk->deaf = true;
		talk->gap_from = talk->at.offset;
		return;
	}
	fprintf(stderr, "charhub: %s: %" PRIu64 " bytes skipped\n", talk->console->name, bytes);
	talk->plain = (struct plain){ 0 };
	strbuf_putc(&talk->text, '\n');
}

static void on_output(void *data, bool printed, uint64_t offset, const uint8_t *bytes, size_t len)
{
	struct talk *talk = data;

	(void)offset;
	if (!printed || talk->deaf)
		return;
	if (talk->show)
		terminal_write(bytes, len);
	plain_feed(&talk->plain, bytes, len, &talk->text);
	if (talk->text.len > HEARD_MAX)
		strbuf_drop(&talk->text, HEARD_MAX / 2);
}

static void refuse(struct talk *talk, const char *text)
{
	free(talk->refused);
	talk->refused = strdup(text);
}

/* What else there is to say is for a person. */
static void on_notice(void *data, enum attach_notice about, const char *text)
{
	struct talk *talk = data;

	if (about == ATTACH_NOTICE_REFUSED || about == ATTACH_NOTICE_LOST)
		refuse(talk, text);
	else if (about == ATTACH_NOTICE_YOURS && !talk->dropped)
		free(TAKE_PTR(talk->refused));
	talk->dropped |= about == ATTACH_NOTICE_REFUSED;
}

static void on_reply(void *data, int error, const char *text)
{
	struct talk *talk = data;

	talk->replied = true;
	if (error)
		refuse(talk, *text ? text : strerror(error));
}

static const struct attachment_ops ops = {
	.on_open = on_open,
	.on_output = on_output,
	.on_missed = on_missed,
	.on_notice = on_notice,
	.on_reply = on_reply,
};

/* ---- life ---- */

int talk_open(struct client *client, const char *pattern, bool view, struct consoles *consoles,
	struct talk *talk, struct error **err)
{
	int r = consoles_find_one(client->daemons, pattern, consoles, err);

	*talk = (struct talk){ .at = { .connection = { .fd = -1 } } };
	if (r < 0)
		return r;
	talk->console = &consoles->items[0];
	attachment_init(&talk->at, talk->console->daemon, talk->console->id, &ops, talk);
	talk->at.view = view;
	if (json_flag(talk->console->info, "guest-open"))
		talk->look_ms = clock_ms() + LOOK_MS;
	r = attachment_open(&talk->at, err);
	if (r == 0 && !view && !talk->at.may_type)
		r = error_set(err, EACCES, "you may only look at '%s'", talk->console->name);
	return r;
}

void talk_done(struct talk *talk)
{
	attachment_done(&talk->at);
	strbuf_done(&talk->text);
	free(talk->refused);
}

/* ---- taking part ---- */

int talk_step(struct talk *talk, int wait_ms, struct error **err)
{
	struct pollfd fds[] = {
		{ .fd = talk->at.connection.fd, .events = POLLIN },
		{ .fd = interrupt_fd(), .events = POLLIN },
		{ .fd = talk->at.view ? STDOUT_FILENO : -1 }, /* a reader that has gone */
	};
	int r = attachment_send(&talk->at);

	if (talk->at.to_send.len)
		fds[0].events |= POLLOUT;
	if (r == 0 && poll(fds, 3, wait_ms) > 0 && fds[0].revents & (POLLIN | POLLHUP | POLLERR))
		r = attachment_read(&talk->at);
	if (r == 0)
		return 0;
	error_set(err, EPIPE, "%s: %s", talk->console->name,
		talk->at.gone ? talk->at.gone : "the connection is lost");
	return CLIENT_GONE;
}

static int refused(const struct talk *talk, struct error **err)
{
	return error_set(err, EACCES, "%s: %s", talk->console->name, talk->refused);
}

int talk_check(const struct talk *talk, struct error **err)
{
	return talk->dropped && talk->refused ? refused(talk, err) : 0;
}

int talk_take(struct talk *talk, struct error **err)
{
	int r = 0;

	attachment_wish(&talk->at, ATTACH_WISH_TAKE, NULL);
	while (r == 0 && !talk->replied)
		r = talk_step(talk, -1, err);
	return r == 0 && talk->refused ? refused(talk, err) : r;
}

/* Nobody says so where nobody is: what is typed waits at the daemon. */
static int look_for_guest(struct talk *talk, struct error **err)
{
	uint64_t now = clock_ms();
	int r;

	if (now < talk->look_ms)
		return 0;
	talk->look_ms = now + LOOK_MS;
	r = console_has_guest(talk->console, err);
	if (r) {
		talk->guest_by_ms = 0;
		return r < 0 ? r : 0;
	}
	if (!talk->guest_by_ms)
		talk->guest_by_ms = now + talk->guest_wait_ms;
	if (now < talk->guest_by_ms)
		return 0;
	return error_set(
		err, ENOTCONN, "console '%s' has no guest to type to", talk->console->name);
}

int talk_type(struct talk *talk, struct paste *paste, struct error **err)
{
	int r = look_for_guest(talk, err);

	while (r == 0 && !talk->refused && !paste_is_done(paste, &talk->at)) {
		int wait = paste_step(paste, &talk->at);

		r = talk_step(talk, wait >= 0 && wait < LOOK_MS ? wait : LOOK_MS, err);
		if (r == 0)
			r = look_for_guest(talk, err);
	}
	return r == 0 && talk->refused ? refused(talk, err) : r;
}
