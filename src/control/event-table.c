/* SPDX-License-Identifier: MIT */
#include "control/event-table.h"

#include "control/type.h"
#include "control/vnc-info.h"

#include <string.h>

const struct event_desc event_shutdown = {
	.name = "SHUTDOWN",
	.help = "The program ends",
	.data =
		(const struct field[]){
			{ "guest", &type_bool, .help = "whether a guest asked for it: never" },
			{ "reason", &type_string,
				.help = "'host-qmp-quit': the command quit; 'host-signal': a "
					"signal" },
			{ 0 },
		},
};

const struct event_desc event_events_lost = {
	.name = "EVENTS_LOST",
	.help = "This session was too slow: as many events are missing here",
	.data =
		(const struct field[]){
			{ "count", &type_int, .help = "how many" },
			{ 0 },
		},
};

const struct event_desc event_command = {
	.name = "COMMAND",
	.help = "A command has been run that may have changed something",
	.by_name = true,
	.data =
		(const struct field[]){
			{ "hub", &type_string, .optional = true,
				.help = "id of the console it was about" },
			{ "command", &type_string, .help = "its name" },
			{ "by", &type_string, .help = "who has given it: user:NAME, monitor ID" },
			{ "object", &type_string, .optional = true,
				.help = "id of what it was about" },
			{ "error", &type_string, .optional = true, .help = "why it has failed" },
			{ 0 },
		},
};

const struct event_desc event_config_reloaded = {
	.name = "CONFIG_RELOADED",
	.help = "The configuration was read again",
	.data =
		(const struct field[]){
			{ "error", &type_string, .optional = true,
				.help = "why nothing has come of it" },
			{ 0 },
		},
};

const struct event_desc event_upgrade_failed = {
	.name = "UPGRADE_FAILED",
	.help = "Another program was to go on in the place of this one, which goes on itself",
	.data = (const struct field[]){ { "error", &type_string, .help = "why" }, { 0 } },
};

/* ---- hubs ---- */

static const struct field member_fields[] = {
	{ "hub", &type_string, .help = "id of the hub" },
	{ "member", &type_string, .help = "id of the member's chardev" },
	{ "identity", &type_string, .optional = true, .help = "who is there, where that is known" },
	{ 0 },
};

static const struct field came_fields[] = {
	{ "hub", &type_string, .help = "id of the hub" },
	{ "member", &type_string, .help = "id of the member's chardev" },
	{ "identity", &type_string, .optional = true, .help = "who is there, where that is known" },
	{ "address", &type_string, .optional = true, .help = "where he is: HOST:PORT, or pid PID" },
	{ "pid", &type_int, .optional = true, .help = "of the process that has connected" },
	{ "uid", &type_int, .optional = true, .help = "of its user" },
	{ 0 },
};

static const struct field sent_away_fields[] = {
	{ "hub", &type_string, .help = "id of the hub" },
	{ "member", &type_string, .help = "id of the member's chardev" },
	{ "identity", &type_string, .optional = true, .help = "who is there, where that is known" },
	{ "by", &type_string, .optional = true, .help = "whose doing it is; none: the hub's own" },
	{ "reason", &type_string, .optional = true, .help = "why" },
	{ 0 },
};

static const struct field console_fields[] = {
	{ "hub", &type_string, .help = "id of the hub" },
	{ 0 },
};

static const struct field missed_fields[] = {
	{ "hub", &type_string, .help = "id of the hub" },
	{ "member", &type_string, .help = "id of the member's chardev" },
	{ "identity", &type_string, .optional = true, .help = "who is there, where that is known" },
	{ "bytes", &type_int, .help = "how many are lost to it" },
	{ 0 },
};

static const struct field failed_fields[] = {
	{ "hub", &type_string, .help = "id of the hub" },
	{ "member", &type_string, .help = "id of the member's chardev" },
	{ "identity", &type_string, .optional = true, .help = "who is there, where that is known" },
	{ "error", &type_string, .help = "what is wrong" },
	{ 0 },
};

static const struct field keyboard_fields[] = {
	{ "hub", &type_string, .help = "id of the hub" },
	{ "member", &type_string, .optional = true, .help = "who has it now; none: it is free" },
	{ "identity", &type_string, .optional = true, .help = "who is there, where that is known" },
	{ "by", &type_string, .optional = true, .help = "who has taken or given it by a command" },
	{ 0 },
};

static const struct field resized_fields[] = {
	{ "hub", &type_string, .help = "id of the hub" },
	{ "cols", &type_int, .help = "columns" },
	{ "rows", &type_int, .help = "rows" },
	{ 0 },
};

const struct event_desc event_hub_member_joined = {
	.name = "HUB_MEMBER_JOINED",
	.help = "A chardev takes part in a hub",
	.data = member_fields,
};

const struct event_desc event_hub_member_left = {
	.name = "HUB_MEMBER_LEFT",
	.help = "It takes part no more",
	.data = member_fields,
};

const struct event_desc event_hub_member_opened = {
	.name = "HUB_MEMBER_OPENED",
	.help = "Somebody has come there",
	.data = came_fields,
};

const struct event_desc event_hub_member_closed = {
	.name = "HUB_MEMBER_CLOSED",
	.help = "He sends no more, or is gone",
	.data = came_fields,
};

const struct event_desc event_hub_member_refused = {
	.name = "HUB_MEMBER_REFUSED",
	.help = "Rules do not let him in",
	.data = came_fields,
};

const struct event_desc event_hub_member_sent_away = {
	.name = "HUB_MEMBER_SENT_AWAY",
	.help = "Who is there has to go",
	.data = sent_away_fields,
};

const struct event_desc event_hub_member_skipped = {
	.name = "HUB_MEMBER_SKIPPED",
	.help = "It does not keep up, and gets nothing for now",
	.data = member_fields,
};

const struct event_desc event_hub_member_missed = {
	.name = "HUB_MEMBER_MISSED",
	.help = "It takes bytes again, and was brought up to date",
	.data = missed_fields,
};

const struct event_desc event_hub_member_resumed = {
	.name = "HUB_MEMBER_RESUMED",
	.help = "It keeps up again, after all that it has missed",
	.data = missed_fields,
};

const struct event_desc event_hub_member_failed = {
	.name = "HUB_MEMBER_FAILED",
	.help = "It gets nothing until it opens again",
	.data = failed_fields,
};

const struct event_desc event_hub_member_typed = {
	.name = "HUB_MEMBER_TYPED",
	.help = "Something was typed there; once a second",
	.data = member_fields,
};

const struct event_desc event_console_typed = {
	.name = "CONSOLE_TYPED",
	.help = "A line was typed at a console",
	.by_name = true,
	.data =
		(const struct field[]){
			{ "hub", &type_string, .help = "id of the hub" },
			{ "member", &type_string, .optional = true,
				.help = "id of the member's chardev; none: typed by a command" },
			{ "identity", &type_string, .optional = true,
				.help = "who types, where that is known" },
			{ "text", &type_string, .optional = true,
				.help = "what the guest has shown of it: all" },
			{ "withheld", &type_int, .optional = true,
				.help = "so many bytes, which it has not shown" },
			{ 0 },
		},
};

static const struct field recording_fields[] = {
	{ "hub", &type_string, .help = "id of the hub" },
	{ "record", &type_string, .help = "by which rule" },
	{ "path", &type_string, .help = "of the file" },
	{ 0 },
};

const struct event_desc event_recording_started = {
	.name = "RECORDING_STARTED",
	.help = "A console is recorded",
	.data = recording_fields,
};

const struct event_desc event_recording_stopped = {
	.name = "RECORDING_STOPPED",
	.help = "This recording ends",
	.data = recording_fields,
};

const struct event_desc event_hub_keyboard = {
	.name = "HUB_KEYBOARD",
	.help = "With typing=one: the keyboard is with somebody else",
	.data = keyboard_fields,
};

const struct event_desc event_hub_keyboard_asked = {
	.name = "HUB_KEYBOARD_ASKED",
	.help = "Somebody asks for the keyboard",
	.data = member_fields,
};

const struct event_desc event_hub_keyboard_kept = {
	.name = "HUB_KEYBOARD_KEPT",
	.help = "He does not get it",
	.data = member_fields,
};

const struct event_desc event_console_added = {
	.name = "CONSOLE_ADDED",
	.help = "There is one more hub",
	.data = console_fields,
};

const struct event_desc event_console_removed = {
	.name = "CONSOLE_REMOVED",
	.help = "It has gone",
	.data = console_fields,
};

const struct event_desc event_hub_history_dropped = {
	.name = "HUB_HISTORY_DROPPED",
	.help = "Memory was short (-memory-max): old output of it is held no more; once a second",
	.data =
		(const struct field[]){
			{ "hub", &type_string, .help = "id of the hub" },
			{ "bytes", &type_int, .help = "how many in this time of shortage" },
			{ "lines", &type_int, .help = "above its screen, that went, too" },
			{ "held-from", &type_int, .help = "output is held from there on" },
			{ 0 },
		},
};

const struct event_desc event_console_resized = {
	.name = "CONSOLE_RESIZED",
	.help = "The console has another size",
	.data = resized_fields,
};

/* ---- guests and viewers ---- */

const struct event_desc event_vserport_change = {
	.name = "VSERPORT_CHANGE",
	.help = "A guest has opened its end of a port, or closed it; at most once a second a port",
	.data =
		(const struct field[]){
			{ "id", &type_string, .help = "of the device" },
			{ "open", &type_bool, .help = "whether it is open now" },
			{ 0 },
		},
};

const struct event_desc event_device_deleted = {
	.name = "DEVICE_DELETED",
	.help = "A guest's end has been unmade",
	.data =
		(const struct field[]){
			{ "device", &type_string, .optional = true, .help = "its id" },
			{ "path", &type_string,
				.help = "the same as a path of QEMU's object model" },
			{ 0 },
		},
};

#define VNC_DATA                                                              \
	{ "server", &type_vnc_server_info, .help = "where it came in" },      \
	{                                                                     \
		"client", &type_vnc_client_info, .help = "where it came from" \
	}

static const struct field vnc_data[] = { VNC_DATA, { 0 } };

const struct event_desc event_vnc_connected = {
	.name = "VNC_CONNECTED", .help = "A viewer has connected", .data = vnc_data
};

const struct event_desc event_vnc_initialized = {
	.name = "VNC_INITIALIZED", .help = "A viewer has logged in", .data = vnc_data
};

const struct event_desc event_vnc_refused = {
	.name = "VNC_REFUSED", .help = "A viewer was not let in", .data = vnc_data
};

const struct event_desc event_vnc_disconnected = { .name = "VNC_DISCONNECTED",
	.help = "A viewer has gone",
	.data = (const struct field[]){
		VNC_DATA,
		{ "by", &type_string, .optional = true, .help = "who has sent it away" },
		{ "reason", &type_string, .optional = true, .help = "why" },
		{ 0 },
	} };

const struct event_desc *const event_table[] = {
	&event_command,
	&event_config_reloaded,
	&event_upgrade_failed,
	&event_device_deleted,
	&event_events_lost,
	&event_hub_member_joined,
	&event_hub_member_left,
	&event_hub_member_opened,
	&event_hub_member_closed,
	&event_hub_member_refused,
	&event_hub_member_sent_away,
	&event_hub_member_skipped,
	&event_hub_member_missed,
	&event_hub_member_resumed,
	&event_hub_member_failed,
	&event_hub_member_typed,
	&event_hub_keyboard,
	&event_hub_keyboard_asked,
	&event_hub_keyboard_kept,
	&event_console_added,
	&event_console_removed,
	&event_hub_history_dropped,
	&event_console_resized,
	&event_console_typed,
	&event_recording_started,
	&event_recording_stopped,
	&event_shutdown,
	&event_vnc_connected,
	&event_vnc_disconnected,
	&event_vnc_initialized,
	&event_vnc_refused,
	&event_vserport_change,
	NULL,
};

const struct event_desc *event_desc_find(const char *name)
{
	for (size_t i = 0; event_table[i]; i++)
		if (!strcmp(event_table[i]->name, name))
			return event_table[i];
	return NULL;
}
