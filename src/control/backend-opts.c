/* SPDX-License-Identifier: MIT */
/*
 * The tables of options say what a class takes; here is what QAPI calls by another name or writes
 * in another form. What is read into is the same options as those of the command line, so there is
 * one way to make a chardev.
 */
#include "control/backend-opts.h"

#include "base/cleanup.h"
#include "chardev/chardev-impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DATA_PATH "backend.data"

const struct type type_chardev_backend = { .kind = TYPE_STRUCT,
	.name = "ChardevBackend",
	.fields = (const struct field[]){
		{ "type", &type_string, .help = "the class: pty, socket, hub, ..." },
		{ "data", &type_any, .optional = true,
			.help = "its options; {} where it has none" },
		{ 0 },
	} };

/* ---- what QAPI calls otherwise ---- */

/**
 * struct member - of the data of a class
 * @option: of ours; NULL: an address
 * @to:     of an address: what its members are; NULL: the options of the same name
 */
struct member {
	const char *class, *name, *option;
	const char *(*to)(const char *name);
	bool required;
};

static const char *local_option(const char *name)
{
	if (!strcmp(name, "host"))
		return "localaddr";
	return !strcmp(name, "port") ? "localport" : name;
}

static const char *same_option(const char *name)
{
	return !strcmp(name, "str") ? "fd" : name;
}

static const struct member members[] = {
	{ "file", "out", "path", NULL, true },
	{ "file", "in", "input-path", NULL, false },
	{ "pipe", "device", "path", NULL, true },
	{ "serial", "device", "path", NULL, true },
	{ "mux", "chardev", "chardev", NULL, true },
	{ "socket", "addr", NULL, same_option, true },
	{ "udp", "remote", NULL, same_option, true },
	{ "udp", "local", NULL, local_option, false },
};

#define for_each_member(pos, of_class)                                       \
	for (const struct member *pos = members;                             \
		pos < members + sizeof(members) / sizeof(members[0]); pos++) \
		if (!strcmp(pos->class, (of_class)->name))

/* Options that are said in an address, and nowhere else. */
static const char address_options[] = "path|abstract|tight|host|port|to|ipv4|ipv6|cid|fd|localaddr|"
				      "localport";

static const struct kind {
	const char *name, *members, *required;
} kinds[] = {
	{ "unix", "path|abstract|tight", "path" },
	{ "inet",
		"host|port|numeric|to|ipv4|ipv6|keep-alive|keep-alive-count|keep-alive-idle|"
		"keep-alive-interval|user-timeout-ms",
		"host|port" },
	{ "vsock", "cid|port", "cid|port" },
	{ "fd", "str", "str" },
};

static const struct member *find_member(const struct chardev_class *class, const char *name)
{
	for_each_member (at, class)
		if (!strcmp(at->name, name))
			return at;
	return NULL;
}

/* Has an option of this class another name here? */
static bool is_hidden(const struct chardev_class *class, const char *option)
{
	bool has_address = false;

	for_each_member (at, class) {
		has_address |= !at->option;
		if (at->option && !strcmp(at->option, option))
			return true;
	}
	return has_address && opts_enum_index(address_options, option) >= 0;
}

static const struct opt_desc *find_desc(const struct opt_desc *table, const char *name)
{
	for (; table && table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

/* What is above a chardev: its type, its name, a mux of its own. */
static bool is_above(const char *name)
{
	return opts_enum_index("backend|id|mux", name) >= 0;
}

static const struct opt_desc *find_option(const struct chardev_class *class, const char *name)
{
	const struct opt_desc *desc = find_desc(class->options, name);

	return desc || is_above(name) ? desc : find_desc(chardev_common_options, name);
}

static const struct type *type_of(enum opt_type type)
{
	switch (type) {
	case OPT_BOOL:
	case OPT_OFF: return &type_bool;
	case OPT_NUMBER:
	case OPT_UINT32:
	case OPT_SIZE: return &type_int;
	case OPT_LIST: return &type_string_list;
	case OPT_GROUPS: return &type_any;
	default: return &type_string;
	}
}

/* ---- reading ---- */

struct reader {
	const struct chardev_class *class;
	struct opts *opts;
	struct error **err;
};

static int out_of_memory(struct reader *reader)
{
	return error_set(reader->err, ENOMEM, "out of memory");
}

static int unexpected(struct reader *reader, const char *path, const char *name)
{
	return error_set(reader->err, EINVAL, "Parameter '%s.%s' is unexpected", path, name);
}

static int missing(struct reader *reader, const char *path, const char *name)
{
	return error_set(reader->err, EINVAL, "Parameter '%s.%s' is missing", path, name);
}

static int set(struct reader *reader, const char *key, const char *value)
{
	return opts_set(reader->opts, key, value) < 0 ? out_of_memory(reader) : 0;
}

static int set_scalar(struct reader *reader, const char *key, const json_t *value)
{
	char number[24];

	if (json_is_string(value))
		return set(reader, key, json_string_value(value));
	if (json_is_boolean(value))
		return set(reader, key, json_is_true(value) ? "on" : "off");
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return set(reader, key, number);
}

static int read_option(struct reader *reader, const struct opt_desc *desc, const char *key,
	const char *path, const json_t *value);

static int set_list(struct reader *reader, const char *key, const json_t *list)
{
	int r = 0;

	for (size_t i = 0; i < json_array_size(list) && r == 0; i++) {
		AUTO_FREE char *element = NULL;

		if (asprintf(&element, "%s.%zu", key, i) < 0) {
			element = NULL;
			return out_of_memory(reader);
		}
		r = set_scalar(reader, element, json_array_get(list, i));
	}
	return r;
}

static int read_group(struct reader *reader, const struct opt_desc *table, const char *key,
	const char *path, const json_t *group)
{
	json_t *walked = (json_t *)(uintptr_t)group;
	int r = type_check(&(const struct type){ .kind = TYPE_ANY }, group, path, reader->err);

	if (r == 0 && !json_is_object(group))
		return error_set(reader->err, EINVAL,
			"Invalid parameter type for '%s', expected: object", path);
	for (void *at = json_object_iter(walked); at && r == 0;
		at = json_object_iter_next(walked, at)) {
		const char *name = json_object_iter_key(at);
		const struct opt_desc *desc = find_desc(table, name);
		AUTO_FREE char *member_key = NULL;
		AUTO_FREE char *member_path = NULL;

		if (!desc)
			return unexpected(reader, path, name);
		if (asprintf(&member_key, "%s.%s", key, name) < 0)
			member_key = NULL;
		if (asprintf(&member_path, "%s.%s", path, name) < 0)
			member_path = NULL;
		if (!member_key || !member_path)
			return out_of_memory(reader);
		r = read_option(reader, desc, member_key, member_path, json_object_iter_value(at));
	}
	return r;
}

static int read_groups(struct reader *reader, const struct opt_desc *desc, const char *key,
	const char *path, const json_t *list)
{
	int r = 0;

	if (!json_is_array(list))
		return error_set(reader->err, EINVAL,
			"Invalid parameter type for '%s', expected: array", path);
	for (size_t i = 0; i < json_array_size(list) && r == 0; i++) {
		AUTO_FREE char *group_key = NULL;
		AUTO_FREE char *group_path = NULL;

		if (asprintf(&group_key, "%s.%zu", key, i) < 0)
			group_key = NULL;
		if (asprintf(&group_path, "%s[%zu]", path, i) < 0)
			group_path = NULL;
		if (!group_key || !group_path)
			return out_of_memory(reader);
		r = read_group(reader, desc->group, group_key, group_path, json_array_get(list, i));
	}
	return r;
}

static int read_option(struct reader *reader, const struct opt_desc *desc, const char *key,
	const char *path, const json_t *value)
{
	int r = type_check(type_of(desc->type), value, path, reader->err);

	if (r < 0)
		return r;
	if (desc->type == OPT_GROUPS)
		return read_groups(reader, desc, key, path, value);
	if (desc->type == OPT_LIST)
		return set_list(reader, key, value);
	if (desc->type == OPT_ENUM && opts_enum_index(desc->values, json_string_value(value)) < 0)
		return error_set(reader->err, EINVAL, "Parameter '%s' does not accept value '%s'",
			desc->name, json_string_value(value));
	return set_scalar(reader, key, value);
}

/* ---- addresses ---- */

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static int check_required(
	struct reader *reader, const struct kind *kind, const char *path, const json_t *data)
{
	const char *at = kind->required;

	while (at) {
		size_t len = strcspn(at, "|");

		if (!json_object_getn(data, at, len))
			return error_set(reader->err, EINVAL, "Parameter '%s.%.*s' is missing",
				path, (int)len, at);
		at = at[len] ? at + len + 1 : NULL;
	}
	return 0;
}

static int read_address_member(struct reader *reader, const struct member *member, const char *path,
	const char *name, const json_t *value)
{
	const char *option = member->to(name);
	const struct opt_desc *desc = find_option(reader->class, option);
	AUTO_FREE char *member_path = NULL;

	if (!strcmp(name, "numeric"))
		return 0; /* names are looked up as well as numbers */
	if (!desc)
		return unexpected(reader, path, name);
	if (asprintf(&member_path, "%s.%s", path, name) < 0) {
		member_path = NULL;
		return out_of_memory(reader);
	}
	return read_option(reader, desc, option, member_path, value);
}

static int read_address_data(struct reader *reader, const struct member *member,
	const struct kind *kind, const char *path, const json_t *data)
{
	json_t *walked = (json_t *)(uintptr_t)data;
	int r;

	if (!json_is_object(data))
		return error_set(reader->err, EINVAL,
			"Invalid parameter type for '%s', expected: object", path);
	r = check_required(reader, kind, path, data);
	for (void *at = json_object_iter(walked); at && r == 0;
		at = json_object_iter_next(walked, at)) {
		const char *name = json_object_iter_key(at);

		if (opts_enum_index(kind->members, name) < 0)
			return unexpected(reader, path, name);
		r = read_address_member(reader, member, path, name, json_object_iter_value(at));
	}
	return r;
}

static const struct type address_type = { .kind = TYPE_STRUCT,
	.name = "SocketAddressLegacy",
	.fields = (const struct field[]){
		{ "type", &type_string, .help = "unix, inet, vsock or fd" },
		{ "data", &type_any, .optional = true, .help = "the address" },
		{ 0 },
	} };

static int read_address(
	struct reader *reader, const struct member *member, const char *path, const json_t *value)
{
	int r = type_check(&address_type, value, path, reader->err);
	const json_t *data = json_object_get(value, "data");
	AUTO_FREE char *data_path = NULL;
	const struct kind *kind;
	const char *name;

	if (r < 0)
		return r;
	name = json_string_value(json_object_get(value, "type"));
	kind = find_kind(name);
	if (!kind)
		return error_set(
			reader->err, EINVAL, "Parameter 'type' does not accept value '%s'", name);
	if (!data)
		return missing(reader, path, "data");
	if (asprintf(&data_path, "%s.data", path) < 0) {
		data_path = NULL;
		return out_of_memory(reader);
	}
	return read_address_data(reader, member, kind, data_path, data);
}

/* ---- the data of a class ---- */

static int read_data_member(struct reader *reader, const char *name, const json_t *value)
{
	const struct member *member = find_member(reader->class, name);
	const char *option = member && member->option ? member->option : name;
	const struct opt_desc *desc = find_option(reader->class, option);
	AUTO_FREE char *path = NULL;

	if (!member && (!desc || is_hidden(reader->class, name)))
		return unexpected(reader, DATA_PATH, name);
	if (asprintf(&path, DATA_PATH ".%s", name) < 0) {
		path = NULL;
		return out_of_memory(reader);
	}
	if (member && !member->option)
		return read_address(reader, member, path, value);
	return read_option(reader, desc, option, path, value);
}

static int read_data(struct reader *reader, const json_t *data)
{
	json_t *walked = (json_t *)(uintptr_t)data;
	int r = 0;

	if (!json_is_object(data))
		return error_set(reader->err, EINVAL,
			"Invalid parameter type for '" DATA_PATH "', expected: object");
	for_each_member (at, reader->class)
		if (at->required && !json_object_get(data, at->name))
			return missing(reader, DATA_PATH, at->name);
	for (void *at = json_object_iter(walked); at && r == 0;
		at = json_object_iter_next(walked, at))
		r = read_data_member(reader, json_object_iter_key(at), json_object_iter_value(at));
	return r;
}

/* Nobody else's console may wait because a client does not come. */
static int preset_socket(struct reader *reader)
{
	const char *server = opts_text(reader->opts, "server");
	int r = server ? 0 : set(reader, "server", "on");

	if (r == 0 && !(server && !strcmp(server, "off")))
		r = set(reader, "wait", "off");
	return r;
}

static int read_all(struct reader *reader, const char *id, const json_t *data)
{
	int r = read_data(reader, data);

	if (r == 0)
		r = set(reader, "backend", reader->class->name);
	if (r == 0)
		r = set(reader, "id", id);
	if (r == 0 && !strcmp(reader->class->name, "socket"))
		r = preset_socket(reader);
	return r;
}

int backend_opts_read(const struct chardev_class *const *classes, const char *id,
	const json_t *backend, struct opts **ret_opts, struct error **err)
{
	const char *type = json_string_value(json_object_get(backend, "type"));
	const json_t *data = json_object_get(backend, "data");
	AUTO_OPTS struct opts *opts = NULL;
	struct reader reader = { .class = chardev_class_find(classes, type), .err = err };
	int r;

	if (!reader.class)
		return error_set(err, EINVAL, "Parameter 'type' does not accept value '%s'", type);
	if (!data)
		return error_set(err, EINVAL, "Parameter '" DATA_PATH "' is missing");
	reader.opts = opts = opts_new();
	if (!opts)
		return error_set(err, ENOMEM, "out of memory");
	r = read_all(&reader, id, data);
	if (r == 0)
		*ret_opts = TAKE_PTR(opts);
	return r;
}

/* ---- for the schema ---- */

static bool nth_visible(const struct chardev_class *class, const struct opt_desc *table,
	size_t *index, struct field *ret_field)
{
	for (; table && table->name; table++) {
		if (is_hidden(class, table->name) || is_above(table->name))
			continue;
		if (!(*index)--) {
			*ret_field = (struct field){ table->name, type_of(table->type), true,
				table->help };
			return true;
		}
	}
	return false;
}

bool backend_opts_next_member(
	const struct chardev_class *class, size_t index, struct field *ret_field)
{
	for_each_member (at, class)
		if (!index--) {
			*ret_field = (struct field){ at->name,
				at->option ? &type_string : &address_type, !at->required, "" };
			return true;
		}
	return nth_visible(class, class->options, &index, ret_field) ||
	       nth_visible(class, chardev_common_options, &index, ret_field);
}
