/* SPDX-License-Identifier: MIT */
#include "fuzz/server-scene.h"
#include "lib/fake-chardev.h"
#include "lib/rough-io.h"

#include <stdint.h>

/*
 * The whole server, before and after people are let in. The input is a programme for those outside
 * and for the kernel: a byte says what happens (enum op, in its four low bits) and to whom, the
 * next ones are its argument and its bytes. After each thing the server has all the time it wants,
 * and then nothing may be amiss; see server-scene.h.
 *
 * So that what is found stays found: the clock is fake, and nobody else runs.
 */

enum op {
	OP_COME,	/* ARGUMENT: the door */
	OP_GREET,	/* do what lets one in there */
	OP_SEND,	/* ARGUMENT bytes, which follow */
	OP_SEND_FRAMED, /* the same as a message of websocket */
	OP_READ,	/* ARGUMENT * READ_UNIT bytes at most */
	OP_GO,
	OP_HALF_CLOSE,
	OP_PRINT, /* the guest of the first console: ARGUMENT squared bytes */
	OP_TYPE,  /* its good reader: ARGUMENT bytes, which follow */
	OP_RESIZE,
	OP_BREAK,
	OP_PASS,  /* ARGUMENT: how long, of times[] */
	OP_ROUGH, /* ARGUMENT bytes, which follow: what the next system calls do */
	OP_RELOAD,
	OPS,
};

enum { OPS_MAX = 200, OP_MASK = 15, WHO_SHIFT = 4, READ_UNIT = 64 };

static const uint32_t times[] = { 1, 20, 100, 300, 1000, 5000, 30000, 100000 };

struct input {
	const uint8_t *data;
	size_t left;
};

static uint8_t next_byte(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->data++;
}

/* Return: @len bytes, or as many as there are. */
static const uint8_t *next_bytes(struct input *input, size_t *len)
{
	const uint8_t *bytes = input->data;

	if (*len > input->left)
		*len = input->left;
	input->data += *len;
	input->left -= *len;
	return bytes;
}

static void read_some(struct peer *peer, size_t len)
{
	static uint8_t sink[UINT8_MAX * READ_UNIT];

	while (len) {
		size_t n = crowd_read(peer, sink, len);

		if (!n)
			return;
		len -= n;
	}
}

static void send_framed(struct peer *peer, struct input *input)
{
	size_t len = next_byte(input) % 126;
	const uint8_t *bytes = next_bytes(input, &len);

	crowd_send_frame(peer, bytes, len);
}

/* What people outside do. */
static void do_outside(struct scene *scene, enum op op, struct peer *peer, struct input *input)
{
	const uint8_t *bytes;
	size_t len;

	switch (op) {
	case OP_COME: crowd_come(&scene->crowd, peer, next_byte(input)); break;
	case OP_GREET: crowd_greet(peer); break;
	case OP_SEND:
		len = next_byte(input);
		bytes = next_bytes(input, &len);
		crowd_send(peer, bytes, len);
		break;
	case OP_SEND_FRAMED: send_framed(peer, input); break;
	case OP_READ: read_some(peer, (size_t)next_byte(input) * READ_UNIT); break;
	case OP_GO: crowd_go(peer); break;
	default: crowd_half_close(peer); break;
	}
}

/* What the guest, its good reader, the kernel and time do. */
static void do_inside(struct scene *scene, enum op op, struct input *input)
{
	size_t len = next_byte(input);
	const uint8_t *bytes;

	switch (op) {
	case OP_PRINT: scene_print(scene, len * len); break;
	case OP_TYPE:
		bytes = next_bytes(input, &len);
		fake_chardev_type(scene->reader, bytes, len);
		break;
	case OP_RESIZE: fake_chardev_resize(scene->reader, (unsigned)len + 1, 24); break;
	case OP_BREAK: fake_chardev_break(scene->reader); break;
	case OP_PASS: scene_pass(scene, times[len % (sizeof(times) / sizeof(times[0]))]); break;
	case OP_ROUGH:
		bytes = next_bytes(input, &len);
		rough_io_script(bytes, len);
		break;
	default: world_reload(scene->world); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct scene scene;

	scene_begin(&scene);
	for (int i = 0; i < OPS_MAX && input.left; i++) {
		uint8_t what = next_byte(&input);
		enum op op = (what & OP_MASK) % OPS;

		if (op <= OP_HALF_CLOSE)
			do_outside(&scene, op, &scene.crowd.peers[(what >> WHO_SHIFT) % PEERS_MAX],
				&input);
		else
			do_inside(&scene, op, &input);
		scene_settle(&scene);
	}
	scene_end(&scene);
	return 0;
}
