/* SPDX-License-Identifier: MIT */
#include "lib/console-rig.h"
#include "virtio/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define MULTIPORT VIRTIO_F_BIT(1)
#define SIZE	  VIRTIO_F_BIT(0)

enum {
	READY = 0,
	ADD = 1,
	REMOVE = 2,
	PORT_READY = 3,
	CONSOLE = 4,
	RESIZE = 5,
	OPEN = 6,
	NAME = 7
};

static struct rig rig;
static uint64_t posted[256];
static unsigned n_posted, n_read;

static void post(unsigned count)
{
	while (count-- > 0)
		posted[n_posted++] = rig_post(&rig, 2, 64);
	rig_process(&rig);
}

static void open_rig(unsigned buffers)
{
	n_posted = n_read = 0;
	rig_open(&rig, RIG_PORTS, MULTIPORT | SIZE);
	rig_add(&rig, 0, true, NULL);
	rig_add(&rig, 2, false, "org.test");
	rig_start(&rig);
	post(buffers);
}

/* The next message to the guest is this one. */
static void expect(unsigned id, unsigned event, unsigned value)
{
	const uint8_t *m;
	uint32_t len;

	assert_true(driver_get_used(&rig.queues[2], &len) >= 0);
	m = driver_at(&rig.dm, posted[n_read++]);
	assert_true(len >= 8);
	assert_int_equal(wire_get_u32(m), id);
	assert_int_equal(wire_get_u16(m + 4), event);
	assert_int_equal(wire_get_u16(m + 6), value);
}

static const void *last_body(void)
{
	return (const char *)driver_at(&rig.dm, posted[n_read - 1]) + 8;
}

static void expect_none(void)
{
	uint32_t len;

	assert_int_equal(driver_get_used(&rig.queues[2], &len), -1);
}

static void the_handshake_is_the_standards(void **state)
{
	(void)state;
	open_rig(12);
	expect_none();
	rig_control(&rig, 0, READY, 1);
	expect(0, ADD, 1);
	expect(2, ADD, 1);
	expect_none();
	virtio_console_port_resize(rig.ports[0].port, 132, 50);
	rig_process(&rig);
	expect(0, RESIZE, 1);
	rig_control(&rig, 0, PORT_READY, 1);
	expect(0, CONSOLE, 1);
	expect(0, OPEN, 1);
	expect(0, RESIZE, 1);
	assert_memory_equal(last_body(), "\x84\0\x32\0", 4); /* columns first */
	rig_control(&rig, 2, PORT_READY, 1);
	expect(2, NAME, 1);
	assert_string_equal(last_body(), "org.test");
	expect_none(); /* its host's side is closed */
	virtio_console_port_set_open(rig.ports[2].port, true);
	rig_process(&rig);
	expect(2, OPEN, 1);
	expect_none();
	assert_true(rig.calls[2] > 0);
	rig_close(&rig);
}

static void messages_wait_for_buffers_and_only_the_last_state_is_sent(void **state)
{
	(void)state;
	open_rig(2);
	rig_control(&rig, 0, READY, 1);
	expect(0, ADD, 1);
	expect(2, ADD, 1);
	for (int i = 0; i < 100; i++) {
		virtio_console_port_set_open(rig.ports[2].port, true);
		virtio_console_port_set_open(rig.ports[2].port, false);
		virtio_console_port_resize(rig.ports[0].port, 80, (unsigned)i + 1);
	}
	rig_process(&rig);
	expect_none();
	post(1);
	expect(0, RESIZE, 1);
	assert_memory_equal(last_body(), "\x50\0\x64\0", 4);
	post(3);
	expect(2, OPEN, 0);
	expect_none();
	rig_close(&rig);
}

static void ports_come_and_go_while_the_guest_runs(void **state)
{
	(void)state;
	open_rig(8);
	rig_control(&rig, 0, READY, 1);
	expect(0, ADD, 1);
	expect(2, ADD, 1);
	rig_add(&rig, 1, false, NULL);
	rig_process(&rig);
	expect(1, ADD, 1);
	virtio_console_remove_port(rig.ports[2].port);
	rig_add(&rig, 2, false, NULL);
	rig_process(&rig);
	expect(2, REMOVE, 1);
	expect(2, ADD, 1);
	rig_add(&rig, 3, false, NULL);
	virtio_console_remove_port(rig.ports[3].port); /* nobody has heard of it yet */
	rig_process(&rig);
	expect_none();
	rig_close(&rig);
}

static void a_second_ready_is_a_new_driver(void **state)
{
	(void)state;
	open_rig(12);
	rig_control(&rig, 0, READY, 1);
	expect(0, ADD, 1);
	expect(2, ADD, 1);
	rig_control(&rig, 2, OPEN, 1);
	assert_int_equal(rig.ports[2].opens, 1);
	rig_control(&rig, 2, OPEN, 1);
	assert_int_equal(rig.ports[2].opens, 1);
	rig_control(&rig, 0, READY, 1);
	assert_int_equal(rig.ports[2].closes, 1);
	expect(0, ADD, 1);
	expect(2, ADD, 1);
	rig_close(&rig);
}

static void nonsense_is_ignored(void **state)
{
	(void)state;
	open_rig(8);
	rig_control(&rig, 2, OPEN, 1); /* not known yet */
	rig_control(&rig, 0, PORT_READY, 1);
	rig_control(&rig, 0, READY, 0);
	rig_process(&rig);
	expect_none();
	assert_int_equal(rig.ports[2].opens, 0);
	rig_control(&rig, 0, READY, 1);
	expect(0, ADD, 1);
	expect(2, ADD, 1);
	rig_control(&rig, 0xffffffff, OPEN, 1);
	rig_control(&rig, 3, OPEN, 1);
	rig_control(&rig, 0, 99, 1);
	rig_control(&rig, 2, ADD, 1);
	rig_control(&rig, 2, PORT_READY, 0);
	rig_write(&rig, 3, "short", 1);
	virtio_console_kick(rig.console, 3);
	rig_process(&rig);
	expect_none();
	assert_int_equal(rig.breaks, 0);
	rig_close(&rig);
}

static void a_resumed_driver_is_taken_as_ready_with_its_ports_open(void **state)
{
	struct virtqueue_setup setup;
	const char *why = NULL;

	(void)state;
	open_rig(8);
	rig_control(&rig, 0, READY, 1);
	expect(0, ADD, 1);
	expect(2, ADD, 1);
	rig_control(&rig, 2, OPEN, 1);
	/* The process is another one now: the rings go on, nothing else is known. */
	virtio_console_reset(rig.console);
	assert_int_equal(rig.ports[2].closes, 1);
	assert_int_equal(virtio_console_set_features(rig.console, rig.features), 0);
	for (unsigned i = 0; i < RIG_QUEUES; i++) {
		setup = driver_queue_setup(&rig.queues[i]);
		assert_int_equal(virtio_console_start_queue(rig.console, i, &setup, &why), 0);
	}
	rig_process(&rig);
	assert_int_equal(rig.ports[2].opens, 2);
	expect(0, OPEN, 1);
	expect(2, OPEN, 0);
	rig_write(&rig, 7, "goes on", 7);
	rig_process(&rig);
	assert_int_equal(rig_used(&rig, 7, NULL), 1);
	rig_control(&rig, 2, OPEN, 0);
	assert_int_equal(rig.ports[2].closes, 2);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_handshake_is_the_standards),
		cmocka_unit_test(messages_wait_for_buffers_and_only_the_last_state_is_sent),
		cmocka_unit_test(ports_come_and_go_while_the_guest_runs),
		cmocka_unit_test(a_second_ready_is_a_new_driver),
		cmocka_unit_test(nonsense_is_ignored),
		cmocka_unit_test(a_resumed_driver_is_taken_as_ready_with_its_ports_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
