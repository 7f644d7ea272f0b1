/* SPDX-License-Identifier: MIT */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A growing byte string. Failing to get memory is remembered (@failed) instead of being returned
 * by every call: append all, then look once.
 */
struct strbuf {
	char *data; /* NUL-terminated where not NULL */
	size_t len, size;
	bool failed;
};

void strbuf_append(struct strbuf *buf, const void *bytes, size_t len);
void strbuf_puts(struct strbuf *buf, const char *text);
void strbuf_putc(struct strbuf *buf, char c);
void strbuf_printf(struct strbuf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** strbuf_truncate() - keep the first @len bytes, of at least as many */
void strbuf_truncate(struct strbuf *buf, size_t len);

/** strbuf_drop() - the first @n bytes go, of at least as many */
void strbuf_drop(struct strbuf *buf, size_t n);

/** strbuf_take() - the string, which the caller owns; NULL if memory ran out. @buf is empty then */
char *strbuf_take(struct strbuf *buf);

/** strbuf_done() - free what @buf holds */
void strbuf_done(struct strbuf *buf);

#define AUTO_STRBUF __attribute__((cleanup(strbuf_done)))

#endif
