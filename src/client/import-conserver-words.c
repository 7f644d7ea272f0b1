/* SPDX-License-Identifier: MIT */
/*
 * The text is a stream of characters: what a file includes stands where its line was. '#' begins a
 * comment, '\' and '"' quote, '{', '}' and ';' are tokens; blanks are a part of a name or of a
 * value, but not around it.
 */
#include "client/import-conserver-words.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NO_CHARACTER = -1 };

static const char include_word[] = "#include";

void conserver_words_init(
	struct conserver_words *words, const struct conserver_source *source, struct import *import)
{
	*words = (struct conserver_words){ .source = source, .import = import };
	words->levels[0] = (struct conserver_level){
		.place = { source->text.path, 1 },
		.data = source->text.data,
		.len = source->text.len,
		.line_begins = true,
	};
	words->bytes = source->text.len;
	words->place = words->levels[0].place;
}

void conserver_words_done(struct conserver_words *words)
{
	for (unsigned i = 0; i <= words->depth; i++)
		free(words->levels[i].owned);
	strbuf_done(&words->word);
}

/* ---- files ---- */

/* `#include FILE`: blanks around its name do not count. */
static int open_included(struct conserver_words *words, const char *line, size_t len,
	const struct import_place *place, struct error **err)
{
	struct conserver_level *level = &words->levels[words->depth + 1];
	char *path, *data;
	size_t size;
	int r;

	while (len && isspace((unsigned char)*line))
		line++, len--;
	while (len && isspace((unsigned char)line[len - 1]))
		len--;
	if (!len || memchr(line, '\0', len))
		return import_error(err, place, "a file is included by #include FILE");
	if (words->depth == CONSERVER_DEPTH_MAX)
		return import_error(err, place, "files include each other more than %d deep",
			CONSERVER_DEPTH_MAX);
	if (++words->files > IMPORT_FILES_MAX)
		return import_error(err, place, "these are more than %d files", IMPORT_FILES_MAX);
	path = import_copy(words->import, line, len);
	if (!path)
		return error_set(err, ENOMEM, "out of memory");
	r = words->source->read(words->source->data, path, &data, &size, err);
	if (r < 0) {
		error_prefix(err, "%s:%u: ", place->path, place->line);
		return r;
	}
	*level = (struct conserver_level){ { path, 1 }, data, size, 0, data, true };
	words->depth++;
	words->bytes += size;
	if (words->bytes > IMPORT_BYTES_MAX)
		return import_error(
			err, place, "the files have more than %d bytes", IMPORT_BYTES_MAX);
	return 0;
}

/* The files that are over go. Return: the one that is read. */
static struct conserver_level *current(struct conserver_words *words)
{
	struct conserver_level *level = &words->levels[words->depth];

	while (level->at == level->len && words->depth) {
		free(TAKE_PTR(level->owned));
		level = &words->levels[--words->depth];
	}
	return level;
}

/* ---- characters ---- */

/* Return: it is behind us; NO_CHARACTER: all is over. */
static int take(struct conserver_words *words)
{
	struct conserver_level *level = current(words);
	char c;

	if (level->at == level->len)
		return NO_CHARACTER;
	c = level->data[level->at++];
	level->line_begins = c == '\n';
	level->place.line += c == '\n';
	return (unsigned char)c;
}

static int peek(struct conserver_words *words)
{
	const struct conserver_level *level = current(words);

	return level->at == level->len ? NO_CHARACTER : (unsigned char)level->data[level->at];
}

/* At a '#': to the end of the line, or into a file that it includes. */
static int skip_comment(struct conserver_words *words, struct error **err)
{
	struct conserver_level *level = current(words);
	const char *line = level->data + level->at;
	size_t left = level->len - level->at, word = strlen(include_word);
	const char *newline = memchr(line, '\n', left);
	size_t len = newline ? (size_t)(newline - line) : left;
	struct import_place place = level->place;
	bool included = level->line_begins && len > word && !strncmp(line, include_word, word) &&
			isspace((unsigned char)line[word]);

	level->at += len + (newline != NULL);
	level->place.line += newline != NULL;
	level->line_begins = true;
	return included ? open_included(words, line + word, len - word, &place, err) : 0;
}

static int skip_blanks(struct conserver_words *words, struct error **err)
{
	for (;;) {
		int c = peek(words), r;

		if (c == '#') {
			r = skip_comment(words, err);
			if (r < 0)
				return r;
		} else if (c != NO_CHARACTER && isspace(c)) {
			take(words);
		} else {
			return 0;
		}
	}
}

/* ---- words ---- */

static bool is_token(int c)
{
	return c == '{' || c == '}' || c == ';';
}

static int unclosed(const struct conserver_words *words, struct error **err)
{
	return import_error(err, &words->place, "a quote is not closed");
}

/* From behind a '"'; only \" is not what it looks like. */
static int take_quoted(struct conserver_words *words, struct error **err)
{
	for (;;) {
		int c = take(words);

		if (c == '"')
			return 0;
		if (c == '\\' && peek(words) == '"')
			c = take(words);
		if (c == NO_CHARACTER)
			return unclosed(words, err);
		strbuf_putc(&words->word, (char)c);
	}
}

/* One more piece of a word. @ret_len: what of it is no trailing blank. */
static int take_piece(struct conserver_words *words, size_t *ret_len, struct error **err)
{
	int c = take(words), r;

	if (c == '"') {
		r = take_quoted(words, err);
		if (r < 0)
			return r;
	} else if (c == '\\') {
		c = take(words);
		if (c == NO_CHARACTER)
			return unclosed(words, err);
		strbuf_putc(&words->word, (char)c);
	} else {
		strbuf_putc(&words->word, (char)c);
		if (isspace(c))
			return 0;
	}
	*ret_len = words->word.len;
	return 0;
}

static int take_word(struct conserver_words *words, bool spaced, struct error **err)
{
	size_t len = 0;
	int r = 0;

	strbuf_truncate(&words->word, 0);
	strbuf_puts(&words->word, "");
	while (r == 0) {
		int c = peek(words);

		if (c == NO_CHARACTER || is_token(c) || (spaced && isspace(c)))
			break;
		r = c == '#' ? skip_comment(words, err) : take_piece(words, &len, err);
		if (r == 0 && c == '#')
			strbuf_putc(&words->word, ' ');
		if (words->word.len > IMPORT_WORD_MAX)
			r = import_error(err, &words->place, "this is longer than %d bytes",
				IMPORT_WORD_MAX);
	}
	if (r < 0)
		return r;
	if (words->word.failed)
		return error_set(err, ENOMEM, "out of memory");
	strbuf_truncate(&words->word, len);
	if (memchr(words->word.data, '\0', len))
		return import_error(err, &words->place, "there is a NUL byte");
	return CONSERVER_WORD;
}

int conserver_words_next(struct conserver_words *words, bool spaced, struct error **err)
{
	int r = skip_blanks(words, err), c;

	if (r < 0)
		return r;
	c = peek(words);
	words->place = current(words)->place;
	if (c == NO_CHARACTER)
		return CONSERVER_END;
	return is_token(c) ? take(words) : take_word(words, spaced, err);
}
