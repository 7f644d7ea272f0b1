/* SPDX-License-Identifier: MIT */
/*
 * A visitor's life:
 *
 *	come		the lobby holds its chardev; what happens next does so in a task
 *	asked		the list and "NAME?" have been written; bytes are read one by one, so that
 *			what is typed behind the name stays where it is, for the console
 *	chosen		nothing is read; the hub adopts the chardev, and the visitor is forgotten
 *	leaving		it was told why not and is being disconnected
 *
 * Echo: a terminal that sends whole lines has shown them already; one that sends each key shows
 * nothing by itself (telnet, a raw one, xterm.js). So a line that comes in one piece is not
 * echoed, and one that comes in several is.
 *
 * A hostile peer gets LOBBY_CHOICE_MS and LOBBY_TRIES lines, and costs one struct visitor; how many
 * there are is the server's clients=N.
 */
#include "lobby/lobby.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "chardev/chardev-impl.h"
#include "hub/hub.h"
#include "lobby/first-line.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* Of a piece; more of it is read after it was shown. */
enum { ECHO_BYTES = 2 * FIRST_LINE_ECHO_MAX };

struct lobby {
	struct loop *loop;
	struct chardev_set *set;
	struct chardev_link server;
	char *glob;
	struct list visitors;
};

/**
 * struct visitor - somebody who has not chosen yet
 * @peer:  its chardev; NULL: gone, or a hub's now
 * @asked: the list was shown
 * @begun: the line began in an earlier piece
 * @end:   how the line has ended
 * @size:  of its terminal, if that was told: type CHARDEV_RESIZE
 */
struct visitor {
	struct lobby *lobby;
	struct list node;
	struct chardev *peer;
	struct chardev_link link;
	struct timer *deadline;
	struct task work;
	struct first_line line;
	char echo[ECHO_BYTES];
	size_t echo_len;
	unsigned tries;
	bool asked, begun, leaving, gone;
	enum first_line_end end;
	struct chardev_event size;
};

static void visitor_free(struct visitor *visitor)
{
	timer_free(visitor->deadline);
	task_cancel(&visitor->work);
	chardev_link_detach(&visitor->link);
	chardev_free(visitor->peer);
	list_remove(&visitor->node);
	free(visitor);
}

/* ---- consoles ---- */

static bool is_console(const struct lobby *lobby, const struct chardev *chardev)
{
	return chardev_is_hub(chardev) && !fnmatch(lobby->glob, chardev_id(chardev), 0);
}

static struct chardev *find_console(const struct lobby *lobby, const char *name)
{
	struct chardev *chardev = chardev_set_find(lobby->set, name);

	return chardev && is_console(lobby, chardev) ? chardev : NULL;
}

static void list_consoles(const struct lobby *lobby, struct strbuf *text)
{
	struct chardev *at = NULL;
	unsigned n = 0;

	while ((at = chardev_set_next(lobby->set, at))) {
		if (!is_console(lobby, at))
			continue;
		if (n++ < LOBBY_LIST_MAX)
			strbuf_printf(text, "  %s\r\n", chardev_id(at));
	}
	if (n > LOBBY_LIST_MAX)
		strbuf_printf(text, "  and %u more\r\n", n - LOBBY_LIST_MAX);
	if (!n)
		strbuf_printf(text, "  none\r\n");
}

/* ---- what a visitor is told ---- */

/* A fresh connection has room for all of it; of a peer that reads nothing the rest is lost. */
static void say(struct visitor *visitor, const char *text, size_t len)
{
	if (len)
		chardev_link_out(&visitor->link, text, len);
}

static void ask(struct visitor *visitor)
{
	struct strbuf text = { 0 };
	AUTO_FREE char *bytes = NULL;

	strbuf_printf(&text, "Consoles:\r\n");
	list_consoles(visitor->lobby, &text);
	strbuf_printf(&text, "NAME? ");
	bytes = strbuf_take(&text);
	if (bytes)
		say(visitor, bytes, strlen(bytes));
	visitor->asked = true;
	visitor->begun = false;
	visitor->end = FIRST_LINE_GOES_ON;
	visitor->line = (struct first_line){ 0 };
	chardev_link_in_resume(&visitor->link);
}

static void send_away(struct visitor *visitor, const char *reason)
{
	log_info("lobby '%s': somebody is sent away: %s", chardev_link_id(&visitor->lobby->server),
		reason);
	visitor->leaving = true;
	timer_stop(visitor->deadline);
	chardev_link_disconnect(&visitor->link, reason);
}

static void send_away_lost(struct visitor *visitor, const char *name)
{
	AUTO_FREE char *reason = NULL;

	if (asprintf(&reason, "there is no console '%s' here", name) < 0)
		reason = NULL;
	send_away(visitor, reason ? reason : "there is no such console here");
}

/* ---- going in ---- */

static const struct chardev_holder_ops visitor_ops;

/* The hub did not want it: hold it again, to say why. */
static void hold_again(struct visitor *visitor, struct chardev *peer, const char *reason)
{
	visitor->peer = peer;
	visitor->gone = chardev_link_attach(&visitor->link, peer, CHARDEV_LINK_CONSOLE,
				&visitor_ops, visitor, NULL) < 0;
	if (visitor->gone)
		visitor_free(visitor);
	else
		send_away(visitor, reason);
}

static void enter(struct visitor *visitor, struct chardev *console)
{
	struct chardev *peer = visitor->peer;
	const struct chardev_event size = visitor->size;
	AUTO_ERROR struct error *err = NULL;
	int r;

	log_info("lobby '%s': '%s' goes to '%s'", chardev_link_id(&visitor->lobby->server),
		chardev_id(peer), chardev_id(console));
	chardev_link_detach(&visitor->link);
	visitor->peer = NULL;
	r = chardev_adopt(console, peer, &err);
	if (r < 0) {
		hold_again(visitor, peer, err ? error_message(err) : strerror(-r));
		return;
	}
	visitor_free(visitor);
	if (size.type == CHARDEV_RESIZE)
		chardev_event(peer, &size);
}

static void answer(struct visitor *visitor)
{
	struct chardev *console = find_console(visitor->lobby, visitor->line.text);

	if (visitor->end == FIRST_LINE_LEAVES)
		send_away(visitor, "bye");
	else if (console)
		enter(visitor, console);
	else if (++visitor->tries >= LOBBY_TRIES)
		send_away_lost(visitor, visitor->line.text);
	else
		ask(visitor);
}

/* What has come in one piece is there. */
static void show(struct visitor *visitor)
{
	bool ended = visitor->end != FIRST_LINE_GOES_ON;

	if (!ended || visitor->begun)
		say(visitor, visitor->echo, visitor->echo_len);
	if (ended && visitor->begun)
		say(visitor, "\r\n", 2);
	visitor->echo_len = 0;
	visitor->begun = true;
	if (!ended)
		chardev_link_in_resume(&visitor->link);
}

/* By TLS the console is the whole name, or its first part: "a" of "a.example.org". */
static struct chardev *find_by_name(const struct lobby *lobby, const char *name)
{
	struct chardev *console = find_console(lobby, name);
	AUTO_FREE char *first = strndup(name, strcspn(name, "."));

	return console || !first ? console : find_console(lobby, first);
}

/* Who has asked for a path wants that and nothing else; another name is just that of this host. */
static void greet(struct visitor *visitor)
{
	static const char folder[] = "/console/";
	const char *target = chardev_target(visitor->peer);
	bool path = target && !strncmp(target, folder, strlen(folder));
	struct chardev *console = NULL;

	if (path)
		console = find_console(visitor->lobby, target + strlen(folder));
	else if (target)
		console = find_by_name(visitor->lobby, target);
	if (console)
		enter(visitor, console);
	else if (path)
		send_away_lost(visitor, target + strlen(folder));
	else
		ask(visitor);
}

static void on_work(void *data)
{
	struct visitor *visitor = data;

	if (visitor->gone) {
		visitor_free(visitor);
	} else if (visitor->leaving) {
		return;
	} else if (!visitor->asked) {
		greet(visitor);
	} else {
		show(visitor);
		if (visitor->end != FIRST_LINE_GOES_ON)
			answer(visitor);
	}
}

static void on_deadline(void *data)
{
	send_away(data, "no console was chosen in time");
}

/* ---- what the chardev tells ---- */

static void post_work(struct visitor *visitor)
{
	task_post(visitor->lobby->loop, &visitor->work, on_work, visitor);
}

static size_t visitor_room(void *holder)
{
	const struct visitor *visitor = holder;

	return visitor->asked && !visitor->leaving && visitor->end == FIRST_LINE_GOES_ON &&
	       visitor->echo_len + FIRST_LINE_ECHO_MAX <= ECHO_BYTES;
}

static void on_in(void *holder, const void *buf, size_t len)
{
	struct visitor *visitor = holder;
	size_t echoed;

	(void)len; /* 1 */
	visitor->end = first_line_feed(
		&visitor->line, *(const uint8_t *)buf, visitor->echo + visitor->echo_len, &echoed);
	visitor->echo_len += echoed;
	post_work(visitor);
}

static void on_event(void *holder, const struct chardev_event *event)
{
	struct visitor *visitor = holder;

	if (event->type == CHARDEV_RESIZE)
		visitor->size = *event;
	if (event->type != CHARDEV_HANGUP)
		return;
	visitor->gone = true;
	post_work(visitor);
}

static void on_removed(void *holder)
{
	struct visitor *visitor = holder;

	visitor->peer = NULL;
	visitor->gone = true;
	post_work(visitor);
}

static const struct chardev_holder_ops visitor_ops = {
	.in_room = visitor_room,
	.on_in = on_in,
	.on_event = on_event,
	.on_removed = on_removed,
};

/* ---- the lobby itself ---- */

static int on_peer(void *holder, struct chardev *peer, struct error **err)
{
	struct lobby *lobby = holder;
	struct visitor *visitor = calloc(1, sizeof(*visitor));
	int r = -ENOMEM;

	if (!visitor)
		return error_set(err, ENOMEM, "out of memory");
	visitor->lobby = lobby;
	list_init(&visitor->node);
	visitor->deadline = timer_new(lobby->loop, on_deadline, visitor);
	if (visitor->deadline)
		r = chardev_link_attach(
			&visitor->link, peer, CHARDEV_LINK_CONSOLE, &visitor_ops, visitor, err);
	else
		error_set(err, ENOMEM, "out of memory");
	if (r < 0) {
		visitor_free(visitor);
		return r;
	}
	visitor->peer = peer;
	list_append(&lobby->visitors, &visitor->node);
	timer_start(visitor->deadline, LOBBY_CHOICE_MS);
	post_work(visitor);
	return 0;
}

static const struct chardev_holder_ops lobby_ops = { .on_peer = on_peer };

int lobby_new(struct loop *loop, struct chardev_set *set, struct chardev *server, const char *glob,
	struct lobby **ret_lobby, struct error **err)
{
	struct lobby *lobby = calloc(1, sizeof(*lobby));
	int r;

	if (!lobby)
		return error_set(err, ENOMEM, "out of memory");
	*lobby = (struct lobby){ .loop = loop, .set = set, .glob = strdup(glob) };
	list_init(&lobby->visitors);
	r = lobby->glob ? chardev_link_attach(&lobby->server, server, 0, &lobby_ops, lobby, err)
			: error_set(err, ENOMEM, "out of memory");
	if (r < 0) {
		lobby_free(lobby);
		return r;
	}
	*ret_lobby = lobby;
	return 0;
}

const char *lobby_server_id(const struct lobby *lobby)
{
	return chardev_link_id(&lobby->server);
}

void lobby_free(struct lobby *lobby)
{
	if (!lobby)
		return;
	while (!list_is_empty(&lobby->visitors))
		visitor_free(container_of(lobby->visitors.next, struct visitor, node));
	chardev_link_detach(&lobby->server);
	free(lobby->glob);
	free(lobby);
}
