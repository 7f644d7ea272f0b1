/* SPDX-License-Identifier: MIT */
#ifndef HUB_SCREEN_H
#define HUB_SCREEN_H

#include "chardev/chardev-impl.h"
#include "chardev/will.h"
#include "hub/tape.h"
#include "io/byte-queue.h"
#include "io/rest.h"
#include "io/store.h"
#include "vt/quiet.h"

/**
 * struct hub_screen_ops - what a terminal asks of its hub
 * @answer:     answers to queries wait, hub_screen_answer(); called after the dispatch
 * @may_resize: the guest asks for another size; called while it is read, so nothing may be changed.
 *              Return: whether it gets it
 * @read_on:    members may read on, though the guest has written nothing
 * @is_watched: somebody has the engine before his eyes, without asking for it each time
 */
struct hub_screen_ops {
	void (*answer)(struct chardev *hub);
	bool (*may_resize)(const struct chardev *hub);
	void (*read_on)(struct chardev *hub);
	bool (*is_watched)(const struct chardev *hub);
};

/**
 * struct hub_screen - the terminal that a hub is
 *
 * Nobody needs a terminal at which nobody looks. So what is quiet (vt/quiet.h) is put off, and the
 * engine reads it once somebody looks, or something comes that is not. While it is behind,
 *
 *	tail <= what it has read < quiet <= readable <= head.
 *
 * Nobody can tell: what an engine that reads at once would show, answer and ask for, this one does,
 * at the same places in the stream.
 *
 * An engine that has not been needed for a while is frozen.
 *
 * @vt:        the engine; NULL: it had nothing to read yet
 * @ice:       what is large of it, @ice_len bytes; NULL: it is not frozen
 * @will:      shows the engine as it is to another program; due: it is left by one, and the engine,
 *             which is not frozen, has yet to be shown it
 * @is_bare:   there are no lines above it that hub_screen_drop_lines() could drop
 * @rest:      freezes it
 * @is_used:   it would have had, or somebody has asked for it
 * @failed:    there was no memory for one when it was last tried
 * @cols, @rows: its size
 * @first:     where on the tape the engine begins to read, or goes on behind what it left out
 * @cut:       the engine's offsets minus the tape's
 * @backlog:   what is put off, up to @quiet
 * @is_loud:   what follows on @quiet is to be read as soon as its dispatches allow
 * @is_looked_at: somebody has looked since the last commit, and will again: nothing is put off
 * @work:      what is left of what it may do in this dispatch
 * @held:      the offset from where on members may not read
 * @held_timer: runs while there is something that is kept from them
 * @queries:   those of the present commit, in order
 * @rang:      a bell was in the present commit
 */
struct hub_screen {
	struct chardev *hub;
	struct tape *tape;
	const struct hub_screen_ops *ops;
	struct vt *vt;
	struct store *ice;
	size_t ice_len;
	bool is_bare;
	struct chardev_will will;
	struct rest rest;
	bool is_used, failed;
	unsigned cols, rows;
	uint64_t first, cut, quiet;
	struct vt_backlog backlog;
	bool is_loud, is_looked_at;
	uint64_t work, held;
	struct timer *held_timer;
	struct tape_span *queries;
	size_t n_queries, queries_size;
	bool rang;
	struct byte_queue answers;
	struct task answer_task;
};

/** hub_screen_init() - costs next to nothing until somebody looks. Return: 0, -ENOMEM */
int hub_screen_init(struct hub_screen *screen, struct chardev *hub, struct tape *tape,
	const struct hub_screen_ops *ops);

/** hub_screen_done() */
void hub_screen_done(struct hub_screen *screen);

/**
 * hub_screen_vt() - look: the engine, which has read what members may read
 *
 * Return: NULL: there is no memory for one.
 */
struct vt *hub_screen_vt(struct hub_screen *screen);

/** hub_screen_unseen() - the same engine, which may be behind and frozen: only its size is right */
struct vt *hub_screen_unseen(struct hub_screen *screen);

/**
 * hub_screen_read() - read what is new on the tape or put it off, let members read on
 *
 * No more than a dispatch may do: see hub_screen_unread().
 *
 * @screen->cols and rows are others afterwards if the guest has asked for another size and got it.
 *
 * Return: the guest has rung the bell.
 */
bool hub_screen_read(struct hub_screen *screen);

/** hub_screen_unread() - bytes, besides what is put off, that are left for the next dispatch */
size_t hub_screen_unread(const struct hub_screen *screen);

/** hub_screen_catch_up() - read what is put off */
void hub_screen_catch_up(struct hub_screen *screen);

/** hub_screen_settle() - the same, as far as one dispatch allows. Return: is all of it read */
bool hub_screen_settle(struct hub_screen *screen);

/**
 * hub_screen_drop_lines() - give up the lines above it, if it is frozen; the screen stays as it is
 * @ret_lines: so many; 0 also where they are not to be seen now
 *
 * Return: false: nothing was to be had.
 */
bool hub_screen_drop_lines(struct hub_screen *screen, uint64_t *ret_lines);

/**
 * hub_screen_leave_out() - give up what is not read yet: members get it, the screen does not
 *
 * For a guest that may not wait.
 */
void hub_screen_leave_out(struct hub_screen *screen);

/** hub_screen_rest() - a new dispatch has begun */
void hub_screen_rest(struct hub_screen *screen);

/** hub_screen_answer() - give the guest the answers to its queries, as far as it takes them */
void hub_screen_answer(struct hub_screen *screen);

/** hub_screen_resize() - the console's size has changed */
void hub_screen_resize(struct hub_screen *screen, unsigned cols, unsigned rows);

/** hub_screen_boundary() - from where on the tape to go on behind a replay */
uint64_t hub_screen_boundary(const struct hub_screen *screen);

/**
 * hub_screen_replay() - bytes that show the present screen; none, if nothing was written yet
 * @how: VT_REPLAY_HISTORY is left out where there is very much of it
 *
 * Return: 0, -ENOMEM.
 */
int hub_screen_replay(struct hub_screen *screen, const struct vt_replay *how, struct strbuf *out);

/**
 * struct hub_screen_state - what is left of one to another program
 * @has_engine: there is @shown, what it is at @boundary of the tape; plain up to version 1.2
 * @next:     where it reads on; what is between is the beginning of a sequence
 * @settled:  up to where members may read of that
 * @may_wait: until that has been read, one that has not read it answers the same to what may be
 *            asked of a frozen one
 * @sequences, @plain, @lines, @first, @marks: of the backlog, marks as they are
 */
struct hub_screen_state {
	bool is_used, has_engine, may_wait;
	unsigned cols, rows;
	uint64_t boundary, next, quiet, settled;
	uint64_t sequences, plain, lines;
	unsigned first, count;
	struct snapshot_bytes marks, answers;
	struct chardev_shown shown;
};

extern const struct snapshot_field hub_screen_fields[];

/**
 * hub_screen_prepare() - make what hub_screen_save() needs long for; good until the engine is used
 *
 * Takes as long as a look at the engine does.
 */
void hub_screen_prepare(struct hub_screen *screen);

/** hub_screen_forgo() - it will not be saved soon, or would be made anew */
void hub_screen_forgo(struct hub_screen *screen);

/** hub_screen_save() - put it; nothing changes */
void hub_screen_save(const struct hub_screen *screen, struct snapshot_writer *writer);

/**
 * hub_screen_load() - go on, of one at which nobody has looked; the tape has its bytes already
 * @from: stays open until store_own() says that it need not
 *
 * Return: 0; -ENOMEM; -EBADMSG.
 */
int hub_screen_load(struct hub_screen *screen, const struct hub_screen_state *state,
	const struct snapshot *from);

#endif
