/* SPDX-License-Identifier: MIT */
#include "object/authz.h"

#include <errno.h>
#include <string.h>

int authz_find(const struct object_set *set, const char *option, const char *id,
	struct object **ret_rule, struct error **err)
{
	struct object *rule = id && set ? object_set_find(set, id) : NULL;

	if (id && !rule) {
		error_set(err, ENOENT, "%s=%s: there is no such object", option, id);
		error_set_hint(err, "Make one: -object authz-list,id=%s,...", id);
		return -ENOENT;
	}
	if (rule && !rule->class->allows)
		return error_set(err, EINVAL, "%s=%s: a %s says nothing about who may", option, id,
			rule->class->name);
	*ret_rule = rule;
	return 0;
}

bool authz_allows(struct object *rule, const char *identity)
{
	return !rule || rule->class->allows(rule, identity);
}

bool authz_allows_tls(struct object *rule, const char *identity)
{
	static const char *const kinds[] = { "x509:", "psk:" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(identity, kinds[i], strlen(kinds[i])))
			return authz_allows(rule, identity + strlen(kinds[i]));
	return authz_allows(rule, identity);
}

enum authz_right authz_right(
	struct object *view_rule, struct object *type_rule, const char *identity)
{
	bool may_view = authz_allows(view_rule, identity);

	if (type_rule ? authz_allows(type_rule, identity) : may_view)
		return AUTHZ_TYPE;
	return may_view ? AUTHZ_VIEW : AUTHZ_NOTHING;
}
