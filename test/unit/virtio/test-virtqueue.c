/* SPDX-License-Identifier: MIT */
#include "virtio/virtqueue.h"

#include "lib/virtio-driver.h"
#include "virtio/wire.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* What most cases are run with: every format, each with and without what changes it. */
struct format {
	uint64_t features;
	bool indirect;
};

#define PACKED	  VIRTIO_F_RING_PACKED_BIT
#define EVENT_IDX VIRTIO_RING_F_EVENT_IDX
#define IN_ORDER  VIRTIO_F_IN_ORDER_BIT
#define INDIRECT  VIRTIO_RING_F_INDIRECT

static const struct format formats[] = {
	{ 0, false },
	{ EVENT_IDX, false },
	{ INDIRECT, true },
	{ EVENT_IDX | INDIRECT | IN_ORDER, true },
	{ PACKED, false },
	{ PACKED | EVENT_IDX, false },
	{ PACKED | INDIRECT, true },
	{ PACKED | EVENT_IDX | INDIRECT | IN_ORDER, true },
};

enum { FORMATS = sizeof(formats) / sizeof(formats[0]), NUM = 8, BUFFER = 256, MARKS_SIZE = 256 };

struct fixture {
	struct driver_memory dm;
	struct driver_queue dq;
	struct guest_memory *memory;
	struct virtqueue *vq;
	uint64_t buffers; /* NUM * BUFFER */
	const char *why;
};

static void open_fixture(struct fixture *f, const struct format *format, unsigned num)
{
	struct virtqueue_setup setup;

	*f = (struct fixture){ 0 };
	driver_memory_init(&f->dm, 4 << 20);
	driver_queue_init(&f->dq, &f->dm, num, format->features);
	f->dq.indirect = format->indirect;
	f->buffers = driver_alloc(&f->dm, NUM * BUFFER);
	f->memory = guest_memory_new();
	assert_int_equal(guest_memory_add(f->memory, &f->dm.region, f->dm.fd, &f->why), 0);
	f->vq = virtqueue_new();
	setup = driver_queue_setup(&f->dq);
	assert_int_equal(virtqueue_start(f->vq, f->memory, &setup, format->features, &f->why), 0);
}

static void close_fixture(struct fixture *f)
{
	virtqueue_free(f->vq);
	guest_memory_free(f->memory);
	driver_memory_done(&f->dm);
}

static struct driver_segment segment(struct fixture *f, unsigned nr, uint32_t len)
{
	return (struct driver_segment){ f->buffers + nr * BUFFER, len };
}

/* Make a buffer with the bytes of @text in pieces of @piece available. */
static int add_text(struct fixture *f, const char *text, size_t piece)
{
	struct driver_segment segments[16];
	size_t len = strlen(text), at = 0;
	uint64_t addr = driver_alloc(&f->dm, len);
	unsigned n = 0;

	memcpy(driver_at(&f->dm, addr), text, len);
	for (; at < len; at += piece)
		segments[n++] = (struct driver_segment){ addr + at,
			(uint32_t)(len - at < piece ? len - at : piece) };
	return driver_add(&f->dq, segments, n, 0);
}

/* Read the current chain into @text. */
static int read_chain(struct virtqueue *vq, char *text, size_t size)
{
	size_t done = 0, n;
	void *data;
	int ret;

	while ((ret = virtqueue_segment(vq, VIRTQUEUE_OUT, &data, &n)) > 0) {
		if (n > 3)
			n = 3; /* in odd pieces */
		assert_true(done + n < size);
		memcpy(text + done, data, n);
		virtqueue_consume(vq, n);
		done += n;
	}
	text[done] = '\0';
	return ret;
}

static void buffers_come_out_in_order_for_many_rounds(void **state)
{
	struct fixture f;
	char text[64], want[64];
	uint32_t len = 0;

	(void)state;
	for (unsigned i = 0; i < FORMATS; i++) {
		open_fixture(&f, &formats[i], NUM);
		for (unsigned round = 0; round < 5 * NUM + 3; round++) {
			int first, second;

			snprintf(want, sizeof(want), "buffer number %u", round);
			first = add_text(&f, want, 7);
			second = add_text(&f, "x", 1);
			assert_true(first >= 0 && second >= 0);
			assert_int_equal(virtqueue_pop(f.vq), 1);
			assert_int_equal(read_chain(f.vq, text, sizeof(text)), 0);
			assert_string_equal(text, want);
			assert_int_equal(driver_get_used(&f.dq, &len), -1);
			assert_int_equal(virtqueue_push(f.vq), 0);
			assert_int_equal(driver_get_used(&f.dq, &len), first);
			assert_int_equal(len, 0);
			assert_int_equal(virtqueue_pop(f.vq), 1);
			assert_int_equal(virtqueue_push(f.vq), 0); /* without looking at it */
			assert_int_equal(driver_get_used(&f.dq, &len), second);
			assert_int_equal(virtqueue_pop(f.vq), 0);
		}
		close_fixture(&f);
	}
}

static void a_buffer_is_written_across_its_pieces_and_its_length_told(void **state)
{
	struct fixture f;
	uint32_t len = 0;

	(void)state;
	for (unsigned i = 0; i < FORMATS; i++) {
		struct driver_segment segments[3];
		size_t done = 0, n;
		void *data;

		open_fixture(&f, &formats[i], NUM);
		segments[0] = segment(&f, 0, 4);
		segments[1] = segment(&f, 1, 3);
		segments[2] = segment(&f, 2, 100);
		assert_true(driver_add(&f.dq, segments, 1, 2) >= 0);
		assert_int_equal(virtqueue_pop(f.vq), 1);
		assert_int_equal(virtqueue_room(f.vq, 1000), 103);
		while (done < 5 && virtqueue_segment(f.vq, VIRTQUEUE_IN, &data, &n) > 0) {
			n = n < 5 - done ? n : 5 - done;
			memcpy(data, &"hello"[done], n);
			virtqueue_consume(f.vq, n);
			done += n;
		}
		assert_int_equal(virtqueue_push(f.vq), 0);
		assert_true(driver_get_used(&f.dq, &len) >= 0);
		assert_int_equal(len, 5);
		assert_memory_equal(driver_at(&f.dm, segments[1].addr), "hel", 3);
		assert_memory_equal(driver_at(&f.dm, segments[2].addr), "lo", 3);
		close_fixture(&f);
	}
}

static void room_adds_up_what_is_posted_and_takes_nothing(void **state)
{
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < FORMATS; i++) {
		struct driver_segment two[2];

		open_fixture(&f, &formats[i], NUM);
		two[0] = segment(&f, 0, 10);
		two[1] = segment(&f, 1, 20);
		assert_int_equal(virtqueue_room(f.vq, 1000), 0);
		assert_true(driver_add(&f.dq, two, 0, 2) >= 0);
		assert_true(driver_add(&f.dq, two, 1, 1) >= 0);
		assert_int_equal(virtqueue_room(f.vq, 1000), 50);
		assert_int_equal(virtqueue_room(f.vq, 35), 35);
		assert_int_equal(virtqueue_pop(f.vq), 1);
		assert_int_equal(virtqueue_room(f.vq, 1000), 50);
		close_fixture(&f);
	}
}

static void calls_are_wanted_as_the_driver_asks(void **state)
{
	struct fixture f;
	uint32_t len = 0;

	(void)state;
	for (unsigned i = 0; i < FORMATS; i++) {
		open_fixture(&f, &formats[i], NUM);
		assert_false(virtqueue_wants_call(f.vq));
		for (unsigned round = 0; round < 3 * NUM; round++) {
			bool want = round % 3 != 1;

			driver_want_call(&f.dq, want);
			add_text(&f, "a", 1);
			add_text(&f, "b", 1);
			assert_int_equal(virtqueue_pop(f.vq), 1);
			virtqueue_push(f.vq);
			assert_int_equal(virtqueue_pop(f.vq), 1);
			virtqueue_push(f.vq);
			assert_int_equal(virtqueue_wants_call(f.vq), want);
			assert_false(virtqueue_wants_call(f.vq)); /* told already */
			while (driver_get_used(&f.dq, &len) >= 0)
				;
		}
		close_fixture(&f);
	}
}

static void kicks_are_asked_for_and_none_is_missed(void **state)
{
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < FORMATS; i++) {
		uint32_t len = 0;

		open_fixture(&f, &formats[i], NUM);
		for (unsigned round = 0; round < 3 * NUM; round++) {
			assert_false(virtqueue_want_kick(f.vq, true));
			add_text(&f, "a", 1);
			assert_true(driver_wants_kick(&f.dq));
			assert_true(virtqueue_want_kick(f.vq, true)); /* it came before the wish */
			assert_false(virtqueue_want_kick(f.vq, false));
			add_text(&f, "b", 1);
			assert_false(driver_wants_kick(&f.dq));
			while (virtqueue_pop(f.vq) > 0)
				virtqueue_push(f.vq);
			while (driver_get_used(&f.dq, &len) >= 0)
				;
		}
		close_fixture(&f);
	}
}

static void a_stop_in_mid_buffer_goes_on_at_the_same_byte(void **state)
{
	struct fixture f;
	char text[32];

	(void)state;
	for (unsigned i = 0; i < FORMATS; i++) {
		struct virtqueue_setup setup;
		void *data;
		size_t n;

		open_fixture(&f, &formats[i], NUM);
		add_text(&f, "gone", 4);
		virtqueue_pop(f.vq);
		virtqueue_push(f.vq);
		add_text(&f, "hello world", 4);
		assert_int_equal(virtqueue_pop(f.vq), 1);
		for (size_t done = 0; done < 6; done += n) {
			assert_int_equal(virtqueue_segment(f.vq, VIRTQUEUE_OUT, &data, &n), 1);
			n = n < 6 - done ? n : 6 - done;
			virtqueue_consume(f.vq, n);
		}
		virtqueue_stop(f.vq);
		assert_false(virtqueue_is_running(f.vq));
		assert_int_equal(virtqueue_pop(f.vq), 0);
		setup = driver_queue_setup(&f.dq);
		setup.base = virtqueue_base(f.vq);
		assert_int_not_equal(setup.base, driver_queue_setup(&f.dq).base);
		assert_int_equal(
			virtqueue_start(f.vq, f.memory, &setup, formats[i].features, &f.why), 0);
		assert_int_equal(virtqueue_pop(f.vq), 1);
		assert_int_equal(read_chain(f.vq, text, sizeof(text)), 0);
		assert_string_equal(text, "world");
		assert_int_equal(virtqueue_push(f.vq), 0);

		/* After a reset nothing is remembered. */
		add_text(&f, "hello again", 4);
		assert_int_equal(virtqueue_pop(f.vq), 1);
		assert_int_equal(virtqueue_segment(f.vq, VIRTQUEUE_OUT, &data, &n), 1);
		virtqueue_consume(f.vq, 1);
		virtqueue_stop(f.vq);
		setup.base = virtqueue_base(f.vq);
		virtqueue_forget(f.vq);
		assert_int_equal(
			virtqueue_start(f.vq, f.memory, &setup, formats[i].features, &f.why), 0);
		assert_int_equal(virtqueue_pop(f.vq), 1);
		assert_int_equal(read_chain(f.vq, text, sizeof(text)), 0);
		assert_string_equal(text, "hello again");
		close_fixture(&f);
	}
}

static void a_packed_base_of_0_is_a_new_ring_or_the_second_round(void **state)
{
	static const struct format format = { PACKED, false };
	struct virtqueue_setup setup;
	struct fixture f;
	uint32_t len = 0;

	(void)state;
	open_fixture(&f, &format, NUM);
	setup = driver_queue_setup(&f.dq);
	setup.base = 0; /* as frontends say that know no wrap counters */
	virtqueue_stop(f.vq);
	assert_int_equal(virtqueue_start(f.vq, f.memory, &setup, PACKED, &f.why), 0);
	for (unsigned i = 0; i < NUM; i++) {
		add_text(&f, "a", 1);
		assert_int_equal(virtqueue_pop(f.vq), 1);
		virtqueue_push(f.vq);
		assert_true(driver_get_used(&f.dq, &len) >= 0);
	}
	virtqueue_stop(f.vq);
	assert_int_equal(virtqueue_base(f.vq), 0); /* which is right by now */
	assert_int_equal(virtqueue_start(f.vq, f.memory, &setup, PACKED, &f.why), 0);
	assert_int_equal(virtqueue_pop(f.vq), 0);
	add_text(&f, "b", 1);
	assert_int_equal(virtqueue_pop(f.vq), 1);
	close_fixture(&f);
}

static void rings_follow_when_memory_moves(void **state)
{
	struct fixture f;
	char text[32];

	(void)state;
	open_fixture(&f, &formats[0], NUM);
	guest_memory_clear(f.memory);
	assert_int_equal(guest_memory_add(f.memory, &f.dm.region, f.dm.fd, &f.why), 0);
	assert_int_equal(virtqueue_remap(f.vq), 0);
	add_text(&f, "still there", 4);
	assert_int_equal(virtqueue_pop(f.vq), 1);
	assert_int_equal(read_chain(f.vq, text, sizeof(text)), 0);
	assert_string_equal(text, "still there");
	guest_memory_clear(f.memory);
	assert_int_equal(virtqueue_remap(f.vq), -EFAULT);
	assert_non_null(virtqueue_broken(f.vq));
	assert_int_equal(virtqueue_pop(f.vq), -EPROTO);
	close_fixture(&f);
}

static void refuses_setups_that_cannot_be(void **state)
{
	static const struct format split = { 0, false }, packed = { PACKED, false };
	struct virtqueue_setup setup, good;
	struct fixture f;

	(void)state;
	open_fixture(&f, &split, NUM);
	virtqueue_stop(f.vq);
	good = driver_queue_setup(&f.dq);
#define REFUSED(code, ...)                                                                      \
	do {                                                                                    \
		setup = good;                                                                   \
		__VA_ARGS__;                                                                    \
		assert_int_equal(                                                               \
			virtqueue_start(f.vq, f.memory, &setup, split.features, &f.why), code); \
		assert_true(f.why[0]);                                                          \
		assert_false(virtqueue_is_running(f.vq));                                       \
	} while (0)
	REFUSED(-EINVAL, setup.num = 0);
	REFUSED(-EINVAL, setup.num = 6);
	REFUSED(-EINVAL, setup.num = 2048);
	REFUSED(-EINVAL, setup.base = 65536);
	REFUSED(-EINVAL, setup.desc += 8);
	REFUSED(-EINVAL, setup.driver += 1);
	REFUSED(-EINVAL, setup.device += 2);
	REFUSED(-EFAULT, setup.desc = 0);
	REFUSED(-EFAULT, setup.device += f.dm.size);
	REFUSED(-EFAULT, setup.device = f.dm.region.user_addr + f.dm.size - 64);
	setup = good;
	setup.num = 6;
	setup.base = 6 | 0x8000;
	assert_int_equal(virtqueue_start(f.vq, f.memory, &setup, packed.features, &f.why), -EINVAL);
	setup.base = 5 | 0x8000;
	assert_int_equal(virtqueue_start(f.vq, f.memory, &setup, packed.features, &f.why), 0);
	close_fixture(&f);
}

/* ---- a driver that breaks the rules ---- */

static void put_desc(
	struct fixture *f, unsigned at, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	driver_put_desc((uint8_t *)driver_at(&f->dm, f->dq.desc) + at * 16ul,
		&(struct driver_desc){ addr, len, flags, next });
}

static void make_available(struct fixture *f, uint16_t head, uint16_t idx)
{
	uint8_t *avail = driver_at(&f->dm, f->dq.driver);

	wire_put_u16(avail + 4, head);
	wire_put_u16(avail + 2, idx);
}

static void breaks(struct fixture *f, const char *why)
{
	char text[64];
	int ret = virtqueue_pop(f->vq);

	if (ret > 0)
		ret = read_chain(f->vq, text, sizeof(text));
	assert_int_equal(ret, -EPROTO);
	assert_string_equal(virtqueue_broken(f->vq), why);
	assert_int_equal(virtqueue_pop(f->vq), -EPROTO);
	assert_int_equal(virtqueue_push(f->vq), -EPROTO);
	assert_int_equal(virtqueue_room(f->vq, 100), 0);
	assert_false(virtqueue_wants_call(f->vq));
}

#define WITH_SPLIT(with, ...)                                        \
	do {                                                         \
		static const struct format format = { with, false }; \
		struct fixture f;                                    \
                                                                     \
		open_fixture(&f, &format, NUM);                      \
		__VA_ARGS__;                                         \
		close_fixture(&f);                                   \
	} while (0)

static void split_rings_that_break_the_rules_break(void **state)
{
	(void)state;
	WITH_SPLIT(0, make_available(&f, 0, NUM + 1);
		   breaks(&f, "an available index out of range"));
	WITH_SPLIT(0, make_available(&f, NUM, 1); breaks(&f, "a head descriptor out of range"));
	WITH_SPLIT(0, put_desc(&f, 0, 16, 4, 0, 0); make_available(&f, 0, 1);
		   breaks(&f, "a buffer outside guest memory"));
	WITH_SPLIT(0, put_desc(&f, 0, UINT64_MAX, UINT32_MAX, 0, 0); make_available(&f, 0, 1);
		   breaks(&f, "a buffer outside guest memory"));
	WITH_SPLIT(0, put_desc(&f, 0, f.buffers, 4, 1, NUM); make_available(&f, 0, 1);
		   breaks(&f, "a descriptor's successor out of range"));
	WITH_SPLIT(0, put_desc(&f, 0, f.buffers, 1, 1, 1); put_desc(&f, 1, f.buffers, 1, 1, 0);
		   make_available(&f, 0, 1); breaks(&f, "a chain of descriptors that loops"));
	WITH_SPLIT(0, put_desc(&f, 0, f.buffers, 0, 1, 0); make_available(&f, 0, 1);
		   breaks(&f, "a chain of descriptors that loops"));
	WITH_SPLIT(0, put_desc(&f, 0, f.buffers, 16, 4, 0); make_available(&f, 0, 1);
		   breaks(&f, "an indirect descriptor where none may be"));
	WITH_SPLIT(INDIRECT, put_desc(&f, 0, f.buffers, 16, 4 | 1, 0); make_available(&f, 0, 1);
		   breaks(&f, "an indirect descriptor with a successor"));
	WITH_SPLIT(INDIRECT, put_desc(&f, 0, f.buffers, 17, 4, 0); make_available(&f, 0, 1);
		   breaks(&f, "an indirect table of a size that cannot be"));
	WITH_SPLIT(INDIRECT, put_desc(&f, 0, f.buffers, 0, 4, 0); make_available(&f, 0, 1);
		   breaks(&f, "an indirect table of a size that cannot be"));
	WITH_SPLIT(INDIRECT, put_desc(&f, 0, f.buffers, 0xfffffff0, 4, 0); make_available(&f, 0, 1);
		   breaks(&f, "an indirect table of a size that cannot be"));
	WITH_SPLIT(INDIRECT, put_desc(&f, 0, 64, 16, 4, 0); make_available(&f, 0, 1);
		   breaks(&f, "an indirect table outside guest memory"));
}

static void a_table_in_a_table_and_a_readable_after_a_writable_break(void **state)
{
	static const struct format format = { INDIRECT, false };
	struct fixture f;
	void *data;
	size_t n;

	(void)state;
	open_fixture(&f, &format, NUM);
	driver_put_desc(driver_at(&f.dm, f.buffers), &(struct driver_desc){ f.buffers, 16, 4, 0 });
	put_desc(&f, 0, f.buffers, 16, 4, 0);
	make_available(&f, 0, 1);
	breaks(&f, "an indirect descriptor where none may be");
	close_fixture(&f);

	open_fixture(&f, &format, NUM);
	put_desc(&f, 0, f.buffers, 4, 1 | 2, 1);
	put_desc(&f, 1, f.buffers, 4, 0, 0);
	make_available(&f, 0, 1);
	assert_int_equal(virtqueue_pop(f.vq), 1);
	assert_int_equal(virtqueue_segment(f.vq, VIRTQUEUE_IN, &data, &n), 1);
	virtqueue_consume(f.vq, n);
	assert_int_equal(virtqueue_segment(f.vq, VIRTQUEUE_IN, &data, &n), -EPROTO);
	assert_string_equal(virtqueue_broken(f.vq), "a readable descriptor behind a writable one");
	close_fixture(&f);
}

static void a_packed_chain_without_end_breaks(void **state)
{
	static const struct format format = { PACKED, false };
	struct fixture f;

	(void)state;
	open_fixture(&f, &format, NUM);
	for (unsigned i = 0; i < NUM; i++)
		put_desc(&f, i, f.buffers, 4, 0, 1 | 1 << 7);
	assert_int_equal(virtqueue_pop(f.vq), 1);
	assert_int_equal(virtqueue_push(f.vq), -EPROTO); /* even if nobody looks into it */
	assert_string_equal(virtqueue_broken(f.vq), "a chain of descriptors that loops");
	virtqueue_forget(f.vq);
	assert_null(virtqueue_broken(f.vq));
	close_fixture(&f);
}

static void what_the_device_writes_is_in_the_dirty_log(void **state)
{
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < FORMATS; i += 4) {
		struct driver_segment page;
		uint8_t log[64] = { 0 };
		size_t n, bits = 0;
		uint32_t len = 0;
		void *data;
		uint64_t ring;

		open_fixture(&f, &formats[i], NUM);
		driver_alloc(&f.dm, 8192);
		page = (struct driver_segment){ driver_alloc(&f.dm, 64), 64 };
		guest_memory_set_log(f.memory, log, sizeof(log));
		guest_memory_log_enable(f.memory, true);
		virtqueue_set_log(f.vq, true, f.dq.device);
		assert_true(driver_add(&f.dq, &page, 0, 1) >= 0);
		assert_int_equal(virtqueue_pop(f.vq), 1);
		assert_int_equal(virtqueue_segment(f.vq, VIRTQUEUE_IN, &data, &n), 1);
		virtqueue_consume(f.vq, 3);
		assert_int_equal(virtqueue_push(f.vq), 0);
		assert_true(driver_get_used(&f.dq, &len) >= 0);
		ring = (i ? f.dq.desc : f.dq.device) / 4096;
		assert_true(log[page.addr / 4096 / 8] >> (page.addr / 4096 % 8) & 1);
		assert_true(log[ring / 8] >> (ring % 8) & 1);
		for (size_t at = 0; at < sizeof(log); at++)
			bits += (size_t)__builtin_popcount(log[at]);
		assert_int_equal(bits, 2);
		close_fixture(&f);
	}
}

/* Exactly the pages of these two addresses are in the log, which is emptied. */
static void expect_marks(uint8_t log[MARKS_SIZE], uint64_t a, uint64_t b)
{
	uint8_t want[MARKS_SIZE] = { 0 };

	want[a / 4096 / 8] |= (uint8_t)(1u << (a / 4096 % 8));
	want[b / 4096 / 8] |= (uint8_t)(1u << (b / 4096 % 8));
	assert_memory_equal(log, want, MARKS_SIZE);
	memset(log, 0, MARKS_SIZE);
}

/* Of a long ring the used element, the index and the wish for kicks are in pages of their own. */
static void each_word_of_the_ring_that_is_written_is_in_the_dirty_log(void **state)
{
	enum { LONG = 1024, FAR = 1000 };

	(void)state;
	for (unsigned i = 0; i < FORMATS; i++) {
		bool packed = formats[i].features & PACKED, event = formats[i].features & EVENT_IDX;
		uint8_t log[MARKS_SIZE] = { 0 };
		struct fixture f;
		uint32_t len = 0;
		uint64_t kick;

		open_fixture(&f, &formats[i], LONG);
		for (unsigned n = 0; n < FAR; n++) {
			add_text(&f, "x", 1);
			assert_int_equal(virtqueue_pop(f.vq), 1);
			virtqueue_push(f.vq);
			driver_get_used(&f.dq, &len);
		}
		guest_memory_set_log(f.memory, log, sizeof(log));
		guest_memory_log_enable(f.memory, true);
		virtqueue_set_log(f.vq, true, f.dq.device);
		add_text(&f, "x", 1);
		assert_int_equal(virtqueue_pop(f.vq), 1);
		virtqueue_push(f.vq);
		if (packed)
			expect_marks(log, f.dq.desc + FAR * 16, f.dq.desc + FAR * 16);
		else
			expect_marks(log, f.dq.device + 4 + FAR * 8, f.dq.device + 2);
		virtqueue_want_kick(f.vq, true);
		kick = packed || !event ? f.dq.device : f.dq.device + 4 + LONG * 8;
		expect_marks(log, kick, kick);
		close_fixture(&f);
	}
}

static void work_counts_descriptors(void **state)
{
	struct fixture f;
	char text[32];

	(void)state;
	open_fixture(&f, &formats[2], NUM);
	add_text(&f, "abcdef", 2);
	virtqueue_pop(f.vq);
	read_chain(f.vq, text, sizeof(text));
	assert_int_equal(virtqueue_work(f.vq), 4); /* three and the one that leads to them */
	assert_int_equal(virtqueue_work(f.vq), 0);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_come_out_in_order_for_many_rounds),
		cmocka_unit_test(a_buffer_is_written_across_its_pieces_and_its_length_told),
		cmocka_unit_test(room_adds_up_what_is_posted_and_takes_nothing),
		cmocka_unit_test(calls_are_wanted_as_the_driver_asks),
		cmocka_unit_test(kicks_are_asked_for_and_none_is_missed),
		cmocka_unit_test(a_stop_in_mid_buffer_goes_on_at_the_same_byte),
		cmocka_unit_test(a_packed_base_of_0_is_a_new_ring_or_the_second_round),
		cmocka_unit_test(rings_follow_when_memory_moves),
		cmocka_unit_test(refuses_setups_that_cannot_be),
		cmocka_unit_test(split_rings_that_break_the_rules_break),
		cmocka_unit_test(a_table_in_a_table_and_a_readable_after_a_writable_break),
		cmocka_unit_test(a_packed_chain_without_end_breaks),
		cmocka_unit_test(what_the_device_writes_is_in_the_dirty_log),
		cmocka_unit_test(each_word_of_the_ring_that_is_written_is_in_the_dirty_log),
		cmocka_unit_test(work_counts_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
