/* SPDX-License-Identifier: MIT */
/*
 * A session's life:
 *
 *	opened		the greeting has been sent; the only command is qmp_capabilities
 *	negotiated	commands are run, one at a time; events are sent
 *	over		the peer is handed over once all has been sent
 *
 * To who does not read no event is sent: they wait in the ring that all listeners share, and what
 * falls out of that is told as a count.
 */
#include "control/qmp.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "control/event-table.h"
#include "control/json-stream.h"
#include "control/json-text.h"
#include "control/json-writer.h"
#include "control/qmp-request.h"
#include "control/monitor.h"
#include "control/version.h"
#include "control/world.h"

#include <errno.h>
#include <string.h>

enum { EVENTS_A_ROUND = 256 };

static const char negotiation[] = "qmp_capabilities";

/**
 * struct qmp - a session
 * @id:         of the request that runs; NULL: it had none
 * @listener:   exists while negotiated
 * @wanted:     array of the names of events that it wants; NULL: all
 * @hears_typing: CONSOLE_TYPED is among them
 * @take:       who gets the peer when all has been sent
 */
struct qmp {
	struct monitor base;
	bool pretty, hears_typing;
	struct json_stream stream;
	json_t *id;
	struct event_listener *listener;
	json_t *wanted;
	caller_take_fn *take;
	void *take_data;
};

static struct qmp *qmp_from(const struct monitor *monitor)
{
	return container_of(monitor, struct qmp, base);
}

/* ---- what is sent ---- */

/* @message: the session's from now on; NULL: memory ran out. */
static void send_message(struct qmp *qmp, json_t *message)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	if (message)
		json_write_line(&text, message, qmp->pretty);
	monitor_send(&qmp->base, text.failed ? NULL : text.data, text.len ? text.len : 1);
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
	return !qmp->wanted && !desc->by_name;
}

static void put_event(const struct qmp *qmp, const struct event *event, struct strbuf *out)
{
	const char *line = event_line(world_events(qmp->base.world), event);
	AUTO_JSON json_t *json = NULL;

	if (line && !qmp->pretty) {
		strbuf_append(out, line, event->line_len);
		return;
	}
	json = event_json(event);
	if (json)
		json_write_line(out, json, qmp->pretty);
	else
		out->failed = true;
}

static void put_lost(
	const struct qmp *qmp, uint64_t lost, const struct event *before, struct strbuf *out)
{
	AUTO_JSON json_t *data = json_pack("{s:I}", "count", (json_int_t)lost);
	const struct event event = {
		.desc = &event_events_lost, .when = before->when, .data = data
	};

	log_debug("monitor '%s': %llu events are lost", chardev_link_id(&qmp->base.link),
		(unsigned long long)lost);
	put_event(qmp, &event, out);
}

/* Return: there may be more of them. */
static bool put_events(const struct qmp *qmp, struct strbuf *out)
{
	for (size_t i = 0; i < EVENTS_A_ROUND; i++) {
		uint64_t lost;
		const struct event *event = event_take(qmp->listener, &lost);

		if (!event)
			return false;
		if (lost)
			put_lost(qmp, lost, event, out);
		if (is_wanted(qmp, event->desc))
			put_event(qmp, event, out);
	}
	return true;
}

/*
 * From where they lie to the client. The line in which that ends is kept whole, so that it is seen
 * whether the client reads on.
 */
static void send_lines(struct qmp *qmp)
{
	const char *lines;
	size_t len = event_lines(qmp->listener, &lines);
	size_t sent = len ? monitor_offer(&qmp->base, lines, len) : 0;

	if (sent < len)
		monitor_send(
			&qmp->base, lines + sent, 1 + event_lines_taken(qmp->listener, sent + 1));
	else if (len)
		event_lines_taken(qmp->listener, len);
}

/* All of a round at once. Who has not taken the last ones gets no more for now. */
static void send_events(struct qmp *qmp)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	bool more;

	if (!qmp->listener || qmp->base.out.len || qmp->take)
		return;
	if (!qmp->pretty && !qmp->wanted)
		send_lines(qmp);
	if (qmp->base.out.len)
		return;
	more = put_events(qmp, &text);
	if (text.len || text.failed)
		monitor_send(&qmp->base, text.failed ? NULL : text.data, text.len + text.failed);
	if (more)
		monitor_post(&qmp->base);
}

static void on_events(void *data)
{
	send_events(qmp_from(data));
}

/* ---- what a command may ask for ---- */

static void hear_typing(struct qmp *qmp, bool hear)
{
	if (qmp->hears_typing != hear)
		event_bus_hear_typing(world_events(qmp->base.world), hear);
	qmp->hears_typing = hear;
}

static int subscribe(void *data, const json_t *names)
{
	struct qmp *qmp = qmp_from(data);
	json_t *copy = names ? json_deep_copy(names) : NULL;

	if (names && !copy)
		return -ENOMEM;
	json_decref(qmp->wanted);
	qmp->wanted = copy;
	hear_typing(qmp, copy && is_wanted(qmp, &event_console_typed));
	return 0;
}

static int hand_over(void *data, caller_take_fn *fn, void *fn_data)
{
	struct qmp *qmp = qmp_from(data);

	if (!qmp->base.peer)
		return -ENOTSUP;
	qmp->take = fn;
	qmp->take_data = fn_data;
	return 0;
}

static int take_fd(void *data)
{
	struct qmp *qmp = qmp_from(data);

	return chardev_link_take_fd(&qmp->base.link);
}

static bool peer(void *data, struct chardev_peer *ret_peer)
{
	const struct qmp *qmp = qmp_from(data);

	return qmp->base.peer && chardev_peer(qmp->base.peer, ret_peer);
}

static const struct caller_ops caller_ops = {
	.take_fd = take_fd, .subscribe = subscribe, .peer = peer, .hand_over = hand_over
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
	qmp->listener = event_listen(world_events(qmp->base.world), on_events, &qmp->base);
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
	struct qmp *qmp = qmp_from(data);
	AUTO_JSON json_t *id = TAKE_PTR(qmp->id);

	if (error) {
		send_error(qmp, qmp->base.caller.error_class, error_message(error), id);
		drop_take(qmp);
	} else {
		send_result(qmp, result, id);
	}
	error_free(error);
	monitor_post(&qmp->base);
}

static void run_command(struct qmp *qmp, const struct qmp_request *request)
{
	const struct command *command = command_find(request->execute);
	AUTO_FREE char *text = NULL;

	if (command) {
		qmp->id = json_incref(request->id);
		caller_run(&qmp->base.caller, command, request->args, on_end);
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

static size_t read_request(struct monitor *monitor, const char *bytes, size_t len)
{
	AUTO_ERROR struct error *err = NULL;
	struct qmp *qmp = qmp_from(monitor);
	json_t *value;
	size_t done = json_stream_feed(&qmp->stream, bytes, len, &value, &err);

	if (err)
		send_why(qmp, err, NULL);
	if (value)
		handle_value(qmp, value);
	json_decref(value);
	return done;
}

/* ---- a session ---- */

static void forget(struct monitor *monitor)
{
	struct qmp *qmp = qmp_from(monitor);

	drop_take(qmp);
	hear_typing(qmp, false);
	event_unlisten(qmp->listener);
	qmp->listener = NULL;
	json_decref(qmp->wanted);
	json_decref(qmp->id);
	qmp->wanted = qmp->id = NULL;
	json_stream_reset(&qmp->stream);
}

static void greet_peer(struct monitor *monitor)
{
	struct qmp *qmp = qmp_from(monitor);

	if (monitor->server)
		qmp->pretty = qmp_from(monitor->server)->pretty;
	send_greeting(qmp);
}

static bool may_read(const struct monitor *monitor)
{
	return !qmp_from(monitor)->take;
}

static void give_away(struct qmp *qmp)
{
	struct monitor *monitor = &qmp->base;
	caller_take_fn *take = TAKE_PTR(qmp->take);
	struct chardev *peer = monitor_take_peer(monitor);

	take(qmp->take_data, peer, monitor->in + monitor->in_at, monitor->in_len - monitor->in_at);
	monitor_free(monitor);
}

static bool rest(struct monitor *monitor)
{
	struct qmp *qmp = qmp_from(monitor);

	if (qmp->take && !monitor->caller.call && !monitor->out.len) {
		give_away(qmp);
		return false;
	}
	send_events(qmp);
	return true;
}

static void say_last(struct monitor *monitor)
{
	send_events(qmp_from(monitor));
}

static const struct monitor_ops qmp_ops = {
	.size = sizeof(struct qmp),
	.flags = CHARDEV_LINK_TAKES_FDS,
	.caller = &caller_ops,
	.begin = greet_peer,
	.read = read_request,
	.may_read = may_read,
	.rest = rest,
	.last = say_last,
	.forget = forget,
};

int qmp_new(struct world *world, struct chardev *chardev, bool pretty, struct monitor **ret_monitor,
	struct error **err)
{
	int r = monitor_new(world, chardev, &qmp_ops, ret_monitor, err);

	if (r < 0)
		return r;
	qmp_from(*ret_monitor)->pretty = pretty;
	monitor_start(*ret_monitor);
	return 0;
}
