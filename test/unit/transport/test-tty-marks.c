/* SPDX-License-Identifier: MIT */
#include "transport/tty-marks.h"
#include "lib/fake-transport.h"

#include "snapshot/reader.h"
#include "snapshot/writer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void begin(struct fixture *f)
{
	f->fake = fake_transport_new(f->loop);
	assert_int_equal(tty_marks_new(&f->fake->base, &f->marks), 0);
	transport_set_user(f->marks, &callbacks, f);
}

/* As when another program takes over. */
static void hand_over(struct fixture *f)
{
	struct snapshot left;

	filter_leave(f->marks, &left);
	transport_free(f->marks);
	begin(f);
	assert_int_equal(tty_marks_go_on(f->marks,
				 (struct snapshot_groups){ left.all, TRANSPORT_TAG_MARKS }),
		0);
	snapshot_close(&left);
	transport_watch(f->marks, WATCH_READ);
}

static void hear(const char *bytes, size_t len, size_t piece, size_t room, bool hands_over,
	struct fixture *f)
{
	*f = (struct fixture){ .loop = loop_new(), .room = room };
	begin(f);
	transport_watch(f->marks, WATCH_READ);
	for (size_t at = 0; at < len; at += piece) {
		if (hands_over)
			hand_over(f);
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

static void hear_all(bool hands_over)
{
	static const char bytes[] = "ab\377\0\0c\377\377d\377\0\0\377\0\0e\377\0xf\0";
	static const char meaning[] = "ab#c\377d##exf";
	struct fixture f;

	for (size_t piece = 1; piece < sizeof(bytes); piece++) {
		for (size_t room = 1; room < 5; room++) {
			hear(bytes, sizeof(bytes) - 1, piece, room, hands_over, &f);
			assert_int_equal(f.len, sizeof(meaning));
			assert_memory_equal(f.heard, meaning, sizeof(meaning));
			assert_int_equal(f.last, 0);
		}
	}
}

static void breaks_are_told_at_their_place_whatever_the_pieces(void **state)
{
	(void)state;
	hear_all(false);
}

static void half_a_mark_goes_on_in_another_program(void **state)
{
	(void)state;
	hear_all(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breaks_are_told_at_their_place_whatever_the_pieces),
		cmocka_unit_test(half_a_mark_goes_on_in_another_program),
	};

	return cmocka_run_group_tests_name("tty-marks", tests, NULL, NULL);
}
