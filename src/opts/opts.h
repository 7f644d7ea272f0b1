/* SPDX-License-Identifier: MIT */
#ifndef OPTS_OPTS_H
#define OPTS_OPTS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Options come as "key=value,..." text, as a JSON object or as a section of a -readconfig file, and
 * become a `struct opts`: an ordered list of dotted keys with text values. What a key means is said
 * by a table (`struct opt_desc`), which also makes the help and the manual. A class reads typed
 * values out with opts_get_*().
 *
 * Lists are keys with an index: `chardevs.0=a,chardevs.1=b`; a list of groups has a name after the
 * index: `members.0.chardev=a`.
 */

enum opt_type {
	OPT_STRING,
	OPT_ID, /* a string that names another object */
	OPT_BOOL,
	OPT_OFF,    /* a boolean that must be off: what is not here */
	OPT_NUMBER, /* 0..max, where max is 0: 2^64-1 */
	OPT_UINT32, /* the same below 2^32, with QEMU's texts for properties of devices */
	OPT_SIZE,   /* bytes: hexadecimal, or decimal with a suffix k M G T P E */
	OPT_ENUM,   /* one of the words of @values, which are separated by '|' */
	OPT_LIST,   /* of strings: NAME.0, NAME.1, ... without a gap */
	OPT_GROUPS, /* of tables: NAME.0.KEY, ...; @group says which keys */
};

/**
 * struct opt_desc - one option of a class; a table ends with an entry whose name is NULL
 * @name:     as typed
 * @type:     how the text is read
 * @required: its absence is an error
 * @preset:   the value where it is not given, as text; NULL: none
 * @values:   OPT_ENUM: "a|b|c"
 * @qapi:     OPT_ENUM: what is none of them is refused with QAPI's text
 * @min, @max: OPT_NUMBER, OPT_SIZE: the range, inclusive; max 0: unbounded
 * @group:    OPT_GROUPS: the table of a group
 * @live:     an object takes another value while it runs: its class can change it
 * @help:     what it does, one line without a full stop
 */
struct opt_desc {
	const char *name;
	enum opt_type type;
	bool required;
	const char *preset;
	const char *values;
	bool qapi;
	uint64_t min, max;
	const struct opt_desc *group;
	bool live;
	const char *help;
};

struct opts;

/**
 * opts_parse() - read "[implied=]VALUE,key=value,..." in QEMU's QemuOpts grammar
 * @text:    the argument, or a JSON object if it starts with '{'
 * @implied: the key of a first element without '='; NULL: none
 *
 * `,,` in a value is a comma; `foo` and `nofoo` are foo=on and foo=off with a warning on the log;
 * a key given twice counts the last time, but the first `id` stays. Values are not looked at.
 *
 * Return: 0, the caller owns *@ret_opts; -EINVAL with @err.
 */
int opts_parse(const char *text, const char *implied, struct opts **ret_opts, struct error **err);

/** opts_parse_json() - the same from a JSON object's text; nested objects and arrays become dots */
int opts_parse_json(const char *text, struct opts **ret_opts, struct error **err);

/** opts_new() - an empty set, to be filled by opts_set() */
struct opts *opts_new(void);

/** opts_set() - add or replace a value; both strings are copied. Return: 0, -ENOMEM */
int opts_set(struct opts *opts, const char *key, const char *value);

/** opts_count() - elements, each value of a key that was given several times; in order */
size_t opts_count(const struct opts *opts);
const char *opts_key_at(const struct opts *opts, size_t index);
const char *opts_value_at(const struct opts *opts, size_t index);

/**
 * opts_copy_item() - add element @index of another set under a key, with its line
 *
 * Return: 0; -E2BIG, -ENOMEM.
 */
int opts_copy_item(struct opts *opts, const char *key, const struct opts *from, size_t index);

/** opts_preset() - add a value where the key was not given. Return: 0, -E2BIG, -ENOMEM */
int opts_preset(struct opts *opts, const char *key, const char *value);

/**
 * opts_canonical() - a set as a text that is the same for all sets that mean the same
 * @opts:    has been checked
 * @implied: comes first, without its key; NULL: none
 *
 * opts_parse() reads it. The key @implied and "id" come first, the others are sorted; values are
 * written in one way, and left out where they are the preset.
 *
 * Return: a string that the caller frees; NULL if memory ran out.
 */
char *opts_canonical(const struct opts *opts, const char *implied);

/** enum opts_change - what it takes to get from one set of options to another */
enum opts_change { OPTS_SAME, OPTS_LIVE, OPTS_OTHER };

/**
 * opts_compare() - can an object that was made of @old go on with @new
 * @new: has been checked
 * @old: of the same tables, as opts_canonical() wrote it
 *
 * Return: OPTS_SAME; OPTS_LIVE: what differs is marked so in the tables; OPTS_OTHER; -ENOMEM.
 */
int opts_compare(const struct opts *new, const char *old, const char *implied);

/**
 * opts_next_ref() - walk what the options name: the values of OPT_ID, and of OPT_LIST
 * @index: 0 at first; the call's
 * @ret_desc: the entry that says so; of a group the group's own
 *
 * Not the object's own "id". Return: NULL: no more.
 */
const char *opts_next_ref(const struct opts *opts, size_t *index, const struct opt_desc **ret_desc);

/**
 * opts_rename_keys() - give the elements of a set other keys
 * @rename: returns the new key, which may be @key or a part of it; NULL: drop the element
 *
 * Return: 0, -ENOMEM.
 */
int opts_rename_keys(struct opts *opts, const char *(*rename)(const char *key));

/** opts_set_line() - what is added from now on stands in this line of a file */
void opts_set_line(struct opts *opts, unsigned line);

/** opts_line() - of the element that the last check refused; else the last one set; 0: no file */
unsigned opts_line(const struct opts *opts);

/** opts_free() - NULL is fine */
void opts_free(struct opts *opts);

/* A local set that is freed when it goes out of scope. */
static inline void opts_cleanup(struct opts **opts)
{
	opts_free(*opts);
}
#define AUTO_OPTS __attribute__((cleanup(opts_cleanup)))

/**
 * opts_wants_help() - was there an element `help` or `?`
 *
 * The implied first element is a value like any other: of "-chardev help" it is opts_text() of the
 * implied key that is "help".
 */
bool opts_wants_help(const struct opts *opts);

/** opts_bind() - remember the tables; they are static, the array of them need not be */
void opts_bind(struct opts *opts, const struct opt_desc *const *tables);

/** opts_unknown_key() - bind a set; the first key that no table has, NULL: all are known */
const char *opts_unknown_key(struct opts *opts, const struct opt_desc *const *tables);

/** opts_set_names_hint() - make "OWNER takes: a, b, c." the hint of the error in @err */
void opts_set_names_hint(
	const char *owner, const struct opt_desc *const *tables, struct error **err);

/** opts_text() - the value as typed, or NULL; before or after opts_check() */
const char *opts_text(const struct opts *opts, const char *key);

/** opts_nth_text() - the values of a key that was given several times, from 0; NULL: no more */
const char *opts_nth_text(const struct opts *opts, const char *key, size_t n);

/**
 * opts_check() - compare a set with what an object takes, in the order it was typed
 * @opts:   is bound to the tables: opts_get_*() need this
 * @owner:  who takes them, for the message: "null", "virtconsole"
 * @tables: NULL-terminated array of tables, all static
 *
 * The key "id", where the tables have it, is the object's own name and must be an identifier.
 *
 * Return: 0; -EINVAL: unknown key (the text lists those that exist), bad value, gap in a list,
 * missing required option.
 */
int opts_check(struct opts *opts, const char *owner, const struct opt_desc *const *tables,
	struct error **err);

/*
 * Typed values after opts_check(). A key that was not given has its preset; without a preset
 * NULL, false or 0. Strings are owned by @opts.
 */
const char *opts_get_string(const struct opts *opts, const char *key);
bool opts_get_bool(const struct opts *opts, const char *key);
uint64_t opts_get_number(const struct opts *opts, const char *key); /* NUMBER, UINT32, SIZE */
int opts_get_enum(const struct opts *opts, const char *key);	    /* index into values */

/** opts_has() - was the key (or, of a list, any element) given by the user */
bool opts_has(const struct opts *opts, const char *key);

/** opts_list_len() - elements of an OPT_LIST or OPT_GROUPS */
size_t opts_list_len(const struct opts *opts, const char *key);

/** opts_list_string() - element @index of an OPT_LIST */
const char *opts_list_string(const struct opts *opts, const char *key, size_t index);

/** struct opts_groups - the elements of an OPT_GROUPS, each as a set of its own */
struct opts_groups {
	struct opts **items;
	size_t len;
};

/**
 * opts_list_groups() - all elements of an OPT_GROUPS, checked and bound
 *
 * Return: 0, *@ret_groups is for opts_groups_done(); -ENOMEM.
 */
int opts_list_groups(const struct opts *opts, const char *key, struct opts_groups *ret_groups);

/** opts_groups_done() - also of a zeroed one */
void opts_groups_done(struct opts_groups *groups);
#define AUTO_OPTS_GROUPS __attribute__((cleanup(opts_groups_done)))

/** opts_enum_index() - position of @word in "a|b|c"; -1: not one of them */
int opts_enum_index(const char *values, const char *word);

/**
 * struct opts_help_line - one option as a person reads it
 * @key:  "path", "chardevs.N", "members.N.access"
 * @type: "<string>", "<on|off>", "skip|wait|close"
 * @desc: its entry
 */
struct opts_help_line {
	const char *key;
	const char *type;
	const struct opt_desc *desc;
};

/**
 * opts_for_each_help() - all options of an object, sorted by key; the keys of groups one by one
 * @fn: the line is borrowed until it returns
 *
 * Return: 0; -ENOMEM: @fn was not called.
 */
int opts_for_each_help(const struct opt_desc *const *tables,
	void (*fn)(void *data, const struct opts_help_line *line), void *data);

/** opts_print_help() - the tables on stdout: "  name=<type>  help (default: preset)", sorted */
void opts_print_help(const char *owner, const struct opt_desc *const *tables);

#endif
