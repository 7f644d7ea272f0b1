/* SPDX-License-Identifier: MIT */
#include "qmp-rig.h"

#include "base/cleanup.h"
#include "control/json-stream.h"
#include "control/monitors.h"
#include "control/type.h"
#include "lib/classes.h"
#include "lib/env.h"
#include "opts/opts.h"
#include "prog/classes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CLASSES_MAX = 32, ROUNDS = 12 };

/* Those of the library, and the fake one. */
static const struct chardev_class *const *all_classes(void)
{
	static const struct chardev_class *classes[CLASSES_MAX];
	size_t n = 0;

	for (; charhub_classes[n]; n++)
		classes[n] = charhub_classes[n];
	classes[n] = &fake_chardev_class;
	return classes;
}

void qmp_rig_dispatch(struct qmp_rig *rig)
{
	for (int i = 0; i < ROUNDS; i++)
		loop_step(rig->loop, false);
}

/* The whole values that have come, one after the other. */
static json_t *next_message(struct qmp_rig *rig)
{
	struct json_stream stream = { 0 };
	struct strbuf *out = &rig->fake->out;
	AUTO_ERROR struct error *err = NULL;
	json_t *value;
	size_t n = json_stream_feed(&stream, out->data, out->len, &value, &err);

	assert_null(err);
	json_stream_reset(&stream);
	if (!value)
		return NULL;
	memmove(out->data, out->data + n, out->len - n + 1);
	out->len -= n;
	return value;
}

static void start_session(struct qmp_rig *rig)
{
	AUTO_OPTS struct opts *opts = opts_new();

	opts_set(opts, "chardev", "m");
	opts_set(opts, "mode", "control");
	assert_int_equal(monitors_add(rig->monitors, opts, NULL), 0);
	json_decref(next_message(rig));
	json_decref(qmp_rig_run(rig, "qmp_capabilities", NULL, &(const char *){ NULL }));
}

struct qmp_rig *qmp_rig_new(void)
{
	struct qmp_rig *rig = calloc(1, sizeof(*rig));
	const struct world_config config = {
		.loop = rig->loop = loop_new(),
		.name = "vm",
		.fdsets = &rig->fdsets,
		.activation = &rig->activation,
		.chardev_classes = all_classes(),
		.frontend_classes = frontend_classes,
		.object_classes = charhub_objects,
	};

	loop_fake_clock(rig->loop);
	strcpy(rig->dir, "/tmp/test-qmp-XXXXXX");
	assert_non_null(mkdtemp(rig->dir));
	assert_int_equal(world_new(&config, &rig->world, NULL), 0);
	rig->monitors = monitors_new(rig->world);
	rig->fake = fake_chardev_add(world_chardevs(rig->world), "m");
	start_session(rig);
	return rig;
}

void qmp_rig_free(struct qmp_rig *rig)
{
	monitors_free(rig->monitors);
	world_free(rig->world);
	fdsets_done(&rig->fdsets);
	loop_free(rig->loop);
	remove_folder(rig->dir);
	free(rig);
}

static char *expand(const struct qmp_rig *rig, const char *text)
{
	struct strbuf out = { 0 };

	for (; *text; text++) {
		bool dir = text[0] == '$' && text[1] == 'D';

		strbuf_puts(&out, dir ? rig->dir : (char[]){ *text, 0 });
		text += dir;
	}
	return strbuf_take(&out);
}

static json_t *parse(const struct qmp_rig *rig, const char *text)
{
	AUTO_FREE char *expanded = expand(rig, text);
	struct json_stream stream = { 0 };
	json_t *value;

	json_stream_feed(&stream, expanded, strlen(expanded), &value, NULL);
	json_stream_reset(&stream);
	assert_non_null(value);
	return value;
}

/* Events that come before the answer are put behind it. */
static json_t *wait_for_answer(struct qmp_rig *rig)
{
	for (int i = 0; i < 500; i++) {
		json_t *message = next_message(rig);
		AUTO_FREE char *text = NULL;

		if (message && !json_object_get(message, "event"))
			return message;
		if (message) {
			text = json_dumps(message, 0);
			strbuf_puts(&rig->fake->out, text);
			json_decref(message);
		}
		qmp_rig_dispatch(rig);
	}
	fail_msg("no answer");
	return NULL;
}

json_t *qmp_rig_run(
	struct qmp_rig *rig, const char *command, const char *args, const char **ret_class)
{
	static char class[64];
	AUTO_FREE char *expanded = args ? expand(rig, args) : NULL;
	AUTO_FREE char *request = NULL;
	AUTO_JSON json_t *answer = NULL;
	const json_t *error;

	assert_true(asprintf(&request, "{'execute': '%s', 'arguments': %s}", command,
			    args ? expanded : "{}") > 0);
	fake_chardev_type(rig->fake, request, strlen(request));
	answer = wait_for_answer(rig);
	error = json_object_get(answer, "error");
	snprintf(class, sizeof(class), "%s",
		error ? json_string_value(json_object_get(error, "class")) : "");
	*ret_class = class;
	return json_incref(
		error ? json_object_get(error, "desc") : json_object_get(answer, "return"));
}

/* "! text" is of class GenericError; "DeviceNotFound! text" says which. */
static void expect_failure(
	struct qmp_rig *rig, const struct qmp_step *step, const char *class, const json_t *result)
{
	const char *mark = strchr(step->outcome, '!');
	AUTO_FREE char *text = expand(rig, mark + 2);

	assert_string_equal(json_string_value(result), text);
	if (mark == step->outcome)
		assert_string_equal(class, "GenericError");
	else
		assert_memory_equal(class, step->outcome, (size_t)(mark - step->outcome));
}

static void expect_result(struct qmp_rig *rig, const struct qmp_step *step, const json_t *result)
{
	AUTO_JSON json_t *wanted = parse(rig, step->outcome);
	AUTO_FREE char *is = NULL;
	AUTO_FREE char *should_be = NULL;

	if (json_equal(result, wanted))
		return;
	is = json_dumps(result, JSON_ENCODE_ANY);
	should_be = json_dumps(wanted, JSON_ENCODE_ANY);
	fail_msg("%s %s: %s, not %s", step->command, step->args ? step->args : "", is, should_be);
}

void qmp_rig_steps(struct qmp_rig *rig, const struct qmp_step *steps)
{
	for (; steps->command; steps++) {
		const char *class;
		AUTO_JSON json_t *result = qmp_rig_run(rig, steps->command, steps->args, &class);

		if (*class && !strchr(steps->outcome, '!'))
			fail_msg("%s %s: %s", steps->command, steps->args ? steps->args : "",
				json_string_value(result));
		if (!*class && *steps->outcome == '!')
			fail_msg("%s %s: is done", steps->command, steps->args ? steps->args : "");
		if (*class)
			expect_failure(rig, steps, class, result);
		else
			expect_result(rig, steps, result);
	}
}

json_t *qmp_rig_event(struct qmp_rig *rig, const char *name)
{
	json_t *message, *data = NULL;

	qmp_rig_dispatch(rig);
	while (!data && (message = next_message(rig))) {
		if (!strcmp(json_string_value(json_object_get(message, "event")), name))
			data = json_incref(json_object_get(message, "data"));
		json_decref(message);
	}
	return data;
}
