/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_IMPORT_CONMAN_WORDS_H
#define CLIENT_IMPORT_CONMAN_WORDS_H

#include "client/import.h"

/** What conman_words_next() finds besides other characters, such as '='. */
enum { CONMAN_END = 0x100, CONMAN_LINE, CONMAN_WORD, CONMAN_STRING };

/**
 * struct conman_words - reads a configuration token by token [conman.conf(5)]
 * @word:  the text of CONMAN_WORD, which is a name or a number, and of CONMAN_STRING
 * @place: where it begins
 */
struct conman_words {
	const struct import_text *text;
	size_t at;
	unsigned line;
	struct strbuf word;
	struct import_place place;
};

/** conman_words_init() - @text: outlives @words */
void conman_words_init(struct conman_words *words, const struct import_text *text);

/** conman_words_done() */
void conman_words_done(struct conman_words *words);

/** conman_words_next() - the next token. Return: it; -errno with @err */
int conman_words_next(struct conman_words *words, struct error **err);

#endif
