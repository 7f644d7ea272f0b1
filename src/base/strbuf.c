/* SPDX-License-Identifier: MIT */
#include "base/strbuf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for @more bytes and a NUL. */
static bool reserve(struct strbuf *buf, size_t more)
{
	size_t need = buf->len + more + 1, size = buf->size ? buf->size : 64;
	char *data;

	if (buf->failed)
		return false;
	while (size < need)
		size *= 2;
	if (size == buf->size)
		return true;
	data = realloc(buf->data, size);
	if (!data) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->size = size;
	return true;
}

void strbuf_append(struct strbuf *buf, const void *bytes, size_t len)
{
	if (!reserve(buf, len))
		return;
	if (len)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void strbuf_puts(struct strbuf *buf, const char *text)
{
	strbuf_append(buf, text, strlen(text));
}

void strbuf_putc(struct strbuf *buf, char c)
{
	strbuf_append(buf, &c, 1);
}

void strbuf_printf(struct strbuf *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !reserve(buf, (size_t)len))
		return;
	va_start(ap, fmt);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

void strbuf_truncate(struct strbuf *buf, size_t len)
{
	assert(len <= buf->len);
	buf->len = len;
	if (buf->data)
		buf->data[len] = '\0';
}

void strbuf_drop(struct strbuf *buf, size_t n)
{
	assert(n <= buf->len);
	if (n)
		memmove(buf->data, buf->data + n, buf->len - n);
	strbuf_truncate(buf, buf->len - n);
}

char *strbuf_take(struct strbuf *buf)
{
	char *data;

	strbuf_append(buf, "", 0);
	data = buf->failed ? NULL : buf->data;
	if (buf->failed)
		free(buf->data);
	*buf = (struct strbuf){ 0 };
	return data;
}

void strbuf_done(struct strbuf *buf)
{
	free(buf->data);
	*buf = (struct strbuf){ 0 };
}
