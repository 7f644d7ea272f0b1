/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_COMMAND_H
#define CONTROL_COMMAND_H

#include "control/type.h"

/*
 * A command is an entry in a table of a commands-*.c, which stands in command_tables. QMP, the
 * human monitor and the library find it there, check its arguments by its types and run it.
 */
struct call;
struct caller;
struct chardev;
struct chardev_peer;
struct world;

/** struct command - what clients may ask for */
struct command {
	/** As QMP writes it: "chardev-add". */
	const char *name;

	/** What it does, one line without a full stop. */
	const char *help;

	/** Its arguments; ends with a NULL name; NULL: none. */
	const struct field *args;

	/** What comes back; NULL: an empty object. */
	const struct type *returns;

	/**
	 * Do it. Arguments have been checked and are in call_args(); what comes back is given to
	 * call_return(). With CALL_LATER it is call_end() that answers, and @on_cancel of
	 * call_defer() is called if the caller goes before that.
	 *
	 * Return: 0; CALL_LATER; -errno with @err.
	 */
	int (*run)(struct call *call, struct error **err);
};

enum { CALL_LATER = 1 };

/** command_tables - NULL-terminated list of tables, each of which ends with a NULL name */
extern const struct command *const command_tables[];

/** command_find() - by name; NULL: none */
const struct command *command_find(const char *name);

/** command_next() - walk through all, table by table; NULL starts and ends */
const struct command *command_next(const struct command *after);

/** caller_take_fn - who takes the peer of a session over; see hand_over() */
typedef void caller_take_fn(void *data, struct chardev *peer, const void *rest, size_t len);

/**
 * struct caller_ops - what a command may ask of who called; each may be NULL
 */
struct caller_ops {
	/** A descriptor that came with the request: the command's to close. Return: it; -ENOENT */
	int (*take_fd)(void *data);

	/** Events of these names come from now on; NULL: all. Return: 0; -ENOMEM */
	int (*subscribe)(void *data, const json_t *names);

	/** Where the peer of the session is. Return: false: nothing is known */
	bool (*peer)(void *data, struct chardev_peer *ret_peer);

	/**
	 * Once the answer to this command has been sent, the session is over: @fn gets the chardev
	 * of its peer, which is @fn's from then on, and what the peer has sent behind the command.
	 * NULL: the peer has gone before that. Return: 0; -ENOTSUP: the peer is not the session's
	 * to give away, its chardev has a name of its own.
	 */
	int (*hand_over)(void *data, caller_take_fn *fn, void *fn_data);
};

/**
 * struct caller - a session whose commands run here; lives in the session
 * @who:  for logs and events: "user:joe", "monitor mon0"; owned by the session
 * @fds:  named descriptors of this session
 * @call: what is being run; NULL: nothing
 * @error_class: of the error of the last command, as QMP has them; "GenericError" where the command
 *        says nothing else
 *
 * It outlives the dispatch in which its command runs: one that removes the session's own chardev
 * ends it in a task.
 */
struct caller {
	struct world *world;
	const struct caller_ops *ops;
	void *data;
	const char *who;
	struct fd_names *fds;
	struct call *call;
	const char *error_class;
};

/** caller_init() - nothing runs yet; @ops: static; NULL: commands may ask for nothing */
void caller_init(struct caller *caller, struct world *world, const struct caller_ops *ops,
	void *data, const char *who);

/** caller_done() - what runs is cancelled, named descriptors are closed */
void caller_done(struct caller *caller);

/**
 * caller_run() - check the arguments and run a command
 * @args:   object; NULL: none given
 * @on_end: gets what came of it, in here or later: @result is borrowed and NULL where @error, which
 *          is @on_end's to free, is set
 *
 * There is one at a time: @caller->call is NULL.
 */
void caller_run(struct caller *caller, const struct command *command, const json_t *args,
	void (*on_end)(void *data, json_t *result, struct error *error));

/**
 * caller_tell() - publish that a command was run that is in no table (event COMMAND)
 * @args:  its arguments, of which names are told; NULL: none
 * @error: NULL: it went well
 */
void caller_tell(const struct caller *caller, const char *command, const json_t *args,
	const struct error *error);

/* ---- for commands ---- */

struct world *call_world(const struct call *call);
struct caller *call_caller(const struct call *call);

/** call_args() - the object of the arguments; never NULL */
const json_t *call_args(const struct call *call);

/** call_string() - an argument; NULL: not given */
const char *call_string(const struct call *call, const char *name);

/** call_int() - an argument, or @preset where it was not given */
int64_t call_int(const struct call *call, const char *name, int64_t preset);

/** call_bool() - the same */
bool call_bool(const struct call *call, const char *name, bool preset);

/** call_fails_as() - the class of the error that run() returns: "DeviceNotFound"; a constant */
void call_fails_as(struct call *call, const char *error_class);

/** call_return() - @result becomes the call's. Return: 0; -ENOMEM with @err where it is NULL */
int call_return(struct call *call, json_t *result, struct error **err);

/**
 * call_defer() - the answer comes later
 * @on_cancel: the caller has gone: call_end() may not be called any more
 *
 * Return: CALL_LATER.
 */
int call_defer(struct call *call, void (*on_cancel)(void *data), void *data);

/**
 * call_end() - answer one that was deferred, from the loop
 * @result: NULL: an empty object
 * @error:  NULL: it went well; both are the call's from now on, and there is no call any more
 */
void call_end(struct call *call, json_t *result, struct error *error);

#endif
