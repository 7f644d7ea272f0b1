/* SPDX-License-Identifier: MIT */
#include "virtio/console.h"

#include "lib/bus-error.h"
#include "lib/console-rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define PACKED	  VIRTIO_F_RING_PACKED_BIT
#define EVENT_IDX VIRTIO_RING_F_EVENT_IDX
#define MULTIPORT VIRTIO_F_BIT(1)

static const uint64_t formats[] = { 0, EVENT_IDX, PACKED, PACKED | EVENT_IDX };

enum { FORMATS = sizeof(formats) / sizeof(formats[0]), SERIAL = 1, SERIAL_IN = 4, SERIAL_OUT = 5 };

static struct rig rig; /* large */

/* A device with an hvc at 0 and an open serial port at 1, both opened by the guest. */
static void open_two_ports(uint64_t features)
{
	rig_open(&rig, RIG_PORTS, MULTIPORT | features);
	rig_add(&rig, 0, true, NULL);
	rig_add(&rig, SERIAL, false, "org.test");
	virtio_console_port_set_open(rig.ports[SERIAL].port, true);
	rig_start(&rig);
	for (int i = 0; i < 12; i++)
		rig_post(&rig, 2, 64);
	rig_control(&rig, 0, 0, 1);
	rig_control(&rig, 0, 6, 1);
	rig_control(&rig, SERIAL, 6, 1);
	assert_int_equal(rig.ports[SERIAL].opens, 1);
}

static void assert_out(unsigned port, const char *text)
{
	assert_int_equal(rig.ports[port].out_len, strlen(text));
	assert_memory_equal(rig.ports[port].out, text, strlen(text));
}

static void what_the_guest_writes_comes_out_in_one_commit(void **state)
{
	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		open_two_ports(formats[i]);
		rig_write(&rig, 1, "h", 1);
		rig_write(&rig, 1, "el", 1);
		rig_write(&rig, 1, "lo world", 3);
		rig_write(&rig, SERIAL_OUT, "serial", 6);
		rig_process(&rig);
		assert_out(0, "hello world");
		assert_out(SERIAL, "serial");
		assert_int_equal(rig.ports[0].commits, 1);
		assert_int_equal(rig_used(&rig, 1, NULL), 3);
		assert_int_equal(rig.calls[1], 1);
		rig_close(&rig);
	}
}

static void a_full_serial_port_holds_back_and_goes_on_at_the_byte(void **state)
{
	struct virtio_console_port_stats stats;

	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		struct rig_port *p = &rig.ports[SERIAL];

		open_two_ports(formats[i]);
		p->room = 4;
		rig_write(&rig, SERIAL_OUT, "0123456789", 3);
		rig_write(&rig, SERIAL_OUT, "abc", 3);
		rig_process(&rig);
		assert_out(SERIAL, "0123");
		assert_int_equal(rig_used(&rig, SERIAL_OUT, NULL), 0);
		virtio_console_kick(rig.console, SERIAL_OUT);
		rig_process(&rig);
		assert_out(SERIAL, "0123");
		p->room = 7;
		virtio_console_port_out_resume(p->port);
		rig_process(&rig);
		assert_out(SERIAL, "0123456789a");
		assert_int_equal(rig_used(&rig, SERIAL_OUT, NULL), 1);
		p->room = 100;
		virtio_console_port_out_resume(p->port);
		rig_process(&rig);
		assert_out(SERIAL, "0123456789abc");
		assert_int_equal(rig_used(&rig, SERIAL_OUT, NULL), 1);
		virtio_console_port_stats(p->port, &stats);
		assert_int_equal(stats.out, 13);
		assert_int_equal(stats.out_dropped, 0);
		rig_close(&rig);
	}
}

static void a_full_console_is_never_held_back_and_counts(void **state)
{
	struct virtio_console_port_stats stats;

	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		open_two_ports(formats[i]);
		rig.ports[0].room = 4;
		rig_write(&rig, 1, "0123456789", 3);
		rig_write(&rig, 1, "abc", 3);
		rig_process(&rig);
		assert_out(0, "0123");
		assert_int_equal(rig_used(&rig, 1, NULL), 2);
		virtio_console_port_stats(rig.ports[0].port, &stats);
		assert_int_equal(stats.out_dropped, 9);
		rig_close(&rig);
	}
}

static void a_port_without_reservations_gets_copies(void **state)
{
	struct virtio_console_port_stats stats;

	(void)state;
	open_two_ports(0);
	rig.ports[0].error = rig.ports[SERIAL].error = -ENOTSUP;
	rig.ports[SERIAL].room = 5;
	rig.ports[0].room = 5;
	rig_write(&rig, SERIAL_OUT, "hello world", 4);
	rig_write(&rig, 1, "hello world", 4);
	rig_process(&rig);
	assert_out(SERIAL, "hello");
	assert_out(0, "hello");
	assert_int_equal(rig_used(&rig, SERIAL_OUT, NULL), 0);
	assert_int_equal(rig_used(&rig, 1, NULL), 1);
	virtio_console_port_stats(rig.ports[0].port, &stats);
	assert_int_equal(stats.out_dropped, 6);
	rig.ports[SERIAL].room = 100;
	virtio_console_port_out_resume(rig.ports[SERIAL].port);
	rig_process(&rig);
	assert_out(SERIAL, "hello world");
	rig_close(&rig);
}

static void a_user_that_is_gone_loses_its_bytes_and_nobody_waits(void **state)
{
	struct virtio_console_port_stats stats;

	(void)state;
	open_two_ports(0);
	rig.ports[SERIAL].error = -EPIPE;
	rig_write(&rig, SERIAL_OUT, "hello", 5);
	rig_process(&rig);
	assert_int_equal(rig_used(&rig, SERIAL_OUT, NULL), 1);
	virtio_console_port_stats(rig.ports[SERIAL].port, &stats);
	assert_int_equal(stats.out_dropped, 5);
	rig_close(&rig);
}

static void closing_the_host_side_drops_what_was_held(void **state)
{
	struct virtio_console_port_stats stats;

	(void)state;
	open_two_ports(0);
	rig.ports[SERIAL].room = 2;
	rig_write(&rig, SERIAL_OUT, "hello", 5);
	rig_process(&rig);
	assert_int_equal(rig_used(&rig, SERIAL_OUT, NULL), 0);
	virtio_console_port_set_open(rig.ports[SERIAL].port, false);
	rig_process(&rig);
	assert_int_equal(rig_used(&rig, SERIAL_OUT, NULL), 1);
	assert_out(SERIAL, "he");
	virtio_console_port_stats(rig.ports[SERIAL].port, &stats);
	assert_int_equal(stats.out_unheard, 3);
	rig_close(&rig);
}

static void input_fills_buffers_and_room_returns_once(void **state)
{
	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		struct rig_port *p = &rig.ports[SERIAL];
		uint64_t first, second;
		uint32_t len = 0;

		open_two_ports(formats[i]);
		assert_int_equal(virtio_console_port_in_room(p->port), 0);
		assert_int_equal(virtio_console_port_in(p->port, "x", 1), 0);
		first = rig_post(&rig, SERIAL_IN, 4);
		second = rig_post(&rig, SERIAL_IN, 8);
		rig_process(&rig);
		assert_int_equal(p->rooms, 1);
		assert_int_equal(virtio_console_port_in_room(p->port), 12);
		assert_int_equal(virtio_console_port_in(p->port, "hello ", 6), 6);
		rig_process(&rig);
		assert_int_equal(rig_used(&rig, SERIAL_IN, &len), 2);
		assert_int_equal(len, 2);
		assert_memory_equal(driver_at(&rig.dm, first), "hell", 4);
		assert_memory_equal(driver_at(&rig.dm, second), "o ", 2);
		assert_int_equal(rig.calls[SERIAL_IN], 1);
		assert_int_equal(p->rooms, 1);
		rig_post(&rig, SERIAL_IN, 3);
		rig_process(&rig);
		assert_int_equal(p->rooms, 1); /* nobody had been refused */
		assert_int_equal(virtio_console_port_in(p->port, "world", 5), 3);
		rig_post(&rig, SERIAL_IN, 3);
		rig_process(&rig);
		assert_int_equal(p->rooms, 2);
		rig_close(&rig);
	}
}

static void input_can_be_read_straight_into_the_guest(void **state)
{
	struct rig_port *p = &rig.ports[SERIAL];
	struct iovec iov[2];
	uint32_t len = 0;
	uint64_t addr;

	(void)state;
	open_two_ports(PACKED);
	assert_int_equal(virtio_console_port_in_reserve(p->port, iov), 0);
	addr = rig_post(&rig, SERIAL_IN, 16);
	rig_process(&rig);
	assert_int_equal(virtio_console_port_in_reserve(p->port, iov), 1);
	assert_int_equal(iov[0].iov_len, 16);
	assert_int_equal(
		virtio_console_port_in_reserve(p->port, iov), 1); /* the first one lapsed */
	memcpy(iov[0].iov_base, "direct", 6);
	virtio_console_port_in_commit(p->port, 6);
	rig_process(&rig);
	assert_int_equal(rig_used(&rig, SERIAL_IN, &len), 1);
	assert_int_equal(len, 6);
	assert_memory_equal(driver_at(&rig.dm, addr), "direct", 6);
	rig_close(&rig);
}

static void nothing_goes_in_while_the_guest_has_it_closed(void **state)
{
	struct rig_port *p = &rig.ports[SERIAL];

	(void)state;
	open_two_ports(0);
	rig_post(&rig, SERIAL_IN, 16);
	rig_control(&rig, SERIAL, 6, 0);
	assert_int_equal(p->closes, 1);
	assert_int_equal(virtio_console_port_in_room(p->port), 0);
	assert_int_equal(virtio_console_port_in(p->port, "lost?", 5), 0);
	assert_int_equal(p->rooms, 0);
	rig_control(&rig, SERIAL, 6, 1);
	assert_int_equal(p->rooms, 1);
	assert_int_equal(virtio_console_port_in(p->port, "no", 2), 2);
	rig_close(&rig);
}

static void one_port_does_not_starve_the_others(void **state)
{
	char chunk[4097];
	bool more;

	(void)state;
	open_two_ports(0);
	memset(chunk, 'x', sizeof(chunk) - 1);
	chunk[sizeof(chunk) - 1] = '\0';
	for (int i = 0; i < 10; i++)
		rig_write(&rig, 1, chunk, 4096);
	rig_write(&rig, SERIAL_OUT, "me too", 6);
	more = virtio_console_process(rig.console, 8192);
	assert_true(more);
	assert_true(rig.ports[0].out_len <= 8192);
	more = virtio_console_process(rig.console, 8192);
	assert_out(SERIAL, "me too");
	assert_true(more);
	rig_process(&rig);
	assert_int_equal(rig.ports[0].out_len, 40960);
	rig_close(&rig);
}

static void when_time_is_up_one_port_is_served_and_the_next_goes_on(void **state)
{
	(void)state;
	open_two_ports(0);
	rig_write(&rig, 1, "first", 5);
	rig_write(&rig, SERIAL_OUT, "second", 6);
	rig.time_is_up = true;
	assert_true(virtio_console_process(rig.console, 1 << 16));
	assert_true(!rig.ports[0].out_len != !rig.ports[SERIAL].out_len);
	virtio_console_process(rig.console, 1 << 16);
	assert_out(0, "first");
	assert_out(SERIAL, "second");
	rig_close(&rig);
}

/* Descriptors cost, bytes or not: of chains with none of use a bounded number is met at once. */
static void useless_buffers_for_input_are_given_back_bit_by_bit(void **state)
{
	struct driver_segment pieces[DRIVER_SEGMENTS_MAX];
	unsigned added = 0;

	(void)state;
	open_two_ports(VIRTIO_RING_F_INDIRECT);
	for (int i = 0; i < DRIVER_SEGMENTS_MAX; i++)
		pieces[i] = (struct driver_segment){ driver_alloc(&rig.dm, 1), 1 };
	rig.queues[SERIAL_IN].indirect = true;
	while (driver_add(&rig.queues[SERIAL_IN], pieces, DRIVER_SEGMENTS_MAX, 0) >= 0)
		added++;
	assert_int_equal(added, RIG_NUM);
	assert_int_equal(virtio_console_port_in_room(rig.ports[SERIAL].port), 0);
	assert_in_range(rig_used(&rig, SERIAL_IN, NULL), 1, RIG_NUM - 1);
	rig_post(&rig, SERIAL_IN, 16); /* behind them, and nobody is kicked for it */
	rig_process(&rig);
	assert_int_equal(rig.ports[SERIAL].rooms, 1);
	assert_int_equal(virtio_console_port_in_room(rig.ports[SERIAL].port), 16);
	rig_close(&rig);
}

/* Met when there is input, not when the guest posts it; and told anew after a reset. */
static void a_bad_buffer_for_input_breaks_the_device(void **state)
{
	struct driver_segment outside = { 1, 16 };

	(void)state;
	open_two_ports(0);
	for (unsigned told = 1; told <= 2; told++) {
		assert_true(driver_add(&rig.queues[SERIAL_IN], &outside, 0, 1) >= 0);
		assert_int_equal(virtio_console_port_in(rig.ports[SERIAL].port, "x", 1), 0);
		assert_non_null(virtio_console_broken(rig.console));
		rig_process(&rig);
		assert_int_equal(rig.breaks, told);
		virtio_console_reset(rig.console);
		assert_null(virtio_console_broken(rig.console));
		virtio_console_set_features(rig.console, rig.features);
		rig_start(&rig);
		for (int i = 0; i < 12; i++)
			rig_post(&rig, 2, 64);
		rig_control(&rig, 0, 0, 1);
		rig_control(&rig, SERIAL, 6, 1);
	}
	rig_close(&rig);
}

static void a_polled_console_needs_no_kicks_and_its_calls_wait(void **state)
{
	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		unsigned kicks = 0, calls;

		open_two_ports(formats[i]);
		rig_write(&rig, 1, "-", 1);
		rig_process(&rig);
		assert_int_equal(virtio_console_taken(rig.console)->console, 1);
		virtio_console_set_polling(rig.console, VIRTIO_CONSOLE_POLL_CONSOLES);
		calls = rig.calls[1];
		for (unsigned j = 1; j < RIG_NUM; j++) {
			rig_write(&rig, 1, "x", 1);
			rig_process(&rig);
			assert_int_equal(rig_used(&rig, 1, NULL), j == 1 ? 2 : 1);
			driver_want_call(&rig.queues[1], true);
			/* A driver that waits for its interrupt gets it before its ring is full. */
			assert_int_equal(rig.calls[1] - calls, j / (RIG_NUM / 2));
			if (j == 1) /* that one was asked for before */
				kicks = rig.kicks[1];
		}
		assert_out(0, "-xxxxxxxxxxxxxxx");
		assert_int_equal(virtio_console_taken(rig.console)->console, RIG_NUM);
		assert_int_equal(rig.kicks[1], kicks);

		/* Other ports go on as ever. */
		rig_write(&rig, SERIAL_OUT, "a", 1);
		rig_process(&rig);
		rig_write(&rig, SERIAL_OUT, "b", 1);
		rig_process(&rig);
		assert_out(SERIAL, "ab");
		assert_int_equal(rig.kicks[SERIAL_OUT], 2);
		assert_int_equal(virtio_console_taken(rig.console)->serial, 2);

		/* What came in the last moment is found, and the calls that waited are made. */
		rig_write(&rig, 1, "!", 1);
		rig.wakes = 0;
		virtio_console_set_polling(rig.console, 0);
		assert_int_equal(rig.wakes, 1);
		rig_process(&rig);
		assert_out(0, "-xxxxxxxxxxxxxxx!");
		assert_int_equal(rig.calls[1] - calls, 2);
		rig_write(&rig, 1, "?", 1);
		assert_int_equal(rig.kicks[1], kicks + 1);
		rig_close(&rig);
	}
}

static void a_polled_console_hands_over_what_comes_meanwhile_in_one_piece(void **state)
{
	char text[1025] = "";

	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		open_two_ports(formats[i]);
		rig_write(&rig, 1, "-", 1);
		rig_process(&rig);
		virtio_console_set_polling(rig.console, VIRTIO_CONSOLE_POLL_CONSOLES);
		for (int j = 0; j < 16; j++) {
			rig_write(&rig, 1, "-", 1);
			rig_process(&rig);
			rig_used(&rig, 1, NULL);
		}
		assert_int_equal(rig.looks, 0); /* a few may be the echo of a key */
		rig.late = 2;
		rig.ports[0].out_len = rig.ports[0].commits = 0;
		rig_write(&rig, SERIAL_OUT, "s", 1);
		rig_process(&rig);
		assert_int_equal(rig.looks, 0); /* there is nothing that waits to be handed over */
		rig_write(&rig, 1, "b", 1);
		virtio_console_process(rig.console, SIZE_MAX);
		assert_int_equal(rig.looks, 3);
		assert_out(0, "bxx");
		assert_int_equal(rig.ports[0].commits, 1);

		/* Nor does it wait where there is much already, nor for ever. */
		rig.lingers = true;
		memset(text, 'm', sizeof(text) - 1);
		rig_write(&rig, 1, text, sizeof(text) - 1);
		virtio_console_process(rig.console, SIZE_MAX);
		assert_int_equal(rig.looks, 3);
		rig.ports[0].out_len = 0;
		rig_write(&rig, 1, "c", 1);
		virtio_console_process(rig.console, SIZE_MAX);
		assert_in_range(rig.looks, 4, 4096);
		assert_out(0, "c");
		rig_close(&rig);
	}
}

static void a_polled_serial_port_needs_no_kicks_and_is_called_when_it_rests(void **state)
{
	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		unsigned kicks, calls;

		open_two_ports(formats[i]);
		virtio_console_set_polling(rig.console, VIRTIO_CONSOLE_POLL_SERIAL);
		rig_write(&rig, SERIAL_OUT, "1", 1);
		rig_process(&rig);
		kicks = rig.kicks[SERIAL_OUT];
		calls = rig.calls[SERIAL_OUT];
		rig_used(&rig, SERIAL_OUT, NULL);
		driver_want_call(&rig.queues[SERIAL_OUT], true);
		rig_write(&rig, SERIAL_OUT, "2", 1);
		rig_write(&rig, SERIAL_OUT, "3", 1);
		rig_process(&rig);
		assert_out(SERIAL, "123");
		assert_int_equal(rig.kicks[SERIAL_OUT], kicks);
		/* A driver that waits for its interrupt before it writes again gets it. */
		assert_int_equal(rig.calls[SERIAL_OUT], calls);
		rig_process(&rig);
		assert_int_equal(rig.calls[SERIAL_OUT], calls + 1);

		/* A console is not made to wait for the next look. */
		rig_write(&rig, 1, "a", 1);
		rig_process(&rig);
		rig_write(&rig, 1, "b", 1);
		assert_int_equal(rig.kicks[1], 2);

		virtio_console_set_polling(rig.console, 0);
		rig_process(&rig);
		rig_write(&rig, SERIAL_OUT, "4", 1);
		assert_int_equal(rig.kicks[SERIAL_OUT], kicks + 1);
		rig_close(&rig);
	}
}

static void a_polled_serial_port_that_waits_for_buffers_needs_no_kicks(void **state)
{
	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		struct rig_port *p = &rig.ports[SERIAL];
		uint64_t waited;
		unsigned kicks;

		open_two_ports(formats[i]);
		waited = virtio_console_taken(rig.console)->input;
		virtio_console_set_polling(rig.console, VIRTIO_CONSOLE_POLL_INPUT);
		assert_int_equal(virtio_console_port_in(p->port, "x", 1), 0);
		assert_int_equal(virtio_console_port_in(rig.ports[0].port, "x", 1), 0);
		rig_post(&rig, SERIAL_IN, 4);
		rig_post(&rig, SERIAL_IN, 4);
		rig_process(&rig);
		assert_int_equal(p->rooms, 1);
		kicks = rig.kicks[SERIAL_IN];
		assert_int_equal(virtio_console_taken(rig.console)->input, waited + 1);
		assert_int_equal(virtio_console_port_in(p->port, "0123456789", 10), 8);
		rig_post(&rig, SERIAL_IN, 4);
		rig_process(&rig);
		assert_int_equal(p->rooms, 2);
		assert_int_equal(rig.kicks[SERIAL_IN], kicks);

		/* A console is not made to wait for the next look. */
		kicks = rig.kicks[0];
		rig_post(&rig, 0, 4);
		assert_int_equal(rig.kicks[0], kicks + 1);

		/* Who waits when that ends is kicked. */
		assert_int_equal(virtio_console_port_in(p->port, "01234", 5), 4);
		assert_int_equal(virtio_console_port_in(p->port, "4", 1), 0);
		virtio_console_set_polling(rig.console, 0);
		rig_process(&rig);
		kicks = rig.kicks[SERIAL_IN];
		rig_post(&rig, SERIAL_IN, 4);
		assert_int_equal(rig.kicks[SERIAL_IN], kicks + 1);
		rig_process(&rig);
		assert_int_equal(p->rooms, 3);
		rig_close(&rig);
	}
}

static void a_single_port_is_open_while_its_queues_run(void **state)
{
	uint8_t config[12];

	(void)state;
	for (int i = 0; i < FORMATS; i++) {
		rig_open(&rig, 1, formats[i]);
		assert_int_equal(virtio_console_queue_count(rig.console), 2);
		rig_add(&rig, 0, true, NULL);
		virtio_console_port_resize(rig.ports[0].port, 80, 25);
		assert_int_equal(rig.config_changes, 0);
		rig_start(&rig);
		assert_int_equal(rig.ports[0].opens, 1);
		assert_int_equal(rig.config_changes, 1);
		virtio_console_port_resize(rig.ports[0].port, 80, 25);
		assert_int_equal(rig.config_changes, 1);
		virtio_console_port_resize(rig.ports[0].port, 100, 0x123);
		assert_int_equal(rig.config_changes, 2);
		virtio_console_read_config(rig.console, 0, config, sizeof(config));
		assert_memory_equal(config, "\x64\0\x23\x01\x01\0\0\0\0\0\0\0", 12);
		virtio_console_read_config(rig.console, 4, config, 4);
		assert_memory_equal(config, "\x01\0\0\0", 4);
		virtio_console_read_config(rig.console, 10, config, 8);
		assert_memory_equal(config, "\0\0\0\0\0\0\0\0", 8);
		rig_write(&rig, 1, "hi", 2);
		rig_process(&rig);
		assert_out(0, "hi");
		virtio_console_stop_queue(rig.console, 1);
		assert_int_equal(rig.ports[0].closes, 1);
		rig_close(&rig);
	}
}

static void emergency_writes_are_out_of_port_0_before_any_queue_runs(void **state)
{
	(void)state;
	rig_open(&rig, 1, 0);
	rig_add(&rig, 0, true, NULL);
	virtio_console_write_config(rig.console, 8, "P\0\0\0", 4);
	virtio_console_write_config(rig.console, 0, "xxxxxxxxQ", 9);
	virtio_console_write_config(rig.console, 9, "x", 1);
	virtio_console_write_config(rig.console, 0, "xxxx", 4);
	virtio_console_write_config(rig.console, 4000, "xxxx", 4);
	assert_out(0, "PQ");
	rig_close(&rig);
}

static void a_broken_driver_is_not_served_until_reset(void **state)
{
	struct driver_segment bad = { 16, 4 };

	(void)state;
	open_two_ports(0);
	assert_true(driver_add(&rig.queues[SERIAL_OUT], &bad, 1, 0) >= 0);
	virtio_console_kick(rig.console, SERIAL_OUT);
	rig_process(&rig);
	assert_int_equal(rig.breaks, 1);
	assert_string_equal(rig.why, "a buffer outside guest memory");
	assert_non_null(virtio_console_broken(rig.console));
	rig_write(&rig, 1, "unheard", 7);
	virtio_console_kick(rig.console, 1);
	rig_process(&rig);
	assert_out(0, "");
	assert_int_equal(rig.breaks, 1);
	assert_int_equal(virtio_console_port_in(rig.ports[0].port, "x", 1), 0);
	virtio_console_reset(rig.console);
	assert_null(virtio_console_broken(rig.console));
	assert_int_equal(rig.ports[SERIAL].closes, 1);
	assert_int_equal(virtio_console_set_features(rig.console, rig.features), 0);
	rig_start(&rig);
	rig_write(&rig, 1, "heard", 5);
	rig_process(&rig);
	assert_out(0, "heard");
	rig_close(&rig);
}

/* The driver's double needs its memory back. */
static void close_cut_rig(void)
{
	virtio_console_free(rig.console);
	guest_memory_free(rig.memory);
	assert_int_equal(ftruncate(rig.dm.fd, (off_t)rig.dm.size), 0);
	driver_memory_done(&rig.dm);
}

static void memory_cut_short_breaks_the_device_and_nothing_else(void **state)
{
	(void)state;
	if (!bus_error_tells_where())
		skip();
	open_two_ports(0);
	rig_write(&rig, 1, "hello", 5);
	assert_int_equal(ftruncate(rig.dm.fd, 0), 0);
	virtio_console_kick(rig.console, 1);
	rig_process(&rig);
	assert_int_equal(rig.breaks, 1);
	assert_int_equal(virtio_console_port_in(rig.ports[0].port, "x", 1), 0);
	close_cut_rig();
}

static void a_buffer_that_is_gone_is_not_handed_to_the_kernel(void **state)
{
	struct iovec iov[2];
	uint64_t buffer;

	(void)state;
	if (!bus_error_tells_where())
		skip();
	open_two_ports(0);
	driver_alloc(&rig.dm, 1 << 16); /* the rings are not in the part that goes */
	buffer = rig_post(&rig, SERIAL_IN, 1 << 14);
	assert_int_equal(virtio_console_port_in_reserve(rig.ports[SERIAL].port, iov), 1);
	assert_int_equal(ftruncate(rig.dm.fd, (off_t)(buffer - rig.dm.region.guest_addr)), 0);
	assert_int_equal(virtio_console_port_in_reserve(rig.ports[SERIAL].port, iov), 0);
	rig_process(&rig);
	assert_int_equal(rig.breaks, 1);
	close_cut_rig();
}

static void a_port_may_remove_itself_in_its_own_callback(void **state)
{
	(void)state;
	open_two_ports(0);
	rig.ports[SERIAL].removes_itself = true;
	rig.ports[SERIAL].window = 4;
	rig_write(&rig, SERIAL_OUT, "hello world", 11);
	rig_write(&rig, SERIAL_OUT, "more", 4);
	rig_process(&rig);
	assert_out(SERIAL, "hell");
	assert_int_equal(rig_used(&rig, SERIAL_OUT, NULL), 2);
	rig_add(&rig, SERIAL, true, NULL); /* the number is free again */
	rig_write(&rig, SERIAL_OUT, "again", 5);
	rig_process(&rig);
	assert_out(SERIAL, "again");
	rig_close(&rig);
}

static void buffers_without_room_are_given_back_not_met_for_ever(void **state)
{
	(void)state;
	open_two_ports(0);
	assert_int_equal(virtio_console_port_in_room(rig.ports[SERIAL].port), 0);
	rig_write(&rig, SERIAL_IN, "readable", 8);
	rig_process(&rig);
	assert_int_equal(rig_used(&rig, SERIAL_IN, NULL), 1);
	assert_int_equal(rig.ports[SERIAL].rooms, 0);
	rig_close(&rig);
}

static void features_and_ports_are_checked(void **state)
{
	struct virtio_console_config config = { .max_ports = 0 };
	struct virtio_console_port_config port = { .id = RIG_PORTS };
	struct virtio_console_port *p;
	struct virtio_console *c;

	(void)state;
	assert_int_equal(virtio_console_new(&config, &c), -EINVAL);
	config.max_ports = 512;
	assert_int_equal(virtio_console_new(&config, &c), -EINVAL);
	open_two_ports(0);
	assert_int_equal(virtio_console_set_features(rig.console, VIRTIO_F_BIT(24)), -EINVAL);
	assert_int_equal(virtio_console_set_features(rig.console, PACKED), -EBUSY);
	assert_int_equal(virtio_console_set_features(rig.console, rig.features), 0);
	assert_int_equal(virtio_console_add_port(rig.console, &port, NULL, NULL, &p), -ERANGE);
	port.id = SERIAL;
	assert_int_equal(virtio_console_add_port(rig.console, &port, NULL, NULL, &p), -EEXIST);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_guest_writes_comes_out_in_one_commit),
		cmocka_unit_test(a_full_serial_port_holds_back_and_goes_on_at_the_byte),
		cmocka_unit_test(a_full_console_is_never_held_back_and_counts),
		cmocka_unit_test(a_port_without_reservations_gets_copies),
		cmocka_unit_test(a_user_that_is_gone_loses_its_bytes_and_nobody_waits),
		cmocka_unit_test(closing_the_host_side_drops_what_was_held),
		cmocka_unit_test(input_fills_buffers_and_room_returns_once),
		cmocka_unit_test(input_can_be_read_straight_into_the_guest),
		cmocka_unit_test(nothing_goes_in_while_the_guest_has_it_closed),
		cmocka_unit_test(one_port_does_not_starve_the_others),
		cmocka_unit_test(a_bad_buffer_for_input_breaks_the_device),
		cmocka_unit_test(when_time_is_up_one_port_is_served_and_the_next_goes_on),
		cmocka_unit_test(useless_buffers_for_input_are_given_back_bit_by_bit),
		cmocka_unit_test(a_polled_console_needs_no_kicks_and_its_calls_wait),
		cmocka_unit_test(a_polled_console_hands_over_what_comes_meanwhile_in_one_piece),
		cmocka_unit_test(a_polled_serial_port_needs_no_kicks_and_is_called_when_it_rests),
		cmocka_unit_test(a_polled_serial_port_that_waits_for_buffers_needs_no_kicks),
		cmocka_unit_test(a_single_port_is_open_while_its_queues_run),
		cmocka_unit_test(emergency_writes_are_out_of_port_0_before_any_queue_runs),
		cmocka_unit_test(a_broken_driver_is_not_served_until_reset),
		cmocka_unit_test(memory_cut_short_breaks_the_device_and_nothing_else),
		cmocka_unit_test(a_buffer_that_is_gone_is_not_handed_to_the_kernel),
		cmocka_unit_test(a_port_may_remove_itself_in_its_own_callback),
		cmocka_unit_test(buffers_without_room_are_given_back_not_met_for_ever),
		cmocka_unit_test(features_and_ports_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
