/* SPDX-License-Identifier: MIT */
/* What every class promises, of a client of the attach protocol at the other end of a socket. */
#include "attach/frame.h"
#include "base/strbuf.h"
#include "control/attach.h"
#include "lib/classes.h"
#include "lib/conformance.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/**
 * struct client - its side of the frames
 * @out:  what the console has printed, and nobody has looked at
 * @owed: of a frame to the daemon, what the socket did not take yet
 */
struct client {
	struct attach_decoder decoder;
	struct strbuf out, owed;
	size_t credit;
};

static void take_frame(struct client *client, const struct attach_frame *frame)
{
	const uint8_t *bytes;
	uint64_t offset;
	uint32_t credit;
	size_t len;

	if (frame->type == ATTACH_CREDIT && attach_get_credit(frame, &credit) == 0)
		client->credit += credit;
	else if (frame->type == ATTACH_SHOWN &&
		 attach_get_output(frame, &offset, &bytes, &len) == 0)
		strbuf_append(&client->out, bytes, len);
}

static void read_frames(struct client *client, int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t at = 0; at < n;) {
			struct attach_frame frame;
			ssize_t used =
				attach_decode(&client->decoder, buf + at, (size_t)(n - at), &frame);

			assert_true(used > 0);
			at += used;
			take_frame(client, &frame);
		}
}

static ssize_t take(struct conformance_peer *peer, void *buf, size_t len)
{
	struct client *client = peer->data;

	if (!client->out.len)
		read_frames(client, peer->from_guest);
	if (len > client->out.len)
		len = client->out.len;
	if (!len)
		return -1;
	memcpy(buf, client->out.data, len);
	strbuf_drop(&client->out, len);
	return (ssize_t)len;
}

/* Return: does the socket take another frame. */
static bool send_owed(struct client *client, int fd)
{
	while (client->owed.len) {
		ssize_t n = send(fd, client->owed.data, client->owed.len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		strbuf_drop(&client->owed, (size_t)n);
	}
	return true;
}

static ssize_t send_input(struct conformance_peer *peer, const void *buf, size_t len)
{
	struct client *client = peer->data;
	uint8_t header[ATTACH_HEADER];

	read_frames(client, peer->from_guest);
	if (!send_owed(client, peer->to_guest) || !client->credit) {
		errno = EAGAIN;
		return -1;
	}
	len = len < client->credit ? len : client->credit;
	len = len < ATTACH_TO_DAEMON_MAX ? len : ATTACH_TO_DAEMON_MAX;
	attach_put_header(header, ATTACH_INPUT, len);
	strbuf_append(&client->owed, header, sizeof(header));
	strbuf_append(&client->owed, buf, len);
	client->credit -= len;
	send_owed(client, peer->to_guest);
	return (ssize_t)len;
}

static struct chardev *make(struct conformance_peer *peer)
{
	struct client *client = test_calloc(1, sizeof(*client));
	struct chardev *hub, *connection, *attach;

	env_add(peer->env, "null,id=log");
	hub = env_add(peer->env, "hub,id=h,chardevs.0=log");
	connection = env_add(peer->env, "socket,id=s,server=on,wait=off,path=%s/s");
	attach = attach_new(hub, "c", NULL);
	assert_non_null(attach);
	attach_decoder_init(&client->decoder, ATTACH_PAYLOAD_MAX);
	client->credit = ATTACH_CREDIT_START;
	peer->data = client;
	peer->to_guest = peer->from_guest = env_dial(peer->env, "s");
	RUN_UNTIL(peer->env->loop, chardev_is_open(connection));
	attach_start(attach, connection, NULL, 0);
	return attach;
}

static void close_input(struct conformance_peer *peer)
{
	assert_true(send_owed(peer->data, peer->to_guest));
	shutdown(peer->to_guest, SHUT_WR);
}

static void done(struct conformance_peer *peer)
{
	struct client *client = peer->data;

	chardev_free(peer->chardev);
	attach_decoder_done(&client->decoder);
	strbuf_done(&client->out);
	strbuf_done(&client->owed);
	test_free(client);
}

int main(void)
{
	const struct conformance adapter = { .name = "attach",
		.classes = charhub_classes,
		.flags = CONFORMS_HALF_CLOSE | CONFORMS_DISCONNECTS,
		.make = make,
		.send = send_input,
		.take = take,
		.close_input = close_input,
		.done = done };

	return conformance_run(&adapter);
}
