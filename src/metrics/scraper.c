/* SPDX-License-Identifier: MIT */
/*
 * A connection asks once. What it may send and how long it may take are bounded, so that a peer
 * that does nothing, or never ends, holds a place for SCRAPER_MS at most. Between two families the
 * loop does what else there is to do: a scrape of thousands of consoles holds up no byte.
 */
/* syscalls: close */
#include "metrics/scraper.h"

#include "metrics/request.h"
#include "transport/fd-transport.h"
#include "transport/websocket-handshake.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 2048 };

static void go(struct scraper *scraper)
{
	scraper->on_gone(scraper->data, scraper);
}

/* ---- the answer ---- */

static void leave(struct scraper *scraper)
{
	scraper->phase = SCRAPER_LEAVES;
	transport_half_close(scraper->transport);
	transport_watch(scraper->transport, WATCH_READ);
}

/* Return: 0; -errno: it takes no more. */
static int send_some(struct scraper *scraper)
{
	const struct strbuf *answer = &scraper->answer;

	while (scraper->sent < answer->len) {
		struct iovec iov = { answer->data + scraper->sent, answer->len - scraper->sent };
		ssize_t n = transport_writev(scraper->transport, &iov, 1);

		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		scraper->sent += (size_t)n;
	}
	leave(scraper);
	return 0;
}

static void begin_answer(struct scraper *scraper, enum scrape_status status)
{
	struct exposition *figures = &scraper->figures;

	if (figures->text.failed)
		status = SCRAPE_NO_MEMORY;
	scrape_answer(
		&scraper->answer, status, exposition_media_type(figures->form), figures->text.len);
	if (status == SCRAPE_OK)
		strbuf_append(&scraper->answer, figures->text.data, figures->text.len);
	strbuf_done(&figures->text);
	if (scraper->answer.failed) {
		go(scraper);
		return;
	}
	scraper->phase = SCRAPER_READS;
	transport_watch(scraper->transport, WATCH_WRITE);
}

static void gather(void *data)
{
	struct scraper *scraper = data;
	struct exposition *figures = &scraper->figures;

	if (scraper->source.put(scraper->source.data, scraper->family++, figures)) {
		task_post(scraper->loop, &scraper->task, gather, scraper);
		return;
	}
	exposition_end(figures);
	begin_answer(scraper, SCRAPE_OK);
}

/* ---- the request ---- */

static void judge(struct scraper *scraper)
{
	const struct strbuf *request = &scraper->request;
	size_t size = websocket_request_size(request->data, request->len);
	enum scrape_status status;

	if (!size && request->len < SCRAPER_REQUEST_MAX)
		return;
	status = size ? scrape_request(request->data, size, &scraper->figures.form)
		      : SCRAPE_TOO_LARGE;
	if (status != SCRAPE_OK) {
		begin_answer(scraper, status);
		return;
	}
	scraper->phase = SCRAPER_WAITS;
	transport_watch(scraper->transport, WATCH_GONE);
	task_post(scraper->loop, &scraper->task, gather, scraper);
}

/* Return: 0; -errno: it sends no more. */
static int read_some(struct scraper *scraper)
{
	char bytes[READ_BYTES];
	struct iovec iov = { bytes, sizeof(bytes) };
	ssize_t n = transport_readv(scraper->transport, &iov, 1);

	if (n <= 0)
		return n == -EAGAIN ? 0 : n < 0 ? (int)n : -EPIPE;
	if (scraper->phase != SCRAPER_ASKS)
		return 0; /* what it says behind its request */
	strbuf_append(&scraper->request, bytes, (size_t)n);
	if (scraper->request.failed)
		return -ENOMEM;
	judge(scraper);
	return 0;
}

/* ---- life ---- */

static void on_events(void *data, unsigned events)
{
	struct scraper *scraper = data;
	int r = 0;

	if (scraper->phase == SCRAPER_ASKS || scraper->phase == SCRAPER_LEAVES)
		r = events & (WATCH_READ | WATCH_GONE) ? read_some(scraper) : 0;
	else if (events & WATCH_GONE)
		r = -EPIPE;
	else if (scraper->phase == SCRAPER_READS && events & WATCH_WRITE)
		r = send_some(scraper);
	if (r < 0)
		go(scraper);
}

static void on_time(void *data)
{
	go(data);
}

static int start(struct scraper *scraper, int fd)
{
	static const struct transport_callbacks callbacks = { .on_events = on_events };
	int r = socket_transport_new(scraper->loop, fd, NULL, &scraper->transport);

	if (r < 0) {
		close(fd);
		return r;
	}
	scraper->timer = timer_new(scraper->loop, on_time, scraper);
	if (!scraper->timer)
		return -ENOMEM;
	timer_start_awake(scraper->timer, SCRAPER_MS);
	transport_set_user(scraper->transport, &callbacks, scraper);
	transport_watch(scraper->transport, WATCH_READ);
	return 0;
}

int scraper_new(struct loop *loop, int fd, const struct metrics_source *source,
	void (*on_gone)(void *data, struct scraper *scraper), void *data,
	struct scraper **ret_scraper)
{
	struct scraper *scraper = calloc(1, sizeof(*scraper));
	int r;

	if (!scraper) {
		close(fd);
		return -ENOMEM;
	}
	scraper->loop = loop;
	scraper->source = *source;
	scraper->on_gone = on_gone;
	scraper->data = data;
	list_init(&scraper->node);
	r = start(scraper, fd);
	if (r < 0)
		scraper_free(scraper);
	else
		*ret_scraper = scraper;
	return r;
}

void scraper_free(struct scraper *scraper)
{
	if (!scraper)
		return;
	task_cancel(&scraper->task);
	timer_free(scraper->timer);
	transport_free(scraper->transport);
	strbuf_done(&scraper->request);
	strbuf_done(&scraper->answer);
	strbuf_done(&scraper->figures.text);
	free(scraper);
}
