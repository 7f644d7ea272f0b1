/* SPDX-License-Identifier: MIT */
/* syscalls: fcntl fstat newfstatat openat */
#include "object/password-file.h"

#include "base/cleanup.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 1024, /* longer ones are not looked at */
};

/* Return: NULL with errno. */
static FILE *open_file(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	FILE *file;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	file = fdopen(fd, "r");
	if (file)
		fd = -1;
	return file;
}

int password_file_look(const char *path, struct error **err)
{
	AUTO_FILE FILE *file = open_file(path);

	if (file)
		return 0;
	return error_set(err, errno, "cannot read '%s': %s", path,
		errno == EINVAL ? "it is no regular file" : strerror(errno));
}

/* The rest of a line that was too long for @line is thrown away, and so is the line. */
static bool read_line(FILE *file, char line[LINE_MAX_BYTES])
{
	while (fgets(line, LINE_MAX_BYTES, file)) {
		size_t len = strlen(line);
		int c;

		if (len && line[len - 1] == '\n') {
			line[len - 1] = '\0';
			return true;
		}
		c = getc(file);
		if (c == EOF)
			return true;
		while (c != EOF && c != '\n')
			c = getc(file);
	}
	return false;
}

/* Cut @line into name and hash. Return: the hash; NULL: a comment, or nonsense. */
static char *split(char *line)
{
	char *hash = strchr(line, ':');

	if (line[0] == '#' || !hash)
		return NULL;
	*hash++ = '\0';
	hash[strcspn(hash, ":\r")] = '\0';
	return hash;
}

/*
 * The hash of @user, or for one who is not there that of somebody else, so that he takes as long.
 * Return: is he there.
 */
static bool find_hash(FILE *file, const char *user, char ret_hash[LINE_MAX_BYTES])
{
	char line[LINE_MAX_BYTES];

	ret_hash[0] = '\0';
	while (read_line(file, line)) {
		const char *hash = split(line);
		bool found = hash && !strcmp(line, user);

		if (hash && (found || !ret_hash[0]))
			memcpy(ret_hash, hash, strlen(hash) + 1);
		if (found)
			return true;
	}
	return false;
}

static bool is_equal(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned char different = 0;

	if (strlen(b) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		different |= (unsigned char)(a[i] ^ b[i]);
	return !different;
}

/* A hash that is locked ("!", "*") or of no known kind fits no password. */
static bool fits(const char *hash, const char *password)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *made = data ? crypt_r(password, hash, data) : NULL;
	bool is_right = made && made[0] != '*' && hash[0] && is_equal(made, hash);

	if (data)
		explicit_bzero(data, sizeof(*data));
	free(data);
	return is_right;
}

int password_file_check(const char *path, const char *user, const char *password)
{
	AUTO_FILE FILE *file = open_file(path);
	char hash[LINE_MAX_BYTES];
	bool found, right;

	if (!file)
		return -errno;
	found = find_hash(file, user, hash);
	right = fits(hash, password);
	return found && right ? 0 : -EACCES;
}
