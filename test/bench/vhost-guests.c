/* SPDX-License-Identifier: MIT */
/*
 * Guests with a virtio console each, for benchmarks that are no C.
 *
 *	vhost-guests FOLDER N
 *
 * Guest I connects to charhubd at FOLDER/vI, and to whoever speaks for it at FOLDER/gI: what comes
 * there goes out by its console, in buffers of one line of a screen at most. Where all of its ring
 * waits for charhubd, so does the speaker. It ends when one of the speakers does.
 */
#include "lib.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "lib/vhost-user-frontend.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GUESTS_MAX = 1000, QUEUES = 2, OUT_QUEUE = 1, BUFFER_BYTES = 80, NUM = 256 };

#define FEATURES (VIRTIO_F_VERSION_1_BIT | VIRTIO_RING_F_EVENT_IDX | VU_F_PROTOCOL_FEATURES)
#define PROTOCOL (1ULL << VU_PF_REPLY_ACK | 1ULL << VU_PF_CONFIG | 1ULL << VU_PF_INFLIGHT_SHMFD)

/** struct guest - @buffers: one for each place of the ring; @next: counts them */
struct guest {
	struct frontend vmm;
	uint64_t buffers, next;
	int speaker;
};

static void boot(struct guest *guest, const char *folder, unsigned number)
{
	AUTO_FREE
	char *device = bench_format("%s/v%u", folder, number);
	AUTO_FREE
	char *speaker = bench_format("%s/g%u", folder, number);
	struct driver_segment room = { .len = BUFFER_BYTES };
	struct frontend *vmm = &guest->vmm;

	frontend_init(vmm, NULL, bench_connect(device));
	frontend_negotiate(vmm, FEATURES, PROTOCOL);
	frontend_use_inflight(vmm, QUEUES, NUM);
	frontend_share_memory(vmm);
	for (unsigned i = 0; i < QUEUES; i++) {
		driver_queue_init(&vmm->queues[i], &vmm->dm, NUM, FEATURES);
		frontend_set_queue(vmm, i, FEATURES, false);
		frontend_set_fds(vmm, i);
		frontend_state(vmm, VU_SET_VRING_ENABLE, i, 1);
	}
	do
		room.addr = driver_alloc(&vmm->dm, BUFFER_BYTES);
	while (driver_add(&vmm->queues[0], &room, 0, 1) >= 0);
	guest->buffers = driver_alloc(&vmm->dm, NUM * BUFFER_BYTES);
	guest->speaker = bench_connect(speaker);
}

/* Take back what was printed; a call says when there is more. */
static void reap(struct guest *guest)
{
	struct driver_queue *queue = &guest->vmm.queues[OUT_QUEUE];
	uint32_t len;

	frontend_calls(&guest->vmm, OUT_QUEUE);
	for (int look = 0; look < 2; look++) {
		while (driver_get_used(queue, &len) >= 0)
			;
		driver_want_call(queue, true);
	}
}

/* Return: false: who speaks for it has gone. */
static bool print(struct guest *guest)
{
	struct driver_queue *queue = &guest->vmm.queues[OUT_QUEUE];
	bool stays = true, more = true;

	while (more && queue->n_free) {
		uint64_t at = guest->buffers + guest->next % NUM * BUFFER_BYTES;
		ssize_t n = recv(
			guest->speaker, driver_at(&guest->vmm.dm, at), BUFFER_BYTES, MSG_DONTWAIT);

		more = n > 0;
		stays = more || (n < 0 && errno == EAGAIN);
		if (more &&
			driver_add(queue, &(struct driver_segment){ at, (uint32_t)n }, 1, 0) >= 0)
			guest->next++;
	}
	if (driver_wants_kick(queue))
		eventfd_write(guest->vmm.kick_fds[OUT_QUEUE], 1);
	return stays;
}

static void run(struct guest *guests, size_t n)
{
	struct pollfd fds[2 * GUESTS_MAX];
	bool stay = true;

	while (stay) {
		for (size_t i = 0; i < n; i++) {
			bool room = guests[i].vmm.queues[OUT_QUEUE].n_free;

			fds[2 * i] = (struct pollfd){ guests[i].speaker, room ? POLLIN : 0, 0 };
			fds[2 * i + 1] =
				(struct pollfd){ guests[i].vmm.call_fds[OUT_QUEUE], POLLIN, 0 };
		}
		if (poll(fds, 2 * n, -1) < 0)
			bench_die("poll: %s", strerror(errno));
		for (size_t i = 0; i < n; i++) {
			if (fds[2 * i + 1].revents)
				reap(&guests[i]);
			if (fds[2 * i].revents)
				stay = print(&guests[i]) && stay;
		}
	}
}

int main(int argc, char **argv)
{
	struct guest *guests;
	uint64_t n = 0;

	if (argc != 3 || parse_u64(argv[2], &n) < 0 || n < 1 || n > GUESTS_MAX)
		bench_die("usage: vhost-guests FOLDER N");
	guests = calloc(n, sizeof(*guests));
	if (!guests)
		bench_die("out of memory");
	for (unsigned i = 0; i < n; i++)
		boot(&guests[i], argv[1], i);
	run(guests, n);
	for (unsigned i = 0; i < n; i++) {
		close(guests[i].speaker);
		frontend_done(&guests[i].vmm);
	}
	free(guests);
	return 0;
}
