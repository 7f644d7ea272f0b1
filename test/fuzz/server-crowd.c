/* SPDX-License-Identifier: MIT */
#include "fuzz/server-crowd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FRAME_MAX = 125, FRAME_HEAD = 6 };

#define UPGRADE(path)                                                            \
	"GET " path " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"             \
	"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
	"Sec-WebSocket-Version: 13\r\n\r\n"
#define CAPABILITIES "{\"execute\":\"qmp_capabilities\"}\n"
#define ATTACH(console)                                                       \
	"{\"execute\":\"attach\",\"arguments\":{\"console\":\"" console "\"," \
	"\"cols\":80,\"rows\":24}}\n"
#define GREETING(text) .greeting = (text), .greeting_len = sizeof(text) - 1

/**
 * struct door - a way in
 * @name:     of the socket
 * @greeting: what lets somebody in
 * @calls:    the server comes to us; which of crowd.calls, from 1
 * @tls:      the greeting is TLS's own
 * @handed_over: the socket is ours, and the server gets it
 * @steers:   who is there may change what there is
 */
struct door {
	const char *name, *greeting;
	size_t greeting_len;
	unsigned calls;
	bool tls, handed_over, steers;
};

/* New ways in come last, so that the inputs in the corpus keep their meaning. */
static const struct door doors[] = {
	{ .name = "plain" },
	{ .name = "one" },
	{ .name = "mux" },
	{ .name = "telnet",
		GREETING("\377\375\1\377\375\3\377\373\0\377\375\0\377\373\37\377\372\37\0\120\0\30"
			 "\377\360\377\373\54\377\372\54\1\0\0\45\200\377\360") },
	{ .name = "websocket", GREETING(UPGRADE("/")) },
	{ .name = "tls", .tls = true, .handed_over = true },
	{ .name = "called", .calls = 1 },
	{ .name = "called-telnet", .calls = 2, GREETING("\377\373\1\377\373\3\377\375\54") },
	{ .name = "guest" },
	{ .name = "vhost-user", GREETING("\1\0\0\0\1\0\0\0\0\0\0\0\17\0\0\0\1\0\0\0\0\0\0\0") },
	{ .name = "lobby", GREETING("second\r\n") },
	{ .name = "lobby-websocket", GREETING(UPGRADE("/console/second")) },
	{ .name = "vnc", GREETING("RFB 003.008\n\1\1") },
	{ .name = "vnc-websocket", GREETING(UPGRADE("/")) },
	{ .name = "control", .steers = true, GREETING(CAPABILITIES) },
	{ .name = "attach", .steers = true, GREETING(CAPABILITIES ATTACH("first")) },
	{ .name = "attach-typing", .steers = true, GREETING(CAPABILITIES ATTACH("third")) },
};

enum { DOORS = sizeof(doors) / sizeof(doors[0]) };

void need(bool so)
{
	if (!so)
		abort();
}

static struct sockaddr_un name_of(const struct crowd *crowd, const struct door *door)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s/%s", crowd->dir, door->name);
	return name;
}

static int make_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	need(fd >= 0);
	return fd;
}

static int listen_at(const struct crowd *crowd, const struct door *door)
{
	struct sockaddr_un name = name_of(crowd, door);
	int fd = make_socket();

	need(bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0 && listen(fd, PEERS_MAX) == 0);
	return fd;
}

void crowd_init(struct crowd *crowd, const char *dir)
{
	*crowd = (struct crowd){ .dir = dir };
	for (size_t i = 0; i < DOORS; i++) {
		if (doors[i].handed_over)
			crowd->handed_over = listen_at(crowd, &doors[i]);
		if (doors[i].calls)
			crowd->calls[doors[i].calls - 1] = listen_at(crowd, &doors[i]);
	}
}

void crowd_done(struct crowd *crowd)
{
	for (size_t i = 0; i < DOORS; i++) {
		if (doors[i].calls)
			close(crowd->calls[doors[i].calls - 1]);
		if (doors[i].calls || doors[i].handed_over)
			unlink(name_of(crowd, &doors[i]).sun_path);
	}
	close(crowd->handed_over);
}

/* One whom the server calls finds nobody there until the server has called. */
static void come(struct crowd *crowd, struct peer *peer, const struct door *door)
{
	struct sockaddr_un name = name_of(crowd, door);

	crowd_go(peer);
	if (door->calls) {
		peer->fd = accept4(
			crowd->calls[door->calls - 1], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (peer->fd < 0)
			return;
	} else {
		peer->fd = make_socket();
		if (connect(peer->fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
			close(peer->fd); /* so many wait already */
			return;
		}
	}
	peer->door = door;
	crowd->steered |= door->steers;
}

void crowd_come(struct crowd *crowd, struct peer *peer, unsigned door)
{
	come(crowd, peer, &doors[door % DOORS]);
}

void crowd_come_plainly(struct crowd *crowd, struct peer *peer)
{
	come(crowd, peer, &doors[0]);
}

/* For credentials that ask for none. */
static SSL_CTX *tls_context(void)
{
	static SSL_CTX *context; /* takes longer to make than a session */

	if (context)
		return context;
	context = SSL_CTX_new(TLS_client_method());
	need(context && SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION));
	need(SSL_CTX_set_cipher_list(context, "aNULL:@SECLEVEL=0"));
	return context;
}

static void begin_tls(struct peer *peer)
{
	if (!peer->tls) {
		peer->tls = SSL_new(tls_context());
		need(peer->tls && SSL_set_fd(peer->tls, peer->fd));
		SSL_set_connect_state(peer->tls);
	}
	SSL_do_handshake(peer->tls); /* goes on where the peer reads and writes */
}

void crowd_greet(struct peer *peer)
{
	if (peer->door && peer->door->tls)
		begin_tls(peer);
	else if (peer->door)
		crowd_send(peer, peer->door->greeting, peer->door->greeting_len);
}

void crowd_send(struct peer *peer, const void *bytes, size_t len)
{
	if (!peer->door || !len)
		return;
	if (peer->tls)
		SSL_write(peer->tls, bytes, (int)len);
	else if (write(peer->fd, bytes, len) < 0)
		return; /* no room, or the server has closed */
}

void crowd_send_frame(struct peer *peer, const void *bytes, size_t len)
{
	uint8_t frame[FRAME_HEAD + FRAME_MAX] = { 0x82, (uint8_t)(0x80 | len) };

	need(len <= FRAME_MAX);
	if (len)
		memcpy(frame + FRAME_HEAD, bytes, len); /* masked with zeros */
	crowd_send(peer, frame, FRAME_HEAD + len);
}

size_t crowd_read(struct peer *peer, void *buf, size_t len)
{
	ssize_t n;

	if (!peer->door)
		return 0;
	n = peer->tls ? SSL_read(peer->tls, buf, (int)len) : recv(peer->fd, buf, len, 0);
	return n > 0 ? (size_t)n : 0;
}

void crowd_half_close(struct peer *peer)
{
	if (peer->door)
		shutdown(peer->fd, SHUT_WR);
}

void crowd_go(struct peer *peer)
{
	if (!peer->door)
		return;
	SSL_free(peer->tls);
	close(peer->fd);
	*peer = (struct peer){ 0 };
}
