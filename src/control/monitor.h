/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_MONITOR_H
#define CONTROL_MONITOR_H

#include "base/list.h"
#include "chardev/chardev.h"
#include "control/command.h"
#include "io/byte-queue.h"

struct monitor;
struct world;

/*
 * What all monitors have in common: somebody at a chardev who says what is to be done, and is told
 * what came of it. Each client of a server that takes several has a session of its own; else there
 * is one, which begins anew whenever the chardev is opened.
 *
 * Bytes are taken while nothing runs, and read in a task, so that a command may remove whatever it
 * likes: also the chardev it came from. Who sends and does not read: MONITOR_OUT_MAX bytes wait,
 * then nothing of his is read; who has not read a byte in MONITOR_STALL_MS is sent away. When the
 * chardev is closed but not gone (half of a socket), what was asked before is answered first.
 */

enum {
	MONITOR_IN_BYTES = 4096,
	MONITOR_OUT_MAX = 256 * 1024,
	MONITOR_STALL_MS = 60 * 1000,
};

/**
 * struct monitor_ops - a kind of monitor; its objects embed struct monitor first
 * @size:     of an object, which is zeroed but for the session
 * @flags:    CHARDEV_LINK_*, of its chardev
 * @caller:   what its commands may ask for
 * @begin:    its peer is there
 * @read:     read some of what came, one request at most. Return: how many bytes are done with
 * @may_read: optional: is it ready for another request
 * @rest:     optional: nothing more is read for now. Return: false: it has freed the session
 * @unfocus:  optional: a mux gives the focus to somebody else: a last word before that
 * @last:     optional: the session is ended: a last word
 * @forget:   optional: back to before the first byte; also before it is freed
 */
struct monitor_ops {
	size_t size;
	unsigned flags;
	const struct caller_ops *caller;
	void (*begin)(struct monitor *monitor);
	size_t (*read)(struct monitor *monitor, const char *bytes, size_t len);
	bool (*may_read)(const struct monitor *monitor);
	bool (*rest)(struct monitor *monitor);
	void (*unfocus)(struct monitor *monitor);
	void (*last)(struct monitor *monitor);
	void (*forget)(struct monitor *monitor);
};

/**
 * struct monitor - a monitor's monitor, or what holds a server with several clients
 * @id:      by which it may be unmade; NULL: it has none
 * @server:  whose client's it is; it goes with its peer then; NULL: it stays
 * @peer:    chardev of a client, which it owns
 * @peers:   of a server: the clients' sessions, by their @node
 * @in:      bytes from @in_at on have not been read yet
 * @out:     has not been sent yet
 * @running: inside of @read: what ends the session waits until that returns
 * @ended:   the peer sends no more; @gone: it takes nothing either
 * @leaving: it has been sent away
 * @silent:  a mux has given the focus to somebody else: what is to be sent waits
 */
struct monitor {
	const struct monitor_ops *ops;
	struct world *world;
	char *id;
	struct chardev_link link;
	struct monitor *server;
	struct chardev *peer;
	struct list peers, node;
	char in[MONITOR_IN_BYTES];
	size_t in_at, in_len;
	struct byte_queue out;
	struct timer *stall;
	struct task work;
	struct caller caller;
	char *who;
	bool running, ended, leaving, gone, silent;
};

/**
 * monitor_new() - become the holder of a chardev
 *
 * The caller fills in the rest and calls monitor_start().
 *
 * Return: 0; -EBUSY: the chardev is in use; -ENOMEM and the like.
 */
int monitor_new(struct world *world, struct chardev *chardev, const struct monitor_ops *ops,
	struct monitor **ret_monitor, struct error **err);

/** monitor_start() - begin, if the peer is there already */
void monitor_start(struct monitor *monitor);

/** monitor_free() - and those of its clients; NULL is fine */
void monitor_free(struct monitor *monitor);

/**
 * monitor_offer() - bytes for the peer, of which nothing is kept
 *
 * Return: how many it took; all of them where it is gone.
 */
size_t monitor_offer(struct monitor *monitor, const char *bytes, size_t len);

/** monitor_send() - bytes for the peer; NULL: memory ran out, which is told on the log */
void monitor_send(struct monitor *monitor, const char *bytes, size_t len);

/** monitor_post() - there may be something to read or to rest from */
void monitor_post(struct monitor *monitor);

/** monitor_is_read() - all that came has been read, and nothing runs */
bool monitor_is_read(const struct monitor *monitor);

/** monitor_send_away() - the peer goes, once; "closed" follows */
void monitor_send_away(struct monitor *monitor);

/** monitor_take_peer() - of a client: let go of its chardev; the session is to be freed. */
struct chardev *monitor_take_peer(struct monitor *monitor);

#endif
