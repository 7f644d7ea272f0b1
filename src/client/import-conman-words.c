/* SPDX-License-Identifier: MIT */
/* A directive is a line; a backslash before its end makes the next one a part of it. */
#include "client/import-conman-words.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { NO_CHARACTER = -1 };

void conman_words_init(struct conman_words *words, const struct import_text *text)
{
	*words = (struct conman_words){ .text = text, .line = 1, .place = { text->path, 1 } };
}

void conman_words_done(struct conman_words *words)
{
	strbuf_done(&words->word);
}

static int peek(const struct conman_words *words, size_t ahead)
{
	size_t at = words->at + ahead;

	return at < words->text->len ? (unsigned char)words->text->data[at] : NO_CHARACTER;
}

static void skip_blanks(struct conman_words *words)
{
	for (;;) {
		int c = peek(words, 0);

		if (c == '\\' && peek(words, 1) == '\n') {
			words->at += 2;
			words->line++;
		} else if (c == '#') {
			while (c != '\n' && c != NO_CHARACTER) {
				words->at++;
				c = peek(words, 0);
			}
		} else if (c != '\n' && c != NO_CHARACTER && isspace(c)) {
			words->at++;
		} else {
			return;
		}
	}
}

static int finish(struct conman_words *words, int token, struct error **err)
{
	if (words->word.failed)
		return error_set(err, ENOMEM, "out of memory");
	if (words->word.len > IMPORT_WORD_MAX)
		return import_error(
			err, &words->place, "this is longer than %d bytes", IMPORT_WORD_MAX);
	if (memchr(words->word.data, '\0', words->word.len))
		return import_error(err, &words->place, "there is a NUL byte");
	return token;
}

static int take_string(struct conman_words *words, int quote, struct error **err)
{
	for (words->at++;; words->at++) {
		int c = peek(words, 0);

		if (c == '\n' || c == NO_CHARACTER)
			return import_error(err, &words->place, "a quote is not closed");
		if (c == quote)
			break;
		strbuf_putc(&words->word, (char)c);
	}
	words->at++;
	return finish(words, CONMAN_STRING, err);
}

static bool is_word_character(int c)
{
	return c != NO_CHARACTER && (isalnum(c) || c == '_');
}

static int take_word(struct conman_words *words, struct error **err)
{
	do
		strbuf_putc(&words->word, (char)peek(words, 0));
	while (words->at++, is_word_character(peek(words, 0)));
	return finish(words, CONMAN_WORD, err);
}

int conman_words_next(struct conman_words *words, struct error **err)
{
	int c;

	skip_blanks(words);
	words->place.line = words->line;
	strbuf_truncate(&words->word, 0);
	strbuf_puts(&words->word, "");
	c = peek(words, 0);
	if (c == NO_CHARACTER)
		return CONMAN_END;
	if (c == '\n') {
		words->at++;
		words->line++;
		return CONMAN_LINE;
	}
	if (c == '"' || c == '\'')
		return take_string(words, c, err);
	if (is_word_character(c) || ((c == '-' || c == '+') && is_word_character(peek(words, 1))))
		return take_word(words, err);
	words->at++;
	return c;
}
