/* SPDX-License-Identifier: MIT */
/* Typing and expecting without a person. */
#include "client/verb-run.h"

#include "base/clock.h"
#include "client/script.h"
#include "client/talk.h"

#include <errno.h>
#include <string.h>

enum { PACE_MAX_MS = 60 * 1000, GUEST_WAIT_MAX = 86400 };

static int open_talk(struct client *client, const struct args *args, struct consoles *consoles,
	struct talk *talk, struct error **err)
{
	int r = talk_open(client, args->words[0], false, consoles, talk, err);

	return r == 0 && args_has(args, "take") ? talk_take(talk, err) : r;
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

int verb_send(struct client *client, const struct args *args, struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	AUTO_TALK struct talk talk = TALK_CLOSED;
	struct paste paste = { 0 };
	uint64_t wait_s = 0;
	int r = args_number(args, "wait", 0, GUEST_WAIT_MAX, &wait_s, err);

	if (r == 0)
		r = read_what(args, &paste, err);
	if (r == 0)
		r = open_talk(client, args, &consoles, &talk, err);
	talk.guest_wait_ms = wait_s * 1000;
	if (r == 0)
		r = talk_type(&talk, &paste, err);
	if (r == -ENOTCONN)
		error_set_hint(err, "--wait=SECONDS waits for one.");
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
		int r = talk_check(talk, err);

		if (r < 0)
			return r;
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
		talk->guest_wait_ms = step->ms;
		strbuf_append(&paste.bytes, step->text.data ? step->text.data : "", step->text.len);
		r = talk_type(talk, &paste, err);
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
	AUTO_TALK struct talk talk = TALK_CLOSED;
	AUTO_SCRIPT struct script script = { 0 };
	int r;

	script_init(&script);
	r = read_script(args, &script, err);
	if (r == 0)
		r = open_talk(client, args, &consoles, &talk, err);
	talk.show = !args_has(args, "quiet");
	for (size_t i = 0; i < script.len && r == 0; i++)
		r = run_step(&talk, &script.steps[i], err);
	return r;
}
