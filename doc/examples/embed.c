/* SPDX-License-Identifier: MIT */
/* A console of this program at a unix socket and at a websocket, in a loop of its own: embed SOCKET PORT */
#include <charhub.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

static struct charhub_console *console;
static int done;

/* The guest prints what people type, and ends at Ctrl-D. What is not taken comes again. */
static size_t on_input(void *data, const void *bytes, size_t len)
{
	ssize_t taken = charhub_console_write(console, bytes, len);

	(void)data;
	done |= memchr(bytes, 4, len) != NULL;
	return taken < 0 ? len : (size_t)taken;
}

static void on_room(void *data)
{
	(void)data;
	charhub_console_resume(console);
}

static int set_up(struct charhub *hub, const char *path, const char *port, struct charhub_error **err)
{
	const struct charhub_console_config config = { .size = sizeof(config), .id = "con0",
		.options = "chardevs.0=people,chardevs.1=web", .on_input = on_input, .on_room = on_room };
	const struct charhub_option people[] = { { "backend", "socket" }, { "id", "people" },
		{ "path", path }, { "server", "on" }, { "wait", "off" }, { "clients", "16" }, { 0 } };
	const struct charhub_option web[] = { { "backend", "socket" }, { "id", "web" },
		{ "host", "127.0.0.1" }, { "port", port }, { "server", "on" }, { "wait", "off" },
		{ "clients", "16" }, { "websocket", "on" }, { 0 } };

	if (charhub_add_options(hub, "chardev", people, err) < 0 ||
		charhub_add_options(hub, "chardev", web, err) < 0)
		return -1;
	return charhub_console_new(hub, &config, &console, err);
}

int main(int argc, char **argv)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct charhub_error *err = NULL;
	struct charhub *hub = NULL;
	int loop = epoll_create1(EPOLL_CLOEXEC);

	if (argc != 3 || charhub_new(NULL, &hub, &err) < 0 || set_up(hub, argv[1], argv[2], &err) < 0) {
		fprintf(stderr, "embed: %s\n", err ? charhub_error_message(err) : "SOCKET PORT");
		charhub_error_free(err);
		charhub_free(hub);
		return 1;
	}
	epoll_ctl(loop, EPOLL_CTL_ADD, charhub_fd(hub), &event);
	puts("ready");
	for (fflush(stdout); !done; charhub_dispatch(hub))
		epoll_wait(loop, &event, 1, charhub_timeout_ms(hub));
	charhub_free(hub);
	return 0;
}
