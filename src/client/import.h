/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_IMPORT_H
#define CLIENT_IMPORT_H

#include "base/error.h"
#include "base/names.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The configuration of another console server becomes one of ours. A reader (import-conserver.h,
 * import-conman.h) understands a text and says here what consoles there are and what is set for
 * each; import_print() writes that down with what they have in common in templates. Nothing of it
 * opens a file: texts come from a function of the caller's.
 */
enum {
	IMPORT_BYTES_MAX = 16 << 20, /* of all files together */
	IMPORT_FILES_MAX = 1 << 10,  /* that are included */
	IMPORT_CONSOLES_MAX = 1 << 16,
	IMPORT_WORD_MAX = 3900,	  /* bytes of a word or a value: a line of ours holds it */
	IMPORT_SETTINGS_MAX = 12, /* of one console */
};

/**
 * struct import_text - a file
 * @path: as it is told in messages; borrowed
 */
struct import_text {
	const char *path;
	const char *data;
	size_t len;
};

/**
 * import_read_fn - read a file that another one includes
 * @ret_data: NUL-terminated, freed by the caller
 *
 * Return: 0; -errno with @err.
 */
typedef int import_read_fn(
	void *data, const char *path, char **ret_data, size_t *ret_len, struct error **err);

/** struct import_place - where something stands: a file, a line from 1 */
struct import_place {
	const char *path;
	unsigned line;
};

/** struct import_setting - @key: a constant; @value: with a percent sign doubled */
struct import_setting {
	const char *key;
	char *value;
};

/**
 * struct import_console - one of them
 * @id:      what it is called here
 * @remarks: lines of comment
 */
struct import_console {
	char *id;
	struct import_setting settings[IMPORT_SETTINGS_MAX];
	unsigned n_settings;
	struct strbuf remarks;
	struct name in_ids;
};

/**
 * struct import - what was read
 * @notes:   what has no counterpart, a line each: "FILE:LINE: what and why"
 * @objects: sections that say who may what
 * @pool:    memory that lives as long as this
 * @failed:  memory ran out somewhere; import_print() says so
 */
struct import {
	struct import_console **consoles;
	size_t len, size;
	struct strbuf notes, objects;
	struct names ids, rules;
	unsigned n_rules;
	struct import_chunk *pool;
	bool failed;
};

/** import_done() - also of a zeroed one */
void import_done(struct import *import);

#define AUTO_IMPORT __attribute__((cleanup(import_done)))

/** import_alloc() - zeroed memory of the pool; NULL: it ran out, which @import remembers */
void *import_alloc(struct import *import, size_t size);

/** import_copy() - a text in the pool; NULL as there */
char *import_copy(struct import *import, const char *text, size_t len);

/** import_error() - "FILE:LINE: ...". Return: -EINVAL */
int import_error(struct error **err, const struct import_place *place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * import_note() - something has no counterpart
 * @console: whose comment says it, too; NULL: none
 */
void import_note(struct import *import, struct import_console *console,
	const struct import_place *place, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** import_remark() - a line of comment above a console */
void import_remark(struct import_console *console, const char *text);

/**
 * import_add_console() - there is a console
 *
 * Where its name cannot be one of ours it gets another, and a note.
 *
 * Return: NULL with @err: memory ran out, or these are too many.
 */
struct import_console *import_add_console(struct import *import, const char *name,
	const struct import_place *place, struct error **err);

/** import_drop_console() - the one that was added last does not come over */
void import_drop_console(struct import *import);

/**
 * import_set() - say something of a console
 * @key:   of a console of ours; outlives @import
 * @value: copied
 *
 * Return: false: no file of ours can hold that value, which is noted.
 */
bool import_set(struct import *import, struct import_console *console, const char *key,
	const char *value, const struct import_place *place);

/**
 * import_add_rules() - an object that says who may what
 * @body: its options
 *
 * Return: its name, of the pool; the same for the same @body. NULL: memory ran out.
 */
const char *import_add_rules(struct import *import, const char *body);

/**
 * import_quote() - a value as it stands in a file: in quotes that it does not have in it
 *
 * Return: false: it has both, or is longer than a line, or has other than text in it.
 */
bool import_quote(struct strbuf *out, const char *value);

/** import_quote_word() - one word of a command of the shell */
void import_quote_word(struct strbuf *out, const char *word);

/**
 * struct import_ipmi - a serial line over the network, by ipmitool
 * @user, @cipher, @level: NULL: not said
 * @key_file: where the password is; NULL: there is none
 */
struct import_ipmi {
	const char *host, *user, *cipher, *level, *key_file;
};

/** import_ipmi_key_file() - where a password is to be put, which is noted. NULL: memory ran out */
const char *import_ipmi_key_file(
	struct import *import, struct import_console *console, const struct import_place *place);

/** import_set_ipmi() - as the guest of a console */
bool import_set_ipmi(struct import *import, struct import_console *console,
	const struct import_ipmi *ipmi, const struct import_place *place);

/**
 * import_print() - the configuration
 * @from:    what it was made of, for its first line
 * @control: socket that it names; NULL: none
 *
 * Return: 0; -ENOMEM with @err.
 */
int import_print(struct import *import, const char *from, const char *control, struct strbuf *out,
	struct error **err);

#endif
