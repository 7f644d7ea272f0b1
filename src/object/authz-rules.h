/* SPDX-License-Identifier: MIT */
#ifndef OBJECT_AUTHZ_RULES_H
#define OBJECT_AUTHZ_RULES_H

#include "base/error.h"
#include "opts/opts.h"

#include <stdbool.h>
#include <stddef.h>

struct authz_rule;

/**
 * struct authz_rules - names and patterns in order, of which the first that fits decides
 * @allows: what becomes of a name that none fits
 */
struct authz_rules {
	struct authz_rule *items;
	size_t len;
	bool allows;
};

/** authz_rules_options - `policy` and `rules.N.*`, for options and for files */
extern const struct opt_desc authz_rules_options[];

/**
 * authz_rules_read() - from @opts, which are bound to authz_rules_options
 *
 * Return: 0, *@ret_rules is for authz_rules_done(); -ENOMEM with @err.
 */
int authz_rules_read(const struct opts *opts, struct authz_rules *ret_rules, struct error **err);

/** authz_rules_done() - also of a zeroed one */
void authz_rules_done(struct authz_rules *rules);

/** authz_rules_allow() */
bool authz_rules_allow(const struct authz_rules *rules, const char *identity);

#endif
