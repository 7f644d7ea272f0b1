/* SPDX-License-Identifier: MIT */
/*
 * A machine that prints more than anybody can read, and never waits for a person: vmm SOCKET BYTES
 *
 * The machine's thread puts bytes into a ring, as into the FIFO of a serial port; what finds no
 * room is lost, and counted, as on a real one. The context's thread takes them out as fast as the
 * console takes them. The machine calls one function of the library, charhub_post(), and that once
 * for each time the ring was found empty.
 */
#include <charhub.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { RING_BYTES = 1 << 16 };

static struct vmm {
	struct charhub *hub;
	struct charhub_console *console;
	char ring[RING_BYTES];
	_Atomic size_t head, tail; /* written by the machine; by the context's thread */
	atomic_bool awake, ended;
	size_t to_print, overruns;
} vmm;

/* In the context's thread: everything that the console takes. */
static void drain(void *data)
{
	(void)data;
	atomic_store(&vmm.awake, false);
	for (;;) {
		size_t tail = atomic_load(&vmm.tail), len = atomic_load(&vmm.head) - tail;
		size_t at = tail % RING_BYTES, piece = len < RING_BYTES - at ? len : RING_BYTES - at;
		ssize_t taken = piece ? charhub_console_write(vmm.console, vmm.ring + at, piece) : 0;

		if (taken <= 0)
			break; /* nothing is left, or on_room() comes */
		atomic_store(&vmm.tail, tail + (size_t)taken);
	}
	if (atomic_load(&vmm.ended) && atomic_load(&vmm.head) == atomic_load(&vmm.tail))
		charhub_stop(vmm.hub);
}

static void wake(void)
{
	if (!atomic_exchange(&vmm.awake, true))
		charhub_post(vmm.hub, drain, NULL);
}

/* In the machine's thread: a byte is written to the port. */
static void put(char byte)
{
	size_t head = atomic_load(&vmm.head);

	if (head - atomic_load(&vmm.tail) == RING_BYTES) {
		vmm.overruns++;
		return;
	}
	vmm.ring[head % RING_BYTES] = byte;
	atomic_store(&vmm.head, head + 1);
	wake();
}

static void *run_machine(void *data)
{
	for (size_t i = 0; i < vmm.to_print; i++)
		put(i % 64 == 63 ? '\n' : (char)('0' + i % 64 % 10));
	atomic_store(&vmm.ended, true);
	wake();
	return data;
}

int main(int argc, char **argv)
{
	const struct charhub_console_config config = { .size = sizeof(config), .id = "ttyS0",
		.options = "chardevs.0=people,stall=wait", .on_room = drain };
	struct charhub_option people[] = { { "backend", "socket" }, { "id", "people" },
		{ "path", argc == 3 ? argv[1] : "" }, { "server", "on" }, { "wait", "off" },
		{ "clients", "16" }, { 0 } };
	struct charhub_error *err = NULL;
	pthread_t machine;

	if (argc != 3 || charhub_new(NULL, &vmm.hub, &err) < 0 ||
		charhub_add_options(vmm.hub, "chardev", people, &err) < 0 ||
		charhub_console_new(vmm.hub, &config, &vmm.console, &err) < 0) {
		fprintf(stderr, "vmm: %s\n", err ? charhub_error_message(err) : "SOCKET BYTES");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	getchar(); /* somebody has connected, or does not care */
	vmm.to_print = strtoul(argv[2], NULL, 10);
	pthread_create(&machine, NULL, run_machine, NULL);
	charhub_run(vmm.hub);
	pthread_join(machine, NULL);
	printf("printed %zu, overrun %zu\n", vmm.to_print - vmm.overruns, vmm.overruns);
	charhub_free(vmm.hub);
	return 0;
}
