/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "display/display.h"
#include "vnc/vnc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A viewer that sends anything. The first byte of the input chooses: bit 0: a password is asked
 * for; bit 1: the bytes come in odd pieces; bit 2: the handshake is done for it, the bytes are
 * messages; bit 3: it does not read. The guest prints all the while.
 */

enum { PASSWORD = 1, PIECES = 2, RUNNING = 4, STALLED = 8 };

enum { TURNS = 3, PIECE = 7 };

struct world {
	struct loop *loop;
	struct font *font;
	struct display *display;
	struct display_console *console;
	struct vt *vt;
	struct vnc_server *server;
	unsigned line;
};

static int on_in(void *data, const struct display_view *view, const char *bytes, size_t len)
{
	struct world *world = data;

	/* What was typed is echoed after the dispatch, as a guest does; here: as a change. */
	(void)view;
	(void)bytes;
	world->line += (unsigned)len;
	return 0;
}

static int on_resize(void *data, const struct display_view *view, unsigned cols, unsigned rows)
{
	struct world *world = data;
	int r = cols * rows > 20000 ? -1 : vt_resize(world->vt, cols, rows);

	(void)view;
	display_console_changed(world->console);
	return r;
}

static const struct display_console_ops ops = { .in = on_in, .resize = on_resize };

static void need(bool good)
{
	if (!good)
		abort();
}

static int secret(void *data, const char *id, char **ret_secret, struct error **err)
{
	(void)data, (void)err;
	*ret_secret = strdup(id);
	return *ret_secret ? 0 : -1;
}

static void open_world(struct world *world, const char *options)
{
	struct display_console_config config = { .label = "vc0", .ops = &ops, .data = world };
	struct vnc_context context = { .secret = secret };
	struct opts *opts = NULL;

	world->loop = loop_new();
	need(world->loop && font_new("", &world->font, NULL) == 0);
	loop_fake_clock(world->loop);
	world->display = display_new(world->loop, "fuzz", world->font);
	need(world->display && vt_new(NULL, NULL, NULL, &world->vt) == 0);
	config.vt = world->vt;
	need(display_console_add(world->display, &config, &world->console) == 0);
	context.loop = world->loop;
	context.display = world->display;
	need(opts_parse(options, "vnc", &opts, NULL) == 0);
	need(vnc_server_new(&context, opts, &world->server, NULL) == 0);
	opts_free(opts);
}

static void close_world(struct world *world)
{
	vnc_server_free(world->server);
	display_free(world->display);
	vt_free(world->vt);
	font_free(world->font);
	loop_free(world->loop);
}

static void turn(struct world *world, int fd, bool reads)
{
	static char sink[65536];
	char line[64];

	snprintf(line, sizeof(line), "\033[3%um%u \xe6\xbc\xa2\r\n", world->line % 8, world->line);
	world->line++;
	vt_feed(world->vt, line, strlen(line));
	display_console_changed(world->console);
	for (unsigned i = 0; i < TURNS; i++) {
		loop_step(world->loop, false);
		while (reads && recv(fd, sink, sizeof(sink), 0) > 0)
			;
	}
	loop_advance(world->loop, 17);
}

static void send_pieces(
	struct world *world, int fd, const uint8_t *data, size_t size, size_t piece, bool reads)
{
	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		if (send(fd, data + at, n, MSG_NOSIGNAL) < 0)
			break;
		turn(world, fd, reads);
	}
	turn(world, fd, reads);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t login[] = "RFB 003.008\n\1\1";
	struct world world = { 0 };
	bool reads;
	int fds[2];

	if (size == 0)
		return 0;
	log_set_level(LOG_ERROR);
	reads = !(data[0] & STALLED);
	open_world(&world, data[0] & PASSWORD ? "none,password-secret=a" : "none");
	need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
	need(vnc_server_adopt(world.server, fds[0], NULL) == 0);
	if (data[0] & RUNNING)
		send_pieces(&world, fds[1], login, sizeof(login) - 1, sizeof(login), true);
	send_pieces(&world, fds[1], data + 1, size - 1, data[0] & PIECES ? PIECE : 4096, reads);
	close_world(&world);
	close(fds[1]);
	return 0;
}
