/* SPDX-License-Identifier: MIT */
/* syscalls: clock_gettime close connect fcntl getpid pipe2 poll ppoll socket */
#include "prog/notify.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "transport/passed-fds.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char socket_variable[] = "NOTIFY_SOCKET";
static const char period_variable[] = "WATCHDOG_USEC", pid_variable[] = "WATCHDOG_PID";
static const char store_variable[] = "FDSTORE";

/* From one program to the next in this process: the socket. */
static const char fd_variable[] = "CHARHUB_NOTIFY_FD";

enum { US_A_MS = 1000, NO_FD = -1 };

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

/* Once is enough, unless it is made anew: in another root the path may be nobody's. */
static int reach(const struct notify *notify)
{
	struct sockaddr_un un;
	socklen_t len = fill_address(notify->address, &un);

	if (!len)
		return -EINVAL;
	return connect(notify->fd, (const struct sockaddr *)&un, len) < 0 ? -errno : 0;
}

static void open_socket(struct notify *notify)
{
	uint64_t fd;

	if (read_number(fd_variable, &fd) && fd <= INT_MAX &&
		fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0) {
		notify->fd = (int)fd;
		return;
	}
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	reach(notify); /* if it cannot be, whoever has something to tell says so */
}

void notify_init(struct notify *notify)
{
	const char *address = getenv(socket_variable);

	*notify = (struct notify){ .fd = -1, .watchdog_ms = read_watchdog_ms() };
	if (address)
		notify->address = strdup(address);
	if (notify->address) {
		open_socket(notify);
		if (!read_number(store_variable, &notify->stores))
			notify->stores = 0;
	}
	notify_unset_env(notify);
}

static int set_number(const char *name, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return setenv(name, text, 1) < 0 ? -errno : 0;
}

int notify_set_env(const struct notify *notify)
{
	int r;

	if (!notify->address)
		return 0;
	r = setenv(socket_variable, notify->address, 1) < 0 ? -errno : 0;
	if (r == 0 && notify->watchdog_ms)
		r = set_number(period_variable, notify->watchdog_ms * 2 * US_A_MS);
	if (r == 0 && notify->stores)
		r = set_number(store_variable, notify->stores);
	if (r == 0)
		r = set_number(fd_variable, (uint64_t)notify->fd);
	if (r == 0 && fcntl(notify->fd, F_SETFD, 0) < 0)
		r = -errno;
	return r;
}

void notify_unset_env(const struct notify *notify)
{
	if (notify->address)
		fcntl(notify->fd, F_SETFD, FD_CLOEXEC);
	unsetenv(socket_variable);
	unsetenv(fd_variable);
	unsetenv(store_variable);
	unsetenv(period_variable);
	unsetenv(pid_variable);
}

/* @fd: with the message; NO_FD: none. Return: 0, -errno. */
static int send_once(const struct notify *notify, const char *state, int fd)
{
	ssize_t done =
		passed_fds_send(notify->fd, state, strlen(state), fd, MSG_DONTWAIT | MSG_NOSIGNAL);

	return done < 0 ? (int)done : 0;
}

static int send_it(const struct notify *notify, const char *state, int fd)
{
	int r = send_once(notify, state, fd);

	if (r == 0)
		return 0;
	r = reach(notify);
	return r < 0 ? r : send_once(notify, state, fd);
}

static void send_state(const struct notify *notify, const char *state)
{
	int r = notify->address ? send_it(notify, state, NO_FD) : 0;

	if (r < 0)
		log_warning("could not notify '%s': %s", notify->address,
			r == -EINVAL ? "not the address of a unix socket" : strerror(-r));
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

/* ---- what it keeps ---- */

/* It closes our end of a pipe once it has come to it [sd_notify_barrier(3)]. */
static int await(const struct notify *notify)
{
	struct pollfd closed = { .events = 0 };
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = send_it(notify, "BARRIER=1", ends[1]);
	close(ends[1]);
	closed.fd = ends[0];
	if (r == 0 && poll(&closed, 1, NOTIFY_TAKES_MS) <= 0)
		r = -ETIMEDOUT;
	close(ends[0]);
	return r;
}

/* A descriptor whose other end goes would be dropped, were it not told to leave that to us. */
int notify_store(const struct notify *notify, const char *name, int fd, struct error **err)
{
	AUTO_FREE char *state = NULL;
	int r;

	if (asprintf(&state, "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name) < 0) {
		state = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	r = send_it(notify, state, fd);
	if (r == 0)
		r = await(notify);
	if (r == 0)
		return 0;
	notify_unstore(notify, name);
	return error_set(err, -r, "the service manager does not take it: %s", strerror(-r));
}

void notify_unstore(const struct notify *notify, const char *name)
{
	AUTO_FREE char *state = NULL;

	if (asprintf(&state, "FDSTOREREMOVE=1\nFDNAME=%s", name) < 0)
		state = NULL;
	else
		send_state(notify, state);
}

void notify_done(struct notify *notify)
{
	free(notify->address);
	if (notify->fd >= 0)
		close(notify->fd);
	*notify = (struct notify){ .fd = -1 };
}
