/* SPDX-License-Identifier: MIT */
/*
 * Wait until a console prints what fits a POSIX extended regular expression, from an offset on and
 * never before it: what a script has seen already is no answer.
 *
 *	stream	over the bytes as they came. The newest BYTES_MAX that follow the offset are looked
 *		at each time, so that a match may come in any pieces; "^" and "$" are at line feeds
 *	screen	over the rows that have changed since the command was given, as they are to be seen
 *
 * Output that comes in many pieces is looked at once in LOOK_MS, so that a console that prints at
 * full speed does not pay for those who wait for something; what is held already PARTS_A_ROUND
 * parts at a time, so that nobody else does either.
 */
#include "control/console-wait.h"

#include "base/strbuf.h"
#include "control/console.h"
#include "control/json-put.h"
#include "control/world.h"
#include "vt/vt.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#ifndef REG_STARTEND /* musl: what the guest printed is looked at up to a NUL */
#define REG_STARTEND 0
#endif

enum {
	BYTES_MAX = 16 * 1024,
	PATTERN_MAX = 1024,
	REPEATS_MAX = 1000,
	LOOK_MS = 20,
	PARTS_A_ROUND = 16, /* of what is held already */
	DEADLINE_MS = 60000,
	DEADLINE_MAX_MS = 24 * 60 * 60 * 1000,
};

static const struct type where_type = {
	.kind = TYPE_ENUM, .name = "ConsoleWaitWhere", .values = "stream|screen"
};
static const struct type deadline_type = {
	.kind = TYPE_INT, .name = "int", .min = 1, .max = DEADLINE_MAX_MS
};

const struct field console_wait_args[] = {
	{ "console", &type_string, .help = "id of the hub" },
	{ "pattern", &type_string, .help = "POSIX extended regular expression" },
	{ "where", &where_type, .optional = true,
		.help = "in the bytes as they come (default), or in the rows of the screen" },
	{ "offset", &type_size, .optional = true,
		.help = "look at output from there on; default: what comes from now on" },
	{ "timeout-ms", &deadline_type, .optional = true, .help = "how long; default: 60000" },
	{ 0 },
};

const struct type console_wait_result = { .kind = TYPE_STRUCT,
	.name = "ConsoleMatch",
	.fields = (const struct field[]){
		{ "match", &type_string, .help = "the text that fits" },
		{ "groups", &type_string_list, .help = "what the parts in parentheses fit" },
		{ "offset", &type_int, .optional = true,
			.help = "where it begins in the output; not where rows are looked at" },
		{ "end", &type_int, .help = "offset behind it: to go on with" },
		{ 0 },
	} };

/**
 * struct waiter
 * @from:   offset of the first byte that counts and was not dropped from @bytes
 * @bytes:  of the output from there on
 * @seen:   of the screen: what was there at the beginning
 * @look:   runs while output is not looked at
 * @until:  what comes behind that offset is too late
 */
struct waiter {
	struct call *call;
	struct hub_observer observer;
	struct chardev *hub;
	regex_t regex;
	bool on_screen;
	uint64_t from, until;
	struct strbuf bytes;
	struct vt_reader seen;
	struct timer *look, *deadline;
	uint64_t timeout_ms;
};

static void free_waiter(struct waiter *waiter)
{
	hub_unobserve(&waiter->observer);
	timer_free(waiter->look);
	timer_free(waiter->deadline);
	regfree(&waiter->regex);
	strbuf_done(&waiter->bytes);
	free(waiter);
}

static void on_cancel(void *data)
{
	free_waiter(data);
}

static void answer(struct waiter *waiter, json_t *result, struct error *error)
{
	struct call *call = waiter->call;

	free_waiter(waiter);
	call_end(call, result, error);
}

/* ---- matching ---- */

static json_t *groups_of(const struct waiter *waiter, const char *text, const regmatch_t *matches)
{
	json_t *groups = json_array();

	for (size_t i = 1; i <= waiter->regex.re_nsub; i++) {
		const regmatch_t *at = &matches[i];
		size_t len = at->rm_so < 0 ? 0 : (size_t)(at->rm_eo - at->rm_so);

		json_add(&groups, json_of_bytes(len ? text + at->rm_so : "", len));
	}
	return groups;
}

/*
 * @offset: of @text in the output; UINT64_MAX: it has none. Return: whether it fits: then the
 * waiter is no more.
 */
static bool try_text(struct waiter *waiter, const char *text, size_t len, uint64_t offset)
{
	size_t n = waiter->regex.re_nsub + 1;
	regmatch_t *matches = calloc(n, sizeof(*matches));
	struct error *error = NULL;
	struct hub_info info;
	json_t *result;

	if (!matches)
		return false; /* the next output is looked at again */
	matches[0].rm_eo = (regoff_t)len;
	if (regexec(&waiter->regex, text, n, matches, REG_STARTEND) != 0) {
		free(matches);
		return false;
	}
	hub_info(waiter->hub, &info);
	result = json_object();
	json_put(&result, "match",
		json_of_bytes(
			text + matches[0].rm_so, (size_t)(matches[0].rm_eo - matches[0].rm_so)));
	json_put(&result, "groups", groups_of(waiter, text, matches));
	if (offset != UINT64_MAX)
		json_put_number(&result, "offset", offset + (uint64_t)matches[0].rm_so);
	json_put_number(&result, "end",
		offset == UINT64_MAX ? info.end : offset + (uint64_t)matches[0].rm_eo);
	free(matches);
	if (!result)
		error_set(&error, ENOMEM, "out of memory");
	answer(waiter, result, error);
	return true;
}

/* The newest half stays, so that a match that comes in pieces is seen whole. */
static void drop_old(struct waiter *waiter)
{
	size_t drop = waiter->bytes.len - BYTES_MAX / 2;

	strbuf_drop(&waiter->bytes, drop);
	waiter->from += drop;
}

/* Return: false: there is no more, or no memory. */
static bool read_more(struct waiter *waiter)
{
	uint64_t at = waiter->from + waiter->bytes.len;
	struct hub_info info;
	struct iovec iov[2];
	int n = hub_history(waiter->hub, at, BYTES_MAX / 2, iov);

	if (n == -ERANGE) { /* what is not held any more does not fit */
		hub_info(waiter->hub, &info);
		waiter->bytes.len = 0;
		waiter->from = info.held_from;
		n = hub_history(waiter->hub, waiter->from, BYTES_MAX / 2, iov);
	}
	for (int i = 0; i < n; i++)
		strbuf_append(&waiter->bytes, iov[i].iov_base, iov[i].iov_len);
	return n > 0 && !waiter->bytes.failed;
}

static bool look_at_stream(struct waiter *waiter)
{
	for (unsigned i = 0; i < PARTS_A_ROUND; i++) {
		if (waiter->from + waiter->bytes.len >= waiter->until || !read_more(waiter))
			return false;
		if (try_text(waiter, waiter->bytes.data, waiter->bytes.len, waiter->from))
			return true;
		if (waiter->bytes.len > BYTES_MAX / 2)
			drop_old(waiter);
	}
	timer_start(waiter->look, 0);
	return false;
}

static bool look_at_row(struct waiter *waiter, struct vt *vt, unsigned row)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	vt_selection_text(vt, VT_SELECT_BLOCK, (struct vt_point){ (int)row, 0 },
		(struct vt_point){ (int)row, vt_cols(vt) }, &text);
	return try_text(waiter, text.data ? text.data : "", text.len, UINT64_MAX);
}

static bool look_at_screen(struct waiter *waiter)
{
	struct vt *vt = hub_vt(waiter->hub);
	struct vt_damage damage;

	if (!vt || !vt_collect_damage(vt, &waiter->seen, &damage))
		return false;
	for (unsigned row = 0; row < vt_rows(vt); row++)
		if (damage.spans[row].first < damage.spans[row].end && look_at_row(waiter, vt, row))
			return true;
	return false;
}

static bool look(struct waiter *waiter)
{
	return waiter->on_screen ? look_at_screen(waiter) : look_at_stream(waiter);
}

/* ---- what happens ---- */

static void look_on(struct waiter *waiter)
{
	struct error *error = NULL;

	if (look(waiter) || waiter->until == UINT64_MAX || timer_is_running(waiter->look))
		return;
	error_set(&error, ETIMEDOUT, "console '%s' has not printed it in %" PRIu64 " ms",
		chardev_id(waiter->hub), waiter->timeout_ms);
	answer(waiter, NULL, error);
}

static void on_look(void *data)
{
	look_on(data);
}

static void on_output(void *data, struct chardev *hub)
{
	struct waiter *waiter = data;

	(void)hub;
	if (waiter->until == UINT64_MAX && !timer_is_running(waiter->look))
		timer_start(waiter->look, LOOK_MS);
}

/* What was printed by now is still looked at. */
static void on_deadline(void *data)
{
	struct waiter *waiter = data;
	struct hub_info info;

	hub_info(waiter->hub, &info);
	waiter->until = info.end;
	timer_stop(waiter->look);
	look_on(waiter);
}

static void on_gone(void *data)
{
	struct waiter *waiter = data;
	struct error *error = NULL;

	error_set(&error, ENOENT, "console '%s' has gone", chardev_id(waiter->hub));
	answer(waiter, NULL, error);
}

/* ---- the command ---- */

/* "{2,300}": up to 300. Return: the largest number in the braces at @at, which may have no end. */
static unsigned long largest_bound(const char *at)
{
	unsigned long largest = 1, number = 0;

	for (at++; *at && *at != '}'; at++) {
		number = *at >= '0' && *at <= '9' ? number * 10 + (unsigned long)(*at - '0') : 0;
		if (number > REPEATS_MAX)
			return number;
		if (number > largest)
			largest = number;
	}
	return largest;
}

/*
 * Refuse what costs more than its length says: back references, for which all ways to fit are
 * tried, and repetitions, which the library writes out one by one.
 */
static int check_cost(const char *pattern, struct error **err)
{
	unsigned long repeats = 1;

	for (const char *at = pattern; *at; at++) {
		if (*at == '\\' && at[1] >= '1' && at[1] <= '9')
			return error_set(err, EINVAL,
				"Parameter 'pattern' has a back reference, \\%c", at[1]);
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '{')
			repeats *= largest_bound(at);
		if (repeats > REPEATS_MAX)
			return error_set(err, EINVAL,
				"Parameter 'pattern' repeats something more than %d times",
				REPEATS_MAX);
	}
	return 0;
}

static int compile(struct waiter *waiter, const char *pattern, struct error **err)
{
	char why[128];
	int r;

	if (strlen(pattern) > PATTERN_MAX)
		return error_set(
			err, EINVAL, "Parameter 'pattern' is longer than %d bytes", PATTERN_MAX);
	r = check_cost(pattern, err);
	if (r < 0)
		return r;
	r = regcomp(&waiter->regex, pattern, REG_EXTENDED | REG_NEWLINE);
	if (r == 0)
		return 0;
	regerror(r, &waiter->regex, why, sizeof(why));
	return error_set(err, EINVAL, "Parameter 'pattern' is no regular expression: %s", why);
}

static int set_start(struct waiter *waiter, struct error **err)
{
	struct hub_info info;
	struct iovec iov[2];
	struct vt *vt;

	hub_info(waiter->hub, &info);
	waiter->from = (uint64_t)call_int(waiter->call, "offset", (int64_t)info.end);
	if (waiter->from > info.end)
		return error_set(err, EINVAL,
			"offset %" PRIu64
			" of console '%s' was not printed yet: it ends at %" PRIu64,
			waiter->from, chardev_id(waiter->hub), info.end);
	if (hub_history(waiter->hub, waiter->from, 1, iov) == -ERANGE)
		waiter->from = info.held_from;
	if (!waiter->on_screen)
		return 0;
	vt = hub_vt(waiter->hub);
	if (!vt)
		return error_set(err, EINVAL, "console '%s' is no terminal: it has no screen",
			chardev_id(waiter->hub));
	if (waiter->from == info.end) {
		struct vt_damage damage;

		vt_collect_damage(vt, &waiter->seen, &damage);
	}
	return 0;
}

static const struct hub_observer_ops observer_ops = { .on_output = on_output, .on_gone = on_gone };

static int start(struct waiter *waiter, struct error **err)
{
	struct loop *loop = world_loop(call_world(waiter->call));
	int r = set_start(waiter, err);

	if (r < 0)
		return r;
	waiter->look = timer_new(loop, on_look, waiter);
	waiter->deadline = timer_new(loop, on_deadline, waiter);
	if (!waiter->look || !waiter->deadline)
		return error_set(err, ENOMEM, "out of memory");
	waiter->timeout_ms = (uint64_t)call_int(waiter->call, "timeout-ms", DEADLINE_MS);
	timer_start(waiter->deadline, waiter->timeout_ms);
	timer_start(waiter->look, 0);
	waiter->observer = (struct hub_observer){ .ops = &observer_ops, .data = waiter };
	hub_observe(waiter->hub, &waiter->observer);
	return call_defer(waiter->call, on_cancel, waiter);
}

int console_wait_run(struct call *call, struct error **err)
{
	const char *where = call_string(call, "where");
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	int r;

	if (!waiter)
		return error_set(err, ENOMEM, "out of memory");
	waiter->call = call;
	waiter->until = UINT64_MAX;
	waiter->on_screen = where && !strcmp(where, "screen");
	r = console_of_call(call, "console", &waiter->hub, err);
	if (r == 0)
		r = compile(waiter, call_string(call, "pattern"), err);
	if (r < 0) {
		free(waiter);
		return r;
	}
	r = start(waiter, err);
	if (r < 0)
		free_waiter(waiter);
	return r;
}
