/* SPDX-License-Identifier: MIT */
/* The commands and events of QMP, as texts in JSON. */
#include "lib/command.h"

#include "base/cleanup.h"
#include "control/command.h"
#include "control/event-table.h"
#include "lib/context.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/** struct request - a command at work; it outlives the dispatch in which that ends */
struct request {
	struct charhub *charhub;
	struct list node;
	struct caller caller;
	void (*on_answer)(void *data, const char *json, const struct charhub_error *error);
	void *data;
	struct task reap;
};

static void free_request(void *data)
{
	struct request *request = data;

	caller_done(&request->caller);
	free(request);
}

static void on_end(void *data, json_t *result, struct error *error)
{
	struct request *request = data;
	AUTO_FREE char *text = error ? NULL : json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY);

	list_remove(&request->node);
	task_post(request->charhub->loop, &request->reap, free_request, request);
	if (!text && !error)
		error_set(&error, ENOMEM, "out of memory");
	if (request->on_answer)
		request->on_answer(request->data, text, error_shown(error));
	error_free(error);
}

static int read_arguments(const char *text, json_t **ret_arguments, struct error **err)
{
	json_error_t why;
	json_t *arguments;

	if (!text)
		return 0;
	arguments = json_loads(text, JSON_REJECT_DUPLICATES, &why);
	if (!arguments && json_error_code(&why) == json_error_out_of_memory)
		return error_set(err, ENOMEM, "out of memory");
	if (!arguments)
		return error_set(err, EINVAL, "the arguments are no JSON: %s", why.text);
	if (!json_is_object(arguments)) {
		json_decref(arguments);
		return error_set(err, EINVAL, "the arguments are no JSON object");
	}
	*ret_arguments = arguments;
	return 0;
}

static int run(struct charhub *charhub, const struct command *command, const json_t *arguments,
	const struct request *model, struct error **err)
{
	struct request *request = malloc(sizeof(*request));

	if (!request)
		return error_set(err, ENOMEM, "out of memory");
	*request = *model;
	list_append(&charhub->calls, &request->node);
	caller_init(&request->caller, charhub->estate.world, NULL, request, "the program");
	caller_run(&request->caller, command, arguments, on_end);
	return 0;
}

int charhub_command(struct charhub *charhub, const char *name, const char *arguments,
	void (*on_answer)(void *data, const char *json, const struct charhub_error *error),
	void *data, struct charhub_error **err)
{
	const struct request model = { .charhub = charhub, .on_answer = on_answer, .data = data };
	const struct command *command = command_find(name);
	json_t *args = NULL;
	int r;

	ENTER(charhub);
	if (!command)
		return error_set(error_out(err), ENOENT, "there is no command '%s'", name);
	r = read_arguments(arguments, &args, error_out(err));
	if (r == 0)
		r = run(charhub, command, args, &model, error_out(err));
	json_decref(args);
	return r;
}

void commands_cancel(struct charhub *charhub)
{
	while (!list_is_empty(&charhub->calls)) {
		struct request *request = container_of(charhub->calls.next, struct request, node);

		list_remove(&request->node);
		free_request(request);
	}
}

/* ---- events ---- */

static void tell_lost(const struct charhub_config *config, uint64_t lost)
{
	char json[64];

	snprintf(json, sizeof(json), "{\"count\":%" PRIu64 "}", lost);
	config->on_event(config->data, event_events_lost.name, json);
}

static void on_events(void *data)
{
	struct charhub *charhub = data;
	const struct charhub_config *config = &charhub->config;
	const struct event *event;
	uint64_t lost;

	while ((event = event_take(charhub->events, &lost))) {
		const struct event_desc *desc = event->desc;
		AUTO_FREE char *json = event->data ? json_dumps(event->data, JSON_COMPACT) : NULL;

		if (lost)
			tell_lost(config, lost);
		if (desc->by_name)
			continue;
		config->on_event(config->data, desc->name, json ? json : "{}");
	}
}

int events_start(struct charhub *charhub, struct error **err)
{
	if (!charhub->config.on_event)
		return 0;
	charhub->events = event_listen(world_events(charhub->estate.world), on_events, charhub);
	return charhub->events ? 0 : error_set(err, ENOMEM, "out of memory");
}
