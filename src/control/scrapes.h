/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_SCRAPES_H
#define CONTROL_SCRAPES_H

#include "control/figures.h"
#include "opts/opts.h"
#include "snapshot/writer.h"

/**
 * struct scrapes - what `-metrics` asked for, and what is told there, from the first one on
 * @left: groups of scrape_fields that another program has left; NULL: nothing was
 */
struct scrapes {
	struct figures figures;
	const struct snapshot_groups *left;
	struct scrape_server *items;
	size_t len;
};

/**
 * struct scrape_state - what is left of a server to another program
 * @fd: its listening socket
 */
struct scrape_state {
	const char *id;
	int fd;
};

extern const struct snapshot_field scrape_fields[];

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

/**
 * scrapes_save() - put groups with the tag @tag, of scrape_fields
 *
 * But of sockets of the service manager: those are passed on by their names.
 */
void scrapes_save(const struct scrapes *scrapes, uint16_t tag, struct snapshot_writer *to);

/** scrapes_drop() - by id; no-op: none */
void scrapes_drop(struct scrapes *scrapes, const char *id);

/** scrapes_done() - before what it tells of goes */
void scrapes_done(struct scrapes *scrapes);

#endif
