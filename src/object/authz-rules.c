/* SPDX-License-Identifier: MIT */
#include "object/authz-rules.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* Indexes into the words of `policy` and `format`. */
enum { POLICY_ALLOW = 0, FORMAT_GLOB = 1 };

struct authz_rule {
	char *match;
	bool is_glob, allows;
};

static const struct opt_desc rule_options[] = {
	{ .name = "match", .type = OPT_STRING, .required = true, .help = "a name or a pattern" },
	{ .name = "policy",
		.type = OPT_ENUM,
		.values = "allow|deny",
		.required = true,
		.help = "may those whom it fits" },
	{ .name = "format",
		.type = OPT_ENUM,
		.values = "exact|glob",
		.preset = "exact",
		.help = "how match is read: as it stands, or as a shell's pattern" },
	{ 0 },
};

const struct opt_desc authz_rules_options[] = {
	{ .name = "policy",
		.type = OPT_ENUM,
		.values = "allow|deny",
		.preset = "deny",
		.help = "may those whom no rule fits" },
	{ .name = "rules",
		.type = OPT_GROUPS,
		.group = rule_options,
		.help = "looked at in order; the first that fits decides" },
	{ 0 },
};

static int read_rule(const struct opts *opts, struct authz_rule *rule)
{
	rule->match = strdup(opts_get_string(opts, "match"));
	rule->is_glob = opts_get_enum(opts, "format") == FORMAT_GLOB;
	rule->allows = opts_get_enum(opts, "policy") == POLICY_ALLOW;
	return rule->match ? 0 : -ENOMEM;
}

int authz_rules_read(const struct opts *opts, struct authz_rules *ret_rules, struct error **err)
{
	struct authz_rules rules = { .allows = opts_get_enum(opts, "policy") == POLICY_ALLOW };
	AUTO_OPTS_GROUPS struct opts_groups groups = { 0 };
	int r = opts_list_groups(opts, "rules", &groups);

	rules.items = calloc(groups.len + 1, sizeof(*rules.items));
	if (!rules.items)
		r = -ENOMEM;
	for (; r == 0 && rules.len < groups.len; rules.len++)
		r = read_rule(groups.items[rules.len], &rules.items[rules.len]);
	if (r < 0) {
		authz_rules_done(&rules);
		return error_set(err, -r, "out of memory");
	}
	*ret_rules = rules;
	return 0;
}

void authz_rules_done(struct authz_rules *rules)
{
	for (size_t i = 0; i < rules->len; i++)
		free(rules->items[i].match);
	free(rules->items);
	*rules = (struct authz_rules){ 0 };
}

static bool fits(const struct authz_rule *rule, const char *identity)
{
	return rule->is_glob ? fnmatch(rule->match, identity, 0) == 0
			     : !strcmp(rule->match, identity);
}

bool authz_rules_allow(const struct authz_rules *rules, const char *identity)
{
	for (size_t i = 0; i < rules->len; i++)
		if (fits(&rules->items[i], identity))
			return rules->items[i].allows;
	return rules->allows;
}
