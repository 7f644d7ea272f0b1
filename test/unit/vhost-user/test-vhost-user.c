/* SPDX-License-Identifier: MIT */
#include "vhost-user/vhost-user.h"

#include "base/log.h"
#include "lib/vhost-user-frontend.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#define PF(bit)	   (1ULL << VU_PF_##bit)
#define VERSION_1  VIRTIO_F_VERSION_1_BIT
#define F_PROTOCOL VU_F_PROTOCOL_FEATURES
#define PACKED	   VIRTIO_F_RING_PACKED_BIT
#define ALL_PF                                                                   \
	(PF(MQ) | PF(LOG_SHMFD) | PF(REPLY_ACK) | PF(BACKEND_REQ) | PF(CONFIG) | \
		PF(INFLIGHT_SHMFD) | PF(RESET_DEVICE) | PF(CONFIGURE_MEM_SLOTS) | PF(STATUS))

struct fixture {
	struct loop *loop;
	struct virtio_console *console;
	struct virtio_console_port *port;
	struct vhost_user *vu;
	struct frontend f;
	struct watch *other;	   /* of a case */
	struct vhost_user *second; /* of a case, with its console: another device */
	struct virtio_console *second_console;
	char path[64];
	char out[4096];
	size_t out_len;
	unsigned opens, closes, comes, goes, breaks;
	bool frees_on_open;
	bool takes_time; /* each call of on_out() 2 ms of the fake clock */
};

static struct fixture t;
static bool t_inband; /* of the next setup */
static unsigned t_ports = 1;

static ssize_t on_out(void *user, const void *buf, size_t len)
{
	(void)user;
	assert_true(t.out_len + len <= sizeof(t.out));
	memcpy(t.out + t.out_len, buf, len);
	t.out_len += len;
	if (t.takes_time)
		loop_advance(t.loop, 2);
	return (ssize_t)len;
}

static void on_guest_open(void *user, bool open)
{
	(void)user;
	*(open ? &t.opens : &t.closes) += 1;
	if (open && t.frees_on_open) {
		vhost_user_free(t.vu);
		t.vu = NULL;
	}
}

static const struct virtio_console_port_ops port_ops = { .out = on_out,
	.on_guest_open = on_guest_open };

static void on_frontend(void *user, bool present)
{
	(void)user;
	*(present ? &t.comes : &t.goes) += 1;
}

static void on_broken(void *user, const char *why)
{
	(void)user, (void)why;
	t.breaks++;
}

static const struct vhost_user_ops ops = { on_frontend, on_broken };

/* A single-port device with a port, served on t.path; a frontend is connected. */
static int setup(void **state)
{
	struct virtio_console_config config = {
		.max_ports = t_ports, .size = true, .emergency_write = true
	};
	struct virtio_console_port_config port = { .console = true };
	struct vhost_user_options options = {
		.id = "test", .path = t.path, .ops = &ops, .inband = t_inband
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	(void)state;
	log_set_level(LOG_ERROR);
	t = (struct fixture){ .loop = loop_new() };
	snprintf(t.path, sizeof(t.path), "/tmp/charhub-vu-%d.sock", (int)getpid());
	assert_int_equal(virtio_console_new(&config, &t.console), 0);
	assert_int_equal(virtio_console_add_port(t.console, &port, &port_ops, NULL, &t.port), 0);
	assert_int_equal(vhost_user_new(t.loop, t.console, &options, &t.vu, NULL), 0);
	memcpy(address.sun_path, t.path, strlen(t.path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	frontend_init(&t.f, t.loop, fd);
	frontend_settle(&t.f);
	assert_int_equal(t.comes, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	frontend_done(&t.f);
	/* A case that fails leaves all it made, and a loop does not end before its watches do. */
	watch_free(t.other);
	vhost_user_free(t.second);
	virtio_console_free(t.second_console);
	vhost_user_free(t.vu);
	virtio_console_free(t.console);
	loop_free(t.loop);
	assert_int_equal(access(t.path, F_OK), -1);
	return 0;
}

static void write_text_to(unsigned queue, const char *text)
{
	struct driver_segment segment = { driver_alloc(&t.f.dm, strlen(text)),
		(uint32_t)strlen(text) };

	memcpy(driver_at(&t.f.dm, segment.addr), text, strlen(text));
	assert_true(driver_add(&t.f.queues[queue], &segment, 1, 0) >= 0);
}

static void write_text(const char *text)
{
	write_text_to(1, text);
}

static void assert_out(const char *text)
{
	assert_int_equal(t.out_len, strlen(text));
	assert_memory_equal(t.out, text, t.out_len);
	t.out_len = 0;
}

static void start(uint64_t features, uint64_t protocol_features)
{
	frontend_negotiate(&t.f, features, protocol_features);
	frontend_share_memory(&t.f);
	for (unsigned i = 0; i < 2; i++) {
		frontend_set_queue(&t.f, i, features, true);
		frontend_set_fds(&t.f, i);
		if (features & F_PROTOCOL)
			frontend_state(&t.f, VU_SET_VRING_ENABLE, i, 1);
	}
}

static void bytes_travel_and_the_guest_is_called(void **state)
{
	static const uint64_t features[] = { 0, VERSION_1 | F_PROTOCOL,
		VERSION_1 | F_PROTOCOL | PACKED };
	uint32_t len = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		start(features[i], features[i] & F_PROTOCOL ? ALL_PF : 0);
		assert_int_equal(t.opens, i + 1);
		write_text("hello");
		frontend_kick(&t.f, 1);
		assert_out("hello");
		assert_int_equal(frontend_calls(&t.f, 1), 1);
		assert_true(driver_get_used(&t.f.queues[1], &len) >= 0);
		assert_int_equal(fcntl(t.f.kick_fds[1], F_GETFL) & O_NONBLOCK, 0);
		teardown(NULL);
		setup(NULL);
		t.opens = (unsigned)i + 1;
	}
}

static void a_ring_is_looked_at_when_it_is_enabled(void **state)
{
	(void)state;
	frontend_negotiate(&t.f, VERSION_1 | F_PROTOCOL, ALL_PF);
	frontend_share_memory(&t.f);
	/* ENABLE before KICK for one, after it for the other. */
	frontend_set_queue(&t.f, 0, VERSION_1, true);
	frontend_state(&t.f, VU_SET_VRING_ENABLE, 0, 1);
	frontend_set_fds(&t.f, 0);
	frontend_set_queue(&t.f, 1, VERSION_1, true);
	write_text("early");
	frontend_set_fds(&t.f, 1);
	assert_out("");
	frontend_state(&t.f, VU_SET_VRING_ENABLE, 1, 1);
	frontend_settle(&t.f);
	assert_out("early");
	frontend_state(&t.f, VU_SET_VRING_ENABLE, 1, 0);
	write_text("later");
	frontend_kick(&t.f, 1);
	assert_out("");
	frontend_state(&t.f, VU_SET_VRING_ENABLE, 1, 1);
	frontend_settle(&t.f);
	assert_out("later");
}

/* One area is moved while the queue runs: what is in the old place counts no more. */
static void a_running_ring_follows_its_addresses(void **state)
{
	struct driver_queue *queue = &t.f.queues[1];
	const size_t bytes = FRONTEND_NUM * 16;
	uint64_t old;
	struct vu_vring_addr addr = { .index = 1 };
	struct virtqueue_setup setup;

	(void)state;
	start(VERSION_1 | F_PROTOCOL, ALL_PF);
	old = queue->desc;
	queue->desc = driver_alloc(&t.f.dm, bytes);
	memcpy(driver_at(&t.f.dm, queue->desc), driver_at(&t.f.dm, old), bytes);
	memset(driver_at(&t.f.dm, old), 0, bytes);
	setup = driver_queue_setup(queue);
	addr.descriptor = setup.desc;
	addr.available = setup.driver;
	addr.used = setup.device;
	for (int times = 0; times < 2; times++) { /* the same again changes nothing */
		frontend_request(&t.f, VU_SET_VRING_ADDR, &addr, sizeof(addr), -1);
		write_text("here");
		frontend_kick(&t.f, 1);
		assert_out("here");
	}
}

static void a_stopped_ring_tells_where_it_stands_and_goes_on(void **state)
{
	static const uint64_t formats[] = { VERSION_1 | F_PROTOCOL,
		VERSION_1 | F_PROTOCOL | PACKED };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct vu_vring_state base = { .index = 1 };
		uint64_t status = 0;

		start(formats[i], ALL_PF);
		write_text("one");
		write_text("two");
		frontend_kick(&t.f, 1);
		assert_out("onetwo");
		frontend_send(&t.f, VU_GET_VRING_BASE, 0, &base, sizeof(base), NULL, 0);
		assert_int_equal(
			frontend_reply(&t.f, VU_GET_VRING_BASE, &base, sizeof(base), NULL), 8);
		assert_int_equal(base.num, i ? 0x80028002 : 2);
		/* QEMU's way of pausing: status 0, then all over again. */
		frontend_request(&t.f, VU_SET_STATUS, &status, sizeof(status), -1);
		write_text("three");
		frontend_kick(&t.f, 1);
		assert_out("");
		frontend_state(&t.f, VU_SET_VRING_BASE, 1, base.num);
		frontend_set_fds(&t.f, 1);
		frontend_state(&t.f, VU_SET_VRING_ENABLE, 1, 1);
		frontend_settle(&t.f);
		assert_out("three");
		teardown(NULL);
		setup(NULL);
	}
}

static void kicks_and_calls_may_be_messages(void **state)
{
	struct vu_vring_state state1 = { .index = 1 }, call = { 0 };
	struct vu_header header;

	(void)state;
	assert_false(frontend_ask(&t.f, VU_GET_PROTOCOL_FEATURES) & PF(INBAND_NOTIFICATIONS));
	teardown(NULL);
	t_inband = true;
	setup(NULL);
	t_inband = false;
	frontend_negotiate(&t.f, VERSION_1 | F_PROTOCOL, ALL_PF | PF(INBAND_NOTIFICATIONS));
	frontend_share_memory(&t.f);
	for (unsigned i = 0; i < 2; i++) {
		frontend_set_queue(&t.f, i, VERSION_1, true);
		frontend_state(&t.f, VU_SET_VRING_ENABLE, i, 1);
	}
	write_text("in band");
	t.f.acks = false;
	frontend_request(&t.f, VU_VRING_KICK, &state1, sizeof(state1), -1);
	assert_out("in band");
	assert_int_equal(recv(t.f.backend_fd, &header, sizeof(header), MSG_DONTWAIT), 12);
	assert_int_equal(header.request, VU_BACKEND_VRING_CALL);
	assert_int_equal(recv(t.f.backend_fd, &call, sizeof(call), MSG_DONTWAIT), 8);
	assert_int_equal(call.index, 1);
}

static void a_busy_console_is_polled_and_a_slow_one_is_not(void **state)
{
	(void)state;
	loop_fake_clock(t.loop); /* time stands still: whatever comes, comes at once */
	start(VERSION_1 | F_PROTOCOL, ALL_PF);
	for (int i = 0; i < 2; i++) {
		write_text("slow ");
		assert_true(driver_wants_kick(&t.f.queues[1]));
		frontend_kick(&t.f, 1);
		assert_out("slow ");
		assert_int_equal(frontend_calls(&t.f, 1), 1);
		loop_advance(t.loop, 1);
	}
	write_text("one ");
	frontend_kick(&t.f, 1);
	frontend_calls(&t.f, 1);
	write_text("two ");
	assert_true(driver_wants_kick(&t.f.queues[1]));
	frontend_kick(&t.f, 1);
	write_text("three ");
	assert_false(driver_wants_kick(&t.f.queues[1]));
	frontend_settle(&t.f);
	assert_out("one two three ");

	loop_advance(t.loop, 1); /* then it falls silent */
	assert_int_equal(frontend_calls(&t.f, 1), 2);
	write_text("four");
	assert_true(driver_wants_kick(&t.f.queues[1]));
	frontend_settle(&t.f);
	assert_out("");
	frontend_kick(&t.f, 1);
	assert_out("four");
}

static void the_size_goes_by_configuration_change(void **state)
{
	struct vu_config config = { .size = 12 };
	struct vu_header header;

	(void)state;
	virtio_console_port_resize(t.port, 132, 50);
	start(VERSION_1 | F_PROTOCOL | VIRTIO_F_BIT(0), ALL_PF);
	assert_int_equal(recv(t.f.backend_fd, &header, sizeof(header), MSG_DONTWAIT), 12);
	assert_int_equal(header.request, VU_BACKEND_CONFIG_CHANGE_MSG);
	frontend_send(&t.f, VU_GET_CONFIG, 0, &config, VU_CONFIG_HEADER_SIZE + 12, NULL, 0);
	assert_int_equal(frontend_reply(&t.f, VU_GET_CONFIG, &config, sizeof(config), NULL), 24);
	assert_memory_equal(config.bytes, "\x84\0\x32\0\x01\0\0\0", 8);
	config.size = 13; /* more than the message has */
	frontend_send(&t.f, VU_GET_CONFIG, 0, &config, VU_CONFIG_HEADER_SIZE + 12, NULL, 0);
	assert_int_equal(frontend_reply(&t.f, VU_GET_CONFIG, &config, sizeof(config), NULL), 0);
	config = (struct vu_config){ .offset = 8, .size = 4, .bytes = "!" };
	frontend_request(&t.f, VU_SET_CONFIG, &config, VU_CONFIG_HEADER_SIZE + 4, -1);
	assert_out("!");
}

static void a_full_backend_channel_keeps_the_message_for_later(void **state)
{
	char junk[4096];
	unsigned changes = 0;
	ssize_t n;

	(void)state;
	start(VERSION_1 | F_PROTOCOL | VIRTIO_F_BIT(0), ALL_PF);
	for (unsigned i = 1; i <= 5000; i++)
		virtio_console_port_resize(t.port, i, 10); /* more than the socket takes */
	while ((n = recv(t.f.backend_fd, junk, sizeof(junk), MSG_DONTWAIT)) > 0)
		changes += (unsigned)n / 12;
	assert_true(changes < 5000);
	frontend_settle(&t.f);
	assert_int_equal(recv(t.f.backend_fd, junk, sizeof(junk), MSG_DONTWAIT), 12);
}

static void memory_slots_come_and_go(void **state)
{
	struct vu_mem_slot slot = { 0 };

	(void)state;
	frontend_negotiate(&t.f, VERSION_1 | F_PROTOCOL, ALL_PF);
	assert_int_equal(frontend_ask(&t.f, VU_GET_MAX_MEM_SLOTS), GUEST_MEMORY_REGIONS_MAX);
	slot.region = (struct vu_region){ t.f.dm.region.guest_addr, t.f.dm.region.size,
		t.f.dm.region.user_addr, 0 };
	assert_int_equal(frontend_request(&t.f, VU_ADD_MEM_REG, &slot, sizeof(slot), t.f.dm.fd), 0);
	assert_int_equal(frontend_request(&t.f, VU_ADD_MEM_REG, &slot, sizeof(slot), t.f.dm.fd), 1);
	for (unsigned i = 0; i < 2; i++) {
		frontend_set_queue(&t.f, i, VERSION_1, true);
		frontend_set_fds(&t.f, i);
		frontend_state(&t.f, VU_SET_VRING_ENABLE, i, 1);
	}
	write_text("there");
	frontend_kick(&t.f, 1);
	assert_out("there");
	assert_int_equal(frontend_request(&t.f, VU_REM_MEM_REG, &slot, sizeof(slot), -1), 0);
	frontend_settle(&t.f);
	assert_int_equal(t.breaks, 1); /* the rings were in it */
	assert_int_equal(frontend_ask(&t.f, VU_GET_STATUS) & 0x40, 0x40);
	assert_int_equal(frontend_request(&t.f, VU_REM_MEM_REG, &slot, sizeof(slot), -1), 1);
}

static void a_broken_guest_may_reset_and_go_on(void **state)
{
	struct driver_segment bad = { 16, 4 };

	(void)state;
	start(VERSION_1 | F_PROTOCOL, ALL_PF);
	assert_true(driver_add(&t.f.queues[1], &bad, 1, 0) >= 0);
	frontend_kick(&t.f, 1);
	assert_int_equal(t.breaks, 1);
	assert_false(frontend_is_dismissed(&t.f));
	assert_int_equal(frontend_ask(&t.f, VU_GET_STATUS) & 0x40, 0x40);
	frontend_request(&t.f, VU_RESET_DEVICE, NULL, 0, -1);
	assert_int_equal(frontend_ask(&t.f, VU_GET_STATUS), 0);
	start(VERSION_1 | F_PROTOCOL, ALL_PF);
	write_text("again");
	frontend_kick(&t.f, 1);
	assert_out("again");
}

static void what_is_written_is_in_the_log(void **state)
{
	uint64_t features = VERSION_1 | F_PROTOCOL | VU_F_LOG_ALL;
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct vu_log log = { .size = 4096 };
	struct driver_segment segment;
	uint8_t *bits;
	uint64_t page;

	(void)state;
	assert_int_equal(ftruncate(fd, 4096), 0);
	bits = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	start(features, ALL_PF);
	frontend_send(&t.f, VU_SET_LOG_BASE, 0, &log, sizeof(log), &fd, 1);
	assert_int_equal(frontend_reply(&t.f, VU_SET_LOG_BASE, &page, sizeof(page), NULL), 8);
	driver_alloc(&t.f.dm, 8192);
	segment = (struct driver_segment){ driver_alloc(&t.f.dm, 8), 8 };
	assert_true(driver_add(&t.f.queues[0], &segment, 0, 1) >= 0);
	assert_int_equal(virtio_console_port_in(t.port, "logged", 6), 6);
	page = segment.addr / 4096;
	assert_true(bits[page / 8] >> (page % 8) & 1);
	munmap(bits, 4096);
	close(fd);
}

static void a_new_process_goes_on_with_inflight(void **state)
{
	struct vu_inflight inflight = { .queues = 2, .queue_size = FRONTEND_NUM };
	struct virtio_console_port_config port = { .console = true };
	uint64_t features = VERSION_1 | F_PROTOCOL | PACKED;
	int fd = -1, pair[2];

	(void)state;
	frontend_negotiate(&t.f, features, ALL_PF);
	frontend_send(&t.f, VU_GET_INFLIGHT_FD, 0, &inflight, 24, NULL, 0);
	assert_int_equal(
		frontend_reply(&t.f, VU_GET_INFLIGHT_FD, &inflight, sizeof(inflight), &fd), 24);
	assert_true(fd >= 0 && inflight.size > 0);
	frontend_request(&t.f, VU_SET_INFLIGHT_FD, &inflight, 24, fd);
	start(features, ALL_PF);
	write_text("before");
	frontend_kick(&t.f, 1);
	assert_out("before");
	write_text("after");

	vhost_user_disconnect(t.vu); /* the process ends; the frontend comes back with its buffer */
	assert_int_equal(t.goes, 1);
	virtio_console_remove_port(t.port);
	assert_int_equal(virtio_console_add_port(t.console, &port, &port_ops, NULL, &t.port), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(vhost_user_adopt(t.vu, pair[1]), 0);
	close(t.f.fd);
	t.f.fd = pair[0];
	t.f.acks = false;
	frontend_negotiate(&t.f, features, ALL_PF);
	frontend_request(&t.f, VU_SET_INFLIGHT_FD, &inflight, 24, fd);
	frontend_share_memory(&t.f);
	for (unsigned i = 0; i < 2; i++) {
		frontend_set_queue(&t.f, i, features, false); /* with a base that is out of date */
		frontend_set_fds(&t.f, i);
		frontend_state(&t.f, VU_SET_VRING_ENABLE, i, 1);
	}
	frontend_settle(&t.f);
	assert_out("after");
	close(fd);
}

/* ---- bad frontends ---- */

static void expect_dismissal(const char *what)
{
	if (!frontend_is_dismissed(&t.f))
		fail_msg("%s: still connected", what);
	assert_int_equal(t.goes, 1);
	teardown(NULL);
	setup(NULL);
}

static void malformed_messages_end_the_connection(void **state)
{
	uint64_t u64[64] = { 0 };
	uint32_t junk[3] = { 1, 0, 0 }, cut[3] = { VU_SET_FEATURES, VU_FLAG_VERSION, 8 };
	int fds[9] = { 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	int pipe_fds[2];

	(void)state;
	(void)!write(t.f.fd, junk, sizeof(junk));
	expect_dismissal("no version");
	junk[1] = VU_FLAG_VERSION;
	junk[2] = UINT32_MAX;
	(void)!write(t.f.fd, junk, sizeof(junk));
	expect_dismissal("size beyond all");
	(void)!write(t.f.fd, cut, sizeof(cut));
	assert_false(frontend_is_dismissed(&t.f));
	shutdown(t.f.fd, SHUT_WR);
	expect_dismissal("cut short");
	frontend_send(&t.f, VU_GET_FEATURES, 0, u64, 8, NULL, 0);
	expect_dismissal("payload where none belongs");
	frontend_send(&t.f, VU_SET_FEATURES, 0, u64, 4, NULL, 0);
	expect_dismissal("too short");
	frontend_send(&t.f, VU_SET_FEATURES, 0, u64, 8, fds, 1);
	expect_dismissal("a descriptor where none belongs");
	u64[0] = 1ULL << 63;
	frontend_send(&t.f, VU_SET_FEATURES, 0, u64, 8, NULL, 0);
	expect_dismissal("features that were not offered");
	frontend_send(&t.f, VU_SET_PROTOCOL_FEATURES, 0, u64, 8, NULL, 0);
	expect_dismissal("protocol features that were not offered");
	frontend_send(&t.f, VU_SET_MEM_TABLE, 0, u64, 8, fds, 9);
	expect_dismissal("more descriptors than can be");
	u64[0] = 0;
	frontend_send(&t.f, VU_SET_VRING_KICK, 0, u64, 8, NULL, 0);
	expect_dismissal("a kick without its descriptor");
	u64[0] = VU_VRING_NO_FD;
	frontend_send(&t.f, VU_SET_VRING_KICK, 0, u64, 8, fds, 1);
	expect_dismissal("a kick with a descriptor that it denies");
	frontend_send(&t.f, VU_SET_VRING_NUM, 0, &(struct vu_vring_state){ 256, 1 }, 8, NULL, 0);
	expect_dismissal("queue 256");
	frontend_send(&t.f, VU_SET_VRING_NUM, 0, &(struct vu_vring_state){ 0, 65537 }, 8, NULL, 0);
	expect_dismissal("a ring of 65537");
	frontend_send(&t.f, VU_GET_CONFIG, 0, u64, 12, NULL, 0);
	expect_dismissal("a request whose feature was not agreed upon");
	frontend_send(&t.f, 1000, 0, NULL, 0, NULL, 0);
	expect_dismissal("an unknown request");
	frontend_send(&t.f, VU_SEND_RARP, 0, u64, 8, NULL, 0);
	expect_dismissal("a request for a network device");
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	u64[0] = 0;
	frontend_send(&t.f, VU_SET_VRING_KICK, 0, u64, 8, pipe_fds, 1);
	expect_dismissal("a pipe for a kick");
	frontend_send(&t.f, VU_SET_VRING_CALL, 0, u64, 8, pipe_fds + 1, 1);
	expect_dismissal("a pipe for a call");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void bad_memory_tables_end_the_connection(void **state)
{
	struct vu_mem_table table = { .count = 1 };
	int fds[2] = { t.f.dm.fd, t.f.dm.fd };

	(void)state;
	table.regions[0] = (struct vu_region){ 0, 4096, 0, 0 };
	frontend_send(&t.f, VU_SET_MEM_TABLE, 0, &table, 40, fds, 2);
	expect_dismissal("two descriptors for one region");
	table.count = 2;
	fds[0] = fds[1] = t.f.dm.fd;
	frontend_send(&t.f, VU_SET_MEM_TABLE, 0, &table, 40, fds, 2);
	expect_dismissal("two regions in the room of one");
	table.count = 1;
	table.regions[0].file_offset = UINT64_MAX;
	frontend_send(&t.f, VU_SET_MEM_TABLE, 0, &table, 40, &t.f.dm.fd, 1);
	expect_dismissal("beyond its file");
	table.regions[0] = (struct vu_region){ 0, 1 << 30, 0, 0 };
	frontend_send(&t.f, VU_SET_MEM_TABLE, 0, &table, 40, &t.f.dm.fd, 1);
	expect_dismissal("larger than its file");
}

static void refusals_are_acknowledged_where_asked(void **state)
{
	uint64_t mtu = 1500;

	(void)state;
	frontend_negotiate(&t.f, VERSION_1 | F_PROTOCOL, ALL_PF);
	assert_int_equal(frontend_request(&t.f, VU_NET_SET_MTU, &mtu, sizeof(mtu), -1), 1);
	assert_int_equal(frontend_request(&t.f, 1000, NULL, 0, -1), 1);
	assert_int_equal(frontend_request(&t.f, VU_SET_OWNER, NULL, 0, -1), 0);
	assert_int_equal(frontend_ask(&t.f, VU_GET_QUEUE_NUM), 2);
	/* Queues that the device has not are accepted and never run. */
	assert_int_equal(frontend_state(&t.f, VU_SET_VRING_NUM, 77, 64), 0);
	assert_int_equal(frontend_state(&t.f, VU_SET_VRING_ENABLE, 77, 1), 0);
	assert_false(frontend_is_dismissed(&t.f));
}

static void a_message_may_come_byte_by_byte(void **state)
{
	struct vu_header header = { VU_GET_FEATURES, VU_FLAG_VERSION, 0 };
	uint64_t features = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(header); i++) {
		(void)!write(t.f.fd, (const char *)&header + i, 1);
		frontend_settle(&t.f);
	}
	assert_int_equal(frontend_reply(&t.f, VU_GET_FEATURES, &features, 8, NULL), 8);
	assert_true(features & F_PROTOCOL);
}

static void a_frontend_that_does_not_read_is_not_served_further(void **state)
{
	uint64_t features = 0;
	unsigned replies = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct vu_header header = { VU_GET_FEATURES, VU_FLAG_VERSION, 0 };

		if (send(t.f.fd, &header, sizeof(header), MSG_DONTWAIT) < 0)
			break;
		replies++;
		loop_step(t.loop, false);
	}
	while (frontend_reply(&t.f, VU_GET_FEATURES, &features, 8, NULL) == 8)
		replies--;
	assert_int_equal(replies, 0); /* nothing is lost, either */
	assert_false(frontend_is_dismissed(&t.f));
}

static void on_time(void *data)
{
	*(bool *)data = true;
}

/*
 * Some kernels cannot tell a signalfd from an eventfd. It is readable, and no kick can be read from
 * it: as from one whose other end is closed.
 */
static void a_kick_that_cannot_be_read_is_not_listened_to(void **state)
{
	const uint64_t queue = 1;
	unsigned wakeups = 0;
	struct timer *timer;
	bool over = false;
	sigset_t signals;
	int fd;

	(void)state;
	start(VERSION_1 | F_PROTOCOL, ALL_PF);
	signal(SIGUSR1, SIG_IGN); /* should the case fail while it waits */
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	raise(SIGUSR1);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	frontend_request(&t.f, VU_SET_VRING_KICK, &queue, sizeof(queue), fd);
	timer = timer_new(t.loop, on_time, &over);
	timer_start(timer, 20);
	while (!over) {
		loop_step(t.loop, true);
		wakeups++;
	}
	assert_true(wakeups < 10);
	timer_free(timer);
	close(fd);
}

static void on_other(void *data, unsigned events)
{
	(void)data, (void)events;
	memcpy(t.out + t.out_len++, "|", 1);
	watch_set(t.other, 0);
}

/* Two kicks of a device that takes its time: whoever is ready by then comes between the two. */
static void many_kicks_are_no_more_time_in_a_round(void **state)
{
	struct virtio_console_port_config config = { .id = 1, .console = true };
	struct virtio_console_port *port;
	int fds[2];

	teardown(NULL);
	t_ports = 2;
	setup(state);
	t_ports = 1;
	loop_fake_clock(t.loop);
	assert_int_equal(virtio_console_add_port(t.console, &config, &port_ops, NULL, &port), 0);
	start(VERSION_1 | F_PROTOCOL, ALL_PF);
	frontend_set_queue(&t.f, 5, VERSION_1, true);
	frontend_set_fds(&t.f, 5);
	frontend_state(&t.f, VU_SET_VRING_ENABLE, 5, 1);
	frontend_settle(&t.f);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(watch_new(t.loop, fds[0], on_other, NULL, &t.other), 0);
	watch_set(t.other, WATCH_READ);
	write_text_to(1, "one");
	write_text_to(5, "two");
	t.takes_time = true;
	eventfd_write(t.f.kick_fds[1], 1);
	eventfd_write(t.f.kick_fds[5], 1);
	assert_int_equal(write(fds[1], "x", 1), 1);
	loop_step(t.loop, true);
	loop_step(t.loop, false);
	assert_out("one|two");
	watch_free(t.other);
	t.other = NULL;
	close(fds[0]);
	close(fds[1]);
}

static void the_next_frontend_is_served_when_the_first_has_left(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct frontend second;
	uint64_t features = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	start(VERSION_1 | F_PROTOCOL, ALL_PF);
	memcpy(address.sun_path, t.path, strlen(t.path));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	frontend_init(&second, t.loop, fd);
	frontend_send(&second, VU_GET_FEATURES, 0, NULL, 0, NULL, 0);
	assert_int_equal(frontend_reply(&second, VU_GET_FEATURES, &features, 8, NULL), -1);
	close(t.f.fd);
	t.f.fd = -1;
	assert_int_equal(frontend_reply(&second, VU_GET_FEATURES, &features, 8, NULL), 8);
	assert_int_equal(t.closes, 1);
	assert_int_equal(t.comes, 2);
	frontend_done(&second);
}

static void it_may_be_freed_in_its_own_callback(void **state)
{
	(void)state;
	t.frees_on_open = true;
	start(0, 0);
	assert_null(t.vu);
	assert_true(frontend_is_dismissed(&t.f));
}

static void listening_replaces_a_stale_socket_and_no_other_file(void **state)
{
	struct vhost_user_options options = { .id = "second", .path = t.path };
	struct virtio_console_config config = { .max_ports = 300 };
	struct virtio_console *console;
	struct error *err = NULL;
	struct vhost_user *vu;
	char text[160];
	int fd;

	(void)state;
	assert_int_equal(virtio_console_new(&config, &console), 0);
	assert_int_equal(vhost_user_new(t.loop, console, &options, &vu, &err), -EINVAL);
	error_free(err);
	virtio_console_free(console);
	config.max_ports = 1;
	assert_int_equal(virtio_console_new(&config, &console), 0);
	err = NULL;
	assert_int_equal(vhost_user_new(t.loop, console, &options, &vu, &err), -EADDRINUSE);
	snprintf(text, sizeof(text), "device 'second': Failed to bind socket to %s: %s", t.path,
		strerror(EADDRINUSE));
	assert_string_equal(error_message(err), text);
	error_free(err);
	vhost_user_free(t.vu);
	t.vu = NULL;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	{
		struct sockaddr_un address = { .sun_family = AF_UNIX };

		memcpy(address.sun_path, t.path, strlen(t.path));
		assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	}
	close(fd);
	assert_int_equal(vhost_user_new(t.loop, console, &options, &vu, NULL), 0);
	vhost_user_free(vu);
	fd = open(t.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(vhost_user_new(t.loop, console, &options, &vu, NULL), -EADDRINUSE);
	assert_int_equal(unlink(t.path), 0);
	virtio_console_free(console);
}

static void connecting_finds_a_frontend_that_listens_and_tries_again(void **state)
{
	struct vhost_user_options options = { .id = "out", .path = t.path, .connect = true };
	struct virtio_console_config config = { .max_ports = 1 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener, fd;

	(void)state;
	frontend_done(&t.f);
	vhost_user_free(t.vu);
	t.vu = NULL;
	loop_free(t.loop);
	t.loop = loop_new();
	loop_fake_clock(t.loop);
	frontend_init(&t.f, t.loop, -1);
	assert_int_equal(virtio_console_new(&config, &t.second_console), 0);
	assert_int_equal(
		vhost_user_new(t.loop, t.second_console, &options, &t.second, NULL), -ENOENT);
	options.reconnect_ms = 500;
	assert_int_equal(vhost_user_new(t.loop, t.second_console, &options, &t.second, NULL), 0);
	frontend_settle(&t.f);
	assert_false(vhost_user_has_frontend(t.second));
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(address.sun_path, t.path, strlen(t.path));
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	loop_advance(t.loop, 500);
	assert_true(vhost_user_has_frontend(t.second));
	fd = accept(listener, NULL, NULL);
	close(fd);
	frontend_settle(&t.f);
	assert_false(vhost_user_has_frontend(t.second));
	loop_advance(t.loop, 500);
	assert_true(vhost_user_has_frontend(t.second));
	close(listener);
	unlink(t.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(bytes_travel_and_the_guest_is_called),
		CASE(a_ring_is_looked_at_when_it_is_enabled),
		CASE(a_running_ring_follows_its_addresses),
		CASE(a_stopped_ring_tells_where_it_stands_and_goes_on),
		CASE(kicks_and_calls_may_be_messages),
		CASE(a_busy_console_is_polled_and_a_slow_one_is_not),
		CASE(the_size_goes_by_configuration_change),
		CASE(a_full_backend_channel_keeps_the_message_for_later),
		CASE(memory_slots_come_and_go),
		CASE(a_broken_guest_may_reset_and_go_on),
		CASE(what_is_written_is_in_the_log),
		CASE(a_new_process_goes_on_with_inflight),
		CASE(malformed_messages_end_the_connection),
		CASE(bad_memory_tables_end_the_connection),
		CASE(refusals_are_acknowledged_where_asked),
		CASE(a_message_may_come_byte_by_byte),
		CASE(a_frontend_that_does_not_read_is_not_served_further),
		CASE(a_kick_that_cannot_be_read_is_not_listened_to),
		CASE(many_kicks_are_no_more_time_in_a_round),
		CASE(the_next_frontend_is_served_when_the_first_has_left),
		CASE(it_may_be_freed_in_its_own_callback),
		CASE(listening_replaces_a_stale_socket_and_no_other_file),
		CASE(connecting_finds_a_frontend_that_listens_and_tries_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
