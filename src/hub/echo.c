/* SPDX-License-Identifier: MIT */
/*
 * Passwords are typed while the guest does not show what is typed. Whether it does, bytes alone
 * must tell: there is no tty here whose flags could be asked. So a line that was typed is told only
 * when the guest has shown all of it; in doubt its length is.
 *
 *	a line		what one typed up to CR or LF, or until nothing was typed for ECHO_QUIET_MS,
 *			until somebody else typed, or ECHO_LINE_MAX bytes
 *	its text	the bytes that are no control characters and no part of a sequence
 *	it was shown	the text of the guest's output, from when the line began, is the same bytes
 *			in the same order with nothing between, and where the line ended with CR or
 *			LF that comes next. What is printed while nothing of a line waits is passed
 *			over, as is the blank of a backspace-blank-backspace
 *	withheld	other text, or a CR or LF, has come instead; or the rest not within ECHO_MS
 *			after the line's end (at once where it ended since nothing was typed), or
 *			ECHO_BYTES
 *
 * The end of the line counts since what a program prints behind a password may begin with the same
 * letters: "root", and then the prompt of root. Lines are judged in their order: what was typed
 * ahead is shown later. A line without text (Enter, Ctrl-C, an arrow) is always told. One that was
 * completed by the guest (Tab) is told as it was typed. What is typed while the guest prints other
 * things is withheld, as is most of what is typed in an editor. A password is told that the guest
 * shows.
 */
#include "hub/echo.h"

#include "base/copy.h"
#include "base/strbuf.h"
#include "chardev/chardev-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BACKSPACE = '\b', ESC = 0x1b, BEL = 0x07, DEL = 0x7f };

/**
 * struct echo_line
 * @bytes: as they were typed; @text: see above
 * @shown: how many of @text
 * @printed: bytes that have come since it began
 * @ended: it gets no more; @entered: by CR or LF, which is to be shown, too: @shown_end
 * @doubtful: it is withheld
 * @until_ms: when it ends, or has waited for long enough
 */
struct echo_line {
	struct list node;
	char *member, *who;
	struct strbuf bytes, text;
	size_t shown, printed;
	bool ended, entered, shown_end, doubtful;
	uint64_t until_ms;
};

/* ---- which bytes are text ---- */

enum text_state { TEXT_GROUND, TEXT_ESC, TEXT_ONE_MORE, TEXT_CSI, TEXT_STRING, TEXT_STRING_ESC };

static enum text_state after_escape(unsigned char c)
{
	switch (c) {
	case '[': return TEXT_CSI;
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_': return TEXT_STRING;
	case 'O': return TEXT_ONE_MORE;
	case ESC: return TEXT_ESC;
	default: return c >= 0x20 && c < 0x30 ? TEXT_ONE_MORE : TEXT_GROUND;
	}
}

static enum text_state next_state(enum text_state state, unsigned char c)
{
	switch (state) {
	case TEXT_ESC: return after_escape(c);
	case TEXT_CSI: return c >= 0x40 && c <= 0x7e ? TEXT_GROUND : TEXT_CSI;
	case TEXT_STRING: return c == BEL ? TEXT_GROUND : c == ESC ? TEXT_STRING_ESC : TEXT_STRING;
	case TEXT_STRING_ESC: return c == '\\' ? TEXT_GROUND : after_escape(c);
	default: return TEXT_GROUND;
	}
}

static bool is_text(struct echo_text *text, unsigned char c)
{
	bool in_ground = text->state == TEXT_GROUND;

	if (!in_ground)
		text->state = (int)next_state((enum text_state)text->state, c);
	else if (c == ESC)
		text->state = TEXT_ESC;
	return in_ground && c >= 0x20 && c != DEL;
}

/* ---- judging ---- */

static struct echo_line *first(const struct echo *echo)
{
	return container_of(echo->lines.next, struct echo_line, node);
}

/* That gets what is typed next; NULL: none. */
static struct echo_line *open_line(const struct echo *echo)
{
	struct echo_line *last = container_of(echo->lines.prev, struct echo_line, node);

	return echo->n_lines && !last->ended ? last : NULL;
}

static bool is_shown(const struct echo_line *line)
{
	if (!line->text.len)
		return true;
	return line->shown == line->text.len && (!line->entered || line->shown_end);
}

static void tell(const struct echo *echo, const struct echo_line *line)
{
	struct hub_typed typed = { .member = line->member, .who = line->who };

	if (line->doubtful || !is_shown(line))
		typed.withheld = line->bytes.len;
	else
		typed.text = line->bytes.data, typed.len = line->bytes.len;
	echo->on_line(echo->hub, &typed);
}

static void free_line(struct echo_line *line)
{
	strbuf_done(&line->bytes);
	strbuf_done(&line->text);
	free(line->member);
	free(line->who);
	free(line);
}

static void drop_first(struct echo *echo)
{
	struct echo_line *line = first(echo);

	list_remove(&line->node);
	echo->n_lines--;
	tell(echo, line);
	free_line(line);
}

static bool is_decided(const struct echo_line *line)
{
	return line->ended && (line->doubtful || is_shown(line));
}

/* Tell what is decided, and be called when the next one is due. */
static void judge(struct echo *echo)
{
	uint64_t now = loop_now_ms(echo->hub->loop);

	while (echo->n_lines && is_decided(first(echo)))
		drop_first(echo);
	if (!echo->n_lines)
		timer_stop(echo->timer);
	else
		timer_start(
			echo->timer, first(echo)->until_ms > now ? first(echo)->until_ms - now : 0);
}

static void end_line(struct echo *echo, struct echo_line *line)
{
	line->ended = true;
	line->until_ms = loop_now_ms(echo->hub->loop) + ECHO_MS;
}

static void on_timer(void *data)
{
	struct echo *echo = data;
	struct echo_line *line = first(echo);

	if (line->until_ms > loop_now_ms(echo->hub->loop))
		line = NULL;
	if (line) {
		line->ended = true;
		line->doubtful |= !is_shown(line);
	}
	judge(echo);
}

/* ---- output ---- */

/* The line whose text comes next; NULL: none. */
static struct echo_line *awaited(const struct echo *echo)
{
	list_for_each (line, &echo->lines, struct echo_line, node)
		if (!line->doubtful && !is_shown(line))
			return line;
	return NULL;
}

static void compare(struct echo *echo, char c)
{
	struct echo_line *line = awaited(echo);

	if (!line)
		return;
	if (line->shown < line->text.len && line->text.data[line->shown] == c)
		line->shown++;
	else if (c != ' ' || echo->before != BACKSPACE)
		line->doubtful = true;
}

/* CR, LF, or both. */
static void compare_end(struct echo *echo, char c)
{
	struct echo_line *line = c == '\n' && echo->before == '\r' ? NULL : awaited(echo);

	if (line && line->shown == line->text.len)
		line->shown_end = true;
	else if (line)
		line->doubtful = true;
}

static void count(struct echo *echo, size_t len)
{
	struct echo_line *line = awaited(echo);

	if (!line)
		return;
	line->printed += len;
	if (line->printed > ECHO_BYTES)
		line->doubtful = true;
}

void echo_printed(struct echo *echo, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_text(&echo->printed, (unsigned char)bytes[i]))
			compare(echo, bytes[i]);
		else if (bytes[i] == '\r' || bytes[i] == '\n')
			compare_end(echo, bytes[i]);
		echo->before = bytes[i];
	}
	count(echo, len);
	judge(echo);
}

/* ---- input ---- */

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static struct echo_line *new_line(struct echo *echo, const char *member, const char *who)
{
	struct echo_line *line = calloc(1, sizeof(*line));

	if (!line)
		return NULL;
	if (copy_text(member, &line->member) < 0 || copy_text(who, &line->who) < 0) {
		free_line(line);
		return NULL;
	}
	if (!echo->n_lines) /* nobody has looked at what was printed meanwhile */
		echo->printed = (struct echo_text){ 0 };
	echo->typed = (struct echo_text){ 0 };
	list_append(&echo->lines, &line->node);
	echo->n_lines++;
	return line;
}

/* The line that they go to; a line of somebody else's has ended. NULL: no memory. */
static struct echo_line *line_of(struct echo *echo, const char *member, const char *who)
{
	struct echo_line *line = open_line(echo);

	if (line && is_same(line->member, member) && is_same(line->who, who) &&
		line->bytes.len < ECHO_LINE_MAX)
		return line;
	if (line)
		end_line(echo, line);
	if (echo->n_lines >= ECHO_LINES_MAX)
		drop_first(echo);
	return new_line(echo, member, who);
}

static void put(struct echo *echo, struct echo_line *line, char c)
{
	strbuf_putc(&line->bytes, c);
	if (is_text(&echo->typed, (unsigned char)c))
		strbuf_putc(&line->text, c);
	line->doubtful |= line->bytes.failed || line->text.failed;
	line->until_ms = loop_now_ms(echo->hub->loop) + ECHO_QUIET_MS;
	if (c == '\r' || c == '\n')
		end_line(echo, line);
	line->entered = line->ended;
}

void echo_typed(
	struct echo *echo, const char *member, const char *who, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		struct echo_line *line = line_of(echo, member, who);

		if (line)
			put(echo, line, bytes[i]);
		else
			echo->on_line(echo->hub, &(struct hub_typed){ .withheld = 1 });
	}
	judge(echo);
}

/* ---- life ---- */

int echo_init(struct echo *echo)
{
	list_init(&echo->lines);
	echo->timer = timer_new(echo->hub->loop, on_timer, echo);
	return echo->timer ? 0 : -ENOMEM;
}

void echo_flush(struct echo *echo)
{
	while (echo->n_lines)
		drop_first(echo);
}

void echo_done(struct echo *echo)
{
	echo_flush(echo);
	timer_free(echo->timer);
	echo->timer = NULL;
}
