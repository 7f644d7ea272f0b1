/* SPDX-License-Identifier: MIT */
#include "metrics/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define GET "GET /metrics HTTP/1.1\r\n"

struct request {
	const char *text;
	enum scrape_status status;
	enum exposition_form form;
};

static void judge(const struct request *requests, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum exposition_form form;
		enum scrape_status status =
			scrape_request(requests[i].text, strlen(requests[i].text), &form);

		if (status != requests[i].status || form != requests[i].form)
			fail_msg("%s gives %d, form %d", requests[i].text, (int)status, (int)form);
	}
}

static void what_is_asked_for_is_found_or_not(void **state)
{
	static const struct request requests[] = {
		{ GET "Host: a\r\n\r\n", SCRAPE_OK, 0 },
		{ "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", SCRAPE_OK, 0 },
		{ "GET http://a:1/metrics HTTP/1.1\r\nhost: a\r\n\r\n", SCRAPE_OK, 0 },
		{ "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", SCRAPE_NOT_FOUND, 0 },
		{ "GET /metrics HTTP/1.0\r\n\r\n", SCRAPE_OK, 0 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", SCRAPE_NOT_FOUND, 0 },
		{ "GET /metrics/ HTTP/1.1\r\nHost: a\r\n\r\n", SCRAPE_NOT_FOUND, 0 },
		{ "GET /metricsx HTTP/1.1\r\nHost: a\r\n\r\n", SCRAPE_NOT_FOUND, 0 },
		{ "POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n", SCRAPE_NOT_ALLOWED, 0 },
		{ "HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n", SCRAPE_NOT_ALLOWED, 0 },
	};

	(void)state;
	judge(requests, sizeof(requests) / sizeof(requests[0]));
}

static void what_is_no_request_is_refused(void **state)
{
	static const struct request requests[] = {
		{ "\r\n\r\n", SCRAPE_BAD, 0 },
		{ "GET\r\n\r\n", SCRAPE_BAD, 0 },
		{ "GET /metrics\r\n\r\n", SCRAPE_BAD, 0 },
		{ "GET  HTTP/1.1\r\nHost: a\r\n\r\n", SCRAPE_BAD, 0 },
		{ "GET /metrics HTTP/1.1 \r\nHost: a\r\n\r\n", SCRAPE_BAD, 0 },
		{ "GET /metrics http/1.1\r\nHost: a\r\n\r\n", SCRAPE_BAD, 0 },
		{ "GET /metrics HTTP/2.0\r\nHost: a\r\n\r\n", SCRAPE_OTHER_VERSION, 0 },
		{ GET "\r\n", SCRAPE_BAD, 0 },
		{ GET "Host: a\r\nHost: b\r\n\r\n", SCRAPE_BAD, 0 },
		{ GET "Host: a\r\nnonsense\r\n\r\n", SCRAPE_BAD, 0 },
		{ GET "Host: a\r\n folded: x\r\n\r\n", SCRAPE_BAD, 0 },
	};

	(void)state;
	judge(requests, sizeof(requests) / sizeof(requests[0]));
}

static void who_reads_only_the_plain_form_gets_it(void **state)
{
	static const struct request requests[] = {
		{ GET "Host: a\r\nAccept: */*\r\n\r\n", SCRAPE_OK, EXPOSITION_OPENMETRICS },
		{ GET "Host: a\r\naccept: text/plain\r\n\r\n", SCRAPE_OK, EXPOSITION_PLAIN },
		{ GET "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n"
		      "Host: a\r\n\r\n",
			SCRAPE_OK, EXPOSITION_OPENMETRICS },
	};

	(void)state;
	judge(requests, sizeof(requests) / sizeof(requests[0]));
}

static void answers_say_how_long_they_are(void **state)
{
	struct strbuf out = { 0 };

	(void)state;
	scrape_answer(&out, SCRAPE_OK, "text/x", 12);
	assert_string_equal(out.data, "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\n"
				      "Content-Length: 12\r\nConnection: close\r\n\r\n");
	strbuf_done(&out);
	scrape_answer(&out, SCRAPE_NOT_ALLOWED, NULL, 0);
	assert_string_equal(out.data,
		"HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Length: 45\r\nAllow: GET\r\nConnection: close\r\n\r\n"
		"charhub: the figures are at /metrics, by GET\n");
	strbuf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for_is_found_or_not),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(who_reads_only_the_plain_form_gets_it),
		cmocka_unit_test(answers_say_how_long_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
