/* SPDX-License-Identifier: MIT */
/*
 * The other end of `charhub -H`. Without more it is a pipe. With one console only, which is all
 * that somebody may have who comes in by a key of ssh, it is a QMP server of its own that knows
 * four commands, and gives of their answers what concerns that console. Once the client is
 * attached, frames cannot name another console: from there on it is a pipe, too.
 */
#include "client/relay.h"

#include "base/cleanup.h"
#include "client/blocking.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, LINE_MAX_BYTES = 64 * 1024 };

/* Return: bytes; 0: there are no more. */
static ssize_t pass(int from, int to)
{
	static char bytes[PIECE];
	ssize_t n = read(from, bytes, sizeof(bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	return n > 0 && blocking_write(to, bytes, (size_t)n) == 0 ? n : 0;
}

void relay_pump(struct connection *connection)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = connection->fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO }, /* tells that nobody reads there any more */
	};

	for (;;) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0 && errno != EINTR)
			return;
		if (fds[2].revents && !fds[0].revents)
			return;
		if (fds[1].revents && !pass(connection->fd, STDOUT_FILENO))
			return;
		if (fds[0].revents && !pass(STDIN_FILENO, connection->fd)) {
			/* What it has asked for is still answered. */
			shutdown(connection->fd, SHUT_WR);
			fds[0].fd = -1;
		}
	}
}

/* ---- one console only ---- */

static void say(json_t *message)
{
	AUTO_JSON json_t *owned = message;
	AUTO_FREE char *text = owned ? json_dumps(owned, JSON_COMPACT) : NULL;

	if (text && blocking_write(STDOUT_FILENO, text, strlen(text)) == 0)
		blocking_write(STDOUT_FILENO, "\r\n", 2);
}

static void refuse(const char *text)
{
	say(json_pack("{s:{s:s,s:s}}", "error", "class", "GenericError", "desc", text));
}

static void keep_only(json_t *list, const char *console)
{
	for (size_t i = json_array_size(list); i--;)
		if (strcmp(json_text(json_array_get(list, i), "name"), console) != 0)
			json_array_remove(list, i);
}

/* Return: 0, *@ret_attached: frames follow; -errno: the daemon is gone. */
static int forward(struct session *session, const char *command, json_t *args, const char *console,
	bool *ret_attached)
{
	AUTO_ERROR struct error *err = NULL;
	AUTO_JSON json_t *result = NULL;
	int r = session_call(session, command, args, &result, &err);

	if (r < 0) {
		refuse(error_message(err));
		return r == -EREMOTE ? 0 : r;
	}
	if (!strcmp(command, "query-consoles"))
		keep_only(result, console);
	say(json_pack("{s:O}", "return", result));
	*ret_attached = !strcmp(command, "attach");
	return 0;
}

/* Return: the arguments that may be sent; NULL: it may not be asked. */
static json_t *permitted(const char *command, const json_t *args, const char *console, bool view)
{
	json_t *allowed;

	if (!strcmp(command, "query-consoles"))
		return json_object();
	if (!strcmp(command, "query-hubs") && !strcmp(json_text(args, "id"), console))
		return json_pack("{s:s}", "id", console);
	if (strcmp(json_text(args, "console"), console) != 0 ||
		(strcmp(command, "attach") && strcmp(command, "console-history")))
		return NULL;
	allowed = json_deep_copy(args);
	if (view && !strcmp(command, "attach"))
		json_object_set_new(allowed, "view", json_true());
	return allowed;
}

static int serve(struct session *session, const json_t *request, const char *console, bool view,
	bool *ret_attached)
{
	const char *command = json_text(request, "execute");
	json_t *args;

	if (!strcmp(command, "qmp_capabilities")) {
		say(json_pack("{s:{}}", "return"));
		return 0;
	}
	args = permitted(command, json_object_get(request, "arguments"), console, view);
	if (!args) {
		refuse("only one console can be reached here");
		return 0;
	}
	return forward(session, command, args, console, ret_attached);
}

int relay_only(struct session *session, const char *console, bool view, struct error **err)
{
	AUTO_FREE char *line = malloc(LINE_MAX_BYTES);
	bool attached = false;
	size_t len;

	if (!line)
		return error_set(err, ENOMEM, "out of memory");
	say(json_pack("{s:{s:{},s:[]}}", "QMP", "version", "capabilities"));
	while (!attached && (len = blocking_read_line(STDIN_FILENO, line, LINE_MAX_BYTES))) {
		AUTO_JSON json_t *request = json_loadb(line, len, 0, NULL);
		int r = serve(session, request, console, view, &attached);

		if (r < 0)
			return error_set(err, -r, "the daemon has gone");
	}
	if (!attached)
		return 0;
	blocking_write(STDOUT_FILENO, session->held.data + session->held_at,
		session->held.len - session->held_at);
	relay_pump(&session->connection);
	return 0;
}
