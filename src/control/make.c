/* SPDX-License-Identifier: MIT */
#include "control/make.h"

#include "base/strbuf.h"
#include "control/monitors.h"
#include "control/world.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

/* The types of `-object` that are monitors are QEMU's way to say `-mon`. */
static int make_object(struct world *world, struct opts *opts, struct error **err)
{
	const char *type = opts_text(opts, "qom-type");

	return type && monitors_is_type(type) && world_monitors(world)
		       ? monitors_add_object(world_monitors(world), opts, err)
		       : world_add_object(world, opts, err);
}

static int make_chardev(struct world *world, struct opts *opts, struct error **err)
{
	return world_add_chardev(world, opts, NULL, err);
}

static int make_monitor(struct world *world, struct opts *opts, struct error **err)
{
	return monitors_add(world_monitors(world), opts, err);
}

int world_make(struct world *world, enum thing_kind kind, struct opts *opts,
	struct frontend **ret_frontend, struct error **err)
{
	static int (*const makers[])(
		struct world * world, struct opts * opts, struct error * *err) = {
		[THING_OBJECT] = make_object,
		[THING_CHARDEV] = make_chardev,
		[THING_LISTEN] = world_add_listen,
		[THING_MONITOR] = make_monitor,
		[THING_VNC] = world_add_vnc,
		[THING_METRICS] = world_add_metrics,
		[THING_AUDIT] = world_add_audit,
		[THING_RECORD] = world_add_record,
	};

	return kind == THING_DEVICE ? world_add_device(world, opts, ret_frontend, err)
				    : makers[kind](world, opts, err);
}

int thing_kind_find(const char *name, enum thing_kind *ret_kind, struct error **err)
{
	AUTO_STRBUF struct strbuf names = { 0 };

	for (enum thing_kind kind = 0; kind < THING_KINDS; kind++) {
		if (!strcmp(thing_kind_name(kind), name)) {
			*ret_kind = kind;
			return 0;
		}
		strbuf_printf(&names, "%s%s", kind ? ", " : "", thing_kind_name(kind));
	}
	error_set(err, EINVAL, "there is no kind of thing called '%s'", name);
	error_set_hint(err, "There are: %s.", names.data ? names.data : "none");
	return -EINVAL;
}
