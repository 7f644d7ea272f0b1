/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_NEWS_H
#define BACKEND_NEWS_H

#include "chardev/chardev.h"
#include "transport/transport.h"

/* What a filter tells and says besides bytes, as events of a chardev. */

/** news_to_event() - Return: 0; -EINVAL: what the peer tells means nothing to a holder */
int news_to_event(const struct transport_news *news, struct chardev_event *ret_event);

/** news_from_event() - Return: 0; -ENOTSUP: no filter has a word for it */
int news_from_event(const struct chardev_event *event, struct transport_news *ret_news);

#endif
