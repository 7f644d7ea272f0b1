/* SPDX-License-Identifier: MIT */
/*
 * The human monitor's commands: words instead of JSON, lines instead of objects. What is done is
 * done by the commands of QMP, so that there is one way to do it; a line of the table says which,
 * what its words are called there, and how the answer is read out.
 */
#include "control/hmp-commands.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "chardev/chardev.h"
#include "control/command.h"
#include "control/swap.h"
#include "control/world.h"
#include "opts/opts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct hmp_command - what a person may type
 * @name:   words: "chardev-remove", "info chardev"
 * @params: names of its arguments, which are those of @qmp too; the last one takes the rest of the
 *          line where it ends with "..."; "" if it has none; "[x]" may be left out
 * @qmp:    the command behind it; NULL: @run is all
 * @print:  reads the answer out; NULL: it is empty
 * @run:    instead of @qmp
 */
struct hmp_command {
	const char *name, *params, *help;
	const char *qmp;
	void (*print)(const json_t *result, struct strbuf *out);
	void (*run)(struct caller *caller, const char *rest, struct strbuf *out);
};

static const struct hmp_command commands[];

/* ---- reading answers out ---- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static void print_chardevs(const json_t *list, struct strbuf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *at = json_array_get(list, i);

		strbuf_printf(
			out, "%s: filename=%s\n", text_of(at, "label"), text_of(at, "filename"));
	}
}

static void print_member(const json_t *member, struct strbuf *out)
{
	const char *identity = text_of(member, "identity");

	strbuf_printf(out, "    %s: %s, %s, %s", text_of(member, "id"), text_of(member, "filename"),
		text_of(member, "access"), text_of(member, "standing"));
	if (*identity)
		strbuf_printf(out, ", %s", identity);
	if (is_true(member, "keyboard"))
		strbuf_puts(out, ", has the keyboard");
	strbuf_printf(out, ", backlog %" JSON_INTEGER_FORMAT ", skipped %" JSON_INTEGER_FORMAT "\n",
		number_of(member, "backlog"), number_of(member, "skipped-bytes"));
}

static void print_hubs(const json_t *list, struct strbuf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *hub = json_array_get(list, i);
		const json_t *members = json_object_get(hub, "members");

		strbuf_printf(out,
			"%s: %s, %" JSON_INTEGER_FORMAT "x%" JSON_INTEGER_FORMAT
			", %" JSON_INTEGER_FORMAT " bytes printed, typing=%s\n",
			text_of(hub, "id"), is_true(hub, "console") ? "terminal" : "bytes",
			number_of(hub, "cols"), number_of(hub, "rows"), number_of(hub, "end"),
			text_of(hub, "typing"));
		for (size_t j = 0; j < json_array_size(members); j++)
			print_member(json_array_get(members, j), out);
	}
}

static void print_consoles(const json_t *list, struct strbuf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *at = json_array_get(list, i);

		strbuf_printf(out, "%s: guest %s, %" JSON_INTEGER_FORMAT " people, %s\n",
			text_of(at, "name"), is_true(at, "guest-open") ? "there" : "away",
			number_of(at, "people"), text_of(at, "last-line"));
	}
}

static void print_viewers(const json_t *clients, struct strbuf *out)
{
	for (size_t i = 0; i < json_array_size(clients); i++) {
		const json_t *at = json_array_get(clients, i);

		strbuf_printf(out, "  Client: %s:%s (%s)\n", text_of(at, "host"),
			text_of(at, "service"), text_of(at, "family"));
	}
}

static void print_vnc(const json_t *list, struct strbuf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *server = json_array_get(list, i), *addresses;

		strbuf_printf(out, "%s:\n", text_of(server, "id"));
		addresses = json_object_get(server, "server");
		for (size_t j = 0; j < json_array_size(addresses); j++) {
			const json_t *at = json_array_get(addresses, j);

			strbuf_printf(out, "  Server: %s:%s (%s)\n", text_of(at, "host"),
				text_of(at, "service"), text_of(at, "family"));
		}
		strbuf_printf(out, "  Auth: %s\n", text_of(server, "auth"));
		print_viewers(json_object_get(server, "clients"), out);
	}
	if (!json_array_size(list))
		strbuf_puts(out, "None\n");
}

static void print_version(const json_t *version, struct strbuf *out)
{
	strbuf_printf(out, "%s\n", text_of(version, "package"));
}

static void print_name(const json_t *name, struct strbuf *out)
{
	if (*text_of(name, "name"))
		strbuf_printf(out, "%s\n", text_of(name, "name"));
}

static void print_status(const json_t *status, struct strbuf *out)
{
	strbuf_printf(out, "VM status: %s\n", text_of(status, "status"));
}

/* As QEMU does: what is no text is shown by its number. */
static void print_data(const json_t *data, struct strbuf *out)
{
	const unsigned char *at = (const unsigned char *)json_string_value(data);

	for (; at && *at; at++) {
		if (*at == '\\')
			strbuf_puts(out, "\\\\");
		else if ((*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7f)
			strbuf_printf(out, "\\u%04X", *at);
		else
			strbuf_putc(out, (char)*at);
	}
	strbuf_putc(out, '\n');
}

static void print_screen(const json_t *screen, struct strbuf *out)
{
	const json_t *lines = json_object_get(screen, "lines");

	for (size_t i = 0; i < json_array_size(lines); i++)
		strbuf_printf(out, "%s\n", json_string_value(json_array_get(lines, i)));
}

/* ---- running a command ---- */

/** struct answer - of a command that was run from here */
struct answer {
	json_t *result;
	struct error *error;
	bool came;
};

static void on_end(void *data, json_t *result, struct error *error)
{
	struct answer *answer = data;

	answer->came = true;
	answer->error = error;
	answer->result = error ? NULL : json_incref(result);
}

static void print_error(const struct error *error, struct strbuf *out)
{
	strbuf_printf(out, "Error: %s\n", error_message(error));
	if (error_hint(error))
		strbuf_printf(out, "%s\n", error_hint(error));
}

/* In a session of its own, so that the answer is here when this returns, or never. */
static void run_qmp(struct caller *caller, const struct hmp_command *command, const json_t *args,
	struct strbuf *out)
{
	const struct command *qmp = command_find(command->qmp);
	struct answer answer = { 0 };
	struct caller own;

	if (!qmp) {
		strbuf_printf(out, "Error: there is no command %s\n", command->qmp);
		return;
	}
	caller_init(&own, caller->world, NULL, &answer, caller->who);
	caller_run(&own, qmp, args, on_end);
	caller_done(&own);
	if (!answer.came)
		strbuf_printf(out, "Error: %s cannot be waited for here\n", command->name);
	else if (answer.error)
		print_error(answer.error, out);
	else if (command->print)
		command->print(answer.result, out);
	json_decref(answer.result);
	error_free(answer.error);
}

/* ---- words ---- */

static const char *skip_spaces(const char *at)
{
	return at + strspn(at, " \t");
}

/* A word, or what stands in quotes. Return: behind it; *@ret_word is the caller's. */
static const char *take_word(const char *at, char **ret_word)
{
	size_t len;

	if (*at == '"') {
		len = strcspn(at + 1, "\"");
		*ret_word = strndup(at + 1, len);
		return at + 1 + len + (at[1 + len] == '"');
	}
	len = strcspn(at, " \t");
	*ret_word = strndup(at, len);
	return at + len;
}

/* Is the type of this argument of the QMP command a number? */
static bool is_number(const struct command *qmp, const char *name)
{
	for (const struct field *at = qmp ? qmp->args : NULL; at && at->name; at++)
		if (!strcmp(at->name, name))
			return at->type->kind == TYPE_INT;
	return false;
}

static int put_argument(
	const struct hmp_command *command, const char *name, const char *word, json_t *args)
{
	uint64_t number;

	if (!is_number(command_find(command->qmp), name))
		return json_object_set_new(args, name, json_string(word));
	if (parse_u64(word, &number) < 0 || number > INT64_MAX)
		return -1;
	return json_object_set_new(args, name, json_integer((json_int_t)number));
}

static void ask_for(const struct hmp_command *command, const char *what, struct strbuf *out)
{
	strbuf_printf(out, "%s: %s expected\nTry \"help %s\" for more information\n", command->name,
		what, command->name);
}

/*
 * The words of @rest as the command's arguments. Return: the object; NULL: it was said in @out what
 * is wrong.
 */
static json_t *read_arguments(
	const struct hmp_command *command, const char *rest, struct strbuf *out)
{
	AUTO_JSON json_t *args = json_object();
	const char *param = command->params;

	while (*param) {
		bool may_miss = *param == '[';
		size_t len = strcspn(param + may_miss, " ].");
		AUTO_FREE char *name = strndup(param + may_miss, len), *word = NULL;
		bool is_rest = !strncmp(param + may_miss + len, "...", 3);

		param += strcspn(param, " ");
		param += *param == ' ';
		rest = skip_spaces(rest);
		if (!*rest && may_miss)
			break;
		if (*rest && is_rest) {
			word = strdup(rest);
			rest += strlen(rest);
		} else if (*rest) {
			rest = take_word(rest, &word);
		}
		if (!name || !word || put_argument(command, name, word, args) < 0) {
			ask_for(command,
				is_number(command_find(command->qmp), name ? name : "") ? "integer"
											: "string",
				out);
			return NULL;
		}
	}
	if (*skip_spaces(rest)) {
		strbuf_printf(out, "%s: extraneous characters at the end of line\n", command->name);
		return NULL;
	}
	return json_incref(args);
}

/* ---- commands without one of QMP ---- */

/* The grammar is that of `-chardev`. Return: NULL: it is not. */
static struct opts *read_chardev(const char *text, struct strbuf *out)
{
	AUTO_ERROR struct error *err = NULL;
	struct opts *opts;

	if (opts_parse(text, "backend", &opts, &err) == 0)
		return opts;
	print_error(err, out);
	strbuf_puts(out, "Error: Parsing chardev args failed\n");
	return NULL;
}

static void print_made(const struct chardev *chardev, struct strbuf *out)
{
	AUTO_FREE char *name = chardev_describe(chardev);

	if (!strcmp(chardev_class_name(chardev), "pty") && name && !strncmp(name, "pty:", 4))
		strbuf_printf(out, "char device redirected to %s (label %s)\n", name + 4,
			chardev_id(chardev));
}

static void tell(
	const struct caller *caller, const char *command, const char *id, const struct error *err)
{
	AUTO_JSON json_t *args = json_pack("{s:s*}", "id", id);

	caller_tell(caller, command, args, err);
}

static void run_add(struct caller *caller, const char *rest, struct strbuf *out)
{
	AUTO_ERROR struct error *err = NULL;
	AUTO_OPTS struct opts *opts = read_chardev(rest, out);
	struct chardev *chardev;

	if (!opts)
		return;
	if (world_add_chardev(caller->world, opts, &chardev, &err) < 0)
		print_error(err, out);
	else
		print_made(chardev, out);
	tell(caller, "chardev-add", opts_text(opts, "id"), err);
}

/* "ID ARGS", where the ARGS have no id of their own. */
static void run_change(struct caller *caller, const char *rest, struct strbuf *out)
{
	AUTO_FREE char *id = strndup(rest, strcspn(rest, " "));
	const char *args = rest + strcspn(rest, " ");
	AUTO_OPTS struct opts *opts = read_chardev(args + strspn(args, " "), out);
	AUTO_ERROR struct error *err = NULL;
	struct chardev *chardev;
	int r;

	if (!opts)
		return;
	if (opts_text(opts, "id"))
		r = error_set(&err, EINVAL, "Unexpected 'id' parameter");
	else if (!id || opts_set(opts, "id", id) < 0)
		r = error_set(&err, ENOMEM, "out of memory");
	else
		r = swap_chardev(caller->world, id, opts, &chardev, &err);
	if (r < 0)
		print_error(err, out);
	else
		print_made(chardev, out);
	tell(caller, "chardev-change", id, err);
}

static void print_help(const struct hmp_command *command, struct strbuf *out)
{
	strbuf_printf(out, "%s %s -- %s\n", command->name, command->params, command->help);
}

static bool is_info(const struct hmp_command *command)
{
	return !strncmp(command->name, "info ", 5);
}

static void list_info(struct strbuf *out)
{
	for (const struct hmp_command *at = commands; at->name; at++)
		if (is_info(at))
			print_help(at, out);
}

static void run_help(struct caller *caller, const char *rest, struct strbuf *out)
{
	const char *wanted = skip_spaces(rest);

	(void)caller;
	if (!strcmp(wanted, "info")) {
		list_info(out);
		return;
	}
	for (const struct hmp_command *at = commands; at->name; at++)
		if (*wanted ? !strcmp(at->name, wanted) : !is_info(at))
			print_help(at, out);
	if (!*wanted)
		strbuf_puts(out, "info [subcommand] -- show what there is; 'help info' lists it\n");
}

static const struct hmp_command commands[] = {
	{ "chardev-add", "args", "add chardev: the grammar of -chardev", .run = run_add },
	{ "chardev-change", "id args",
		"change chardev: the grammar of -chardev, without id=", .run = run_change },
	{ "chardev-remove", "id", "remove chardev", .qmp = "chardev-remove" },
	{ "chardev-send-break", "id", "send a break on chardev", .qmp = "chardev-send-break" },
	{ "console-take", "console member", "give the keyboard to a member by force",
		.qmp = "console-take" },
	{ "console-type", "console data...", "type at a console; ends with no Return",
		.qmp = "console-input" },
	{ "help", "[cmd]", "show the help", .run = run_help },
	{ "hub-add-member", "hub chardev [access]", "let a chardev take part in a hub",
		.qmp = "hub-add-member" },
	{ "hub-remove-member", "hub chardev", "let it take part no more",
		.qmp = "hub-remove-member" },
	{ "info chardev", "", "show the character devices", .qmp = "query-chardev",
		.print = print_chardevs },
	{ "info consoles", "", "show the consoles", .qmp = "query-consoles",
		.print = print_consoles },
	{ "info hubs", "", "show the hubs and who takes part in them", .qmp = "query-hubs",
		.print = print_hubs },
	{ "info name", "", "show the current VM name", .qmp = "query-name", .print = print_name },
	{ "info status", "", "show the current VM status", .qmp = "query-status",
		.print = print_status },
	{ "info version", "", "show the version", .qmp = "query-version", .print = print_version },
	{ "info vnc", "", "show the vnc server status", .qmp = "query-vnc-servers",
		.print = print_vnc },
	{ "log-rotate", "", "open log files anew", .qmp = "log-rotate" },
	{ "peer-disconnect", "hub chardev [reason...]", "send away who is at a member",
		.qmp = "peer-disconnect" },
	{ "quit", "", "end the program", .qmp = "quit" },
	{ "ringbuf_read", "device size", "read from a ring buffer character device",
		.qmp = "ringbuf-read", .print = print_data },
	{ "ringbuf_write", "device data...", "write to a ring buffer character device",
		.qmp = "ringbuf-write" },
	{ "screen", "console", "show what stands on a console", .qmp = "console-screen",
		.print = print_screen },
	{ 0 },
};

/* Other words for them. */
static const struct {
	const char *word, *name;
} aliases[] = {
	{ "?", "help" },
	{ "q", "quit" },
	{ "sendbreak", "chardev-send-break" },
	{ "kick", "peer-disconnect" },
};

/* ---- a line ---- */

static const struct hmp_command *find(const char *name)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (!strcmp(aliases[i].word, name))
			name = aliases[i].name;
	for (const struct hmp_command *at = commands; at->name; at++)
		if (!strcmp(at->name, name))
			return at;
	return NULL;
}

/* One word, or two after "info". Return: behind them. */
static const char *take_name(const char *line, char **ret_name)
{
	AUTO_FREE char *topic = NULL;
	char *name = NULL;

	line = take_word(line, ret_name);
	if (!*ret_name || strcmp(*ret_name, "info") != 0 || !*skip_spaces(line))
		return line;
	line = take_word(skip_spaces(line), &topic);
	if (asprintf(&name, "info %s", topic ? topic : "") < 0)
		name = NULL;
	free(*ret_name);
	*ret_name = name;
	return line;
}

void hmp_run(struct caller *caller, const char *line, struct strbuf *out)
{
	AUTO_FREE char *name = NULL;
	const struct hmp_command *command;
	AUTO_JSON json_t *args = NULL;
	const char *rest;

	line = skip_spaces(line);
	if (!*line)
		return;
	rest = take_name(line, &name);
	command = name ? find(name) : NULL;
	if (name && !strcmp(name, "info"))
		list_info(out);
	else if (!command)
		strbuf_printf(out, "unknown command: '%s'\n", name ? name : line);
	else if (command->run)
		command->run(caller, skip_spaces(rest), out);
	else if ((args = read_arguments(command, rest, out)))
		run_qmp(caller, command, args, out);
}

void hmp_put_lines(struct strbuf *out, const struct strbuf *lines)
{
	for (size_t i = 0; i < lines->len; i++) {
		if (lines->data[i] == '\n')
			strbuf_putc(out, '\r');
		strbuf_putc(out, lines->data[i]);
	}
	out->failed |= lines->failed;
}

const char *hmp_next_name(const char *after)
{
	const struct hmp_command *at = after ? find(after) + 1 : commands;

	return at->name;
}
