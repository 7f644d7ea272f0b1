/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_VERB_RUN_H
#define CLIENT_VERB_RUN_H

#include "client/args.h"
#include "client/client.h"
#include "client/consoles.h"
#include "client/history.h"

/* What the table of verbs.c points to; each is described there. */
typedef int verb_run_fn(struct client *client, const struct args *args, struct error **err);

verb_run_fn verb_list, verb_who, verb_stats, verb_watch;
verb_run_fn verb_attach, verb_record, verb_play;
verb_run_fn verb_recording_list, verb_recording_start, verb_recording_stop;
verb_run_fn verb_kick, verb_take, verb_give, verb_request, verb_refuse, verb_break;
verb_run_fn verb_add, verb_remove, verb_hub_add, verb_hub_remove, verb_hub_set;
verb_run_fn verb_send, verb_expect, verb_screen, verb_history, verb_log;
verb_run_fn verb_config_check, verb_config_show, verb_reload, verb_upgrade;
verb_run_fn verb_config_from_conserver, verb_config_from_conman;
verb_run_fn verb_audit_verify, verb_audit_show, verb_audit_head;
verb_run_fn verb_qmp, verb_relay, verb_help, verb_complete;

/**
 * verb_open() - a session with the daemon of a console
 * @pattern: its name, or what means it
 *
 * Return: 0; -errno with @err.
 */
int verb_open(struct client *client, const char *pattern, struct consoles *consoles,
	struct session *session, struct error **err);

/** verb_open_only() - a session with the daemon, where there is one. Return: 0; -errno with @err */
int verb_open_only(struct client *client, struct session *session, struct error **err);

/**
 * verb_read_range() - what of a console's output is asked for, by --offset, --since, --lines
 *
 * Return: 0, *@ret_range are arguments of console-history; NULL: all. -EINVAL with @err.
 */
int verb_read_range(const struct args *args, json_t **ret_range, struct error **err);

/**
 * verb_read_console() - the same of the console that is named; what is missing is told
 *
 * Return: 0; -errno with @err.
 */
int verb_read_console(struct client *client, const struct args *args, struct consoles *consoles,
	struct history *history, struct error **err);

/** verb_call() - a command on a console, of which nothing is told. @args: without it */
int verb_call(struct client *client, const char *pattern, const char *key, const char *command,
	json_t *args, struct error **err);

#endif
