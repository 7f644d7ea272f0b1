/* SPDX-License-Identifier: MIT */
/*
 * A person who steers from within a viewer. Keys wait in a queue and are read in a task, a few at a
 * time and never further than a line; what that line has to say is shown before the next key is
 * read, so much in a dispatch. Whoever may not steer here reads why; his keys go nowhere.
 *
 * A line may do anything, also to the viewer it came from: a page that is closed while its own line
 * runs is freed behind that.
 */
#include "control/monitor-page.h"

#include "control/command.h"
#include "control/hmp-session.h"
#include "control/world.h"
#include "io/byte-queue.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE_TOP "\033[H\033[2J\033[36mF2\033[m  back to the overview\r\n"

enum {
	IN_MAX = 64 * 1024,	   /* keys that wait; more ring */
	KEYS_A_ROUND = 256,	   /* each may draw a line anew */
	WORK_A_ROUND = 128 * 1024, /* in cells: see vt_feed_some() */
};

/**
 * struct monitor_page
 * @has_begun: the viewer may steer, and was greeted
 * @in:        keys; @out: what is to be shown yet
 * @running:   a line is being done; @closed: meanwhile the viewer has gone
 */
struct monitor_page {
	struct display_view *view;
	struct vt *vt;
	struct caller caller;
	struct hmp_session session;
	struct loop *loop;
	struct byte_queue in, out;
	struct task task;
	bool has_begun, running, closed;
};

static void free_page(struct monitor_page *page)
{
	task_cancel(&page->task);
	hmp_session_done(&page->session);
	caller_done(&page->caller);
	byte_queue_clear(&page->in);
	byte_queue_clear(&page->out);
	vt_free(page->vt);
	free(page);
}

/* ---- what is shown ---- */

static void work(void *data);

static void post(struct monitor_page *page)
{
	task_post(page->loop, &page->task, work, page);
}

static void show(struct monitor_page *page, const struct strbuf *text)
{
	static const char no_memory[] = "\r\nout of memory: an answer is lost\r\n";

	if (text->failed || byte_queue_push(&page->out, text->data, text->len) < 0)
		vt_feed(page->vt, no_memory, sizeof(no_memory) - 1);
	post(page);
}

static void show_some(struct monitor_page *page)
{
	uint64_t effort = WORK_A_ROUND;

	if (!page->out.len)
		return;
	byte_queue_pop(&page->out,
		vt_feed_some(page->vt, byte_queue_data(&page->out), page->out.len, &effort));
	display_console_changed(display_view_page(page->view));
}

/* Some of it at once, so that nobody sees a page without its first lines. */
static void greet(struct monitor_page *page, const struct strbuf *text)
{
	show(page, text);
	show_some(page);
}

/* ---- what is typed ---- */

/* Return: false: the page is gone. */
static bool read_some(struct monitor_page *page)
{
	size_t len = page->in.len < KEYS_A_ROUND ? page->in.len : KEYS_A_ROUND;
	AUTO_STRBUF struct strbuf out = { 0 };
	bool ends;

	if (!len || page->out.len)
		return true;
	page->running = true;
	len = hmp_session_read(&page->session, byte_queue_data(&page->in), len, &out, &ends);
	page->running = false;
	if (page->closed) {
		free_page(page);
		return false;
	}
	byte_queue_pop(&page->in, len);
	if (out.len)
		show(page, &out);
	if (ends)
		display_view_switch(page->view, DISPLAY_OVERVIEW);
	return true;
}

static void work(void *data)
{
	struct monitor_page *page = data;

	if (!read_some(page))
		return;
	show_some(page);
	if (page->in.len || page->out.len)
		post(page);
}

static int handle_in(void *data, const struct display_view *view, const char *bytes, size_t len)
{
	struct monitor_page *page = data;
	int r;

	(void)view;
	if (!page->has_begun)
		return -EPERM;
	if (len > IN_MAX - page->in.len)
		return -ENOBUFS;
	r = byte_queue_push(&page->in, bytes, len);
	if (r == 0)
		post(page);
	return r;
}

static int handle_resize(void *data, const struct display_view *view, unsigned cols, unsigned rows)
{
	struct monitor_page *page = data;
	int r = vt_resize(page->vt, cols, rows);

	(void)view;
	if (r == 0)
		display_console_changed(display_view_page(page->view));
	return r;
}

static const struct display_console_ops console_ops = {
	.in = handle_in,
	.resize = handle_resize,
};

/* ---- who may ---- */

static void refuse(struct monitor_page *page, const struct strbuf *why)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	strbuf_printf(&text, PAGE_TOP "The monitor is not for you: %s.\r\n",
		why->len ? why->data : "nobody may use it here");
	greet(page, &text);
}

static void handle_judge(void *data)
{
	AUTO_STRBUF struct strbuf why = { 0 }, text = { 0 };
	struct monitor_page *page = data;

	if (page->has_begun)
		return;
	if (!display_view_may_use_page(page->view, &why)) {
		refuse(page, &why);
		return;
	}
	page->has_begun = true;
	strbuf_puts(&text, PAGE_TOP);
	hmp_session_begin(&page->session, &text);
	greet(page, &text);
}

/* ---- its life ---- */

static void on_bell(void *data)
{
	display_console_bell(display_view_page(((const struct monitor_page *)data)->view));
}

/* As large as the picture that it comes after. */
static int handle_open(
	void *data, struct display_view *view, struct display_console_config *ret_config)
{
	static const struct vt_callbacks callbacks = { .on_bell = on_bell };
	const struct vt_config config = { .cols = display_view_cols(view),
		.rows = display_view_rows(view) };
	struct monitor_page *page = calloc(1, sizeof(*page));
	struct world *world = data;

	if (!page)
		return -ENOMEM;
	page->loop = world_loop(world);
	page->view = view;
	caller_init(&page->caller, world, NULL, page, display_view_name(view));
	page->session.caller = &page->caller;
	if (vt_new(&config, &callbacks, page, &page->vt) < 0) {
		free_page(page);
		return -ENOMEM;
	}
	*ret_config = (struct display_console_config){
		.label = "monitor", .vt = page->vt, .ops = &console_ops, .data = page
	};
	return 0;
}

static void handle_close(void *data)
{
	struct monitor_page *page = data;

	page->closed = true;
	if (!page->running)
		free_page(page);
}

const struct display_page_ops monitor_page_ops = {
	.name = "monitor",
	.open = handle_open,
	.judge = handle_judge,
	.close = handle_close,
};
