/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a conserver.cf: groups and defaults are remembered, each console stands on the
 * defaults of the name "*" as they are where it begins. What means nothing here is noted at the
 * line that says it, once, however many consoles have it.
 */
#include "client/import-conserver.h"

#include "client/import-conserver-impl.h"
#include "client/import-conserver-words.h"

#include "base/cleanup.h"
#include "base/list.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* @groups, @defaults, @consoles: blocks by name; @first, @last: the consoles as they came. */
struct conserver {
	struct conserver_words words;
	struct import *import;
	struct names groups, defaults, consoles;
	struct conserver_block *first, *last;
	size_t n_blocks;
	struct error **err;
};

static const char separators[] = ", \f\v\t\n\r";

static int out_of_memory(struct conserver *at)
{
	return error_set(at->err, ENOMEM, "out of memory");
}

static const struct import_place *here(const struct conserver *at)
{
	return &at->words.place;
}

/* The next word of @text, of which nothing is changed; NULL: none. */
static const char *next_word(const char **text, size_t *ret_len)
{
	const char *word = *text + strspn(*text, separators);

	*ret_len = strcspn(word, separators);
	*text = word + *ret_len;
	return *ret_len ? word : NULL;
}

/* Something in a block has no counterpart; a console says so where it is printed, too. */
static void __attribute__((format(printf, 3, 4)))
note(struct conserver *at, struct conserver_block *block, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	struct conserver_remark *remark = import_alloc(at->import, sizeof(*remark));
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (!text || !remark) {
		at->import->failed = true;
		return;
	}
	import_note(at->import, NULL, here(at), "%s", text);
	remark->text = import_copy(at->import, text, strlen(text));
	if (!remark->text)
		return;
	if (block->last_remark)
		block->last_remark->next = remark;
	else
		block->remarks = remark;
	block->last_remark = remark;
}

/* ---- who ---- */

static int add_user(
	struct conserver *at, const struct conserver_user **list, const char *name, bool not )
{
	struct conserver_user *user = import_alloc(at->import, sizeof(*user));

	if (!user)
		return out_of_memory(at);
	*user = (struct conserver_user){ *list, name, not, *list ? (*list)->count + 1 : 1 };
	if (user->count > CONSERVER_USERS_MAX)
		return import_error(
			at->err, here(at), "more than %d users in a list", CONSERVER_USERS_MAX);
	*list = user;
	return 0;
}

/* Add @from, the oldest first; an empty list shares it. */
static int add_users(struct conserver *at, const struct conserver_user **list,
	const struct conserver_user *from, bool reverse)
{
	AUTO_FREE const struct conserver_user **users = NULL;
	unsigned count = from ? from->count : 0;
	int r = 0;

	if (!*list && !reverse) {
		*list = from;
		return 0;
	}
	users = reallocarray(NULL, count + 1, sizeof(*users));
	if (!users)
		return out_of_memory(at);
	for (unsigned i = count; i > 0; i--, from = from->older)
		users[i - 1] = from;
	for (unsigned i = 0; i < count && r == 0; i++)
		r = add_user(at, list, users[i]->name, users[i]->not != reverse);
	return r;
}

static const struct conserver_block *block_of(const struct name *name)
{
	return name ? container_of(name, struct conserver_block, in_names) : NULL;
}

/* `rw`, `ro`, `users`: names of people and of groups. */
static int read_users(struct conserver *at, struct conserver_block *block,
	const struct conserver_user **list, const char *value)
{
	const char *word;
	size_t len;
	int r = 0;

	if (!*value)
		*list = NULL;
	while (r == 0 && (word = next_word(&value, &len))) {
		bool not = *word == '!';
		const char *name = import_copy(at->import, word + not, len - not );
		const struct conserver_block *group;

		if (!name)
			return out_of_memory(at);
		group = block_of(names_find(&at->groups, name));
		if (*name == '@' && !group)
			note(at, block, "%s%s: a group of the system is no rule of ours; %s",
				not ? "!" : "", name,
				not ? "who is let in only by what was said before it is not let in"
				    : "an authz-pam object can ask for one");
		r = group ? add_users(at, list, group->rw, not ) : add_user(at, list, name, not );
	}
	return r;
}

/* ---- keywords ---- */

/**
 * struct keyword - of a default or of a console
 * @key: where its value goes
 * @why: it has no counterpart, and this is why, or what to do instead
 */
struct keyword {
	const char *name;
	enum conserver_key key;
	const char *why;
};

static const char by_root[] = "charhubd runs a command as itself: let the command change its user, "
			      "say by runuser";
static const char no_sequences[] = "there is one break, which `charhub break` sends";
static const char no_start[] = "a console is tried again after a second, and later ever less often";
static const char no_shell[] = "nothing is run when a console comes up";

static const struct keyword keywords[] = {
	{ "aliases", KEY_NONE, "a console has one name; `charhub` takes the beginning of one" },
	{ "baud", KEY_BAUD, NULL },
	{ "break", KEY_NONE, no_sequences },
	{ "breaklist", KEY_NONE, no_sequences },
	{ "device", KEY_DEVICE, NULL },
	{ "devicesubst", KEY_DEVICE_SUBST, NULL },
	{ "exec", KEY_EXEC, NULL },
	{ "execrunas", KEY_NONE, by_root },
	{ "execsubst", KEY_EXEC_SUBST, NULL },
	{ "host", KEY_HOST, NULL },
	{ "idlestring", KEY_NONE, "nothing is typed at an idle console" },
	{ "idletimeout", KEY_NONE, "nothing is typed at an idle console" },
	{ "initcmd", KEY_NONE, no_shell },
	{ "initrunas", KEY_NONE, no_shell },
	{ "initspinmax", KEY_NONE, no_start },
	{ "initspintimer", KEY_NONE, no_start },
	{ "initsubst", KEY_NONE, no_shell },
	{ "ipmiciphersuite", KEY_CIPHER, NULL },
	{ "ipmikg", KEY_NONE, "put it into the command, ipmitool -y" },
	{ "ipmiprivlevel", KEY_LEVEL, NULL },
	{ "ipmiworkaround", KEY_NONE, "ipmitool has others: see its -o" },
	{ "logfile", KEY_LOGFILE, NULL },
	{ "logfilemax", KEY_NONE,
		"rotate-size= does that, and lets the oldest go: see rotate-keep=" },
	{ "master", KEY_MASTER, NULL },
	{ "motd", KEY_NONE, "who comes is shown the screen, no message" },
	{ "parity", KEY_PARITY, NULL },
	{ "password", KEY_PASSWORD, NULL },
	{ "port", KEY_PORT, NULL },
	{ "portbase", KEY_PORT_BASE, NULL },
	{ "portinc", KEY_PORT_INC, NULL },
	{ "protocol", KEY_PROTOCOL, NULL },
	{ "replstring", KEY_REPLSTRING, NULL },
	{ "tasklist", KEY_NONE, "clients run no commands on the server" },
	{ "timestamp", KEY_TIMESTAMP, NULL },
	{ "type", KEY_TYPE, NULL },
	{ "uds", KEY_UDS, NULL },
	{ "udssubst", KEY_UDS_SUBST, NULL },
	{ "username", KEY_USERNAME, NULL },
	{ 0 },
};

static const struct {
	const char *name;
	unsigned bit;
	const char *why; /* of one that is turned on and has no counterpart */
} options[] = {
	{ "ixon", OPTION_IXON, NULL },
	{ "ixany", 0, "XON alone restarts output" },
	{ "ixoff", OPTION_IXOFF, NULL },
	{ "crtscts", OPTION_CRTSCTS, NULL },
	{ "cstopb", OPTION_CSTOPB, NULL },
	{ "hupcl", 0, "DTR stays as it is when charhubd ends" },
	{ "ondemand", 0, "a console is up whether or not somebody looks" },
	{ "striphigh", 0, "bytes go through as they are" },
	{ "reinitoncc", 0, NULL },
	{ "autoreinit", OPTION_AUTOREINIT, NULL },
	{ "unloved", 0, "the log of a console has its output" },
	{ "login", OPTION_LOGIN, NULL },
	{ 0 },
};

static int read_option(
	struct conserver *at, struct conserver_block *block, const char *word, size_t len)
{
	bool on = *word != '!';

	word += !on;
	len -= !on;
	for (size_t i = 0; options[i].name; i++) {
		if (strlen(options[i].name) != len || strncasecmp(options[i].name, word, len))
			continue;
		block->options_said |= options[i].bit;
		block->options_on &= ~options[i].bit;
		if (on)
			block->options_on |= options[i].bit;
		if (on && options[i].why)
			note(at, block, "options %s: %s", options[i].name, options[i].why);
		return 0;
	}
	return import_error(at->err, here(at), "there is no option '%.*s'", (int)len, word);
}

static int read_options(struct conserver *at, struct conserver_block *block, const char *value)
{
	const char *word;
	size_t len;
	int r = 0;

	if (!*value)
		block->options_said = block->options_on = 0;
	while (r == 0 && (word = next_word(&value, &len)))
		r = read_option(at, block, word, len);
	return r;
}

static int include_defaults(
	struct conserver *at, struct conserver_block *block, const struct conserver_block *from)
{
	int r;

	for (int key = 0; key < CONSERVER_KEYS; key++)
		if (from->values[key])
			block->values[key] = from->values[key];
	block->options_on = (block->options_on & ~from->options_said) | from->options_on;
	block->options_said |= from->options_said;
	r = add_users(at, &block->rw, from->rw, false);
	return r < 0 ? r : add_users(at, &block->ro, from->ro, false);
}

/* Names of defaults and consoles are the same in capitals. */
static const char *fold(struct conserver *at, const char *name)
{
	char *copy = import_copy(at->import, name, strlen(name));

	for (char *p = copy; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

static int include_by_name(struct conserver *at, struct conserver_block *block, const char *value)
{
	const char *name = fold(at, value);
	const struct conserver_block *from;

	if (!name)
		return out_of_memory(at);
	from = block_of(names_find(&at->defaults, name));
	if (!from)
		return import_error(at->err, here(at), "there is no default '%s'", value);
	return include_defaults(at, block, from);
}

static int read_keyword(
	struct conserver *at, struct conserver_block *block, const char *name, const char *value)
{
	const struct keyword *keyword = keywords;
	int r;

	if (!strcasecmp(name, "rw"))
		return read_users(at, block, &block->rw, value);
	if (!strcasecmp(name, "ro"))
		return read_users(at, block, &block->ro, value);
	if (!strcasecmp(name, "options"))
		return read_options(at, block, value);
	if (!strcasecmp(name, "include"))
		return include_by_name(at, block, value);
	while (keyword->name && strcasecmp(keyword->name, name))
		keyword++;
	if (!keyword->name)
		return import_error(at->err, here(at), "there is no keyword '%s'", name);
	if (keyword->why) {
		if (*value)
			note(at, block, "%s: %s", name, keyword->why);
		return 0;
	}
	if (keyword->key == KEY_TIMESTAMP && strpbrk(value, "ab"))
		note(at, block,
			"timestamp a, b: who comes and goes, and breaks, are in no log of a "
			"console; -audit tells of them");
	r = conserver_check_value(keyword->key, value, here(at), at->err);
	block->values[keyword->key] = import_copy(at->import, value, strlen(value));
	if (r == 0 && !block->values[keyword->key])
		r = out_of_memory(at);
	return r;
}

/* ---- blocks ---- */

static int read_group(
	struct conserver *at, struct conserver_block *block, const char *name, const char *value)
{
	if (strcasecmp(name, "users"))
		return import_error(at->err, here(at), "there is no keyword '%s' in a group", name);
	return read_users(at, block, &block->rw, value);
}

static int read_access(
	struct conserver *at, struct conserver_block *block, const char *name, const char *value)
{
	(void)block;
	if (*value)
		import_note(at->import, NULL, here(at),
			"access %s: who may use the control socket is said by its permissions, who "
			"may what at a console by its rules",
			name);
	return 0;
}

static int read_config(
	struct conserver *at, struct conserver_block *block, const char *name, const char *value)
{
	(void)block;
	(void)value;
	import_note(at->import, NULL, here(at),
		"config %s: it is about conserver itself; what charhubd has is in charhubd(1)",
		name);
	return 0;
}

static int read_nothing(
	struct conserver *at, struct conserver_block *block, const char *name, const char *value)
{
	(void)at, (void)block, (void)name, (void)value;
	return 0;
}

/* Keep it by its name; one that was called so is replaced. */
static int keep(struct conserver *at, struct names *names, struct conserver_block *block)
{
	const char *key = names == &at->groups ? block->name : fold(at, block->name);
	struct name *old;

	if (!key)
		return out_of_memory(at);
	old = names_find(names, key);
	if (old) {
		container_of(old, struct conserver_block, in_names)->replaced = true;
		names_remove(old);
	}
	names_add(names, &block->in_names, key);
	return 0;
}

static int keep_group(struct conserver *at, struct conserver_block *block)
{
	return keep(at, &at->groups, block);
}

static int keep_default(struct conserver *at, struct conserver_block *block)
{
	return keep(at, &at->defaults, block);
}

static int keep_console(struct conserver *at, struct conserver_block *block)
{
	if (at->last)
		at->last->next = block;
	else
		at->first = block;
	at->last = block;
	return keep(at, &at->consoles, block);
}

static int note_break(struct conserver *at, struct conserver_block *block)
{
	import_note(at->import, NULL, &block->place, "break %s: %s", block->name, no_sequences);
	return 0;
}

static int note_task(struct conserver *at, struct conserver_block *block)
{
	import_note(at->import, NULL, &block->place,
		"task %s: clients run no commands on the server", block->name);
	return 0;
}

/** struct block_kind - @read: one of its keywords; @end: all were read; NULL: nothing to do */
struct block_kind {
	const char *name;
	int (*read)(struct conserver *at, struct conserver_block *block, const char *name,
		const char *value);
	int (*end)(struct conserver *at, struct conserver_block *block);
};

static const struct block_kind block_kinds[] = {
	{ "access", read_access, NULL },
	{ "break", read_nothing, note_break },
	{ "config", read_config, NULL },
	{ "console", read_keyword, keep_console },
	{ "default", read_keyword, keep_default },
	{ "group", read_group, keep_group },
	{ "task", read_nothing, note_task },
	{ 0 },
};

/* ---- the text ---- */

/* A word that has to be there. Return: of the pool; NULL with the error. */
static const char *take_word(struct conserver *at, bool spaced, const char *what)
{
	int token = conserver_words_next(&at->words, spaced, at->err);
	const char *word;

	if (token < 0)
		return NULL;
	if (token != CONSERVER_WORD) {
		if (token == CONSERVER_END)
			import_error(at->err, here(at), "the file ends where %s is missing", what);
		else
			import_error(at->err, here(at), "'%c' where %s is missing", token, what);
		return NULL;
	}
	word = import_copy(at->import, at->words.word.data, at->words.word.len);
	if (!word)
		out_of_memory(at);
	return word;
}

static int take_character(struct conserver *at, int character, const char *what)
{
	int token = conserver_words_next(&at->words, false, at->err);

	if (token < 0)
		return token;
	return token == character
		       ? 0
		       : import_error(at->err, here(at), "'%c' is missing %s", character, what);
}

/* `keyword value;`, of which the first word was read. */
static int read_item(
	struct conserver *at, const struct block_kind *kind, struct conserver_block *block)
{
	const char *name = import_copy(at->import, at->words.word.data, at->words.word.len), *value;
	struct import_place place = *here(at);
	int r;

	if (!name)
		return out_of_memory(at);
	value = take_word(at, false, "a value");
	if (!value)
		return -EINVAL;
	r = take_character(at, ';', "behind the value");
	at->words.place = place;
	return r < 0 ? r : kind->read(at, block, name, value);
}

static int read_items(
	struct conserver *at, const struct block_kind *kind, struct conserver_block *block)
{
	for (;;) {
		int token = conserver_words_next(&at->words, true, at->err), r;

		if (token < 0)
			return token;
		if (token == '}')
			return 0;
		if (token != CONSERVER_WORD)
			return import_error(at->err, here(at),
				token == CONSERVER_END ? "the file ends within %s '%s'"
						       : "a keyword is missing in %s '%s'",
				kind->name, block->name);
		r = read_item(at, kind, block);
		if (r < 0)
			return r;
	}
}

static int read_block(struct conserver *at, const struct block_kind *kind)
{
	struct conserver_block *block = import_alloc(at->import, sizeof(*block));
	const struct conserver_block *defaults = block_of(names_find(&at->defaults, "*"));
	int r = 0;

	if (!block)
		return out_of_memory(at);
	block->place = *here(at);
	if (++at->n_blocks > CONSERVER_BLOCKS_MAX)
		return import_error(at->err, here(at), "more than %d blocks", CONSERVER_BLOCKS_MAX);
	block->name = take_word(at, false, "a name");
	if (!block->name)
		return -EINVAL;
	if (!*block->name)
		return import_error(at->err, here(at), "a %s has no name", kind->name);
	if (kind->end == keep_console && defaults)
		r = include_defaults(at, block, defaults);
	if (r == 0)
		r = take_character(at, '{', "behind the name");
	if (r == 0)
		r = read_items(at, kind, block);
	return r < 0 || !kind->end ? r : kind->end(at, block);
}

static int read_blocks(struct conserver *at)
{
	for (;;) {
		int token = conserver_words_next(&at->words, true, at->err), r;
		const struct block_kind *kind = block_kinds;

		if (token < 0 || token == CONSERVER_END)
			return token < 0 ? token : 0;
		while (token == CONSERVER_WORD && kind->name &&
			strcasecmp(kind->name, at->words.word.data))
			kind++;
		if (token != CONSERVER_WORD)
			return import_error(at->err, here(at), "'%c' where a block begins", token);
		if (!kind->name)
			return import_error(
				at->err, here(at), "there is no block '%s'", at->words.word.data);
		r = read_block(at, kind);
		if (r < 0)
			return r;
	}
}

static int put_consoles(struct conserver *at)
{
	int r = 0;

	for (const struct conserver_block *console = at->first; console && r == 0;
		console = console->next) {
		if (console->replaced)
			import_note(at->import, NULL, &console->place,
				"console '%s': a later one of that name counts", console->name);
		else
			r = conserver_put_console(
				at->import, console, at->words.source->hosts, at->err);
	}
	return r;
}

int import_conserver(
	const struct conserver_source *source, struct import *import, struct error **err)
{
	struct conserver at = { .import = import, .err = err };
	int r;

	conserver_words_init(&at.words, source, import);
	r = read_blocks(&at);
	if (r == 0)
		r = put_consoles(&at);
	conserver_words_done(&at.words);
	names_done(&at.groups);
	names_done(&at.defaults);
	names_done(&at.consoles);
	return r;
}
