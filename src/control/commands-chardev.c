/* SPDX-License-Identifier: MIT */
/*
 * Chardevs: made, changed, unmade, listed.
 */
#include "control/commands.h"

#include "backend/ringbuf.h"
#include "base/cleanup.h"
#include "chardev/chardev-impl.h"
#include "control/backend-opts.h"
#include "control/data-format.h"
#include "control/dial.h"
#include "control/fd-names.h"
#include "control/json-text.h"
#include "control/swap.h"
#include "control/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { RINGBUF_READ_MAX = 1024 * 1024 };

static struct chardev_set *set_of(const struct call *call)
{
	return world_chardevs(call_world(call));
}

/* ---- options of one that is to be made ---- */

static const struct field backend_args[] = {
	{ "id", &type_string, .help = "the chardev's name" },
	{ "backend", &type_chardev_backend, .help = "what it is made of" },
	{ 0 },
};

static int read_backend(struct call *call, struct opts **ret_opts, struct error **err)
{
	return backend_opts_read(world_config(call_world(call))->chardev_classes,
		call_string(call, "id"), json_object_get(call_args(call), "backend"), ret_opts,
		err);
}

/* A descriptor that this session was handed. Return: it; -ENOENT: fd= is none of those. */
static int take_named_fd(struct call *call, struct opts *opts, int *ret_fd, struct error **err)
{
	const char *name = opts_text(opts, "fd");
	char number[16];

	*ret_fd = name ? fd_names_take(call_caller(call)->fds, name) : -ENOENT;
	if (*ret_fd < 0)
		return 0;
	snprintf(number, sizeof(number), "%d", *ret_fd);
	return opts_set(opts, "fd", number) < 0 ? error_set(err, ENOMEM, "out of memory") : 0;
}

/* What came of it. */
static json_t *made(const struct chardev *chardev)
{
	AUTO_FREE char *where = chardev_describe(chardev);

	if (strcmp(chardev_class_name(chardev), "pty") != 0 || !where)
		return json_object();
	return json_pack("{s:s}", "pty", where + strlen("pty:"));
}

static const struct type chardev_return = { .kind = TYPE_STRUCT,
	.name = "ChardevReturn",
	.fields = (const struct field[]){
		{ "pty", &type_string, .optional = true, .help = "the terminal, of a pty" },
		{ 0 },
	} };

/* ---- chardev-add ---- */

static int add(struct call *call, struct opts *opts, json_t **ret_result, struct error **err)
{
	AUTO_CLOSE int fd = -1; /* the chardev has a duplicate */
	struct chardev *chardev;
	int r = take_named_fd(call, opts, &fd, err);

	if (r == 0)
		r = world_add_chardev(call_world(call), opts, &chardev, err);
	if (r < 0) {
		error_prefix(err, "Failed to add chardev '%s': ", call_string(call, "id"));
		return r;
	}
	*ret_result = made(chardev);
	return 0;
}

static void add_dialled(struct call *call, struct opts *opts, struct error *error)
{
	json_t *result = NULL;

	if (error)
		error_prefix(&error, "Failed to add chardev '%s': ", call_string(call, "id"));
	else
		add(call, opts, &result, &error);
	opts_free(opts);
	call_end(call, result, error);
}

static int chardev_add(struct call *call, struct error **err)
{
	const char *id = call_string(call, "id");
	AUTO_OPTS struct opts *opts = NULL;
	json_t *result;
	int r = read_backend(call, &opts, err);

	if (r < 0)
		return r;
	if (chardev_set_find(set_of(call), id))
		return error_set(err, EEXIST, "Chardev with id '%s' already exists", id);
	if (dial_is_needed(opts))
		return dial(call, TAKE_PTR(opts), add_dialled, err);
	r = add(call, opts, &result, err);
	return r < 0 ? r : call_return(call, result, err);
}

/* ---- chardev-change ---- */

static int change(struct call *call, struct opts *opts, json_t **ret_result, struct error **err)
{
	AUTO_CLOSE int fd = -1;
	struct chardev *chardev;
	int r = take_named_fd(call, opts, &fd, err);

	if (r == 0)
		r = swap_chardev(call_world(call), call_string(call, "id"), opts, &chardev, err);
	if (r == 0)
		*ret_result = made(chardev);
	return r;
}

static void change_dialled(struct call *call, struct opts *opts, struct error *error)
{
	json_t *result = NULL;

	if (!error)
		change(call, opts, &result, &error);
	opts_free(opts);
	call_end(call, result, error);
}

static int chardev_change(struct call *call, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	json_t *result;
	int r = read_backend(call, &opts, err);

	if (r == 0)
		r = swap_check(call_world(call), call_string(call, "id"), err);
	if (r < 0)
		return r;
	if (dial_is_needed(opts))
		return dial(call, TAKE_PTR(opts), change_dialled, err);
	r = change(call, opts, &result, err);
	return r < 0 ? r : call_return(call, result, err);
}

/* ---- chardev-remove, chardev-send-break ---- */

static const struct field id_args[] = {
	{ "id", &type_string, .help = "the chardev's name" },
	{ 0 },
};

static int chardev_remove(struct call *call, struct error **err)
{
	return world_remove_chardev(call_world(call), call_string(call, "id"), err);
}

static int chardev_send_break(struct call *call, struct error **err)
{
	return chardev_set_send_break(set_of(call), call_string(call, "id"), err);
}

/* ---- query-chardev ---- */

static const struct type chardev_info = { .kind = TYPE_STRUCT,
	.name = "ChardevInfo",
	.fields = (const struct field[]){
		{ "frontend-open", &type_bool, .help = "whether somebody holds it" },
		{ "filename", &type_string, .help = "where it leads" },
		{ "label", &type_string, .help = "its name" },
		{ 0 },
	} };

static const struct type chardev_infos = {
	.kind = TYPE_LIST, .name = "ChardevInfoList", .element = &chardev_info
};

static json_t *describe(const struct chardev *chardev)
{
	AUTO_FREE char *where = chardev_describe(chardev);

	return json_pack("{s:b,s:o,s:s}", "frontend-open", chardev_is_held(chardev), "filename",
		where ? json_of_bytes(where, strlen(where)) : NULL, "label", chardev_id(chardev));
}

static int query_chardev(struct call *call, struct error **err)
{
	AUTO_JSON json_t *list = json_array();
	const struct chardev *at = NULL;

	while (list && (at = chardev_set_next(set_of(call), at)))
		if (json_array_append_new(list, describe(at)) < 0)
			return error_set(err, ENOMEM, "out of memory");
	return call_return(call, json_incref(list), err);
}

/* ---- query-chardev-backends ---- */

static const struct type backend_info = { .kind = TYPE_STRUCT,
	.name = "ChardevBackendInfo",
	.fields = (const struct field[]){
		{ "name", &type_string, .help = "of the class" },
		{ 0 },
	} };

static const struct type backend_infos = {
	.kind = TYPE_LIST, .name = "ChardevBackendInfoList", .element = &backend_info
};

static int query_chardev_backends(struct call *call, struct error **err)
{
	const struct chardev_class *const *at = world_config(call_world(call))->chardev_classes;
	AUTO_JSON json_t *list = json_array();

	for (; *at && list; at++)
		if (json_array_append_new(list, json_pack("{s:s}", "name", (*at)->name)) < 0)
			return error_set(err, ENOMEM, "out of memory");
	return call_return(call, json_incref(list), err);
}

/* ---- ring buffers ---- */

static int find_ringbuf(struct call *call, struct chardev **ret_ringbuf, struct error **err)
{
	const char *id = call_string(call, "device");

	*ret_ringbuf = chardev_set_find(set_of(call), id);
	if (!*ret_ringbuf)
		return error_set(err, ENOENT, "Device '%s' not found", id);
	if (!ringbuf_is(*ret_ringbuf))
		return error_set(err, EINVAL, "%s is not a ringbuf device", id);
	return 0;
}

static const struct field ringbuf_write_args[] = {
	{ "device", &type_string, .help = "the ring buffer" },
	{ "data", &type_string, .help = "what to put in" },
	{ "format", &type_data_format, .optional = true,
		.help = "how it is written; default: utf8" },
	{ 0 },
};

static int ringbuf_write(struct call *call, struct error **err)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	struct chardev *ringbuf;
	int r = find_ringbuf(call, &ringbuf, err);

	if (r == 0)
		r = data_read(call, &bytes, err);
	if (r == 0 && bytes.len)
		ringbuf_append(ringbuf, bytes.data, bytes.len);
	return r;
}

static const struct field ringbuf_read_args[] = {
	{ "device", &type_string, .help = "the ring buffer" },
	{ "size", &type_int, .help = "how many bytes to take at most" },
	{ "format", &type_data_format, .optional = true,
		.help = "how to write them; default: utf8" },
	{ 0 },
};

static int ringbuf_take(struct call *call, struct error **err)
{
	int64_t size = call_int(call, "size", 0);
	struct chardev *ringbuf;
	AUTO_FREE char *bytes = NULL;
	size_t len;
	int r = find_ringbuf(call, &ringbuf, err);

	if (r < 0)
		return r;
	if (size <= 0)
		return error_set(err, EINVAL, "size must be greater than zero");
	len = ringbuf_used(ringbuf) < RINGBUF_READ_MAX ? ringbuf_used(ringbuf) : RINGBUF_READ_MAX;
	len = (uint64_t)size < len ? (size_t)size : len;
	bytes = malloc(len + 1);
	if (!bytes)
		return error_set(err, ENOMEM, "out of memory");
	len = ringbuf_read(ringbuf, bytes, len);
	if (!data_is_base64(call)) /* as QEMU has it, text ends at the first null byte */
		len = strnlen(bytes, len);
	return call_return(call, data_write(call, bytes, len), err);
}

const struct command commands_chardev[] = {
	{ "chardev-add", "Make a chardev", backend_args, &chardev_return, chardev_add },
	{ "chardev-change", "Put another chardev in the place of one", backend_args,
		&chardev_return, chardev_change },
	{ "chardev-remove", "Unmake a chardev that nobody holds", id_args, NULL, chardev_remove },
	{ "chardev-send-break", "Act as if the peer of a chardev had sent a break", id_args, NULL,
		chardev_send_break },
	{ "query-chardev", "List all chardevs", NULL, &chardev_infos, query_chardev },
	{ "query-chardev-backends", "List the classes of chardevs", NULL, &backend_infos,
		query_chardev_backends },
	{ "ringbuf-write", "Put bytes into a ring buffer", ringbuf_write_args, NULL,
		ringbuf_write },
	{ "ringbuf-read", "Take bytes out of a ring buffer", ringbuf_read_args, &type_string,
		ringbuf_take },
	{ 0 },
};
