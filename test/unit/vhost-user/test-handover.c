/* SPDX-License-Identifier: MIT */
#include "vhost-user/vhost-user.h"

#include "base/log.h"
#include "base/wire.h"
#include "lib/vhost-user-frontend.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

/*
 * A device whose guest does what it likes, and which is saved and loaded by another one in between:
 * the same descriptors, the same memory, and nothing else of the one before.
 */
enum {
	PORTS = 3, /* 0: a console; 1 and 2 are held back now and then */
	SPAN = 300,
	STREAM_MAX = 1 << 16,
	STEPS = 250,
	DAMAGES = 100,
	CONTROL_IN = 2,
	CONTROL_OUT = 3,
	CONTROL_LEN = 64,
	EVENTS = 8,
	RING_KINDS = 4,
};

#define PF(bit) (1ULL << VU_PF_##bit)
#define ALL_PF                                                                   \
	(PF(MQ) | PF(LOG_SHMFD) | PF(REPLY_ACK) | PF(BACKEND_REQ) | PF(CONFIG) | \
		PF(INFLIGHT_SHMFD) | PF(RESET_DEVICE) | PF(CONFIGURE_MEM_SLOTS) | PF(STATUS))
#define F_SIZE	    VIRTIO_F_BIT(0)
#define F_MULTIPORT VIRTIO_F_BIT(1)
#define BASIC	    (VIRTIO_F_VERSION_1_BIT | VU_F_PROTOCOL_FEATURES | VIRTIO_RING_F_INDIRECT)

static const uint64_t ring_kinds[RING_KINDS] = { 0, VIRTIO_RING_F_EVENT_IDX,
	VIRTIO_F_RING_PACKED_BIT,
	VIRTIO_F_RING_PACKED_BIT | VIRTIO_RING_F_EVENT_IDX | VIRTIO_F_IN_ORDER_BIT };

/** struct stream - @got of @sent have come */
struct stream {
	uint8_t bytes[STREAM_MAX];
	size_t sent, got;
};

/** struct lane - @room: bytes that the port's user takes; @at: where the guest's buffers are */
struct lane {
	struct virtio_console_port *port;
	struct stream out, in;
	size_t room;
	unsigned opens, closes, rooms;
	uint64_t at[2], next[2];
};

static struct {
	struct loop *loop;
	struct virtio_console *console;
	struct vhost_user *vu;
	struct frontend f;
	struct lane lanes[PORTS];
	uint64_t control;
	unsigned ports, control_next, control_heard, events[EVENTS], upgrades;
	uint64_t features;
	bool quiet; /* what is heard now is of the one before */
	char path[64];
} t;

/* ---- the ports' user ---- */

static ssize_t on_out(void *user, const void *buf, size_t len)
{
	struct lane *lane = user;
	size_t n = len < lane->room ? len : lane->room;

	assert_true(n <= lane->out.sent - lane->out.got);
	assert_memory_equal(lane->out.bytes + lane->out.got, buf, n);
	lane->out.got += n;
	lane->room -= n;
	return (ssize_t)n;
}

static void on_guest_open(void *user, bool open)
{
	struct lane *lane = user;

	if (!t.quiet)
		*(open ? &lane->opens : &lane->closes) += 1;
}

static void on_in_room(void *user)
{
	struct lane *lane = user;

	lane->rooms++;
}

static const struct virtio_console_port_ops port_ops = {
	.out = on_out,
	.on_guest_open = on_guest_open,
	.on_in_room = on_in_room,
};

static void make_device(const struct vhost_user_state *left)
{
	const struct virtio_console_config config = {
		.max_ports = t.ports, .size = true, .emergency_write = true
	};
	const struct vhost_user_options options = { .id = "test", .path = t.path, .left = left };

	assert_int_equal(virtio_console_new(&config, &t.console), 0);
	for (unsigned id = 0; id < t.ports; id++) {
		const struct virtio_console_port_config port = { .id = id, .console = id == 0 };

		assert_int_equal(virtio_console_add_port(t.console, &port, &port_ops, &t.lanes[id],
					 &t.lanes[id].port),
			0);
		virtio_console_port_set_open(t.lanes[id].port, true);
	}
	assert_int_equal(vhost_user_new(t.loop, t.console, &options, &t.vu, NULL), 0);
}

/* ---- in another one's place ---- */

static struct snapshot save(void)
{
	struct snapshot_writer writer;
	struct snapshot snapshot;

	assert_int_equal(snapshot_begin(&writer, false, NULL), 0);
	vhost_user_save(t.vu, &writer);
	assert_int_equal(snapshot_finish(&writer, NULL), 0);
	assert_int_equal(snapshot_open(dup(writer.fd), &snapshot, NULL), 0);
	snapshot_done(&writer);
	return snapshot;
}

/* The socket's file stays: a program that ends by another one's beginning removes nothing. */
static void forget(struct vhost_user *vu, struct virtio_console *console)
{
	char aside[sizeof(t.path) + 1];

	snprintf(aside, sizeof(aside), "%s~", t.path);
	assert_int_equal(rename(t.path, aside), 0);
	t.quiet = true;
	vhost_user_free(vu);
	virtio_console_free(console);
	t.quiet = false;
	assert_int_equal(rename(aside, t.path), 0);
}

static void load(const struct snapshot *snapshot)
{
	struct virtio_console *console = t.console;
	struct vhost_user_state state;
	struct vhost_user *vu = t.vu;

	assert_int_equal(snapshot_check(&snapshot->all, vhost_user_fields, sizeof(state), NULL), 0);
	assert_int_equal(snapshot_get(&snapshot->all, vhost_user_fields, &state, NULL), 0);
	make_device(&state);
	vhost_user_load(t.vu, &state);
	forget(vu, console);
}

static void upgrade(void)
{
	struct snapshot snapshot = save();

	load(&snapshot);
	snapshot_close(&snapshot);
	assert_true(vhost_user_has_frontend(t.vu));
	t.upgrades++;
}

/* ---- the guest ---- */

static unsigned in_queue(unsigned id)
{
	return id ? 2 * id + 2 : 0;
}

static unsigned out_queue(unsigned id)
{
	return in_queue(id) + 1;
}

static void add_control(unsigned id, unsigned event, unsigned value)
{
	uint8_t message[8] = { (uint8_t)id, 0, 0, 0, (uint8_t)event, 0, (uint8_t)value, 0 };
	struct driver_segment segment = { driver_alloc(&t.f.dm, 8), 8 };
	uint32_t len;

	memcpy(driver_at(&t.f.dm, segment.addr), message, sizeof(message));
	assert_true(driver_add(&t.f.queues[CONTROL_OUT], &segment, 1, 0) >= 0);
	frontend_kick(&t.f, CONTROL_OUT);
	assert_true(driver_get_used(&t.f.queues[CONTROL_OUT], &len) >= 0);
}

static void post_control(void)
{
	struct driver_segment segment = { t.control + t.control_next++ % FRONTEND_NUM * CONTROL_LEN,
		CONTROL_LEN };

	assert_true(driver_add(&t.f.queues[CONTROL_IN], &segment, 0, 1) >= 0);
	frontend_kick(&t.f, CONTROL_IN);
}

static void hear_control(void)
{
	uint32_t len;

	while (t.ports > 1 && driver_get_used(&t.f.queues[CONTROL_IN], &len) >= 0) {
		const uint8_t *message = driver_at(
			&t.f.dm, t.control + t.control_heard++ % FRONTEND_NUM * CONTROL_LEN);

		assert_true(len >= 8 && message[4] < EVENTS);
		t.events[message[4]]++;
	}
}

static void start_queues(void)
{
	for (unsigned i = 0; i < 2 * (t.ports + (t.ports > 1)); i++) {
		frontend_set_queue(&t.f, i, t.features, true);
		t.f.queues[i].indirect = i % 4 > 1;
		frontend_set_fds(&t.f, i);
		frontend_state(&t.f, VU_SET_VRING_ENABLE, i, 1);
	}
}

static void begin(unsigned ports, uint64_t features, bool inflight)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	log_set_level(LOG_ERROR);
	memset(&t, 0, sizeof(t));
	t.loop = loop_new();
	t.ports = ports;
	t.features = features;
	snprintf(t.path, sizeof(t.path), "/tmp/charhub-handover-%d.sock", (int)getpid());
	make_device(NULL);
	memcpy(address.sun_path, t.path, strlen(t.path));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	frontend_init(&t.f, t.loop, fd);
	frontend_negotiate(&t.f, features | (ports > 1 ? F_SIZE | F_MULTIPORT : F_SIZE), ALL_PF);
	if (inflight)
		frontend_use_inflight(&t.f, 2 * (PORTS + 1), FRONTEND_NUM);
	frontend_share_memory(&t.f);
	start_queues();
	for (unsigned id = 0; id < ports; id++)
		for (int in = 0; in < 2; in++)
			t.lanes[id].at[in] = driver_alloc(&t.f.dm, FRONTEND_NUM * SPAN);
	for (unsigned id = 0; id < ports; id++)
		t.lanes[id].room = id ? 0 : SIZE_MAX;
	t.control = driver_alloc(&t.f.dm, FRONTEND_NUM * CONTROL_LEN);
	if (ports == 1)
		return;
	for (int i = 0; i < FRONTEND_NUM / 2; i++)
		post_control();
	add_control(0, 0, 1);
	for (unsigned id = 0; id < ports; id++) {
		add_control(id, 3, 1);
		add_control(id, 6, 1);
	}
	hear_control();
}

static void end(void)
{
	frontend_done(&t.f);
	vhost_user_free(t.vu);
	virtio_console_free(t.console);
	loop_free(t.loop);
	assert_int_equal(access(t.path, F_OK), -1);
}

/* Where the next buffer is; false: all are in use. */
static bool next_buffer(struct lane *lane, int in, unsigned queue, uint64_t *ret_at)
{
	const struct driver_queue *q = &t.f.queues[queue];

	if (q->order_tail - q->order_head == FRONTEND_NUM || q->slots_free < 4 || q->n_free < 4)
		return false;
	*ret_at = lane->at[in] + lane->next[in]++ % FRONTEND_NUM * SPAN;
	return true;
}

static void guest_writes(struct lane *lane, unsigned id)
{
	size_t len = 1 + (size_t)rand() % SPAN, cut = (size_t)rand() % len;
	struct driver_segment pieces[2];
	uint64_t at;

	if (lane->out.sent + len > STREAM_MAX || !next_buffer(lane, 0, out_queue(id), &at))
		return;
	for (size_t i = 0; i < len; i++)
		lane->out.bytes[lane->out.sent + i] = (uint8_t)rand();
	memcpy(driver_at(&t.f.dm, at), lane->out.bytes + lane->out.sent, len);
	lane->out.sent += len;
	pieces[0] = (struct driver_segment){ at, (uint32_t)(len - cut) };
	pieces[1] = (struct driver_segment){ at + len - cut, (uint32_t)cut };
	assert_true(driver_add(&t.f.queues[out_queue(id)], pieces, cut ? 2 : 1, 0) >= 0);
	if (driver_wants_kick(&t.f.queues[out_queue(id)]))
		eventfd_write(t.f.kick_fds[out_queue(id)], 1);
}

static void guest_posts(struct lane *lane, unsigned id)
{
	struct driver_segment segment = { .len = SPAN };

	if (!next_buffer(lane, 1, in_queue(id), &segment.addr))
		return;
	assert_true(driver_add(&t.f.queues[in_queue(id)], &segment, 0, 1) >= 0);
	if (driver_wants_kick(&t.f.queues[in_queue(id)]))
		eventfd_write(t.f.kick_fds[in_queue(id)], 1);
}

static void guest_reaps(struct lane *lane, unsigned id)
{
	struct driver_queue *q = &t.f.queues[in_queue(id)];
	uint32_t len;

	while (driver_get_used(&t.f.queues[out_queue(id)], &len) >= 0)
		continue;
	for (;;) {
		uint64_t first = lane->next[1] - (q->order_tail - q->order_head);

		if (driver_get_used(q, &len) < 0)
			break;
		assert_true(len <= lane->in.sent - lane->in.got);
		assert_memory_equal(driver_at(&t.f.dm, lane->at[1] + first % FRONTEND_NUM * SPAN),
			lane->in.bytes + lane->in.got, len);
		lane->in.got += len;
	}
	hear_control();
}

static void host_types(struct lane *lane)
{
	size_t len = 1 + (size_t)rand() % SPAN;
	uint8_t *at = lane->in.bytes + lane->in.sent;

	if (lane->in.sent + len > STREAM_MAX || !virtio_console_port_in_room(lane->port))
		return;
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)rand();
	lane->in.sent += virtio_console_port_in(lane->port, at, len);
}

static void host_takes(struct lane *lane, unsigned id)
{
	if (id)
		lane->room += (size_t)rand() % SPAN;
	virtio_console_port_out_resume(lane->port);
}

static void do_something(void)
{
	unsigned id = (unsigned)rand() % t.ports;
	struct lane *lane = &t.lanes[id];

	switch (rand() % 8) {
	case 0:
	case 1: guest_writes(lane, id); break;
	case 2: guest_posts(lane, id); break;
	case 3: guest_reaps(lane, id); break;
	case 4: host_types(lane); break;
	case 5: host_takes(lane, id); break;
	case 6: upgrade(); break;
	default: loop_step(t.loop, false); break;
	}
}

/* All that was sent comes, and the device works as any other. */
static void finish(void)
{
	for (unsigned id = 0; id < t.ports; id++) {
		struct lane *lane = &t.lanes[id];

		lane->room = SIZE_MAX;
		virtio_console_port_out_resume(lane->port);
		frontend_settle(&t.f);
		guest_reaps(lane, id);
		guest_posts(lane, id);
		frontend_settle(&t.f);
		host_types(lane);
		frontend_settle(&t.f);
		guest_reaps(lane, id);
		assert_int_equal(lane->out.got, lane->out.sent);
		assert_int_equal(lane->in.got, lane->in.sent);
		assert_true(lane->out.sent > 0 && lane->in.sent > 0);
		assert_int_equal(lane->opens, 1);
		assert_int_equal(lane->closes, 0);
	}
}

static void every_byte_comes_once_whenever_it_is_saved(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 16; seed++) {
		srand(seed + 1);
		begin(seed & 8 ? 1 : PORTS, BASIC | ring_kinds[seed % RING_KINDS], seed & 4);
		t.f.loop = NULL; /* nobody steps it unasked */
		for (int i = 0; i < STEPS; i++)
			do_something();
		t.f.loop = t.loop;
		assert_true(t.upgrades > 0);
		finish();
		if (t.ports > 1) {
			assert_int_equal(t.events[1], PORTS); /* added once, opened once */
			assert_int_equal(t.events[6], PORTS);
		}
		end();
	}
}

/* Twice in a row with nothing done in between: the place in the buffer is not lost. */
static void a_port_that_is_held_back_goes_on_at_the_byte(void **state)
{
	struct lane *lane = &t.lanes[1];

	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		begin(PORTS, BASIC | (packed ? VIRTIO_F_RING_PACKED_BIT : 0), false);
		srand(1);
		lane->room = 10;
		do
			guest_writes(lane, 1);
		while (lane->out.sent < 20);
		frontend_settle(&t.f);
		assert_int_equal(lane->out.got, 10);
		upgrade();
		upgrade();
		frontend_settle(&t.f);
		upgrade();
		assert_int_equal(lane->out.got, 10);
		lane->room = SIZE_MAX;
		virtio_console_port_out_resume(lane->port);
		frontend_settle(&t.f);
		assert_int_equal(lane->out.got, lane->out.sent);
		end();
	}
}

/* One that works all the time is polled: that takes as long as it likes. */
static void await_taken(const struct lane *lane, size_t n)
{
	while (lane->out.got < n)
		loop_step(t.loop, true);
	assert_int_equal(lane->out.got, n);
}

/* Write buffers, some at a time, until there were @n. */
static void go_round(struct lane *lane, unsigned id, uint64_t n)
{
	lane->room = SIZE_MAX;
	while (lane->next[0] < n) {
		lane->out.sent = lane->out.got = 0;
		for (int i = 0; i < FRONTEND_NUM / 2 && lane->next[0] < n; i++)
			guest_writes(lane, id);
		await_taken(lane, lane->out.sent);
		guest_reaps(lane, id);
	}
}

static void rings_that_have_gone_round_go_on(void **state)
{
	struct lane *lane = &t.lanes[1];
	uint64_t last;
	size_t taken;

	(void)state;
	for (unsigned i = 0; i < RING_KINDS; i++) {
		srand(i + 1);
		begin(PORTS, BASIC | ring_kinds[i], i & 1);
		last = ring_kinds[i] & VIRTIO_F_RING_PACKED_BIT ? FRONTEND_NUM - 1 : UINT16_MAX;
		go_round(lane, 1, last - 2);
		lane->room = 1;
		taken = lane->out.got + 1;
		while (lane->next[0] < last + 4)
			guest_writes(lane, 1);
		await_taken(lane, taken);
		upgrade(); /* the driver's index is past the end, the device's is not */
		upgrade();
		frontend_settle(&t.f);
		assert_int_equal(lane->out.got, taken);
		for (unsigned id = 0; id < t.ports; id++)
			guest_writes(&t.lanes[id], id);
		finish();
		upgrade(); /* both are */
		finish();
		end();
	}
}

static void what_waits_for_the_guest_is_told_it(void **state)
{
	(void)state;
	begin(PORTS, BASIC, false);
	virtio_console_port_set_open(t.lanes[1].port, false); /* takes the last buffer */
	frontend_settle(&t.f);
	hear_control();
	assert_int_equal(t.events[6], PORTS + 1);
	virtio_console_port_set_open(t.lanes[1].port, true);
	virtio_console_port_resize(t.lanes[0].port, 100, 30);
	upgrade();
	frontend_settle(&t.f);
	hear_control();
	assert_int_equal(t.events[5], 0);
	assert_int_equal(t.events[6], PORTS + 1);
	for (int i = 0; i < 4; i++)
		post_control();
	hear_control();
	assert_int_equal(t.events[5], 1);
	upgrade();
	frontend_settle(&t.f);
	hear_control();
	assert_int_equal(t.events[5], 1);
	assert_int_equal(t.events[6], PORTS + 2);
	end();
}

/* ---- messages ---- */

static void half_a_message_and_its_descriptor_go_on(void **state)
{
	struct {
		struct vu_header header;
		uint32_t state[2];
	} message = { { VU_SET_VRING_ENABLE, VU_FLAG_VERSION | VU_FLAG_NEED_REPLY, 8 }, { 1, 1 } };
	uint64_t ack;

	(void)state;
	begin(PORTS, BASIC, false);
	for (size_t cut = 1; cut < sizeof(message); cut++) {
		const uint8_t *bytes = (const uint8_t *)&message;

		ack = 1;
		assert_int_equal(send(t.f.fd, bytes, cut, 0), cut);
		frontend_settle(&t.f);
		upgrade();
		assert_int_equal(
			send(t.f.fd, bytes + cut, sizeof(message) - cut, 0), sizeof(message) - cut);
		assert_int_equal(
			frontend_reply(&t.f, VU_SET_VRING_ENABLE, &ack, sizeof(ack), NULL), 8);
		assert_int_equal(ack, 0);
	}
	end();
}

static void replies_that_nobody_reads_come_later(void **state)
{
	struct vu_header header = { VU_GET_FEATURES, VU_FLAG_VERSION, 0 };
	uint64_t features;
	unsigned asked = 0;

	(void)state;
	begin(PORTS, BASIC, false);
	while (asked < 3000 && send(t.f.fd, &header, sizeof(header), MSG_DONTWAIT) > 0) {
		asked++;
		loop_step(t.loop, false);
	}
	upgrade();
	while (asked && frontend_reply(&t.f, VU_GET_FEATURES, &features, 8, NULL) == 8)
		asked--;
	assert_int_equal(asked, 0);
	assert_false(frontend_is_dismissed(&t.f));
	end();
}

static void who_waits_comes_in_when_the_first_leaves(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), first;

	(void)state;
	begin(PORTS, BASIC, false);
	memcpy(address.sun_path, t.path, strlen(t.path));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	frontend_settle(&t.f);
	upgrade();
	first = t.f.fd;
	t.f.fd = fd;
	t.f.acks = false;
	close(first);
	frontend_settle(&t.f);
	assert_true(frontend_ask(&t.f, VU_GET_FEATURES) & VU_F_PROTOCOL_FEATURES);
	end();
}

/* ---- a guest that broke the rules, and a snapshot that did ---- */

static void a_broken_device_stays_so_until_it_is_reset(void **state)
{
	struct driver_segment bad = { 16, 4 };

	(void)state;
	begin(PORTS, BASIC, false);
	assert_true(driver_add(&t.f.queues[1], &bad, 1, 0) >= 0);
	frontend_kick(&t.f, 1);
	assert_int_equal(frontend_ask(&t.f, VU_GET_STATUS) & 0x40, 0x40);
	upgrade();
	frontend_settle(&t.f);
	assert_non_null(virtio_console_broken(t.console));
	assert_int_equal(frontend_ask(&t.f, VU_GET_STATUS) & 0x40, 0x40);
	frontend_request(&t.f, VU_RESET_DEVICE, NULL, 0, -1);
	assert_null(virtio_console_broken(t.console));
	start_queues();
	t.lanes[0].out.sent = t.lanes[0].out.got = 0;
	guest_writes(&t.lanes[0], 0);
	frontend_settle(&t.f);
	assert_int_equal(t.lanes[0].out.got, t.lanes[0].out.sent);
	end();
}

static void memory_that_was_cut_short_is_not_mapped_again(void **state)
{
	struct snapshot snapshot;

	(void)state;
	begin(PORTS, BASIC, false);
	assert_true(vhost_user_goes_on(t.vu));
	snapshot = save();
	assert_int_equal(ftruncate(t.f.dm.fd, 4096), 0);
	load(&snapshot);
	snapshot_close(&snapshot);
	assert_false(vhost_user_has_frontend(t.vu));
	assert_true(frontend_is_dismissed(&t.f));
	end();
}

/* A copy of it in which one byte of the records is another one, and the sum is right. */
static int damage(const struct snapshot *snapshot)
{
	size_t len = (size_t)(snapshot->all.end - snapshot->all.at);
	size_t from = (size_t)(snapshot->all.at - snapshot->map);
	uint8_t *copy = malloc(snapshot->map_len);
	int fd = memfd_create("damaged", MFD_CLOEXEC);

	memcpy(copy, snapshot->map, snapshot->map_len);
	copy[from + (size_t)rand() % len] ^= (uint8_t)(1 << rand() % 8);
	put_be32(copy + 12, (uint32_t)crc32_z(0, copy + from, len));
	assert_int_equal(write(fd, copy, snapshot->map_len), snapshot->map_len);
	free(copy);
	return fd;
}

static void a_damaged_snapshot_is_refused_or_harmless(void **state)
{
	unsigned refused = 0;

	(void)state;
	log_set_level(LOG_ERROR);
	for (unsigned i = 0; i < DAMAGES; i++) {
		struct vhost_user_state left;
		struct snapshot good, bad;
		int fd;

		srand(i + 1);
		begin(PORTS, BASIC | (i & 1 ? VIRTIO_F_RING_PACKED_BIT : 0), i & 2);
		for (int n = 0; n < 20; n++)
			guest_writes(&t.lanes[n % PORTS], (unsigned)n % PORTS);
		loop_step(t.loop, false);
		good = save();
		fd = damage(&good);
		for (unsigned id = 0; id < PORTS; id++)
			t.lanes[id].room = 0; /* what comes now may be anything */
		if (snapshot_open(fd, &bad, NULL) < 0) {
			refused++;
			close(fd);
		} else if (snapshot_check(&bad.all, vhost_user_fields, sizeof(left), NULL) < 0) {
			refused++;
			snapshot_close(&bad);
		} else {
			struct snapshot_groups connection;
			struct vhost_user *vu = t.vu;
			struct virtio_console *console = t.console;

			assert_int_equal(snapshot_get(&bad.all, vhost_user_fields, &left, NULL), 0);
			connection = left.connection;
			assert_int_equal(
				snapshot_get(&good.all, vhost_user_fields, &left, NULL), 0);
			make_device(&left);
			left.connection = connection;
			vhost_user_load(t.vu, &left);
			forget(vu, console);
			for (int n = 0; n < 20; n++)
				loop_step(t.loop, false);
			snapshot_close(&bad);
		}
		snapshot_close(&good);
		end();
	}
	assert_true(refused > DAMAGES / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_comes_once_whenever_it_is_saved),
		cmocka_unit_test(a_port_that_is_held_back_goes_on_at_the_byte),
		cmocka_unit_test(rings_that_have_gone_round_go_on),
		cmocka_unit_test(what_waits_for_the_guest_is_told_it),
		cmocka_unit_test(half_a_message_and_its_descriptor_go_on),
		cmocka_unit_test(replies_that_nobody_reads_come_later),
		cmocka_unit_test(who_waits_comes_in_when_the_first_leaves),
		cmocka_unit_test(a_broken_device_stays_so_until_it_is_reset),
		cmocka_unit_test(memory_that_was_cut_short_is_not_mapped_again),
		cmocka_unit_test(a_damaged_snapshot_is_refused_or_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
