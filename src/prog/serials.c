/* SPDX-License-Identifier: MIT */
#include "prog/serials.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "chardev/chardev-impl.h"
#include "lib/classes.h"
#include "opts/opts.h"
#include "prog/classes.h"
#include "prog/setup.h"
#include "prog/steer.h"
#include "control/shorthand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char by_id[] = "chardev:";

/* QEMU says both: what is wrong, and what could not be done therefore. */
static int not_connected(const char *spec, struct error **err)
{
	error_set_hint(err, "could not connect serial device to character backend '%s'", spec);
	return -EINVAL;
}

static int add_chardev(struct setup *setup, const char *spec, const char *id, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	AUTO_FREE char *where = NULL;
	const struct chardev_class *class;
	int r = shorthand_parse(spec, id, &opts, err);

	if (r == 0)
		r = chardev_check(charhub_classes, opts, &class, err);
	if (r < 0)
		return r;
	if (asprintf(&where, " -serial %s", spec) < 0) {
		where = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	r = request_list_add(&setup->wanted.lists[THING_CHARDEV], opts, where, err);
	if (r < 0)
		return r;
	opts = NULL;
	return strncmp(spec, "mon:", 4) ? 0 : steer_add_person(setup, id, where, err);
}

/* @id: NULL: there is none at this place. */
static int append(struct setup *setup, const char *id, struct error **err)
{
	char *copy = id ? strdup(id) : NULL;
	char **ids = reallocarray(setup->serials, setup->n_serials + 1, sizeof(*ids));

	if (ids)
		setup->serials = ids;
	if (!ids || (id && !copy)) {
		free(copy);
		return error_set(err, ENOMEM, "out of memory");
	}
	ids[setup->n_serials++] = copy;
	return 0;
}

int serials_add(struct setup *setup, const char *spec, struct error **err)
{
	char id[32];
	int r;

	if (!strcmp(spec, "none"))
		return append(setup, NULL, err);
	if (!strncmp(spec, by_id, strlen(by_id)))
		return append(setup, spec + strlen(by_id), err);
	snprintf(id, sizeof(id), "serial%zu", setup->n_serials);
	r = add_chardev(setup, spec, id, err);
	if (r == -EINVAL)
		return not_connected(spec, err);
	return r < 0 ? r : append(setup, id, err);
}

static void warn_of_unused(const char *id)
{
	log_warning("-serial: there is no serial port here, and nothing uses chardev '%s'", id);
	log_hint("-device console,guest=ID,chardev=%s puts the guest behind chardev ID on it", id);
}

int serials_check(const struct setup *setup, const struct chardev_set *chardevs, struct error **err)
{
	for (size_t i = 0; i < setup->n_serials; i++) {
		const char *id = setup->serials[i];
		const struct chardev *chardev = id ? chardev_set_find(chardevs, id) : NULL;

		if (id && !chardev)
			return error_set(err, ENOENT,
				"-serial chardev:%s: could not connect serial device to character "
				"backend 'chardev:%s'",
				id, id);
		if (id && !chardev_is_held(chardev))
			warn_of_unused(id);
	}
	return 0;
}
