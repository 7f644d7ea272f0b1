/* SPDX-License-Identifier: MIT */
#ifndef RECORD_RECORDER_H
#define RECORD_RECORDER_H

#include "opts/opts.h"
#include "record/take.h"

struct chardev;
struct chardev_bequest;
struct chardev_set;
struct left_takes;
struct loop;

/*
 * What `-record` asked for: which consoles are recorded, and when (doc/recording.md). It observes
 * each of them, as a hub lets anybody do, and makes a take whenever it is due.
 */
struct recorder;

/** recorder_options - those of `-record` */
extern const struct opt_desc recorder_options[];

/**
 * struct recorder_host - what recorders need from the world; outlives them
 * @left: takes of another program, to be gone on with; NULL: none
 * @tell: a take has begun, or ends
 */
struct recorder_host {
	struct loop *loop;
	struct chardev_set *chardevs;
	struct left_takes *left;
	void (*tell)(void *data, const char *record, struct chardev *hub,
		const struct take_info *take, bool begins);
	void *data;
};

/** recorder_check() - are these options of one. Return: 0; -EINVAL with @err */
int recorder_check(struct opts *opts, struct error **err);

/**
 * recorder_new() - look at all consoles that there are
 * @opts: checked
 *
 * Files that are due at once are opened at once, which takes as long as the file system does.
 *
 * Return: 0; -errno with @err: also where such a file cannot be written.
 */
int recorder_new(const struct recorder_host *host, const struct opts *opts,
	struct recorder **ret_recorder, struct error **err);

/** recorder_free() - all of its takes end; NULL is fine */
void recorder_free(struct recorder *recorder);

/** recorder_id() - its name */
const char *recorder_id(const struct recorder *recorder);

/** recorder_change() - take other values of those that are live. Return: 0; -errno with @err */
int recorder_change(struct recorder *recorder, const struct opts *opts, struct error **err);

/** recorder_meet() - a hub has come; what goes wrong is told in the log */
void recorder_meet(struct recorder *recorder, struct chardev *hub);

/** recorder_save() - put its takes, a group of take_fields with the tag @tag each */
void recorder_save(struct recorder *recorder, uint16_t tag, struct chardev_bequest *to);

/** recorder_owes() - does one of its takes, see take_owes() */
bool recorder_owes(const struct recorder *recorder);

/**
 * struct recording_info - what is known about a take of a recorder
 * @record:  its name
 * @console: the hub
 */
struct recording_info {
	const char *record;
	const struct chardev *console;
	struct take_info take;
};

typedef void recording_fn(void *data, const struct recording_info *info);

/** recorder_each() - call it for each take that there is */
void recorder_each(const struct recorder *recorder, recording_fn *fn, void *data);

#endif
