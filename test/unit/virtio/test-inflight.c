/* SPDX-License-Identifier: MIT */
#include "virtio/inflight.h"

#include "lib/virtio-driver.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { NUM = 8 };

struct fixture {
	struct driver_memory dm;
	struct driver_queue dq;
	struct guest_memory *memory;
	struct virtqueue *vq;
	struct virtqueue_setup setup;
	void *part;
};

static void open_fixture(struct fixture *f, uint64_t features)
{
	bool packed = features & VIRTIO_F_RING_PACKED_BIT;
	const char *why;

	*f = (struct fixture){ 0 };
	driver_memory_init(&f->dm, 1 << 20);
	driver_queue_init(&f->dq, &f->dm, NUM, features);
	f->memory = guest_memory_new();
	assert_int_equal(guest_memory_add(f->memory, &f->dm.region, f->dm.fd, &why), 0);
	f->part = calloc(1, inflight_size(packed, NUM));
	inflight_init(f->part, packed, NUM);
	f->setup = driver_queue_setup(&f->dq);
	f->setup.inflight = f->part;
}

static void close_fixture(struct fixture *f)
{
	virtqueue_free(f->vq);
	free(f->part);
	guest_memory_free(f->memory);
	driver_memory_done(&f->dm);
}

/* A process of ours dies without a word and another one takes over. */
static void restart(struct fixture *f)
{
	const char *why = "";

	virtqueue_free(f->vq);
	f->vq = virtqueue_new();
	assert_int_equal(virtqueue_start(f->vq, f->memory, &f->setup, f->dq.features, &why), 0);
}

static void add(struct fixture *f, char c)
{
	struct driver_segment s[2] = { { driver_alloc(&f->dm, 1), 1 },
		{ driver_alloc(&f->dm, 1), 1 } };

	*(char *)driver_at(&f->dm, s[0].addr) = c;
	assert_true(driver_add(&f->dq, s, 1, 1) >= 0);
}

static void expect(struct fixture *f, char c)
{
	void *data;
	size_t len;

	assert_int_equal(virtqueue_pop(f->vq), 1);
	assert_int_equal(virtqueue_segment(f->vq, VIRTQUEUE_OUT, &data, &len), 1);
	assert_int_equal(*(char *)data, c);
}

static void a_successor_goes_on_where_the_predecessor_died(void **state)
{
	static const uint64_t formats[] = { 0, VIRTIO_F_RING_PACKED_BIT };
	struct fixture f;
	uint32_t len = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		open_fixture(&f, formats[i]);
		restart(&f);
		/* Over several rounds of the ring, so that wrap counters count. */
		for (char c = 'a'; c < 'z'; c++) {
			add(&f, c);
			expect(&f, c);
			restart(&f); /* with the chain in its hands */
			expect(&f, c);
			assert_int_equal(virtqueue_push(f.vq), 0);
			assert_true(driver_get_used(&f.dq, &len) >= 0);
			restart(&f); /* right after */
			assert_int_equal(virtqueue_pop(f.vq), 0);
		}
		close_fixture(&f);
	}
}

static void a_death_between_the_two_notes_of_a_packed_ring_is_seen(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, VIRTIO_F_RING_PACKED_BIT);
	restart(&f);
	add(&f, 'a');
	add(&f, 'b');
	expect(&f, 'a');
	inflight_packed_ending(f.part, 2, true); /* and no further */
	restart(&f);
	expect(&f, 'a');
	assert_int_equal(virtqueue_push(f.vq), 0);
	inflight_packed_ending(f.part, 0, true);
	inflight_packed_end(f.part);
	inflight_packed_ending(f.part, 2, true); /* the ring says that it was used */
	restart(&f);
	expect(&f, 'b');
	close_fixture(&f);
}

static void a_buffer_of_another_shape_is_refused(void **state)
{
	const char *why = "";
	struct fixture f;

	(void)state;
	open_fixture(&f, 0);
	f.vq = virtqueue_new();
	memset(f.part, 0, 16);
	assert_int_equal(virtqueue_start(f.vq, f.memory, &f.setup, 0, &why), -EPROTO);
	inflight_init(f.part, false, NUM / 2);
	assert_int_equal(virtqueue_start(f.vq, f.memory, &f.setup, 0, &why), -EPROTO);
	close_fixture(&f);

	open_fixture(&f, VIRTIO_F_RING_PACKED_BIT);
	f.vq = virtqueue_new();
	inflight_packed_ending(f.part, NUM, true);
	inflight_packed_end(f.part);
	assert_int_equal(virtqueue_start(f.vq, f.memory, &f.setup, f.dq.features, &why), -EINVAL);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_successor_goes_on_where_the_predecessor_died),
		cmocka_unit_test(a_death_between_the_two_notes_of_a_packed_ring_is_seen),
		cmocka_unit_test(a_buffer_of_another_shape_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
