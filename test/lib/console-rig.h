/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_CONSOLE_RIG_H
#define TEST_LIB_CONSOLE_RIG_H

#include "virtio-driver.h"
#include "virtio/console.h"

#include <stdbool.h>

/*
 * A console device between two doubles: a driver (virtio-driver.h), and users of its ports that
 * record what comes and refuse when told to. The transport is the rig itself.
 */
enum { RIG_PORTS = 4, RIG_OUT_MAX = 1 << 16, RIG_QUEUES = 2 * (RIG_PORTS + 1), RIG_NUM = 16 };

struct rig_port {
	struct virtio_console_port *port;
	uint8_t out[RIG_OUT_MAX];
	size_t out_len;
	size_t room;   /* bytes that are taken before it refuses */
	size_t window; /* largest reservation; 0: all of @room */
	int error;     /* what out_reserve() returns instead; 0: nothing */
	unsigned opens, closes, rooms, commits;
	bool removes_itself; /* in its next commit */
};

struct rig {
	struct virtio_console *console;
	struct guest_memory *memory;
	struct driver_memory dm;
	struct driver_queue queues[RIG_QUEUES];
	uint64_t features;
	struct rig_port ports[RIG_PORTS];
	unsigned calls[RIG_QUEUES], kicks[RIG_QUEUES], wakes, config_changes, breaks;
	const char *why;
	bool time_is_up, lingers; /* what the device is told when it asks */
	unsigned looks, late;	  /* times it asked to linger; buffers "x" that come meanwhile */
};

/** rig_open() - a device with @ports ports numbers and no port; driver took @features */
void rig_open(struct rig *rig, unsigned ports, uint64_t features);
void rig_close(struct rig *rig);

/** rig_add() - plug port @id with a recording user that has room for all */
void rig_add(struct rig *rig, unsigned id, bool console, const char *name);

/** rig_start() - the driver starts all queues, at the rings' beginning */
void rig_start(struct rig *rig);

/** rig_process() - let the device work until it has no more to do */
void rig_process(struct rig *rig);

/** rig_write() - the guest writes @text to a queue as one buffer in pieces of @piece, and kicks */
void rig_write(struct rig *rig, unsigned queue, const char *text, size_t piece);

/** rig_post() - the guest posts a buffer of @len bytes; Return: where it is */
uint64_t rig_post(struct rig *rig, unsigned queue, uint32_t len);

/** rig_control() - the guest sends a control message, and the device works */
void rig_control(struct rig *rig, unsigned id, unsigned event, unsigned value);

/** rig_used() - number of buffers that came back on a queue; @ret_len: bytes of the last one */
unsigned rig_used(struct rig *rig, unsigned queue, uint32_t *ret_len);

#endif
