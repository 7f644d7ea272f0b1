/* SPDX-License-Identifier: MIT */
#include "backend/news.h"

#include <errno.h>

/* Larger ones mean nothing to a holder. */
enum { CELLS_MAX = 1000 };

int news_to_event(const struct transport_news *news, struct chardev_event *ret_event)
{
	switch (news->type) {
	case TRANSPORT_SIZE:
		if (news->cols > CELLS_MAX || news->rows > CELLS_MAX)
			return -EINVAL;
		*ret_event = (struct chardev_event){
			.type = CHARDEV_RESIZE, .cols = news->cols, .rows = news->rows
		};
		return 0;
	case TRANSPORT_LINE:
		*ret_event = (struct chardev_event){ .type = CHARDEV_LINE, .line = news->line };
		return 0;
	case TRANSPORT_MODEM:
		*ret_event = (struct chardev_event){
			.type = CHARDEV_MODEM, .modem = news->modem, .modem_mask = news->modem_mask
		};
		return 0;
	case TRANSPORT_BREAK:
		*ret_event = (struct chardev_event){ .type = CHARDEV_BREAK };
		return 0;
	}
	return -EINVAL;
}

int news_from_event(const struct chardev_event *event, struct transport_news *ret_news)
{
	switch (event->type) {
	case CHARDEV_RESIZE:
		*ret_news = (struct transport_news){
			.type = TRANSPORT_SIZE, .cols = event->cols, .rows = event->rows
		};
		return 0;
	case CHARDEV_LINE:
		*ret_news = (struct transport_news){ .type = TRANSPORT_LINE, .line = event->line };
		return 0;
	case CHARDEV_MODEM:
		*ret_news = (struct transport_news){ .type = TRANSPORT_MODEM,
			.modem = event->modem,
			.modem_mask = event->modem_mask };
		return 0;
	case CHARDEV_BREAK:
		*ret_news = (struct transport_news){ .type = TRANSPORT_BREAK };
		return 0;
	default: return -ENOTSUP;
	}
}
