/* SPDX-License-Identifier: MIT */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "base/error.h"
#include "metrics/exposition.h"

#include <stdbool.h>

struct address;
struct loop;

/** How many may ask at a time; of more the one that came first goes. */
enum { METRICS_SCRAPERS_MAX = 16 };

/**
 * struct metrics_source - whose figures they are
 * @put: write family @index, from 0 on. Return: false: there is none. Each comes in a dispatch of
 *       its own, and nothing is asked while nobody scrapes
 */
struct metrics_source {
	bool (*put)(void *data, size_t index, struct exposition *exposition);
	void *data;
};

/** struct metrics_server - tells figures to whoever asks by HTTP */
struct metrics_server;

/**
 * metrics_server_new() - listen
 * @address: borrowed until return
 * @fd:      listens there already, the server's, also where this fails; -1: none does
 * @owner:   for messages: "metrics 'a'"
 * @source:  copied
 *
 * Return: 0; -errno with @err, see address_listen().
 */
int metrics_server_new(struct loop *loop, struct address *address, int fd, const char *owner,
	const struct metrics_source *source, struct metrics_server **ret_server,
	struct error **err);

/** metrics_server_fd() - the listening socket */
int metrics_server_fd(const struct metrics_server *server);

/** metrics_server_free() - who is being answered is closed. NULL is fine */
void metrics_server_free(struct metrics_server *server);

#endif
