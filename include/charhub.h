/* SPDX-License-Identifier: MIT */
#ifndef CHARHUB_H
#define CHARHUB_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CHARHUB_API __attribute__((visibility("default")))

/*
 * libcharhub: consoles that many share, in a program of your own. doc/library.md is the way in,
 * charhubd(1) and doc/backends say what options there are.
 *
 * A context (struct charhub) has an event loop, consoles, and what takes part in them. All of it
 * belongs to one thread at a time; charhub_post() alone may be called from any. Contexts share
 * nothing: a process may have many, each in a thread of its own.
 *
 * What holds for every function:
 *
 *	waiting	    None but charhub_run() and charhub_free() ever waits; see there.
 *	results	    0 or more, or a negative errno. Where there is a last parameter @err, which may
 *		    be NULL, it then gets an error that says why in words, and that is yours. *@err
 *		    is NULL before. Memory that runs out is an error like any other.
 *	strings	    UTF-8, borrowed until the function returns. What a function gives is yours where
 *		    its parameter says so.
 *	structs	    with @size first grow at their end: @size is sizeof of it as you compiled it,
 *		    the rest is zeroed, and a later library takes what is missing for 0.
 *	callbacks   come from charhub_dispatch(), charhub_run(), charhub_free() and the function
 *		    that says so. From inside one you may call all but those three. Any may be NULL.
 *	handles	    A pointer to a console or a member is yours until you free it, or the context:
 *		    also when what it stands for has gone, as by a command. Then @on_gone has come,
 *		    and functions give -ENODEV.
 *	the process Nothing is printed, no signal handler is set, SIGPIPE is never raised, and no
 *		    thread but those of the library gets other signals than before. No descriptor is
 *		    inherited by a child.
 *
 * Directions are the guest's: output is what it prints, input is what people type.
 */
struct charhub;
struct charhub_console;
struct charhub_member;
struct charhub_error;
struct charhub_class; /* charhub-backend.h */

/* ---- version: which library this is ---- */

#define CHARHUB_VERSION_MAJOR 0
#define CHARHUB_VERSION_MINOR 1
#define CHARHUB_VERSION_PATCH 0

#define CHARHUB_VERSION_NUMBER \
	(CHARHUB_VERSION_MAJOR * 10000 + CHARHUB_VERSION_MINOR * 100 + CHARHUB_VERSION_PATCH)

/** charhub_version() - of the library that runs: "0.1.0". It may be newer than this header */
CHARHUB_API const char *charhub_version(void);

/** charhub_version_number() - the same as CHARHUB_VERSION_NUMBER has it */
CHARHUB_API int charhub_version_number(void);

/* ---- error: why something failed ---- */

/** charhub_error_message() - one sentence that names the thing, without a newline; the error's */
CHARHUB_API const char *charhub_error_message(const struct charhub_error *error);

/** charhub_error_hint() - lines that say what would be right; NULL: none; the error's */
CHARHUB_API const char *charhub_error_hint(const struct charhub_error *error);

/** charhub_error_code() - the positive errno: the function gave the negative one */
CHARHUB_API int charhub_error_code(const struct charhub_error *error);

/** charhub_error_free() - NULL is fine */
CHARHUB_API void charhub_error_free(struct charhub_error *error);

/* ---- context: what everything is made in, and its loop ---- */

/** enum charhub_level - how much a message matters */
enum charhub_level {
	CHARHUB_LOG_NONE,
	CHARHUB_LOG_ERROR,
	CHARHUB_LOG_WARNING,
	CHARHUB_LOG_INFO,
	CHARHUB_LOG_DEBUG,
};

/**
 * struct charhub_config - what a context is made of; all zero is fine but for @size
 * @size:      sizeof(struct charhub_config)
 * @name:      of the guest or the host, for titles of screens
 * @log_level: up to which level @on_log is told
 * @log_folders: of debug lines only those of these parts of the library: "hub,vnc"; NULL: all
 * @on_log:    a line, without a newline. @folder: the part of the library that says it. A kind of
 *             message that comes too often is told with "(and N more)". It may come from inside any
 *             function, and must call none
 * @on_event:  something has happened: a member came, a viewer left. @name and @json as QMP has
 *             them, see doc/qmp.md: "HUB_MEMBER_OPENED", {"hub": "con0", ...}. Never from inside
 * the function that made it happen
 * @data:      for both
 * @classes:   types of chardevs of your own, ends with NULL; both it and they outlive the context.
 *             See charhub-backend.h
 */
struct charhub_config {
	size_t size;
	const char *name;
	enum charhub_level log_level;
	const char *log_folders;
	void (*on_log)(void *data, enum charhub_level level, const char *folder, const char *line);
	void (*on_event)(void *data, const char *name, const char *json);
	void *data;
	const struct charhub_class *const *classes;
};

/**
 * charhub_new() - a context with nothing in it
 * @config: borrowed until return, and what it points to copied; NULL: all zero
 *
 * Costs two descriptors, and no thread until something needs one.
 *
 * Return: 0, *@ret_charhub is the caller's; -EINVAL, -ENOMEM, -EMFILE.
 */
CHARHUB_API int charhub_new(const struct charhub_config *config, struct charhub **ret_charhub,
	struct charhub_error **err);

/**
 * charhub_free() - unmake everything, and the context; NULL is fine
 *
 * What has been posted runs first. Then waits until members and files have taken what they had
 * accepted, two seconds at most where one does not. Consoles and members are freed with it.
 * @on_gone does not come.
 */
CHARHUB_API void charhub_free(struct charhub *charhub);

/**
 * charhub_run() - serve until charhub_stop()
 *
 * For a thread that does nothing else. Who has a loop already uses the three functions below.
 */
CHARHUB_API void charhub_run(struct charhub *charhub);

/** charhub_stop() - make charhub_run() return once what is being done is done */
CHARHUB_API void charhub_stop(struct charhub *charhub);

/**
 * charhub_fd() - the descriptor that tells your loop when there is something to do
 *
 * Readable, level triggered; nothing else may be done with it. The context's own loop is epoll's,
 * and this is its descriptor, which can itself be waited for by epoll, poll, select, and any loop
 * that stands on them, such as libuv's and glib's. It is the same for the life of the context.
 */
CHARHUB_API int charhub_fd(struct charhub *charhub);

/**
 * charhub_timeout_ms() - how long your loop may wait for charhub_fd()
 *
 * To be asked before each wait: any function of this library may have changed it.
 *
 * Return: milliseconds; 0: do not wait; -1: for ever.
 */
CHARHUB_API int charhub_timeout_ms(struct charhub *charhub);

/**
 * charhub_dispatch() - do what there is to do, a bounded amount, without waiting
 *
 * When charhub_fd() is readable or the time of charhub_timeout_ms() is over; at any other time it
 * does no harm.
 */
CHARHUB_API void charhub_dispatch(struct charhub *charhub);

/**
 * charhub_post() - let @fn(@data) be called by the context's thread, soon
 *
 * From any thread, and from @fn itself, but no call may begin once charhub_free() has: what is
 * posted last may well be what ends the context. Calls come in the order in which one thread posts
 * them. It wakes charhub_run(), and makes charhub_fd() readable.
 *
 * Return: 0; -ENOMEM: @fn is not called.
 */
CHARHUB_API int charhub_post(struct charhub *charhub, void (*fn)(void *data), void *data);

/* ---- make: what the command line of charhubd makes ---- */

/** struct charhub_option - one of a list that ends with a NULL @key: { "path", "/run/x" } */
struct charhub_option {
	const char *key;
	const char *value;
};

/**
 * charhub_add() - make what an option of charhubd(1) makes
 * @kind: "chardev", "device", "object", "vnc", "listen", "mon", "metrics" or "audit"
 * @text: its argument, "socket,id=a,path=/run/a,server=on,wait=off", or the same as JSON:
 *        {"backend": "socket", "id": "a", ...}
 *
 * Of chardevs there are all types but `stdio`, and those of charhub_config; of devices `console`.
 *
 * Return: 0; -EINVAL: the options are wrong; another negative errno of what it tried.
 */
CHARHUB_API int charhub_add(
	struct charhub *charhub, const char *kind, const char *text, struct charhub_error **err);

/**
 * charhub_add_options() - the same of options one by one, with no character that means anything
 * @options: { "backend", "socket" }, { "id", "a" }, ...; values may hold commas and braces
 */
CHARHUB_API int charhub_add_options(struct charhub *charhub, const char *kind,
	const struct charhub_option *options, struct charhub_error **err);

/**
 * charhub_remove() - unmake a "chardev", "device", "mon" or "object"
 *
 * Return: 0; -ENOENT; -EBUSY: something needs it; -EINVAL: no such kind, or it stays.
 */
CHARHUB_API int charhub_remove(
	struct charhub *charhub, const char *kind, const char *id, struct charhub_error **err);

/**
 * charhub_command() - run a command of QMP, such as "query-consoles"; doc/qmp.md has all
 * @arguments: a JSON object; NULL: none
 * @on_answer: called once, in here or later: @json is what comes back, borrowed, and NULL where
 *             @error, borrowed too, says why it failed. With charhub_free() it may not come
 *
 * Return: 0, @on_answer has come or comes; -ENOENT: no such command; -EINVAL: @arguments are no
 * JSON object; -ENOMEM: in these @on_answer does not come.
 */
CHARHUB_API int charhub_command(struct charhub *charhub, const char *name, const char *arguments,
	void (*on_answer)(void *data, const char *json, const struct charhub_error *error),
	void *data, struct charhub_error **err);

/* ---- console: one that your program is the guest of, or just looks at ---- */

/** CHARHUB_NEVER_WAIT - the guest stands still while it waits: let slow members miss bytes early */
#define CHARHUB_NEVER_WAIT 1u

/**
 * struct charhub_console_config - a console whose guest you are
 * @size:     sizeof(struct charhub_console_config)
 * @id:       its name; required
 * @options:  of doc/backends/hub.md, as text or JSON: "typing=one,window=4M"; NULL: none
 * @flags:    CHARHUB_NEVER_WAIT
 * @on_input: people have typed. Return: how many bytes of it you take; of the rest the library
 *            keeps what it has, and lets people wait: it comes again once you call
 *            charhub_console_resume(). NULL: all is thrown away
 * @on_room:  charhub_console_write() takes bytes again; once after each short one
 * @on_resize: the console's size is another one now
 * @on_break: somebody has sent a break
 * @on_gone:  it was removed by somebody else
 * @data:     for all of them
 */
struct charhub_console_config {
	size_t size;
	const char *id;
	const char *options;
	unsigned flags;
	size_t (*on_input)(void *data, const void *bytes, size_t len);
	void (*on_room)(void *data);
	void (*on_resize)(void *data, unsigned cols, unsigned rows);
	void (*on_break)(void *data);
	void (*on_gone)(void *data);
	void *data;
};

/**
 * charhub_console_new() - make a console and be its guest
 * @config: borrowed until return, and what it points to copied
 *
 * Return: 0 with a handle; -EINVAL: the options are wrong; -EEXIST; -ENOMEM.
 */
CHARHUB_API int charhub_console_new(struct charhub *charhub,
	const struct charhub_console_config *config, struct charhub_console **ret_console,
	struct charhub_error **err);

/**
 * charhub_console_find() - a handle of a console that was made otherwise: -chardev hub
 *
 * Its guest is somebody else: charhub_console_write() gives -EBUSY.
 *
 * Return: 0 with a handle, one more for each call; -ENOENT; -EINVAL: it is no hub; -ENOMEM.
 */
CHARHUB_API int charhub_console_find(struct charhub *charhub, const char *id,
	struct charhub_console **ret_console, struct charhub_error **err);

/**
 * charhub_console_free() - give a handle back; NULL is fine
 *
 * With that of charhub_console_new() the console goes, and its members are told.
 */
CHARHUB_API void charhub_console_free(struct charhub_console *console);

/**
 * charhub_console_write() - print: offer bytes of the guest
 *
 * Never waits, and calls nobody back. How much it takes is what the slowest member that keeps up
 * leaves of the window; without any member everything is taken and held for who comes.
 *
 * Return: how many it took, 0..@len: if fewer, @on_room comes once; -ENODEV; -EBUSY: you are not
 * the guest.
 */
CHARHUB_API ssize_t charhub_console_write(
	struct charhub_console *console, const void *bytes, size_t len);

/** charhub_console_resume() - @on_input takes bytes again; may call it from in here */
CHARHUB_API void charhub_console_resume(struct charhub_console *console);

/**
 * charhub_console_resize() - give the console a size, as if a terminal had it
 *
 * Return: 0; -EINVAL: not 1..1000 each; -ENODEV.
 */
CHARHUB_API int charhub_console_resize(
	struct charhub_console *console, unsigned cols, unsigned rows, struct charhub_error **err);

/**
 * struct charhub_console_info - what there is to know; charhub_command("query-hubs") has more
 * @size:      sizeof(struct charhub_console_info)
 * @cols, @rows: of the console
 * @has_guest: somebody is its guest
 * @is_terminal: people read it: it has a screen
 * @members:   how many take part, of which at @open_members somebody is
 * @end:       offset of the next byte of output: as many were printed so far
 * @held_from: output is held from there to @end
 * @kept:      and from 0 up to there
 * @lost:      bytes that members have never been given, in all
 */
struct charhub_console_info {
	size_t size;
	unsigned cols, rows;
	int has_guest, is_terminal;
	size_t members, open_members;
	uint64_t end, held_from, kept, lost;
};

/** charhub_console_info() - fill in @info, whose @size is set. Return: 0; -ENODEV; -EINVAL */
CHARHUB_API int charhub_console_info(
	struct charhub_console *console, struct charhub_console_info *info);

/* ---- member: who takes part in a console ---- */

/** enum charhub_access - what a member may */
enum charhub_access { CHARHUB_TYPE, CHARHUB_VIEW };

/** enum charhub_stall - what happens when it does not keep up; see doc/backends/hub.md */
enum charhub_stall {
	CHARHUB_STALL_PRESET,
	CHARHUB_STALL_SKIP,
	CHARHUB_STALL_WAIT,
	CHARHUB_STALL_CLOSE,
};

/** enum charhub_replay - what it gets first */
enum charhub_replay {
	CHARHUB_REPLAY_PRESET,
	CHARHUB_REPLAY_SCREEN,
	CHARHUB_REPLAY_WINDOW,
	CHARHUB_REPLAY_NONE,
};

/**
 * struct charhub_member_config - a member, which is what its three first parts say, one of them
 * @size:      sizeof(struct charhub_member_config)
 * @id:        its name, which nothing else in the context has; NULL: one is made up
 * @chardev:   a chardev by its name; the rest of the callbacks is not used
 * @fd:        with @has_fd: a connected socket, a terminal, a pipe that can be written or both. It
 *             is made non-blocking, and the library's from then on. The member goes with its peer
 * @on_output: output. Return: how many bytes of it you take; if fewer, the rest comes again once
 *             you call charhub_member_resume()
 * @on_room:   charhub_member_write() takes bytes again; once after each short one
 * @on_resize: the console's size is another one now
 * @on_gone:   it takes part no more: its peer has gone, it was sent away or removed
 * @data:      for all of them
 * @identity:  who is there, for rules and lists: "user:joe"; NULL: as the kernel knows a unix
 *             socket's peer, or "anonymous"
 * @access:    may it type
 * @stall:     what happens when it does not keep up; PRESET: as the console's options say
 * @replay:    what it gets first; PRESET: as the console's options say
 */
struct charhub_member_config {
	size_t size;
	const char *id;
	const char *chardev;
	int has_fd, fd;
	size_t (*on_output)(void *data, const void *bytes, size_t len);
	void (*on_room)(void *data);
	void (*on_resize)(void *data, unsigned cols, unsigned rows);
	void (*on_gone)(void *data);
	void *data;
	const char *identity;
	enum charhub_access access;
	enum charhub_stall stall;
	enum charhub_replay replay;
};

/**
 * charhub_member_new() - let one more take part
 * @config:     borrowed until return, and what it points to copied
 * @ret_member: NULL: no handle is wanted: the member stays for as long as its peer does, or a
 *              chardev until it is removed; not for a member of callbacks
 *
 * No callback comes from in here; what it gets first comes soon after.
 *
 * Return: 0; -EINVAL, -EEXIST, -ENOENT, -EBUSY: the chardev is in use; -EACCES: rules forbid;
 * -ENODEV; -ENOMEM. A descriptor is yours still then.
 */
CHARHUB_API int charhub_member_new(struct charhub_console *console,
	const struct charhub_member_config *config, struct charhub_member **ret_member,
	struct charhub_error **err);

/**
 * charhub_console_add_fd() - the same for a descriptor, with nothing else said
 *
 * "Here is somebody who has connected": the member goes when he does.
 */
CHARHUB_API int charhub_console_add_fd(
	struct charhub_console *console, int fd, struct charhub_error **err);

/**
 * charhub_member_free() - let it take part no more, and give the handle back; NULL is fine
 *
 * Its descriptor is closed, a chardev is free for others; @on_gone does not come.
 */
CHARHUB_API void charhub_member_free(struct charhub_member *member);

/**
 * charhub_member_write() - type, as a member of callbacks
 *
 * Never waits, and does not call @on_output; the guest's @on_input may be called from in here.
 *
 * Return: how many bytes it took, 0..@len: if fewer, @on_room comes once; -ENODEV; -EINVAL: it is a
 * chardev or a descriptor, which types for itself.
 */
CHARHUB_API ssize_t charhub_member_write(
	struct charhub_member *member, const void *bytes, size_t len);

/** charhub_member_resume() - @on_output takes bytes again; comes soon, not from in here */
CHARHUB_API void charhub_member_resume(struct charhub_member *member);

/** charhub_member_resize() - its terminal has this size. Return: 0; -EINVAL; -ENODEV */
CHARHUB_API int charhub_member_resize(struct charhub_member *member, unsigned cols, unsigned rows);

/** charhub_member_break() - it sends a break. Return: 0; -EINVAL; -ENODEV */
CHARHUB_API int charhub_member_break(struct charhub_member *member);

/* ---- screen: what stands on a console, and what it has printed ---- */

/** enum charhub_format - how a screen is shown */
enum charhub_format {
	CHARHUB_TEXT, /* lines of UTF-8, each with a newline, blanks at their ends left out */
	CHARHUB_VT,   /* bytes that make any terminal like xterm look the same */
	CHARHUB_PNG,  /* a picture; takes milliseconds, for a very large screen longer */
};

/**
 * charhub_console_screen() - the screen as it is now
 * @ret_data: @ret_len bytes, and a NUL; for charhub_free_data()
 *
 * Return: 0; -EINVAL: the console is no terminal; -ENODEV; -ENOMEM.
 */
CHARHUB_API int charhub_console_screen(struct charhub_console *console, enum charhub_format format,
	char **ret_data, size_t *ret_len, struct charhub_error **err);

/** charhub_free_data() - what charhub_console_screen() gave; NULL is fine */
CHARHUB_API void charhub_free_data(char *data);

/** enum charhub_attribute - of a cell */
enum charhub_attribute {
	CHARHUB_BOLD = 1 << 0,
	CHARHUB_FAINT = 1 << 1,
	CHARHUB_ITALIC = 1 << 2,
	CHARHUB_BLINK = 1 << 3,
	CHARHUB_INVERSE = 1 << 4,
	CHARHUB_INVISIBLE = 1 << 5,
	CHARHUB_STRIKE = 1 << 6,
	CHARHUB_OVERLINE = 1 << 7,
	CHARHUB_UNDERLINE = 1 << 8,
	CHARHUB_CURSOR = 1 << 9, /* the cursor stands here, and is shown */
};

/**
 * struct charhub_cell - one column of a row; will never be another size
 * @text:       UTF-8 that ends with a NUL; "" for a blank and for the right half of a wide
 *              character
 * @fg, @bg:    0xRRGGBB, as they are painted: bold, faint, inverse and invisible have been applied
 * @attributes: enum charhub_attribute
 * @width:      1; 2: it takes the next cell too; 0: it is that next cell
 */
struct charhub_cell {
	char text[24];
	uint32_t fg, bg;
	uint16_t attributes;
	uint16_t width;
};

/**
 * charhub_console_cells() - a row of the screen
 * @row:   from 0
 * @cells: room for @count
 *
 * Return: how many cells the row has, of which the first @count are there; -ERANGE: no such row;
 * -EINVAL: the console is no terminal; -ENODEV; -ENOMEM.
 */
CHARHUB_API int charhub_console_cells(
	struct charhub_console *console, unsigned row, struct charhub_cell *cells, size_t count);

/**
 * charhub_console_history() - what was printed, from the byte with this offset on
 * @offset: see charhub_console_info
 *
 * Return: how many bytes are in @buf, 0: nothing is printed behind @offset yet; -ERANGE: that byte
 * is not held any more, or far ahead; -ENODEV.
 */
CHARHUB_API ssize_t charhub_console_history(
	struct charhub_console *console, uint64_t offset, void *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif
