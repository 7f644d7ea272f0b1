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
#include "hub/hub-internal.h"

#include "base/log.h"
#include "base/strbuf.h"
#include "vt/vt.h"

#include <stdlib.h>

enum { ANSWERS_MAX = 16 * 1024 };

/* What one dispatch may feed: of the most laborious sequences this is some 80 ms. */
enum { DISPATCH_BYTES = 32 * 1024 };

/* A replay with history that is longer than this is made without it. */
enum { HISTORY_MAX = 512 * 1024 };

/** struct screen_query - a stretch of the guest's bytes, in the engine's offsets */
struct screen_query {
	uint64_t start, end;
};

/** struct screen - @queries: those of the present commit, in order; @rang: a bell was among it */
struct screen {
	struct hub *hub;
	struct vt *vt;
	uint64_t cut;
	size_t fed; /* in this dispatch */
	struct screen_query *queries;
	size_t n_queries, queries_size;
	bool rang;
	struct byte_queue answers;
	struct task answer_task;
};

/* ---- queries out, answers in ---- */

static void on_query(void *data, uint64_t start, uint64_t end)
{
	struct screen *screen = data;

	if (screen->n_queries == screen->queries_size) {
		size_t size = screen->queries_size ? screen->queries_size * 2 : 16;
		void *queries = realloc(screen->queries, size * sizeof(*screen->queries));

		if (!queries)
			return; /* members see this one: a double answer, not a lost byte */
		screen->queries = queries;
		screen->queries_size = size;
	}
	screen->queries[screen->n_queries++] = (struct screen_query){ start, end };
}

static void on_bell(void *data)
{
	struct screen *screen = data;

	screen->rang = true;
}

/* Members that show the screen hear its bell. */
static void ring(struct screen *screen)
{
	struct chardev_event event = { .type = CHARDEV_BELL };

	screen->rang = false;
	for_each_member (member, screen->hub)
		chardev_link_event(&member->link, &event);
}

static void answer_task(void *data)
{
	screen_answer(data);
}

static void on_reply(void *data, const char *bytes, size_t len)
{
	struct screen *screen = data;
	struct hub *hub = screen->hub;

	if (screen->answers.len + len > ANSWERS_MAX ||
		byte_queue_push(&screen->answers, bytes, len) < 0)
		return;
	task_post(hub->base.loop, &screen->answer_task, answer_task, hub);
}

void screen_answer(struct hub *hub)
{
	struct byte_queue *answers;

	if (!hub->screen || hub->turn)
		return;
	answers = &hub->screen->answers;
	while (answers->len) {
		size_t len = chardev_in_room(&hub->base);

		if (!len)
			return;
		if (len > answers->len)
			len = answers->len;
		chardev_in(&hub->base, byte_queue_data(answers), len);
		if (hub->base.closing)
			return;
		byte_queue_pop(answers, len);
	}
}

/* Take the queries out of the journal, all in one pass. */
static void cut_queries(struct screen *screen)
{
	struct journal *journal = &screen->hub->journal;
	uint64_t end = screen->queries[0].start - screen->cut, cut = screen->cut;

	for (size_t i = 0; i < screen->n_queries; i++) {
		uint64_t from = screen->queries[i].end - screen->cut;
		uint64_t next = i + 1 < screen->n_queries
					? screen->queries[i + 1].start - screen->cut
					: journal->head;

		cut += screen->queries[i].end - screen->queries[i].start;
		end = journal_move(journal, end, from, next - from);
	}
	journal_truncate(journal, end);
	screen->cut = cut;
	screen->n_queries = 0;
}

/* ---- life ---- */

static const struct vt_callbacks callbacks = {
	.on_reply = on_reply,
	.on_bell = on_bell,
	.on_query = on_query,
};

static struct screen *screen_new(struct hub *hub)
{
	struct screen *screen = calloc(1, sizeof(*screen));
	struct vt_config config = { .cols = hub->cols, .rows = hub->rows };

	if (screen && vt_new(&config, &callbacks, screen, &screen->vt) < 0) {
		free(screen);
		screen = NULL;
	}
	if (!screen) {
		log_error("hub '%s': no memory for a terminal; it goes on without", hub->base.id);
		hub->terminal = HUB_TERMINAL_OFF;
		return NULL;
	}
	screen->hub = hub;
	/* What members may read already was not read by the engine. */
	screen->cut = (uint64_t)0 - hub->readable;
	return screen;
}

void screen_free(struct hub *hub)
{
	struct screen *screen = hub->screen;

	if (!screen)
		return;
	hub->screen = NULL;
	task_cancel(&screen->answer_task);
	byte_queue_clear(&screen->answers);
	vt_free(screen->vt);
	free(screen->queries);
	free(screen);
}

struct vt *screen_vt(struct hub *hub)
{
	if (!hub->screen && hub->terminal != HUB_TERMINAL_OFF)
		hub->screen = screen_new(hub);
	return hub->screen ? hub->screen->vt : NULL;
}

/* ---- bytes ---- */

void screen_commit(struct hub *hub, size_t len)
{
	struct iovec iov[2];
	struct screen *screen;
	int n;

	if (!hub_is_console(hub) || !screen_vt(hub)) {
		hub->readable = hub->journal.head;
		return;
	}
	screen = hub->screen;
	screen->fed += len;
	n = journal_peek(&hub->journal, hub->journal.head - len, len, iov);
	for (int i = 0; i < n; i++)
		vt_feed(screen->vt, iov[i].iov_base, iov[i].iov_len);
	if (screen->n_queries)
		cut_queries(screen);
	if (screen->rang)
		ring(screen);
	hub->readable = vt_settled(screen->vt) - screen->cut;
}

size_t screen_appetite(const struct hub *hub)
{
	if (!hub->screen)
		return SIZE_MAX;
	return hub->screen->fed < DISPATCH_BYTES ? DISPATCH_BYTES - hub->screen->fed : 0;
}

bool screen_rest(struct hub *hub)
{
	bool was_full = !screen_appetite(hub);

	if (hub->screen)
		hub->screen->fed = 0;
	return was_full;
}

void screen_resize(struct hub *hub)
{
	if (hub->screen)
		vt_resize(hub->screen->vt, hub->cols, hub->rows);
}

int screen_replay(struct hub *hub, bool history, struct strbuf *out, uint64_t *ret_offset)
{
	struct screen *screen = hub->screen;
	int r;

	r = vt_replay(screen->vt, out, history ? VT_REPLAY_SCROLLBACK : 0);
	if (r == 0 && history && out->len > HISTORY_MAX) {
		strbuf_done(out);
		r = vt_replay(screen->vt, out, 0);
	}
	if (r == 0)
		*ret_offset = vt_boundary(screen->vt) - screen->cut;
	return r;
}
