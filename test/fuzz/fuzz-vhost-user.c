/* SPDX-License-Identifier: MIT */
/*
 * A frontend whose messages are the input: pieces of {request, flags, descriptors, length, bytes}.
 * Descriptors are of every kind, right and wrong; lengths need not be what the header says. In
 * between the loop runs, the guest's memory may be written and queues kicked.
 */
#include "base/log.h"
#include "vhost-user/protocol.h"
#include "vhost-user/vhost-user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MEMORY = 64 * 1024, MESSAGES = 100, KINDS = 5 };

struct input {
	const uint8_t *data;
	size_t left;
};

static uint8_t take(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->data++;
}

static ssize_t out(void *user, const void *buf, size_t len)
{
	(void)user, (void)buf;
	return (ssize_t)len;
}

static const struct virtio_console_port_ops port_ops = { .out = out };

static void send_bytes(int fd, const void *bytes, size_t len, const int *fds, unsigned n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.align), fds, n_fds * sizeof(int));
	}
	(void)!sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* One message. The size in its header is right unless the input says otherwise. */
static void send_message(struct input *in, int fd, const int kinds[KINDS])
{
	uint8_t bytes[sizeof(struct vu_header) + 256];
	struct vu_header header = { take(in), take(in) | VU_FLAG_VERSION, 0 };
	unsigned fds = take(in), n_fds = fds % 10, lie = take(in), len = take(in);
	int list[10];

	for (unsigned i = 0; i < n_fds; i++)
		list[i] = kinds[(fds / 10 + i * (lie & 1)) % KINDS];
	header.size = lie == 255 ? take(in) | (uint32_t)take(in) << 24 : len;
	if (lie == 254)
		header.flags &= ~(uint32_t)VU_FLAG_VERSION;
	memcpy(bytes, &header, sizeof(header));
	for (unsigned i = 0; i < len; i++)
		bytes[sizeof(header) + i] = take(in);
	send_bytes(fd, bytes, sizeof(header) + len, list, n_fds);
}

static void drain(int fd)
{
	char control[CMSG_SPACE(16 * sizeof(int))], bytes[4096];
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };

	while (recvmsg(fd, &msg, MSG_DONTWAIT) > 0) {
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
		int got;

		if (cmsg && cmsg->cmsg_type == SCM_RIGHTS) {
			memcpy(&got, CMSG_DATA(cmsg), sizeof(got));
			close(got);
		}
		msg.msg_controllen = sizeof(control);
	}
}

static void play(struct input *in, struct loop *loop, int fd, const int kinds[KINDS])
{
	uint8_t *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, kinds[0], 0);

	for (int i = 0; i < MESSAGES && in->left > 0; i++) {
		unsigned what = take(in);

		if (what < 200)
			send_message(in, fd, kinds);
		else if (what < 220)
			(void)!eventfd_write(kinds[1], 1);
		else if (what < 250 && memory != MAP_FAILED)
			memory[(take(in) | (unsigned)take(in) << 8) % MEMORY] = take(in);
		loop_step(loop, false);
		drain(fd);
	}
	for (int i = 0; i < 4; i++)
		loop_step(loop, false);
	if (memory != MAP_FAILED)
		munmap(memory, MEMORY);
}

static void open_kinds(int kinds[KINDS], int ends[3])
{
	int channel[2], pipe_fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0 || pipe(pipe_fds) < 0)
		abort();
	kinds[0] = memfd_create("fuzz", MFD_CLOEXEC);
	if (ftruncate(kinds[0], MEMORY) < 0)
		abort();
	kinds[1] = eventfd(0, EFD_CLOEXEC);
	kinds[2] = channel[0];
	kinds[3] = pipe_fds[0];
	kinds[4] = memfd_create("empty", MFD_CLOEXEC);
	ends[0] = channel[1];
	ends[1] = pipe_fds[1];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct virtio_console_config config = { 2, true, true, false };
	struct virtio_console_port_config port_config = { .console = true };
	struct vhost_user_options options = { .id = "fuzz", .inband = true };
	struct input in = { data, size };
	struct virtio_console *console;
	struct virtio_console_port *port;
	struct loop *loop = loop_new();
	int pair[2], kinds[KINDS], ends[3];
	struct vhost_user *vu;
	char path[64];

	log_set_level(LOG_ERROR);
	snprintf(path, sizeof(path), "/tmp/charhub-fuzz-%d.sock", (int)getpid());
	options.path = path;
	if (!loop || virtio_console_new(&config, &console) < 0 ||
		virtio_console_add_port(console, &port_config, &port_ops, NULL, &port) < 0 ||
		vhost_user_new(loop, console, &options, &vu, NULL) < 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	open_kinds(kinds, ends);
	virtio_console_port_resize(port, 80, 25);
	if (vhost_user_adopt(vu, pair[1]) < 0)
		abort();
	play(&in, loop, pair[0], kinds);
	close(pair[0]);
	loop_step(loop, false);
	vhost_user_free(vu);
	virtio_console_free(console);
	loop_free(loop);
	for (int i = 0; i < KINDS; i++)
		close(kinds[i]);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
