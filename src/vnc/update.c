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
 * at a time: at most OUT_MAX bytes wait for a viewer, at most TURN_PX pixels are encoded before
 * the others get their turn. When the picture changes before all jobs are done, the rest of them
 * shows the new one. That is right as it is, except that a scroll can not be told as a copy next
 * time, since some of what would be copied has scrolled already.
 *
 * Places are in cells. A viewer that can not change the size of its framebuffer keeps the first
 * one: a larger picture is cut, a smaller one padded with blanks.
 */
#include "vnc/viewer.h"

#include "vnc/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	INTERVAL_MS = 16,     /* between updates of a viewer: 60 a second */
	HOLD_MAX_MS = 100,    /* how long a guest may keep its frame to itself */
	OUT_MAX = 65536,      /* bytes that wait for a viewer before encoding pauses */
	FLUSH_AT = 8192,      /* bytes that are worth a write of their own */
	TURN_PX = 256 * 1024, /* pixels that are encoded in one go */
	TIGHT_WIDTH_MAX = 2048,
	FENCES_MIN = 2, /* updates on the way to a viewer that gets them unasked */
	FENCES_MAX = 16,
};

enum { FRAMEBUFFER_UPDATE = 0, FENCE = 248 };

#define FENCE_BLOCK_BEFORE 1u
#define FENCE_REQUEST	   (1u << 31)

#define SIZE_FEATURES (FEATURE_DESKTOP_SIZE | FEATURE_EXTENDED_SIZE)

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

/* ---- size ---- */

static unsigned shown(unsigned cells, unsigned cell_px, unsigned scale)
{
	return smaller(cells, FRAMEBUFFER_SIDE / (cell_px * scale));
}

static unsigned shown_cols(const struct vnc_viewer *viewer)
{
	return shown(
		display_view_cols(viewer->view), TEXT_CELL_WIDTH, viewer->server->config.scale);
}

static unsigned shown_rows(const struct vnc_viewer *viewer)
{
	return shown(
		display_view_rows(viewer->view), TEXT_CELL_HEIGHT, viewer->server->config.scale);
}

static bool size_is_due(const struct vnc_viewer *viewer)
{
	const struct updates *updates = &viewer->updates;

	if (!(viewer->features & SIZE_FEATURES))
		return false;
	return (updates->news & NEWS_SIZE) || updates->cols != shown_cols(viewer) ||
	       updates->rows != shown_rows(viewer);
}

/* ---- what the viewer says ---- */

void update_start(struct vnc_viewer *viewer)
{
	struct updates *updates = &viewer->updates;

	updates->encoding = &encoding_raw;
	updates->format = pixel_format_default;
	updates->level = 1;
	updates->cols = shown_cols(viewer);
	updates->rows = shown_rows(viewer);
}

void update_set_features(struct vnc_viewer *viewer, unsigned before)
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
	unsigned added = viewer->features & ~before;

	for (unsigned i = 0; i < sizeof(announced) / sizeof(announced[0]); i++) {
		if (added & announced[i].feature)
			viewer->updates.news |= announced[i].news;
		if (!(viewer->features & announced[i].feature))
			viewer->updates.news &= ~announced[i].news;
	}
	if (added & FEATURE_CONTINUOUS)
		viewer_send(viewer, &end_of_continuous, 1);
	if (added & FEATURE_FENCE)
		viewer_send(viewer, fence, sizeof(fence));
	viewer_post(viewer);
}

static struct cell_area area_of_px(
	const struct vnc_viewer *viewer, unsigned x, unsigned y, unsigned width, unsigned height)
{
	const struct updates *updates = &viewer->updates;
	unsigned cell_w = TEXT_CELL_WIDTH * viewer->server->config.scale;
	unsigned cell_h = TEXT_CELL_HEIGHT * viewer->server->config.scale;

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

void update_request(struct vnc_viewer *viewer, bool incremental, unsigned x, unsigned y,
	unsigned width, unsigned height)
{
	struct cell_area area = area_of_px(viewer, x, y, width, height);
	struct cell_area *forced = &viewer->updates.forced;

	viewer->updates.wanted = true;
	if (!incremental && area_is_empty(forced))
		*forced = area;
	else if (!incremental && !area_is_empty(&area))
		*forced = (struct cell_area){ smaller(forced->left, area.left),
			smaller(forced->top, area.top), larger(forced->right, area.right),
			larger(forced->bottom, area.bottom) };
	viewer_post(viewer);
}

void update_changed(struct vnc_viewer *viewer)
{
	viewer->updates.stale |= viewer->updates.jobs != NULL;
	viewer_post(viewer);
}

void update_fence_answered(struct vnc_viewer *viewer)
{
	struct updates *updates = &viewer->updates;
	uint64_t took_ms = loop_now_ms(viewer->server->context.loop) - updates->fence_sent_ms;

	if (!updates->fences)
		return;
	updates->fences--;
	updates->round_trip_ms = (unsigned)smaller((unsigned)took_ms, 1000);
	viewer_post(viewer);
}

/* ---- jobs ---- */

/* Rectangles that are to be sent, as spans of rows are turned into them. */
struct plan {
	struct job *jobs;
	unsigned len, size;
	unsigned cols_max, cells_max, rows_max;
	struct job open; /* rows with the same span, so far */
	bool failed;
};

static void plan_add(struct plan *plan, struct job job)
{
	if (plan->len == plan->size) {
		unsigned size = plan->size ? plan->size * 2 : 16;
		struct job *jobs = reallocarray(plan->jobs, size, sizeof(*jobs));

		if (!jobs) {
			plan->failed = true;
			return;
		}
		plan->jobs = jobs;
		plan->size = size;
	}
	plan->jobs[plan->len++] = job;
}

/* Cut the open rectangle to sizes that the encoding takes. */
static void plan_close(struct plan *plan)
{
	struct job *open = &plan->open;

	for (unsigned col = 0; open->rows && col < open->cols;) {
		unsigned cols = smaller(open->cols - col, plan->cols_max);
		unsigned rows_max = smaller(plan->rows_max, larger(plan->cells_max / cols, 1));

		for (unsigned row = 0; row < open->rows; row += rows_max)
			plan_add(plan, (struct job){ (uint16_t)(open->col + col),
					       (uint16_t)(open->row + row), (uint16_t)cols,
					       (uint16_t)smaller(open->rows - row, rows_max) });
		col += cols;
	}
	open->rows = 0;
}

static void plan_row(struct plan *plan, unsigned row, unsigned first, unsigned end)
{
	struct job *open = &plan->open;

	if (first < end && open->rows && open->col == first && open->cols == end - first &&
		open->row + open->rows == row) {
		open->rows++;
		return;
	}
	plan_close(plan);
	if (first < end)
		*open = (struct job){ (uint16_t)first, (uint16_t)row, (uint16_t)(end - first), 1 };
}

static void plan_init(struct plan *plan, const struct encoding *encoding, unsigned scale)
{
	unsigned cell_px = TEXT_CELL_WIDTH * TEXT_CELL_HEIGHT * scale * scale;

	*plan = (struct plan){ .rows_max = encoding->rows_max };
	plan->cells_max = larger(encoding->px_max / cell_px, 1);
	plan->cols_max = smaller(plan->cells_max, TIGHT_WIDTH_MAX / (TEXT_CELL_WIDTH * scale));
}

/* ---- what has changed ---- */

/* Can the scroll be told as a copy of what the viewer has? If not, its rows are sent anew. */
static bool is_copy(const struct vnc_viewer *viewer, const struct display_update *update)
{
	return update->scroll_lines && (viewer->features & FEATURE_COPY_RECT) &&
	       !viewer->updates.stale && !update->all &&
	       update->scroll_bottom <= viewer->updates.rows &&
	       smaller(update->cols, viewer->updates.cols) > 0;
}

static void plan_span(struct plan *plan, const struct vnc_viewer *viewer,
	const struct display_update *update, unsigned row, bool copied)
{
	const struct updates *updates = &viewer->updates;
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

static int make_plan(struct vnc_viewer *viewer, const struct display_update *update, bool copied)
{
	struct updates *updates = &viewer->updates;
	struct plan plan;

	plan_init(&plan, updates->job_encoding, viewer->server->config.scale);
	for (unsigned row = 0; row < updates->rows; row++)
		plan_span(&plan, viewer, update, row, copied);
	plan_close(&plan);
	updates->forced = (struct cell_area){ 0 };
	updates->jobs = plan.jobs;
	updates->jobs_len = plan.len;
	updates->jobs_at = 0;
	updates->picture = update->to;
	updates->stale = false;
	return plan.failed ? -ENOMEM : 0;
}

/* ---- sending ---- */

static int send_copy(struct vnc_viewer *viewer, const struct display_update *update)
{
	unsigned scale = viewer->server->config.scale;
	unsigned row_px = TEXT_CELL_HEIGHT * scale;
	unsigned lines =
		(unsigned)(update->scroll_lines < 0 ? -update->scroll_lines : update->scroll_lines);
	unsigned from = update->scroll_top, to = update->scroll_top;
	uint8_t wire[16];

	*(update->scroll_lines > 0 ? &from : &to) += lines;
	rect_header(0, to * row_px,
		smaller(update->cols, viewer->updates.cols) * TEXT_CELL_WIDTH * scale,
		(update->scroll_bottom - update->scroll_top - lines) * row_px, ENCODING_COPY_RECT,
		wire);
	put_u16(put_u16(wire + 12, 0), from * row_px);
	return stream_push(&viewer->stream, wire, sizeof(wire));
}

static void make_raster(struct vnc_viewer *viewer, const struct job *job)
{
	struct scratch *scratch = viewer->server->scratch;
	struct font *font = display_font(viewer->server->context.display);
	struct raster *raster = &scratch->raster;
	const struct vt *vt = display_view_vt(viewer->view);

	raster->cols = job->cols;
	raster->rows = job->rows;
	raster->scale = viewer->server->config.scale;
	for (unsigned row = 0; row < job->rows; row++) {
		display_view_read(viewer->view, job->row + row, job->col,
			(unsigned)job->col + job->cols, scratch->row);
		for (unsigned col = 0; col < job->cols; col++)
			text_tile(font, vt, &scratch->row[col],
				&raster->cells[row * job->cols + col]);
	}
}

/* Through the viewer's own zlib stream. */
static int send_deflated(struct vnc_viewer *viewer, enum encode_wrap wrap, const uint8_t *head,
	size_t head_len, size_t body_len)
{
	struct updates *updates = &viewer->updates;
	struct deflater *deflater = wrap == WRAP_ZRLE ? &updates->zrle : &updates->tight;
	uint8_t *out = viewer->server->scratch->deflated, length[4], *end = length, control;
	bool fresh = !deflater->started;
	size_t n = deflater_run(deflater, updates->level, head + head_len, body_len, out);
	int r = 0;

	if (!n)
		return -ENOMEM;
	if (wrap == WRAP_ZRLE) {
		end = put_u32(length, (uint32_t)n);
	} else {
		end = tight_put_length(n, length);
		control = (uint8_t)(head[0] | (fresh ? TIGHT_RESET_0 : 0));
		r = stream_push(&viewer->stream, &control, 1);
		if (r == 0)
			r = stream_push(&viewer->stream, head + 1, head_len - 1);
	}
	if (r == 0)
		r = stream_push(&viewer->stream, length, (size_t)(end - length));
	return r < 0 ? r : stream_push(&viewer->stream, out, n);
}

static int send_encoded(struct vnc_viewer *viewer, const uint8_t *bytes, size_t head, size_t body)
{
	enum encode_wrap wrap = viewer->updates.job_encoding->wrap;

	if (!body || wrap == WRAP_NONE || (wrap == WRAP_TIGHT && body < TIGHT_DEFLATE_MIN))
		return stream_push(&viewer->stream, bytes, head + body);
	return send_deflated(viewer, wrap, bytes, head, body);
}

/* The bytes of a job: those of a viewer that had the same a moment ago, or new ones. */
static int send_picture(struct vnc_viewer *viewer, const struct job *job)
{
	struct updates *updates = &viewer->updates;
	struct vnc_server *server = viewer->server;
	struct encoded *encoded = &server->scratch->encoded;
	struct encode_key key = { .picture = updates->stale ? 0 : updates->picture,
		.place = { job->col, job->row, job->cols, job->rows },
		.encoding = updates->job_encoding,
		.format = updates->job_format };
	const struct encode_cached *cached =
		key.picture ? encode_cache_find(&server->cache, &key) : NULL;

	if (cached)
		return send_encoded(viewer, cached->bytes, cached->head, cached->body);
	make_raster(viewer, job);
	key.encoding->encode(
		&server->scratch->raster, &key.format, &server->scratch->tile, encoded);
	if (key.picture && server->shared > 1)
		encode_cache_add(&server->cache, &key, encoded);
	return send_encoded(viewer, encoded->bytes, encoded->head, encoded->body);
}

static unsigned job_px(const struct vnc_viewer *viewer, const struct job *job)
{
	unsigned scale = viewer->server->config.scale;

	return job->cols * job->rows * TEXT_CELL_WIDTH * TEXT_CELL_HEIGHT * scale * scale;
}

static int send_job(struct vnc_viewer *viewer, const struct job *job)
{
	unsigned cell_w = TEXT_CELL_WIDTH * viewer->server->config.scale;
	unsigned cell_h = TEXT_CELL_HEIGHT * viewer->server->config.scale;
	uint8_t header[12];
	int r;

	rect_header(job->col * cell_w, job->row * cell_h, job->cols * cell_w, job->rows * cell_h,
		viewer->updates.job_encoding->number, header);
	r = stream_push(&viewer->stream, header, sizeof(header));
	return r < 0 ? r : send_picture(viewer, job);
}

/* ---- a message from start to end ---- */

/* So that a viewer that gets updates unasked does not get more of them than it can take. */
static int send_fence(struct vnc_viewer *viewer)
{
	uint8_t fence[9] = { FENCE };

	if (!viewer->updates.continuous || !(viewer->features & FEATURE_FENCE))
		return 0;
	put_u32(fence + 4, FENCE_REQUEST | FENCE_BLOCK_BEFORE);
	viewer->updates.fences++;
	viewer->updates.fence_sent_ms = loop_now_ms(viewer->server->context.loop);
	return stream_push(&viewer->stream, fence, sizeof(fence));
}

static int finish_message(struct vnc_viewer *viewer)
{
	struct updates *updates = &viewer->updates;
	struct byte_queue *held = &viewer->held;
	int r = send_fence(viewer);

	free(updates->jobs);
	updates->jobs = NULL;
	/* Reading the cells has shown whether any of them blinks. */
	if (display_view_wants_blink(viewer->view))
		server_wants_blink(viewer->server);
	if (r == 0 && held->len)
		r = stream_push(&viewer->stream, byte_queue_data(held), held->len);
	byte_queue_clear(held);
	return r;
}

static int continue_message(struct vnc_viewer *viewer)
{
	struct updates *updates = &viewer->updates;
	unsigned px = 0;

	while (updates->jobs_at < updates->jobs_len && px < TURN_PX &&
		stream_waiting(&viewer->stream) < OUT_MAX) {
		const struct job *job = &updates->jobs[updates->jobs_at++];
		int r = send_job(viewer, job);

		if (r == 0 && stream_waiting(&viewer->stream) >= FLUSH_AT)
			r = stream_flush(&viewer->stream);
		if (r < 0)
			return r;
		px += job_px(viewer, job);
	}
	if (updates->jobs_at < updates->jobs_len) {
		viewer_post(viewer);
		return 0;
	}
	return finish_message(viewer);
}

static int send_update_header(struct vnc_viewer *viewer, unsigned rects)
{
	uint8_t header[4] = { FRAMEBUFFER_UPDATE };

	put_u16(header + 2, rects);
	viewer->updates.wanted = false;
	viewer->updates.last_ms = loop_now_ms(viewer->server->context.loop);
	return stream_push(&viewer->stream, header, sizeof(header));
}

/* A change of size is a message of its own; all that the viewer had is void. */
static int send_size_message(struct vnc_viewer *viewer)
{
	struct updates *updates = &viewer->updates;
	int r = send_update_header(viewer, 1);

	updates->cols = shown_cols(viewer);
	updates->rows = shown_rows(viewer);
	updates->forced = (struct cell_area){ 0, 0, updates->cols, updates->rows };
	if (r == 0)
		r = pseudo_send_size(viewer);
	return r < 0 ? r : finish_message(viewer);
}

static int start_message(struct vnc_viewer *viewer)
{
	struct updates *updates = &viewer->updates;
	struct display_update *update = &viewer->server->scratch->update;
	unsigned news = updates->news & ~(unsigned)NEWS_SIZE, rects;
	bool copied;
	int r;

	updates->job_encoding = updates->encoding;
	updates->job_format = updates->format;
	if (!display_view_collect(viewer->view, update))
		*update = (struct display_update){ .cols = updates->cols };
	copied = is_copy(viewer, update);
	r = make_plan(viewer, update, copied);
	rects = updates->jobs_len + copied + pseudo_count(news);
	if (r < 0 || !rects)
		return r;
	r = send_update_header(viewer, rects);
	if (r == 0)
		r = pseudo_send(viewer, news);
	if (r == 0 && copied)
		r = send_copy(viewer, update);
	return r < 0 ? r : continue_message(viewer);
}

/* ---- when ---- */

static bool is_allowed(const struct vnc_viewer *viewer)
{
	const struct updates *updates = &viewer->updates;
	unsigned on_the_way = FENCES_MIN + updates->round_trip_ms / INTERVAL_MS;

	if (stream_waiting(&viewer->stream))
		return false;
	if (!updates->continuous)
		return updates->wanted;
	return updates->wanted || !(viewer->features & FEATURE_FENCE) ||
	       updates->fences < smaller(on_the_way, FENCES_MAX);
}

static bool is_due(const struct vnc_viewer *viewer)
{
	return viewer->updates.news || !area_is_empty(&viewer->updates.forced) ||
	       size_is_due(viewer) || display_view_has_change(viewer->view);
}

/* How long to wait before the next update; 0: now. */
static uint64_t delay_ms(struct vnc_viewer *viewer)
{
	struct updates *updates = &viewer->updates;
	uint64_t now_ms = loop_now_ms(viewer->server->context.loop);

	if (updates->last_ms && now_ms < updates->last_ms + INTERVAL_MS)
		return updates->last_ms + INTERVAL_MS - now_ms;
	if (!display_view_is_held(viewer->view)) {
		updates->held_since_ms = 0;
		return 0;
	}
	if (!updates->held_since_ms)
		updates->held_since_ms = now_ms;
	return now_ms < updates->held_since_ms + HOLD_MAX_MS ? INTERVAL_MS : 0;
}

int update_run(struct vnc_viewer *viewer)
{
	uint64_t wait_ms;

	if (viewer->updates.jobs)
		return stream_waiting(&viewer->stream) < OUT_MAX ? continue_message(viewer) : 0;
	if (!is_allowed(viewer) || !is_due(viewer))
		return 0;
	wait_ms = delay_ms(viewer);
	if (wait_ms) {
		timer_start(viewer->timer, wait_ms);
		return 0;
	}
	return size_is_due(viewer) ? send_size_message(viewer) : start_message(viewer);
}

void update_done(struct vnc_viewer *viewer)
{
	struct updates *updates = &viewer->updates;

	free(updates->jobs);
	updates->jobs = NULL;
	deflater_done(&updates->zrle);
	deflater_done(&updates->tight);
}
