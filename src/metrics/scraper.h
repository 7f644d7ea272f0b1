/* SPDX-License-Identifier: MIT */
#ifndef METRICS_SCRAPER_H
#define METRICS_SCRAPER_H

#include "base/list.h"
#include "base/strbuf.h"
#include "io/loop.h"
#include "metrics/metrics.h"

struct transport;

enum {
	SCRAPER_REQUEST_MAX = 8192, /* bytes of a request */
	SCRAPER_MS = 10000,	    /* from its coming to its end, however fast it reads */
};

enum scraper_phase {
	SCRAPER_ASKS,	/* its request is to come */
	SCRAPER_WAITS,	/* the figures are being gathered, a family in a round of the loop */
	SCRAPER_READS,	/* it takes its answer */
	SCRAPER_LEAVES, /* it has it all: when it closes, that can be seen */
};

/**
 * struct scraper - one who asks for the figures, and then goes
 * @request: what has come of it; @answer: what is to be sent; @sent: of it
 * @figures: gathered so far, up to @family
 * @timer:   ends it
 * @node:    its owner's
 */
struct scraper {
	struct loop *loop;
	struct metrics_source source;
	struct transport *transport;
	enum scraper_phase phase;
	struct strbuf request, answer;
	struct exposition figures;
	size_t family, sent;
	struct timer *timer;
	struct task task;
	void (*on_gone)(void *data, struct scraper *scraper);
	void *data;
	struct list node;
};

/**
 * scraper_new() - answer who has connected
 * @fd:      non-blocking; the scraper's, also where this fails
 * @on_gone: it has its answer, or has gone; who is called frees it
 *
 * Return: 0; -ENOMEM and what epoll_ctl(2) may say.
 */
int scraper_new(struct loop *loop, int fd, const struct metrics_source *source,
	void (*on_gone)(void *data, struct scraper *scraper), void *data,
	struct scraper **ret_scraper);

/** scraper_free() - close the connection; it is in no list any more. NULL is fine */
void scraper_free(struct scraper *scraper);

#endif
