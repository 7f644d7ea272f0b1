/* SPDX-License-Identifier: MIT */
#include "metrics/metrics.h"
#include "metrics/scraper.h"

#include "transport/address.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#define REQUEST "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\n\r\n"

enum { FAMILIES = 3, BIG = 4 * 1024 * 1024 };

struct fixture {
	struct loop *loop;
	struct metrics_server *server;
	char dir[32], path[64];
	unsigned asked; /* for a family */
	size_t padding; /* of the last one */
};

static bool put(void *data, size_t index, struct exposition *exposition)
{
	static const struct exposition_family family = { "x", EXPOSITION_GAUGE, NULL, "Help." };
	struct fixture *f = data;

	f->asked++;
	exposition->family = &family;
	if (index < FAMILIES)
		exposition_put(exposition, NULL, index);
	for (size_t i = 0; index == FAMILIES - 1 && i < f->padding; i++)
		strbuf_putc(&exposition->text, '#');
	return index < FAMILIES;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct address address = { .kind = ADDRESS_UNIX };

	strncpy(f->dir, "/tmp/charhub-test-XXXXXX", sizeof(f->dir) - 1);
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/m", f->dir);
	address.path = strdup(f->path);
	f->loop = loop_new();
	loop_fake_clock(f->loop);
	assert_int_equal(metrics_server_new(f->loop, &address, -1, "metrics 'a'",
				 &(struct metrics_source){ put, f }, &f->server, NULL),
		0);
	address_done(&address);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	metrics_server_free(f->server);
	loop_free(f->loop);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static void settle(struct fixture *f)
{
	for (int i = 0; i < 16; i++)
		loop_step(f->loop, false);
}

static int connect_scraper(struct fixture *f)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strncpy(un.sun_path, f->path, sizeof(un.sun_path) - 1);
	assert_int_equal(connect(fd, (const struct sockaddr *)&un, sizeof(un)), 0);
	settle(f);
	return fd;
}

static void say(struct fixture *f, int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	settle(f);
}

/* All that comes up to the end. Return: bytes in @buf, which ends with a NUL. */
static size_t hear(struct fixture *f, int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	for (int patience = 1000; patience; patience--) {
		n = read(fd, buf + len, size - 1 - len);
		if (n == 0)
			break;
		assert_true(n > 0 || errno == EAGAIN);
		len += n > 0 ? (size_t)n : 0;
		settle(f);
	}
	assert_int_equal(n, 0);
	buf[len] = '\0';
	return len;
}

static bool is_closed(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 0;
}

static void figures_are_gathered_once_they_are_asked_for(void **state)
{
	struct fixture *f = *state;
	int fd = connect_scraper(f);
	char text[1024];

	assert_int_equal(f->asked, 0);
	say(f, fd, "GET /metrics HTTP/1.1\r\nHost: a\r\nAcc");
	assert_int_equal(f->asked, 0);
	say(f, fd, "ept: text/plain\r\n\r\n");
	hear(f, fd, text, sizeof(text));
	assert_int_equal(f->asked, FAMILIES + 1);
	assert_string_equal(text, "HTTP/1.1 200 OK\r\n"
				  "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
				  "Content-Length: 12\r\nConnection: close\r\n\r\nx 0\nx 1\nx 2\n");
	close(fd);
}

static void what_is_not_there_costs_no_figures(void **state)
{
	struct fixture *f = *state;
	int fd = connect_scraper(f);
	char text[1024];

	say(f, fd, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
	hear(f, fd, text, sizeof(text));
	assert_memory_equal(text, "HTTP/1.1 404 ", 13);
	assert_int_equal(f->asked, 0);
	close(fd);
}

static void too_long_a_request_is_told_so(void **state)
{
	struct fixture *f = *state;
	char text[SCRAPER_REQUEST_MAX + 1];
	int fd = connect_scraper(f);

	memset(text, 'x', SCRAPER_REQUEST_MAX);
	text[SCRAPER_REQUEST_MAX] = '\0';
	say(f, fd, text);
	hear(f, fd, text, sizeof(text));
	assert_memory_equal(text, "HTTP/1.1 431 ", 13);
	close(fd);
}

static void who_says_nothing_is_closed_in_time(void **state)
{
	struct fixture *f = *state;
	int fd = connect_scraper(f);

	say(f, fd, "GET ");
	loop_advance(f->loop, SCRAPER_MS - 1);
	settle(f);
	assert_false(is_closed(fd));
	loop_advance(f->loop, 1);
	settle(f);
	assert_true(is_closed(fd));
	close(fd);
}

static void a_large_answer_is_read_at_the_readers_pace(void **state)
{
	struct fixture *f = *state;
	char *text = malloc(BIG + 1024);
	int fd = connect_scraper(f);

	f->padding = BIG;
	say(f, fd, REQUEST);
	assert_true(hear(f, fd, text, BIG + 1024) > BIG);
	close(fd);
	free(text);
}

static void who_does_not_read_his_answer_is_closed_in_time(void **state)
{
	struct fixture *f = *state;
	int fd = connect_scraper(f);
	char text[1024];
	ssize_t n;

	f->padding = BIG;
	say(f, fd, REQUEST);
	loop_advance(f->loop, SCRAPER_MS);
	settle(f);
	do
		n = read(fd, text, sizeof(text));
	while (n > 0);
	assert_int_equal(n, 0);
	close(fd);
}

static void of_too_many_the_oldest_goes(void **state)
{
	struct fixture *f = *state;
	int fds[METRICS_SCRAPERS_MAX + 1];
	char text[1024];

	for (int i = 0; i <= METRICS_SCRAPERS_MAX; i++)
		fds[i] = connect_scraper(f);
	assert_true(is_closed(fds[0]));
	for (int i = 1; i <= METRICS_SCRAPERS_MAX; i++) {
		say(f, fds[i], REQUEST);
		hear(f, fds[i], text, sizeof(text));
		assert_memory_equal(text, "HTTP/1.1 200 ", 13);
	}
	for (int i = 0; i <= METRICS_SCRAPERS_MAX; i++)
		close(fds[i]);
}

static void who_leaves_in_the_middle_is_forgotten(void **state)
{
	struct fixture *f = *state;
	int fd = connect_scraper(f);

	f->padding = BIG;
	say(f, fd, REQUEST);
	close(fd);
	settle(f);
	fd = connect_scraper(f);
	assert_int_equal(send(fd, REQUEST, strlen(REQUEST), 0), (ssize_t)strlen(REQUEST));
	loop_step(f->loop, false);
	close(fd); /* while the figures are gathered */
	settle(f);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(figures_are_gathered_once_they_are_asked_for),
		CASE(what_is_not_there_costs_no_figures),
		CASE(too_long_a_request_is_told_so),
		CASE(who_says_nothing_is_closed_in_time),
		CASE(a_large_answer_is_read_at_the_readers_pace),
		CASE(who_does_not_read_his_answer_is_closed_in_time),
		CASE(of_too_many_the_oldest_goes),
		CASE(who_leaves_in_the_middle_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
