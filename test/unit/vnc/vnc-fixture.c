/* SPDX-License-Identifier: MIT */
#include "vnc-fixture.h"

#include "object/authz.h"
#include "object/tls-creds.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "snapshot/reader.h"
#include "snapshot/writer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

enum { TURNS = 64 };

static int on_in(void *data, const struct display_view *view, const char *bytes, size_t len)
{
	struct fixture *f = data;
	size_t room = sizeof(f->typed) - f->typed_len;
	size_t n = len < room ? len : room;

	(void)view;
	memcpy(f->typed + f->typed_len, bytes, n);
	f->typed_len += n;
	f->typed_total += len;
	return 0;
}

static int on_resize(void *data, const struct display_view *view, unsigned cols, unsigned rows)
{
	struct fixture *f = data;
	int r;

	(void)view;
	f->size_requests++;
	if (f->decides_later)
		return -EINPROGRESS;
	r = vt_resize(f->vt, cols, rows);
	if (r == 0)
		display_console_changed(f->console);
	return r;
}

void fixture_decide_size(struct fixture *f, unsigned cols, unsigned rows)
{
	assert_int_equal(vt_resize(f->vt, cols, rows), 0);
	display_console_changed(f->console);
	display_console_size_decided(f->console);
	settle(f);
}

static const struct display_console_ops console_ops = { .in = on_in, .resize = on_resize };

static void on_bell(void *data)
{
	display_console_bell(((struct fixture *)data)->console);
}

static void on_event(void *data, struct vnc_server *server, enum vnc_event event,
	const struct vnc_viewer *viewer)
{
	struct fixture *f = data;

	(void)server;
	assert_non_null(vnc_viewer_name(viewer));
	f->connected += event == VNC_CONNECTED;
	f->initialized += event == VNC_INITIALIZED;
	f->disconnected += event == VNC_DISCONNECTED;
}

static int find_secret(void *data, const char *id, char **ret_secret, struct error **err)
{
	(void)data;
	if (strncmp(id, "sec-", 4))
		return error_set(err, ENOENT, "No secret with id '%s'", id);
	*ret_secret = strdup(id + 4);
	return *ret_secret ? 0 : -ENOMEM;
}

static void make_console(struct fixture *f)
{
	static const struct vt_callbacks callbacks = { .on_bell = on_bell };
	struct display_console_config config = { .label = "vc0", .ops = &console_ops, .data = f };

	assert_int_equal(vt_new(NULL, &callbacks, f, &f->vt), 0);
	config.vt = f->vt;
	assert_int_equal(display_console_add(f->display, &config, &f->console), 0);
	vt_feed(f->vt, "\033[?25l", 6);
}

static void make_rules(struct fixture *f)
{
	static const struct object_class *const classes[] = { &authz_list_class,
		&tls_creds_anon_class, NULL };
	static const char *const rules[] = { "authz-list,id=nobody",
		"authz-list,id=anybody,policy=allow", "tls-creds-anon,id=tls,endpoint=server" };

	f->objects = object_set_new(f->loop, classes);
	assert_non_null(f->objects);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct opts *opts = NULL;

		assert_int_equal(opts_parse(rules[i], "qom-type", &opts, NULL), 0);
		assert_int_equal(object_set_add(f->objects, opts, NULL), 0);
		opts_free(opts);
	}
}

static void make_server(struct fixture *f, const struct snapshot_groups *left)
{
	struct vnc_context context = { .loop = f->loop,
		.display = f->display,
		.objects = f->objects,
		.secret = find_secret,
		.left = left,
		.on_event = on_event,
		.data = f };
	struct opts *opts = NULL;
	char text[256];

	snprintf(text, sizeof(text), "none%s", f->options);
	assert_int_equal(opts_parse(text, "vnc", &opts, NULL), 0);
	assert_int_equal(vnc_server_new(&context, opts, &f->server, NULL), 0);
	opts_free(opts);
}

static struct fixture *make_fixture(const char *options, const struct snapshot_groups *left)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->options = options;
	log_set_level(LOG_ERROR);
	f->loop = loop_new();
	assert_non_null(f->loop);
	loop_fake_clock(f->loop);
	assert_int_equal(font_new("", &f->font, NULL), 0);
	f->display = display_new(f->loop, "test", f->font);
	assert_non_null(f->display);
	make_console(f);
	make_rules(f);
	make_server(f, left);
	return f;
}

struct fixture *fixture_new(const char *options)
{
	return make_fixture(options, NULL);
}

enum { TAG_SERVER = 1 };

static void save(const struct fixture *f, struct snapshot *ret_snapshot)
{
	struct snapshot_writer writer;
	int fd;

	assert_int_equal(snapshot_begin(&writer, false, NULL), 0);
	snapshot_begin_group(&writer, TAG_SERVER, false);
	vnc_server_save(f->server, &writer, NULL, NULL);
	snapshot_end_group(&writer);
	assert_int_equal(snapshot_finish(&writer, NULL), 0);
	fd = dup(writer.fd);
	snapshot_done(&writer);
	assert_int_equal(snapshot_open(fd, ret_snapshot, NULL), 0);
}

struct fixture *fixture_hand_over(struct fixture *f)
{
	struct snapshot snapshot;
	struct snapshot_groups left;
	struct fixture *heir;
	struct vnc_viewer *viewer = NULL;

	save(f, &snapshot);
	left = (struct snapshot_groups){ snapshot.all, TAG_SERVER };
	heir = make_fixture(f->options, &left);
	vnc_server_go_on(heir->server, &left);
	while ((viewer = vnc_server_next_viewer(heir->server, viewer)))
		heir->connected++;
	snapshot_close(&snapshot);
	fixture_free(f);
	settle(heir);
	return heir;
}

void fixture_free(struct fixture *f)
{
	vnc_server_free(f->server);
	object_set_free(f->objects);
	assert_int_equal(f->connected, f->disconnected);
	display_free(f->display);
	vt_free(f->vt);
	font_free(f->font);
	loop_free(f->loop);
	free(f);
}

void fixture_feed(struct fixture *f, const char *text)
{
	vt_feed(f->vt, text, strlen(text));
	display_console_changed(f->console);
	settle(f);
}

void settle(struct fixture *f)
{
	for (unsigned i = 0; i < TURNS; i++)
		loop_step(f->loop, false);
}

int connect_viewer(struct fixture *f)
{
	int fds[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(vnc_server_adopt(f->server, fds[0], NULL), 0);
	settle(f);
	return fds[1];
}

int login(struct fixture *f, bool shared)
{
	int fd = connect_viewer(f);
	uint8_t init[3] = { 'x', 1, shared };

	PUT(f, fd, "RFB 003.008\n");
	put(f, fd, init + 1, 1);
	put(f, fd, init + 2, 1);
	drain(f, fd);
	return fd;
}

void put(struct fixture *f, int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
	settle(f);
}

void put_bytewise(struct fixture *f, int fd, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(send(fd, (const char *)bytes + i, 1, MSG_NOSIGNAL), 1);
		loop_step(f->loop, false);
		loop_step(f->loop, false);
	}
	settle(f);
}

void take(struct fixture *f, int fd, const void *bytes, size_t len)
{
	AUTO_FREE char *got = malloc(len + 1);
	ssize_t n;

	assert_non_null(got);
	settle(f);
	n = recv(fd, got, len + 1, 0);
	assert_int_equal(n < 0 ? 0 : n, len);
	assert_memory_equal(got, bytes, len);
}

ssize_t take_some(int fd, void *buf, size_t size)
{
	return recv(fd, buf, size, 0);
}

size_t drain(struct fixture *f, int fd)
{
	static char buf[65536];
	size_t total = 0;
	ssize_t n;

	settle(f);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		total += (size_t)n;
		settle(f);
	}
	return total;
}

bool is_closed(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		;
	return n == 0 || errno == ECONNRESET;
}

void request_update(struct fixture *f, int fd, bool incremental)
{
	const uint8_t message[10] = { 3, incremental, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };

	put(f, fd, message, sizeof(message));
}

void set_encodings(struct fixture *f, int fd, unsigned count, ...)
{
	uint8_t message[4 + 4 * 64] = { 2, 0, 0, (uint8_t)count };
	va_list ap;

	va_start(ap, count);
	for (unsigned i = 0; i < count; i++) {
		uint32_t number = (uint32_t)va_arg(ap, int);

		for (unsigned byte = 0; byte < 4; byte++)
			message[4 + 4 * i + byte] = (uint8_t)(number >> (24 - 8 * byte));
	}
	va_end(ap);
	put(f, fd, message, 4 + 4 * count);
}
