/* SPDX-License-Identifier: MIT */
/*
 * A conman.conf: a console has what GLOBAL and SERVER said before it. Whatever else SERVER says is
 * about ConMan itself and noted.
 */
#include "client/import-conman.h"
#include "client/import-conman-words.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/** What directives may say; SERVER and GLOBAL what consoles have from them. */
enum key { NAME, DEV, LOG, LOGOPTS, SEROPTS, IPMIOPTS, TESTOPTS, LOGDIR, EXECPATH, KEYS };

static const char *const key_names[KEYS] = { "name", "dev", "log", "logopts", "seropts", "ipmiopts",
	"testopts", "logdir", "execpath" };

enum { OPTIONS = 1 << LOGOPTS | 1 << SEROPTS | 1 << IPMIOPTS | 1 << TESTOPTS };

enum directive { SERVER, GLOBAL, CONSOLE, DIRECTIVES };

static const char *const directive_names[DIRECTIVES] = { "server", "global", "console" };

/* Which keys a directive has: bits. */
static const unsigned has_keys[DIRECTIVES] = {
	[SERVER] = 1 << LOGDIR | 1 << EXECPATH,
	[GLOBAL] = 1 << LOG | OPTIONS,
	[CONSOLE] = 1 << NAME | 1 << DEV | 1 << LOG | OPTIONS,
};

enum { JOINT = '\n' }; /* no value has one */

/* Of which each value only changes what it says, and what is put between them. */
static const char joints[KEYS] = { [LOGOPTS] = ',', [SEROPTS] = JOINT, [IPMIOPTS] = ',' };

static const struct {
	const char *name, *why;
} server_keys[] = {
	{ "coredump", "the system says whether there are core dumps" },
	{ "coredumpdir", "the system says where core dumps are" },
	{ "keepalive", "a line to a guest that breaks is noticed when something is sent" },
	{ "logfile", "messages go to standard error, or with -D FILE to a file" },
	{ "nofile", "the service manager says how many files may be open" },
	{ "loopback", "no port is opened: people come by the control socket" },
	{ "pidfile", "charhubd -pidfile FILE" },
	{ "port", "no port is opened: people come by the control socket; [listen] opens one" },
	{ "resetcmd", "no command is run for a client" },
	{ "syslog", "messages go to standard error, which the service manager keeps" },
	{ "tcpwrappers", "no port is opened: people come by the control socket" },
	{ "timestamp", "no marks in logs; logopts=timestamp has the time at each line" },
	{ 0 },
};

/**
 * struct conman
 * @common: what SERVER and GLOBAL have said; values of the pool, NULL: nothing
 * @ids:    of consoles, as ConMan knows them
 */
struct conman {
	const struct conman_source *source;
	struct conman_words words;
	struct import *import;
	const char *common[KEYS];
	struct names ids;
	struct error **err;
};

/** struct directive_line - what one line says; as @common */
struct directive_line {
	enum directive kind;
	struct import_place place;
	const char *values[KEYS];
};

static const struct import_place *here(const struct conman *at)
{
	return &at->words.place;
}

static int out_of_memory(struct conman *at)
{
	return error_set(at->err, ENOMEM, "out of memory");
}

/* ---- the device ---- */

/* @text with the console's name for %N. Return: of the pool; NULL: memory ran out. */
static const char *put_name(struct conman *at, const char *text, const char *name)
{
	AUTO_STRBUF struct strbuf out = { 0 };

	strbuf_puts(&out, "");
	for (; *text && out.len <= IMPORT_WORD_MAX; text++) {
		if (text[0] == '%' && (text[1] == 'N' || text[1] == '%')) {
			strbuf_puts(&out, *++text == 'N' ? name : "%");
			continue;
		}
		strbuf_putc(&out, *text);
	}
	return out.failed ? NULL : import_copy(at->import, out.data, out.len);
}

static bool set(
	struct conman *at, struct import_console *console, const char *key, const char *value)
{
	return import_set(at->import, console, key, value, here(at));
}

static int set_guest(
	struct conman *at, struct import_console *console, const char *word, const char *value)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	strbuf_printf(&text, "%s%s", word, value);
	if (text.failed)
		return out_of_memory(at);
	return set(at, console, "guest", text.data);
}

struct serial {
	char speed[12], bits[2], stop[2];
	const char *parity;
};

/* "9600", "9600,8", "9600,8n1" [conman.conf(5) seropts]. Return: what is behind it; NULL: wrong. */
static const char *read_serial(struct serial *serial, const char *text)
{
	size_t len = strspn(text, "0123456789");

	if (!len || len >= sizeof(serial->speed))
		return NULL;
	memcpy(serial->speed, text, len);
	serial->speed[len] = '\0';
	text += len;
	if (*text == ',') {
		text++;
		if (*text < '5' || *text > '8')
			return NULL;
		serial->bits[0] = *text++;
	}
	if (*text && strchr("nNoOeE", *text)) {
		int c = tolower((unsigned char)*text++);

		serial->parity = c == 'n' ? "none" : c == 'o' ? "odd" : "even";
		if (*text == '1' || *text == '2')
			serial->stop[0] = *text++;
	}
	return text;
}

/* A speed that ConMan does not know is the next lower one. Return: NULL: there is none. */
static const char *round_speed(const char *speed)
{
	static const char *const known[] = { "50", "75", "110", "134", "150", "200", "300", "600",
		"1200", "1800", "2400", "4800", "9600", "19200", "38400", "57600", "115200",
		"230400", "460800" };
	const char *lower = NULL;
	uint64_t value, next = 0;

	if (parse_u64(speed, &value) < 0)
		return speed;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		parse_u64(known[i], &next);
		if (next > value)
			return lower;
		lower = known[i];
	}
	return next == value ? lower : speed;
}

/* One after the other: what the last one does not say is as it was before. */
static int put_serial_options(struct conman *at, struct import_console *console, const char *text)
{
	struct serial serial = { "9600", "8", "1", "none" };
	const char *speed;

	do
		text = read_serial(&serial, text + (*text == JOINT));
	while (text && *text == JOINT);
	if (!text || *text)
		return import_error(at->err, here(at),
			"seropts are BPS[,DATABITS[PARITY[STOPBITS]]], as in \"9600,8n1\"");
	speed = round_speed(serial.speed);
	if (!speed)
		return import_error(
			at->err, here(at), "seropts: there is no speed as low as %s", serial.speed);
	if (strcmp(speed, serial.speed) != 0)
		import_note(at->import, console, here(at),
			"console '%s': seropts: ConMan knows no %s bps, and takes %s", console->id,
			serial.speed, speed);
	set(at, console, "guest.speed", speed);
	set(at, console, "guest.databits", serial.bits);
	set(at, console, "guest.parity", serial.parity);
	set(at, console, "guest.stopbits", serial.stop);
	set(at, console, "guest.wait", "on");
	return 1;
}

static bool is_plain_command(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(" \t_./:@%+=,-", *text))
			return false;
	return true;
}

/* ConMan runs it without a shell: what would mean something there is quoted. */
static int put_process(struct conman *at, struct import_console *console,
	const struct directive_line *line, const char *dev)
{
	AUTO_STRBUF struct strbuf command = { 0 };
	AUTO_FREE char *copy = strdup(dev);
	size_t first = strcspn(dev, " \t");
	char *rest = NULL;

	if (!copy)
		return out_of_memory(at);
	strbuf_puts(&command, "");
	if (line->values[EXECPATH] && !memchr(dev, '/', first)) {
		strbuf_puts(&command, "PATH=");
		import_quote_word(&command, line->values[EXECPATH]);
		strbuf_puts(&command, ":$PATH ");
	}
	if (is_plain_command(dev)) {
		strbuf_puts(&command, dev);
	} else {
		for (char *word = strtok_r(copy, " \t", &rest); word;
			word = strtok_r(NULL, " \t", &rest)) {
			if (command.len && command.data[command.len - 1] != ' ')
				strbuf_putc(&command, ' ');
			import_quote_word(&command, word);
		}
	}
	if (command.failed)
		return out_of_memory(at);
	if (!set_guest(at, console, "exec:", command.data))
		return 0;
	return set(at, console, "guest.restart", "always");
}

/* Return: is it one? */
static bool read_level(const char *value, const char **ret_level)
{
	static const char *const levels[][2] = { { "user", "USER" }, { "op", "OPERATOR" },
		{ "admin", "ADMINISTRATOR" } };

	*ret_level = NULL;
	for (size_t i = 0; value && i < 3; i++)
		if (!strcasecmp(levels[i][0], value))
			*ret_level = levels[i][1];
	return !value || *ret_level;
}

/* "X:VALUE,..." [conman.conf(5) ipmiopts] */
static int put_ipmi(
	struct conman *at, struct import_console *console, const char *host, const char *options)
{
	struct import_ipmi ipmi = { .host = host };
	char *copy = import_copy(at->import, options, strlen(options)), *rest = NULL;

	if (!copy)
		return out_of_memory(at);
	for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		const char *value = word[0] && word[1] == ':' && word[2] ? word + 2 : NULL;

		if (!word[0] || word[1] != ':')
			return import_error(
				at->err, here(at), "ipmiopts are X:VALUE, not '%s'", word);
		switch (toupper((unsigned char)*word)) {
		case 'U': ipmi.user = value; break;
		case 'C': ipmi.cipher = value; break;
		case 'P':
			if (value)
				ipmi.key_file = import_ipmi_key_file(at->import, console, here(at));
			break;
		case 'L':
			if (!read_level(value, &ipmi.level))
				return import_error(at->err, here(at),
					"ipmiopts L: is user, op or admin, not '%s'", value);
			break;
		case 'K':
		case 'W':
			import_note(at->import, console, here(at),
				"console '%s': ipmiopts %c: has no counterpart; see ipmitool's -y, "
				"-o",
				console->id, *word);
			break;
		default:
			return import_error(at->err, here(at),
				"ipmiopts are U, P, K, C, L and W, not '%s'", word);
		}
	}
	return import_set_ipmi(at->import, console, &ipmi, here(at)) ? 1 : 0;
}

static bool starts(const char *text, const char *word)
{
	return !strncasecmp(text, word, strlen(word));
}

/* HOST:PORT */
static bool is_address(const char *dev)
{
	const char *colon = strrchr(dev, ':');

	return colon && colon != dev && colon[1] && !colon[1 + strspn(colon + 1, "0123456789")] &&
	       !dev[strcspn(dev, " \t/")];
}

/* Without arguments a path may be that of a serial line, too. */
static bool is_line(struct conman *at, struct import_console *console, const char *dev)
{
	enum conman_path path;

	if (*dev != '/' || dev[strcspn(dev, " \t")])
		return false;
	if (starts(dev, "/dev/"))
		return true;
	path = at->source->look(at->source->data, dev);
	if (path == CONMAN_NOT_HERE)
		import_note(at->import, console, here(at),
			"console '%s': '%s' is not on this host, and taken for a program; a serial "
			"line would be guest=serial:%s",
			console->id, dev, dev);
	return path == CONMAN_LINE_DEVICE;
}

/* Return: 1: the guest is set; 0: the console is left out, which is noted; -errno. */
static int put_device(struct conman *at, struct import_console *console,
	const struct directive_line *line, const char *dev)
{
	if (starts(dev, "unix:"))
		return set_guest(at, console, "unix:", dev + strlen("unix:"));
	if (starts(dev, "ipmi:"))
		return put_ipmi(at, console, dev + strlen("ipmi:"),
			line->values[IPMIOPTS] ? line->values[IPMIOPTS] : "");
	if (starts(dev, "test:") || !strcasecmp(dev, "test")) {
		import_note(at->import, NULL, here(at),
			"console '%s' is left out: a test device is ConMan's own", console->id);
		return 0;
	}
	if (is_address(dev))
		return set_guest(at, console, "telnet:", dev);
	if (is_line(at, console, dev)) {
		int r = set_guest(at, console, "serial:", dev);

		return r <= 0 ? r
			      : put_serial_options(at, console,
					line->values[SEROPTS] ? line->values[SEROPTS] : "9600");
	}
	return put_process(at, console, line, dev);
}

/* ---- the log ---- */

/* A name within a path: '/' and what cannot be printed is '_'. */
static void put_file_name(struct strbuf *out, const char *name)
{
	for (; *name; name++)
		strbuf_putc(out, *name == '/' || !isprint((unsigned char)*name) ? '_' : *name);
}

/* Return: does it have conversions that change with the time? These are left out. */
static bool convert(struct strbuf *out, const char *text, const char *name, const char *dev)
{
	const char *slash = strrchr(dev, '/');
	bool timed = false;

	for (; *text && out->len <= IMPORT_WORD_MAX; text++) {
		if (*text != '%' || !text[1]) {
			strbuf_putc(out, *text);
			continue;
		}
		switch (*++text) {
		case 'N': put_file_name(out, name); break;
		case 'D': put_file_name(out, slash ? slash + 1 : dev); break;
		case '%': strbuf_putc(out, '%'); break;
		default: timed = true; break;
		}
	}
	while (timed && out->len > 1 && strchr("-_.", out->data[out->len - 1]))
		strbuf_truncate(out, out->len - 1);
	return timed;
}

static int put_log(struct conman *at, struct import_console *console,
	const struct directive_line *line, const char *name, const char *dev)
{
	AUTO_STRBUF struct strbuf path = { 0 };
	const char *log = line->values[LOG], *folder = line->values[LOGDIR];

	strbuf_puts(&path, "");
	if (log && *log && *log != '/' && folder && *folder)
		strbuf_printf(&path, "%s/", folder);
	if (log && convert(&path, log, name, dev))
		import_note(at->import, console, here(at),
			"console '%s': a log has no time in its name; let logrotate move it away "
			"and send "
			"SIGHUP to charhubd",
			console->id);
	if (path.failed)
		return out_of_memory(at);
	if (!path.len || !set(at, console, "log", path.data))
		set(at, console, "log", "off");
	return 0;
}

static int put_log_options(struct conman *at, struct import_console *console, const char *options)
{
	static const char *const words[] = { "lock", "nolock", "nosanitize", "sanitize",
		"notimestamp", "timestamp", NULL };
	char *copy = import_copy(at->import, options, strlen(options)), *rest = NULL;
	const char *stamp = "off";

	if (!copy)
		return out_of_memory(at);
	for (char *word = strtok_r(copy, ", \t", &rest); word;
		word = strtok_r(NULL, ", \t", &rest)) {
		const char *const *known = words;

		while (*known && strcasecmp(*known, word))
			known++;
		if (!*known)
			return import_error(at->err, here(at), "there is no log option '%s'", word);
		if (!strcmp(*known, "sanitize"))
			import_note(at->import, console, here(at),
				"console '%s': logopts sanitize: a log has the bytes as they came",
				console->id);
		if (strstr(*known, "timestamp"))
			stamp = **known == 't' ? "on" : "off";
	}
	set(at, console, "logtimestamp", stamp);
	return 0;
}

/* ---- directives ---- */

static int check_console(struct conman *at, const struct directive_line *line)
{
	const char *const *values = line->values;
	struct name *name;

	if (!values[NAME] || !*values[NAME])
		return import_error(at->err, here(at), "a console has no name");
	if (!values[DEV] || !*values[DEV])
		return import_error(at->err, here(at), "console '%s' has no dev", values[NAME]);
	if (names_find(&at->ids, values[NAME]))
		return import_error(
			at->err, here(at), "there is a console '%s' already", values[NAME]);
	name = import_alloc(at->import, sizeof(*name));
	if (!name)
		return out_of_memory(at);
	names_add(&at->ids, name, values[NAME]);
	return 0;
}

static int put_console(struct conman *at, const struct directive_line *line)
{
	struct import_console *console;
	const char *dev;
	int r = check_console(at, line);

	if (r < 0)
		return r;
	dev = put_name(at, line->values[DEV], line->values[NAME]);
	if (!dev)
		return out_of_memory(at);
	console = import_add_console(at->import, line->values[NAME], here(at), at->err);
	if (!console)
		return -ENOMEM;
	r = put_device(at, console, line, dev);
	if (r == 0)
		import_drop_console(at->import);
	if (r <= 0)
		return r;
	r = put_log(at, console, line, line->values[NAME], dev);
	if (r == 0)
		r = put_log_options(
			at, console, line->values[LOGOPTS] ? line->values[LOGOPTS] : "");
	set(at, console, "listen", "off");
	return r;
}

static int read_server_key(struct conman *at, const char *name)
{
	for (size_t i = 0; server_keys[i].name; i++)
		if (!strcasecmp(server_keys[i].name, name)) {
			import_note(at->import, NULL, here(at), "SERVER %s: %s",
				server_keys[i].name, server_keys[i].why);
			return 0;
		}
	return import_error(at->err, here(at), "there is no keyword '%s' for SERVER", name);
}

/* Return: all that was said of it, of the pool; NULL: memory ran out. */
static const char *join(struct conman *at, const char *before, const char *value, char joint)
{
	AUTO_STRBUF struct strbuf all = { 0 };

	strbuf_printf(&all, "%s%c%s", before, joint, value);
	return all.failed ? NULL : import_copy(at->import, all.data, all.len);
}

static int read_key(
	struct conman *at, struct directive_line *line, const char *name, const char *value)
{
	for (int key = 0; key < KEYS; key++) {
		if (strcasecmp(key_names[key], name) || !(has_keys[line->kind] & 1u << key))
			continue;
		if (joints[key] && line->values[key])
			value = join(at, line->values[key], value, joints[key]);
		if (!value)
			return out_of_memory(at);
		line->values[key] = value;
		if (line->kind != CONSOLE)
			at->common[key] = value;
		return 0;
	}
	if (line->kind == SERVER)
		return read_server_key(at, name);
	return import_error(at->err, here(at), "there is no keyword '%s' for %s", name,
		line->kind == GLOBAL ? "GLOBAL" : "CONSOLE");
}

static const char *copy_word(struct conman *at)
{
	return import_copy(at->import, at->words.word.data, at->words.word.len);
}

/* Behind a keyword: `= VALUE`; an interval may have a letter behind it ("1 h"). */
static int read_value(struct conman *at, const char **ret_value)
{
	int token = conman_words_next(&at->words, at->err);

	if (token >= 0 && token != '=')
		return import_error(at->err, here(at), "a keyword is followed by = VALUE");
	if (token >= 0)
		token = conman_words_next(&at->words, at->err);
	if (token < 0)
		return token;
	if (token != CONMAN_WORD && token != CONMAN_STRING)
		return import_error(at->err, here(at), "there is no value behind '='");
	*ret_value = copy_word(at);
	return *ret_value ? 0 : out_of_memory(at);
}

static bool is_unit(const char *word)
{
	return strlen(word) == 1 && strchr("mhdMHD", *word);
}

static int read_directive(struct conman *at, enum directive kind)
{
	struct directive_line line = { .kind = kind, .place = *here(at) };
	int r = 0;

	memcpy(line.values, at->common, sizeof(line.values));
	for (;;) {
		int token = conman_words_next(&at->words, at->err);
		const char *name, *value = NULL;

		if (token < 0)
			return token;
		if (token == CONMAN_LINE || token == CONMAN_END)
			break;
		if (token != CONMAN_WORD)
			return import_error(at->err, here(at), "a keyword is missing");
		if (is_unit(at->words.word.data))
			continue;
		name = copy_word(at);
		r = name ? read_value(at, &value) : out_of_memory(at);
		if (r == 0)
			r = read_key(at, &line, name, value);
		if (r < 0)
			return r;
	}
	at->words.place = line.place;
	return kind == CONSOLE ? put_console(at, &line) : 0;
}

static int read_directives(struct conman *at)
{
	int token;

	while ((token = conman_words_next(&at->words, at->err)) != CONMAN_END) {
		int kind = 0, r;

		if (token < 0)
			return token;
		if (token == CONMAN_LINE)
			continue;
		while (token == CONMAN_WORD && kind < DIRECTIVES &&
			strcasecmp(directive_names[kind], at->words.word.data))
			kind++;
		if (token != CONMAN_WORD || kind == DIRECTIVES)
			return import_error(
				at->err, here(at), "a line begins with SERVER, GLOBAL or CONSOLE");
		r = read_directive(at, (enum directive)kind);
		if (r < 0)
			return r;
	}
	return 0;
}

int import_conman(const struct conman_source *source, struct import *import, struct error **err)
{
	struct conman at = { .source = source, .import = import, .err = err };
	int r;

	conman_words_init(&at.words, &source->text);
	r = read_directives(&at);
	conman_words_done(&at.words);
	names_done(&at.ids);
	return r;
}
