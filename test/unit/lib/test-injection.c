/* SPDX-License-Identifier: MIT */
/*
 * One call fails, of all that are made while a hub with a member of each class lives and dies: the
 * first, the second, and so on, until a life passes without. Whatever it is, nothing crashes, leaks
 * or hangs; the hub's other members get every byte once; the member that was hit has a part of the
 * stream, from a beginning and without a gap; and when it is over the next one is served as ever.
 *
 * With the name of a kind as its argument, only that is tried, and each fault is told. With several
 * names nothing is tried: they must be all that there are.
 */
#include "attach/frame.h"
#include "base/cleanup.h"
#include "control/attach.h"
#include "display/display.h"
#include "hub/hub.h"
#include "io/work-pool.h"
#include "lib/classes.h"
#include "lib/env.h"
#include "lib/fake-chardev.h"
#include "lib/fault.h"
#include "object/object.h"
#include "object/tls-creds.h"
#include "opts/opts.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

enum {
	CLASSES_MAX = 32,
	FAULTS_MAX = 10000, /* a life polls while it waits: the busier the machine, the longer */
	TEXT_BYTES = 1024,
	OTHERS = 2,	      /* members that nothing happens to */
	ROOM_BYTES = 1 << 16, /* what they and the guest have memory for */
	PARTS = 3,	      /* the guest's output */
	PART_BYTES = 1500,
	TURNS_MAX = 10000, /* TCP has carried what is under way by then, however busy the machine */
	REST_MS = 3000,	   /* all that rests after a fault goes on by then */
};

/* What a member's bytes are wrapped in on their way to its peer. */
enum wrapping { PLAIN, TELNET, WEBSOCKET, ATTACH };

struct life;

/**
 * struct kind - one sort of member
 * @text:   of -chardev; %s is the directory, or the place that @before has made
 * @is_here: can this system have it; NULL: all can
 * @before: what has to be there before; may be NULL
 * @join:   be its peer. Return: a descriptor that does not wait. NULL: it has none
 * @file:   what it writes; looked at when all is over
 * @again:  who has gone may come again
 * @mute:   the peer does not type
 * @final:  an error is its end, since nobody can come again
 * @step:   how many faults further in the next life, where a life takes long; 0: 1
 */
struct kind {
	const char *name, *text;
	bool (*is_here)(void);
	void (*before)(struct life *life);
	int (*join)(struct life *life);
	const char *file;
	enum wrapping wrapping;
	bool again, mute, final;
	unsigned step;
};

/**
 * struct peer - who is at the other end of the member
 * @from: how much of the guest's output there was when it came
 * @got:  as it came
 */
struct peer {
	int fd;
	size_t from;
	struct strbuf got;
	SSL *ssl; /* NULL: the bytes go as they are */
};

struct life {
	const struct kind *kind;
	struct env *env;
	struct display *display;
	struct fake_chardev *others[OTHERS];
	struct peer peer;
	int far;	 /* the other side of what @kind opens, -1 */
	int standard[2]; /* the descriptors 0 and 1 that were, where others are there now */
	char place[32];
	struct object_set *objects;
	SSL_CTX *tls;
	size_t written;
	unsigned typed;
	int code; /* of the fault */
};

static char part_byte(size_t offset)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";

	return digits[(offset / 32 + offset * 7) % 32];
}

static const char *path_of(struct life *life, const char *name)
{
	return env_path(life->env, name);
}

/* ---- peers ---- */

static int dial(struct life *life)
{
	int fd = env_dial(life->env, "s");

	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static int dial_websocket(struct life *life)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
				      "Connection: Upgrade\r\n"
				      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
				      "Sec-WebSocket-Version: 13\r\n\r\n";
	int fd = dial(life);

	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	return fd;
}

static void listen_before(struct life *life)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path_of(life, "l"));
	life->far = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(life->far, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(life->far, 8), 0);
}

static int be_dialled(struct life *life)
{
	return accept4(life->far, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static int open_raw(const char *path)
{
	struct termios mode;
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && tcgetattr(fd, &mode) == 0) {
		cfmakeraw(&mode);
		tcsetattr(fd, TCSANOW, &mode);
	}
	return fd;
}

static int open_slave(struct life *life)
{
	return open_raw(path_of(life, "pty"));
}

static void plug_in_before(struct life *life)
{
	life->far = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(life->far >= 0);
	assert_int_equal(grantpt(life->far), 0);
	assert_int_equal(unlockpt(life->far), 0);
	assert_int_equal(ptsname_r(life->far, life->place, sizeof(life->place)), 0);
}

static int take_far(struct life *life)
{
	return dup(life->far);
}

/* A socket in the place of standard input and output. */
static void stdio_before(struct life *life)
{
	int fds[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	for (int i = 0; i < 2; i++) {
		life->standard[i] = fcntl(i, F_DUPFD_CLOEXEC, 3);
		assert_int_equal(dup2(fds[0], i), i);
	}
	close(fds[0]);
	life->far = fds[1];
}

static void restore_standard(struct life *life)
{
	for (int i = 0; i < 2 && life->standard[i]; i++) {
		dup2(life->standard[i], i);
		close(life->standard[i]);
	}
}

static struct sockaddr_in loopback(in_port_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
}

/* A port that is free, and stays so for a server that may use it again; credentials of no peer. */
static void tls_before(struct life *life)
{
	AUTO_OPTS struct opts *opts = NULL;
	struct sockaddr_in name = loopback(0);
	socklen_t len = sizeof(name);
	int on = 1;

	life->far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(life->far, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(life->far, (struct sockaddr *)&name, len), 0);
	assert_int_equal(getsockname(life->far, (struct sockaddr *)&name, &len), 0);
	snprintf(life->place, sizeof(life->place), "%u", ntohs(name.sin_port));
	assert_int_equal(
		opts_parse("tls-creds-anon,id=t,endpoint=server", "qom-type", &opts, NULL), 0);
	assert_int_equal(object_set_add(life->objects, opts, NULL), 0);
	life->tls = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_max_proto_version(life->tls, TLS1_2_VERSION);
	assert_int_equal(SSL_CTX_set_cipher_list(life->tls, "aNULL:@SECLEVEL=0"), 1);
}

static int dial_tls(struct life *life)
{
	struct sockaddr_in name = loopback(htons((in_port_t)strtoul(life->place, NULL, 10)));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	life->peer.ssl = SSL_new(life->tls);
	SSL_set_fd(life->peer.ssl, fd);
	SSL_set_connect_state(life->peer.ssl);
	return fd;
}

/* The daemon's part of it, in which calls may fail. Return: is the client a member. */
static bool serve_attachment(struct life *life, struct chardev *connection)
{
	struct chardev *hub = chardev_set_find(life->env->set, "h");
	struct chardev *attach = attach_new(hub, "a", NULL);
	struct hub_member_options options;

	hub_member_defaults(hub, &options);
	if (!attach || hub_admit(hub, attach, &options, NULL) < 0) {
		chardev_free(attach);
		return false;
	}
	attach_start(attach, connection, NULL, 0);
	return true;
}

static int join_by_attaching(struct life *life)
{
	struct chardev *connection = env_add(life->env, "socket,id=k,path=%s/s,server=on,wait=off");
	int fd = dial(life);
	bool served;

	RUN_UNTIL(life->env->loop, chardev_is_open(connection));
	fault_hold(false);
	served = serve_attachment(life, connection);
	fault_hold(true);
	if (served)
		return fd;
	chardev_free(connection);
	close(fd);
	return -1;
}

static void fifos_before(struct life *life)
{
	assert_int_equal(mkfifo(path_of(life, "p.in"), 0600), 0);
	assert_int_equal(mkfifo(path_of(life, "p.out"), 0600), 0);
}

static int open_fifo(struct life *life)
{
	return open(path_of(life, "p.out"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static const struct kind kinds[] = {
	{ .name = "null", .text = "null,id=c" },
	{ .name = "ringbuf", .text = "ringbuf,id=c,size=4k" },
	{ .name = "memory", .text = "memory,id=c,size=4k" },
	{ .name = "vc", .text = "vc,id=c" },
	{ .name = "exec", .text = "exec,id=c,command=exec cat >/dev/null", .step = 17 },
	{ .name = "udp", .text = "udp,id=c,host=127.0.0.1,port=9" },
	{ .name = "journald", .text = "journald,id=c,path=%s/j" },
	{ .name = "syslog", .text = "syslog,id=c,host=127.0.0.1,port=9" },
	{ .name = "file", .text = "file,id=c,path=%s/f", .file = "f" },
	{ .name = "log", .text = "null,id=c,logfile=%s/f,logtimestamp=off", .file = "f" },
	{ .name = "pipe",
		.text = "pipe,id=c,path=%s/p",
		.before = fifos_before,
		.join = open_fifo,
		.mute = true },
	{ .name = "pty",
		.text = "pty,id=c,path=%s/pty",
		.join = open_slave,
		.again = true,
		.step = 5 },
	{ .name = "serial",
		.text = "serial,id=c,path=%s",
		.is_here = has_serial_lines,
		.before = plug_in_before,
		.join = take_far,
		.again = true },
	{ .name = "stdio",
		.text = "stdio,id=c",
		.before = stdio_before,
		.join = take_far,
		.again = true,
		.final = true },
	{ .name = "client",
		.text = "socket,id=c,path=%s/l,reconnect-ms=100",
		.before = listen_before,
		.join = be_dialled,
		.again = true },
	{ .name = "server",
		.text = "socket,id=c,path=%s/s,server=on,wait=off",
		.join = dial,
		.again = true },
	{ .name = "server-of-several",
		.text = "socket,id=c,path=%s/s,server=on,wait=off,clients=4",
		.join = dial,
		.again = true },
	{ .name = "telnet",
		.text = "socket,id=c,path=%s/s,server=on,wait=off,clients=4,telnet=on",
		.join = dial,
		.wrapping = TELNET,
		.again = true },
	{ .name = "telnet-client",
		.text = "socket,id=c,path=%s/l,reconnect-ms=100,telnet=on",
		.before = listen_before,
		.join = be_dialled,
		.wrapping = TELNET,
		.again = true },
	{ .name = "websocket",
		.text = "socket,id=c,path=%s/s,server=on,wait=off,clients=4,websocket=on",
		.join = dial_websocket,
		.wrapping = WEBSOCKET,
		.again = true },
	{ .name = "tls",
		.text = "socket,id=c,host=127.0.0.1,port=%s,server=on,wait=off,clients=4,"
			"tls-creds=t",
		.before = tls_before,
		.join = dial_tls,
		.step = 37,
		.again = true },
	{ .name = "attach",
		.text = "null,id=c",
		.join = join_by_attaching,
		.wrapping = ATTACH,
		.again = true },
	{ .name = "mux",
		.text = "socket,id=c,path=%s/s,server=on,wait=off,mux=on",
		.join = dial,
		.again = true },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* ---- what came ---- */

/* Telnet: three bytes a command. Return: how much is left. */
static size_t unwrap_telnet(char *bytes, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (bytes[i] == '\xff')
			i += 2;
		else
			bytes[n++] = bytes[i];
	return n;
}

/* Whole binary messages, of up to 64 KB each, after the answer. */
static size_t unwrap_websocket(char *bytes, size_t len)
{
	const char *end = len ? memmem(bytes, len, "\r\n\r\n", 4) : NULL;
	size_t n = 0, at = end ? (size_t)(end + 4 - bytes) : len, size, head;

	while (at + 4 <= len && bytes[at] == '\x82') {
		size = (unsigned char)bytes[at + 1];
		head = size == 126 ? 4 : 2;
		if (head == 4)
			size = (size_t)(unsigned char)bytes[at + 2] << 8 |
			       (unsigned char)bytes[at + 3];
		at += head;
		size = size < len - at ? size : len - at;
		memmove(bytes + n, bytes + at, size);
		n += size;
		at += size;
	}
	return n;
}

/* What is printed and what is shown; the last frame may be there in part. */
static size_t unwrap_attach(char *bytes, size_t len)
{
	size_t n = 0, at = 0, size;

	for (; at + ATTACH_HEADER + ATTACH_OFFSET <= len; at += size) {
		struct attach_frame frame = { .type = (uint8_t)bytes[at] };
		size_t there = len - at - ATTACH_HEADER;
		const uint8_t *output;
		uint64_t offset;
		size_t output_len;

		frame.payload = (uint8_t *)bytes + at + ATTACH_HEADER;
		frame.len =
			(size_t)(unsigned char)bytes[at + 2] << 8 | (unsigned char)bytes[at + 3];
		size = ATTACH_HEADER + frame.len;
		frame.len = frame.len < there ? frame.len : there;
		if ((frame.type != ATTACH_DATA && frame.type != ATTACH_SHOWN) ||
			attach_get_output(&frame, &offset, &output, &output_len) < 0)
			continue;
		memmove(bytes + n, output, output_len);
		n += output_len;
	}
	return n;
}

/* Return: how many bytes of the stream from @from on are there; asserts that nothing else is. */
static size_t stream_part(const char *bytes, size_t len, size_t from)
{
	size_t n = 0;

	while (n < len && bytes[n] == part_byte(from + n))
		n++;
	if (n < len && !memmem(bytes + n, len - n, "charhub: ", 9))
		fail_msg("after %zu bytes of the stream something else: '%.*s'", n, (int)(len - n),
			bytes + n);
	return n;
}

static size_t peer_part(struct life *life)
{
	struct peer *peer = &life->peer;
	char bytes[ROOM_BYTES];
	size_t len = peer->got.len;

	assert_true(len <= sizeof(bytes));
	if (len)
		memcpy(bytes, peer->got.data, len);
	if (life->kind->wrapping == TELNET)
		len = unwrap_telnet(bytes, len);
	else if (life->kind->wrapping == WEBSOCKET)
		len = unwrap_websocket(bytes, len);
	else if (life->kind->wrapping == ATTACH)
		len = unwrap_attach(bytes, len);
	return stream_part(bytes, len, peer->from);
}

static ssize_t read_some(struct peer *peer, char *buf, size_t len)
{
	return peer->ssl ? SSL_read(peer->ssl, buf, (int)len) : read(peer->fd, buf, len);
}

static ssize_t write_some(struct peer *peer, const char *bytes, size_t len)
{
	return peer->ssl ? SSL_write(peer->ssl, bytes, (int)len) : write(peer->fd, bytes, len);
}

static void peer_read(struct life *life)
{
	struct peer *peer = &life->peer;
	char bytes[4096];
	ssize_t got;

	while (peer->fd >= 0 && (got = read_some(peer, bytes, sizeof(bytes))) > 0)
		strbuf_append(&peer->got, bytes, (size_t)got);
}

static void turn(struct life *life)
{
	run_idle(life->env->loop);
	fault_hold(true);
	peer_read(life);
	fault_hold(false);
}

/* TCP may take its time, also within a host. */
static void later_turn(struct life *life)
{
	struct pollfd ready = { .fd = life->peer.fd, .events = POLLIN };

	poll(&ready, 1, 1);
	turn(life);
}

static void peer_come(struct life *life)
{
	struct peer *peer = &life->peer;

	if (!life->kind->join)
		return;
	loop_advance(life->env->loop, REST_MS);
	run_idle(life->env->loop);
	fault_hold(true);
	strbuf_done(&peer->got);
	peer->from = life->written;
	peer->fd = life->kind->join(life);
	fault_hold(false);
	turn(life);
	for (int i = 0; i < TURNS_MAX && peer->ssl && !SSL_is_init_finished(peer->ssl); i++)
		later_turn(life);
}

static void peer_go(struct life *life)
{
	fault_hold(true);
	SSL_free(life->peer.ssl);
	life->peer.ssl = NULL;
	if (life->peer.fd >= 0)
		close(life->peer.fd);
	while (life->kind->join == be_dialled && (life->peer.fd = be_dialled(life)) >= 0)
		close(life->peer.fd); /* one that failed on the way */
	life->peer.fd = -1;
	fault_hold(false);
	turn(life);
}

static void peer_type(struct life *life)
{
	static const struct {
		const char *bytes;
		size_t len;
	} keys[] = {
		[PLAIN] = { "!", 1 },
		[TELNET] = { "!", 1 },
		[WEBSOCKET] = { "\x82\x81\0\0\0\0!", 7 },
		[ATTACH] = { "I\0\0\1!", 5 },
	};
	enum wrapping wrapping = life->kind->wrapping;

	if (life->peer.fd < 0 || life->kind->mute)
		return;
	fault_hold(true);
	if (write_some(&life->peer, keys[wrapping].bytes, keys[wrapping].len) > 0)
		life->typed++;
	fault_hold(false);
	turn(life);
}

/* ---- a life ---- */

/* What failed because of the fault works when it is tried again. */
static void add(struct life *life, const char *text, struct chardev **ret_chardev)
{
	char filled[TEXT_BYTES];
	const char *at = strstr(text, "%s"), *place = *life->place ? life->place : life->env->dir;

	snprintf(filled, sizeof(filled), "%.*s%s%s", (int)(at ? at - text : (long)strlen(text)),
		text, at ? place : "", at ? at + 2 : "");
	for (int i = 0; i < 2; i++) {
		AUTO_ERROR struct error *err = NULL;

		if (chardev_set_add_text(life->env->set, filled, ret_chardev, &err) == 0)
			return;
		assert_non_null(err);
		assert_true(strlen(error_message(err)) > 5);
		if (i || !fault_is_over())
			fail_msg("%s: %s", filled, error_message(err));
		run_idle(life->env->loop);
	}
}

static void hold_hub(struct life *life, struct chardev *hub)
{
	for (int i = 0; i < 2; i++) {
		AUTO_ERROR struct error *err = NULL;

		if (fake_holder_attach(&life->env->holder, hub, FAKE_HOLDER_PLAIN, &err) == 0)
			return;
		if (i || !fault_is_over())
			fail_msg("attach: %s", error_message(err));
	}
}

static void guest_prints(struct life *life, size_t len)
{
	char bytes[PART_BYTES];

	while (len) {
		size_t n = len < 500 ? len : 500;

		for (size_t i = 0; i < n; i++)
			bytes[i] = part_byte(life->written + i);
		assert_int_equal(fake_holder_out(&life->env->holder, bytes, n), n);
		life->written += n;
		len -= n;
		turn(life);
	}
}

/* Errors that say "once more" cost nobody anything. */
static bool is_harmless(const struct life *life)
{
	return !fault_is_over() || life->code == EINTR || life->code == EAGAIN;
}

/* The one that is there has all, unless the fault has hit it. */
static void look_at_peer(struct life *life, bool unharmed)
{
	size_t part;

	if (!life->kind->join)
		return;
	if (unharmed)
		loop_advance(life->env->loop, REST_MS);
	turn(life);
	fault_hold(true);
	part = peer_part(life);
	fault_hold(false);
	for (int i = 0; i < TURNS_MAX && unharmed && part < life->written - life->peer.from; i++) {
		later_turn(life);
		fault_hold(true);
		part = peer_part(life);
		fault_hold(false);
	}
	if (unharmed && part != life->written - life->peer.from)
		fail_msg("%zu bytes came, not %zu", part, life->written - life->peer.from);
}

static const struct object_class *const object_classes[] = { &tls_creds_anon_class, NULL };

static void begin(struct life *life, const struct chardev_class *const *classes)
{
	static const char room[ROOM_BYTES];

	fault_hold(true);
	life->far = life->peer.fd = -1;
	life->env = env_new(classes);
	loop_fake_clock(life->env->loop);
	life->display = display_new(life->env->loop, "test", NULL);
	assert_non_null(life->display);
	chardev_set_show(life->env->set, life->display);
	life->objects = object_set_new(life->env->loop, object_classes);
	assert_non_null(life->objects);
	chardev_set_objects(life->env->set, life->objects);
	for (int i = 0; i < OTHERS; i++) {
		char id[] = { 'f', (char)('0' + i), '\0' };

		life->others[i] = fake_chardev_add(life->env->set, id);
		strbuf_append(&life->others[i]->out, room, sizeof(room));
		life->others[i]->out.len = 0;
	}
	strbuf_append(&life->env->holder.in, room, sizeof(room));
	strbuf_append(&life->env->holder.log, room, sizeof(room));
	life->env->holder.in.len = life->env->holder.log.len = 0;
	if (life->kind->before)
		life->kind->before(life);
	fault_hold(false);
}

static void live(struct life *life)
{
	struct chardev *hub;

	add(life, life->kind->text, NULL);
	add(life, "hub,id=h,chardevs.0=f0,chardevs.1=c,chardevs.2=f1,terminal=off,replay=none",
		&hub);
	hold_hub(life, hub);
	turn(life);
	for (int i = 0; i < PARTS; i++) {
		if (i == 0 || life->kind->again)
			peer_come(life);
		guest_prints(life, PART_BYTES / PARTS);
		peer_type(life);
		if (i == 1)
			loop_advance(life->env->loop, REST_MS);
		look_at_peer(life, is_harmless(life));
		if (life->kind->again)
			peer_go(life);
	}
}

/* The fault is over: who comes now is served as ever. */
static void live_on(struct life *life)
{
	loop_advance(life->env->loop, REST_MS);
	turn(life);
	if (!life->kind->join || life->kind->final)
		return;
	if (life->kind->again)
		peer_come(life);
	guest_prints(life, PART_BYTES);
	look_at_peer(life, true);
	peer_type(life);
	for (int i = 0; i < TURNS_MAX && life->peer.ssl && !life->env->holder.in.len; i++)
		later_turn(life);
	assert_int_equal(life->env->holder.in.len > 0, !life->kind->mute);
	peer_go(life);
}

/* What is missing in a file is counted there. Return: the offset in the stream at its end. */
static size_t accounted(const char *bytes, size_t len)
{
	static const char notice[] = "[charhub: ";
	size_t at = 0, offset = 0;

	while (at < len) {
		size_t n = stream_part(bytes + at, len - at, offset);
		char *end;

		at += n;
		offset += n;
		if (at == len)
			break;
		at += bytes[at] == '\n';
		if (memcmp(bytes + at, notice, strlen(notice)))
			fail_msg("at %zu of %zu: '%.*s'", at, len, (int)(len - at), bytes + at);
		assert_true(
			len - at > strlen(notice) && !memcmp(bytes + at, notice, strlen(notice)));
		offset += strtoul(bytes + at + strlen(notice), &end, 10);
		end = memchr(end, '\n', len - (size_t)(end - bytes));
		assert_non_null(end);
		at = (size_t)(end + 1 - bytes);
	}
	return offset;
}

static void look_at_file(struct life *life)
{
	char bytes[ROOM_BYTES];
	int fd = open(path_of(life, life->kind->file), O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, bytes, sizeof(bytes));

	assert_true(len >= 0);
	close(fd);
	assert_int_equal(accounted(bytes, (size_t)len), life->written);
}

static void look_at_others(struct life *life)
{
	for (int i = 0; i < OTHERS; i++) {
		const struct strbuf *out = &life->others[i]->out;

		assert_int_equal(out->len, life->written);
		assert_int_equal(stream_part(out->data, out->len, 0), life->written);
	}
	if (life->kind->join)
		assert_true(life->env->holder.in.len <= life->typed);
}

/* Children are reaped in their own time. */
static void settle(struct loop *loop)
{
	siginfo_t info;

	loop_advance(loop, REST_MS);
	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		loop_step(loop, true);
}

static void end(struct life *life)
{
	struct chardev *chardev;

	fake_holder_detach(&life->env->holder);
	for (const char *const *id = (const char *const[]){ "h", "c", "c-base", NULL }; *id; id++)
		if ((chardev = chardev_set_find(life->env->set, *id)))
			chardev_free(chardev);
	settle(life->env->loop);
}

static void bury(struct life *life)
{
	struct env *env = life->env;
	struct work_pool *pool;

	strbuf_done(&life->peer.got);
	if (life->peer.fd >= 0)
		close(life->peer.fd);
	if (life->far >= 0)
		close(life->far);
	assert_int_equal(work_pool_get(env->loop, &pool), 0);
	chardev_set_free(env->set);
	while (work_pool_drain(pool)) /* a disk may be slow */
		continue;
	work_pool_put(pool);
	env->set = chardev_set_new(env->loop, charhub_classes); /* for env_free() */
	assert_non_null(env->set);
	if (life->kind->file)
		look_at_file(life);
	run_idle(env->loop);
	restore_standard(life);
	object_set_free(life->objects);
	SSL_CTX_free(life->tls);
	display_free(life->display);
	env_free(env);
}

/* Return: has a call failed? */
static bool one_life(const struct kind *kind, unsigned n, int code)
{
	const struct chardev_class *classes[CLASSES_MAX] = { &fake_chardev_class };
	struct life life = { .kind = kind, .code = code };
	bool failed;

	for (size_t i = 0; charhub_classes[i]; i++)
		classes[i + 1] = charhub_classes[i];
	begin(&life, classes);
	fault_arm_code(n, code);
	live(&life);
	failed = fault_is_over();
	if (failed) {
		fault_disarm();
		live_on(&life);
	}
	look_at_others(&life);
	end(&life);
	failed |= fault_disarm();
	bury(&life);
	return failed;
}

static bool tells; /* which call is next */

static void each_call_may_fail(void **state)
{
	static const int codes[] = { ENOMEM, EMFILE, ENOSPC, EINTR, EAGAIN, EIO, ECONNRESET };
	const struct kind *kind = *state;
	unsigned fds, n, step = kind->step ? kind->step : 1;

	if (kind->is_here && !kind->is_here())
		skip();
	one_life(kind, 0, 0);
	fds = open_fds();
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		n = 1 - step;
		do {
			n += step;
			assert_true(n < FAULTS_MAX);
			if (tells)
				print_message("%s: %u, %s\n", kind->name, n, strerror(codes[i]));
		} while (one_life(kind, n, codes[i]) && open_fds() == fds);
		assert_int_equal(open_fds(), fds);
	}
}

static const char *const *named_kinds;

static void all_kinds_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		assert_non_null(named_kinds[i]);
		assert_string_equal(named_kinds[i], kinds[i].name);
	}
	assert_null(named_kinds[KINDS]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest names[] = { cmocka_unit_test(all_kinds_are_named) };
	struct CMUnitTest tests[KINDS] = { 0 };
	size_t n = 0;

	signal(SIGPIPE, SIG_IGN);
	named_kinds = (const char *const *)argv + 1;
	if (argc > 2)
		return cmocka_run_group_tests(names, NULL, NULL);
	tells = argc > 1;
	for (size_t i = 0; i < KINDS; i++)
		if (!tells || !strcmp(argv[1], kinds[i].name))
			tests[n++] = (struct CMUnitTest){ .name = kinds[i].name,
				.test_func = each_call_may_fail,
				.initial_state = (void *)(uintptr_t)&kinds[i] };
	return n ? _cmocka_run_group_tests("lib/injection", tests, n, NULL, NULL) : 1;
}
