/* SPDX-License-Identifier: MIT */
#include "client/sieve.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

int sieve_init(struct sieve *sieve, const char *pattern, bool plain,
	void (*put)(const void *bytes, size_t len), struct error **err)
{
	int r;

	*sieve = (struct sieve){ .pattern = pattern, .plain = plain, .put = put };
	if (!pattern)
		return 0;
	sieve->is_word = !strpbrk(pattern, ".[]()*+?{}|^$\\");
	if (sieve->is_word)
		return 0;
	r = regcomp(&sieve->regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (r) {
		char text[128];

		regerror(r, &sieve->regex, text, sizeof(text));
		sieve->pattern = NULL;
		return error_set(err, EINVAL, "'%s' is no regular expression: %s", pattern, text);
	}
	return 0;
}

void sieve_done(struct sieve *sieve)
{
	if (sieve->pattern && !sieve->is_word)
		regfree(&sieve->regex);
	strbuf_done(&sieve->line);
	strbuf_done(&sieve->text);
}

/* POSIX knows only of texts that end with a zero byte. */
static bool matches(const struct sieve *sieve, const char *text, size_t len)
{
#ifdef REG_STARTEND
	regmatch_t range = { 0, (regoff_t)len };

	return regexec(&sieve->regex, text, 1, &range, REG_STARTEND) == 0;
#else
	AUTO_FREE char *copy = strndup(text, len);

	return copy && regexec(&sieve->regex, copy, 0, NULL, 0) == 0;
#endif
}

/* Of a line's text, without its end. */
static bool fits(const struct sieve *sieve, const char *text, size_t len)
{
	if (!sieve->pattern)
		return true;
	if (sieve->is_word)
		return memmem(text, len, sieve->pattern, strlen(sieve->pattern));
	return matches(sieve, text, len);
}

/* Nothing in it moves the cursor, but the end of a line: it is its own text. */
static bool is_text(const char *line, size_t len)
{
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			return false;
	return true;
}

static size_t text_len(const char *text, size_t len)
{
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	return len;
}

/* A whole line, with its end. */
static void feed_line(struct sieve *sieve, const char *line, size_t len)
{
	const char *text = line;
	size_t n = len;

	if (sieve->plain || !is_text(line, len)) {
		strbuf_truncate(&sieve->text, 0);
		plain_feed(&sieve->state, line, len, &sieve->text);
		text = sieve->text.data ? sieve->text.data : "";
		n = sieve->text.len;
	}
	if (fits(sieve, text, text_len(text, n)))
		sieve->put(sieve->plain ? text : line, sieve->plain ? n : len);
}

void sieve_feed(struct sieve *sieve, const char *bytes, size_t len)
{
	if (!sieve->pattern && !sieve->plain) {
		sieve->put(bytes, len);
		return;
	}
	while (len) {
		const char *newline = memchr(bytes, '\n', len);
		size_t n = newline ? (size_t)(newline - bytes) + 1 : len;

		if (newline && !sieve->line.len) {
			feed_line(sieve, bytes, n);
		} else {
			strbuf_append(&sieve->line, bytes, n);
			if (newline || sieve->line.len > SIEVE_LINE_MAX)
				sieve_flush(sieve);
		}
		bytes += n;
		len -= n;
	}
}

void sieve_flush(struct sieve *sieve)
{
	if (sieve->line.len)
		feed_line(sieve, sieve->line.data, sieve->line.len);
	strbuf_truncate(&sieve->line, 0);
}
