/* SPDX-License-Identifier: MIT */
/* What a console prints and what is typed there, for scripts. */
#include "client/verb-run.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "client/history.h"
#include "client/paste.h"
#include "client/print.h"
#include "client/script.h"
#include "client/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PACE_MAX_MS = 60 * 1000, HEARD_MAX = 1024 * 1024 };

/**
 * struct talk - with a console, by a script
 * @text:    what it has printed that no expect has taken yet
 * @show:    what it prints is for standard output too
 * @refused: the daemon had to say something: why the keys do not count
 * @replied: to the wish for the keyboard
 */
struct talk {
	struct attachment at;
	struct plain plain;
	struct strbuf text;
	bool show, replied;
	char *refused;
	uint64_t from;
};

static void on_output(void *data, bool printed, uint64_t offset, const uint8_t *bytes, size_t len)
{
	struct talk *talk = data;
	size_t skip = offset < talk->from ? (size_t)(talk->from - offset) : 0;

	if (!printed || skip >= len)
		return;
	if (talk->show)
		terminal_write(bytes + skip, len - skip);
	plain_feed(&talk->plain, bytes + skip, len - skip, &talk->text);
	if (talk->text.len > HEARD_MAX)
		strbuf_drop(&talk->text, HEARD_MAX / 2);
}

static void on_notice(void *data, const char *text)
{
	struct talk *talk = data;

	free(talk->refused);
	talk->refused = strdup(text);
}

/* A notice in front of it that the keyboard is ours refuses nothing. */
static void on_reply(void *data, int error, const char *text)
{
	struct talk *talk = data;

	talk->replied = true;
	if (error)
		on_notice(talk, text);
	else
		free(TAKE_PTR(talk->refused));
}

static const struct attachment_ops ops = {
	.on_output = on_output, .on_notice = on_notice, .on_reply = on_reply
};

static int talk_open(struct client *client, const char *pattern, bool view,
	struct consoles *consoles, struct talk *talk, struct error **err)
{
	int r = consoles_find_one(client->daemons, pattern, consoles, err);

	*talk = (struct talk){ .at = { .connection = { .fd = -1 } } };
	if (r < 0)
		return r;
	attachment_init(&talk->at, consoles->items[0].daemon, consoles->items[0].id, &ops, talk);
	talk->at.view = view;
	r = attachment_open(&talk->at, err);
	if (r == 0 && !view && !talk->at.may_type)
		r = error_set(err, EACCES, "you may only look at '%s'", consoles->items[0].name);
	return r;
}

static void talk_done(struct talk *talk)
{
	attachment_done(&talk->at);
	strbuf_done(&talk->text);
	free(talk->refused);
}
#define AUTO_TALK __attribute__((cleanup(talk_done)))

/* Return: 0; CLIENT_GONE with @err. */
static int gone(const struct talk *talk, struct error **err)
{
	error_set(err, EPIPE, "%s", talk->at.gone ? talk->at.gone : "the connection is lost");
	return CLIENT_GONE;
}

/* Until something has come, or the time is over. Return: 0; CLIENT_GONE with @err. */
static int talk_step(struct talk *talk, int wait_ms, struct error **err)
{
	struct pollfd pollfd = { .fd = talk->at.connection.fd, .events = POLLIN };
	int r = attachment_send(&talk->at);

	if (talk->at.to_send.len)
		pollfd.events |= POLLOUT;
	if (r == 0 && poll(&pollfd, 1, wait_ms) > 0 &&
		pollfd.revents & (POLLIN | POLLHUP | POLLERR))
		r = attachment_read(&talk->at);
	return r < 0 ? gone(talk, err) : 0;
}

static int take_keyboard(struct talk *talk, struct error **err)
{
	int r = 0;

	attachment_wish(&talk->at, ATTACH_WISH_TAKE, NULL);
	while (r == 0 && !talk->replied)
		r = talk_step(talk, -1, err);
	if (r == 0 && talk->refused)
		r = error_set(err, EACCES, "%s", talk->refused);
	return r;
}

/* ---- send ---- */

static int read_what(const struct args *args, struct paste *paste, struct error **err)
{
	const char *file = args_value(args, "file");
	int r = args_number(args, "pace", PASTE_PACE_MS, PACE_MAX_MS, &paste->pace_ms, err);

	if (r == 0 && file)
		r = paste_file(paste, file, err);
	for (unsigned i = 1; i < args->n_words && r == 0; i++) {
		if (i > 1)
			paste_text(paste, " ", 1);
		paste_text(paste, args->words[i], strlen(args->words[i]));
	}
	if (r == 0 && !file && args->n_words > 1 && !args_has(args, "no-enter"))
		paste_text(paste, "\n", 1);
	if (r == 0 && args_has(args, "bracketed"))
		paste_bracket(paste);
	return r;
}

static int send_all(struct talk *talk, struct paste *paste, struct error **err)
{
	int r = 0;

	while (r == 0 && !talk->refused && !paste_is_done(paste, &talk->at)) {
		int wait = paste_step(paste, &talk->at);

		r = talk_step(talk, wait, err);
	}
	if (r == 0 && talk->refused)
		r = error_set(err, EACCES, "%s", talk->refused);
	return r;
}

int verb_send(struct client *client, const struct args *args, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_TALK struct talk talk = { .at = { .connection = { .fd = -1 } } };
	struct paste paste = { 0 };
	int r = read_what(args, &paste, err);

	if (r == 0)
		r = talk_open(client, args->words[0], false, &consoles, &talk, err);
	if (r == 0 && args_has(args, "take"))
		r = take_keyboard(&talk, err);
	if (r == 0)
		r = send_all(&talk, &paste, err);
	paste_done(&paste);
	return r;
}

/* ---- expect ---- */

/* What came up to the end of the match is taken. Return: did it match. */
static bool take_match(struct talk *talk, const regex_t *regex)
{
	regmatch_t match;

	if (!talk->text.len || regexec(regex, talk->text.data, 1, &match, 0) != 0)
		return false;
	strbuf_drop(&talk->text, (size_t)match.rm_eo);
	return true;
}

static int wait_for(struct talk *talk, const struct script_step *step, struct error **err)
{
	uint64_t until = clock_ms() + step->ms;

	while (!take_match(talk, &step->regex)) {
		uint64_t now = clock_ms();
		int r;

		if (now >= until)
			return error_set(err, ETIMEDOUT, "'%s' did not come in %.3g s",
				step->text.data, (double)step->ms / 1000);
		r = talk_step(talk, (int)(until - now), err);
		if (r)
			return r;
	}
	return 0;
}

static int pause_for(struct talk *talk, uint64_t ms, struct error **err)
{
	uint64_t until = clock_ms() + ms, now;
	int r = 0;

	while ((now = clock_ms()) < until && !r)
		r = talk_step(talk, (int)(until - now), err);
	return r;
}

static int run_step(struct talk *talk, const struct script_step *step, struct error **err)
{
	struct paste paste = { 0 };
	int r;

	switch (step->kind) {
	case SCRIPT_EXPECT: return wait_for(talk, step, err);
	case SCRIPT_SLEEP: return pause_for(talk, step->ms, err);
	case SCRIPT_BREAK: attachment_break(&talk->at); return talk_step(talk, 0, err);
	default:
		strbuf_append(&paste.bytes, step->text.data ? step->text.data : "", step->text.len);
		r = send_all(talk, &paste, err);
		paste_done(&paste);
		return r;
	}
}

static int read_script(const struct args *args, struct script *script, struct error **err)
{
	const char *file = args_value(args, "file");
	int r = file ? script_add_file(script, file, err) : 0;

	for (unsigned i = 1; i < args->n_words && r == 0; i++)
		r = script_add(script, args->words[i], err);
	if (r == 0 && !script->len)
		r = error_set(err, EINVAL, "nothing to expect: give steps, or --file");
	return r;
}

int verb_expect(struct client *client, const struct args *args, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_TALK struct talk talk = { .at = { .connection = { .fd = -1 } } };
	AUTO_SCRIPT struct script script = { 0 };
	int r;

	script_init(&script);
	r = read_script(args, &script, err);
	if (r == 0)
		r = talk_open(client, args->words[0], false, &consoles, &talk, err);
	talk.show = !args_has(args, "quiet");
	if (r == 0 && args_has(args, "take"))
		r = take_keyboard(&talk, err);
	for (size_t i = 0; i < script.len && r == 0; i++)
		r = run_step(&talk, &script.steps[i], err);
	return r;
}

/* ---- screen ---- */

static int write_png(const char *path, const char *base64, struct error **err)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	bool bad;

	if (!file)
		return error_set(err, errno, "cannot write '%s': %s", path, strerror(errno));
	bad = base64_decode(&bytes, base64) < 0 || bytes.failed ||
	      fwrite(bytes.data, 1, bytes.len, file) != bytes.len;
	bad |= file == stdout ? fflush(file) : fclose(file);
	return bad ? error_set(err, EIO, "cannot write '%s'", path) : CLIENT_DONE;
}

/* Down to the last line on which something stands. */
static void print_lines(const json_t *lines)
{
	size_t n = json_array_size(lines);

	while (n && !json_string_length(json_array_get(lines, n - 1)))
		n--;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(lines, i));

		printf("%s\n", text ? text : "");
	}
}

int verb_screen(struct client *client, const struct args *args, struct error **err)
{
	AUTO_SESSION struct session session = { .connection = { .fd = -1 } };
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_JSON json_t *screen = NULL;
	const char *png = args_value(args, "png");
	int r = verb_open(client, args->words[0], &consoles, &session, err);

	if (r == 0)
		r = session_call(&session, "console-screen",
			json_pack("{s:s,s:s}", "console", consoles.items[0].id, "format",
				png ? "png" : "text"),
			&screen, err);
	if (r < 0)
		return r;
	if (png)
		return write_png(png, json_text(screen, "png"), err);
	if (client->json)
		print_json(screen);
	else
		print_lines(json_object_get(screen, "lines"));
	return CLIENT_DONE;
}

/* ---- history, log ---- */

static int read_range(const struct args *args, json_t **ret_range, struct error **err)
{
	static const char *const names[] = { "offset", "since", "lines" };
	uint64_t value;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int r;

		if (!args_has(args, names[i]))
			continue;
		r = args_number(args, names[i], 0, INT64_MAX, &value, err);
		if (r < 0)
			return r;
		*ret_range = json_pack("{s:I}", names[i], (json_int_t)value);
		return 0;
	}
	return 0;
}

int verb_history(struct client *client, const struct args *args, struct error **err)
{
	AUTO_SESSION struct session session = { .connection = { .fd = -1 } };
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_STRBUF struct strbuf bytes = { 0 };
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_JSON json_t *range = NULL;
	int r = read_range(args, &range, err);

	if (r == 0)
		r = verb_open(client, args->words[0], &consoles, &session, err);
	if (r == 0)
		r = history_read(&session, consoles.items[0].id, range, &bytes, NULL, err);
	if (r < 0)
		return r;
	if (args_has(args, "raw")) {
		terminal_write(bytes.data, bytes.len);
		return CLIENT_DONE;
	}
	history_plain(bytes.data, bytes.len, &text);
	if (client->json) {
		AUTO_JSON json_t *value = json_pack("{s:s,s:s%}", "console", consoles.items[0].id,
			"text", text.data ? text.data : "", text.len);

		print_json(value);
	} else {
		if (text.len && text.data[text.len - 1] != '\n')
			strbuf_append(&text, "\n", 1);
		terminal_write(text.data, text.len);
	}
	return CLIENT_DONE;
}

static int follow(struct talk *talk, struct error **err)
{
	int r = 0;

	while (!r) {
		r = talk_step(talk, -1, err);
		strbuf_truncate(&talk->text, 0);
	}
	return r;
}

static int print_log(
	struct client *client, const char *pattern, const json_t *range, struct error **err)
{
	AUTO_SESSION struct session session = { .connection = { .fd = -1 } };
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_STRBUF struct strbuf bytes = { 0 };
	int r = verb_open(client, pattern, &consoles, &session, err);

	if (r == 0)
		r = history_read(&session, consoles.items[0].id, range, &bytes, NULL, err);
	if (r < 0)
		return r;
	terminal_write(bytes.data, bytes.len);
	return CLIENT_DONE;
}

/* What is held, and then what comes, each byte once: who is attached first misses none. */
static int follow_log(
	struct client *client, const char *pattern, const json_t *range, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_TALK struct talk talk = { .at = { .connection = { .fd = -1 } } };
	AUTO_STRBUF struct strbuf bytes = { 0 };
	struct session session = { .connection = { .fd = -1 } };
	int r = talk_open(client, pattern, true, &consoles, &talk, err);

	if (r == 0)
		r = session_open(consoles.items[0].daemon, &session, err);
	if (r == 0)
		r = history_read(&session, consoles.items[0].id, range, &bytes, &talk.from, err);
	session_close(&session);
	if (r < 0)
		return r;
	terminal_write(bytes.data, bytes.len);
	talk.show = true;
	return follow(&talk, err);
}

int verb_log(struct client *client, const struct args *args, struct error **err)
{
	AUTO_JSON json_t *range = NULL;
	int r = read_range(args, &range, err);

	if (r < 0)
		return r;
	return args_has(args, "follow") ? follow_log(client, args->words[0], range, err)
					: print_log(client, args->words[0], range, err);
}
