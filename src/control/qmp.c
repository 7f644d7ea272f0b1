/* SPDX-License-Identifier: MIT */
/*
 * A session's life:
 *
 *	opened		the greeting has been sent; the only command is qmp_capabilities
 *	negotiated	commands are run, one at a time; events are sent
 *	over		the peer is handed over, or sent away, once all has been sent
 *
 * Bytes are taken while nothing runs, at most IN_BYTES ahead; requests are run in a task, so that
 * a command may remove whatever it likes: also the chardev it came from.
 *
 * Who sends and does not read: QMP_OUT_MAX bytes wait, then no request of his is read, and events
 * wait in the ring that all listeners share. What falls out of that is told as a count. A session
 * that has not read a byte in QMP_STALL_MS is closed.
 *
 * When the chardev is closed but not gone (half of a socket), what was asked before is answered,
 * and then the session ends. What is told once it has gone is for the next one.
 */
#include "control/qmp.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/log.h"
#include "control/command.h"
#include "control/event-table.h"
#include "control/json-stream.h"
#include "control/json-text.h"
#include "control/json-writer.h"
#include "control/qmp-request.h"
#include "control/version.h"
#include "control/world.h"
#include "io/byte-queue.h"

#include <errno.h>
#include <string.h>

enum { IN_BYTES = 4096, REQUESTS_A_ROUND = 16, EVENTS_A_ROUND = 64 };

static const char negotiation[] = "qmp_capabilities";

/**
 * struct qmp - a session, or what holds a server with several clients
 * @is_client:  of a server with several: the session goes with its peer
 * @peer:       chardev of the client, which it owns
 * @peers:      of a server: the clients' sessions
 * @in:         bytes from @in_at on have not been read yet
 * @id:         of the request that runs; NULL: it had none
 * @listener:   exists while negotiated
 * @wanted:     array of the names of events that it wants; NULL: all
 * @take:       who gets the peer when all has been sent
 * @running:    inside of a command: what ends the session waits until it returns
 * @ended:      the peer sends no more
 * @leaving:    it has been sent away
 * @gone:       it takes nothing either
 */
struct qmp {
	struct world *world;
	struct chardev_link link;
	bool pretty, is_client;
	struct chardev *peer;
	struct list peers, node;

	char in[IN_BYTES];
	size_t in_at, in_len;
	struct json_stream stream;
	struct byte_queue out;
	struct timer *stall;
	struct task work;

	struct caller caller;
	char *who;
	json_t *id;
	struct event_listener *listener;
	json_t *wanted;
	caller_take_fn *take;
	void *take_data;
	bool running, ended, leaving, gone;
};

static void work(void *data);

static void post_work(struct qmp *qmp)
{
	task_post(world_loop(qmp->world), &qmp->work, work, qmp);
}

/* ---- what is sent ---- */

static void pump(struct qmp *qmp)
{
	ssize_t n;

	if (!qmp->out.len)
		return;
	n = chardev_link_out(&qmp->link, byte_queue_data(&qmp->out), qmp->out.len);
	if (n < 0)
		byte_queue_clear(&qmp->out);
	else
		byte_queue_pop(&qmp->out, (size_t)n);
	if (!qmp->out.len)
		timer_stop(qmp->stall);
	else if (n || !timer_is_running(qmp->stall))
		timer_start(qmp->stall, QMP_STALL_MS);
}

static void send_bytes(struct qmp *qmp, const char *bytes, size_t len)
{
	if (qmp->gone)
		return;
	if (byte_queue_push(&qmp->out, bytes, len) < 0) {
		log_error("monitor '%s': out of memory: an answer is lost",
			chardev_link_id(&qmp->link));
		return;
	}
	pump(qmp);
}

/* @message: the session's from now on; NULL: memory ran out. */
static void send_message(struct qmp *qmp, json_t *message)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	if (message)
		json_write_line(&text, message, qmp->pretty);
	if (message && !text.failed)
		send_bytes(qmp, text.data, text.len);
	else
		log_error("monitor '%s': out of memory: an answer is lost",
			chardev_link_id(&qmp->link));
	json_decref(message);
}

static void send_greeting(struct qmp *qmp)
{
	send_message(
		qmp, json_pack("{s:{s:o,s:[]}}", "QMP", "version", version_json(), "capabilities"));
}

static void send_result(struct qmp *qmp, json_t *result, json_t *id)
{
	send_message(qmp, json_pack("{s:O,s:O*}", "return", result, "id", id));
}

static void send_error(struct qmp *qmp, const char *error_class, const char *text, json_t *id)
{
	send_message(qmp, json_pack("{s:O*,s:{s:s,s:o}}", "id", id, "error", "class", error_class,
				  "desc", json_of_bytes(text, strlen(text))));
}

static void send_why(struct qmp *qmp, const struct error *error, json_t *id)
{
	send_error(qmp, "GenericError", error_message(error), id);
}

/* ---- events ---- */

static bool is_wanted(const struct qmp *qmp, const struct event_desc *desc)
{
	for (size_t i = 0; i < json_array_size(qmp->wanted); i++)
		if (!strcmp(json_string_value(json_array_get(qmp->wanted, i)), desc->name))
			return true;
	return !qmp->wanted;
}

static void send_event(
	struct qmp *qmp, const struct event_desc *desc, struct timeval when, json_t *data)
{
	send_message(qmp, json_pack("{s:{s:I,s:I},s:s,s:O*}", "timestamp", "seconds",
				  (json_int_t)when.tv_sec, "microseconds", (json_int_t)when.tv_usec,
				  "event", desc->name, "data", data));
}

static void send_lost(struct qmp *qmp, uint64_t lost, struct timeval when)
{
	AUTO_JSON json_t *data = json_pack("{s:I}", "count", (json_int_t)lost);

	log_debug("monitor '%s': %llu events are lost", chardev_link_id(&qmp->link),
		(unsigned long long)lost);
	send_event(qmp, &event_events_lost, when, data);
}

/* Who has not taken the last ones gets no more for now. */
static void send_events(struct qmp *qmp)
{
	for (size_t i = 0; qmp->listener && !qmp->out.len && !qmp->take; i++) {
		const struct event *event;
		uint64_t lost;

		if (i == EVENTS_A_ROUND) {
			post_work(qmp);
			break;
		}
		event = event_take(qmp->listener, &lost);
		if (!event)
			break;
		if (lost)
			send_lost(qmp, lost, event->when);
		if (is_wanted(qmp, event->desc))
			send_event(qmp, event->desc, event->when, event->data);
	}
}

static void on_events(void *data)
{
	send_events(data);
}

/* ---- what a command may ask for ---- */

static int subscribe(void *data, const json_t *names)
{
	struct qmp *qmp = data;
	json_t *copy = names ? json_deep_copy(names) : NULL;

	if (names && !copy)
		return -ENOMEM;
	json_decref(qmp->wanted);
	qmp->wanted = copy;
	return 0;
}

static int hand_over(void *data, caller_take_fn *fn, void *fn_data)
{
	struct qmp *qmp = data;

	if (!qmp->peer)
		return -ENOTSUP;
	qmp->take = fn;
	qmp->take_data = fn_data;
	return 0;
}

static int take_fd(void *data)
{
	struct qmp *qmp = data;

	return chardev_link_take_fd(&qmp->link);
}

static const struct caller_ops caller_ops = {
	.take_fd = take_fd, .subscribe = subscribe, .hand_over = hand_over
};

/* ---- requests ---- */

static const struct type capability = {
	.kind = TYPE_ENUM, .name = "QMPCapability", .values = "oob"
};
static const struct type capabilities = {
	.kind = TYPE_LIST, .name = "QMPCapabilityList", .element = &capability
};
static const struct field negotiation_args[] = {
	{ "enable", &capabilities, .optional = true, .help = "capabilities to switch on" },
	{ 0 },
};

static int negotiate(struct qmp *qmp, const json_t *args, struct error **err)
{
	int r = args ? type_check_fields(negotiation_args, args, NULL, err) : 0;

	if (r < 0)
		return r;
	if (json_array_size(json_object_get(args, "enable")))
		return error_set(err, EINVAL, "Capability oob not available");
	qmp->listener = event_listen(world_events(qmp->world), on_events, qmp);
	return qmp->listener ? 0 : error_set(err, ENOMEM, "out of memory");
}

static void begin(struct qmp *qmp, const struct qmp_request *request)
{
	AUTO_ERROR struct error *err = NULL;
	AUTO_JSON json_t *nothing = json_object();

	if (strcmp(request->execute, negotiation) != 0)
		send_error(qmp, "CommandNotFound",
			"Expecting capabilities negotiation with 'qmp_capabilities'", request->id);
	else if (negotiate(qmp, request->args, &err) < 0)
		send_why(qmp, err, request->id);
	else
		send_result(qmp, nothing, request->id);
}

/* Nothing has come of it: the session goes on. */
static void drop_take(struct qmp *qmp)
{
	caller_take_fn *take = qmp->take;

	qmp->take = NULL;
	if (take)
		take(qmp->take_data, NULL, NULL, 0);
}

static void on_end(void *data, json_t *result, struct error *error)
{
	struct qmp *qmp = data;
	AUTO_JSON json_t *id = TAKE_PTR(qmp->id);

	if (error) {
		send_error(qmp, qmp->caller.error_class, error_message(error), id);
		drop_take(qmp);
	} else {
		send_result(qmp, result, id);
	}
	error_free(error);
	post_work(qmp);
}

static void run_command(struct qmp *qmp, const struct qmp_request *request)
{
	const struct command *command = command_find(request->execute);
	AUTO_FREE char *text = NULL;

	if (command) {
		qmp->id = json_incref(request->id);
		caller_run(&qmp->caller, command, request->args, on_end);
		return;
	}
	if (!strcmp(request->execute, negotiation))
		text = strdup("Capabilities negotiation is already complete, command ignored");
	else if (asprintf(&text, "The command %s has not been found", request->execute) < 0)
		text = NULL;
	send_error(qmp, "CommandNotFound", text ? text : "not found", request->id);
}

static void handle_value(struct qmp *qmp, const json_t *value)
{
	AUTO_ERROR struct error *err = NULL;
	struct qmp_request request;

	if (qmp_request_read(value, &request, &err) < 0)
		send_why(qmp, err, request.id);
	else if (!qmp->listener)
		begin(qmp, &request);
	else
		run_command(qmp, &request);
}

static void read_request(struct qmp *qmp)
{
	AUTO_ERROR struct error *err = NULL;
	json_t *value;

	qmp->in_at += json_stream_feed(
		&qmp->stream, qmp->in + qmp->in_at, qmp->in_len - qmp->in_at, &value, &err);
	if (err)
		send_why(qmp, err, NULL);
	if (value)
		handle_value(qmp, value);
	json_decref(value);
}

/* ---- the end of a session ---- */

/* Back to before the first byte. */
static void forget_session(struct qmp *qmp)
{
	caller_done(&qmp->caller);
	drop_take(qmp);
	event_unlisten(qmp->listener);
	qmp->listener = NULL;
	json_decref(qmp->wanted);
	json_decref(qmp->id);
	qmp->wanted = qmp->id = NULL;
	json_stream_reset(&qmp->stream);
	byte_queue_clear(&qmp->out);
	timer_stop(qmp->stall);
	qmp->in_at = qmp->in_len = 0;
}

static void free_one(struct qmp *qmp)
{
	forget_session(qmp);
	task_cancel(&qmp->work);
	timer_free(qmp->stall);
	chardev_link_detach(&qmp->link);
	chardev_free(qmp->peer);
	list_remove(&qmp->node);
	free(qmp->who);
	free(qmp);
}

static void send_away(struct qmp *qmp)
{
	if (!qmp->leaving)
		qmp->leaving = chardev_link_disconnect(&qmp->link, NULL) == 0;
}

static void on_stall(void *data)
{
	struct qmp *qmp = data;

	log_warning("monitor '%s': does not read its answers, and is closed",
		chardev_link_id(&qmp->link));
	send_away(qmp);
}

static void give_away(struct qmp *qmp)
{
	caller_take_fn *take = TAKE_PTR(qmp->take);
	struct chardev *peer = TAKE_PTR(qmp->peer);

	chardev_link_detach(&qmp->link);
	take(qmp->take_data, peer, qmp->in + qmp->in_at, qmp->in_len - qmp->in_at);
	free_one(qmp);
}

/* ---- the work ---- */

static bool may_run(const struct qmp *qmp)
{
	return qmp->in_at < qmp->in_len && !qmp->caller.call && !qmp->take &&
	       qmp->out.len < QMP_OUT_MAX && !qmp->gone;
}

static void run_requests(struct qmp *qmp)
{
	qmp->running = true;
	for (size_t i = 0; i < REQUESTS_A_ROUND && may_run(qmp); i++)
		read_request(qmp);
	qmp->running = false;
}

static void end_session(struct qmp *qmp)
{
	if (qmp->is_client)
		free_one(qmp);
	else
		forget_session(qmp);
}

static void work(void *data)
{
	struct qmp *qmp = data;

	if (!qmp->gone)
		run_requests(qmp);
	if (qmp->gone) {
		end_session(qmp);
		return;
	}
	if (qmp->take && !qmp->caller.call && !qmp->out.len) {
		give_away(qmp);
		return;
	}
	if (may_run(qmp))
		post_work(qmp);
	else if (qmp->ended && !qmp->caller.call && !qmp->out.len && qmp->in_at == qmp->in_len)
		send_away(qmp);
	send_events(qmp);
	if (qmp->in_at == qmp->in_len && !qmp->caller.call)
		chardev_link_in_resume(&qmp->link);
}

/* ---- what the chardev tells ---- */

static size_t in_room(void *holder)
{
	const struct qmp *qmp = holder;
	bool idle = qmp->in_at == qmp->in_len && !qmp->caller.call && !qmp->take;

	return idle && qmp->out.len < QMP_OUT_MAX ? IN_BYTES : 0;
}

static void on_in(void *holder, const void *buf, size_t len)
{
	struct qmp *qmp = holder;

	memcpy(qmp->in, buf, len);
	qmp->in_at = 0;
	qmp->in_len = len;
	post_work(qmp);
}

static void on_room(void *holder)
{
	struct qmp *qmp = holder;

	pump(qmp);
	post_work(qmp);
}

/* Who it is, for logs and events; the peer's identity holds only while it is there. */
static void learn_who(struct qmp *qmp)
{
	const char *identity = qmp->peer ? chardev_identity(qmp->peer) : NULL;
	char *who;

	if (asprintf(&who, "%s%s", identity ? "" : "monitor ",
		    identity ? identity : chardev_link_id(&qmp->link)) < 0)
		return;
	free(qmp->who);
	qmp->who = who;
	qmp->caller.who = who;
}

static void greet(struct qmp *qmp)
{
	qmp->ended = qmp->leaving = qmp->gone = false;
	learn_who(qmp);
	send_greeting(qmp);
}

static void hang_up(struct qmp *qmp)
{
	qmp->ended = qmp->gone = true;
	if (qmp->running || qmp->is_client)
		post_work(qmp);
	else
		forget_session(qmp);
}

static void on_event(void *holder, const struct chardev_event *event)
{
	struct qmp *qmp = holder;

	switch (event->type) {
	case CHARDEV_OPENED:
		forget_session(qmp);
		greet(qmp);
		break;
	case CHARDEV_CLOSED:
		qmp->ended = true;
		post_work(qmp);
		break;
	case CHARDEV_HANGUP: hang_up(qmp); break;
	default: break;
	}
}

static void on_removed(void *holder)
{
	struct qmp *qmp = holder;

	qmp->peer = NULL;
	hang_up(qmp);
}

static int on_peer(void *holder, struct chardev *peer, struct error **err);

static const struct chardev_holder_ops holder_ops = {
	.in_room = in_room,
	.on_in = on_in,
	.on_room = on_room,
	.on_event = on_event,
	.on_removed = on_removed,
	.on_peer = on_peer,
};

/* ---- making one ---- */

static int new_session(struct world *world, struct chardev *chardev, bool pretty,
	struct qmp **ret_qmp, struct error **err)
{
	struct qmp *qmp = calloc(1, sizeof(*qmp));
	int r;

	if (!qmp)
		return error_set(err, ENOMEM, "out of memory");
	qmp->world = world;
	qmp->pretty = pretty;
	list_init(&qmp->peers);
	list_init(&qmp->node);
	caller_init(&qmp->caller, world, &caller_ops, qmp, "monitor");
	qmp->stall = timer_new(world_loop(world), on_stall, qmp);
	if (qmp->stall)
		r = chardev_link_attach(
			&qmp->link, chardev, CHARDEV_LINK_TAKES_FDS, &holder_ops, qmp, err);
	else
		r = error_set(err, ENOMEM, "out of memory");
	if (r < 0) {
		free_one(qmp);
		return r;
	}
	*ret_qmp = qmp;
	return 0;
}

static int on_peer(void *holder, struct chardev *peer, struct error **err)
{
	struct qmp *server = holder, *qmp = NULL;
	int r = new_session(server->world, peer, server->pretty, &qmp, err);

	if (r < 0)
		return r;
	qmp->is_client = true;
	qmp->peer = peer;
	list_append(&server->peers, &qmp->node);
	greet(qmp);
	return 0;
}

int qmp_new(struct world *world, struct chardev *chardev, bool pretty, struct qmp **ret_qmp,
	struct error **err)
{
	int r = new_session(world, chardev, pretty, ret_qmp, err);

	if (r == 0 && chardev_link_is_open(&(*ret_qmp)->link))
		greet(*ret_qmp);
	return r;
}

void qmp_free(struct qmp *qmp)
{
	if (!qmp)
		return;
	while (!list_is_empty(&qmp->peers)) {
		struct qmp *session = container_of(qmp->peers.next, struct qmp, node);

		send_events(session);
		free_one(session);
	}
	send_events(qmp);
	free_one(qmp);
}
