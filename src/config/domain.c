/* SPDX-License-Identifier: MIT */
/*
 * As much of libvirt's XML as says where a serial line is:
 *
 *	<serial type='unix'>
 *	  <source mode='bind' path='/run/vm1.sock'/>
 *
 * The file is libvirt's own, written by a library for XML, so that tags are well formed; what is
 * not understood is passed over.
 */
/* syscalls: openat */
#include "config/domain.h"

#include "base/cleanup.h"
#include "base/strbuf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 4 << 20 };

/* A tag: "serial type='unix'", "/serial", "source path='...'/"; not terminated. */
struct tag {
	const char *text;
	size_t len;
};

/* Return: behind the next tag; NULL: there is none. */
static const char *next_tag(const char *at, const char *end, struct tag *ret_tag)
{
	static const char comment[] = "<!--";

	while ((at = memchr(at, '<', (size_t)(end - at)))) {
		bool is_comment = end - at > 4 && !memcmp(at, comment, 4);
		const char *close = is_comment ? memmem(at, (size_t)(end - at), "-->", 3)
					       : memchr(at, '>', (size_t)(end - at));

		if (!close)
			return NULL;
		*ret_tag = (struct tag){ at + 1, (size_t)(close - at - 1) };
		if (!is_comment)
			return close + 1;
		at = close + 3;
	}
	return NULL;
}

static bool tag_is(const struct tag *tag, const char *name)
{
	size_t len = strlen(name);

	return tag->len >= len && !memcmp(tag->text, name, len) &&
	       (tag->len == len || strchr(" \t\r\n/", tag->text[len]));
}

static void put_unescaped(struct strbuf *value, const char *text, size_t len)
{
	static const struct {
		const char *name;
		char c;
	} entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&apos;", '\'' },
		{ "&quot;", '"' } };

	for (size_t i = 0; i < len;) {
		size_t step = 1, n = 0;
		char c = text[i];

		for (; n < sizeof(entities) / sizeof(entities[0]); n++) {
			size_t name_len = strlen(entities[n].name);

			if (name_len > len - i || memcmp(text + i, entities[n].name, name_len))
				continue;
			c = entities[n].c;
			step = name_len;
			break;
		}
		strbuf_putc(value, c);
		i += step;
	}
}

/* Return: the value of an attribute, to be freed; NULL: the tag has none, or no memory. */
static char *attribute(const struct tag *tag, const char *name)
{
	const char *at = tag->text, *end = tag->text + tag->len;
	size_t name_len = strlen(name);
	struct strbuf value = { 0 };

	while ((at = memmem(at, (size_t)(end - at), name, name_len))) {
		const char *quote = at + name_len + 1, *close;
		bool is_name = strchr(" \t\r\n", at[-1]) && quote < end && quote[-1] == '=' &&
			       (*quote == '\'' || *quote == '"');

		close = is_name ? memchr(quote + 1, *quote, (size_t)(end - quote - 1)) : NULL;
		at += name_len;
		if (!close)
			continue;
		strbuf_puts(&value, "");
		put_unescaped(&value, quote + 1, (size_t)(close - quote - 1));
		return strbuf_take(&value);
	}
	return NULL;
}

static bool has_value(const struct tag *tag, const char *name, const char *value)
{
	AUTO_FREE char *text = attribute(tag, name);

	return text && !strcmp(text, value);
}

int domain_parse(const char *text, size_t len, struct domain_serial *ret_serial)
{
	const char *at = text, *end = text + len;
	bool inside = false;
	struct tag tag;

	while ((at = next_tag(at, end, &tag))) {
		if (tag_is(&tag, "serial"))
			inside = has_value(&tag, "type", "unix");
		else if (tag_is(&tag, "/serial"))
			inside = false;
		if (!inside || !tag_is(&tag, "source"))
			continue;
		ret_serial->path = attribute(&tag, "path");
		ret_serial->connect = has_value(&tag, "mode", "connect");
		if (ret_serial->path)
			return 0;
	}
	return -EINVAL;
}

void domain_serial_done(struct domain_serial *serial)
{
	free(serial->path);
	*serial = (struct domain_serial){ 0 };
}

/* ---- files ---- */

static int read_file(const char *path, struct strbuf *text)
{
	AUTO_FILE FILE *file = fopen(path, "re");
	char chunk[8192];
	size_t n;

	if (!file)
		return -errno;
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0 && text->len <= FILE_BYTES_MAX)
		strbuf_append(text, chunk, n);
	if (ferror(file))
		return -EIO;
	return text->failed ? -ENOMEM : text->len > FILE_BYTES_MAX ? -EFBIG : 0;
}

static int look_in(const char *folder, size_t len, const char *name,
	struct domain_serial *ret_serial, struct error **err)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_FREE char *path = NULL;
	int r;

	if (asprintf(&path, "%.*s/%s.xml", (int)len, folder, name) < 0) {
		path = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	r = read_file(path, &text);
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return error_set(err, -r, "Could not read '%s': %s", path, strerror(-r));
	r = domain_parse(text.data ? text.data : "", text.len, ret_serial);
	if (r == -EINVAL) {
		error_set(
			err, EINVAL, "libvirt's domain '%s' has no serial line with a path", name);
		error_set_hint(err,
			"It would be <serial type='unix'> with "
			"<source mode='bind' path='...'/> in %s",
			path);
	}
	return r;
}

int domain_find(const char *name, struct domain_serial *ret_serial, struct error **err)
{
	const char *own = getenv("CHARHUB_LIBVIRT");
	const char *folders = own ? own : "/run/libvirt/qemu:/etc/libvirt/qemu";
	int r = -ENOENT;

	if (!*name || strchr(name, '/'))
		return error_set(err, EINVAL, "'%s' is no name of a domain", name);
	for (const char *at = folders; *at && r == -ENOENT;) {
		size_t len = strcspn(at, ":");

		r = look_in(at, len, name, ret_serial, err);
		at += len + (at[len] == ':');
	}
	if (r == -ENOENT) {
		error_set(err, ENOENT, "there is no domain '%s'", name);
		error_set_hint(err, "%s.xml was looked for in %s", name, folders);
	}
	return r;
}
