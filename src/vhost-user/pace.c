/* SPDX-License-Identifier: MIT */
#include "vhost-user/pace.h"

static bool follow_consoles(struct pace *pace, bool found, uint64_t now_ns)
{
	uint64_t since_ns = now_ns - pace->console_ns;

	if (found)
		pace->console_ns = now_ns;
	return since_ns < PACE_SPIN_NS && (found || (pace->polling & VIRTIO_CONSOLE_POLL_CONSOLES));
}

static bool follow_serial(struct pace *pace, uint64_t found, uint64_t now_ns)
{
	uint64_t since_ns = now_ns - pace->serial_ns;
	bool polled = pace->polling & VIRTIO_CONSOLE_POLL_SERIAL;

	if (found)
		pace->serial_ns = now_ns;
	if (polled && found == 1)
		pace->rest = PACE_REST;
	if (found && pace->rest) {
		pace->rest--;
		return false;
	}
	return since_ns < PACE_LIMIT_NS && (found || polled);
}

static bool follow_input(struct pace *pace, bool found, uint64_t now_ns)
{
	uint64_t since_ns = now_ns - pace->input_ns;

	if (found)
		pace->input_ns = now_ns;
	return since_ns < PACE_LIMIT_NS && (found || (pace->polling & VIRTIO_CONSOLE_POLL_INPUT));
}

unsigned pace_follow(struct pace *pace, const struct virtio_console_taken *taken, uint64_t now_ns)
{
	bool console = follow_consoles(pace, taken->console != pace->taken.console, now_ns);
	bool serial = follow_serial(pace, taken->serial - pace->taken.serial, now_ns);
	bool input = follow_input(pace, taken->input != pace->taken.input, now_ns);

	pace->taken = *taken;
	pace->polling = (console ? VIRTIO_CONSOLE_POLL_CONSOLES : 0u) |
			(serial ? VIRTIO_CONSOLE_POLL_SERIAL : 0u) |
			(input ? VIRTIO_CONSOLE_POLL_INPUT : 0u);
	return pace->polling;
}
