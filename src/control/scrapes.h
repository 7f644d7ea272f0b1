/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_SCRAPES_H
#define CONTROL_SCRAPES_H

#include "control/figures.h"
#include "opts/opts.h"

/** struct scrapes - what `-metrics` asked for, and what is told there, from the first one on */
struct scrapes {
	struct figures figures;
	struct scrape_server *items;
	size_t len;
};

/** scrapes_options - those of `-metrics` */
extern const struct opt_desc scrapes_options[];

/**
 * scrapes_where() - the address as options of its own: path=, host= and port=, or fd=
 * @opts: as parsed; its tables are bound
 *
 * Return: 0, the caller owns *@ret_where; -EINVAL, -ENOMEM with @err.
 */
int scrapes_where(struct opts *opts, struct opts **ret_where, struct error **err);

/**
 * scrapes_add() - one more way to the figures
 * @where: of scrapes_where(); fd= is a number
 *
 * Return: 0; -EEXIST: that id is taken; another -errno with @err.
 */
int scrapes_add(
	struct scrapes *scrapes, struct opts *opts, const struct opts *where, struct error **err);

/** scrapes_has() - by id */
bool scrapes_has(const struct scrapes *scrapes, const char *id);

/** scrapes_drop() - by id; no-op: none */
void scrapes_drop(struct scrapes *scrapes, const char *id);

/** scrapes_done() - before what it tells of goes */
void scrapes_done(struct scrapes *scrapes);

#endif
