/* SPDX-License-Identifier: MIT */
/* What charhubd's options make, made by a program. */
#include "lib/context.h"

#include "control/make.h"
#include "control/monitors.h"
#include "opts/opts.h"

#include <errno.h>

int charhub_add(struct charhub *charhub, const char *kind_name, const char *text,
	struct charhub_error **err)
{
	enum thing_kind kind;
	AUTO_OPTS struct opts *opts = NULL;
	int r;

	ENTER(charhub);
	r = thing_kind_find(kind_name, &kind, error_out(err));
	if (r == 0)
		r = opts_parse(text, thing_kind_implied(kind), &opts, error_out(err));
	return r < 0 ? r : world_make(charhub->estate.world, kind, opts, NULL, error_out(err));
}

static int read_options(
	const struct charhub_option *options, struct opts **ret_opts, struct error **err)
{
	struct opts *opts = opts_new();
	int r = opts ? 0 : -ENOMEM;

	for (; r == 0 && options->key; options++)
		r = options->value ? opts_set(opts, options->key, options->value) : -EINVAL;
	if (r == 0) {
		*ret_opts = opts;
		return 0;
	}
	opts_free(opts);
	return r == -ENOMEM ? error_set(err, ENOMEM, "out of memory")
			    : error_set(err, EINVAL, "option '%s' has no value", options[-1].key);
}

int charhub_add_options(struct charhub *charhub, const char *kind_name,
	const struct charhub_option *options, struct charhub_error **err)
{
	enum thing_kind kind;
	AUTO_OPTS struct opts *opts = NULL;
	int r;

	ENTER(charhub);
	r = thing_kind_find(kind_name, &kind, error_out(err));
	if (r == 0)
		r = read_options(options, &opts, error_out(err));
	return r < 0 ? r : world_make(charhub->estate.world, kind, opts, NULL, error_out(err));
}

static int remove_monitor(struct world *world, const char *id, struct error **err)
{
	return monitors_remove(world_monitors(world), id, err);
}

int charhub_remove(
	struct charhub *charhub, const char *kind_name, const char *id, struct charhub_error **err)
{
	static int (*const removers[THING_KINDS])(
		struct world * world, const char *id, struct error **err) = {
		[THING_CHARDEV] = world_remove_chardev,
		[THING_DEVICE] = world_remove_device,
		[THING_MONITOR] = remove_monitor,
		[THING_OBJECT] = world_remove_object,
	};
	enum thing_kind kind;
	int r;

	ENTER(charhub);
	r = thing_kind_find(kind_name, &kind, error_out(err));
	if (r < 0)
		return r;
	if (!removers[kind])
		return error_set(error_out(err), EINVAL,
			"what '%s' has made stays until the context is freed", kind_name);
	return removers[kind](charhub->estate.world, id, error_out(err));
}
