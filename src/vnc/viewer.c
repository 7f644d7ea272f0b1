/* SPDX-License-Identifier: MIT */
/*
 * The life of a connection: who calls what when bytes come, when there is room for bytes, when the
 * picture changes, when time is up. All of it is bounded:
 *
 *	memory	one message of input, at most CLIPBOARD_MAX; output as update.c says, plus answers,
 *		and a viewer with more than PEER_WAITING_MAX of it is not listened to
 *	time	one read in a dispatch, one costly message in a dispatch, a login in LOGIN_MS
 *
 * Handlers of messages only return errors: whoever was called by the loop frees the viewer, so that
 * nobody works with one that is gone.
 */
/* syscalls: close */
#include "vnc/viewer.h"

#include "base/log.h"
#include "vnc/message-in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOGIN_MS = 30000, LEAVE_MS = 2000 };

static bool is_running(const struct vnc_viewer *viewer)
{
	return viewer->handshake.phase == HANDSHAKE_DONE;
}

static bool is_waiting(const struct vnc_viewer *viewer)
{
	return viewer->handshake.phase == HANDSHAKE_WAITING;
}

static bool is_asking(const struct vnc_viewer *viewer)
{
	return viewer->handshake.phase == HANDSHAKE_ASKING;
}

static bool is_securing(const struct vnc_viewer *viewer)
{
	return viewer->handshake.phase == HANDSHAKE_SECURING;
}

static bool is_leaving(const struct vnc_viewer *viewer)
{
	return viewer->handshake.phase == HANDSHAKE_REFUSED;
}

/* ---- input ---- */

/* Of a viewer that is too fast, or has to wait, what it says stays in the kernel. */
static void listen_or_not(struct vnc_viewer *viewer)
{
	struct peer *peer = &viewer->peer;

	stream_set_reading(&peer->stream, !peer->yield && !is_waiting(viewer) &&
						  !is_asking(viewer) && !is_securing(viewer) &&
						  peer_waiting(peer) <= PEER_WAITING_MAX);
}

/* Logged in. */
static int enter(struct vnc_viewer *viewer)
{
	struct vnc_host *host = viewer->peer.host;
	int r = host->ops->admit(host, viewer, viewer->handshake.shares);

	if (r < 0)
		return r;
	timer_stop(viewer->peer.timer);
	r = session_start(&viewer->session, &viewer->peer);
	if (r < 0)
		return r;
	log_info("vnc: %s: logged in%s", viewer->peer.name,
		viewer->peer.may_type ? "" : ", to look only");
	host->ops->tell(host, VNC_INITIALIZED, viewer);
	return 0;
}

static ssize_t login_in(struct vnc_viewer *viewer, const uint8_t *bytes, size_t len)
{
	ssize_t n = handshake_in(&viewer->handshake, bytes, len);
	int r = 0;

	if (n > 0 && is_running(viewer))
		r = enter(viewer);
	if (n > 0 && is_waiting(viewer))
		timer_start(viewer->peer.timer, viewer->handshake.wait_ms);
	listen_or_not(viewer);
	if (n > 0 && is_leaving(viewer))
		timer_start(viewer->peer.timer, LEAVE_MS);
	return r < 0 ? r : n;
}

/* Messages that are there, until one was costly or too much waits. Return: 0; -errno: close. */
static int digest(struct vnc_viewer *viewer)
{
	struct byte_queue *in = &viewer->in;

	viewer->peer.yield = false;
	while (in->len && !viewer->peer.yield && peer_waiting(&viewer->peer) <= PEER_WAITING_MAX) {
		const uint8_t *bytes = (const uint8_t *)byte_queue_data(in);
		ssize_t n = is_running(viewer) ? message_in(&viewer->session, bytes, in->len)
					       : login_in(viewer, bytes, in->len);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		if (is_leaving(viewer))
			byte_queue_clear(in);
		else
			byte_queue_pop(in, (size_t)n);
	}
	if (viewer->peer.yield)
		peer_post(&viewer->peer);
	return 0;
}

static int read_some(struct vnc_viewer *viewer)
{
	uint8_t buf[STREAM_READ_MAX];
	bool was_ready = stream_is_ready(&viewer->peer.stream);
	ssize_t n = stream_read(&viewer->peer.stream, buf);

	if (n < 0)
		return (int)n;
	if (!was_ready)
		peer_post(&viewer->peer);
	viewer->peer.has_spoken |= n > 0;
	if (n == 0 || is_leaving(viewer))
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
	case EACCES: return "refused: the rules let nobody of that name in";
	case ECONNABORTED: return "sent away by an operator";
	case EBUSY: return "refused: too many viewers, or one that wants to be alone";
	case ETIMEDOUT: return "did not log in in time; closed";
	default: return strerror(-r);
	}
}

/* Who was refused has a line in the log already. */
static void end(struct vnc_viewer *viewer, int r)
{
	struct vnc_host *host = viewer->peer.host;

	if (is_leaving(viewer) || r == -EACCES)
		host->ops->tell(host, VNC_REFUSED, viewer);
	if (!is_leaving(viewer))
		log_info("vnc: %s: %s%s", viewer->peer.name,
			vnc_viewer_is_logged_in(viewer) ? "logged out: " : "", describe_end(r));
	stream_say_goodbye(&viewer->peer.stream);
	viewer_free(viewer);
}

/* Begin when all that was said before has gone, go on when it is encrypted. */
static int secure(struct vnc_viewer *viewer)
{
	struct stream *stream = &viewer->peer.stream;
	int r;

	if (!stream_is_encrypted(stream))
		return stream_waiting(stream)
			       ? 0
			       : stream_encrypt(stream, tls_creds_context(viewer->peer.host->tls));
	if (!stream_is_ready(stream))
		return 0;
	r = handshake_secured(&viewer->handshake);
	if (is_leaving(viewer))
		timer_start(viewer->peer.timer, LEAVE_MS);
	return r;
}

/* Answers first: an update starts only when all else has gone. Return: 0; -errno: close. */
static int work(struct vnc_viewer *viewer)
{
	int r = digest(viewer);

	if (r == 0 && is_running(viewer))
		r = session_run(&viewer->session);
	if (r == 0)
		r = peer_flush(&viewer->peer);
	if (r == 0 && is_securing(viewer))
		r = secure(viewer);
	if (r == 0 && is_running(viewer))
		r = update_run(&viewer->session.updates);
	if (r == 0)
		r = peer_flush(&viewer->peer);
	listen_or_not(viewer);
	return r;
}

static void on_work(void *data)
{
	struct vnc_viewer *viewer = data;
	int r = work(viewer);

	if (r < 0)
		end(viewer, r);
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
		r = peer_flush(&viewer->peer);
	if (r < 0) {
		end(viewer, r);
		return;
	}
	if ((events & WATCH_WRITE) || viewer->in.len)
		peer_post(&viewer->peer);
}

/* Others were asked, and have answered. */
static void on_moved(void *data, int r)
{
	struct vnc_viewer *viewer = data;

	if (r < 0) {
		end(viewer, r);
		return;
	}
	if (is_leaving(viewer))
		timer_start(viewer->peer.timer, LEAVE_MS);
	peer_post(&viewer->peer);
}

/* The password is looked at now. */
static int resume(struct vnc_viewer *viewer)
{
	int r = handshake_resume(&viewer->handshake);

	timer_start(viewer->peer.timer, is_leaving(viewer) ? LEAVE_MS : LOGIN_MS);
	peer_post(&viewer->peer);
	return r;
}

static void on_timer(void *data)
{
	struct vnc_viewer *viewer = data;
	int r = 0;

	if (is_running(viewer))
		peer_post(&viewer->peer);
	else if (is_waiting(viewer))
		r = resume(viewer);
	else
		r = is_leaving(viewer) ? -EPIPE : -ETIMEDOUT;
	if (r < 0)
		end(viewer, r);
}

/* ---- beginning and end ---- */

void viewer_drop(struct vnc_viewer *viewer)
{
	struct peer *peer = &viewer->peer;

	task_cancel(&peer->work);
	timer_free(peer->timer);
	handshake_done(&viewer->handshake);
	session_done(&viewer->session);
	stream_done(&peer->stream);
	byte_queue_clear(&viewer->in);
	byte_queue_clear(&peer->held);
	free(peer->name);
	free(viewer);
}

/* Without a stream. NULL: memory ran out. */
static struct vnc_viewer *make(struct vnc_host *host, int fd, const char *name)
{
	struct vnc_viewer *viewer = calloc(1, sizeof(*viewer));
	struct peer *peer;

	if (!viewer)
		return NULL;
	peer = &viewer->peer;
	*peer = (struct peer){ .host = host, .may_type = true, .on_work = on_work, .data = viewer };
	peer->address = door_address_of(fd);
	list_init(&viewer->node);
	peer->name = strdup(name);
	peer->timer = timer_new(host->loop, on_timer, viewer);
	if (peer->name && peer->timer)
		return viewer;
	viewer_drop(viewer);
	return NULL;
}

int viewer_new(struct vnc_host *host, int fd, bool websocket, const char *name,
	struct vnc_viewer **ret_viewer)
{
	struct vnc_viewer *viewer = make(host, fd, name);
	const struct stream_filter filter = {
		.tls = websocket && host->tls ? tls_creds_context(host->tls) : NULL,
		.websocket = websocket,
		.origin = host->config.websocket_origin,
	};
	int r;

	if (!viewer) {
		close(fd);
		return -ENOMEM;
	}
	r = stream_init(&viewer->peer.stream, host->loop, fd, &filter, on_stream, viewer);
	if (r == 0)
		r = handshake_start(&viewer->handshake, &viewer->peer, on_moved, viewer);
	if (r < 0) {
		viewer_drop(viewer);
		return r;
	}
	timer_start(viewer->peer.timer, LOGIN_MS);
	*ret_viewer = viewer;
	return 0;
}

static int enter_again(
	struct vnc_viewer *viewer, int fd, const char *who, struct snapshot_groups websocket)
{
	struct peer *peer = &viewer->peer;
	int r = stream_load(&peer->stream, peer->host->loop, fd, websocket, on_stream, viewer);

	viewer->handshake.phase = HANDSHAKE_DONE;
	peer->has_spoken = true;
	snprintf(peer->who, sizeof(peer->who), "%s", who);
	return r < 0 ? r : session_go_on(&viewer->session, peer);
}

int viewer_go_on(struct vnc_host *host, int fd, const struct viewer_identity *identity,
	struct snapshot_groups websocket, struct vnc_viewer **ret_viewer)
{
	struct vnc_viewer *viewer = make(host, fd, identity->name);
	int r;

	if (!viewer) {
		close(fd);
		return -ENOMEM;
	}
	viewer->peer.may_type = identity->may_type;
	r = enter_again(viewer, fd, identity->who, websocket);
	if (r < 0) {
		viewer_drop(viewer);
		return r;
	}
	peer_post(&viewer->peer);
	*ret_viewer = viewer;
	return 0;
}

void viewer_say_goodbye(struct vnc_viewer *viewer)
{
	stream_say_goodbye(&viewer->peer.stream);
}

void viewer_free(struct vnc_viewer *viewer)
{
	struct vnc_host *host = viewer->peer.host;

	host->ops->forget(host, viewer);
	viewer_drop(viewer);
}

const char *vnc_viewer_name(const struct vnc_viewer *viewer)
{
	return viewer->peer.name;
}

char *vnc_viewer_where(const struct vnc_viewer *viewer)
{
	return peer_where(&viewer->peer);
}

const struct vnc_viewer *vnc_viewer_successor(const struct vnc_viewer *viewer)
{
	return viewer->successor;
}

const char *vnc_viewer_identity(const struct vnc_viewer *viewer)
{
	return viewer->peer.who[0] ? viewer->peer.who : NULL;
}

bool vnc_viewer_is_logged_in(const struct vnc_viewer *viewer)
{
	return viewer->peer.view;
}

bool vnc_viewer_is_websocket(const struct vnc_viewer *viewer)
{
	return stream_is_websocket(&viewer->peer.stream);
}

unsigned vnc_viewer_console(const struct vnc_viewer *viewer)
{
	const struct display_view *view = viewer->peer.view;

	return view ? display_console_number(display_view_console(view)) : 0;
}
