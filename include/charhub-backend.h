/* SPDX-License-Identifier: MIT */
#ifndef CHARHUB_BACKEND_H
#define CHARHUB_BACKEND_H

#include <charhub.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Types of chardevs of your own: `charhub_add(hub, "chardev", "mine,id=a,speed=3")`. A type is a
 * constant struct charhub_class, named in charhub_config. Its objects are yours; each has a handle
 * (struct charhub_backend) by which it tells what happens. A chardev has at most one holder at a
 * time, such as a hub. Directions are the guest's: output goes to it, input comes from it.
 *
 * The functions of a class may be called from inside any function of the library. Of the library
 * they may call what is in this header, and nothing that makes or unmakes things.
 */
struct charhub_backend;

/* ---- class: what you implement ---- */

/** enum charhub_option_type - how the text of an option is read */
enum charhub_option_type {
	CHARHUB_OPTION_STRING,
	CHARHUB_OPTION_BOOL,
	CHARHUB_OPTION_NUMBER, /* @min..@max; @max 0: no bound */
	CHARHUB_OPTION_SIZE,   /* bytes, with a suffix k, M, G; the same bounds */
	CHARHUB_OPTION_ENUM,   /* a word of @values: "slow|fast" */
};

/**
 * struct charhub_class_option - one option; a table of them ends with a NULL @name
 * @required: its absence is an error
 * @preset:   the value where it is not given, as text; NULL: none
 * @help:     what it does, one line without a full stop
 */
struct charhub_class_option {
	const char *name;
	enum charhub_option_type type;
	int required;
	const char *preset;
	const char *values;
	uint64_t min, max;
	const char *help;
	void *reserved[2];
};

/** enum charhub_event_type - what travels besides bytes */
enum charhub_event_type {
	CHARHUB_RESIZE, /* @cols, @rows, 1..1000: of the terminal there */
	CHARHUB_BREAK,
};

/** struct charhub_event */
struct charhub_event {
	enum charhub_event_type type;
	unsigned cols, rows;
};

/**
 * struct charhub_class - a type of chardev
 * @size:    sizeof(struct charhub_class)
 * @name:    as in "NAME,id=..."; none of charhub's own
 * @summary: what it is, one line without a full stop
 * @options: NULL: none
 * @is_sink: nobody reads its bytes at a pace of his own, as of a file: nobody is there
 * @open:    make an object. Its options are read in here only, by charhub_backend_string() etc. It
 *           must call nothing that tells the holder, but charhub_backend_open(). Return: 0 with
 *           @ret_self; a negative errno, with charhub_error_set(): nothing is left
 * @close:   unmake it; the handle is not valid any more. Required
 * @out:     take bytes of the guest, never wait. Return: how many were taken, 0..@len: after fewer,
 *           charhub_backend_room() once there is room; -EPIPE: nobody is there. NULL: all are
 *           swallowed
 * @on_room: the holder takes input again, after charhub_backend_in() was short, or has come. NULL:
 *           not of interest
 * @on_event: for the peer. NULL: not of interest
 */
struct charhub_class {
	size_t size;
	const char *name;
	const char *summary;
	const struct charhub_class_option *options;
	int is_sink;
	int (*open)(struct charhub_backend *backend, void **ret_self, struct charhub_error **err);
	void (*close)(void *self);
	ssize_t (*out)(void *self, const void *bytes, size_t len);
	void (*on_room)(void *self);
	void (*on_event)(void *self, const struct charhub_event *event);
};

/* ---- backend: what an object tells, and asks ---- */

/** charhub_backend_id() - its name */
CHARHUB_API const char *charhub_backend_id(const struct charhub_backend *backend);

/** charhub_backend_context() - where it lives */
CHARHUB_API struct charhub *charhub_backend_context(const struct charhub_backend *backend);

/** charhub_backend_string() - of an option, in open(); an ENUM too. NULL: not given */
CHARHUB_API const char *charhub_backend_string(
	const struct charhub_backend *backend, const char *option);

/** charhub_backend_number() - of an option, in open(); BOOL: 0, 1; ENUM: from 0; else 0 */
CHARHUB_API uint64_t charhub_backend_number(
	const struct charhub_backend *backend, const char *option);

/** charhub_error_set() - make an error for open(); @hint may be NULL. Return: -@code */
CHARHUB_API int charhub_error_set(
	struct charhub_error **err, int code, const char *message, const char *hint);

/**
 * charhub_backend_in() - bytes for the guest
 *
 * Return: how many the holder took, 0..@len: after fewer, @on_room comes. What it did not take is
 * best not read in the first place: see charhub_backend_wants().
 */
CHARHUB_API size_t charhub_backend_in(
	struct charhub_backend *backend, const void *bytes, size_t len);

/** charhub_backend_wants() - how many bytes the holder takes now; 0: until @on_room */
CHARHUB_API size_t charhub_backend_wants(struct charhub_backend *backend);

/** charhub_backend_room() - @out takes bytes again */
CHARHUB_API void charhub_backend_room(struct charhub_backend *backend);

/** charhub_backend_open() - a peer is there, or is gone; told once for each change */
CHARHUB_API void charhub_backend_open(struct charhub_backend *backend, int open);

/** charhub_backend_event() - of the peer, for the holder */
CHARHUB_API void charhub_backend_event(
	struct charhub_backend *backend, const struct charhub_event *event);

/* ---- watch: descriptors and time in the context's loop ---- */

/** enum charhub_watch_events - what is possible with a descriptor */
enum charhub_watch_events {
	CHARHUB_READ = 1,
	CHARHUB_WRITE = 2,
	CHARHUB_HANGUP = 8, /* the peer is gone altogether */
};

struct charhub_watch;
struct charhub_timer;

/**
 * charhub_watch_new() - call @fn when something is possible with a descriptor; at first: nothing
 * @fd: stays yours; at most one watch each
 * @fn: with those of CHARHUB_* that hold; level triggered. It may free the watch
 *
 * Return: 0; -EEXIST, -EPERM: it cannot be waited for, as a file; -ENOMEM, -ENOSPC.
 */
CHARHUB_API int charhub_watch_new(struct charhub *charhub, int fd,
	void (*fn)(void *data, unsigned events), void *data, struct charhub_watch **ret_watch);

/** charhub_watch_set() - what of CHARHUB_* is of interest from now on */
CHARHUB_API void charhub_watch_set(struct charhub_watch *watch, unsigned events);

/** charhub_watch_free() - before the descriptor is closed; NULL is fine */
CHARHUB_API void charhub_watch_free(struct charhub_watch *watch);

/** charhub_timer_new() - a timer that calls @fn once each time it is started. Return: 0; -ENOMEM */
CHARHUB_API int charhub_timer_new(struct charhub *charhub, void (*fn)(void *data), void *data,
	struct charhub_timer **ret_timer);

/** charhub_timer_start() - in @ms milliseconds; anew where it runs */
CHARHUB_API void charhub_timer_start(struct charhub_timer *timer, uint64_t ms);

/** charhub_timer_stop() - no-op where it does not run */
CHARHUB_API void charhub_timer_stop(struct charhub_timer *timer);

/** charhub_timer_free() - NULL is fine */
CHARHUB_API void charhub_timer_free(struct charhub_timer *timer);

#ifdef __cplusplus
}
#endif

#endif
