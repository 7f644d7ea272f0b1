/* SPDX-License-Identifier: MIT */
/*
 * A session with a person: a prompt, a line, what came of it. Keys are read in a task, so that a
 * command may remove whatever it likes, also the chardev that it came from; and only while the
 * terminal takes what it is shown.
 */
#include "control/hmp.h"

#include "base/list.h"
#include "base/log.h"
#include "control/command.h"
#include "control/hmp-commands.h"
#include "control/readline.h"
#include "control/world.h"
#include "io/byte-queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { IN_BYTES = 1024 };

#define PROMPT "(qemu) "

/**
 * struct hmp - a session, or what holds a server with several clients
 * @peer:   chardev of a client, which it owns; NULL: it is none
 * @peers:  of a server: the clients' sessions
 * @in:     keys from @in_at on have not been read yet
 * @silent: a mux has given the focus to somebody else
 * @gone:   the peer takes nothing any more
 */
struct hmp {
	struct world *world;
	struct chardev_link link;
	struct chardev *peer;
	struct list peers, node;
	struct caller caller;
	struct readline readline;
	char in[IN_BYTES];
	size_t in_at, in_len;
	struct byte_queue out;
	struct task work;
	bool silent, gone;
};

static void work(void *data);

static void post_work(struct hmp *hmp)
{
	task_post(world_loop(hmp->world), &hmp->work, work, hmp);
}

/* ---- what is shown ---- */

static void pump(struct hmp *hmp)
{
	ssize_t n;

	if (!hmp->out.len || hmp->silent)
		return;
	n = chardev_link_out(&hmp->link, byte_queue_data(&hmp->out), hmp->out.len);
	if (n < 0)
		byte_queue_clear(&hmp->out);
	else
		byte_queue_pop(&hmp->out, (size_t)n);
}

static void show(struct hmp *hmp, const struct strbuf *text)
{
	if (text->failed || (text->len && byte_queue_push(&hmp->out, text->data, text->len) < 0))
		log_error("monitor '%s': out of memory: an answer is lost",
			chardev_link_id(&hmp->link));
	pump(hmp);
}

/* Terminals want a return before each line feed. */
static void put_lines(struct strbuf *out, const struct strbuf *lines)
{
	for (size_t i = 0; i < lines->len; i++) {
		if (lines->data[i] == '\n')
			strbuf_putc(out, '\r');
		strbuf_putc(out, lines->data[i]);
	}
}

/* ---- keys ---- */

static void run_line(struct hmp *hmp, struct strbuf *out)
{
	AUTO_STRBUF struct strbuf lines = { 0 };

	hmp_run(&hmp->caller, hmp->readline.line, &lines);
	put_lines(out, &lines);
	readline_begin(&hmp->readline, out);
}

static void read_key(struct hmp *hmp, char key, struct strbuf *out)
{
	switch (readline_feed(&hmp->readline, key, out)) {
	case READLINE_DONE: run_line(hmp, out); break;
	case READLINE_CANCEL: readline_begin(&hmp->readline, out); break;
	case READLINE_END: chardev_link_disconnect(&hmp->link, NULL); break;
	case READLINE_MORE: break;
	}
}

static void read_keys(struct hmp *hmp)
{
	while (hmp->in_at < hmp->in_len && hmp->out.len < HMP_OUT_MAX && !hmp->gone) {
		AUTO_STRBUF struct strbuf out = { 0 };

		read_key(hmp, hmp->in[hmp->in_at++], &out);
		if (!hmp->gone)
			show(hmp, &out);
	}
}

/* ---- life of a session ---- */

static void forget_session(struct hmp *hmp)
{
	hmp->in_at = hmp->in_len = 0;
	byte_queue_clear(&hmp->out);
}

static void free_one(struct hmp *hmp)
{
	task_cancel(&hmp->work);
	caller_done(&hmp->caller);
	readline_done(&hmp->readline);
	byte_queue_clear(&hmp->out);
	chardev_link_detach(&hmp->link);
	chardev_free(hmp->peer);
	list_remove(&hmp->node);
	free(hmp);
}

static void work(void *data)
{
	struct hmp *hmp = data;

	read_keys(hmp);
	if (hmp->gone && hmp->node.next != &hmp->node)
		free_one(hmp);
	else if (hmp->gone)
		forget_session(hmp);
	else if (hmp->in_at == hmp->in_len)
		chardev_link_in_resume(&hmp->link);
}

static void greet(struct hmp *hmp)
{
	AUTO_STRBUF struct strbuf out = { 0 };
	const char *who = chardev_identity(hmp->link.chardev);

	hmp->gone = false;
	hmp->caller.who = who ? who : "the monitor";
	strbuf_puts(
		&out, "charhub " CHARHUB_VERSION " monitor - type 'help' for more information\r\n");
	readline_begin(&hmp->readline, &out);
	show(hmp, &out);
}

/* ---- what the chardev tells ---- */

static size_t in_room(void *holder)
{
	const struct hmp *hmp = holder;

	return hmp->in_at == hmp->in_len && hmp->out.len < HMP_OUT_MAX ? IN_BYTES : 0;
}

static void on_in(void *holder, const void *buf, size_t len)
{
	struct hmp *hmp = holder;

	memcpy(hmp->in, buf, len);
	hmp->in_at = 0;
	hmp->in_len = len;
	post_work(hmp);
}

static void on_room(void *holder)
{
	struct hmp *hmp = holder;

	pump(hmp);
	post_work(hmp);
}

static void hang_up(struct hmp *hmp)
{
	hmp->gone = true;
	hmp->caller.who = "the monitor";
	post_work(hmp);
}

static void set_focus(struct hmp *hmp, bool has)
{
	AUTO_STRBUF struct strbuf line_end = { 0 };

	if (!has) {
		strbuf_puts(&line_end, "\r\n");
		show(hmp, &line_end);
	}
	hmp->silent = !has;
	pump(hmp);
}

static void on_event(void *holder, const struct chardev_event *event)
{
	struct hmp *hmp = holder;

	switch (event->type) {
	case CHARDEV_OPENED:
		forget_session(hmp);
		greet(hmp);
		break;
	case CHARDEV_HANGUP: hang_up(hmp); break;
	case CHARDEV_MUX_IN: set_focus(hmp, true); break;
	case CHARDEV_MUX_OUT: set_focus(hmp, false); break;
	default: break;
	}
}

static void on_removed(void *holder)
{
	struct hmp *hmp = holder;

	hmp->peer = NULL;
	hang_up(hmp);
}

static int on_peer(void *holder, struct chardev *peer, struct error **err);

static const struct chardev_holder_ops holder_ops = {
	.in_room = in_room,
	.on_in = on_in,
	.on_room = on_room,
	.on_event = on_event,
	.on_removed = on_removed,
	.on_peer = on_peer,
};

/* ---- making one ---- */

static int new_session(
	struct world *world, struct chardev *chardev, struct hmp **ret_hmp, struct error **err)
{
	struct hmp *hmp = calloc(1, sizeof(*hmp));
	int r;

	if (!hmp)
		return error_set(err, ENOMEM, "out of memory");
	hmp->world = world;
	hmp->readline.prompt = PROMPT;
	hmp->readline.complete = hmp_next_name;
	list_init(&hmp->peers);
	list_init(&hmp->node);
	caller_init(&hmp->caller, world, NULL, hmp, "the monitor");
	r = chardev_link_attach(&hmp->link, chardev, CHARDEV_LINK_CONSOLE, &holder_ops, hmp, err);
	if (r < 0)
		free_one(hmp);
	else
		*ret_hmp = hmp;
	return r;
}

static int on_peer(void *holder, struct chardev *peer, struct error **err)
{
	struct hmp *server = holder, *hmp;
	int r = new_session(server->world, peer, &hmp, err);

	if (r < 0)
		return r;
	hmp->peer = peer;
	list_append(&server->peers, &hmp->node);
	greet(hmp);
	return 0;
}

int hmp_new(struct world *world, struct chardev *chardev, struct hmp **ret_hmp, struct error **err)
{
	int r = new_session(world, chardev, ret_hmp, err);

	if (r == 0 && chardev_link_is_open(&(*ret_hmp)->link))
		greet(*ret_hmp);
	return r;
}

void hmp_free(struct hmp *hmp)
{
	if (!hmp)
		return;
	while (!list_is_empty(&hmp->peers))
		free_one(container_of(hmp->peers.next, struct hmp, node));
	free_one(hmp);
}
