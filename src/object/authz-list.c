/* SPDX-License-Identifier: MIT */
#include "object/authz.h"

#include "base/list.h"
#include "object/authz-rules.h"

struct authz_list {
	struct object base;
	struct authz_rules rules;
};

static struct authz_list *list_of(struct object *object)
{
	return container_of(object, struct authz_list, base);
}

static int list_open(struct object *object, const struct opts *opts, struct error **err)
{
	int r = authz_rules_read(opts, &list_of(object)->rules, err);

	if (r < 0)
		error_prefix(err, "object '%s': ", object->id);
	return r;
}

static void list_close(struct object *object)
{
	authz_rules_done(&list_of(object)->rules);
}

static bool list_allows(struct object *object, const char *identity)
{
	return authz_rules_allow(&list_of(object)->rules, identity);
}

const struct object_class authz_list_class = {
	.name = "authz-list",
	.summary = "who may: names and patterns",
	.options = authz_rules_options,
	.size = sizeof(struct authz_list),
	.open = list_open,
	.close = list_close,
	.allows = list_allows,
};
