/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_EVENT_TABLE_H
#define CONTROL_EVENT_TABLE_H

#include "control/event.h"

/* Every kind of event; event_table lists them. */
extern const struct event_desc event_shutdown, event_events_lost, event_vserport_change,
	event_vnc_connected, event_vnc_initialized, event_vnc_refused, event_vnc_disconnected,
	event_device_deleted, event_command, event_config_reloaded, event_upgrade_failed;

/* Of hubs; see enum hub_event_type. */
extern const struct event_desc event_hub_member_joined, event_hub_member_left,
	event_hub_member_opened, event_hub_member_closed, event_hub_member_refused,
	event_hub_member_sent_away, event_hub_member_skipped, event_hub_member_missed,
	event_hub_member_resumed, event_hub_member_failed, event_hub_member_typed,
	event_console_typed, event_hub_keyboard, event_hub_keyboard_asked, event_hub_keyboard_kept,
	event_hub_history_dropped, event_console_resized, event_console_added,
	event_console_removed, event_recording_started, event_recording_stopped;

/** event_table - NULL-terminated */
extern const struct event_desc *const event_table[];

/** event_desc_find() - by name; NULL: none */
const struct event_desc *event_desc_find(const char *name);

#endif
