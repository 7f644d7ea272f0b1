/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that come with requests, over a unix socket: kept by name in the session, in the
 * numbered sets that paths may name, or given to a server as a client.
 */
/* syscalls: close */
#include "control/commands.h"

#include "base/cleanup.h"
#include "control/fd-names.h"
#include "control/json-put.h"
#include "control/world.h"
#include "vnc/vnc.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Return: the caller's; -ENOENT with @err. */
static int take_fd(struct call *call, struct error **err)
{
	const struct caller *caller = call_caller(call);
	int fd = caller->ops->take_fd ? caller->ops->take_fd(caller->data) : -ENOENT;

	return fd < 0 ? error_set(err, ENOENT, "No file descriptor supplied via SCM_RIGHTS") : fd;
}

/* ---- getfd, closefd ---- */

static const struct field name_args[] = {
	{ "fdname", &type_string, .help = "its name in this session" },
	{ 0 },
};

static int getfd(struct call *call, struct error **err)
{
	const char *name = call_string(call, "fdname");
	AUTO_CLOSE int fd = take_fd(call, err);
	int r;

	if (fd < 0)
		return fd;
	if (isdigit((unsigned char)*name))
		return error_set(
			err, EINVAL, "Parameter 'fdname' expects a name not starting with a digit");
	r = fd_names_put(&call_caller(call)->fds, name, fd);
	if (r < 0)
		return error_set(err, -r, "no more than %d descriptors are kept", FD_NAMES_MAX);
	TAKE_FD(fd);
	return 0;
}

static int closefd(struct call *call, struct error **err)
{
	const char *name = call_string(call, "fdname");
	AUTO_CLOSE int fd = fd_names_take(call_caller(call)->fds, name);

	return fd < 0 ? error_set(err, ENOENT, "File descriptor named '%s' not found", name) : 0;
}

/* ---- add-fd, remove-fd, query-fdsets ---- */

static const struct type add_fd_info = { .kind = TYPE_STRUCT,
	.name = "AddfdInfo",
	.fields = (const struct field[]){
		{ "fdset-id", &type_int, .help = "number of the set" },
		{ "fd", &type_int, .help = "number of the descriptor here" },
		{ 0 },
	} };

static const struct field add_fd_args[] = {
	{ "fdset-id", &type_int, .optional = true,
		.help = "set that it joins; default: a new one" },
	{ "opaque", &type_string, .optional = true, .help = "a note, for query-fdsets" },
	{ 0 },
};

static int add_fd(struct call *call, struct error **err)
{
	int64_t set = call_int(call, "fdset-id", FDSET_NEW);
	AUTO_CLOSE int fd = take_fd(call, err);
	int number = fd, r;

	if (fd < 0)
		return fd;
	if (set < 0 && json_object_get(call_args(call), "fdset-id"))
		return error_set(err, EINVAL, "Parameter 'fdset-id' expects a non-negative value");
	r = fdsets_put(world_fdsets(call_world(call)), set, fd, call_string(call, "opaque"), &set);
	if (r < 0)
		return error_set(err, -r, "no more than %d descriptors are kept", FDSETS_MAX);
	TAKE_FD(fd);
	return call_return(
		call, json_pack("{s:I,s:i}", "fdset-id", (json_int_t)set, "fd", number), err);
}

static const struct field remove_fd_args[] = {
	{ "fdset-id", &type_int, .help = "the set" },
	{ "fd", &type_int, .optional = true, .help = "one of it; default: all" },
	{ 0 },
};

static int remove_fd(struct call *call, struct error **err)
{
	int64_t set = call_int(call, "fdset-id", 0), fd = call_int(call, "fd", FDSET_ALL);
	bool all = !json_object_get(call_args(call), "fd");

	if ((all || (fd >= 0 && fd <= INT32_MAX)) &&
		fdsets_remove(world_fdsets(call_world(call)), set, (int)fd) == 0)
		return 0;
	if (all)
		return error_set(err, ENOENT, "File descriptor named 'fdset-id:%lld' not found",
			(long long)set);
	return error_set(err, ENOENT, "File descriptor named 'fdset-id:%lld, fd:%lld' not found",
		(long long)set, (long long)fd);
}

static const struct type fdset_fd_info = { .kind = TYPE_STRUCT,
	.name = "FdsetFdInfo",
	.fields = (const struct field[]){
		{ "fd", &type_int, .help = "number of the descriptor here" },
		{ "opaque", &type_string, .optional = true, .help = "note that came with it" },
		{ 0 },
	} };
static const struct type fdset_fd_infos = {
	.kind = TYPE_LIST, .name = "FdsetFdInfoList", .element = &fdset_fd_info
};
static const struct type fdset_info = { .kind = TYPE_STRUCT,
	.name = "FdsetInfo",
	.fields = (const struct field[]){
		{ "fdset-id", &type_int, .help = "number of the set" },
		{ "fds", &fdset_fd_infos, .help = "what is in it" },
		{ 0 },
	} };
static const struct type fdset_infos = {
	.kind = TYPE_LIST, .name = "FdsetInfoList", .element = &fdset_info
};

/* Return: the array of the set's descriptors; a new set at the end of @list. NULL: no memory. */
static json_t *fds_of(json_t *list, int64_t set)
{
	json_t *last = json_array_get(list, json_array_size(list) - 1);

	if (last && json_integer_value(json_object_get(last, "fdset-id")) == set)
		return json_object_get(last, "fds");
	last = json_pack("{s:I,s:[]}", "fdset-id", (json_int_t)set, "fds");
	return json_array_append_new(list, last) < 0 ? NULL : json_object_get(last, "fds");
}

static json_t *describe_fd(int fd, const char *opaque)
{
	json_t *info = json_pack("{s:i}", "fd", fd);

	json_put_text(&info, "opaque", opaque);
	return info;
}

static int query_fdsets(struct call *call, struct error **err)
{
	const struct fdsets *fdsets = world_fdsets(call_world(call));
	AUTO_JSON json_t *list = json_array();
	const char *opaque;
	int64_t set;
	int fd;

	for (size_t i = 0; list && (fd = fdsets_next(fdsets, i, &set, &opaque)) >= 0; i++)
		if (json_array_append_new(fds_of(list, set), describe_fd(fd, opaque)) < 0)
			return error_set(err, ENOMEM, "out of memory");
	return call_return(call, json_incref(list), err);
}

/* ---- add_client ---- */

static const struct field add_client_args[] = {
	{ "protocol", &type_string, .help = "'vnc', or the id of a socket server" },
	{ "fdname", &type_string, .help = "a connected socket, by its name in this session" },
	{ "skipauth", &type_bool, .optional = true, .help = "accepted where it is false" },
	{ "tls", &type_bool, .optional = true, .help = "accepted where it is false" },
	{ 0 },
};

/* @fd is taken. */
static int give_client(struct call *call, const char *protocol, int fd, struct error **err)
{
	struct world *world = call_world(call);
	struct chardev *chardev = chardev_set_find(world_chardevs(world), protocol);
	struct vnc_server *vnc = world_next_vnc(world, NULL);

	if (!strcmp(protocol, "vnc") && vnc)
		return vnc_server_adopt(vnc, fd, err);
	if (chardev)
		return chardev_add_client(chardev, fd) < 0
			       ? error_set(err, EINVAL, "failed to add client")
			       : 0;
	close(fd);
	return error_set(err, EINVAL, "protocol '%s' is invalid", protocol);
}

static int add_client(struct call *call, struct error **err)
{
	const char *name = call_string(call, "fdname");
	int fd;

	if (call_bool(call, "skipauth", false) || call_bool(call, "tls", false))
		return error_set(err, EINVAL,
			"a client logs in, and is encrypted, as the server's options say");
	fd = fd_names_take(call_caller(call)->fds, name);
	if (fd < 0)
		return error_set(
			err, ENOENT, "File descriptor named '%s' has not been found", name);
	return give_client(call, call_string(call, "protocol"), fd, err);
}

const struct command commands_fd[] = {
	{ "getfd", "Keep the descriptor that comes with this, by name", name_args, NULL, getfd },
	{ "closefd", "Close a descriptor that is kept by name", name_args, NULL, closefd },
	{ "add-fd", "Put the descriptor that comes with this into a set: /dev/fdset/N", add_fd_args,
		&add_fd_info, add_fd },
	{ "remove-fd", "Close descriptors of a set", remove_fd_args, NULL, remove_fd },
	{ "query-fdsets", "List the sets of descriptors", NULL, &fdset_infos, query_fdsets },
	{ "add_client", "Let a server take a connected socket for a client", add_client_args, NULL,
		add_client },
	{ 0 },
};
