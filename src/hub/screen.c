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
 * What is quiet (vt/quiet.h) is put off: vt_listen() finds that at many times the engine's pace,
 * and members may read it at once. Up to `quiet` the tape is quiet; the engine, made when it is
 * first needed, is at next_of(). It catches up
 *
 *	when something loud comes, of which only an engine knows what it means,
 *	when somebody looks, as hub_screen_vt() means it,
 *	when the size changes, which is to happen between the same bytes as ever,
 *	when more is put off than may be: BACKLOG_MAX, and what the window holds besides a piece.
 *
 * Of a flood of plain lines nearly all is skipped then, since there is nothing left of it. While
 * somebody looks after each commit nothing is put off, and what the engine does in a dispatch is
 * bounded as above; what has been put off is bounded itself, and read at one go by who looks.
 *
 * An engine that was not needed for REST_MS is frozen: a store has its cells, and packs them. What
 * is quiet does not thaw it.
 *
 * Another program is left the bytes that show the engine. To make them takes long, so they are made
 * before all consoles wait for that, and are good as long as the engine is not used.
 *
 * Limits: the answers to a guest that does not read them, ANSWERS_MAX; what is longer is dropped
 * whole.
 */
#include "hub/screen.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "vt/vt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWERS_MAX = 16 * 1024 };

/* What the engine may do in one dispatch, in cells: less than half a millisecond. */
enum { DISPATCH_WORK = 128 * 1024 };

/* What may be put off: bytes, and rows of cells that sequences among them may touch. */
enum { BACKLOG_MAX = 1024 * 1024, BACKLOG_CELLS_MAX = 8 * 1024 * 1024 };

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

/* ---- where it stands on the tape ---- */

/* Where the engine reads on. */
static uint64_t next_of(const struct hub_screen *screen)
{
	return screen->vt ? vt_offset(screen->vt) - screen->cut : screen->first;
}

static uint64_t head_of(const struct hub_screen *screen)
{
	return screen->tape->journal.head;
}

static bool is_behind(const struct hub_screen *screen)
{
	return next_of(screen) < screen->quiet;
}

/* The console has become a terminal. What members may read already is not for the engine. */
static void begin(struct hub_screen *screen)
{
	if (screen->is_used)
		return;
	screen->is_used = true;
	screen->first = screen->quiet = screen->tape->readable;
	vt_backlog_clear(&screen->backlog, screen->first);
}

/* The engine has read, or there is none that could. */
static void note_progress(struct hub_screen *screen)
{
	uint64_t next = next_of(screen);

	if (next >= screen->quiet) {
		screen->quiet = next;
		vt_backlog_clear(&screen->backlog, next);
	}
	screen->tape->needed = next;
}

/* There is no memory for an engine: what it would have to read it never will. */
static void give_up(struct hub_screen *screen)
{
	screen->first = head_of(screen);
	if (screen->vt)
		screen->cut = vt_offset(screen->vt) - screen->first;
	screen->is_loud = false;
	note_progress(screen);
	tape_release(screen->tape, screen->first);
}

/* ---- the engine ---- */

static const struct vt_callbacks callbacks = {
	.on_reply = on_reply,
	.on_bell = on_bell,
	.on_query = on_query,
	.on_size_request = on_size_request,
};

static int make_engine(struct hub_screen *screen)
{
	struct vt_config config = { .cols = screen->cols, .rows = screen->rows };
	int r = vt_new(&config, &callbacks, screen, &screen->vt);

	screen->cut = (uint64_t)0 - screen->first;
	return r;
}

static void show(void *data, const char *bytes, size_t len)
{
	vt_feed(data, bytes, len);
}

/* Let an engine that was just made show what another program's has left, where that has stopped. */
static void show_left(struct hub_screen *screen)
{
	uint64_t next = next_of(screen);
	bool rang = screen->rang;

	if (!screen->will.is_due)
		return;
	chardev_will_show(&screen->will, show, screen->vt);
	vt_settle(screen->vt);
	screen->cut = vt_offset(screen->vt) - next;
	screen->rang = rang;
}

/* The ice stays. */
static int read_ice(const struct hub_screen *screen)
{
	AUTO_FREE char *bytes = malloc(screen->ice_len);

	if (!bytes)
		return -ENOMEM;
	store_read(screen->ice, 0, bytes, screen->ice_len);
	return vt_thaw(screen->vt, bytes);
}

static int thaw(struct hub_screen *screen)
{
	int r = read_ice(screen);

	if (r < 0)
		return r;
	store_free(screen->ice);
	screen->ice = NULL;
	return 0;
}

/* Bytes that rest in a store are compressed after a while. NULL: no memory. */
static struct store *store_of(struct loop *loop, const struct strbuf *bytes)
{
	struct store *store = store_new(loop, bytes->len);

	if (store)
		store_write(store, 0, bytes->data, bytes->len);
	return store;
}

/* Nobody has needed it for a while. If it cannot be, that is tried after it has been used again. */
static void freeze(void *data)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	struct hub_screen *screen = data;

	if (screen->ice || screen->will.is_due || screen->ops->is_watched(screen->hub) ||
		vt_freeze(screen->vt, &bytes) < 0)
		return;
	screen->ice = store_of(screen->hub->loop, &bytes);
	screen->ice_len = bytes.len;
	screen->is_bare = false;
	if (screen->ice)
		vt_let_go(screen->vt);
}

static bool is_ready(struct hub_screen *screen)
{
	if (!screen->vt)
		return make_engine(screen) == 0;
	show_left(screen);
	return !screen->ice || thaw(screen) == 0;
}

/* An engine that is in use takes nothing of a store. */
bool hub_screen_drop_lines(struct hub_screen *screen, uint64_t *ret_lines)
{
	bool rests = screen->ice || screen->will.is_due;

	if (!rests || screen->is_bare || !is_ready(screen))
		return false;
	chardev_will_forgo(&screen->will);
	*ret_lines = vt_scrollback_count(screen->vt);
	vt_clear_scrollback(screen->vt);
	freeze(screen);
	screen->is_bare = true;
	if (!screen->ice)
		rest_use(&screen->rest);
	return true;
}

/* The engine, ready to be used. NULL: no memory. */
static struct vt *engine(struct hub_screen *screen)
{
	begin(screen);
	if (!is_ready(screen)) {
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
	chardev_will_forgo(&screen->will);
	rest_use(&screen->rest);
	return screen->vt;
}

static void feed(struct hub_screen *screen, uint64_t end, uint64_t *work)
{
	while (next_of(screen) < end) {
		struct iovec iov[2];
		int n = tape_between(screen->tape, next_of(screen), end, iov);

		for (int i = 0; i < n; i++)
			if (vt_feed_some(screen->vt, iov[i].iov_base, iov[i].iov_len, work) <
				iov[i].iov_len)
				return;
	}
}

/* Take what is put off and nothing will be left of, before which all else has to be read. */
static void skip_plain(struct hub_screen *screen, uint64_t *work)
{
	size_t len;

	if (next_of(screen) < screen->backlog.plain)
		feed(screen, screen->backlog.plain, work);
	if (!is_behind(screen))
		return;
	len = vt_backlog_skip(&screen->backlog, screen->vt, next_of(screen));
	if (len)
		vt_skip(screen->vt, len);
	note_progress(screen);
}

/* Let the engine, which is there, read up to @end as far as its work goes. */
static void read_to(struct hub_screen *screen, uint64_t end, uint64_t *work)
{
	skip_plain(screen, work);
	feed(screen, end, work);
	screen->cols = vt_cols(screen->vt);
	screen->rows = vt_rows(screen->vt);
	if (screen->n_queries) {
		cut_queries(screen);
		screen->quiet = next_of(screen);
	}
	note_progress(screen);
}

/* Read what is put off, as far as the work goes. Return: is all of it read. */
static bool catch_up(struct hub_screen *screen, uint64_t work)
{
	if (!is_behind(screen))
		return true;
	if (engine(screen))
		read_to(screen, screen->quiet, &work);
	else
		give_up(screen);
	return !is_behind(screen);
}

void hub_screen_catch_up(struct hub_screen *screen)
{
	catch_up(screen, VT_WORK_MAX);
}

bool hub_screen_settle(struct hub_screen *screen)
{
	return catch_up(screen, DISPATCH_WORK);
}

struct vt *hub_screen_unseen(struct hub_screen *screen)
{
	if (!screen->vt)
		return engine(screen);
	chardev_will_forgo(&screen->will);
	rest_use(&screen->rest);
	return screen->vt;
}

struct vt *hub_screen_vt(struct hub_screen *screen)
{
	if (!engine(screen))
		return NULL;
	hub_screen_catch_up(screen);
	screen->is_looked_at = true;
	return screen->vt;
}

/* ---- bytes ---- */

/* How much may be put off. */
static uint64_t most_put_off(const struct hub_screen *screen)
{
	size_t most = tape_window(screen->tape) - tape_piece(screen->tape);

	if (screen->backlog.sequences * screen->cols > BACKLOG_CELLS_MAX)
		return 0;
	return most < BACKLOG_MAX ? most : BACKLOG_MAX;
}

size_t hub_screen_unread(const struct hub_screen *screen)
{
	uint64_t unread = head_of(screen) - next_of(screen), most = most_put_off(screen);

	if (!screen->is_used)
		return 0;
	if (screen->is_loud)
		return (size_t)unread;
	return unread > most ? (size_t)(unread - most) : 0;
}

/* The rest of what may become a query has not come in time. */
static void give_up_held(void *data)
{
	struct hub_screen *screen = data;
	uint64_t work = VT_WORK_MAX;

	if (!engine(screen)) {
		give_up(screen);
	} else {
		if (!screen->is_loud)
			read_to(screen, head_of(screen), &work);
		vt_settle(screen->vt);
		tape_release(screen->tape, vt_settled(screen->vt) - screen->cut);
	}
	screen->ops->read_on(screen->hub);
}

/* Members wait for the rest of a sequence only for a moment, counted from its beginning. */
static void watch_held(struct hub_screen *screen, uint64_t from, uint64_t end)
{
	if (from == end) {
		timer_stop(screen->held_timer);
	} else if (from != screen->held || !timer_is_running(screen->held_timer)) {
		screen->held = from;
		timer_start(screen->held_timer, HELD_MS);
	}
}

static bool may_put_off(const struct hub_screen *screen)
{
	if (is_behind(screen))
		return !screen->is_loud;
	return !screen->is_looked_at && (!screen->vt || vt_may_put_off(screen->vt));
}

static enum vt_quiet listen_to(struct hub_screen *screen, const void *bytes, size_t len)
{
	size_t quiet;
	enum vt_quiet sound = vt_listen(&screen->backlog, screen->quiet, bytes, len, &quiet);

	screen->quiet += quiet;
	return sound;
}

/* What is there of a sequence whose bytes do not lie side by side. */
static enum vt_quiet listen_across(struct hub_screen *screen)
{
	uint64_t most = screen->quiet + 2 * VT_QUERY_MAX, end = head_of(screen);
	char bytes[2 * VT_QUERY_MAX];
	struct iovec iov[2];
	size_t len = 0;
	int n = tape_between(screen->tape, screen->quiet, end < most ? end : most, iov);

	for (int i = 0; i < n; len += iov[i++].iov_len)
		memcpy(bytes + len, iov[i].iov_base, iov[i].iov_len);
	return listen_to(screen, bytes, len);
}

/* Put off what is quiet. Return: what follows. */
static enum vt_quiet listen(struct hub_screen *screen)
{
	enum vt_quiet sound = VT_QUIET;
	bool goes_on = true;

	while (goes_on && screen->quiet < head_of(screen)) {
		uint64_t at = screen->quiet;
		struct iovec iov[2];

		tape_between(screen->tape, at, head_of(screen), iov);
		sound = listen_to(screen, iov[0].iov_base, iov[0].iov_len);
		if (sound == VT_UNFINISHED && at + iov[0].iov_len < head_of(screen))
			sound = listen_across(screen);
		goes_on = sound != VT_LOUD && screen->quiet > at;
	}
	return sound;
}

/* What is put off is more than may be. */
static void shorten_backlog(struct hub_screen *screen)
{
	if (!engine(screen)) {
		give_up(screen);
		return;
	}
	skip_plain(screen, &screen->work);
	if (hub_screen_unread(screen))
		read_to(screen, screen->quiet, &screen->work);
}

static void put_off(struct hub_screen *screen, enum vt_quiet sound)
{
	screen->tape->needed = next_of(screen);
	tape_release(screen->tape, screen->quiet);
	watch_held(screen, screen->quiet, sound == VT_UNFINISHED ? head_of(screen) : screen->quiet);
	if (hub_screen_unread(screen))
		shorten_backlog(screen);
}

/* Read all that is there, as far as the work goes. */
static void read_on(struct hub_screen *screen)
{
	if (!engine(screen)) {
		give_up(screen);
		return;
	}
	read_to(screen, head_of(screen), &screen->work);
	screen->is_loud = next_of(screen) < head_of(screen);
	tape_release(screen->tape, vt_settled(screen->vt) - screen->cut);
	watch_held(screen, vt_settled(screen->vt) - screen->cut, next_of(screen));
}

bool hub_screen_read(struct hub_screen *screen)
{
	enum vt_quiet sound = VT_LOUD;

	screen->rang = false;
	begin(screen);
	if (may_put_off(screen))
		sound = listen(screen);
	screen->is_loud = sound == VT_LOUD;
	if (screen->is_loud)
		read_on(screen);
	else
		put_off(screen, sound);
	/* what is left of this commit is for the same eyes */
	screen->is_looked_at &= screen->is_loud;
	return screen->rang;
}

void hub_screen_leave_out(struct hub_screen *screen)
{
	size_t unread = hub_screen_unread(screen);

	if (!unread)
		return;
	timer_stop(screen->held_timer);
	if (!engine(screen)) {
		give_up(screen);
		return;
	}
	vt_feed(screen->vt, "\030", 1); /* CAN: no sequence goes on behind the gap */
	screen->cut = vt_offset(screen->vt) - head_of(screen);
	screen->is_loud = false;
	note_progress(screen);
	tape_release(screen->tape, head_of(screen));
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
	hub_screen_catch_up(screen);
	screen->cols = cols;
	screen->rows = rows;
	if (screen->vt && engine(screen))
		vt_resize(screen->vt, cols, rows);
}

uint64_t hub_screen_boundary(const struct hub_screen *screen)
{
	if (!screen->is_used)
		return screen->tape->readable;
	if (is_behind(screen) || !screen->vt)
		return screen->quiet;
	return vt_boundary(screen->vt) - screen->cut;
}

int hub_screen_replay(struct hub_screen *screen, const struct vt_replay *how, struct strbuf *out)
{
	struct vt_replay without = *how;
	struct vt *vt;
	int r;

	if (!screen->is_used)
		return 0;
	vt = hub_screen_vt(screen);
	if (!vt)
		return -ENOMEM;
	r = vt_replay(vt, out, how);
	if (r < 0 || !(how->flags & VT_REPLAY_HISTORY) || out->len <= HISTORY_MAX)
		return r;
	strbuf_done(out);
	without.flags &= ~(unsigned)VT_REPLAY_HISTORY;
	return vt_replay(vt, out, &without);
}

/* ---- in another program's place ---- */

#define FIELD(...) SNAPSHOT_FIELD(struct hub_screen_state, __VA_ARGS__)

const struct snapshot_field hub_screen_fields[] = {
	FIELD(is_used, 1, SNAPSHOT_BOOL),
	FIELD(has_engine, 2, SNAPSHOT_BOOL),
	FIELD(cols, 3, SNAPSHOT_U32, .max = VT_COLS_MAX),
	FIELD(rows, 4, SNAPSHOT_U32, .max = VT_ROWS_MAX),
	FIELD(boundary, 5, SNAPSHOT_U64),
	FIELD(next, 6, SNAPSHOT_U64),
	FIELD(quiet, 7, SNAPSHOT_U64),
	FIELD(settled, 8, SNAPSHOT_U64),
	FIELD(sequences, 9, SNAPSHOT_U64),
	FIELD(plain, 10, SNAPSHOT_U64),
	FIELD(lines, 11, SNAPSHOT_U64),
	FIELD(first, 12, SNAPSHOT_U32, .max = VT_PLAIN_MARKS - 1),
	FIELD(count, 13, SNAPSHOT_U32, .max = VT_PLAIN_MARKS),
	FIELD(marks, 14, SNAPSHOT_BLOB, .needed = true),
	FIELD(answers, 15, SNAPSHOT_BLOB),
	FIELD(shown.plain, 16, SNAPSHOT_LARGE),
	FIELD(may_wait, 17, SNAPSHOT_BOOL, .optional = true),
	FIELD(shown.packed, 18, SNAPSHOT_LARGE, .optional = true, .vital = true),
	FIELD(shown.len, 19, SNAPSHOT_U64, .max = CHARDEV_SHOWN_MAX, .optional = true),
	{ 0 },
};

/* Also of one that is frozen, which stays so: that is no look. Return: 0; -ENOMEM. */
static int render(void *data, struct strbuf *out)
{
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH | VT_REPLAY_HISTORY };
	const struct hub_screen *screen = data;
	int r = screen->ice ? read_ice(screen) : 0;

	if (r < 0)
		return r;
	r = vt_replay(screen->vt, out, &how);
	if (screen->ice)
		vt_let_go(screen->vt);
	return r;
}

void hub_screen_prepare(struct hub_screen *screen)
{
	if (screen->vt)
		chardev_will_prepare(&screen->will);
}

void hub_screen_forgo(struct hub_screen *screen)
{
	chardev_will_forgo(&screen->will);
}

static void save_engine(const struct hub_screen *screen, struct hub_screen_state *state,
	struct snapshot_writer *writer)
{
	chardev_will_save(&screen->will, writer, &state->shown);
	state->boundary = vt_boundary(screen->vt) - screen->cut;
	state->settled = vt_settled(screen->vt) - screen->cut;
	/* an engine that was just made puts off and skips no more than this one */
	state->may_wait = vt_skip_after(screen->vt) != UINT64_MAX;
}

void hub_screen_save(const struct hub_screen *screen, struct snapshot_writer *writer)
{
	const struct vt_backlog *backlog = &screen->backlog;
	struct hub_screen_state state = { .is_used = screen->is_used,
		.has_engine = screen->vt,
		.cols = screen->cols,
		.rows = screen->rows,
		.next = next_of(screen),
		.quiet = screen->quiet,
		.sequences = backlog->sequences,
		.plain = backlog->plain,
		.lines = backlog->lines,
		.first = backlog->first,
		.count = backlog->count,
		.marks = { backlog->marks, sizeof(backlog->marks) },
		.answers = { byte_queue_data(&screen->answers), screen->answers.len } };

	if (screen->vt && !writer->is_trial)
		save_engine(screen, &state, writer);
	snapshot_put(writer, hub_screen_fields, &state);
}

static bool is_in_order(const struct hub_screen *screen, const struct hub_screen_state *state)
{
	const struct journal *journal = &screen->tape->journal;

	if (!state->cols || !state->rows || state->marks.len != sizeof(screen->backlog.marks))
		return false;
	if (!state->is_used)
		return !state->has_engine;
	return state->next >= journal->tail && state->next <= state->quiet &&
	       state->quiet <= journal->head &&
	       (!state->has_engine ||
		       (state->boundary <= state->settled && state->settled <= state->next));
}

/* What it was in the middle of is on the tape, unless that is longer than the window. */
static void read_again(struct hub_screen *screen, const struct hub_screen_state *state)
{
	uint64_t work = VT_WORK_MAX, tail = screen->tape->journal.tail;

	screen->cut = vt_offset(screen->vt) - (state->boundary < tail ? tail : state->boundary);
	feed(screen, state->next, &work);
	if (state->settled == state->next)
		vt_settle(screen->vt);
	watch_held(screen, state->settled, state->next);
}

/*
 * Lines above a screen are a thousand times what the console prints meanwhile: they wait until
 * somebody needs the engine, where they lie.
 */
static bool may_wait(const struct hub_screen_state *state)
{
	return state->may_wait && state->settled == state->next && state->boundary == state->next;
}

static int get_engine(struct hub_screen *screen, const struct hub_screen_state *state,
	const struct snapshot *from)
{
	int r = chardev_will_load(&screen->will, from, &state->shown);

	if (r < 0 || may_wait(state))
		return r;
	show_left(screen);
	read_again(screen, state);
	rest_use(&screen->rest);
	return 0;
}

int hub_screen_load(struct hub_screen *screen, const struct hub_screen_state *state,
	const struct snapshot *from)
{
	struct vt_backlog *backlog = &screen->backlog;

	if (!is_in_order(screen, state))
		return -EBADMSG;
	screen->is_used = state->is_used;
	screen->cols = state->cols;
	screen->rows = state->rows;
	screen->first = state->next;
	screen->quiet = state->quiet;
	*backlog = (struct vt_backlog){ .sequences = state->sequences,
		.plain = state->plain,
		.lines = state->lines,
		.first = state->first,
		.count = state->count };
	memcpy(backlog->marks, state->marks.data, sizeof(backlog->marks));
	if (state->answers.len)
		on_reply(screen, state->answers.data, state->answers.len);
	if (screen->is_used)
		screen->tape->needed = state->next;
	if (!state->has_engine)
		return 0;
	if (make_engine(screen) < 0)
		return -ENOMEM;
	return get_engine(screen, state, from);
}

/* ---- life ---- */

int hub_screen_init(struct hub_screen *screen, struct chardev *hub, struct tape *tape,
	const struct hub_screen_ops *ops)
{
	*screen = (struct hub_screen){
		.hub = hub, .tape = tape, .ops = ops, .cols = 80, .rows = 24, .work = DISPATCH_WORK
	};
	rest_init(&screen->rest, hub->loop, freeze, screen);
	chardev_will_init(&screen->will, hub->loop, render, screen);
	screen->held_timer = timer_new(hub->loop, give_up_held, screen);
	return screen->held_timer ? 0 : -ENOMEM;
}

void hub_screen_done(struct hub_screen *screen)
{
	task_cancel(&screen->answer_task);
	rest_done(&screen->rest);
	timer_free(screen->held_timer);
	screen->held_timer = NULL;
	store_free(screen->ice);
	screen->ice = NULL;
	chardev_will_done(&screen->will);
	byte_queue_clear(&screen->answers);
	vt_free(screen->vt);
	screen->vt = NULL;
	free(screen->queries);
	screen->queries = NULL;
}
