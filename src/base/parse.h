/* SPDX-License-Identifier: MIT */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The one place where text becomes numbers. Every function takes the whole text or nothing: no
 * leading blank, no sign where none is meant, no trailing characters.
 */

/**
 * parse_u64() - unsigned number in decimal, 0x hexadecimal or 0 octal
 *
 * Return: 0; -EINVAL: not a number (a sign included); -ERANGE: does not fit 64 bits.
 */
int parse_u64(const char *text, uint64_t *ret_value);

/**
 * parse_size() - a size with an optional fraction and suffix
 * @text: "65536", "64k", "1.5M"; B k M G T P E in either case, powers of 1024
 *
 * Return: 0; -EINVAL; -ERANGE: negative, or not below 2^64.
 */
int parse_size(const char *text, uint64_t *ret_bytes);

/**
 * parse_duration() - how long: "90s", "10m", "1h30m", "7d", "2w"; each number has its unit
 *
 * Return: 0; -EINVAL: not of that form; -ERANGE: more than a thousand years.
 */
int parse_duration(const char *text, uint64_t *ret_s);

/** parse_hex_digit() - Return: 0..15; -1: is none */
int parse_hex_digit(char c);

/**
 * parse_mode() - permissions of a file, three or four octal digits: "640", "0640"
 *
 * Return: 0; -EINVAL: not of that form, or above 0777.
 */
int parse_mode(const char *text, unsigned *ret_mode);

/**
 * parse_mode_option() - the same of what a user says
 * @key: of the option; @example: of what it could be, for the message
 *
 * Return: 0; -EINVAL with @err.
 */
int parse_mode_option(const char *key, const char *text, const char *example, mode_t *ret_mode,
	struct error **err);

/** parse_bool() - on/yes/true/y, off/no/false/n; Return: 0, -EINVAL */
int parse_bool(const char *text, bool *ret_value);

/** parse_id_is_valid() - a letter, then letters, digits, '-', '.', '_' */
bool parse_id_is_valid(const char *text);

/**
 * parse_geometry() - "COLSxROWS"
 *
 * Return: 0; -EINVAL: not of that form; -ERANGE: outside 1..@max.
 */
int parse_geometry(const char *text, unsigned max, unsigned *ret_cols, unsigned *ret_rows);

#endif
