/* SPDX-License-Identifier: MIT */
/*
 * A session with a person: a prompt, a line, what came of it.
 */
#include "control/hmp.h"

#include "control/hmp-commands.h"
#include "control/readline.h"
#include "control/monitor.h"

#include <string.h>

#define PROMPT "(qemu) "

struct hmp {
	struct monitor base;
	struct readline readline;
};

static struct hmp *hmp_from(const struct monitor *monitor)
{
	return container_of(monitor, struct hmp, base);
}

static void show(struct hmp *hmp, const struct strbuf *text)
{
	monitor_send(&hmp->base, text->failed ? NULL : text->data, text->len);
}

static void run_line(struct hmp *hmp, struct strbuf *out)
{
	AUTO_STRBUF struct strbuf lines = { 0 };

	hmp_run(&hmp->base.caller, hmp->readline.line, &lines);
	hmp_put_lines(out, &lines);
	readline_begin(&hmp->readline, out);
}

/* As far as the end of a line. */
static size_t read_keys(struct monitor *monitor, const char *bytes, size_t len)
{
	struct hmp *hmp = hmp_from(monitor);
	enum readline_result result = READLINE_MORE;
	AUTO_STRBUF struct strbuf out = { 0 };
	size_t done = 0;

	while (done < len && result == READLINE_MORE)
		result = readline_feed(&hmp->readline, bytes[done++], &out);
	if (result == READLINE_DONE)
		run_line(hmp, &out);
	else if (result == READLINE_CANCEL)
		readline_begin(&hmp->readline, &out);
	else if (result == READLINE_END)
		monitor_send_away(monitor);
	show(hmp, &out);
	return done;
}

static void begin(struct monitor *monitor)
{
	struct hmp *hmp = hmp_from(monitor);
	AUTO_STRBUF struct strbuf out = { 0 };

	hmp->readline.prompt = PROMPT;
	hmp->readline.complete = hmp_next_name;
	strbuf_puts(
		&out, "charhub " CHARHUB_VERSION " monitor - type 'help' for more information\r\n");
	readline_begin(&hmp->readline, &out);
	show(hmp, &out);
}

static void unfocus(struct monitor *monitor)
{
	monitor_send(monitor, "\r\n", 2);
}

static void forget(struct monitor *monitor)
{
	readline_done(&hmp_from(monitor)->readline);
}

static const struct monitor_ops hmp_ops = {
	.size = sizeof(struct hmp),
	.flags = CHARDEV_LINK_CONSOLE,
	.begin = begin,
	.read = read_keys,
	.unfocus = unfocus,
	.forget = forget,
};

int hmp_new(struct world *world, struct chardev *chardev, struct monitor **ret_monitor,
	struct error **err)
{
	int r = monitor_new(world, chardev, &hmp_ops, ret_monitor, err);

	if (r == 0)
		monitor_start(*ret_monitor);
	return r;
}
