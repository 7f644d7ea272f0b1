/* SPDX-License-Identifier: MIT */
/*
 * Being at a console: one loop over the keyboard, the connection and signals. What comes from the
 * console goes to the terminal as it is, but for the time in which something else is shown there;
 * then the daemon shows the picture again.
 *
 * A connection that is lost is made again, for as long as the person waits: the attachment goes on
 * at its offset, and what was missed is told. One that ends with a word why is not.
 */
#include "client/attend.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "client/attend-impl.h"
#include "client/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	NOTICE_MS = 3000,
	TYPED_MAX = 64 * 1024, /* keys that the guest has not taken; more are not read */
	KEYS_READ = 4096,
	COLS = 80,
	ROWS = 24,
};

/* Is the picture on the terminal the console's, which the daemon can bring back? */
static bool is_picture(const struct attend *attend)
{
	return attend->is_tty && attend->at.is_screen;
}

void attend_leave(struct attend *attend, int result)
{
	attend->over = true;
	attend->result = result;
}

/* On the last line, until the picture is shown again. */
static void say_over(struct attend *attend, const char *text)
{
	AUTO_STRBUF struct strbuf out = { 0 };
	unsigned cols = COLS, rows;

	terminal_size(&cols, &rows);
	strbuf_printf(&out, "\0337\033[?6l\033[999;1H\033[0;7m[charhub: %.*s]\033[0m\033[K\0338",
		(int)(cols > 14 ? cols - 13 : 1), text);
	if (!out.failed)
		terminal_write(out.data, out.len);
	attend->notice_ms = clock_ms() + NOTICE_MS;
}

void attend_say(struct attend *attend, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (!text)
		return;
	if (is_picture(attend))
		say_over(attend, text);
	else
		fprintf(stderr, "%s[charhub: %s]%s\n", attend->is_tty ? "\r\n" : "", text,
			attend->is_tty ? "\r" : "");
}

void attend_back(struct attend *attend)
{
	attend->mode = ATTEND_LIVE;
	attend->notice_ms = 0;
	pager_close(&attend->pager);
	attachment_show(&attend->at);
}

void attend_page(struct attend *attend, const char *text, size_t len, bool from_end)
{
	attend->mode = ATTEND_PAGE;
	attend->notice_ms = 0;
	pager_open(&attend->pager, text, len, from_end);
}

int attend_log(struct attend *attend, const char *path)
{
	attend->log = fopen(path, "ae");
	return attend->log ? 0 : -errno;
}

/* ---- what the console tells ---- */

static void on_output(void *data, bool printed, uint64_t offset, const uint8_t *bytes, size_t len)
{
	struct attend *attend = data;
	bool covered = attend->mode == ATTEND_PAGE || attend->mode == ATTEND_LINE;

	(void)offset;
	/* What is not printed is for a terminal. */
	if (attend->is_tty ? !covered || !is_picture(attend) : printed)
		terminal_write(bytes, len);
	cast_output(&attend->cast, bytes, len);
	if (printed && attend->log) {
		fwrite(bytes, 1, len, attend->log);
		fflush(attend->log);
	}
}

/* The terminal was told by the console itself, the file was not. */
static void on_missed(void *data, uint64_t bytes)
{
	const struct attend *attend = data;

	if (attend->log)
		fprintf(attend->log, "\r\n[charhub: %" PRIu64 " bytes skipped]\r\n", bytes);
}

static void on_size(void *data, unsigned cols, unsigned rows)
{
	cast_resize(&((struct attend *)data)->cast, cols, rows);
}

/* Nobody is there to see to it that what was piped in is typed after all. */
static void on_notice(void *data, enum attach_notice about, const char *text)
{
	struct attend *attend = data;

	attend_say(attend, "%s", text);
	if (about == ATTACH_NOTICE_REFUSED && !attend->is_tty)
		attend_leave(attend, CLIENT_ERROR);
}

static void on_reply(void *data, int error, const char *text)
{
	if (error)
		attend_say(data, "%s", *text ? text : strerror(error));
}

static const struct attachment_ops ops = {
	.on_output = on_output,
	.on_missed = on_missed,
	.on_size = on_size,
	.on_notice = on_notice,
	.on_reply = on_reply,
};

/* ---- coming, and coming back ---- */

static void greet(struct attend *attend)
{
	char escape[8];

	if (!attend->is_tty)
		return;
	attend_say(attend, "%s%s; %s . leaves, %s ? shows more", attend->console->name,
		attend->at.may_type ? "" : ", to look only", keys_name(attend->keys.escape, escape),
		escape);
}

static void take_signal(struct attend *attend)
{
	struct signalfd_siginfo info;
	unsigned cols, rows;

	if (read(attend->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGWINCH) {
		attend_leave(attend, CLIENT_LEFT);
		return;
	}
	if (terminal_size(&cols, &rows))
		attachment_resize(&attend->at, cols, rows);
	if (attend->mode == ATTEND_PAGE)
		pager_draw(&attend->pager);
}

/* Keys while nobody listens are for nobody, but for the command to leave. */
static void drop_keys(struct attend *attend)
{
	unsigned char bytes[KEYS_READ];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n <= 0)
		attend_leave(attend, CLIENT_LEFT);
	for (ssize_t i = 0; i < n; i++) {
		int meaning = keys_feed(&attend->keys, bytes[i]);

		if (meaning == '.' || meaning == 'q')
			attend_leave(attend, CLIENT_LEFT);
	}
}

static bool wait_a_moment(void *data)
{
	struct attend *attend = data;
	struct pollfd fds[] = {
		{ .fd = attend->signals, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	uint64_t until = clock_ms() + ATTACHMENT_RETRY_MS, now;

	while (!attend->over && (now = clock_ms()) < until) {
		if (poll(fds, 2, (int)(until - now)) <= 0)
			continue;
		if (fds[0].revents)
			take_signal(attend);
		if (fds[1].revents)
			drop_keys(attend);
	}
	return !attend->over;
}

static void come_back(struct attend *attend)
{
	AUTO_ERROR struct error *err = NULL;
	char escape[8], text[96];
	int r;

	attend->typed.len = 0;
	paste_done(&attend->paste);
	attend_say(attend, "the connection is lost; waiting for it, %s . leaves",
		keys_name(attend->keys.escape, escape));
	r = attachment_come_back(&attend->at, wait_a_moment, attend, &err);
	if (r == 0) {
		attend_say(attend, "%s", attachment_tell_missed(&attend->at, text));
		return;
	}
	if (r != -EREMOTE)
		return; /* left */
	terminal_forget_modes();
	fprintf(stderr, "charhub: %s\r\n", error_message(err));
	attend_leave(attend, CLIENT_GONE);
}

static void lost(struct attend *attend)
{
	if (!attend->at.gone && attend->options->wait) {
		come_back(attend);
		return;
	}
	if (attend->is_tty)
		terminal_forget_modes();
	fprintf(stderr, "charhub: %s: %s%s\n", attend->console->name,
		attend->at.gone ? attend->at.gone : "the connection is lost",
		attend->is_tty ? "\r" : "");
	attend_leave(attend, CLIENT_GONE);
}

/* ---- the loop ---- */

static void pump_typed(struct attend *attend)
{
	struct strbuf *typed = &attend->typed;
	size_t taken = attachment_type(&attend->at, typed->data, typed->len);

	if (!taken)
		return;
	strbuf_drop(typed, taken);
	if (attend->ended)
		attachment_ask_credit(&attend->at);
}

static void read_keys(struct attend *attend)
{
	unsigned char bytes[KEYS_READ];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		attend_keys(attend, bytes, (size_t)n);
		return;
	}
	attend->ended = true;
	attachment_ask_credit(&attend->at);
}

/* Return: how long to wait at most; -1: for ever. */
static int do_what_is_due(struct attend *attend)
{
	int wait = -1;

	if (attend->notice_ms && attend->mode == ATTEND_LIVE) {
		uint64_t now = clock_ms();

		wait = now < attend->notice_ms ? (int)(attend->notice_ms - now) : -1;
		if (wait < 0)
			attend_back(attend);
	}
	if (attend->paste.bytes.len) {
		int more = paste_step(&attend->paste, &attend->at);

		wait = more >= 0 && (wait < 0 || more < wait) ? more : wait;
		if (paste_is_done(&attend->paste, &attend->at)) {
			attend_say(attend, "the file was typed");
			paste_done(&attend->paste);
		}
	}
	pump_typed(attend);
	if (attend->ended && !attend->is_tty && !attend->typed.len &&
		attachment_all_taken(&attend->at))
		attend_leave(attend, CLIENT_DONE);
	return wait;
}

static void step(struct attend *attend)
{
	struct pollfd fds[] = {
		{ .fd = attend->signals, .events = POLLIN },
		{ .fd = attend->at.connection.fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = STDOUT_FILENO }, /* a reader that has gone */
	};
	int wait = do_what_is_due(attend), r;

	if (attend->over)
		return;
	r = attachment_send(&attend->at);
	if (attend->at.to_send.len)
		fds[1].events |= POLLOUT;
	if (attend->ended || attend->typed.len > TYPED_MAX)
		fds[2].fd = -1;
	if (r == 0 && poll(fds, 4, wait) > 0) {
		if (fds[0].revents)
			take_signal(attend);
		if (fds[1].revents & (POLLIN | POLLHUP | POLLERR))
			r = attachment_read(&attend->at);
		if (fds[2].revents)
			read_keys(attend);
	}
	if (attend->over)
		return;
	if (terminal_is_lost())
		attend_leave(attend, CLIENT_DONE);
	else if (r < 0)
		lost(attend);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int open_files(struct attend *attend, struct error **err)
{
	const struct attend_options *options = attend->options;
	const json_t *info = attend->console->info;
	unsigned cols = (unsigned)json_number(info, "cols");
	unsigned rows = (unsigned)json_number(info, "rows");
	int r = options->log ? attend_log(attend, options->log) : 0;

	if (r < 0)
		return error_set(err, -r, "cannot write '%s': %s", options->log, strerror(-r));
	if (!options->record)
		return 0;
	return cast_open(&attend->cast, options->record, attend->console->name, cols ? cols : COLS,
		rows ? rows : ROWS, err);
}

static int close_files(struct attend *attend, struct error **err)
{
	int r = attend->log && fclose(attend->log) ? -errno : 0;

	if (r == 0)
		r = cast_close(&attend->cast);
	return r < 0 ? error_set(err, -r, "a file could not be written: %s", strerror(-r)) : 0;
}

static int be_there(struct attend *attend, struct error **err)
{
	int r;

	attend->signals = open_signals();
	if (attend->signals < 0)
		return error_set(err, errno, "no signals: %s", strerror(errno));
	terminal_raw();
	r = attachment_open(&attend->at, err);
	if (r < 0) {
		terminal_restore();
		return r;
	}
	greet(attend);
	if (attend->options->take)
		attachment_wish(&attend->at, ATTACH_WISH_TAKE, NULL);
	while (!attend->over)
		step(attend);
	if (attend->is_tty && attend->result != CLIENT_GONE)
		terminal_forget_modes();
	terminal_restore();
	return attend->result;
}

int attend(const struct console *console, const struct attend_options *options, struct error **err)
{
	struct attend attend = {
		.console = console,
		.options = options,
		.is_tty = terminal_is_tty(),
		.signals = -1,
		.paste = { .pace_ms = PASTE_PACE_MS },
	};
	int r, closed;

	keys_init(&attend.keys, attend.is_tty ? options->escape : -1,
		attend.is_tty && options->tilde);
	attachment_init(&attend.at, console->daemon, console->id, &ops, &attend);
	attend.at.view = options->view;
	terminal_size(&attend.at.cols, &attend.at.rows);
	r = open_files(&attend, err);
	if (r == 0)
		r = be_there(&attend, err);
	closed = close_files(&attend, r < 0 ? NULL : err);
	if (attend.signals >= 0)
		close(attend.signals);
	attachment_done(&attend.at);
	pager_close(&attend.pager);
	paste_done(&attend.paste);
	strbuf_done(&attend.typed);
	return r < 0 || closed == 0 ? r : closed;
}
