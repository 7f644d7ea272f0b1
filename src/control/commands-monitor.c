/* SPDX-License-Identifier: MIT */
/*
 * The human monitor for programs.
 */
#include "control/commands.h"
#include "control/hmp-commands.h"
#include "control/json-text.h"

#include <errno.h>

static const struct field hmp_args[] = {
	{ "command-line", &type_string, .help = "as a person would type it" },
	{ "cpu-index", &type_int, .optional = true, .help = "accepted: there are no CPUs" },
	{ 0 },
};

static int human_monitor_command(struct call *call, struct error **err)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_STRBUF struct strbuf lines = { 0 };

	hmp_run(call_caller(call), call_string(call, "command-line"), &text);
	hmp_put_lines(&lines, &text); /* as QEMU's */
	if (lines.failed)
		return error_set(err, ENOMEM, "out of memory");
	return call_return(call, json_of_bytes(lines.len ? lines.data : "", lines.len), err);
}

const struct command commands_monitor[] = {
	{ "human-monitor-command", "Do what a person would type at a monitor", hmp_args,
		&type_string, human_monitor_command },
	{ 0 },
};
