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

/* What one dispatch may feed: of the most laborious sequences this is some 80 ms. */
enum { DISPATCH_BYTES = 32 * 1024 };

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
	*screen =
		(struct hub_screen){ .hub = hub, .tape = tape, .ops = ops, .cols = 80, .rows = 24 };
}

void hub_screen_done(struct hub_screen *screen)
{
	task_cancel(&screen->answer_task);
	byte_queue_clear(&screen->answers);
	vt_free(screen->vt);
	screen->vt = NULL;
	free(screen->queries);
	screen->queries = NULL;
}

struct vt *hub_screen_vt(struct hub_screen *screen)
{
	struct vt_config config = { .cols = screen->cols, .rows = screen->rows };

	if (screen->vt || screen->failed)
		return screen->vt;
	if (vt_new(&config, &callbacks, screen, &screen->vt) < 0) {
		log_error(
			"hub '%s': no memory for a terminal; it goes on without", screen->hub->id);
		screen->failed = true;
		return NULL;
	}
	/* What members may read already was not read by the engine. */
	screen->cut = (uint64_t)0 - screen->tape->readable;
	return screen->vt;
}

/* ---- bytes ---- */

bool hub_screen_commit(struct hub_screen *screen, size_t len)
{
	struct iovec iov[2];
	int n;

	screen->rang = false;
	if (!hub_screen_vt(screen)) {
		tape_release(screen->tape, screen->tape->journal.head);
		return false;
	}
	screen->fed += len;
	n = tape_newest(screen->tape, len, iov);
	for (int i = 0; i < n; i++)
		vt_feed(screen->vt, iov[i].iov_base, iov[i].iov_len);
	screen->cols = vt_cols(screen->vt);
	screen->rows = vt_rows(screen->vt);
	if (screen->n_queries)
		cut_queries(screen);
	tape_release(screen->tape, vt_settled(screen->vt) - screen->cut);
	return screen->rang;
}

size_t hub_screen_appetite(const struct hub_screen *screen)
{
	if (!screen->vt)
		return SIZE_MAX;
	return screen->fed < DISPATCH_BYTES ? DISPATCH_BYTES - screen->fed : 0;
}

bool hub_screen_rest(struct hub_screen *screen)
{
	bool was_full = !hub_screen_appetite(screen);

	screen->fed = 0;
	return was_full;
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
