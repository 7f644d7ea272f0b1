/* SPDX-License-Identifier: MIT */
/* syscalls: close */
#include "metrics/metrics.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "metrics/scraper.h"
#include "transport/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct metrics_server {
	struct loop *loop;
	struct listener *listener;
	struct metrics_source source;
	struct list scrapers;
	size_t n;
};

static void drop(struct metrics_server *server, struct scraper *scraper)
{
	list_remove(&scraper->node);
	server->n--;
	scraper_free(scraper);
}

static void on_gone(void *data, struct scraper *scraper)
{
	drop(data, scraper);
}

static void make_place(struct metrics_server *server)
{
	if (server->n < METRICS_SCRAPERS_MAX)
		return;
	log_warning("%s: more than %d ask for metrics: the oldest is closed",
		listener_name(server->listener), (int)METRICS_SCRAPERS_MAX);
	drop(server, container_of(server->scrapers.next, struct scraper, node));
}

static void on_connection(void *data, int fd)
{
	struct metrics_server *server = data;
	struct scraper *scraper;
	int r;

	make_place(server);
	r = scraper_new(server->loop, fd, &server->source, on_gone, server, &scraper);
	if (r < 0) {
		log_warning(
			"%s: could not answer: %s", listener_name(server->listener), strerror(-r));
		return;
	}
	list_append(&server->scrapers, &scraper->node);
	server->n++;
}

int metrics_server_new(struct loop *loop, struct address *address, int fd, const char *owner,
	const struct metrics_source *source, struct metrics_server **ret_server, struct error **err)
{
	struct metrics_server *server = calloc(1, sizeof(*server));
	AUTO_CLOSE int given = fd;
	int r;

	if (!server)
		return error_set(err, ENOMEM, "out of memory");
	server->loop = loop;
	server->source = *source;
	list_init(&server->scrapers);
	r = listener_open(loop, address, TAKE_FD(given), owner, on_connection, server,
		&server->listener, err);
	if (r < 0) {
		free(server);
		return r;
	}
	listener_start(server->listener);
	*ret_server = server;
	return 0;
}

int metrics_server_fd(const struct metrics_server *server)
{
	return listener_fd(server->listener);
}

void metrics_server_free(struct metrics_server *server)
{
	if (!server)
		return;
	listener_free(server->listener);
	list_for_each_safe (scraper, &server->scrapers, struct scraper, node)
		drop(server, scraper);
	free(server);
}
