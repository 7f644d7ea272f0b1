/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_IMPORT_CONSERVER_WORDS_H
#define CLIENT_IMPORT_CONSERVER_WORDS_H

#include "client/import-conserver.h"

enum {
	CONSERVER_DEPTH_MAX = 10, /* files that include each other [conserver.cf(5) PARSER] */
};

/** What conserver_words_next() finds besides the characters '{', '}' and ';'. */
enum { CONSERVER_END = 0x100, CONSERVER_WORD };

/**
 * struct conserver_level - a file that is being read
 * @data: freed with it where it is @owned
 */
struct conserver_level {
	struct import_place place;
	const char *data;
	size_t len, at;
	char *owned;
	bool line_begins;
};

/**
 * struct conserver_words - reads a configuration word by word [conserver.cf(5) PARSER]
 * @word:  the text of CONSERVER_WORD
 * @place: where it begins
 */
struct conserver_words {
	const struct conserver_source *source;
	struct import *import;
	struct conserver_level levels[CONSERVER_DEPTH_MAX + 1];
	unsigned depth, files;
	size_t bytes;
	struct strbuf word;
	struct import_place place;
};

/** conserver_words_init() - @source, @import: outlive @words */
void conserver_words_init(struct conserver_words *words, const struct conserver_source *source,
	struct import *import);

/** conserver_words_done() */
void conserver_words_done(struct conserver_words *words);

/**
 * conserver_words_next() - the next token
 * @spaced: a blank ends a word: a type of block, or a keyword, is looked for
 *
 * Return: '{', '}', ';', CONSERVER_END, CONSERVER_WORD; -errno with @err.
 */
int conserver_words_next(struct conserver_words *words, bool spaced, struct error **err);

#endif
