/* SPDX-License-Identifier: MIT */
/*
 * What a viewer gets to see, and when.
 *
 * An update starts only when the viewer wants one and has taken everything before: what changes
 * in between is not queued, it is found in one piece by the next one. So a viewer that reads
 * slowly sees fewer pictures, a viewer that does not read costs nothing, and nobody waits for
 * either.
 *
 * An update is one message whose rectangles are known from the start (jobs), but encoded a few
 * at a time: at most OUT_MAX bytes wait for a updates, at most TURN_PX pixels are encoded before
 * the others get their turn. When the picture changes before all jobs are done, the rest of them
 * shows the new one. That is right as it is, except that a scroll can not be told as a copy next
 * time, since some of what would be copied has scrolled already.
 *
 * Places are in cells. A viewer that can not change the size of its framebuffer keeps the first
 * one: a larger picture is cut, a smaller one padded with blanks.
 */
#include "vnc/update.h"

#include "base/log.h"
#include "base/minmax.h"
#include "base/wire.h"
#include "vnc/studio.h"

#include <errno.h>
#include <stdlib.h>

enum {
	INTERVAL_MS = 16,     /* between updates of a viewer: 60 a second */
	HOLD_MAX_MS = 100,    /* how long a guest may keep its frame to itself */
	OUT_MAX = 65536,      /* bytes that wait for a viewer before encoding pauses */
	FLUSH_AT = 8192,      /* bytes that are worth a write of their own */
	TURN_PX = 256 * 1024, /* pixels that are encoded in one go */
	FENCES_MIN = 2,	      /* updates on the way to a viewer that gets them unasked */
	FENCES_MAX = 16,
};

enum { FRAMEBUFFER_UPDATE = 0, FENCE = 248 };

enum { FRAMEBUFFER_SIDE = 16384 }; /* pixels; a larger picture is cut */

#define FENCE_BLOCK_BEFORE 1u
#define FENCE_REQUEST	   (1u << 31)

#define SIZE_FEATURES (FEATURE_DESKTOP_SIZE | FEATURE_EXTENDED_SIZE)

/* ---- size ---- */

static unsigned shown_cols(const struct updates *updates)
{
	const struct peer *peer = updates->peer;

	return smaller(display_view_cols(peer->view), FRAMEBUFFER_SIDE / peer_cell_width(peer));
}

static unsigned shown_rows(const struct updates *updates)
{
	const struct peer *peer = updates->peer;

	return smaller(display_view_rows(peer->view), FRAMEBUFFER_SIDE / peer_cell_height(peer));
}

unsigned update_width_px(const struct updates *updates)
{
	return updates->cols * peer_cell_width(updates->peer);
}

unsigned update_height_px(const struct updates *updates)
{
	return updates->rows * peer_cell_height(updates->peer);
}

static bool size_is_due(const struct updates *updates)
{
	if (!(updates->peer->features & SIZE_FEATURES))
		return false;
	return (updates->news.due & NEWS_SIZE) || updates->cols != shown_cols(updates) ||
	       updates->rows != shown_rows(updates);
}

/* ---- what the viewer says ---- */

void update_start(struct updates *updates, struct peer *peer)
{
	updates->peer = peer;
	updates->encoding = &encoding_raw;
	updates->format = pixel_format_default;
	updates->level = 1;
	updates->cols = shown_cols(updates);
	updates->rows = shown_rows(updates);
}

void update_bring(struct updates *updates, unsigned kinds)
{
	updates->news.due |= kinds;
	peer_post(updates->peer);
}

void update_set_features(struct updates *updates, unsigned before)
{
	static const struct {
		unsigned feature, news;
	} announced[] = {
		{ FEATURE_EXTENDED_SIZE, NEWS_SIZE },
		{ FEATURE_CURSOR, NEWS_CURSOR },
		{ FEATURE_EXTENDED_KEY, NEWS_EXTENDED_KEY },
		{ FEATURE_DESKTOP_NAME, NEWS_NAME },
	};
	static const uint8_t end_of_continuous = 150;
	static const uint8_t fence[9] = { FENCE, 0, 0, 0, 0x80 };
	unsigned added = updates->peer->features & ~before;

	for (unsigned i = 0; i < sizeof(announced) / sizeof(announced[0]); i++) {
		if (added & announced[i].feature)
			updates->news.due |= announced[i].news;
		if (!(updates->peer->features & announced[i].feature))
			updates->news.due &= ~announced[i].news;
	}
	if (added & FEATURE_CONTINUOUS)
		peer_send(updates->peer, &end_of_continuous, 1);
	if (added & FEATURE_FENCE)
		peer_send(updates->peer, fence, sizeof(fence));
	peer_post(updates->peer);
}

static struct cell_area area_of_px(
	const struct updates *updates, unsigned x, unsigned y, unsigned width, unsigned height)
{
	unsigned cell_w = peer_cell_width(updates->peer), cell_h = peer_cell_height(updates->peer);

	return (struct cell_area){
		.left = smaller(x / cell_w, updates->cols),
		.top = smaller(y / cell_h, updates->rows),
		.right = smaller((x + width + cell_w - 1) / cell_w, updates->cols),
		.bottom = smaller((y + height + cell_h - 1) / cell_h, updates->rows),
	};
}

static bool area_is_empty(const struct cell_area *area)
{
	return area->left >= area->right || area->top >= area->bottom;
}

void update_request(struct updates *updates, bool incremental, unsigned x, unsigned y,
	unsigned width, unsigned height)
{
	struct cell_area area = area_of_px(updates, x, y, width, height);
	struct cell_area *forced = &updates->forced;

	updates->wanted = true;
	if (!incremental && area_is_empty(forced))
		*forced = area;
	else if (!incremental && !area_is_empty(&area))
		*forced = (struct cell_area){ smaller(forced->left, area.left),
			smaller(forced->top, area.top), larger(forced->right, area.right),
			larger(forced->bottom, area.bottom) };
	peer_post(updates->peer);
}

void update_fence_answered(struct updates *updates)
{
	uint64_t took_ms = loop_now_ms(updates->peer->host->loop) - updates->fence_sent_ms;

	if (!updates->fences)
		return;
	updates->fences--;
	updates->round_trip_ms = (unsigned)smaller((unsigned)took_ms, 1000);
	peer_post(updates->peer);
}

bool update_go_on(struct updates *updates)
{
	const struct peer *peer = updates->peer;

	if (updates->cols > FRAMEBUFFER_SIDE / peer_cell_width(peer) ||
		updates->rows > FRAMEBUFFER_SIDE / peer_cell_height(peer))
		return false;
	for (unsigned i = 0; i < updates->jobs_len; i++) {
		const struct job *job = &updates->jobs[i];

		if (job->col + job->cols > updates->cols || job->row + job->rows > updates->rows ||
			!plan_could_be(updates->job_encoding, peer->host->config.scale, job))
			return false;
	}
	updates->stale = true;
	if (updates->jobs_len)
		peer_begin(updates->peer);
	return true;
}

/* ---- what has changed ---- */

/* Can the scroll be told as a copy of what the viewer has? If not, its rows are sent anew. */
static bool is_copy(const struct updates *updates, const struct display_update *update)
{
	return update->scroll_lines && (updates->peer->features & FEATURE_COPY_RECT) &&
	       !updates->stale && !update->all && update->scroll_bottom <= updates->rows &&
	       smaller(update->cols, updates->cols) > 0;
}

static void plan_span(struct plan *plan, const struct updates *updates,
	const struct display_update *update, unsigned row, bool copied)
{
	const struct cell_area *forced = &updates->forced;
	unsigned first = updates->cols, end = 0;

	if (row < update->rows && update->spans[row].first < update->spans[row].end) {
		first = update->spans[row].first;
		end = update->spans[row].end;
	}
	if (update->all || (update->scroll_lines && !copied && row >= update->scroll_top &&
				   row < update->scroll_bottom)) {
		first = 0;
		end = updates->cols;
	}
	if (row >= forced->top && row < forced->bottom) {
		first = smaller(first, forced->left);
		end = larger(end, forced->right);
	}
	plan_row(plan, row, first, smaller(end, updates->cols));
}

static int make_plan(struct updates *updates, const struct display_update *update, bool copied)
{
	struct plan plan;
	int r;

	plan_init(&plan, updates->job_encoding, updates->peer->host->config.scale);
	for (unsigned row = 0; row < updates->rows; row++)
		plan_span(&plan, updates, update, row, copied);
	r = plan_finish(&plan);
	updates->forced = (struct cell_area){ 0 };
	updates->jobs = plan.jobs;
	updates->jobs_len = plan.len;
	updates->jobs_at = 0;
	updates->picture = update->to;
	updates->stale = false;
	return r;
}

/* ---- sending ---- */

static int send_copy(struct updates *updates, const struct display_update *update)
{
	unsigned cell_w = peer_cell_width(updates->peer), cell_h = peer_cell_height(updates->peer);
	unsigned lines =
		(unsigned)(update->scroll_lines < 0 ? -update->scroll_lines : update->scroll_lines);
	unsigned from = update->scroll_top, to = update->scroll_top;
	uint8_t wire[16];

	*(update->scroll_lines > 0 ? &from : &to) += lines;
	rect_header(0, to * cell_h, smaller(update->cols, updates->cols) * cell_w,
		(update->scroll_bottom - update->scroll_top - lines) * cell_h, ENCODING_COPY_RECT,
		wire);
	put_be16(put_be16(wire + 12, 0), from * cell_h);
	return peer_push(updates->peer, wire, sizeof(wire));
}

/* The body goes on with the viewer's zlib stream, whose header it is if it is the first. */
static int send_deflated(
	struct updates *updates, enum encode_wrap wrap, const struct encode_rect *rect)
{
	struct peer *peer = updates->peer;
	bool *started = wrap == WRAP_ZRLE ? &updates->zrle_started : &updates->tight_started;
	size_t header = *started ? 0 : DEFLATER_HEADER_SIZE, n = header + rect->body;
	uint8_t length[4], *end = length, control;
	int r = 0;

	if (wrap == WRAP_ZRLE) {
		end = put_be32(length, (uint32_t)n);
	} else {
		end = tight_put_length(n, length);
		control = (uint8_t)(rect->bytes[0] | (header ? TIGHT_RESET_0 : 0));
		r = peer_push(peer, &control, 1);
		if (r == 0)
			r = peer_push(peer, rect->bytes + 1, rect->head - 1);
	}
	*started = true;
	if (r == 0)
		r = peer_push(peer, length, (size_t)(end - length));
	if (r == 0)
		r = peer_push(peer, DEFLATER_HEADER, header);
	return r < 0 ? r : peer_push(peer, rect->bytes + rect->head, rect->body);
}

static int send_encoded(struct updates *updates, const struct encode_rect *rect)
{
	if (rect->is_deflated)
		return send_deflated(updates, updates->job_encoding->wrap, rect);
	return peer_push(updates->peer, rect->bytes, rect->head + rect->body);
}

static unsigned job_px(const struct updates *updates, const struct job *job)
{
	return job->cols * job->rows * peer_cell_width(updates->peer) *
	       peer_cell_height(updates->peer);
}

static int send_job(struct updates *updates, const struct job *job)
{
	struct peer *peer = updates->peer;
	struct vnc_host *host = peer->host;
	unsigned cell_w = peer_cell_width(peer), cell_h = peer_cell_height(peer);
	const struct studio_order order = { .view = peer->view,
		.job = *job,
		.scale = host->config.scale,
		.picture = updates->stale ? 0 : updates->picture,
		.encoding = updates->job_encoding,
		.format = updates->job_format,
		.level = updates->level,
		.keep = host->shared > 1 };
	struct encode_rect rect;
	uint8_t header[12];
	int r = studio_encode(host->studio, &order, &rect);

	if (r < 0)
		return r;
	rect_header(job->col * cell_w, job->row * cell_h, job->cols * cell_w, job->rows * cell_h,
		order.encoding->number, header);
	r = peer_push(peer, header, sizeof(header));
	return r < 0 ? r : send_encoded(updates, &rect);
}

/* ---- a message from start to end ---- */

/* So that a viewer that gets updates unasked does not get more of them than it can take. */
static int send_fence(struct updates *updates)
{
	uint8_t fence[9] = { FENCE };

	if (!updates->continuous || !(updates->peer->features & FEATURE_FENCE))
		return 0;
	put_be32(fence + 4, FENCE_REQUEST | FENCE_BLOCK_BEFORE);
	updates->fences++;
	updates->fence_sent_ms = loop_now_ms(updates->peer->host->loop);
	return peer_push(updates->peer, fence, sizeof(fence));
}

static int finish_message(struct updates *updates)
{
	struct vnc_host *host = updates->peer->host;
	int r = send_fence(updates);

	free(updates->jobs);
	updates->jobs = NULL;
	/* Reading the cells has shown whether any of them blinks. */
	if (display_view_wants_blink(updates->peer->view))
		host->ops->wants_blink(host);
	return r < 0 ? r : peer_end(updates->peer);
}

static int continue_message(struct updates *updates)
{
	unsigned px = 0;

	updates->stale |= display_view_has_change(updates->peer->view);
	while (updates->jobs_at < updates->jobs_len && px < TURN_PX &&
		stream_waiting(&updates->peer->stream) < OUT_MAX) {
		const struct job *job = &updates->jobs[updates->jobs_at++];
		int r = send_job(updates, job);

		if (r == 0 && stream_waiting(&updates->peer->stream) >= FLUSH_AT)
			r = peer_flush(updates->peer);
		if (r < 0)
			return r;
		px += job_px(updates, job);
	}
	if (updates->jobs_at < updates->jobs_len) {
		peer_post(updates->peer);
		return 0;
	}
	return finish_message(updates);
}

static int send_update_header(struct updates *updates, unsigned rects)
{
	uint8_t header[4] = { FRAMEBUFFER_UPDATE };

	log_debug("%s: update of %u rectangles, picture %llu", updates->peer->name, rects,
		(unsigned long long)updates->picture);
	put_be16(header + 2, rects);
	updates->wanted = false;
	updates->last_ms = loop_now_ms(updates->peer->host->loop);
	peer_begin(updates->peer);
	return peer_push(updates->peer, header, sizeof(header));
}

/* A change of size is a message of its own; all that the viewer had is void. */
static int send_size_message(struct updates *updates)
{
	int r = send_update_header(updates, 1);

	updates->cols = shown_cols(updates);
	updates->rows = shown_rows(updates);
	updates->forced = (struct cell_area){ 0, 0, updates->cols, updates->rows };
	if (r == 0)
		r = pseudo_send_size(updates->peer, &updates->news, update_width_px(updates),
			update_height_px(updates));
	return r < 0 ? r : finish_message(updates);
}

static int start_message(struct updates *updates)
{
	struct display_update *update = &updates->peer->host->studio->update;
	unsigned due = updates->news.due & ~(unsigned)NEWS_SIZE, rects;
	bool copied;
	int r;

	updates->job_encoding = updates->encoding;
	updates->job_format = updates->format;
	display_view_collect(updates->peer->view, update);
	copied = is_copy(updates, update);
	r = make_plan(updates, update, copied);
	rects = updates->jobs_len + copied + pseudo_count(due);
	if (r < 0 || !rects)
		return r;
	r = send_update_header(updates, rects);
	if (r == 0)
		r = pseudo_send(updates->peer, &updates->news, due, &updates->job_format);
	if (r == 0 && copied)
		r = send_copy(updates, update);
	return r < 0 ? r : continue_message(updates);
}

/* ---- when ---- */

static bool is_allowed(const struct updates *updates)
{
	unsigned on_the_way = FENCES_MIN + updates->round_trip_ms / INTERVAL_MS;

	if (stream_waiting(&updates->peer->stream))
		return false;
	if (!updates->continuous)
		return updates->wanted;
	return updates->wanted || !(updates->peer->features & FEATURE_FENCE) ||
	       updates->fences < smaller(on_the_way, FENCES_MAX);
}

static bool is_due(const struct updates *updates)
{
	return updates->news.due || !area_is_empty(&updates->forced) || size_is_due(updates) ||
	       display_view_has_change(updates->peer->view);
}

/* How long to wait before the next update; 0: now. */
static uint64_t delay_ms(struct updates *updates)
{
	uint64_t now_ms = loop_now_ms(updates->peer->host->loop);

	if (updates->last_ms && now_ms < updates->last_ms + INTERVAL_MS)
		return updates->last_ms + INTERVAL_MS - now_ms;
	if (!display_view_is_held(updates->peer->view)) {
		updates->held_since_ms = 0;
		return 0;
	}
	if (!updates->held_since_ms)
		updates->held_since_ms = now_ms;
	return now_ms < updates->held_since_ms + HOLD_MAX_MS ? INTERVAL_MS : 0;
}

int update_run(struct updates *updates)
{
	uint64_t wait_ms;

	if (updates->jobs)
		return stream_waiting(&updates->peer->stream) < OUT_MAX ? continue_message(updates)
									: 0;
	if (!is_allowed(updates) || !is_due(updates))
		return 0;
	wait_ms = delay_ms(updates);
	if (wait_ms) {
		timer_start(updates->peer->timer, wait_ms);
		return 0;
	}
	return size_is_due(updates) ? send_size_message(updates) : start_message(updates);
}

void update_done(struct updates *updates)
{
	free(updates->jobs);
	updates->jobs = NULL;
}
