/* SPDX-License-Identifier: MIT */
/*
 * The RFB server beside the distribution's libvncserver, in the same run: a scrolling console,
 * full redraws, many viewers, memory, the way from a key to its picture, and hostile peers. Each
 * server is a process of its own; viewers are in this one and read everything that they are
 * sent.
 *
 *	bench-vnc [scroll, redraw or keys: only this table]
 */
#include "bench-vnc.h"

#include "base/log.h"
#include "display/display.h"
#include "lib.h"
#include "vnc/vnc.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	ZRLE = 16,
	TIGHT = 7,
	COPY_RECT = 1,
	VIEWERS_MAX = 50,
	BUFFER = 65536,
	SECONDS = 3,
	KEYS = 400,
};

#define NS_PER_S 1000000000ull

unsigned vnc_text_line(unsigned number, unsigned cols, char line[512])
{
	unsigned len = (unsigned)snprintf(line, 64, "%08u ", number);

	/* About half a line of words, which change from line to line. */
	for (unsigned i = 0; len + 8 < cols && i < cols / 12; i++)
		len += (unsigned)snprintf(
			line + len, 16, "%x ", (number * 2654435761u + i * 40503u) >> 12);
	line[len++] = '\r';
	line[len++] = '\n';
	return len;
}

/* ---- our server ---- */

struct ours {
	const struct vnc_screen *screen;
	struct loop *loop;
	struct vt *vt;
	struct display_console *console;
	struct timer *timer;
	struct task echo;
	char typed[4096];
	size_t typed_len;
	uint64_t next_ms;
	unsigned line;
};

static void on_line(void *data)
{
	struct ours *ours = data;
	uint64_t now_ms = loop_now_ms(ours->loop);
	char line[512];

	vt_feed(ours->vt, line, vnc_text_line(ours->line++, ours->screen->cols, line));
	display_console_changed(ours->console);
	ours->next_ms += 1000 / ours->screen->lines_per_s;
	timer_start(ours->timer, ours->next_ms > now_ms ? ours->next_ms - now_ms : 0);
}

static void echo(void *data)
{
	struct ours *ours = data;

	for (size_t i = 0; i < ours->typed_len; i++)
		vt_feed(ours->vt, ours->typed[i] == '\r' ? "\r\n" : &ours->typed[i],
			ours->typed[i] == '\r' ? 2 : 1);
	ours->typed_len = 0;
	display_console_changed(ours->console);
}

static int on_in(void *data, const struct display_view *view, const char *bytes, size_t len)
{
	struct ours *ours = data;

	(void)view;
	if (len > sizeof(ours->typed) - ours->typed_len)
		return -1;
	memcpy(ours->typed + ours->typed_len, bytes, len);
	ours->typed_len += len;
	task_post(ours->loop, &ours->echo, echo, ours);
	return 0;
}

static struct display *make_display(struct ours *ours)
{
	static const struct display_console_ops ops = { .in = on_in };
	struct vt_config vt_config = { .cols = ours->screen->cols, .rows = ours->screen->rows };
	struct display_console_config config = { .label = "bench", .ops = &ops, .data = ours };
	struct display *display;
	struct font *font;

	if (font_new("", &font, NULL) < 0 || vt_new(&vt_config, NULL, NULL, &ours->vt) < 0)
		bench_die("no font or terminal");
	vt_feed(ours->vt, "\033[?25l", 6);
	display = display_new(ours->loop, "bench", font);
	config.vt = ours->vt;
	if (!display || display_console_add(display, &config, &ours->console) < 0)
		bench_die("no display");
	return display;
}

/*
 * The most CPU time that one turn of our loop has taken, which is how long anybody can hold it
 * up.
 */
static uint64_t *longest_ns;

static uint64_t thread_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void run_loop(struct loop *loop)
{
	for (;;) {
		uint64_t start_ns = thread_ns(), took_ns;

		loop_step(loop, true);
		took_ns = thread_ns() - start_ns;
		if (took_ns > *longest_ns)
			*longest_ns = took_ns;
	}
}

static void run_ours(const struct vnc_screen *screen)
{
	struct ours ours = { .screen = screen, .loop = loop_new() };
	struct vnc_context context = { .loop = ours.loop, .display = make_display(&ours) };
	struct error *err = NULL;
	struct vnc_server *server;
	struct opts *opts = NULL;
	char text[64];

	log_set_level(LOG_WARNING);
	snprintf(text, sizeof(text), "127.0.0.1:%u,connections=100", screen->port - 5900);
	if (opts_parse(text, "vnc", &opts, &err) < 0 ||
		vnc_server_new(&context, opts, &server, &err) < 0)
		bench_die("%s", error_message(err));
	ours.timer = timer_new(ours.loop, on_line, &ours);
	ours.next_ms = loop_now_ms(ours.loop);
	if (screen->lines_per_s)
		timer_start(ours.timer, 1);
	run_loop(ours.loop);
}

/* ---- viewers ---- */

struct viewer {
	int fd;
	uint8_t buf[BUFFER];
	size_t at, len;
	uint64_t bytes, updates;
};

static uint8_t *need(struct viewer *viewer, size_t len)
{
	uint8_t *bytes;

	if (viewer->len - viewer->at < len) {
		memmove(viewer->buf, viewer->buf + viewer->at, viewer->len - viewer->at);
		viewer->len -= viewer->at;
		viewer->at = 0;
	}
	while (viewer->len < len) {
		size_t n = bench_read(viewer->fd, viewer->buf + viewer->len, BUFFER - viewer->len);

		if (!n)
			bench_die("a server has closed the connection");
		viewer->len += n;
		viewer->bytes += n;
	}
	bytes = viewer->buf + viewer->at;
	viewer->at += len;
	return bytes;
}

static void skip(struct viewer *viewer, size_t len)
{
	for (; len > BUFFER; len -= BUFFER)
		need(viewer, BUFFER);
	need(viewer, len);
}

static uint32_t get_be(const uint8_t *bytes, unsigned count)
{
	uint32_t value = 0;

	while (count--)
		value = value << 8 | *bytes++;
	return value;
}

static void skip_tight(struct viewer *viewer, unsigned width, unsigned height)
{
	uint8_t control = *need(viewer, 1);
	size_t size = (size_t)width * height * 3, len = 0;
	unsigned colors, byte = 0x80;

	if (control >> 4 == 8) {
		need(viewer, 3);
		return;
	}
	if (control & 0x40 && *need(viewer, 1) == 1) {
		colors = *need(viewer, 1) + 1u;
		need(viewer, colors * 3);
		size = (size_t)height * (colors == 2 ? (width + 7) / 8 : width);
	}
	if (size < 12) {
		need(viewer, size);
		return;
	}
	for (unsigned shift = 0; shift < 21 && byte & 0x80; shift += 7) {
		byte = *need(viewer, 1);
		len |= (size_t)(shift == 14 ? byte : byte & 0x7f) << shift;
	}
	skip(viewer, len);
}

static void take_update(struct viewer *viewer)
{
	unsigned rects;

	if (*need(viewer, 1) != 0)
		bench_die("not an update");
	rects = get_be(need(viewer, 3) + 1, 2);
	while (rects--) {
		const uint8_t *header = need(viewer, 12);
		unsigned width = get_be(header + 4, 2), height = get_be(header + 6, 2);

		switch (get_be(header + 8, 4)) {
		case COPY_RECT: need(viewer, 4); break;
		case ZRLE: skip(viewer, get_be(need(viewer, 4), 4)); break;
		case TIGHT: skip_tight(viewer, width, height); break;
		case 0: skip(viewer, (size_t)width * height * 4); break;
		default: bench_die("an encoding that nobody asked for");
		}
	}
	viewer->updates++;
}

static void ask(struct viewer *viewer, bool incremental)
{
	const uint8_t message[10] = { 3, incremental, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };

	bench_write_all(viewer->fd, message, sizeof(message));
}

static int connect_port(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	uint64_t give_up_ns = bench_now_ns() + 10 * NS_PER_S;
	int on = 1, fd;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (;;) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
			break;
		close(fd);
		if (bench_now_ns() > give_up_ns)
			bench_die("nobody listens on port %u", port);
		bench_wait_until(bench_now_ns() + 10000000);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* Logged in, with the first picture. */
static void start_viewer(struct viewer *viewer, unsigned port, unsigned encoding, bool copies)
{
	uint8_t encodings[12] = { 2, 0, 0, (uint8_t)(1 + copies), 0, 0, 0, (uint8_t)encoding, 0, 0,
		0, COPY_RECT };

	memset(viewer, 0, sizeof(*viewer));
	viewer->fd = connect_port(port);
	need(viewer, 12);
	bench_write_all(viewer->fd, "RFB 003.008\n", 12);
	skip(viewer, *need(viewer, 1));
	bench_write_all(viewer->fd, "\1", 1);
	need(viewer, 4);
	bench_write_all(viewer->fd, "\1", 1);
	need(viewer, 20);
	skip(viewer, get_be(need(viewer, 4), 4));
	bench_write_all(viewer->fd, encodings, copies ? 12 : 8);
	ask(viewer, false);
	take_update(viewer);
	viewer->bytes = viewer->updates = 0;
}

/* ---- scenarios ---- */

struct subject {
	const char *name;
	void (*run)(const struct vnc_screen *screen);
	unsigned encoding;
	bool copies;
};

static const struct subject subjects[] = {
	{ "charhub ZRLE", run_ours, ZRLE, true },
	{ "charhub Tight", run_ours, TIGHT, true },
	{ "charhub ZRLE, no copies", run_ours, ZRLE, false },
#ifdef HAVE_LIBVNCSERVER
	{ "libvncserver ZRLE", vnc_libvncserver_run, ZRLE, true },
	{ "libvncserver ZRLE, no copies", vnc_libvncserver_run, ZRLE, false },
#endif
};

enum { SUBJECTS = sizeof(subjects) / sizeof(subjects[0]) };

/* Made after the server's fork: what this process writes must not count as that one's memory. */
static struct viewer *viewers;

struct child {
	const struct subject *subject;
	struct vnc_screen screen;
};

static void run_child(void *data)
{
	struct child *child = data;

	child->subject->run(&child->screen);
}

static pid_t start(struct child *child, const struct subject *subject, unsigned cols, unsigned rows,
	unsigned lines_per_s)
{
	static unsigned port = 41000;
	pid_t pid;

	child->subject = subject;
	child->screen = (struct vnc_screen){ cols, rows, lines_per_s, ++port, subject->copies };
	pid = bench_fork(run_child, child);
	viewers = calloc(VIEWERS_MAX, sizeof(*viewers));
	if (!viewers)
		bench_die("out of memory");
	return pid;
}

static void stop(pid_t pid, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(viewers[i].fd);
	free(viewers);
	bench_end(pid);
}

/* Every viewer takes updates as they come and asks for the next, until the time is over. */
static void watch_for(unsigned count, uint64_t ns)
{
	uint64_t end_ns = bench_now_ns() + ns;
	struct pollfd fds[VIEWERS_MAX];

	for (unsigned i = 0; i < count; i++) {
		fds[i] = (struct pollfd){ .fd = viewers[i].fd, .events = POLLIN };
		ask(&viewers[i], true);
	}
	while (bench_now_ns() < end_ns) {
		if (poll(fds, count, 100) <= 0)
			continue;
		for (unsigned i = 0; i < count; i++) {
			if (!fds[i].revents)
				continue;
			take_update(&viewers[i]);
			ask(&viewers[i], true);
		}
	}
}

static unsigned long private_kb(pid_t pid)
{
	char *path = bench_format("/proc/%d/smaps_rollup", (int)pid), *text, *at;
	unsigned long kb = 0;

	text = bench_read_text(path);
	at = strstr(text, "Private_Dirty:");
	if (at)
		kb = (unsigned long)strtoull(at + 14, NULL, 10);
	free(text);
	free(path);
	return kb;
}

static void measure_scroll(
	const struct subject *subject, unsigned cols, unsigned rows, unsigned count)
{
	struct child child;
	pid_t pid = start(&child, subject, cols, rows, 30);
	uint64_t bytes = 0, updates = 0, cpu_ns, start_ns;
	unsigned long before_kb, after_kb;

	start_viewer(&viewers[0], child.screen.port, subject->encoding, subject->copies);
	before_kb = private_kb(pid);
	for (unsigned i = 1; i < count; i++)
		start_viewer(&viewers[i], child.screen.port, subject->encoding, subject->copies);
	watch_for(count, NS_PER_S / 2);
	for (unsigned i = 0; i < count; i++)
		viewers[i].bytes = viewers[i].updates = 0;
	cpu_ns = bench_cpu_ns(pid);
	start_ns = bench_now_ns();
	watch_for(count, SECONDS * NS_PER_S);
	cpu_ns = bench_cpu_ns(pid) - cpu_ns;
	after_kb = private_kb(pid);
	for (unsigned i = 0; i < count; i++) {
		bytes += viewers[i].bytes;
		updates += viewers[i].updates;
	}
	printf("%-30s %3ux%-3u %7u %9.1f %9llu %9.3f", subject->name, cols, rows, count,
		(double)updates / count / ((double)(bench_now_ns() - start_ns) / 1e9),
		(unsigned long long)(updates ? bytes / updates : 0),
		updates ? (double)cpu_ns / 1e6 / (double)updates : 0.0);
	if (count > 1)
		printf(" %9.1f", (double)(after_kb - before_kb) / (count - 1));
	printf("\n");
	stop(pid, count);
}

static void measure_redraw(const struct subject *subject)
{
	enum { REDRAWS = 60 };
	struct child child;
	pid_t pid = start(&child, subject, 200, 50, 0);
	char line[512];
	uint64_t cpu_ns;

	start_viewer(&viewers[0], child.screen.port, subject->encoding, false);
	/* Fill the screen by typing: both servers echo. */
	for (unsigned row = 0; row < 60; row++) {
		unsigned len = vnc_text_line(row, 200, line);

		for (unsigned i = 0; i < len - 1; i++) {
			uint8_t key[8] = { 4, 1, 0, 0, 0, 0, line[i] == '\r' ? 0xff : 0,
				line[i] == '\r' ? 0x0d : (uint8_t)line[i] };

			bench_write_all(viewers[0].fd, key, sizeof(key));
		}
		ask(&viewers[0], false);
		take_update(&viewers[0]);
	}
	viewers[0].bytes = 0;
	cpu_ns = bench_cpu_ns(pid);
	for (unsigned i = 0; i < REDRAWS; i++) {
		ask(&viewers[0], false);
		take_update(&viewers[0]);
	}
	cpu_ns = bench_cpu_ns(pid) - cpu_ns;
	printf("%-30s %9llu %9.3f\n", subject->name,
		(unsigned long long)(viewers[0].bytes / REDRAWS), (double)cpu_ns / 1e6 / REDRAWS);
	stop(pid, 1);
}

/* ---- keys, also while others misbehave ---- */

static void press(struct viewer *viewer, uint8_t key)
{
	uint8_t message[16] = { 4, 1, 0, 0, 0, 0, 0, key, 4, 0, 0, 0, 0, 0, 0, key };

	bench_write_all(viewer->fd, message, sizeof(message));
}

static int hostile(unsigned port, unsigned kind)
{
	static const uint8_t ask_all[10] = { 3, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };
	int fd = connect_port(port);

	switch (kind % 4) {
	case 0: bench_write_all(fd, "R", 1); break;
	case 1: break;
	case 2: bench_write_all(fd, "RFB 003.008\n\1\1\4\1\0", 17); break;
	default:
		bench_write_all(fd, "RFB 003.008\n\1\1", 14);
		for (unsigned i = 0; i < 50; i++)
			bench_write_all(fd, ask_all, sizeof(ask_all));
	}
	return fd;
}

static void measure_keys(const struct subject *subject, unsigned hostiles)
{
	static double us[KEYS];
	struct child child;
	pid_t pid = start(&child, subject, 200, 50, 0);
	int fds[16];

	*longest_ns = 0;
	start_viewer(&viewers[0], child.screen.port, subject->encoding, subject->copies);
	for (unsigned i = 0; i < hostiles; i++)
		fds[i] = hostile(child.screen.port, i);
	for (unsigned i = 0; i < KEYS; i++) {
		uint64_t start_ns;

		bench_wait_until(bench_now_ns() + 18000000);
		ask(&viewers[0], true);
		start_ns = bench_now_ns();
		press(&viewers[0], 'a');
		take_update(&viewers[0]);
		us[i] = (double)(bench_now_ns() - start_ns) / 1e3;
	}
	printf("%-30s %8u %9.0f %9.0f", subject->name, hostiles, bench_percentile(us, KEYS, 50),
		bench_percentile(us, KEYS, 99));
	printf(" %9.0f", us[KEYS - 1]);
	if (subject->run == run_ours)
		printf(" %9.0f", (double)*longest_ns / 1e3);
	printf("\n");
	fflush(stdout);
	for (unsigned i = 0; i < hostiles; i++)
		close(fds[i]);
	stop(pid, 1);
}

static void scroll_table(void)
{
	printf("A console that scrolls 30 lines a second\n%-30s %7s %7s %9s %9s %9s %9s\n", "",
		"size", "viewers", "upd/s", "bytes/upd", "CPU ms/u", "KB/viewer");
	for (unsigned i = 0; i < SUBJECTS; i++) {
		measure_scroll(&subjects[i], 80, 24, 1);
		measure_scroll(&subjects[i], 200, 50, 1);
		measure_scroll(&subjects[i], 80, 24, VIEWERS_MAX);
		measure_scroll(&subjects[i], 200, 50, VIEWERS_MAX);
		fflush(stdout);
	}
}

static void redraw_table(void)
{
	printf("\nA full redraw of 200x50\n%-30s %9s %9s\n", "", "bytes", "CPU ms");
	for (unsigned i = 0; i < SUBJECTS; i++)
		if (subjects[i].copies)
			measure_redraw(&subjects[i]);
	fflush(stdout);
}

static void key_table(void)
{
	printf("\nFrom a key to its picture, 200x50, microseconds\n%-30s %8s %9s %9s %9s %9s\n", "",
		"hostile", "p50", "p99", "longest", "turn CPU");
	for (unsigned i = 0; i < SUBJECTS; i++)
		if (subjects[i].copies && subjects[i].encoding == ZRLE)
			measure_keys(&subjects[i], 0);
	measure_keys(&subjects[0], 16);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} tables[] = { { "scroll", scroll_table }, { "redraw", redraw_table },
		{ "keys", key_table } };
	const char *only = argc > 1 ? argv[1] : NULL;

	/* So that what was freed here is not room that a server finds when it is forked. */
	longest_ns = bench_shared(sizeof(*longest_ns));
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (!only || !strcmp(only, tables[i].name))
			tables[i].print();
	return 0;
}
