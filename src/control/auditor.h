/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_AUDITOR_H
#define CONTROL_AUDITOR_H

#include "audit/chain.h"
#include "opts/opts.h"
#include "snapshot/fields.h"

struct chardev_set;
struct event_bus;
struct loop;
struct strbuf;

/*
 * What `-audit` asked for: hears of what happens when it happens, and writes it to a file
 * (doc/audit.md). A disk that is slow or full costs nobody anything: lines wait, and how many
 * events found no room is a line of its own.
 */
struct auditor;

/** auditor_options - those of `-audit` */
extern const struct opt_desc auditor_options[];

/**
 * struct auditor_state - what is left of one to another program
 * @fd:      the open file; -1: it is opened anew
 * @pending: lines that the file has not taken yet, the first may have begun in it
 * @missing: events behind them that no line tells of yet
 */
struct auditor_state {
	const char *path, *session, *head;
	uint64_t seq, records, lost, missing;
	struct snapshot_bytes pending;
	int fd;
};

extern const struct snapshot_field auditor_fields[];

/** auditor_check() - are these options of one. Return: 0; -EINVAL with @err */
int auditor_check(struct opts *opts, struct error **err);

/**
 * struct auditor_config - what one needs from the world, which outlives it
 * @left: what another program has left, of whose file it takes a copy; NULL: nothing
 */
struct auditor_config {
	struct loop *loop;
	struct event_bus *events;
	const struct auditor_state *left;
};

/**
 * auditor_new() - open the file, and go on where its chain has ended
 * @opts: checked
 *
 * Return: 0; -errno with @err.
 */
int auditor_new(const struct auditor_config *config, const struct opts *opts,
	struct auditor **ret_auditor, struct error **err);

/** auditor_end() - hear the last of it, and say that it ends */
void auditor_end(struct auditor *auditor);

/** auditor_owes() - would lines be lost if it were freed now, see writer_owes() */
bool auditor_owes(const struct auditor *auditor);

/**
 * auditor_free() - auditor_end(), unless it has ended; NULL is fine
 *
 * What the file does not take at once is written behind the caller's back, see writer_close().
 */
void auditor_free(struct auditor *auditor);

/** auditor_id() - its name */
const char *auditor_id(const struct auditor *auditor);

/** auditor_change() - take other values of those that are live. Return: 0; -errno with @err */
int auditor_change(struct auditor *auditor, const struct opts *opts, struct error **err);

/** auditor_reopen() - the file was moved away */
void auditor_reopen(struct auditor *auditor);

/**
 * auditor_save() - what to leave to another program
 * @pending: is filled with what the file has not taken; the caller's, and @ret_state points into
 *           it; NULL: nothing is left yet
 */
void auditor_save(struct auditor *auditor, struct strbuf *pending, struct auditor_state *ret_state);

/**
 * struct auditor_figures - for who wants to know how it does
 * @records:   lines in this run
 * @lost:      events that are not among them
 * @is_failing: does the file give errors
 */
struct auditor_figures {
	uint64_t records, lost;
	bool is_failing;
};

void auditor_figures(const struct auditor *auditor, struct auditor_figures *ret_figures);

#endif
