/* SPDX-License-Identifier: MIT */
/*
 * The life of a connection: who calls what when bytes come, when there is room for bytes, when the
 * picture changes, when time is up. All of it is bounded:
 *
 *	memory	one message of input, at most CLIPBOARD_MAX; output as update.c says, plus answers,
 *		and a viewer with more than VIEWER_WAITING_MAX of it is not listened to
 *	time	one read in a dispatch, one costly message in a dispatch, a login in LOGIN_MS
 *
 * Handlers of messages only return errors: whoever was called by the loop frees the viewer, so that
 * nobody works with one that is gone. Callbacks of the view take a note and post the work.
 */
#include "vnc/viewer.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "vnc/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOGIN_MS = 30000,
	LEAVE_MS = 2000,
	RESIZE_MS = 100, /* a window that is dragged asks for many sizes */
};

enum { BELL = 2 };

/* Answers to SetDesktopSize. */
enum { SIZE_BY_VIEWER = 1, SIZE_OK = 0, SIZE_PROHIBITED = 1, SIZE_NO_RESOURCES = 2, SIZE_BAD = 3 };

/* ---- output ---- */

int viewer_send(struct vnc_viewer *viewer, const void *bytes, size_t len)
{
	viewer_post(viewer);
	if (viewer->updates.jobs)
		return byte_queue_push(&viewer->held, bytes, len);
	return stream_push(&viewer->stream, bytes, len);
}

size_t viewer_waiting(const struct vnc_viewer *viewer)
{
	return stream_waiting(&viewer->stream) + viewer->held.len;
}

static int ring(struct vnc_viewer *viewer)
{
	static const uint8_t bell = BELL;

	if (!viewer->bell || viewer_waiting(viewer))
		return 0;
	viewer->bell = false;
	return viewer_send(viewer, &bell, 1);
}

/* ---- size ---- */

void viewer_resize(struct vnc_viewer *viewer, unsigned width, unsigned height)
{
	viewer->resize_wanted = true;
	viewer->resize_width = width;
	viewer->resize_height = height;
	viewer_post(viewer);
}

static uint16_t request_size(struct vnc_viewer *viewer)
{
	unsigned scale = viewer->server->config.scale;
	unsigned cols = viewer->resize_width / (TEXT_CELL_WIDTH * scale);
	unsigned rows = viewer->resize_height / (TEXT_CELL_HEIGHT * scale);

	if (viewer->server->config.resize == VNC_RESIZE_FIXED || !viewer->may_type)
		return SIZE_PROHIBITED;
	switch (display_view_request_size(viewer->view, cols, rows)) {
	case 0: return SIZE_OK;
	case -EPERM: return SIZE_PROHIBITED;
	case -ERANGE: return SIZE_BAD;
	default: return SIZE_NO_RESOURCES;
	}
}

static void resize(struct vnc_viewer *viewer)
{
	uint64_t now_ms = loop_now_ms(viewer->server->context.loop);

	if (!viewer->resize_wanted)
		return;
	if (viewer->resized_ms && now_ms < viewer->resized_ms + RESIZE_MS) {
		timer_start(viewer->timer, viewer->resized_ms + RESIZE_MS - now_ms);
		return;
	}
	viewer->resize_wanted = false;
	viewer->resized_ms = now_ms;
	viewer->updates.size_status = request_size(viewer);
	viewer->updates.size_reason = SIZE_BY_VIEWER;
	viewer->updates.news |= NEWS_SIZE;
}

/* ---- the view ---- */

static void on_change(void *data)
{
	update_changed(data);
}

static void on_size(void *data, unsigned cols, unsigned rows)
{
	(void)cols, (void)rows;
	update_changed(data);
}

static void on_title(void *data)
{
	struct vnc_viewer *viewer = data;

	if (!(viewer->features & FEATURE_DESKTOP_NAME))
		return;
	viewer->updates.news |= NEWS_NAME;
	viewer_post(viewer);
}

static void on_bell(void *data)
{
	struct vnc_viewer *viewer = data;

	viewer->bell = true;
	viewer_post(viewer);
}

static void on_clipboard(void *data, const char *utf8, size_t len)
{
	clipboard_out(data, utf8, len);
}

static void on_switched(void *data)
{
	on_title(data);
	update_changed(data);
}

static const struct display_view_callbacks view_callbacks = {
	.on_change = on_change,
	.on_size = on_size,
	.on_title = on_title,
	.on_bell = on_bell,
	.on_clipboard = on_clipboard,
	.on_switched = on_switched,
};

int viewer_start(struct vnc_viewer *viewer)
{
	struct display_view_config config = { .name = viewer->name,
		.read_only = !viewer->may_type };
	int r = display_view_new(
		viewer->server->context.display, &config, &view_callbacks, viewer, &viewer->view);

	if (r < 0)
		return r;
	timer_stop(viewer->timer);
	viewer->phase = VIEWER_RUNNING;
	update_start(viewer);
	server_tell(viewer->server, VNC_INITIALIZED, viewer);
	return 0;
}

void viewer_leave(struct vnc_viewer *viewer)
{
	viewer->phase = VIEWER_LEAVING;
	byte_queue_clear(&viewer->in);
	timer_start(viewer->timer, LEAVE_MS);
}

/* ---- input ---- */

/* Messages that are there, until one was costly or too much waits. Return: 0; -errno: close. */
static int digest(struct vnc_viewer *viewer)
{
	struct byte_queue *in = &viewer->in;

	viewer->yield = false;
	while (in->len && !viewer->yield && viewer_waiting(viewer) <= VIEWER_WAITING_MAX) {
		const uint8_t *bytes = (const uint8_t *)byte_queue_data(in);
		ssize_t n = viewer->phase == VIEWER_RUNNING ? message_in(viewer, bytes, in->len)
							    : handshake_in(viewer, bytes, in->len);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		if (viewer->phase != VIEWER_LEAVING)
			byte_queue_pop(in, (size_t)n);
	}
	if (viewer->yield)
		viewer_post(viewer);
	return 0;
}

static int read_some(struct vnc_viewer *viewer)
{
	uint8_t *buf = viewer->server->scratch->input;
	bool was_ready = stream_is_ready(&viewer->stream);
	ssize_t n = stream_read(&viewer->stream, buf);

	if (n < 0)
		return (int)n;
	if (!was_ready)
		viewer_post(viewer);
	if (n == 0 || viewer->phase == VIEWER_LEAVING)
		return 0;
	if (byte_queue_push(&viewer->in, buf, (size_t)n) < 0)
		return -ENOMEM;
	return digest(viewer);
}

/* ---- what the loop calls ---- */

static const char *describe_end(int r)
{
	switch (-r) {
	case EPIPE: return "closed the connection";
	case EPROTO: return "sent something that is not understood; closed";
	case EMSGSIZE: return "sent a message that is too long; closed";
	case EINVAL: return "asked for an impossible pixel format; closed";
	case EBUSY: return "refused: too many viewers, or one that wants to be alone";
	case ETIMEDOUT: return "did not log in in time; closed";
	default: return strerror(-r);
	}
}

static void end(struct vnc_viewer *viewer, int r)
{
	log_info("vnc: %s: %s", viewer->name, describe_end(r));
	stream_say_goodbye(&viewer->stream);
	viewer_free(viewer);
}

static int flush(struct vnc_viewer *viewer)
{
	return stream_waiting(&viewer->stream) ? stream_flush(&viewer->stream) : 0;
}

/* Answers first: an update starts only when all else has gone. Return: 0; -errno: close. */
static int work(struct vnc_viewer *viewer)
{
	int r = digest(viewer);

	if (r == 0 && viewer->phase == VIEWER_RUNNING) {
		resize(viewer);
		r = ring(viewer);
	}
	if (r == 0)
		r = flush(viewer);
	if (r == 0 && viewer->phase == VIEWER_RUNNING)
		r = update_run(viewer);
	if (r == 0)
		r = flush(viewer);
	stream_set_reading(
		&viewer->stream, !viewer->yield && viewer_waiting(viewer) <= VIEWER_WAITING_MAX);
	return r;
}

static void on_work(void *data)
{
	struct vnc_viewer *viewer = data;
	int r = work(viewer);

	if (r < 0)
		end(viewer, r);
}

void viewer_post(struct vnc_viewer *viewer)
{
	task_post(viewer->server->context.loop, &viewer->work, on_work, viewer);
}

static void on_stream(void *data, unsigned events)
{
	struct vnc_viewer *viewer = data;
	int r = 0;

	if (events & WATCH_READ)
		r = read_some(viewer);
	else if (events & (WATCH_HANGUP | WATCH_GONE))
		r = -EPIPE;
	if (r == 0 && (events & WATCH_WRITE))
		r = stream_flush(&viewer->stream);
	if (r < 0) {
		end(viewer, r);
		return;
	}
	if ((events & WATCH_WRITE) || viewer->in.len)
		viewer_post(viewer);
}

static void on_timer(void *data)
{
	struct vnc_viewer *viewer = data;

	if (viewer->phase == VIEWER_RUNNING)
		viewer_post(viewer);
	else
		end(viewer, viewer->phase == VIEWER_LEAVING ? -EPIPE : -ETIMEDOUT);
}

/* ---- beginning and end ---- */

int viewer_new(struct vnc_server *server, int fd, bool websocket, const char *name)
{
	struct vnc_viewer *viewer = calloc(1, sizeof(*viewer));
	int r;

	if (!viewer) {
		close(fd);
		return -ENOMEM;
	}
	viewer->server = server;
	viewer->may_type = true;
	viewer->leds = -1;
	r = stream_init(&viewer->stream, server->context.loop, fd, websocket, on_stream, viewer);
	if (r < 0) {
		free(viewer);
		return r;
	}
	list_append(&server->viewers, &viewer->node);
	viewer->connecting = true;
	server->connecting++;
	viewer->name = strdup(name);
	viewer->timer = timer_new(server->context.loop, on_timer, viewer);
	if (!viewer->name || !viewer->timer || handshake_start(viewer) < 0) {
		viewer_free(viewer);
		return -ENOMEM;
	}
	timer_start(viewer->timer, LOGIN_MS);
	server_tell(server, VNC_CONNECTED, viewer);
	return 0;
}

void viewer_free(struct vnc_viewer *viewer)
{
	server_forget(viewer->server, viewer);
	task_cancel(&viewer->work);
	timer_free(viewer->timer);
	display_view_free(viewer->view);
	update_done(viewer);
	clipboard_done(viewer);
	stream_done(&viewer->stream);
	byte_queue_clear(&viewer->in);
	byte_queue_clear(&viewer->held);
	free(viewer->name);
	free(viewer);
}

const char *vnc_viewer_name(const struct vnc_viewer *viewer)
{
	return viewer->name;
}

bool vnc_viewer_is_websocket(const struct vnc_viewer *viewer)
{
	return stream_is_websocket(&viewer->stream);
}

bool vnc_viewer_is_logged_in(const struct vnc_viewer *viewer)
{
	return viewer->phase == VIEWER_RUNNING;
}

unsigned vnc_viewer_console(const struct vnc_viewer *viewer)
{
	return viewer->view ? display_console_number(display_view_console(viewer->view)) : 0;
}
