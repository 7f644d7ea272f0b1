/* SPDX-License-Identifier: MIT */
#include "lazy-check.h"

#include "base/cleanup.h"
#include "chardev/chardev-impl.h"
#include "hub/hub.h"
#include "io/budget.h"
#include "io/rest.h"
#include "io/store.h"
#include "lib/fake-chardev.h"
#include "lib/fake-holder.h"
#include "lib/heir.h"
#include "vt/vt.h"

#include <stdlib.h>
#include <string.h>

/* What is held back, and for how long at most. */
enum { HELD_MS = 20, QUERIES_MAX = 4096 };

/* Lines that one program may write by command: enough to fill and to flood. */
enum { LINES_MAX = 40000 };

/* What is looked at, and what goes over to another program. */
#define HUB_OPTIONS "hub,id=h,chardevs.0=file,chardevs.1=late,window=64k,window-max=256k"

/* As hub/screen.c leaves the history out of a replay. */
enum { HISTORY_MAX = 512 * 1024 };

/*
 * @member:  a file that gets all bytes; @late: who joins
 * @eager:   the engine that reads at once; @cut: its offsets minus those that members see
 * @stream:  what members are to see; @answers: what the guest is to be told
 * @shown:   up to where @stream was compared
 * @queries: of the present piece; @lines: that were written by command
 * @left:    if @has_left: what the hub of now goes on from
 * @is_short: memory is, or was: of what was printed before not all may be held
 */
struct pair {
	struct loop *loop;
	struct chardev_set *set;
	struct chardev *hub;
	struct fake_chardev *member, *late;
	struct fake_holder guest;
	size_t piece;
	unsigned lines;
	bool is_short;
	struct snapshot left;
	bool has_left;

	struct vt *eager;
	uint64_t cut;
	struct strbuf stream, answers;
	size_t shown;
	bool rang;
	struct {
		uint64_t start, end;
	} queries[QUERIES_MAX];
	unsigned n_queries;
};

/* ---- the eager one ---- */

static void on_reply(void *data, const char *bytes, size_t len)
{
	strbuf_append(&((struct pair *)data)->answers, bytes, len);
}

static void on_bell(void *data)
{
	((struct pair *)data)->rang = true;
}

static void on_query(void *data, uint64_t start, uint64_t end)
{
	struct pair *pair = data;

	if (pair->n_queries == QUERIES_MAX)
		abort();
	pair->queries[pair->n_queries].start = start;
	pair->queries[pair->n_queries++].end = end;
}

static bool on_size_request(void *data, unsigned cols, unsigned rows)
{
	(void)data;
	(void)cols;
	(void)rows;
	return true;
}

static void cut_query(struct pair *pair, uint64_t start, uint64_t end)
{
	struct strbuf *stream = &pair->stream;
	size_t from = (size_t)(start - pair->cut), to = (size_t)(end - pair->cut);

	memmove(stream->data + from, stream->data + to, stream->len - to);
	stream->len -= to - from;
	pair->cut += to - from;
}

static void feed_eager(struct pair *pair, const void *bytes, size_t len)
{
	strbuf_append(&pair->stream, bytes, len);
	pair->n_queries = 0;
	pair->rang = false;
	vt_feed(pair->eager, bytes, len);
	for (unsigned i = 0; i < pair->n_queries; i++)
		cut_query(pair, pair->queries[i].start, pair->queries[i].end);
}

/* ---- compare ---- */

static bool are_equal(const struct strbuf *a, const struct strbuf *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->data, b->data, a->len));
}

/* What members may not read yet may still become a query. */
static const char *compare_streams(struct pair *pair)
{
	const struct strbuf *out = &pair->member->out;

	if (out->len < pair->shown || out->len > pair->stream.len ||
		pair->stream.len - out->len > VT_QUERY_MAX)
		return "members have other bytes";
	if (out->len > pair->shown &&
		memcmp(out->data + pair->shown, pair->stream.data + pair->shown,
			out->len - pair->shown))
		return "members see other bytes";
	pair->shown = out->len;
	return NULL;
}

/* What is held from @from to @end. */
static bool is_held(const struct pair *pair, uint64_t from, uint64_t end)
{
	while (from < end) {
		struct iovec iov[2];
		int n = hub_history(pair->hub, from, (size_t)(end - from), iov);

		if (n <= 0)
			return false;
		for (int i = 0; i < n; from += iov[i++].iov_len)
			if (memcmp(iov[i].iov_base, pair->stream.data + from, iov[i].iov_len))
				return false;
	}
	return true;
}

static const char *compare_history(const struct pair *pair)
{
	struct hub_info info;

	hub_info(pair->hub, &info);
	return is_held(pair, 0, info.kept) && is_held(pair, info.held_from, info.end)
		       ? NULL
		       : "other history is held";
}

static const char *compare_told(struct pair *pair)
{
	struct hub_info info;

	hub_info(pair->hub, &info);
	if (!are_equal(&pair->guest.in, &pair->answers))
		return "the guest is answered otherwise";
	if (info.cols != vt_cols(pair->eager) || info.rows != vt_rows(pair->eager))
		return "the console has another size";
	if (info.dropped_bytes && !pair->is_short)
		return "history is dropped though there is memory";
	if (pair->is_short && compare_history(pair))
		return compare_history(pair);
	return compare_streams(pair);
}

/* The newest @lines above the screen, and the screen itself. */
static void put_text(struct vt *vt, unsigned lines, struct strbuf *out)
{
	struct vt_point begin = { .line = -(int)lines };
	struct vt_point end = { .line = (int)vt_rows(vt) - 1, .col = vt_cols(vt) };

	vt_selection_text(vt, VT_SELECT_BLOCK, begin, end, out);
}

static const char *compare_newest(struct vt *vt, struct vt *eager)
{
	AUTO_STRBUF struct strbuf is = { 0 };
	AUTO_STRBUF struct strbuf should = { 0 };
	unsigned lines = vt_scrollback_count(vt);

	if (lines > vt_scrollback_count(eager))
		return "more lines are above the screen";
	put_text(vt, lines, &is);
	put_text(eager, lines, &should);
	return are_equal(&is, &should) ? NULL : "other lines are above the screen";
}

static const char *compare_screens(struct pair *pair)
{
	AUTO_STRBUF struct strbuf is = { 0 };
	AUTO_STRBUF struct strbuf should = { 0 };
	/* which modes were ever touched, and are as they were, the next program does not know */
	const struct vt_replay how = { .flags = VT_REPLAY_HISTORY |
						(pair->has_left ? VT_REPLAY_FRESH : 0) };
	struct vt *vt = hub_vt(pair->hub);

	vt_dump(vt, &is);
	vt_dump(pair->eager, &should);
	if (!are_equal(&is, &should))
		return "the screen is another one";
	if (pair->is_short)
		return compare_newest(vt, pair->eager);
	if (vt_scrollback_count(vt) != vt_scrollback_count(pair->eager))
		return "other lines are above the screen";
	strbuf_done(&is);
	strbuf_done(&should);
	if (vt_replay(vt, &is, &how) < 0 || vt_replay(pair->eager, &should, &how) < 0)
		abort();
	return are_equal(&is, &should) ? NULL : "it is shown otherwise";
}

/* ---- what happens ---- */

static const char *write_piece(struct pair *pair, const uint8_t *bytes, size_t len)
{
	unsigned bells = pair->member->bells;

	if (!len)
		return NULL;
	feed_eager(pair, bytes, len);
	if (fake_holder_out_all(&pair->guest, bytes, len) < 0)
		return "the guest waits";
	run_idle(pair->loop);
	if (pair->rang != (pair->member->bells > bells))
		return "the bell is heard otherwise";
	return compare_told(pair);
}

static const char *write_all(struct pair *pair, const uint8_t *bytes, size_t len)
{
	const char *fault = NULL;

	for (size_t at = 0, n; at < len && !fault; at += n) {
		n = pair->piece && pair->piece < len - at ? pair->piece : len - at;
		fault = write_piece(pair, bytes + at, n);
	}
	return fault;
}

static const char *write_lines(struct pair *pair, unsigned count, unsigned len)
{
	AUTO_STRBUF struct strbuf lines = { 0 };

	pair->lines += count;
	if (pair->lines > LINES_MAX)
		return NULL;
	for (unsigned i = 0; i < count; i++) {
		for (unsigned k = 0; k < len; k++)
			strbuf_putc(&lines, (char)('a' + (i + k) % 26));
		strbuf_puts(&lines, "\r\n");
	}
	return write_piece(pair, (const uint8_t *)lines.data, lines.len);
}

/* Of lines above the screen that were dropped none comes in where it grows. */
static void forget_lines(const struct pair *pair)
{
	struct vt *vt = hub_vt(pair->hub);

	if (vt_scrollback_count(vt) == vt_scrollback_count(pair->eager))
		return;
	vt_clear_scrollback(vt);
	vt_clear_scrollback(pair->eager);
}

static const char *resize(struct pair *pair, unsigned cols, unsigned rows)
{
	if (pair->is_short && vt_offset(pair->eager))
		forget_lines(pair);
	if (hub_resize(pair->hub, cols, rows, NULL) < 0 || vt_resize(pair->eager, cols, rows) < 0)
		abort();
	return compare_told(pair);
}

static const char *wait(struct pair *pair, uint64_t ms)
{
	loop_advance(pair->loop, ms);
	run_idle(pair->loop);
	loop_advance(pair->loop, ms);
	run_idle(pair->loop);
	vt_settle(pair->eager);
	return compare_told(pair);
}

/* As a vc does at which nobody looks. */
static const char *ask_unseen(struct pair *pair)
{
	const struct vt *vt = chardev_screen(&pair->member->base, false);

	return vt_cols(vt) == vt_cols(pair->eager) && vt_rows(vt) == vt_rows(pair->eager)
		       ? NULL
		       : "who does not look is told another size";
}

/* In a line of double width CUP goes beyond the middle, and what moves by columns does not. */
static bool is_same_column(unsigned is, unsigned should, unsigned cols)
{
	return is == should || should >= cols / 2;
}

/* Who has just joined, with an empty terminal of that size, has what was sent @from on. */
static const char *compare_joined(const struct pair *pair, size_t from)
{
	AUTO_STRBUF struct strbuf is = { 0 };
	AUTO_STRBUF struct strbuf should = { 0 };
	const struct vt_config config = { .cols = vt_cols(pair->eager),
		.rows = vt_rows(pair->eager) };
	struct vt_cursor cursor = vt_cursor(pair->eager), other;
	struct vt *vt;

	if (vt_new(&config, NULL, NULL, &vt) < 0)
		abort();
	vt_feed(vt, pair->late->out.data + from, pair->late->out.len - from);
	put_text(vt, 0, &is);
	put_text(pair->eager, 0, &should);
	other = vt_cursor(vt);
	vt_free(vt);
	if (other.row != cursor.row || !is_same_column(other.col, cursor.col, config.cols))
		return "who joins has another cursor";
	return are_equal(&is, &should) ? NULL : "who joins is shown another screen";
}

/* With fewer lines above it. */
static const char *join_short(struct pair *pair)
{
	size_t before = pair->late->out.len;

	fake_chardev_set_open(pair->late, true);
	run_idle(pair->loop);
	fake_chardev_set_open(pair->late, false);
	run_idle(pair->loop);
	return compare_joined(pair, before);
}

static const char *bound(struct pair *pair, unsigned kib)
{
	pair->is_short |= kib;
	if (budget_set(pair->loop, kib * 1024) < 0)
		abort();
	run_idle(pair->loop);
	return compare_told(pair);
}

/*
 * What is unfinished is read again from where it began. That is not to be had where the budget has
 * taken it, and more controls than are held have acted.
 */
static bool is_cut(const struct pair *pair)
{
	size_t at = (size_t)(vt_boundary(pair->eager) - pair->cut);
	struct hub_info info;
	unsigned controls = 0;

	hub_info(pair->hub, &info);
	if (at < info.held_from)
		return true;
	for (; at < pair->stream.len; at++)
		controls += (uint8_t)pair->stream.data[at] < 0x20;
	return controls > VT_HELD_MAX;
}

static const char *join(struct pair *pair)
{
	AUTO_STRBUF struct strbuf should = { 0 };
	struct vt_replay how = { .flags = VT_REPLAY_HISTORY };
	size_t before = pair->late->out.len, boundary;

	/* without a byte there is no engine yet, and no screen */
	if (!vt_offset(pair->eager) || is_cut(pair))
		return NULL;
	if (pair->is_short || pair->has_left)
		return join_short(pair);
	if (vt_replay(pair->eager, &should, &how) < 0)
		abort();
	if (should.len > HISTORY_MAX) {
		strbuf_done(&should);
		how.flags = 0;
		if (vt_replay(pair->eager, &should, &how) < 0)
			abort();
	}
	boundary = (size_t)(vt_boundary(pair->eager) - pair->cut);
	fake_chardev_set_open(pair->late, true);
	run_idle(pair->loop);
	fake_chardev_set_open(pair->late, false);
	run_idle(pair->loop);
	/* behind it come live bytes that are not held back, as the cut character is not */
	if (pair->late->out.len - before < should.len ||
		pair->late->out.len - before - should.len > pair->stream.len - boundary)
		return "who joins is shown more or less";
	if (memcmp(pair->late->out.data + before, should.data, should.len))
		return "who joins is shown something else";
	return compare_joined(pair, before);
}

/* ---- another program ---- */

static void attach_guest(struct pair *pair)
{
	if (fake_holder_attach(&pair->guest, pair->hub, FAKE_HOLDER_PLAIN, NULL) < 0)
		abort();
	chardev_link_set_flags(&pair->guest.link, CHARDEV_LINK_CONSOLE);
}

static const char *go_over(struct pair *pair)
{
	struct snapshot before = pair->left;
	int r;

	if (is_cut(pair))
		return NULL;
	heir_leave(pair->hub, &pair->left);
	chardev_link_detach(&pair->guest.link);
	chardev_free(pair->hub);
	run_idle(pair->loop);
	if (pair->has_left)
		snapshot_close(&before);
	pair->has_left = true;
	heir_find(pair->set, &pair->left);
	r = chardev_set_add_text(pair->set, HUB_OPTIONS, &pair->hub, NULL);
	if (r < 0)
		return "it cannot go on in another program";
	attach_guest(pair);
	chardev_set_inherited(pair->set);
	run_idle(pair->loop);
	return compare_told(pair);
}

/* Run a command, from 0xff on. */
static const char *command(struct pair *pair, const uint8_t *p, size_t left, size_t *ret_taken)
{
	size_t args = left < 2 ? SIZE_MAX : left - 2;

	*ret_taken = 4;
	if (args != SIZE_MAX && args >= 2 && p[1] == 0)
		return resize(pair, p[2] % 40u + 1, p[3] % 12u + 1);
	if (args != SIZE_MAX && args >= 2 && p[1] == 2)
		return write_lines(pair, p[2] * 64u, p[3] % 32u);
	*ret_taken = 3;
	if (args != SIZE_MAX && args >= 1 && p[1] == 5) {
		pair->piece = p[2];
		return NULL;
	}
	if (args != SIZE_MAX && args >= 1 && p[1] == 8)
		return bound(pair, p[2]);
	*ret_taken = 2;
	if (args != SIZE_MAX && p[1] == 1)
		return compare_screens(pair);
	if (args != SIZE_MAX && p[1] == 3)
		return wait(pair, HELD_MS);
	if (args != SIZE_MAX && p[1] == 6)
		return wait(pair, REST_MS);
	if (args != SIZE_MAX && p[1] == 7)
		return ask_unseen(pair);
	if (args != SIZE_MAX && p[1] == 4)
		return join(pair);
	if (args != SIZE_MAX && p[1] == 9) {
		pair->hub->class->handover->prepare(pair->hub);
		return compare_told(pair);
	}
	if (args != SIZE_MAX && p[1] == 10)
		return go_over(pair);
	*ret_taken = 1;
	return write_all(pair, p, 1);
}

static const char *run(struct pair *pair, const uint8_t *program, size_t len)
{
	const char *fault = NULL;
	size_t at = 0, taken;

	while (at < len && !fault) {
		const uint8_t *end = memchr(program + at, 0xff, len - at);
		size_t n = end ? (size_t)(end - program) - at : len - at;

		fault = write_all(pair, program + at, n);
		at += n;
		if (fault || at == len)
			continue;
		fault = command(pair, program + at, len - at, &taken);
		at += taken;
	}
	return fault ? fault : compare_screens(pair);
}

/* ---- life ---- */

static void open_pair(struct pair *pair)
{
	static const struct chardev_class *const classes[] = { &hub_class, &fake_chardev_class,
		&fake_sink_chardev_class, NULL };
	static const struct vt_callbacks callbacks = { .on_reply = on_reply,
		.on_bell = on_bell,
		.on_query = on_query,
		.on_size_request = on_size_request };
	struct chardev *file;

	pair->loop = loop_new();
	loop_fake_clock(pair->loop);
	pair->set = chardev_set_new(pair->loop, classes);
	fake_holder_init(&pair->guest, pair->loop);
	pair->late = fake_chardev_add(pair->set, "late");
	if (!pair->late || chardev_set_add_text(pair->set, "fake-sink,id=file", &file, NULL) < 0)
		abort();
	fake_chardev_set_open(pair->late, false);
	pair->member = fake_chardev_of(file);
	if (chardev_set_add_text(pair->set, HUB_OPTIONS, &pair->hub, NULL) < 0 ||
		vt_new(NULL, &callbacks, pair, &pair->eager) < 0)
		abort();
	attach_guest(pair);
	run_idle(pair->loop);
}

static void close_pair(struct pair *pair)
{
	fake_holder_done(&pair->guest);
	chardev_set_free(pair->set);
	if (pair->has_left)
		snapshot_close(&pair->left);
	budget_set(pair->loop, 0);
	loop_free(pair->loop);
	vt_free(pair->eager);
	strbuf_done(&pair->stream);
	strbuf_done(&pair->answers);
}

const char *lazy_check(const uint8_t *program, size_t len)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	const char *fault;

	if (!pair)
		abort();
	open_pair(pair);
	fault = run(pair, program, len);
	close_pair(pair);
	free(pair);
	return fault;
}
