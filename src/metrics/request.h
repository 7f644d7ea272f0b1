/* SPDX-License-Identifier: MIT */
#ifndef METRICS_REQUEST_H
#define METRICS_REQUEST_H

#include "metrics/exposition.h"

/** enum scrape_status - of HTTP [RFC 9110 15] */
enum scrape_status {
	SCRAPE_OK = 200,
	SCRAPE_BAD = 400,
	SCRAPE_NOT_FOUND = 404,
	SCRAPE_NOT_ALLOWED = 405,
	SCRAPE_TOO_LARGE = 431,
	SCRAPE_NO_MEMORY = 503,
	SCRAPE_OTHER_VERSION = 505,
};

/**
 * scrape_request() - what does somebody want who asks [RFC 9112]
 * @text:     the lines up to the empty one, as websocket_request_size() found them
 * @ret_form: in which form he wants the figures; what he does not say is OpenMetrics
 *
 * Return: SCRAPE_OK: the figures; or why he gets none.
 */
enum scrape_status scrape_request(const char *text, size_t len, enum exposition_form *ret_form);

/** scrape_answer() - append the head of an answer; of all but SCRAPE_OK with its text */
void scrape_answer(
	struct strbuf *out, enum scrape_status status, const char *media_type, size_t len);

#endif
