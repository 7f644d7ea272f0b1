/* SPDX-License-Identifier: MIT */
/*
 * What a console has printed, as it came. It stands in two places: the daemon holds the newest of
 * it, and the files of its log have all since they are kept. Who asks for a time or a pattern is
 * given what stands in the files, where there are any that can be read from here; it is then the
 * files that are followed, and not the console.
 */
#include "client/verb-run.h"

#include "base/cleanup.h"
#include "client/history.h"
#include "client/interrupt.h"
#include "client/log-files.h"
#include "client/sieve.h"
#include "client/talk.h"
#include "client/terminal.h"
#include "client/when.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- what the daemon holds ---- */

static int print_held(
	struct client *client, const struct args *args, struct sieve *sieve, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_HISTORY struct history history = { 0 };
	int r = verb_read_console(client, args, &consoles, &history, err);

	if (r < 0)
		return r;
	sieve_feed(sieve, history.bytes.data, history.bytes.len);
	sieve_flush(sieve);
	return CLIENT_DONE;
}

/* What is held, and then what comes, each byte once: who is attached first misses none. */
static void show(struct talk *talk, const struct history *history)
{
	history_complain(history, talk->console->name);
	terminal_write(history->bytes.data, history->bytes.len);
	attachment_know(&talk->at, history->end);
	talk->deaf = false;
}

static int catch_up(struct talk *talk, const json_t *range, struct error **err)
{
	AUTO_HISTORY struct history history = { 0 };
	int r = history_of(talk->console, range, &history, err);

	if (r == 0)
		show(talk, &history);
	return r;
}

/* What was left out, or all that is held of a new daemon's output. */
static int hear_again(struct talk *talk, struct error **err)
{
	AUTO_HISTORY struct history history = { 0 };
	int r;

	if (!talk->gap_from)
		return catch_up(talk, NULL, err);
	r = history_behind(talk->console, talk->gap_from, &history, err);
	if (r == 0)
		show(talk, &history);
	return r;
}

static bool wait_a_moment(void *data)
{
	(void)data;
	return !interrupt_came(ATTACHMENT_RETRY_MS);
}

/* Return: 0, also where one does not want to wait any more; CLIENT_GONE with @err. */
static int come_back(struct talk *talk, struct error **err)
{
	int r;

	fprintf(stderr, "charhub: %s: the connection is lost; waiting for it\n",
		talk->console->name);
	do {
		r = attachment_come_back(&talk->at, wait_a_moment, NULL, err);
		/* Of a new daemon's output we know nothing; it may have gone again meanwhile. */
	} while (r == 0 && talk->deaf && hear_again(talk, NULL) < 0 && wait_a_moment(NULL));
	return r == -EREMOTE ? CLIENT_GONE : 0;
}

static int follow_held(struct client *client, const struct args *args, struct error **err)
{
	AUTO_JSON json_t *range = NULL;
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_TALK struct talk talk = TALK_CLOSED;
	bool waits = !args_has(args, "no-wait");
	int r = verb_read_range(args, &range, err);

	if (r == 0)
		r = interrupt_open(err);
	if (r == 0)
		r = talk_open(client, args->words[0], true, &consoles, &talk, err);
	if (r == 0)
		r = catch_up(&talk, range, err);
	talk.show = talk.fills = true;
	while (r == 0 && !interrupt_came(0) && !terminal_is_lost()) {
		AUTO_ERROR struct error *why = NULL;

		r = talk_step(&talk, -1, &why);
		if (r == 0 && talk.deaf)
			r = hear_again(&talk, &why);
		strbuf_truncate(&talk.text, 0);
		if (r && waits && !talk.at.gone)
			r = come_back(&talk, err);
		else if (r)
			error_move(err, &why);
	}
	return r;
}

static int read_held(
	struct client *client, const struct args *args, struct sieve *sieve, struct error **err)
{
	static const char *const of_files[] = { "grep", "plain" };

	if (args_has(args, "until"))
		return error_set(err, ENOENT, "--until needs a log file that can be read here");
	if (!args_has(args, "follow"))
		return print_held(client, args, sieve, err);
	for (size_t i = 0; i < 2; i++)
		if (args_has(args, of_files[i]))
			return error_set(err, ENOENT,
				"--follow with --%s needs a log file that can be read here",
				of_files[i]);
	return follow_held(client, args, err);
}

/* ---- what stands in files ---- */

static bool put(void *data, const char *bytes, size_t len)
{
	sieve_feed(data, bytes, len);
	return !terminal_is_lost();
}

static int read_when(const struct args *args, const char *name, int64_t *when, struct error **err)
{
	int r = args_has(args, name) ? when_parse(args_value(args, name), time(NULL), when, err)
				     : 0;

	if (r < 0)
		error_prefix(err, "--%s: ", name);
	return r;
}

static int read_files(
	const struct args *args, const char *path, struct sieve *sieve, struct error **err)
{
	struct log_range range = { 0, INT64_MAX, args_has(args, "follow") };
	int r = read_when(args, "since", &range.since, err);

	if (r == 0)
		r = read_when(args, "until", &range.until, err);
	if (r == 0 && range.follow && args_has(args, "until"))
		r = error_set(err, EINVAL, "it is '--until' or '--follow', not both");
	if (r == 0 && range.follow)
		r = interrupt_open(err);
	if (r == 0)
		r = log_files_read(path, &range, put, sieve, err);
	sieve_flush(sieve);
	return r;
}

static bool wants_files(const struct args *args)
{
	return (args_has(args, "since") || args_has(args, "until") || args_has(args, "grep")) &&
	       !args_has(args, "offset") && !args_has(args, "lines");
}

/* A log may be a pipe, whose reader is somebody else. Return: NULL: it can be read. */
static const char *why_unreadable(const char *path)
{
	struct stat st;

	if (access(path, R_OK) < 0 || stat(path, &st) < 0)
		return strerror(errno);
	return S_ISREG(st.st_mode) ? NULL : "it is no regular file";
}

/*
 * Where the console's log is. Return: 0; -ENOENT: there is none, or it cannot be read here, which
 * is told; another -errno with @err.
 */
static int find_file(
	struct client *client, const struct args *args, char **ret_path, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_JSON json_t *hub = NULL;
	const char *path, *why;
	int r = verb_open(client, args->words[0], &consoles, &session, err);

	if (r == 0)
		r = session_hub(&session, consoles.items[0].id, &hub, err);
	if (r < 0)
		return r;
	path = json_text(hub, "log-file");
	*ret_path = NULL;
	if (!path || !*path || consoles.items[0].daemon->all->host)
		return 0;
	why = why_unreadable(path);
	if (why) {
		fprintf(stderr, "charhub: %s: '%s' cannot be read here: %s; this is what is held\n",
			consoles.items[0].name, path, why);
		return 0;
	}
	*ret_path = strdup(path);
	return *ret_path ? 0 : error_set(err, ENOMEM, "out of memory");
}

/* One that can only be a file is not sought among the consoles. */
static bool is_file(const char *word)
{
	return word[0] == '/' || !strncmp(word, "./", 2) || !strncmp(word, "../", 3) ||
	       (strchr(word, '/') && access(word, R_OK) == 0);
}

int verb_log(struct client *client, const struct args *args, struct error **err)
{
	AUTO_FREE char *path = NULL;
	struct sieve sieve;
	int r = sieve_init(
		&sieve, args_value(args, "grep"), args_has(args, "plain"), terminal_write, err);

	if (r < 0)
		return r;
	if (is_file(args->words[0]))
		path = strdup(args->words[0]);
	else if (wants_files(args))
		r = find_file(client, args, &path, err);
	if (r == 0)
		r = path ? read_files(args, path, &sieve, err)
			 : read_held(client, args, &sieve, err);
	sieve_done(&sieve);
	return r;
}
