/* SPDX-License-Identifier: MIT */
#include "lib/estate.h"

#include "control/monitors.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

int estate_init(struct estate *estate, const struct world_config *config, struct error **err)
{
	int r = world_new(config, &estate->world, err);

	if (r < 0)
		return r;
	estate->monitors = monitors_new(estate->world);
	if (estate->monitors)
		return 0;
	estate_done(estate);
	return error_set(err, ENOMEM, "out of memory");
}

void estate_done(struct estate *estate)
{
	monitors_free(estate->monitors);
	world_free(estate->world);
	*estate = (struct estate){ 0 };
}

/* ---- kinds ---- */

static int make_chardev(struct estate *estate, struct opts *opts, struct error **err)
{
	return world_add_chardev(estate->world, opts, NULL, err);
}

static int make_device(struct estate *estate, struct opts *opts, struct error **err)
{
	return world_add_device(estate->world, opts, NULL, err);
}

static int make_listen(struct estate *estate, struct opts *opts, struct error **err)
{
	return world_add_listen(estate->world, opts, err);
}

static int make_monitor(struct estate *estate, struct opts *opts, struct error **err)
{
	return monitors_add(estate->monitors, opts, err);
}

static int make_object(struct estate *estate, struct opts *opts, struct error **err)
{
	const char *type = opts_text(opts, "qom-type");

	return type && monitors_is_type(type) ? monitors_add_object(estate->monitors, opts, err)
					      : world_add_object(estate->world, opts, err);
}

static int make_vnc(struct estate *estate, struct opts *opts, struct error **err)
{
	return world_add_vnc(estate->world, opts, err);
}

static int remove_chardev(struct estate *estate, const char *id, struct error **err)
{
	return world_remove_chardev(estate->world, id, err);
}

static int remove_device(struct estate *estate, const char *id, struct error **err)
{
	return world_remove_device(estate->world, id, err);
}

static int remove_object(struct estate *estate, const char *id, struct error **err)
{
	return world_remove_object(estate->world, id, err);
}

static int remove_monitor(struct estate *estate, const char *id, struct error **err)
{
	return monitors_remove(estate->monitors, id, err);
}

static const struct estate_kind kinds[] = {
	{ "chardev", "backend", make_chardev, remove_chardev },
	{ "device", "driver", make_device, remove_device },
	{ "listen", "listen", make_listen, NULL },
	{ "mon", "chardev", make_monitor, remove_monitor },
	{ "object", "qom-type", make_object, remove_object },
	{ "vnc", "vnc", make_vnc, NULL },
};

int estate_kind(const char *name, const struct estate_kind **ret_kind, struct error **err)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name)) {
			*ret_kind = &kinds[i];
			return 0;
		}
	error_set(err, EINVAL, "there is no kind of thing called '%s'", name);
	error_set_hint(err, "There are: chardev, device, listen, mon, object, vnc.");
	return -EINVAL;
}
