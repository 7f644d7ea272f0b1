/* SPDX-License-Identifier: MIT */
#include "prog/notify.h"

#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_init(struct notify *notify)
{
	const char *address = getenv("NOTIFY_SOCKET");

	*notify = (struct notify){ .fd = -1 };
	if (address) {
		notify->address = strdup(address);
		notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	}
	unsetenv("NOTIFY_SOCKET");
}

/* "/path", or "@name" for the abstract namespace. Return: its length, 0: not an address. */
static socklen_t fill_address(const char *text, struct sockaddr_un *un)
{
	size_t len = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof(un->sun_path))
		return 0;
	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(un->sun_path, text, len);
	if (text[0] == '@')
		un->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void notify_send(const struct notify *notify, const char *state)
{
	struct sockaddr_un un;
	socklen_t len = notify->address ? fill_address(notify->address, &un) : 0;

	if (!notify->address)
		return;
	if (!len || sendto(notify->fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
			    (const struct sockaddr *)&un, len) < 0)
		log_warning("could not notify '%s': %s", notify->address,
			len ? strerror(errno) : "not the address of a unix socket");
}

void notify_done(struct notify *notify)
{
	free(notify->address);
	if (notify->fd >= 0)
		close(notify->fd);
	*notify = (struct notify){ .fd = -1 };
}
