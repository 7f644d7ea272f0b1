/* SPDX-License-Identifier: MIT */
/*
 * A hub that people look at is a terminal itself. Its engine reads what the guest writes, so that
 * late members can be given the screen, and it answers the guest's queries, once. The queries are
 * taken out of the journal before any member sees them: no viewer's terminal answers again.
 *
 * A query is known to be one only at its last byte. Until then its beginning lies in the journal
 * behind `readable`, the offset up to which members may read. Journal offsets count what members
 * see, the engine's offsets what the guest wrote; `cut` is the difference.
 *
 * A guest can leave a beginning without an end: HELD_MS later members are given it, and whatever it
 * turns out to be is theirs.
 *
 * A few bytes can keep the engine busy for long, so it does DISPATCH_WORK at a time and reads on in
 * the next dispatch. What it has not read lies behind `readable` too, and a guest whose bytes wait
 * there is not listened to: it waits for its own screen, other consoles do not. One that cannot
 * wait is, up to a limit that only a guest reaches whose screen takes all that a dispatch has; then
 * the engine leaves out what it has not read.
 *
 * The engine is made at the first byte: a console that says nothing costs no screen. Limits: the
 * answers to a guest that does not read them, ANSWERS_MAX; what is longer is dropped whole.
 */
#include "hub/screen.h"

#include "base/log.h"
#include "base/strbuf.h"
#include "vt/vt.h"

#include <errno.h>
#include <stdlib.h>

enum { ANSWERS_MAX = 16 * 1024 };

/* What the engine may do in one dispatch, in cells: less than half a millisecond. */
enum { DISPATCH_WORK = 128 * 1024 };

/* How long the beginning of a sequence is kept from members. */
enum { HELD_MS = 20 };

/* A replay with history that is longer than this is made without it. */
enum { HISTORY_MAX = 512 * 1024 };

/* ---- queries out, answers in ---- */

static void on_query(void *data, uint64_t start, uint64_t end)
{
	struct hub_screen *screen = data;

	if (screen->n_queries == screen->queries_size) {
		size_t size = screen->queries_size ? screen->queries_size * 2 : 16;
		void *queries = realloc(screen->queries, size * sizeof(*screen->queries));

		if (!queries)
			return; /* members see this one: a double answer, not a lost byte */
		screen->queries = queries;
		screen->queries_size = size;
	}
	screen->queries[screen->n_queries++] =
		(struct tape_span){ start - screen->cut, end - screen->cut };
}

static void on_bell(void *data)
{
	struct hub_screen *screen = data;

	screen->rang = true;
}

static void answer_task(void *data)
{
	struct hub_screen *screen = data;

	screen->ops->answer(screen->hub);
}

static void on_reply(void *data, const char *bytes, size_t len)
{
	struct hub_screen *screen = data;

	if (screen->answers.len + len > ANSWERS_MAX ||
		byte_queue_push(&screen->answers, bytes, len) < 0)
		return;
	task_post(screen->hub->loop, &screen->answer_task, answer_task, screen);
}

void hub_screen_answer(struct hub_screen *screen)
{
	struct byte_queue *answers = &screen->answers;

	while (answers->len) {
		size_t len = chardev_in_room(screen->hub);

		if (!len)
			return;
		if (len > answers->len)
			len = answers->len;
		chardev_in(screen->hub, byte_queue_data(answers), len);
		if (screen->hub->closing)
			return;
		byte_queue_pop(answers, len);
	}
}

static bool on_size_request(void *data, unsigned cols, unsigned rows)
{
	const struct hub_screen *screen = data;

	(void)cols;
	(void)rows;
	return screen->ops->may_resize(screen->hub);
}

static void cut_queries(struct hub_screen *screen)
{
	screen->cut += tape_cut(screen->tape, screen->queries, screen->n_queries);
	screen->n_queries = 0;
}

/* ---- life ---- */

static const struct vt_callbacks callbacks = {
	.on_reply = on_reply,
	.on_bell = on_bell,
	.on_query = on_query,
	.on_size_request = on_size_request,
};

void hub_screen_init(struct hub_screen *screen, struct chardev *hub, struct tape *tape,
	const struct hub_screen_ops *ops)
{
	*screen = (struct hub_screen){
		.hub = hub, .tape = tape, .ops = ops, .cols = 80, .rows = 24, .work = DISPATCH_WORK
	};
}

void hub_screen_done(struct hub_screen *screen)
{
	task_cancel(&screen->answer_task);
	timer_free(screen->held_timer);
	screen->held_timer = NULL;
	byte_queue_clear(&screen->answers);
	vt_free(screen->vt);
	screen->vt = NULL;
	free(screen->queries);
	screen->queries = NULL;
}

/* The rest of what may become a query has not come in time. */
static void give_up_held(void *data)
{
	struct hub_screen *screen = data;

	vt_settle(screen->vt);
	tape_release(screen->tape, vt_settled(screen->vt) - screen->cut);
	screen->ops->read_on(screen->hub);
}

static int make_engine(struct hub_screen *screen)
{
	struct vt_config config = { .cols = screen->cols, .rows = screen->rows };

	if (!screen->held_timer)
		screen->held_timer = timer_new(screen->hub->loop, give_up_held, screen);
	return screen->held_timer ? vt_new(&config, &callbacks, screen, &screen->vt) : -ENOMEM;
}

struct vt *hub_screen_vt(struct hub_screen *screen)
{
	if (screen->vt)
		return screen->vt;
	if (make_engine(screen) < 0) {
		if (!screen->failed)
			log_error("hub '%s': no memory for its screen; until there is, queries go "
				  "unanswered and who joins is shown no screen",
				screen->hub->id);
		screen->failed = true;
		return NULL;
	}
	if (screen->failed)
		log_info("hub '%s': there is memory for its screen again", screen->hub->id);
	screen->failed = false;
	/* What members may read already was not read by the engine. */
	screen->cut = (uint64_t)0 - screen->tape->readable;
	return screen->vt;
}

/* ---- bytes ---- */

size_t hub_screen_unread(const struct hub_screen *screen)
{
	uint64_t read;

	if (!screen->vt)
		return 0;
	read = vt_offset(screen->vt) - screen->cut;
	return (size_t)(screen->tape->journal.head - read);
}

static void feed(struct hub_screen *screen)
{
	struct iovec iov[2];
	int n = tape_newest(screen->tape, hub_screen_unread(screen), iov);

	for (int i = 0; i < n; i++)
		if (vt_feed_some(screen->vt, iov[i].iov_base, iov[i].iov_len, &screen->work) <
			iov[i].iov_len)
			break;
	screen->cols = vt_cols(screen->vt);
	screen->rows = vt_rows(screen->vt);
	if (screen->n_queries)
		cut_queries(screen);
}

/* Members wait for the rest of a sequence only for a moment, counted from its beginning. */
static void watch_held(struct hub_screen *screen)
{
	uint64_t settled = vt_settled(screen->vt);

	if (settled == vt_offset(screen->vt)) {
		timer_stop(screen->held_timer);
	} else if (settled != screen->held || !timer_is_running(screen->held_timer)) {
		screen->held = settled;
		timer_start(screen->held_timer, HELD_MS);
	}
}

bool hub_screen_read(struct hub_screen *screen)
{
	screen->rang = false;
	if (!hub_screen_vt(screen)) {
		tape_release(screen->tape, screen->tape->journal.head);
		return false;
	}
	feed(screen);
	tape_release(screen->tape, vt_settled(screen->vt) - screen->cut);
	watch_held(screen);
	return screen->rang;
}

void hub_screen_leave_out(struct hub_screen *screen)
{
	size_t unread = hub_screen_unread(screen);

	if (!unread)
		return;
	vt_feed(screen->vt, "\030", 1); /* CAN: no sequence goes on behind the gap */
	screen->cut = vt_offset(screen->vt) - screen->tape->journal.head;
	tape_release(screen->tape, screen->tape->journal.head);
	watch_held(screen);
	log_warning("hub '%s': its guest does more to the screen than can be followed: %zu bytes "
		    "were left out, the screen may be wrong until it is drawn again",
		screen->hub->id, unread);
}

void hub_screen_rest(struct hub_screen *screen)
{
	screen->work = DISPATCH_WORK;
}

void hub_screen_resize(struct hub_screen *screen, unsigned cols, unsigned rows)
{
	screen->cols = cols;
	screen->rows = rows;
	if (screen->vt)
		vt_resize(screen->vt, cols, rows);
}

uint64_t hub_screen_boundary(const struct hub_screen *screen)
{
	return screen->vt ? vt_boundary(screen->vt) - screen->cut : screen->tape->readable;
}

int hub_screen_replay(struct hub_screen *screen, const struct vt_replay *how, struct strbuf *out)
{
	struct vt_replay without = *how;
	int r;

	if (!screen->vt)
		return 0;
	r = vt_replay(screen->vt, out, how);
	if (r < 0 || !(how->flags & VT_REPLAY_HISTORY) || out->len <= HISTORY_MAX)
		return r;
	strbuf_done(out);
	without.flags &= ~(unsigned)VT_REPLAY_HISTORY;
	return vt_replay(screen->vt, out, &without);
}
