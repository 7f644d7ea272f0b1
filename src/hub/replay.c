/* SPDX-License-Identifier: MIT */
#include "hub/replay.h"

#include "base/strbuf.h"

#include <inttypes.h>
#include <stdio.h>

static enum hub_replay replay_kind(const struct member *member, bool console)
{
	if (member->options.replay != HUB_REPLAY_AUTO)
		return member->options.replay;
	return console ? HUB_REPLAY_SCREEN : HUB_REPLAY_WINDOW;
}

bool replay_is_screen(const struct member *member, bool console)
{
	return replay_kind(member, console) == HUB_REPLAY_SCREEN;
}

static void say_notice(struct member *member, uint64_t bytes)
{
	char text[64];
	int len =
		snprintf(text, sizeof(text), "\r\n[charhub: %" PRIu64 " bytes skipped]\r\n", bytes);

	member_say(member, text, (size_t)len);
}

/* Where a reader that cannot have everything begins: a line start in the newer half. */
static uint64_t newest_start(const struct member *member)
{
	const struct tape *tape = member->all->tape;

	return tape_line_start(tape, tape_window(tape) / 2);
}

/* The screen as it is now. Return: from where to go on. */
static uint64_t screen_bytes(struct hub_screen *screen, bool history, struct strbuf *out)
{
	uint64_t offset = screen->tape->readable;

	if (screen->vt)
		hub_screen_replay(screen, history, out, &offset);
	return offset;
}

void replay_resume(struct member *member, struct hub_screen *screen, bool console)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	uint64_t start = screen->tape->readable, missed;

	if (replay_kind(member, console) == HUB_REPLAY_SCREEN)
		start = screen_bytes(screen, false, &bytes);
	else if (replay_kind(member, console) == HUB_REPLAY_WINDOW)
		start = newest_start(member);
	missed = member_miss(member, start);
	if (console)
		say_notice(member, missed);
	member_say(member, bytes.data, bytes.len);
}

/* What was printed before: the very first bytes, a notice of the hole, the newest ones. */
static void say_history(struct member *member, bool console)
{
	const struct journal *journal = &member->all->tape->journal;
	size_t kept = journal_kept(journal);
	uint64_t start = journal->tail;

	if (start > kept) {
		start = newest_start(member);
		if (console) {
			member_say(member, journal->kept, kept);
			say_notice(member, start - kept);
		}
	} else if (start) {
		member_say(member, journal->kept, (size_t)start);
	}
	member_seek(member, start);
}

void replay_start(struct member *member, struct hub_screen *screen, bool console)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };

	switch (replay_kind(member, console)) {
	case HUB_REPLAY_WINDOW: say_history(member, console); break;
	case HUB_REPLAY_SCREEN:
		member_seek(member, screen_bytes(screen, true, &bytes));
		member_say(member, bytes.data, bytes.len);
		break;
	default: member_seek(member, screen->tape->readable);
	}
}
