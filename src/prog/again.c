/* SPDX-License-Identifier: MIT */
#include "prog/again.h"

#include "base/log.h"
#include "config/globs.h"
#include "config/reload.h"
#include "control/world.h"
#include "io/budget.h"
#include "opts/opts.h"
#include "prog/cmdline.h"
#include "prog/consoles.h"
#include "prog/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct again
 * @setup: what is there now; @next: what is being read
 * @only:  of the consoles of that name, which has a star; NULL: all; @next_only: those that follow
 * @taken: what was read has taken the place of what there was
 * @on_reload: see again_new()
 */
struct again {
	struct loop *loop;
	struct world *world;
	struct setup *setup, next;
	struct cmdline cmdline;
	const char *only;
	size_t next_only;
	bool taken;
	struct config_reload *reload;
	struct globs *globs;
	again_fn *on_reload;
	void *listener;
};

/* ---- reading ---- */

/* The next of the consoles that are called @only: several may be. NULL: there is none. */
static const struct request *next_only(struct again *again)
{
	const struct request_list *list = &again->setup->consoles;

	while (again->next_only < list->len) {
		const struct request *console = &list->items[again->next_only++];

		if (!strcmp(opts_text(console->opts, "id"), again->only))
			return console;
	}
	return NULL;
}

static int begin(void *data, const char *group, struct error **err)
{
	struct again *again = data;

	(void)err;
	again->next = (struct setup){ .there = world_inventory(again->world) };
	again->taken = false;
	again->only = group;
	again->next_only = 0;
	if (!group)
		again->on_reload(again->listener, true);
	again->cmdline = (struct cmdline){
		.argc = again->setup->argc,
		.argv = again->setup->argv,
		.setup = &again->next,
		.next = 1,
	};
	return 0;
}

static int step(void *data, struct error **err)
{
	struct again *again = data;
	const struct request *console;
	int r;

	if (!again->only)
		return cmdline_step(&again->cmdline, err);
	console = next_only(again);
	if (!console)
		return 0;
	log_set_place(console->where);
	r = consoles_look_again(again->setup, console, again->next.there, &again->next.wanted, err);
	if (r == 0)
		log_set_place(NULL);
	return r == 0 ? CMDLINE_MORE : r;
}

static struct wanted *wanted(void *data)
{
	struct again *again = data;

	return &again->next.wanted;
}

/* ---- sockets that come and go ---- */

static void on_change(void *data, const char *group)
{
	struct again *again = data;

	config_reload_start_group(again->reload, group);
}

static int watch_globs(struct again *again, struct error **err)
{
	struct globs *globs;
	int r = globs_new(again->loop, &again->setup->consoles, on_change, again, &globs, err);

	if (r < 0)
		return r;
	globs_free(again->globs);
	again->globs = globs;
	return 0;
}

/* ---- the end ---- */

static void swap(struct request_list *a, struct request_list *b)
{
	struct request_list other = *a;

	*a = *b;
	*b = other;
}

/* What a monitor has set stays, unless the configuration says something else than before. */
static int set_memory(struct again *again)
{
	size_t max = again->next.memory_max;

	if (max == again->setup->memory_max)
		return 0;
	again->setup->memory_max = max;
	return budget_set(again->loop, max);
}

/* What is read only once stays. What there was is cleared away with the rest. */
static void take_over(struct again *again)
{
	struct error *err = NULL;

	swap(&again->setup->consoles, &again->next.consoles);
	swap(&again->setup->templates, &again->next.templates);
	if (set_memory(again) < 0)
		log_error("memory-max: out of memory");
	if (watch_globs(again, &err) < 0)
		log_report(LOG_ERROR, err);
}

static int end(void *data, bool used)
{
	struct again *again = data;

	if (used && !again->only && !again->taken)
		take_over(again);
	again->taken = true;
	if (wanted_shrink(&again->next.wanted) || request_list_shrink(&again->next.consoles))
		return 1;
	setup_done(&again->next);
	again->next = (struct setup){ 0 };
	if (!again->only)
		again->on_reload(again->listener, false);
	return 0;
}

static const struct config_source source = {
	.begin = begin,
	.step = step,
	.wanted = wanted,
	.end = end,
};

int again_new(struct loop *loop, struct world *world, struct setup *setup, again_fn *on_reload,
	void *listener, struct again **ret_again, struct error **err)
{
	struct again *again = calloc(1, sizeof(*again));
	int r;

	if (!again)
		return error_set(err, ENOMEM, "out of memory");
	again->loop = loop;
	again->world = world;
	again->setup = setup;
	again->on_reload = on_reload;
	again->listener = listener;
	if (config_reload_new(loop, world, &source, again, &again->reload) < 0)
		r = error_set(err, ENOMEM, "out of memory");
	else
		r = watch_globs(again, err);
	if (r < 0) {
		again_free(again);
		return r;
	}
	if (setup->takes_over)
		globs_look(again->globs);
	*ret_again = again;
	return 0;
}

void again_read(struct again *again)
{
	config_reload_start(again->reload);
}

void again_free(struct again *again)
{
	if (!again)
		return;
	globs_free(again->globs);
	config_reload_free(again->reload);
	free(again);
}
