/* SPDX-License-Identifier: MIT */
/*
 * What a hub gives back when the stores of its loop take more than they may (io/budget.h): the
 * oldest pieces of its window, up to what somebody reads or has been promised. The kept start comes
 * last, and with it the lines above a screen that rests. So does all of a console that has printed
 * no more than that.
 *
 * A piece is given whole, or all that there is: less would cost bytes and win no memory.
 */
#include "hub/hub-impl.h"

#include "base/log.h"

#include <inttypes.h>

/* Where memory is short for good each console is in the log so often, at most. */
enum { LOG_MS = 60 * 1000 };

static struct hub *hub_of(struct budget_share *share)
{
	return container_of(share, struct hub, share);
}

/*
 * Up to where nobody reads any more. Who is shown what was before (CATCHUP) is promised that as
 * far as the window lets him; where memory is dear he is told what he misses, as then.
 */
static uint64_t unneeded_end(const struct hub *hub, enum budget_need need)
{
	uint64_t end = hub->tape.readable;

	for_each_member (member, &hub->members) {
		bool counts = member->standing == HUB_MEMBER_GOOD ||
			      (member->standing == HUB_MEMBER_CATCHUP && need == BUDGET_SPARE &&
				      !tape_is_lost(&hub->tape, &member->mark));

		if (counts && member->mark.offset < end)
			end = member->mark.offset;
	}
	return end;
}

/* Where the first piece of the window ends; what nothing follows ends with it. */
static uint64_t piece_end(const struct journal *journal)
{
	size_t at = (size_t)(journal->tail % journal->size), len = STORE_PIECE - at % STORE_PIECE;

	if (len > journal->size - at)
		len = journal->size - at;
	return journal->head - journal->tail < len ? journal->head : journal->tail + len;
}

static void note(struct hub *hub, uint64_t bytes)
{
	if (!bytes)
		return;
	hub->dropped_bytes += bytes;
	hub->untold_bytes += bytes;
	budget_gave(&hub->share);
}

static void drop_kept(struct hub *hub)
{
	note(hub, journal_kept(&hub->tape.journal));
	journal_drop_kept(&hub->tape.journal);
}

/* What of the window is among the very first bytes is only set aside. */
static void drop_to(struct hub *hub, uint64_t tail)
{
	const struct journal *journal = &hub->tape.journal;
	uint64_t bytes = tail - journal->tail;
	size_t kept = journal_kept(journal);

	tape_drop(&hub->tape, tail);
	note(hub, bytes - (journal_kept(journal) - kept));
}

static bool drop_lines(struct hub *hub)
{
	uint64_t lines;

	if (!hub_screen_drop_lines(&hub->screen, &lines))
		return false;
	hub->untold_lines += lines;
	if (lines)
		budget_gave(&hub->share);
	return true;
}

static bool give(struct budget_share *share, enum budget_need need)
{
	struct hub *hub = hub_of(share);
	const struct journal *journal = &hub->tape.journal;
	uint64_t end = unneeded_end(hub, need), next;

	if (need == BUDGET_DEAR)
		drop_kept(hub);
	else if (journal->head <= journal->keep_size)
		return false;
	next = piece_end(journal);
	if (next > end || next == journal->tail)
		return need == BUDGET_DEAR && drop_lines(hub);
	if (hub->tape.needed < next && !hub_screen_settle(&hub->screen))
		return true;
	drop_to(hub, next);
	return true;
}

static void put_in_log(struct hub *hub)
{
	uint64_t now = loop_now_ms(hub->base.loop);

	if (hub->shortages && now - hub->shortage_logged_ms < LOG_MS)
		return;
	hub->shortage_logged_ms = now;
	log_warning("hub '%s': memory-max is reached: of its history %" PRIu64 " bytes have been "
		    "dropped so far; it is held from byte %" PRIu64 " on",
		hub->base.id, hub->dropped_bytes, hub->tape.journal.tail);
}

static void tell(struct budget_share *share)
{
	struct hub *hub = hub_of(share);
	const struct hub_event event = {
		.type = HUB_EVENT_DROPPED, .bytes = hub->untold_bytes, .lines = hub->untold_lines
	};

	put_in_log(hub);
	hub->untold_bytes = hub->untold_lines = 0;
	hub->shortages++;
	hub_tell(hub, &event);
}

const struct budget_ops hub_budget_ops = {
	.give = give,
	.tell = tell,
};
