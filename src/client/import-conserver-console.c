/* SPDX-License-Identifier: MIT */
/* What a console of conserver is here, once all that is said of it has been read. */
#include "client/import-conserver-impl.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NUMBER_MAX = 1 << 24, WIDTH_MAX = 64 };

static const char default_shell[] = "/bin/sh -i";

/* What putting a console over needs; each step returns 0, or -errno with *@err. */
struct putting {
	struct import *import;
	const struct conserver_block *block;
	struct import_console *console;
	struct error **err;
};

/* ---- values ---- */

/* With a sign: conserver takes portbase -1, so that port 1 is the first. */
static int parse_number(const char *text, long *ret_value)
{
	uint64_t value;
	bool minus = *text == '-';

	if (parse_u64(text + minus, &value) < 0 || value > NUMBER_MAX)
		return -EINVAL;
	*ret_value = minus ? -(long)value : (long)value;
	return 0;
}

static const char *const types[] = { "device", "exec", "host", "ipmi", "noop", "uds", NULL };
static const char *const parities[] = { "even", "mark", "none", "odd", "space", NULL };
static const char *const protocols[] = { "raw", "telnet", NULL };
static const char *const levels[] = { "admin", "operator", "user", NULL };

static const char *find_word(const char *const *words, const char *text)
{
	for (; *words; words++)
		if (!strcasecmp(*words, text))
			return *words;
	return NULL;
}

static const char *const *words_of(enum conserver_key key)
{
	switch (key) {
	case KEY_TYPE: return types;
	case KEY_PARITY: return parities;
	case KEY_PROTOCOL: return protocols;
	case KEY_LEVEL: return levels;
	default: return NULL;
	}
}

/* "5h", "2l", "1hab", "ab", "" [conserver.cf(5) timestamp] */
static bool is_timestamp(const char *text)
{
	text += strspn(text, "0123456789");
	text += *text && strchr("mhdl", *text);
	return !text[strspn(text, "ab")];
}

int conserver_check_value(enum conserver_key key, const char *value,
	const struct import_place *place, struct error **err)
{
	const char *const *words = words_of(key);
	bool is_number = key == KEY_BAUD || key == KEY_PORT_BASE || key == KEY_PORT_INC;
	long number;

	if (words && *value && !find_word(words, value))
		return import_error(err, place, "'%s' is no %s", value,
			key == KEY_TYPE	    ? "type of console"
			: key == KEY_PARITY ? "parity"
			: key == KEY_LEVEL  ? "level of IPMI"
					    : "protocol");
	if (is_number && *value && parse_number(value, &number) < 0)
		return import_error(err, place, "'%s' is no number", value);
	if (key == KEY_TIMESTAMP && !is_timestamp(value))
		return import_error(err, place, "'%s' is no timestamp", value);
	return 0;
}

/* Of a value that was said and not taken back. */
static const char *said(const struct putting *at, enum conserver_key key)
{
	const char *value = at->block->values[key];

	return value && *value ? value : NULL;
}

/* The same of one that has to be there. */
static const char *needed(const struct putting *at, enum conserver_key key, const char *name)
{
	const char *value = said(at, key);

	if (!value)
		import_error(at->err, &at->block->place, "console '%s' has no %s", at->block->name,
			name);
	return value;
}

static bool has_option(const struct putting *at, unsigned bit, bool preset)
{
	return at->block->options_said & bit ? at->block->options_on & bit : preset;
}

static long number_of(const struct putting *at, enum conserver_key key, long preset)
{
	const char *value = said(at, key);
	long number;

	return value && parse_number(value, &number) == 0 ? number : preset;
}

/* Port of the device: base + increment * port; a name of a service stays one. */
static int make_port(const struct putting *at, struct strbuf *port)
{
	const char *text = needed(at, KEY_PORT, "port");
	long base = number_of(at, KEY_PORT_BASE, 0), inc = number_of(at, KEY_PORT_INC, 1), number;
	bool is_name;

	if (!text)
		return -EINVAL;
	is_name = parse_number(text, &number) < 0;
	if (is_name && (base || inc != 1))
		return import_error(at->err, &at->block->place,
			"console '%s': portbase and portinc need a port that is a number, not '%s'",
			at->block->name, text);
	if (is_name)
		strbuf_puts(port, text);
	else
		strbuf_printf(port, "%ld", base + inc * number);
	return 0;
}

/* ---- substitutions ---- */

/* A number in digits of base 10, 16 or 36 [conserver.cf(5) devicesubst]. */
static void put_number(struct strbuf *out, long number, long width, bool zeros, char format)
{
	unsigned base = tolower(format) == 'x' ? 16 : tolower(format) == 'a' ? 36 : 10;
	char digits[WIDTH_MAX];
	unsigned long left = (unsigned long)number;
	size_t n = 0;

	do {
		char digit = "0123456789abcdefghijklmnopqrstuvwxyz"[left % base];

		digits[n++] = isupper((unsigned char)format) ? (char)toupper(digit) : digit;
		left /= base;
	} while (left && n < sizeof(digits));
	for (long i = (long)n; i < width; i++)
		strbuf_putc(out, zeros ? '0' : ' ');
	while (n)
		strbuf_putc(out, digits[--n]);
}

static void put_text(struct strbuf *out, const char *text, long width)
{
	for (long i = (long)strlen(text); i < width; i++)
		strbuf_putc(out, ' ');
	strbuf_puts(out, text);
}

/* One replacement, "t[n]f". Return: what is behind it; NULL: it is none. */
static const char *put_replacement(const struct putting *at, struct strbuf *out, const char *rule)
{
	char what = *rule;
	bool zeros = rule[1] == '0';
	long width = 0;
	const char *text = NULL;

	for (rule++; isdigit((unsigned char)*rule); rule++)
		width = width < WIDTH_MAX ? width * 10 + (*rule - '0') : WIDTH_MAX;
	width = width < WIDTH_MAX ? width : WIDTH_MAX;
	switch (what) {
	case 'c': text = at->block->name; break;
	case 'h': text = said(at, KEY_HOST); break;
	case 'r': text = said(at, KEY_REPLSTRING); break;
	case 'b': put_number(out, number_of(at, KEY_BAUD, 0), width, zeros, *rule); break;
	case 'p': put_number(out, number_of(at, KEY_PORT, 0), width, zeros, *rule); break;
	case 'P':
		put_number(out,
			number_of(at, KEY_PORT_BASE, 0) +
				number_of(at, KEY_PORT_INC, 1) * number_of(at, KEY_PORT, 0),
			width, zeros, *rule);
		break;
	default: return NULL;
	}
	if (strchr("chr", what)) {
		if (*rule != 's')
			return NULL;
		put_text(out, text ? text : "", width);
		return rule + 1;
	}
	return *rule && strchr("dxXaA", *rule) ? rule + 1 : NULL;
}

/* The rule for a character in "c=t[n]f,..."; NULL: it stays. */
static const char *find_rule(const char *rules, char c)
{
	while (rules && *rules) {
		rules += strspn(rules, ", \t\n");
		if (rules[0] == c && rules[1] == '=')
			return rules + 2;
		rules = strchr(*rules ? rules + 1 : rules, ',');
	}
	return NULL;
}

static int substitute(const struct putting *at, enum conserver_key rules_key, const char *value,
	struct strbuf *out)
{
	const char *rules = said(at, rules_key);

	strbuf_puts(out, "");
	for (; *value && out->len <= IMPORT_WORD_MAX; value++) {
		const char *rule = find_rule(rules, *value);

		if (!rule)
			strbuf_putc(out, *value);
		else if (!put_replacement(at, out, rule))
			return import_error(at->err, &at->block->place,
				"console '%s': '%s' is no substitution", at->block->name, rules);
	}
	return out->failed ? error_set(at->err, ENOMEM, "out of memory") : 0;
}

/* ---- where the guest is ---- */

static bool set(const struct putting *at, const char *key, const char *value)
{
	return import_set(at->import, at->console, key, value, &at->block->place);
}

/* Return: 1: it is set; 0: it cannot be, which is noted; -errno. */
static int set_guest(const struct putting *at, const char *word, const char *value)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	strbuf_printf(&text, "%s%s", word, value);
	if (text.failed)
		return error_set(at->err, ENOMEM, "out of memory");
	return set(at, "guest", text.data);
}

static int put_substituted(
	const struct putting *at, const char *word, const char *value, enum conserver_key rules)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	int r = value ? substitute(at, rules, value, &text) : -EINVAL;

	return r < 0 ? r : set_guest(at, word, text.data);
}

static int put_device(const struct putting *at)
{
	const char *baud = needed(at, KEY_BAUD, "baud"), *parity;
	bool rtscts = has_option(at, OPTION_CRTSCTS, false);
	bool xonxoff = has_option(at, OPTION_IXON, true) || has_option(at, OPTION_IXOFF, true);
	int r;

	parity = baud ? needed(at, KEY_PARITY, "parity") : NULL;
	if (!parity)
		return -EINVAL;
	r = put_substituted(at, "serial:", needed(at, KEY_DEVICE, "device"), KEY_DEVICE_SUBST);
	if (r <= 0)
		return r;
	set(at, "guest.speed", baud);
	set(at, "guest.parity", find_word(parities, parity));
	set(at, "guest.stopbits", has_option(at, OPTION_CSTOPB, false) ? "2" : "1");
	set(at, "guest.flow", rtscts ? "rtscts" : xonxoff ? "xonxoff" : "none");
	set(at, "guest.wait", "on");
	return r;
}

static int put_exec(const struct putting *at)
{
	const char *command = said(at, KEY_EXEC);
	int r = put_substituted(at, "exec:", command ? command : default_shell, KEY_EXEC_SUBST);

	if (r > 0)
		set(at, "guest.restart", has_option(at, OPTION_AUTOREINIT, true) ? "always" : "no");
	return r;
}

static int put_host(const struct putting *at)
{
	AUTO_STRBUF struct strbuf address = { 0 };
	const char *host = needed(at, KEY_HOST, "host"), *protocol = said(at, KEY_PROTOCOL);
	int r;

	if (!host)
		return -EINVAL;
	strbuf_printf(&address, strchr(host, ':') ? "[%s]:" : "%s:", host);
	r = make_port(at, &address);
	if (r < 0)
		return r;
	if (address.failed)
		return error_set(at->err, ENOMEM, "out of memory");
	return set_guest(
		at, protocol && !strcasecmp(protocol, "raw") ? "tcp:" : "telnet:", address.data);
}

static int put_uds(const struct putting *at)
{
	return put_substituted(at, "unix:", needed(at, KEY_UDS, "uds"), KEY_UDS_SUBST);
}

static int put_ipmi(const struct putting *at)
{
	static const char *const names[] = { "ADMINISTRATOR", "OPERATOR", "USER" };
	const char *level = said(at, KEY_LEVEL);
	struct import_ipmi ipmi = {
		.host = needed(at, KEY_HOST, "host"),
		.user = said(at, KEY_USERNAME),
		.cipher = said(at, KEY_CIPHER),
	};

	if (!ipmi.host)
		return -EINVAL;
	for (size_t i = 0; level && levels[i]; i++)
		if (!strcasecmp(levels[i], level))
			ipmi.level = names[i];
	if (said(at, KEY_PASSWORD))
		ipmi.key_file = import_ipmi_key_file(at->import, at->console, &at->block->place);
	return import_set_ipmi(at->import, at->console, &ipmi, &at->block->place);
}

/* ---- its log, and who may what ---- */

static int put_log(const struct putting *at)
{
	AUTO_STRBUF struct strbuf path = { 0 };
	const char *file = said(at, KEY_LOGFILE), *stamp = said(at, KEY_TIMESTAMP);

	strbuf_puts(&path, file ? "" : "off");
	for (; file && *file && path.len <= IMPORT_WORD_MAX; file++) {
		if (*file == '&')
			strbuf_puts(&path, at->block->name);
		else
			strbuf_putc(&path, *file);
	}
	if (path.failed)
		return error_set(at->err, ENOMEM, "out of memory");
	if (!set(at, "log", path.data))
		set(at, "log", "off");
	set(at, "logtimestamp", stamp && *stamp > '0' && *stamp <= '9' ? "on" : "off");
	return 0;
}

/*
 * As ConsentUserOk() of conserver asks a list: the newest entry of that name counts, or of a group
 * of the system that he is in; only for whom there is none "*" counts, wherever it stands.
 */

static bool is_star(const struct conserver_user *user)
{
	return !strcmp(user->name, "*");
}

/* Is whom no entry names let in? */
static bool lets_others_in(const struct conserver_user *users)
{
	while (users && !is_star(users))
		users = users->older;
	return users && !users->not ;
}

/* What a list of users comes to: nobody, everybody, or a rule. */
enum who { NOBODY, EVERYBODY, SOME };

static enum who judge(const struct conserver_user *users)
{
	enum who others = lets_others_in(users) ? EVERYBODY : NOBODY;

	for (; users; users = users->older) {
		bool lets_in = !users->not &&*users->name != '@';

		if (!is_star(users) && (others == EVERYBODY ? users->not : lets_in))
			return SOME;
	}
	return others;
}

/* Whom a rule of the system denies could be anybody: what is older, and "*", lets in nobody. */
static int make_rules(struct strbuf *out, const struct conserver_user *users)
{
	AUTO_STRBUF struct strbuf rules = { 0 };
	bool allow = lets_others_in(users);
	unsigned n = 0;

	for (; users; users = users->older) {
		AUTO_STRBUF struct strbuf match = { 0 }, quoted = { 0 };

		if (*users->name == '@' && users->not ) {
			allow = false;
			break;
		}
		if (*users->name == '@' || is_star(users))
			continue;
		strbuf_printf(&match, "user:%s", users->name);
		if (match.failed || !import_quote(&quoted, match.data)) {
			allow = false;
			break;
		}
		strbuf_printf(&rules, "\n  rules.%u.match = %s, rules.%u.policy = \"%s\"", n,
			quoted.data, n, users->not ? "deny" : "allow");
		n++;
	}
	strbuf_printf(out, "policy = \"%s\"%s", allow ? "allow" : "deny", n ? rules.data : "");
	return rules.failed || out->failed ? -ENOMEM : 0;
}

static int put_rule(const struct putting *at, const char *key, const struct conserver_user *users)
{
	AUTO_STRBUF struct strbuf body = { 0 };
	const char *id = NULL;

	if (make_rules(&body, users) == 0)
		id = import_add_rules(at->import, body.data);
	if (!id)
		return error_set(at->err, ENOMEM, "out of memory");
	set(at, key, id);
	return 0;
}

/*
 * rw may type and ro may look. Without type-authz whom view-authz lets in may type; without
 * view-authz all may look.
 */
static int put_rights(const struct putting *at)
{
	const struct conserver_user *rw = at->block->rw, *ro = at->block->ro;
	int r = 0;

	if (!has_option(at, OPTION_LOGIN, true))
		rw = ro = NULL;
	if (judge(rw) == EVERYBODY)
		return 0;
	if (judge(ro) == NOBODY)
		return put_rule(at, "view-authz", rw);
	if (judge(ro) == SOME)
		r = put_rule(at, "view-authz", ro);
	return r < 0 ? r : put_rule(at, "type-authz", rw);
}

/* ---- all of it ---- */

static const struct {
	const char *type;
	int (*put)(const struct putting *at);
} ways[] = {
	{ "device", put_device },
	{ "exec", put_exec },
	{ "host", put_host },
	{ "ipmi", put_ipmi },
	{ "uds", put_uds },
};

static int put(struct putting *at, const char *type)
{
	const struct conserver_remark *remark = at->block->remarks;
	int r = 0;

	at->console = import_add_console(at->import, at->block->name, &at->block->place, at->err);
	if (!at->console)
		return -ENOMEM;
	for (; remark; remark = remark->next)
		import_remark(at->console, remark->text);
	if (strcmp(type, "exec") && !has_option(at, OPTION_AUTOREINIT, true))
		import_note(at->import, at->console, &at->block->place,
			"console '%s': options !autoreinit: a guest that has gone is tried again",
			at->console->id);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i].type, type))
			r = ways[i].put(at);
	if (r == 0)
		import_drop_console(at->import);
	if (r <= 0)
		return r;
	r = put_log(at);
	if (r == 0)
		r = put_rights(at);
	set(at, "listen", "off");
	return r;
}

static bool is_here(const char *master, const char *const *hosts)
{
	for (; *hosts; hosts++)
		if (!strcasecmp(master, *hosts))
			return true;
	return false;
}

int conserver_put_console(struct import *import, const struct conserver_block *console,
	const char *const *hosts, struct error **err)
{
	struct putting at = { .import = import, .block = console, .err = err };
	const char *master = needed(&at, KEY_MASTER, "master"), *type;

	if (!master)
		return -EINVAL;
	if (!is_here(master, hosts)) {
		import_note(import, NULL, &console->place,
			"console '%s' is left out: its master is '%s', not this host; --master=%s "
			"says that this is it",
			console->name, master, master);
		return 0;
	}
	type = needed(&at, KEY_TYPE, "type");
	if (!type)
		return -EINVAL;
	type = find_word(types, type);
	if (strcmp(type, "noop"))
		return put(&at, type);
	import_note(import, NULL, &console->place, "console '%s' is left out: a noop has no guest",
		console->name);
	return 0;
}
