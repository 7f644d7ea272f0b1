/* SPDX-License-Identifier: MIT */
/* syscalls: openat read */
#include "transport/tls-keys.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

enum { FILE_MAX = 256 * 1024, KEY_MAX = 256 };

/**
 * struct tls_keys
 * @text: @len bytes of the file: lines, each of which ends in a NUL here
 */
struct tls_keys {
	char *own;
	size_t len;
	char text[FILE_MAX + 1];
};

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c > ' ' ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Return: bytes of the key; 0: it is none, or there is no room. */
static unsigned read_key(const char *hex, unsigned char *key, unsigned room)
{
	unsigned len = 0;

	for (; *hex; hex += 2) {
		int high = digit(hex[0]), low = high < 0 ? -1 : digit(hex[1]);

		if (low < 0 || len == room)
			return 0;
		key[len++] = (unsigned char)(high << 4 | low);
	}
	return len;
}

/* Return: the line behind @line, or the first one; NULL: there are no more. */
static const char *next_line(const struct tls_keys *keys, const char *line)
{
	const char *next = line ? line + strlen(line) + 1 : keys->text;

	return next < keys->text + keys->len ? next : NULL;
}

/* Return: the key of @name, as it is written; NULL: there is none. */
static const char *find(const struct tls_keys *keys, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = next_line(keys, NULL); line; line = next_line(keys, line)) {
		const char *colon = strrchr(line, ':');

		if (len && colon == line + len && *line != '#' && !memcmp(line, name, len))
			return colon + 1;
	}
	return NULL;
}

static int read_file(struct tls_keys *keys, const char *path, struct error **err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t got = 1;

	while (fd >= 0 && got > 0 && keys->len <= FILE_MAX) {
		got = read(fd, keys->text + keys->len, FILE_MAX + 1 - keys->len);
		keys->len += got > 0 ? (size_t)got : 0;
	}
	if (fd < 0 || got < 0)
		return error_set(
			err, errno, "Unable to access credentials %s: %s", path, strerror(errno));
	if (keys->len > FILE_MAX)
		return error_set(err, E2BIG, "%s is longer than %d bytes", path, (int)FILE_MAX);
	return 0;
}

/* Every line has to be right: one that is not is a key that somebody misses. */
static int check_lines(struct tls_keys *keys, const char *path, struct error **err)
{
	unsigned number = 1;
	unsigned char key[KEY_MAX];
	bool good = !memchr(keys->text, '\0', keys->len);

	for (size_t i = 0; i < keys->len; i++)
		if (keys->text[i] == '\n')
			keys->text[i] = '\0';
	for (const char *line = next_line(keys, NULL); good && line;
		line = next_line(keys, line), number++) {
		const char *colon = strrchr(line, ':');

		good = !*line || *line == '#' ||
		       (colon && colon > line && read_key(colon + 1, key, sizeof(key)));
		if (!good)
			break;
	}
	explicit_bzero(key, sizeof(key));
	return good ? 0 : error_set(err, EINVAL, "%s: line %u is not NAME:HEX", path, number);
}

int tls_keys_new(const char *path, const char *own, struct tls_keys **ret_keys, struct error **err)
{
	struct tls_keys *keys = calloc(1, sizeof(*keys));
	int r = keys ? read_file(keys, path, err) : error_set(err, ENOMEM, "out of memory");

	if (r == 0)
		r = check_lines(keys, path, err);
	if (r == 0 && own && !find(keys, own))
		r = error_set(err, ENOENT, "%s has no key of '%s'", path, own);
	if (r == 0 && own && !(keys->own = strdup(own)))
		r = error_set(err, ENOMEM, "out of memory");
	if (r < 0)
		tls_keys_free(keys);
	else
		*ret_keys = keys;
	return r;
}

void tls_keys_free(struct tls_keys *keys)
{
	if (!keys)
		return;
	explicit_bzero(keys->text, sizeof(keys->text));
	free(keys->own);
	free(keys);
}

const char *tls_keys_own(const struct tls_keys *keys)
{
	return keys->own;
}

unsigned tls_keys_find(
	const struct tls_keys *keys, const char *name, unsigned char *key, unsigned room)
{
	const char *hex = find(keys, name);

	return hex ? read_key(hex, key, room) : 0;
}
