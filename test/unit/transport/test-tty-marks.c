/* SPDX-License-Identifier: MIT */
#include "transport/tty-marks.h"
#include "lib/fake-transport.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HEARD_BYTES = 256, READ_BYTES = 64, TURNS = 32 };

/* A user that writes down what it reads, and a break as '#'. */
struct fixture {
	struct loop *loop;
	struct fake_transport *fake;
	struct transport *marks;
	char heard[HEARD_BYTES];
	size_t len, room;
	ssize_t last;
};

static void on_events(void *data, unsigned events)
{
	struct fixture *f = data;
	struct iovec iov = { f->heard + f->len, f->room };

	if (!(events & WATCH_READ))
		return;
	f->last = transport_readv(f->marks, &iov, 1);
	if (f->last > 0)
		f->len += (size_t)f->last;
}

static void on_news(void *data, const struct transport_news *news)
{
	struct fixture *f = data;

	assert_int_equal(news->type, TRANSPORT_BREAK);
	f->heard[f->len++] = '#';
}

static const struct transport_callbacks callbacks = { .on_events = on_events, .on_news = on_news };

static void hear(const char *bytes, size_t len, size_t piece, size_t room, struct fixture *f)
{
	*f = (struct fixture){ .loop = loop_new(), .room = room };
	f->fake = fake_transport_new(f->loop);
	assert_int_equal(tty_marks_new(&f->fake->base, &f->marks), 0);
	transport_set_user(f->marks, &callbacks, f);
	transport_watch(f->marks, WATCH_READ);
	for (size_t at = 0; at < len; at += piece) {
		fake_transport_feed(f->fake, bytes + at, len - at < piece ? len - at : piece);
		for (int i = 0; i < TURNS; i++)
			loop_step(f->loop, false);
		fake_transport_feed(f->fake, "", 0);
	}
	fake_transport_end(f->fake);
	for (int i = 0; i < TURNS; i++)
		loop_step(f->loop, false);
	fake_transport_feed(f->fake, "", 0);
	transport_free(f->marks);
	loop_free(f->loop);
}

static void breaks_are_told_at_their_place_whatever_the_pieces(void **state)
{
	static const char bytes[] = "ab\377\0\0c\377\377d\377\0\0\377\0\0e\377\0xf\0";
	static const char meaning[] = "ab#c\377d##exf";
	struct fixture f;

	(void)state;
	for (size_t piece = 1; piece < sizeof(bytes); piece++) {
		for (size_t room = 1; room < 5; room++) {
			hear(bytes, sizeof(bytes) - 1, piece, room, &f);
			assert_int_equal(f.len, sizeof(meaning));
			assert_memory_equal(f.heard, meaning, sizeof(meaning));
			assert_int_equal(f.last, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breaks_are_told_at_their_place_whatever_the_pieces),
	};

	return cmocka_run_group_tests_name("tty-marks", tests, NULL, NULL);
}
