/* SPDX-License-Identifier: MIT */
/* syscalls: fcntl getpid */
#include "control/activation.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_FD = 3, FDS_MAX = 1024 };

/* A number in the environment. */
static bool read_number(const char *name, uint64_t *ret_number)
{
	const char *text = getenv(name);

	return text && parse_u64(text, ret_number) == 0;
}

void activation_init(struct activation *activation)
{
	const char *names = getenv("LISTEN_FDNAMES");
	uint64_t pid, n;

	*activation = (struct activation){ 0 };
	if (read_number("LISTEN_PID", &pid) && pid == (uint64_t)getpid() &&
		read_number("LISTEN_FDS", &n) && n <= FDS_MAX) {
		activation->n = (unsigned)n;
		activation->names = names ? strdup(names) : NULL;
	}
	for (unsigned i = 0; i < activation->n; i++)
		fcntl(FIRST_FD + (int)i, F_SETFD, FD_CLOEXEC);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

/* Return: the descriptor; -ENOENT, -EEXIST. */
static int find(const struct activation *activation, const char *name)
{
	const char *at = activation->names;
	int found = -ENOENT;

	for (unsigned i = 0; at && i < activation->n; i++) {
		size_t len = strcspn(at, ":");

		if (strlen(name) == len && !strncmp(at, name, len)) {
			if (found >= 0)
				return -EEXIST;
			found = FIRST_FD + (int)i;
		}
		at = at[len] ? at + len + 1 : NULL;
	}
	return found;
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

void activation_done(struct activation *activation)
{
	free(activation->names);
	*activation = (struct activation){ 0 };
}
