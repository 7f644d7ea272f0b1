/* SPDX-License-Identifier: MIT */
/*
 * A viewer in another program's place. Its connection is in the middle of nothing that would have
 * to be repeated: what it has not taken goes first, then the rectangles that the update under way
 * still owes, of the picture as it is by then, and with its next request all of the picture. Its
 * zlib streams go on, since no rectangle refers to what was deflated before it (deflater.h).
 */
/* before the sandbox: fcntl */
#include "vnc/viewer-handover.h"

#include "base/cleanup.h"
#include "base/wire.h"
#include "display/compose.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { JOB_BYTES = 8 };

#define NEWS_ALL (NEWS_SIZE | NEWS_NAME | NEWS_CURSOR | NEWS_EXTENDED_KEY)

const char *viewer_obstacle(const struct vnc_viewer *viewer)
{
	const char *obstacle = stream_obstacle(&viewer->peer.stream);

	return obstacle || vnc_viewer_is_logged_in(viewer) ? obstacle : "its login";
}

/* ---- leaving it ---- */

static struct snapshot_bytes bytes_of(const void *data, size_t len)
{
	return (struct snapshot_bytes){ len ? data : NULL, len };
}

static struct snapshot_bytes queue_of(const struct byte_queue *queue)
{
	return (struct snapshot_bytes){ byte_queue_data(queue), queue->len };
}

/* What is kept until it was put. */
struct scratch {
	uint8_t format[PIXEL_FORMAT_SIZE], job_format[PIXEL_FORMAT_SIZE];
	struct strbuf jobs;
};

static void put_jobs(const struct updates *updates, struct strbuf *out)
{
	for (unsigned i = updates->jobs_at; updates->jobs && i < updates->jobs_len; i++) {
		const struct job *job = &updates->jobs[i];
		uint8_t wire[JOB_BYTES];

		put_be16(put_be16(put_be16(put_be16(wire, job->col), job->row), job->cols),
			job->rows);
		strbuf_append(out, wire, sizeof(wire));
	}
}

static void put_updates(
	const struct updates *updates, struct scratch *scratch, struct vnc_viewer_state *state)
{
	const struct encoding *job = updates->jobs ? updates->job_encoding : updates->encoding;

	pixel_format_write(&updates->format, scratch->format);
	pixel_format_write(
		updates->jobs ? &updates->job_format : &updates->format, scratch->job_format);
	put_jobs(updates, &scratch->jobs);
	state->encoding = (uint32_t)updates->encoding->number;
	state->job_encoding = (uint32_t)job->number;
	state->level = (unsigned)updates->level;
	state->cols = updates->cols;
	state->rows = updates->rows;
	state->format = bytes_of(scratch->format, PIXEL_FORMAT_SIZE);
	state->job_format = bytes_of(scratch->job_format, PIXEL_FORMAT_SIZE);
	state->jobs = bytes_of(scratch->jobs.data, scratch->jobs.len);
	state->wanted = updates->wanted;
	state->continuous = updates->continuous;
	state->zrle_started = updates->zrle_started;
	state->tight_started = updates->tight_started;
	state->news_due = updates->news.due;
	state->size_reason = updates->news.size_reason;
	state->size_status = updates->news.size_status;
	state->fences = updates->fences;
	state->round_trip_ms = updates->round_trip_ms;
	state->fence_sent_ms = updates->fence_sent_ms;
}

static void put_clipboard(const struct clipboard *clipboard, struct vnc_viewer_state *state)
{
	state->clip_caps = clipboard->caps;
	state->clip_ours = bytes_of(clipboard->ours.data, clipboard->ours.len);
	state->clip_theirs = bytes_of(clipboard->theirs.data, clipboard->theirs.len);
	state->clip_has_text = clipboard->has_text;
	state->clip_asked = clipboard->asked;
	state->clip_typed_ms = clipboard->typed_ms;
}

static void put_view(const struct display_view *view, struct vnc_viewer_state *state)
{
	display_view_save(view, &state->view);
	state->selected = bytes_of(state->view.selected, state->view.selected_len);
	state->composing = bytes_of(
		state->view.composing, state->view.n_composing * sizeof(*state->view.composing));
}

static void put_wishes(const struct session *session, struct vnc_viewer_state *state)
{
	const struct fence *fence = &session->fence;

	state->shifts = session->keyboard.held;
	state->fence_flags = fence->flags;
	if (fence->armed)
		state->fence = (struct snapshot_bytes){ fence->data, fence->len };
	if (session->size_wish.exists || session->size_wish.waits) {
		state->wish_width = session->size_wish.width;
		state->wish_height = session->size_wish.height;
	}
}

void viewer_save(const struct vnc_viewer *viewer, bool alone, struct snapshot_writer *writer)
{
	const struct peer *peer = &viewer->peer;
	struct scratch scratch = { .jobs = { 0 } };
	struct vnc_viewer_state state = { .fd = stream_fd(&peer->stream),
		.name = peer->name,
		.who = peer->who,
		.may_type = peer->may_type,
		.shares = viewer->shares,
		.alone = alone,
		.bell = peer->bell,
		.features = peer->features,
		.in = queue_of(&viewer->in),
		.out = stream_unsent(&peer->stream),
		.held = queue_of(&peer->held) };

	put_updates(&viewer->session.updates, &scratch, &state);
	put_clipboard(&viewer->session.clipboard, &state);
	put_wishes(&viewer->session, &state);
	put_view(peer->view, &state);
	if (scratch.jobs.failed)
		writer->error = ENOMEM;
	snapshot_begin_group(writer, VNC_TAG_VIEWER, false);
	snapshot_put(writer, vnc_viewer_fields, &state);
	stream_save(&peer->stream, writer);
	snapshot_end_group(writer);
	strbuf_done(&scratch.jobs);
}

/* ---- going on ---- */

static int get_format(const struct snapshot_bytes *wire, struct pixel_format *ret_format)
{
	return wire->len == PIXEL_FORMAT_SIZE && pixel_format_parse(wire->data, ret_format) == 0
		       ? 0
		       : -EBADMSG;
}

static int get_jobs(const struct snapshot_bytes *wire, struct updates *updates)
{
	unsigned n = (unsigned)(wire->len / JOB_BYTES);
	const uint8_t *at = wire->data;

	if (!n)
		return 0;
	updates->jobs = calloc(n, sizeof(*updates->jobs));
	if (!updates->jobs)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++, at += JOB_BYTES)
		updates->jobs[i] = (struct job){ (uint16_t)get_be16(at), (uint16_t)get_be16(at + 2),
			(uint16_t)get_be16(at + 4), (uint16_t)get_be16(at + 6) };
	updates->jobs_len = n;
	return 0;
}

static void get_news(const struct vnc_viewer_state *state, struct updates *updates)
{
	updates->wanted = state->wanted;
	updates->continuous = state->continuous;
	updates->zrle_started = state->zrle_started;
	updates->tight_started = state->tight_started;
	updates->news.due = state->news_due & NEWS_ALL;
	updates->news.size_reason = (uint16_t)state->size_reason;
	updates->news.size_status = (uint16_t)state->size_status;
	updates->fences = state->fences;
	updates->round_trip_ms = state->round_trip_ms;
	updates->fence_sent_ms = state->fence_sent_ms;
}

static int get_updates(const struct vnc_viewer_state *state, struct updates *updates)
{
	int r = get_format(&state->format, &updates->format);

	updates->encoding = encoding_find((int32_t)state->encoding);
	updates->job_encoding = encoding_find((int32_t)state->job_encoding);
	updates->level = state->level ? (int)state->level : 1;
	updates->cols = state->cols;
	updates->rows = state->rows;
	if (r == 0 && (!updates->encoding || !updates->job_encoding))
		r = -EBADMSG;
	if (r == 0)
		r = get_format(&state->job_format, &updates->job_format);
	if (r == 0)
		r = get_jobs(&state->jobs, updates);
	get_news(state, updates);
	return r == 0 && !update_go_on(updates) ? -EBADMSG : r;
}

static int get_text(const struct snapshot_bytes *text, struct strbuf *into)
{
	if (text->len)
		strbuf_append(into, text->data, text->len);
	return into->failed ? -ENOMEM : 0;
}

static int get_clipboard(const struct vnc_viewer_state *state, struct clipboard *clipboard)
{
	int r = get_text(&state->clip_ours, &clipboard->ours);

	if (r == 0)
		r = get_text(&state->clip_theirs, &clipboard->theirs);
	clipboard->caps = state->clip_caps;
	clipboard->has_text = state->clip_has_text;
	clipboard->asked = state->clip_asked;
	clipboard->typed_ms = state->clip_typed_ms;
	return r;
}

static int get_view(const struct vnc_viewer_state *state, struct session *session)
{
	struct display_view_state left = state->view;
	uint32_t keysyms[COMPOSE_KEYS_MAX];

	if (state->composing.len > sizeof(keysyms))
		return -EBADMSG;
	if (state->composing.len)
		memcpy(keysyms, state->composing.data, state->composing.len);
	left.composing = keysyms;
	left.n_composing = state->composing.len / sizeof(*keysyms);
	left.selected = state->selected.data;
	left.selected_len = state->selected.len;
	session_return(session, &left);
	return 0;
}

static int get_wishes(const struct vnc_viewer_state *state, struct session *session)
{
	struct fence *fence = &session->fence;

	if (state->fence.len > FENCE_DATA_MAX)
		return -EBADMSG;
	session->keyboard.held = (uint8_t)state->shifts;
	fence->armed = state->fence.data;
	fence->flags = state->fence_flags;
	fence->len = (uint8_t)state->fence.len;
	if (fence->len)
		memcpy(fence->data, state->fence.data, fence->len);
	if (state->wish_width && state->wish_height)
		session_resize(session, state->wish_width, state->wish_height);
	return 0;
}

static int get_queue(const struct snapshot_bytes *bytes, struct byte_queue *queue)
{
	return bytes->len ? byte_queue_push(queue, bytes->data, bytes->len) : 0;
}

static int get_peer(const struct vnc_viewer_state *state, struct vnc_viewer *viewer)
{
	struct peer *peer = &viewer->peer;
	int r = get_queue(&state->in, &viewer->in);

	peer->features = state->features;
	peer->bell = state->bell;
	if (r == 0 && state->out.len)
		r = stream_push(&peer->stream, state->out.data, state->out.len);
	return r < 0 ? r : get_queue(&state->held, &peer->held);
}

static int fill(const struct vnc_viewer_state *state, struct vnc_viewer *viewer)
{
	int r = get_peer(state, viewer);

	if (r == 0)
		r = get_view(state, &viewer->session);
	if (r == 0)
		r = get_updates(state, &viewer->session.updates);
	if (r == 0)
		r = get_clipboard(state, &viewer->session.clipboard);
	return r < 0 ? r : get_wishes(state, &viewer->session);
}

int viewer_load(
	struct vnc_host *host, const struct vnc_viewer_state *state, struct vnc_viewer **ret_viewer)
{
	const struct viewer_identity identity = { state->name, state->who, state->may_type };
	int fd = fcntl(state->fd, F_DUPFD_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	r = viewer_go_on(host, fd, &identity, state->websocket, ret_viewer);
	if (r < 0)
		return r;
	r = fill(state, *ret_viewer);
	if (r < 0)
		viewer_drop(*ret_viewer);
	return r;
}
