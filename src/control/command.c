/* SPDX-License-Identifier: MIT */
#include "control/command.h"

#include "base/cleanup.h"
#include "control/event-table.h"
#include "control/fd-names.h"
#include "control/json-put.h"
#include "control/world.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct call - a command at work
 * @command:   which it is
 * @result:    of call_return(), until it ends
 * @on_cancel: of call_defer(); NULL: it has not been deferred
 */
struct call {
	struct caller *caller;
	const struct command *command;
	json_t *args, *result;
	void (*on_end)(void *data, json_t *result, struct error *error);
	void (*on_cancel)(void *data);
	void *data;
};

/* ---- the tables ---- */

const struct command *command_next(const struct command *after)
{
	const struct command *const *table = command_tables;

	if (after && after[1].name)
		return after + 1;
	for (; after && *table; table++) {
		const struct command *last = *table;

		while (last->name && last != after)
			last++;
		if (last == after && last->name) {
			table++;
			break;
		}
	}
	while (*table && !(*table)->name)
		table++;
	return *table;
}

const struct command *command_find(const char *name)
{
	for (const struct command *at = command_next(NULL); at; at = command_next(at))
		if (!strcmp(at->name, name))
			return at;
	return NULL;
}

/* ---- the caller ---- */

void caller_init(struct caller *caller, struct world *world, const struct caller_ops *ops,
	void *data, const char *who)
{
	static const struct caller_ops none = { 0 };

	*caller = (struct caller){
		.world = world, .ops = ops ? ops : &none, .data = data, .who = who
	};
}

static void call_free(struct call *call)
{
	call->caller->call = NULL;
	json_decref(call->args);
	json_decref(call->result);
	free(call);
}

void caller_done(struct caller *caller)
{
	struct call *call = caller->call;

	if (call) {
		if (call->on_cancel)
			call->on_cancel(call->data);
		call_free(call);
	}
	fd_names_free(caller->fds);
	caller->fds = NULL;
}

/* ---- who else is told ---- */

/* The first of these arguments that there is; NULL: none. */
static const char *find_name(const json_t *args, const char *const *keys)
{
	const char *name = NULL;

	while (*keys && !name)
		name = json_string_value(json_object_get(args, *keys++));
	return name;
}

/* Of the arguments only names: others may be secrets. */
void caller_tell(const struct caller *caller, const char *command, const json_t *args,
	const struct error *error)
{
	static const char *const hubs[] = { "hub", "console", NULL };
	static const char *const objects[] = { "id", "chardev", "device", "member", NULL };
	struct event_bus *events = world_events(caller->world);
	json_t *data;

	if (!event_bus_is_heard(events))
		return;
	data = json_object();
	json_put_text(&data, "hub", find_name(args, hubs));
	json_put_text(&data, "command", command);
	json_put_text(&data, "by", caller->who ? caller->who : "the program");
	json_put_text(&data, "object", find_name(args, objects));
	json_put_text(&data, "error", error ? error_message(error) : NULL);
	event_publish(events, &event_command, data);
}

/* Does it change nothing that anybody else could notice, or is told of otherwise? */
static bool only_looks(const struct command *command)
{
	static const char *const names[] = { "attach", "closefd", "console-history",
		"console-screen", "console-wait", "getfd", "human-monitor-command",
		"qom-list-types", "subscribe", "trace-event-get-state" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], command->name))
			return true;
	return !strncmp(command->name, "query-", strlen("query-"));
}

static void tell(const struct call *call, const struct error *error)
{
	if (!only_looks(call->command))
		caller_tell(call->caller, call->command->name, call->args, error);
}

/* The call is gone when its caller hears of it, and may run the next one. */
static void end(struct call *call, struct error *error)
{
	struct caller *caller = call->caller;
	void (*on_end)(void *data, json_t *result, struct error *error) = call->on_end;
	AUTO_JSON json_t *result = TAKE_PTR(call->result);

	tell(call, error);
	call_free(call);
	if (!error && !result)
		result = json_object();
	if (!error && !result)
		error_set(&error, ENOMEM, "out of memory");
	on_end(caller->data, error ? NULL : result, error);
}

static int run(struct call *call, const struct command *command, struct error **err)
{
	int r;

	if (!call->args)
		return error_set(err, ENOMEM, "out of memory");
	r = type_check_fields(command->args, call->args, NULL, err);
	return r < 0 ? r : command->run(call, err);
}

void caller_run(struct caller *caller, const struct command *command, const json_t *args,
	void (*on_end)(void *data, json_t *result, struct error *error))
{
	struct call *call = calloc(1, sizeof(*call));
	struct error *error = NULL;

	assert(!caller->call);
	caller->error_class = "GenericError";
	if (!call) {
		error_set(&error, ENOMEM, "out of memory");
		on_end(caller->data, NULL, error);
		return;
	}
	caller->call = call;
	call->caller = caller;
	call->command = command;
	call->args = args ? json_incref((json_t *)(uintptr_t)args) : json_object();
	call->on_end = on_end;
	if (run(call, command, &error) != CALL_LATER)
		end(call, error);
}

/* ---- for commands ---- */

struct world *call_world(const struct call *call)
{
	return call->caller->world;
}

struct caller *call_caller(const struct call *call)
{
	return call->caller;
}

const json_t *call_args(const struct call *call)
{
	return call->args;
}

const char *call_string(const struct call *call, const char *name)
{
	return json_string_value(json_object_get(call->args, name));
}

int64_t call_int(const struct call *call, const char *name, int64_t preset)
{
	const json_t *value = json_object_get(call->args, name);

	return value ? json_integer_value(value) : preset;
}

bool call_bool(const struct call *call, const char *name, bool preset)
{
	const json_t *value = json_object_get(call->args, name);

	return value ? json_is_true(value) : preset;
}

void call_fails_as(struct call *call, const char *error_class)
{
	call->caller->error_class = error_class;
}

int call_return(struct call *call, json_t *result, struct error **err)
{
	json_decref(call->result);
	call->result = result;
	return result ? 0 : error_set(err, ENOMEM, "out of memory");
}

int call_defer(struct call *call, void (*on_cancel)(void *data), void *data)
{
	call->on_cancel = on_cancel;
	call->data = data;
	return CALL_LATER;
}

void call_end(struct call *call, json_t *result, struct error *error)
{
	json_decref(call->result);
	call->result = result;
	end(call, error);
}
