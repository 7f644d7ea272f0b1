/* SPDX-License-Identifier: MIT */
#include "vnc/session.h"

#include "base/cleanup.h"
#include "base/wire.h"

#include <errno.h>

enum { RESIZE_MS = 100 /* a window that is dragged asks for many sizes */ };

enum { BELL = 2 };

/* Answers to SetDesktopSize. */
enum { SIZE_BY_VIEWER = 1, SIZE_OK = 0, SIZE_PROHIBITED = 1, SIZE_NO_RESOURCES = 2, SIZE_BAD = 3 };

/* ---- a size that the viewer wants ---- */

static struct cell_size size_now(const struct session *session)
{
	const struct display_view *view = session->peer->view;

	return (struct cell_size){ display_view_cols(view), display_view_rows(view) };
}

static bool same_size(struct cell_size a, struct cell_size b)
{
	return a.cols == b.cols && a.rows == b.rows;
}

/* What others want counts, too: he may get another size than that which he wants, or none. */
static uint16_t judge_size(const struct session *session)
{
	const struct size_wish *wish = &session->size_wish;
	struct cell_size now = size_now(session);

	return same_size(now, wish->wanted) || !same_size(now, wish->before) ? SIZE_OK
									     : SIZE_PROHIBITED;
}

static void answer_size(struct session *session, uint16_t status)
{
	struct news *news = &session->updates.news;

	news->size_status = status;
	news->size_reason = SIZE_BY_VIEWER;
	update_bring(&session->updates, NEWS_SIZE);
}

/* ---- what the view says ---- */

static void on_change(void *data)
{
	peer_post(((struct session *)data)->peer);
}

static void on_size(void *data, unsigned cols, unsigned rows)
{
	(void)cols, (void)rows;
	on_change(data);
}

static void on_title(void *data)
{
	struct session *session = data;

	if (session->peer->features & FEATURE_DESKTOP_NAME)
		update_bring(&session->updates, NEWS_NAME);
}

static void on_bell(void *data)
{
	struct session *session = data;

	session->peer->bell = true;
	peer_post(session->peer);
}

static void on_paste(void *data)
{
	clipboard_paste(&((struct session *)data)->clipboard);
}

static void on_clipboard(void *data, const char *utf8, size_t len)
{
	clipboard_out(&((struct session *)data)->clipboard, utf8, len);
}

static void on_size_decided(void *data)
{
	struct session *session = data;

	session->size_wish.waits = false;
	answer_size(session, judge_size(session));
}

static void on_switched(void *data)
{
	on_title(data);
	on_change(data);
}

static enum display_right may(void *data, struct object *view_rule, struct object *type_rule)
{
	static const enum display_right rights[] = {
		[AUTHZ_NOTHING] = DISPLAY_NOTHING,
		[AUTHZ_VIEW] = DISPLAY_LOOK,
		[AUTHZ_TYPE] = DISPLAY_TYPE,
	};

	return rights[visas_right(&((struct session *)data)->visas, view_rule, type_rule)];
}

static bool may_use_page(void *data, struct strbuf *why)
{
	struct session *session = data;
	const struct peer *peer = session->peer;
	const struct vnc_config *config = &peer->host->config;
	const char *says;

	if (!peer->host->admin) {
		strbuf_printf(why, "VNC server '%s' has no admin-authz=", config->id);
		return false;
	}
	if (!peer->may_type) {
		strbuf_puts(why, "you may only look here");
		return false;
	}
	switch (visas_right(&session->visas, NULL, peer->host->admin)) {
	case AUTHZ_TYPE: return true;
	case AUTHZ_NOTHING: says = "has not said yet whether it lets in"; break;
	default: says = "does not let in"; break;
	}
	strbuf_printf(why, "admin-authz=%s %s %s", config->admin_authz_id, says, peer->who);
	return false;
}

static void on_visa(void *data)
{
	const struct session *session = data;

	if (session->peer)
		display_view_judge(session->peer->view);
}

static void on_sent_away(void *data)
{
	struct session *session = data;

	session->peer->unwanted = true;
	peer_post(session->peer);
}

static const struct display_view_callbacks view_callbacks = {
	.on_change = on_change,
	.on_size = on_size,
	.on_title = on_title,
	.on_bell = on_bell,
	.on_paste = on_paste,
	.on_clipboard = on_clipboard,
	.on_switched = on_switched,
	.may = may,
	.may_use_page = may_use_page,
	.on_sent_away = on_sent_away,
	.on_size_decided = on_size_decided,
};

/* ---- what the viewer wants ---- */

void session_pointer(struct session *session, unsigned buttons, unsigned x, unsigned y)
{
	struct peer *peer = session->peer;
	unsigned scale = peer->host->config.scale;

	display_view_pointer(
		peer->view, x / scale, y / scale, buttons, loop_now_ms(peer->host->loop));
	peer_post(peer);
}

void session_resize(struct session *session, unsigned width, unsigned height)
{
	session->size_wish.exists = true;
	session->size_wish.width = width;
	session->size_wish.height = height;
	peer_post(session->peer);
}

static int request_size(struct session *session)
{
	const struct peer *peer = session->peer;
	struct size_wish *wish = &session->size_wish;

	if (peer->host->config.resize == VNC_RESIZE_FIXED || !peer->may_type)
		return -EPERM;
	wish->before = size_now(session);
	wish->wanted = (struct cell_size){ wish->width / peer_cell_width(peer),
		wish->height / peer_cell_height(peer) };
	return display_view_request_size(peer->view, wish->wanted.cols, wish->wanted.rows);
}

static void ask_size(struct session *session)
{
	switch (request_size(session)) {
	case 0: answer_size(session, judge_size(session)); break;
	case -EINPROGRESS: session->size_wish.waits = true; break;
	case -EPERM: answer_size(session, SIZE_PROHIBITED); break;
	case -ERANGE: answer_size(session, SIZE_BAD); break;
	default: answer_size(session, SIZE_NO_RESOURCES);
	}
}

static void resize(struct session *session)
{
	struct size_wish *wish = &session->size_wish;
	uint64_t now_ms = loop_now_ms(session->peer->host->loop);

	if (!wish->exists || wish->waits)
		return;
	if (wish->done_ms && now_ms < wish->done_ms + RESIZE_MS) {
		timer_start(session->peer->timer, wish->done_ms + RESIZE_MS - now_ms);
		return;
	}
	wish->exists = false;
	wish->done_ms = now_ms;
	ask_size(session);
}

static int ring(struct peer *peer)
{
	static const uint8_t bell = BELL;

	if (!peer->bell || peer_waiting(peer))
		return 0;
	peer->bell = false;
	return peer_send(peer, &bell, 1);
}

int session_run(struct session *session)
{
	if (session->peer->unwanted)
		return -ECONNABORTED;
	resize(session);
	return ring(session->peer);
}

/* ---- beginning and end ---- */

/*
 * By the rules of what he looks at he was let in, and need not leave it until they have been asked
 * for him again.
 */
static void keep_right(struct session *session, const struct display_view_state *left)
{
	static const enum authz_right rights[] = {
		[DISPLAY_NOTHING] = AUTHZ_NOTHING,
		[DISPLAY_LOOK] = AUTHZ_VIEW,
		[DISPLAY_TYPE] = AUTHZ_TYPE,
	};
	const struct display_console *console =
		display_find(session->peer->host->display, left->console);
	struct object *view_rule, *type_rule;

	if (!console)
		return;
	display_console_rules(console, &view_rule, &type_rule);
	if (view_rule || type_rule)
		visas_keep(&session->visas, view_rule, type_rule, rights[left->right]);
}

void session_return(struct session *session, const struct display_view_state *left)
{
	keep_right(session, left);
	display_view_go_on(session->peer->view, left);
}

/* [RFC 6143 7.3.2] */
static int send_server_init(struct session *session)
{
	struct peer *peer = session->peer;
	AUTO_STRBUF struct strbuf name = { 0 };
	uint8_t init[4 + PIXEL_FORMAT_SIZE + 4];
	int r;

	display_view_title(peer->view, &name);
	if (name.failed)
		return -ENOMEM;
	put_be16(put_be16(init, update_width_px(&session->updates)),
		update_height_px(&session->updates));
	pixel_format_write(&pixel_format_default, init + 4);
	put_be32(init + 4 + PIXEL_FORMAT_SIZE, (uint32_t)name.len);
	r = peer_send(peer, init, sizeof(init));
	return r < 0 ? r : peer_send(peer, name.data, name.len);
}

int session_go_on(struct session *session, struct peer *peer)
{
	AUTO_FREE char *where = peer_where(peer);
	const struct display_view_config config = { .name = peer->name,
		.identity = peer->who,
		.address = where,
		.read_only = !peer->may_type };
	int r;

	if (!where)
		return -ENOMEM;
	visas_init(&session->visas, peer->who, on_visa, session);
	r = display_view_new(peer->host->display, &config, &view_callbacks, session, &peer->view);
	if (r < 0)
		return r;
	session->peer = peer;
	update_start(&session->updates, peer);
	clipboard_start(&session->clipboard, peer);
	keyboard_start(&session->keyboard, peer, &session->clipboard);
	return 0;
}

int session_start(struct session *session, struct peer *peer)
{
	int r = session_go_on(session, peer);

	return r < 0 ? r : send_server_init(session);
}

void session_done(struct session *session)
{
	visas_done(&session->visas);
	if (!session->peer)
		return;
	display_view_free(session->peer->view);
	session->peer->view = NULL;
	update_done(&session->updates);
	clipboard_done(&session->clipboard);
}
