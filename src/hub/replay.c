/* SPDX-License-Identifier: MIT */
#include "hub/replay.h"

#include "base/log.h"
#include "base/strbuf.h"
#include "vt/vt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum hub_replay replay_kind(const struct member *member, bool console)
{
	if (member->options.replay != HUB_REPLAY_AUTO)
		return member->options.replay;
	return console && !chardev_keeps_lines(member->link.chardev) ? HUB_REPLAY_SCREEN
								     : HUB_REPLAY_WINDOW;
}

bool replay_is_screen(const struct member *member, bool console)
{
	return replay_kind(member, console) == HUB_REPLAY_SCREEN;
}

/* A line for people. */
struct notice {
	char text[64];
};

static struct notice notice_of(uint64_t bytes)
{
	struct notice notice;

	snprintf(notice.text, sizeof(notice.text), "[charhub: %" PRIu64 " bytes skipped]", bytes);
	return notice;
}

/* Between bytes as they came. */
static void say_notice(struct member *member, uint64_t bytes)
{
	struct notice notice = notice_of(bytes);

	member_say(member, "\r\n", 2);
	member_say(member, notice.text, strlen(notice.text));
	member_say(member, "\r\n", 2);
}

/* Where a reader that cannot have everything begins: a line start in the newer half. */
static uint64_t newest_start(const struct member *member)
{
	const struct tape *tape = member->all->tape;

	return tape_line_start(tape, tape_window(tape) / 2);
}

/* The screen as it is now; live bytes follow from hub_screen_boundary(). */
static void say_screen(
	struct member *member, struct hub_screen *screen, unsigned flags, const char *notice)
{
	const struct vt_replay how = {
		.flags = flags, .notice = notice, .cols = member->cols, .rows = member->rows
	};
	AUTO_STRBUF struct strbuf bytes = { 0 };
	static const char no_memory[] = "\r\n[charhub: no memory to show the screen]\r\n";
	int r = screen->failed ? -ENOMEM : hub_screen_replay(screen, &how, &bytes);

	member->show_again = false;
	if (r < 0)
		log_warning("hub '%s': no memory to show member '%s' the screen",
			member->all->hub_id, member_id(member));
	else
		r = member_say(member, bytes.data, bytes.len);
	/* It must not look like a screen on which nothing is. */
	if (r < 0)
		member_say(member, no_memory, sizeof(no_memory) - 1);
}

static void resume_screen(struct member *member, struct hub_screen *screen, bool console)
{
	struct notice notice = notice_of(member_miss(member, hub_screen_boundary(screen)));

	say_screen(member, screen, 0, console ? notice.text : NULL);
}

void replay_resume(struct member *member, struct hub_screen *screen, bool console)
{
	enum hub_replay kind = replay_kind(member, console);
	uint64_t missed;

	if (kind == HUB_REPLAY_SCREEN) {
		resume_screen(member, screen, console);
		return;
	}
	missed = member_miss(
		member, kind == HUB_REPLAY_WINDOW ? newest_start(member) : screen->tape->readable);
	if (console)
		say_notice(member, missed);
}

/* The first @len bytes, that the window has passed. */
static void say_kept(struct member *member, size_t len)
{
	for (size_t at = 0; at < len;) {
		struct iovec iov[2];

		journal_peek(&member->all->tape->journal, at, len - at, iov);
		member_say(member, iov[0].iov_base, iov[0].iov_len);
		at += iov[0].iov_len;
	}
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
			say_kept(member, kept);
			say_notice(member, start - kept);
		}
	} else if (start) {
		say_kept(member, (size_t)start);
	}
	member_seek(member, start);
}

bool replay_goes_on(struct member *member)
{
	const struct tape *tape = member->all->tape;
	uint64_t at = member->options.resume_at;
	bool resumes = member->options.resumes && at >= tape->journal.tail && at <= tape->readable;

	member->options.resumes = false; /* once: when it comes again it may have had more */
	if (resumes)
		member_seek(member, at);
	return resumes;
}

void replay_start(struct member *member, struct hub_screen *screen, bool console)
{
	switch (replay_kind(member, console)) {
	case HUB_REPLAY_WINDOW: say_history(member, console); break;
	case HUB_REPLAY_SCREEN:
		member_seek(member, hub_screen_boundary(screen));
		say_screen(member, screen, VT_REPLAY_HISTORY, NULL);
		break;
	default: member_seek(member, screen->tape->readable);
	}
}

/* May it be shown the screen whenever the console has another size? */
static bool looks_by_itself(const struct member *member, bool console)
{
	return !chardev_is_sink(member->link.chardev) && replay_is_screen(member, console) &&
	       member->standing != HUB_MEMBER_OUT && member->standing != HUB_MEMBER_SKIPPED;
}

bool replay_again(struct member *member, struct hub_screen *screen, bool console)
{
	if (!member->show_again || !screen->is_used || !looks_by_itself(member, console)) {
		member->show_again = false;
		return true;
	}
	if (member->prelude.len || member->mark.offset != hub_screen_boundary(screen))
		return false;
	say_screen(member, screen, VT_REPLAY_IN_PLACE, NULL);
	member_pump(member);
	return true;
}

/*
 * The line goes to the last row, and the cursor back to where it was: what the guest writes next
 * lands where it should.
 */
bool replay_tell(
	struct member *member, const struct hub_screen *screen, bool console, const char *line)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	unsigned rows = member->rows ? member->rows : screen->rows;
	unsigned cols = member->cols ? member->cols : screen->cols;

	if (!console || !screen->is_used || !looks_by_itself(member, console) ||
		member->prelude.len || member->mark.offset != hub_screen_boundary(screen))
		return false;
	if (line)
		strbuf_printf(&bytes, "\a\0337\033[%u;1H\033[0;7m %.*s \033[K\0338", rows,
			cols > 3 ? (int)cols - 3 : 0, line);
	else
		strbuf_puts(&bytes, "\a");
	if (bytes.failed || member_say(member, bytes.data, bytes.len) < 0)
		return false;
	member_pump(member);
	member->show_again |= line != NULL;
	return line != NULL;
}
