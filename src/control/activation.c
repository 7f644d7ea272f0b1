/* SPDX-License-Identifier: MIT */
/* syscalls: fcntl fstat getpid newfstatat */
#include "control/activation.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_FD = 3, FDS_MAX = 1024 };

static const char variable_pid[] = "LISTEN_PID", variable_n[] = "LISTEN_FDS",
		  variable_names[] = "LISTEN_FDNAMES";

/* A number in the environment. */
static bool read_number(const char *name, uint64_t *ret_number)
{
	const char *text = getenv(name);

	return text && parse_u64(text, ret_number) == 0;
}

static ino_t inode_of(unsigned i)
{
	struct stat st;

	return fstat(FIRST_FD + (int)i, &st) == 0 ? st.st_ino : 0;
}

/* No child gets them. Where memory fails they are not left to another program either. */
static void own(struct activation *activation)
{
	activation->inodes = calloc(activation->n, sizeof(*activation->inodes));
	for (unsigned i = 0; i < activation->n; i++) {
		fcntl(FIRST_FD + (int)i, F_SETFD, FD_CLOEXEC);
		if (activation->inodes)
			activation->inodes[i] = inode_of(i);
	}
}

static void clear_env(void)
{
	unsetenv(variable_pid);
	unsetenv(variable_n);
	unsetenv(variable_names);
}

void activation_init(struct activation *activation)
{
	const char *names = getenv(variable_names);
	uint64_t pid, n;

	*activation = (struct activation){ 0 };
	if (read_number(variable_pid, &pid) && pid == (uint64_t)getpid() &&
		read_number(variable_n, &n) && n && n <= FDS_MAX) {
		activation->n = (unsigned)n;
		activation->names = names ? strdup(names) : NULL;
		own(activation);
	}
	clear_env();
}

/**
 * next_named() - walk the descriptors that are called so
 * @i: from this one on; where it is, @ret_at is its name in the list
 */
static bool next_named(
	const struct activation *activation, const char *name, unsigned *i, char **ret_at)
{
	char *at = activation->names;

	for (unsigned n = 0; at && n < activation->n; n++) {
		size_t len = strcspn(at, ":");

		if (n >= *i && strlen(name) == len && !strncmp(at, name, len)) {
			*i = n;
			*ret_at = at;
			return true;
		}
		at = at[len] ? at + len + 1 : NULL;
	}
	return false;
}

/* Return: the descriptor; -ENOENT, -EEXIST. */
static int find(const struct activation *activation, const char *name)
{
	unsigned i = 0, other;
	char *at;

	if (!next_named(activation, name, &i, &at))
		return -ENOENT;
	other = i + 1;
	return next_named(activation, name, &other, &at) ? -EEXIST : FIRST_FD + (int)i;
}

int activation_take(struct activation *activation, const char *name)
{
	unsigned i = 0;
	char *at;

	if (!next_named(activation, name, &i, &at))
		return -ENOENT;
	memmove(at, at + strlen(name), strlen(at + strlen(name)) + 1);
	if (activation->inodes)
		activation->inodes[i] = 0;
	return FIRST_FD + (int)i;
}

static int not_found(const struct activation *activation, const char *name, struct error **err)
{
	error_set(err, ENOENT, "File descriptor named '%s' has not been found", name);
	if (activation->names)
		error_set_hint(err, "The service manager has passed %s", activation->names);
	else
		error_set_hint(err, "A name is that of a socket which the service manager passes "
				    "(FileDescriptorName=), otherwise fd= is a number");
	return -ENOENT;
}

int activation_resolve(const struct activation *activation, struct opts *opts, struct error **err)
{
	const char *name = opts_text(opts, "fd");
	char number[16];
	uint64_t ignored;
	int fd;

	if (!name || parse_u64(name, &ignored) != -EINVAL)
		return 0;
	fd = find(activation, name);
	if (fd == -ENOENT)
		return not_found(activation, name, err);
	if (fd == -EEXIST) {
		error_set(err, EEXIST, "several sockets are called '%s'", name);
		error_set_hint(err, "Give each its own FileDescriptorName=, or use its number");
		return -EEXIST;
	}
	snprintf(number, sizeof(number), "%d", fd);
	return opts_set(opts, "fd", number) < 0 ? error_set(err, ENOMEM, "out of memory") : 0;
}

static bool is_open(const struct activation *activation, unsigned i)
{
	return activation->inodes && activation->inodes[i] && activation->inodes[i] == inode_of(i);
}

static void set_close_on_exec(const struct activation *activation, bool close)
{
	for (unsigned i = 0; i < activation->n; i++)
		if (is_open(activation, i))
			fcntl(FIRST_FD + (int)i, F_SETFD, close ? FD_CLOEXEC : 0);
}

/* The names of those that are open; of the others, which have their place, none. */
static char *open_names(const struct activation *activation)
{
	const char *at = activation->names;
	char *names = at ? malloc(strlen(at) + 1) : NULL, *to = names;

	for (unsigned i = 0; names && i < activation->n; i++) {
		size_t len = strcspn(at, ":");

		if (i)
			*to++ = ':';
		if (is_open(activation, i))
			to = mempcpy(to, at, len);
		at += len + (at[len] == ':');
	}
	if (names)
		*to = '\0';
	return names;
}

static int set_number(const char *name, unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	return setenv(name, text, 1) < 0 ? -ENOMEM : 0;
}

int activation_set_env(const struct activation *activation)
{
	AUTO_FREE char *names = NULL;
	int r;

	if (!activation->inodes || !activation->names)
		return 0;
	names = open_names(activation);
	if (!names)
		return -ENOMEM;
	set_close_on_exec(activation, false);
	r = set_number(variable_pid, (unsigned)getpid());
	if (r == 0)
		r = set_number(variable_n, activation->n);
	return r == 0 && setenv(variable_names, names, 1) < 0 ? -ENOMEM : r;
}

void activation_unset_env(const struct activation *activation)
{
	set_close_on_exec(activation, true);
	clear_env();
}

void activation_done(struct activation *activation)
{
	free(activation->names);
	free(activation->inodes);
	*activation = (struct activation){ 0 };
}
