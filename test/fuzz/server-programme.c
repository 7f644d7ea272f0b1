/* SPDX-License-Identifier: MIT */
#include "fuzz/server-programme.h"

#include "lib/fake-chardev.h"

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

/* What the good reader of the first console does. */
static void do_reader(struct scene *scene, enum op op, const uint8_t *bytes, size_t len)
{
	if (scene->parted)
		return;
	switch (op) {
	case OP_TYPE: fake_chardev_type(scene->reader, bytes, len); break;
	case OP_RESIZE: fake_chardev_resize(scene->reader, (unsigned)len + 1, 24); break;
	default: fake_chardev_break(scene->reader); break;
	}
}

/* What the guest, its reader, the kernel and time do. */
static void do_inside(
	struct scene *scene, enum op op, struct input *input, const struct kernel_ops *kernel)
{
	uint8_t argument = next_byte(input);
	size_t len = op == OP_TYPE || op == OP_ROUGH ? argument : 0;
	const uint8_t *bytes = next_bytes(input, &len);

	switch (op) {
	case OP_PRINT: scene_print(scene, (size_t)argument * argument); break;
	case OP_TYPE: do_reader(scene, op, bytes, len); break;
	case OP_RESIZE:
	case OP_BREAK: do_reader(scene, op, NULL, argument); break;
	case OP_PASS:
		scene_pass(scene, times[argument % (sizeof(times) / sizeof(times[0]))]);
		break;
	case OP_ROUGH:
		if (kernel->script)
			kernel->script(bytes, len);
		break;
	default: world_reload(scene->world); break;
	}
}

static void hold(const struct kernel_ops *kernel, bool hold)
{
	if (kernel->hold)
		kernel->hold(hold);
}

void programme_run(
	struct scene *scene, const uint8_t *data, size_t size, const struct kernel_ops *kernel)
{
	struct input input = { data, size };

	for (int i = 0; i < OPS_MAX && input.left; i++) {
		uint8_t what = next_byte(&input);
		enum op op = (what & OP_MASK) % OPS;

		struct peer *peer = &scene->crowd.peers[(what >> WHO_SHIFT) % PEERS_MAX];

		if (op <= OP_HALF_CLOSE) {
			hold(kernel, true);
			do_outside(scene, op, peer, &input);
			hold(kernel, false);
		} else {
			do_inside(scene, op, &input, kernel);
		}
		scene_settle(scene);
	}
}
