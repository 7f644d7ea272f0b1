/* SPDX-License-Identifier: MIT */
#include "control/commands.h"

#include <stddef.h>

const struct command *const command_tables[] = {
	commands_attach,
	commands_query,
	commands_console,
	commands_hub,
	commands_monitor,
	NULL,
};
