/* SPDX-License-Identifier: MIT */
#include "prog/again.h"

#include "base/log.h"
#include "config/globs.h"
#include "config/reload.h"
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
 * @only:  of these consoles; NULL: all
 * @taken: what was read has taken the place of what there was
 * @on_reload: see again_new()
 */
struct again {
	struct loop *loop;
	struct setup *setup, next;
	struct cmdline cmdline;
	const struct request *only;
	bool taken;
	struct config_reload *reload;
	struct globs *globs;
	again_fn *on_reload;
	void *listener;
};

/* ---- reading ---- */

static const struct request *find_console(const struct setup *setup, const char *name)
{
	for (size_t i = 0; i < setup->consoles.len; i++)
		if (!strcmp(opts_text(setup->consoles.items[i].opts, "id"), name))
			return &setup->consoles.items[i];
	return NULL;
}

static int begin(void *data, const char *group, struct error **err)
{
	struct again *again = data;

	again->next = (struct setup){ 0 };
	again->taken = false;
	again->only = group ? find_console(again->setup, group) : NULL;
	if (group && !again->only)
		return error_set(err, ENOENT, "there is no console '%s' any more", group);
	if (!group)
		again->on_reload(again->listener, true);
	again->cmdline = (struct cmdline){
		.argc = again->setup->argc,
		.argv = again->setup->argv,
		.setup = &again->next,
		.again = true,
		.next = 1,
	};
	return 0;
}

static int step(void *data, struct error **err)
{
	struct again *again = data;

	if (again->only)
		return consoles_expand(&again->next, again->only, err);
	return cmdline_step(&again->cmdline, err);
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
	again->setup = setup;
	again->on_reload = on_reload;
	again->listener = listener;
	if (config_reload_new(loop, world, &source, again, &again->reload) < 0)
		r = error_set(err, ENOMEM, "out of memory");
	else
		r = watch_globs(again, err);
	if (r < 0)
		again_free(again);
	else
		*ret_again = again;
	return r;
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
