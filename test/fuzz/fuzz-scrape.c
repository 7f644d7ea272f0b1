/* SPDX-License-Identifier: MIT */
#include "metrics/request.h"
#include "transport/websocket-handshake.h"

#include <stdlib.h>
#include <string.h>

/* Who asks for metrics: bytes of a stranger become a request, or why it is none. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size + 1); /* so that reading past it is seen */
	size_t head = websocket_request_size((const char *)data, size);
	enum exposition_form form;
	struct strbuf out = { 0 };

	if (!exact)
		abort();
	exact = realloc(exact, head + !head);
	memcpy(exact, data, head);
	scrape_answer(&out, scrape_request(exact, head, &form), "text/plain", 0);
	if (out.failed || form > EXPOSITION_PLAIN)
		abort();
	strbuf_done(&out);
	free(exact);
	return 0;
}
