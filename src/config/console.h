/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_CONSOLE_H
#define CONFIG_CONSOLE_H

#include "config/request.h"
#include "opts/opts.h"

/*
 * `-console NAME,guest=...` is a word for several things: what leads to the guest, the hub NAME, a
 * socket for people, a screen, a log. It becomes their plain options, and they are made like any
 * others. What a console is not told its template says.
 */

/** console_options - what it takes besides the options of the hub and of the other parts */
extern const struct opt_desc console_options[];

/** console_parts_help - a line about the latter */
extern const char console_parts_help[];

/** config_want_fn - @opts is asked for: the callee's on success. Return: 0; -errno with @err */
typedef int config_want_fn(
	void *data, enum thing_kind kind, struct opts *opts, const char *where, struct error **err);

/**
 * console_apply_template() - add what the console's template says, and the template's own one
 * @templates: with an "id" each; that called "default" is everybody's who names none
 *
 * Return: 0; -ENOENT: there is no such template; -ELOOP; -ENOMEM; with @err.
 */
int console_apply_template(
	struct opts *console, const struct request_list *templates, struct error **err);

/**
 * console_expand_pattern() - carry out %h and %% in guest= of a console with a star in its name
 *
 * %n means nothing there, as the name comes of what guest= means.
 *
 * Return: 0; -EINVAL, -ENOMEM with @err.
 */
int console_expand_pattern(struct opts *console, const char *host, struct error **err);

/**
 * console_expand() - say what a console consists of
 * @console: with its template's options
 * @host:    what %h means
 * @where:   handed to @want
 *
 * The parts are called as base/console-parts.h says. In values %n is the console's name, and %% a
 * percent sign.
 *
 * Return: 0; -EINVAL and the like with @err, which names the console.
 */
int console_expand(const struct opts *console, const char *host, const char *where,
	config_want_fn *want, void *data, struct error **err);

#endif
