/* SPDX-License-Identifier: MIT */
/*
 * Consoles: what was printed, what is typed, and who types.
 */
#include "control/commands.h"
#include "control/console-wait.h"
#include "control/console.h"
#include "control/data-format.h"
#include "control/guests.h"
#include "control/json-put.h"
#include "control/world.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "chardev/chardev-impl.h"
#include "frontend/frontend.h"
#include "vt/vt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONSOLE_ARG                                              \
	{                                                        \
		"console", &type_string, .help = "id of the hub" \
	}

static const struct field console_args[] = { CONSOLE_ARG, { 0 } };

/* ---- query-consoles ---- */

static const struct type console_type = { .kind = TYPE_STRUCT,
	.name = "ConsoleInfo",
	.fields = (const struct field[]){
		{ "name", &type_string, .help = "id of the hub" },
		{ "guest", &type_string, .optional = true,
			.help = "what kind of device the guest's end is; none: there is no guest" },
		{ "guest-id", &type_string, .optional = true, .help = "its id" },
		{ "guest-open", &type_bool, .help = "is the guest there" },
		{ "cols", &type_int, .help = "of the console" },
		{ "rows", &type_int, .help = "of the console" },
		{ "title", &type_string, .optional = true, .help = "that the guest has set" },
		{ "end", &type_int, .help = "offset of the next byte of output" },
		{ "people", &type_int, .help = "at how many members somebody is" },
		{ "typing", &type_string, .help = "'all' or 'one'" },
		{ "keyboard", &type_string, .optional = true, .help = "who has it" },
		{ "last-line", &type_string, .optional = true,
			.help = "newest line with something" },
		{ 0 },
	} };

static const struct type consoles_type = {
	.kind = TYPE_LIST, .name = "ConsoleInfoList", .element = &console_type
};

static void put_guest(json_t **object, const struct frontend *guest)
{
	if (guest) {
		json_put_text(object, "guest", guest->class->name);
		json_put_text(object, "guest-id", *guest->id ? guest->id : NULL);
	}
	json_put_flag(object, "guest-open", guest && guest->guest_open);
}

/* Where somebody may be: a file and a screen are always open. */
static uint64_t count_people(const struct chardev *hub)
{
	struct hub_member_info member;
	uint64_t people = 0;

	for (size_t i = 0; hub_member_info(hub, i, &member) == 0; i++)
		people += member.open && !chardev_is_sink(member.chardev);
	return people;
}

static json_t *describe(struct chardev *hub, const struct frontend *guest)
{
	AUTO_FREE char *last = console_last_line(hub);
	json_t *object = json_object();
	struct hub_info info;

	hub_info(hub, &info);
	json_put_text(&object, "name", chardev_id(hub));
	put_guest(&object, guest);
	json_put_number(&object, "cols", info.cols);
	json_put_number(&object, "rows", info.rows);
	if (info.end && hub_vt(hub) && *vt_title(hub_vt(hub)))
		json_put_text(&object, "title", vt_title(hub_vt(hub)));
	json_put_number(&object, "end", info.end);
	json_put_number(&object, "people", count_people(hub));
	json_put_text(&object, "typing", info.typing_one ? "one" : "all");
	json_put_text(&object, "keyboard", info.keyboard);
	json_put_text(&object, "last-line", last);
	return object;
}

static int query_consoles(struct call *call, struct error **err)
{
	AUTO_JSON json_t *list = json_array();
	AUTO_GUESTS struct guests guests = { 0 };
	struct chardev *hub = NULL;

	if (guests_look(call_world(call), &guests) < 0)
		return error_set(err, ENOMEM, "out of memory");
	while ((hub = console_next(call_world(call), hub)))
		json_add(&list, describe(hub, guests_find(&guests, hub)));
	return call_return(call, json_incref(list), err);
}

/* ---- console-resize ---- */

static const struct type cols_type = {
	.kind = TYPE_INT, .name = "int", .min = 1, .max = VT_COLS_MAX
};
static const struct type rows_type = {
	.kind = TYPE_INT, .name = "int", .min = 1, .max = VT_ROWS_MAX
};

static const struct field resize_args[] = {
	CONSOLE_ARG,
	{ "cols", &cols_type, .help = "columns" },
	{ "rows", &rows_type, .help = "rows" },
	{ 0 },
};

static int console_resize(struct call *call, struct error **err)
{
	struct chardev *hub;
	int r = console_of_call(call, "console", &hub, err);

	return r < 0 ? r
		     : hub_resize(hub, (unsigned)call_int(call, "cols", 0),
			       (unsigned)call_int(call, "rows", 0), err);
}

/* ---- console-history ---- */

enum { HISTORY_BYTES = 64 * 1024, HISTORY_MAX = 1024 * 1024 };

/* What is looked through in one go: as much as hub_history() gives. */
enum { BLOCK_BYTES = 4096 };

static const struct type history_size = {
	.kind = TYPE_INT, .name = "int", .min = 1, .max = HISTORY_MAX
};

static const struct field history_args[] = {
	CONSOLE_ARG,
	{ "offset", &type_size, .optional = true, .help = "from there on" },
	{ "lines", &type_uint32, .optional = true, .help = "the newest so many lines" },
	{ "since", &type_size, .optional = true,
		.help = "from what was printed then, in seconds since 1970" },
	{ "size", &history_size, .optional = true,
		.help = "at most so many bytes; default: 64 KiB, at most 1 MiB" },
	{ "format", &type_data_format, .optional = true, .help = "of the data; default: utf8" },
	{ 0 },
};

static const struct type history_type = { .kind = TYPE_STRUCT,
	.name = "ConsoleHistory",
	.fields = (const struct field[]){
		{ "offset", &type_int, .help = "of the first byte of the data" },
		{ "data", &type_string, .help = "what was printed" },
		{ "next", &type_int, .help = "offset of what follows" },
		{ "end", &type_int, .help = "offset of what is printed next" },
		{ "held-from", &type_int, .help = "output is held from there on" },
		{ "kept", &type_int, .help = "and from 0 up to there" },
		{ 0 },
	} };

static int no_such_offset(const struct chardev *hub, uint64_t offset, struct error **err)
{
	struct hub_info info;

	hub_info(hub, &info);
	if (offset > info.end)
		return error_set(err, ERANGE,
			"offset %" PRIu64
			" of console '%s' was not printed yet: it ends at %" PRIu64,
			offset, chardev_id(hub), info.end);
	error_set(err, ERANGE, "offset %" PRIu64 " of console '%s' is not held any more", offset,
		chardev_id(hub));
	error_set_hint(err, "Held are 0 to %" PRIu64 " and %" PRIu64 " to %" PRIu64 ".", info.kept,
		info.held_from, info.end);
	return -ERANGE;
}

static bool is_line_feed(const struct chardev *hub, uint64_t offset)
{
	struct iovec iov[2];

	return hub_history(hub, offset, 1, iov) == 1 && *(const char *)iov[0].iov_base == '\n';
}

/* Where the line begins that ends before @at, of what is held from @from on. */
static uint64_t line_start(const struct chardev *hub, uint64_t from, uint64_t at)
{
	while (at > from) {
		size_t len = at - from < BLOCK_BYTES ? (size_t)(at - from) : BLOCK_BYTES;
		struct iovec iov[2];

		for (int i = hub_history(hub, at - len, len, iov); i-- > 0;) {
			const char *bytes = iov[i].iov_base;
			const char *feed = memrchr(bytes, '\n', iov[i].iov_len);

			at -= iov[i].iov_len;
			if (feed)
				return at + (uint64_t)(feed - bytes) + 1;
		}
	}
	return from;
}

/* Where the newest @lines lines begin, of what is held; one that has no end yet is one too. */
static uint64_t lines_start(const struct chardev *hub, const struct hub_info *info, uint64_t lines)
{
	uint64_t at = info->end, end = at;

	if (lines && at > info->held_from && is_line_feed(hub, at - 1))
		end--;
	for (; lines && at > info->held_from; lines--) {
		at = line_start(hub, info->held_from, end);
		end = at - (at > info->held_from);
	}
	return at;
}

static uint64_t since_start(const struct chardev *hub, const struct hub_info *info, int64_t since)
{
	uint64_t at = hub_offset_at(hub, since);

	return at >= info->kept && at < info->held_from ? info->held_from : at;
}

/* Return: 0; -EINVAL: several ways to say where. */
static int history_start(const struct call *call, const struct chardev *hub, uint64_t *ret_offset,
	struct error **err)
{
	static const char *const keys[] = { "offset", "lines", "since" };
	const char *given = NULL;
	struct hub_info info;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(call_args(call), keys[i])) {
			if (given)
				return error_set(err, EINVAL,
					"Parameters '%s' and '%s' exclude each other", given,
					keys[i]);
			given = keys[i];
		}
	hub_info(hub, &info);
	if (!given)
		*ret_offset = info.held_from <= info.kept ? 0 : info.held_from;
	else if (!strcmp(given, "offset"))
		*ret_offset = (uint64_t)call_int(call, "offset", 0);
	else if (!strcmp(given, "lines"))
		*ret_offset = lines_start(hub, &info, (uint64_t)call_int(call, "lines", 0));
	else
		*ret_offset = since_start(hub, &info, call_int(call, "since", 0));
	return 0;
}

/* Return: 0; -ERANGE: there is nothing at @offset. */
static int read_history(
	const struct chardev *hub, uint64_t offset, size_t size, struct strbuf *bytes)
{
	while (bytes->len < size) {
		struct iovec iov[2];
		int n = hub_history(hub, offset + bytes->len, size - bytes->len, iov);

		if (n <= 0)
			return bytes->len ? 0 : n;
		for (int i = 0; i < n; i++)
			strbuf_append(bytes, iov[i].iov_base, iov[i].iov_len);
	}
	return 0;
}

static int console_history(struct call *call, struct error **err)
{
	size_t size = (size_t)call_int(call, "size", HISTORY_BYTES);
	AUTO_STRBUF struct strbuf bytes = { 0 };
	AUTO_JSON json_t *history = NULL;
	struct hub_info info;
	struct chardev *hub;
	uint64_t offset = 0;
	int r = console_of_call(call, "console", &hub, err);

	if (r == 0)
		r = history_start(call, hub, &offset, err);
	if (r < 0)
		return r;
	if (read_history(hub, offset, size, &bytes) < 0)
		return no_such_offset(hub, offset, err);
	if (bytes.failed)
		return error_set(err, ENOMEM, "out of memory");
	hub_info(hub, &info);
	history = json_object();
	json_put_number(&history, "offset", offset);
	json_put(&history, "data", data_write(call, bytes.data, bytes.len));
	json_put_number(&history, "next", offset + bytes.len);
	json_put_number(&history, "end", info.end);
	json_put_number(&history, "held-from", info.held_from);
	json_put_number(&history, "kept", info.kept);
	return call_return(call, json_incref(history), err);
}

/* ---- console-input ---- */

enum { INPUT_MAX = 1024 * 1024 };

static const struct field input_args[] = {
	CONSOLE_ARG,
	{ "data", &type_string, .help = "to be typed" },
	{ "format", &type_data_format, .optional = true, .help = "of the data; default: utf8" },
	{ "force", &type_bool, .optional = true,
		.help = "also while somebody else has the keyboard" },
	{ 0 },
};

/** struct typist - a console-input of which the guest has not taken all yet */
struct typist {
	struct call *call;
	struct chardev *hub;
	struct hub_observer observer;
	struct strbuf bytes;
	size_t done;
};

static void free_typist(void *data)
{
	struct typist *typist = data;

	hub_unobserve(&typist->observer);
	strbuf_done(&typist->bytes);
	free(typist);
}

/* Return: all has been taken. */
static bool type_on(struct typist *typist)
{
	typist->done += hub_type(typist->hub, call_caller(typist->call)->who,
		typist->bytes.data + typist->done, typist->bytes.len - typist->done);
	return typist->done == typist->bytes.len;
}

static void on_in_room(void *data, struct chardev *hub)
{
	struct typist *typist = data;
	struct call *call = typist->call;

	(void)hub;
	if (!type_on(typist))
		return;
	free_typist(typist);
	call_end(call, NULL, NULL);
}

static void on_hub_gone(void *data)
{
	struct typist *typist = data;
	struct call *call = typist->call;
	struct error *error = NULL;

	error_set(&error, ENOENT, "console '%s' has gone", chardev_id(typist->hub));
	free_typist(typist);
	call_end(call, NULL, error);
}

static int check_keyboard(const struct call *call, const struct chardev *hub, struct error **err)
{
	struct hub_info info;

	hub_info(hub, &info);
	if (!info.has_guest)
		return error_set(err, ENOTCONN, "console '%s' has no guest", chardev_id(hub));
	if (info.keyboard && !call_bool(call, "force", false))
		return error_set(err, EBUSY, "'%s' has the keyboard of console '%s'", info.keyboard,
			chardev_id(hub));
	return 0;
}

static int read_data(const struct call *call, struct strbuf *bytes, struct error **err)
{
	if (strlen(call_string(call, "data")) > INPUT_MAX)
		return error_set(err, E2BIG, "Parameter 'data' is longer than %d bytes", INPUT_MAX);
	return data_read(call, bytes, err);
}

static const struct hub_observer_ops observer_ops = { .on_in_room = on_in_room,
	.on_gone = on_hub_gone };

static int start_typing(struct typist *typist, struct error **err)
{
	struct call *call = typist->call;
	int r = console_of_call(call, "console", &typist->hub, err);

	if (r == 0)
		r = check_keyboard(call, typist->hub, err);
	if (r == 0)
		r = read_data(call, &typist->bytes, err);
	if (r < 0 || type_on(typist))
		return r;
	typist->observer = (struct hub_observer){ .ops = &observer_ops, .data = typist };
	hub_observe(typist->hub, &typist->observer);
	return call_defer(call, free_typist, typist);
}

static int console_input(struct call *call, struct error **err)
{
	struct typist *typist = calloc(1, sizeof(*typist));
	int r;

	if (!typist)
		return error_set(err, ENOMEM, "out of memory");
	typist->call = call;
	r = start_typing(typist, err);
	if (r != CALL_LATER)
		free_typist(typist);
	return r;
}

/* ---- who types ---- */

static const struct field take_args[] = {
	CONSOLE_ARG,
	{ "member", &type_string, .help = "who gets the keyboard: id of its chardev" },
	{ 0 },
};

static const struct field give_args[] = {
	CONSOLE_ARG,
	{ "member", &type_string, .optional = true,
		.help = "who gets the keyboard; default: who asks for it, else nobody" },
	{ 0 },
};

static int console_take(struct call *call, struct error **err)
{
	struct chardev *hub;
	int r = console_of_call(call, "console", &hub, err);

	return r < 0 ? r
		     : hub_keyboard_take(
			       hub, call_string(call, "member"), call_caller(call)->who, err);
}

static int console_give(struct call *call, struct error **err)
{
	struct chardev *hub;
	int r = console_of_call(call, "console", &hub, err);

	return r < 0 ? r
		     : hub_keyboard_give(
			       hub, call_string(call, "member"), call_caller(call)->who, err);
}

static int console_request(struct call *call, struct error **err)
{
	struct chardev *hub;
	int r = console_of_call(call, "console", &hub, err);

	return r < 0 ? r : hub_keyboard_request(hub, call_string(call, "member"), err);
}

static int console_refuse(struct call *call, struct error **err)
{
	struct chardev *hub;
	int r = console_of_call(call, "console", &hub, err);

	return r < 0 ? r : hub_keyboard_refuse(hub, err);
}

/* ---- log-rotate ---- */

static int log_rotate(struct call *call, struct error **err)
{
	(void)err;
	world_reload(call_world(call));
	return 0;
}

const struct command commands_console[] = {
	{ "query-consoles", "List the consoles", NULL, &consoles_type, query_consoles },
	{ "console-resize", "Give a console another size", resize_args, NULL, console_resize },
	{ "console-history", "Show what a console has printed", history_args, &history_type,
		console_history },
	{ "console-input", "Type at a console; answers once the guest has taken all", input_args,
		NULL, console_input },
	{ "console-wait", "Wait until a console prints something", console_wait_args,
		&console_wait_result, console_wait_run },
	{ "console-take", "Give the keyboard to a member by force", take_args, NULL, console_take },
	{ "console-give", "Give the keyboard away", give_args, NULL, console_give },
	{ "console-request", "Ask for the keyboard", take_args, NULL, console_request },
	{ "console-refuse", "Do not give it to who asks for it", console_args, NULL,
		console_refuse },
	{ "log-rotate", "Open log files anew, after they were moved away", NULL, NULL, log_rotate },
	{ 0 },
};
