/* SPDX-License-Identifier: MIT */
/* syscalls: clock_gettime close getpid sendto socket */
#include "prog/notify.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char socket_variable[] = "NOTIFY_SOCKET";
static const char period_variable[] = "WATCHDOG_USEC", pid_variable[] = "WATCHDOG_PID";

enum { US_A_MS = 1000 };

static bool read_number(const char *name, uint64_t *ret_number)
{
	const char *text = getenv(name);

	return text && parse_u64(text, ret_number) == 0;
}

/* Half of what it waits for [sd_watchdog_enabled(3)]; what is another process's is not ours. */
static uint64_t read_watchdog_ms(void)
{
	uint64_t us, pid;

	if (!read_number(period_variable, &us) ||
		(read_number(pid_variable, &pid) && pid != (uint64_t)getpid()))
		return 0;
	return us / 2 / US_A_MS;
}

void notify_init(struct notify *notify)
{
	const char *address = getenv(socket_variable);

	*notify = (struct notify){ .fd = -1, .watchdog_ms = read_watchdog_ms() };
	if (address) {
		notify->address = strdup(address);
		notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	}
	notify_unset_env();
}

int notify_set_env(const struct notify *notify)
{
	char us[32];

	if (!notify->address)
		return 0;
	snprintf(us, sizeof(us), "%llu", (unsigned long long)notify->watchdog_ms * 2 * US_A_MS);
	return setenv(socket_variable, notify->address, 1) < 0 ||
			       (notify->watchdog_ms && setenv(period_variable, us, 1) < 0)
		       ? -errno
		       : 0;
}

void notify_unset_env(void)
{
	unsetenv(socket_variable);
	unsetenv(period_variable);
	unsetenv(pid_variable);
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

static void send_state(const struct notify *notify, const char *state)
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

static void on_watchdog(void *data)
{
	struct notify *notify = data;

	send_state(notify, "WATCHDOG=1");
	timer_start(notify->watchdog, notify->watchdog_ms);
}

void notify_serving(struct notify *notify, struct loop *loop, const char *what)
{
	AUTO_FREE char *state = NULL;

	if (asprintf(&state, "READY=1\nMAINPID=%d\nSTATUS=serving %s", (int)getpid(), what) < 0)
		state = NULL;
	send_state(notify, state ? state : "READY=1");
	if (!notify->address || !notify->watchdog_ms)
		return;
	notify->watchdog = timer_new(loop, on_watchdog, notify);
	if (notify->watchdog)
		on_watchdog(notify);
	else
		log_warning("the service manager's watchdog cannot be served: out of memory");
}

/* The time is how the manager tells it from an earlier one [sd_notify(3)]. */
void notify_reloading(struct notify *notify)
{
	char state[64];

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_us());
	send_state(notify, state);
}

void notify_reloaded(struct notify *notify)
{
	if (!notify->stopping)
		send_state(notify, "READY=1");
}

void notify_stopping(struct notify *notify)
{
	send_state(notify, "STOPPING=1");
	notify->stopping = true;
	timer_free(TAKE_PTR(notify->watchdog));
}

void notify_done(struct notify *notify)
{
	free(notify->address);
	if (notify->fd >= 0)
		close(notify->fd);
	*notify = (struct notify){ .fd = -1 };
}
