/* SPDX-License-Identifier: MIT */
#include "object/authz.h"

#include "base/list.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** struct authz_simple - @identity: the one who may */
struct authz_simple {
	struct object base;
	char *identity;
};

static struct authz_simple *simple_of(struct object *object)
{
	return container_of(object, struct authz_simple, base);
}

static int simple_open(struct object *object, const struct opts *opts, struct error **err)
{
	struct authz_simple *simple = simple_of(object);

	simple->identity = strdup(opts_get_string(opts, "identity"));
	return simple->identity ? 0
				: error_set(err, ENOMEM, "object '%s': out of memory", object->id);
}

static void simple_close(struct object *object)
{
	free(simple_of(object)->identity);
}

static bool simple_allows(struct object *object, const char *identity)
{
	return !strcmp(simple_of(object)->identity, identity);
}

static const struct opt_desc simple_options[] = {
	{ .name = "identity",
		.type = OPT_STRING,
		.required = true,
		.help = "the one who may: user:NAME, anonymous, ..." },
	{ 0 },
};

const struct object_class authz_simple_class = {
	.name = "authz-simple",
	.summary = "who may: one name",
	.options = simple_options,
	.size = sizeof(struct authz_simple),
	.open = simple_open,
	.close = simple_close,
	.allows = simple_allows,
};
