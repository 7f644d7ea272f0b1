/* SPDX-License-Identifier: MIT */
#include "client/verb-run.h"

#include "client/attend.h"
#include "client/cast.h"
#include "client/keys.h"
#include "client/terminal.h"
#include "client/words.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { ESCAPE = ']' - '@', PLAY_IDLE_MAX = 86400, SPEED_MAX = 1000 * 1000 };

static int be_at(struct client *client, const char *pattern, const struct attend_options *options,
	struct error **err)
{
	AUTO_CONSOLES struct consoles consoles = { 0 };
	int r = consoles_find_one(client->daemons, pattern, &consoles, err);

	return r < 0 ? r : attend(&consoles.items[0], options, err);
}

static int read_options(const struct args *args, struct attend_options *options, struct error **err)
{
	const char *escape = args_value(args, "escape");

	*options = (struct attend_options){
		.escape = ESCAPE,
		.tilde = args_has(args, "tilde"),
		.view = args_has(args, "view"),
		.take = args_has(args, "take"),
		.wait = terminal_is_tty() && !args_has(args, "no-wait"),
		.log = args_value(args, "log"),
	};
	if (!escape)
		escape = getenv("CHARHUB_ESCAPE");
	return escape ? keys_parse_escape(escape, &options->escape, err) : 0;
}

int verb_attach(struct client *client, const struct args *args, struct error **err)
{
	struct attend_options options;
	int r = read_options(args, &options, err);

	return r < 0 ? r : be_at(client, args->words[0], &options, err);
}

int verb_record(struct client *client, const struct args *args, struct error **err)
{
	struct attend_options options;
	int r = read_options(args, &options, err);

	options.record = args->words[1];
	return r < 0 ? r : be_at(client, args->words[0], &options, err);
}

/* A key ends it. */
static bool wait_ms(uint64_t ms)
{
	struct pollfd pollfd = { .fd = STDIN_FILENO, .events = POLLIN };
	int wait = ms < INT32_MAX ? (int)ms : INT32_MAX;
	char byte;

	if (!terminal_is_tty()) {
		poll(NULL, 0, wait);
		return true;
	}
	if (poll(&pollfd, 1, wait) <= 0)
		return true;
	return read(STDIN_FILENO, &byte, 1) == 1 && byte != 'q' && byte != 3 && byte != ESCAPE;
}

int verb_play(struct client *client, const struct args *args, struct error **err)
{
	const char *text = args_value(args, "speed");
	uint64_t idle, speed = 1000;
	int r = args_number(args, "idle", 0, PLAY_IDLE_MAX, &idle, err);

	(void)client;
	if (r < 0)
		return r;
	if (text && (words_thousandths(text, SPEED_MAX, &speed) < 0 || !speed))
		return error_set(
			err, EINVAL, "'--speed=%s': it is a number above 0, up to 1000", text);
	terminal_raw();
	r = cast_play(args->words[0], (double)speed / 1000, idle * 1000, wait_ms, err);
	if (terminal_is_tty())
		terminal_forget_modes();
	terminal_restore();
	return r == -EINTR ? CLIENT_LEFT : r;
}
