/* SPDX-License-Identifier: MIT */
/* syscalls: close fcntl getpid getrandom */
#include "control/auditor.h"

#include "audit/end.h"
#include "base/cleanup.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/patterns.h"
#include "base/strbuf.h"
#include "chardev/rotate.h"
#include "control/audit-record.h"
#include "control/event-table.h"
#include "control/event.h"
#include "control/type.h"
#include "io/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

enum { SESSION_BYTES = 8, PENDING_MAX = 512 * 1024, RESERVE = 16 * 1024 };

/**
 * struct auditor
 * @typed:    does it want to know what is typed
 * @session:  of which run of the program the lines are
 * @seq, @head: of the last line that was made
 * @torn:     bytes that another run has begun and not finished; the next line says so
 * @pending:  lines that the file has not taken yet, PENDING_MAX bytes and one line at most
 * @work:     give them to it
 * @missing:  events that no line has told of
 * @records, @lost: lines that were made, and events that are not among them, in all
 * @consoles: patterns of those that are of interest
 * @has_ended: it has said so, and hears nothing more
 */
struct auditor {
	struct loop *loop;
	struct event_bus *events;
	bool typed, has_ended;
	char *id, *path, *consoles;
	struct event_witness witness;
	struct writer *writer;
	char session[2 * SESSION_BYTES + 1], head[AUDIT_HASH_BYTES];
	uint64_t seq, torn;
	struct strbuf pending;
	struct task work;
	uint64_t missing, records, lost;
};

const struct opt_desc auditor_options[] = {
	{ .name = "path",
		.type = OPT_STRING,
		.required = true,
		.help = "the file; lines are added to it" },
	{ .name = "id", .type = OPT_STRING, .preset = "audit", .help = "its name" },
	{ .name = "typed",
		.type = OPT_BOOL,
		.preset = "off",
		.live = true,
		.help = "what is typed too, by lines, but for what the guest does not show: "
			"passwords" },
	{ .name = "consoles",
		.type = OPT_STRING,
		.preset = "*",
		.live = true,
		.help = "those that it tells of: patterns of names, with blanks between them" },
	{ .name = "mode",
		.type = OPT_STRING,
		.preset = "0640",
		.live = true,
		.help = "permissions of a file that is made, whatever the umask" },
	{ .name = "sync",
		.type = OPT_BOOL,
		.preset = "off",
		.live = true,
		.help = "each line is on the disk before the next one is written" },
	ROTATION_OPTIONS,
	{ 0 },
};

#define FIELD(...) SNAPSHOT_FIELD(struct auditor_state, __VA_ARGS__)

const struct snapshot_field auditor_fields[] = {
	FIELD(path, 1, SNAPSHOT_STRING, .needed = true),
	FIELD(session, 2, SNAPSHOT_STRING, .needed = true),
	FIELD(head, 3, SNAPSHOT_STRING, .needed = true),
	FIELD(seq, 4, SNAPSHOT_U64),
	FIELD(records, 5, SNAPSHOT_U64),
	FIELD(lost, 6, SNAPSHOT_U64),
	FIELD(pending, 7, SNAPSHOT_BLOB),
	FIELD(fd, 8, SNAPSHOT_FILE, .optional = true),
	FIELD(missing, 9, SNAPSHOT_U64),
	{ 0 },
};

/* ---- lines ---- */

/* Return: has the file taken all? If not, on_room() comes. */
static bool flush(struct auditor *auditor)
{
	struct strbuf *pending = &auditor->pending;
	struct iovec iov = { pending->data, pending->len };

	if (pending->len)
		strbuf_drop(pending, writer_write(auditor->writer, &iov, 1));
	return !pending->len;
}

static void lose(struct auditor *auditor)
{
	auditor->missing++;
	auditor->lost++;
}

/* Return: 0; -errno: there is no such line, and the chain is as it was. */
static int put(
	struct auditor *auditor, const char *what, const struct timeval *when, const json_t *data)
{
	const struct audit_record record = { .seq = auditor->seq + 1,
		.torn = auditor->torn,
		.when = *when,
		.session = auditor->session,
		.what = what,
		.prev = auditor->head,
		.data = data };
	struct strbuf *pending = &auditor->pending;
	size_t before = pending->len;
	char hash[AUDIT_HASH_BYTES];
	ssize_t len = audit_record_write(pending, &record);
	int r = len < 0 ? (int)len : audit_hash(pending->data + before, (size_t)len - 1, hash);

	if (r < 0) {
		strbuf_truncate(pending, before);
		return r;
	}
	memcpy(auditor->head, hash, sizeof(hash));
	auditor->seq++;
	auditor->records++;
	auditor->torn = 0;
	return 0;
}

/* Before the next one. Return: 0; -errno: it has to be told later. */
static int put_gap(struct auditor *auditor, const struct timeval *when)
{
	AUTO_JSON json_t *data = NULL;
	int r;

	if (!auditor->missing)
		return 0;
	data = json_pack("{s:I}", "count", (json_int_t)auditor->missing);
	r = data ? put(auditor, "gap", when, data) : -ENOMEM;
	if (r < 0)
		return r;
	log_warning("audit '%s': %" PRIu64 " events are missing in it, as line %" PRIu64 " says",
		auditor->path, auditor->missing, auditor->seq);
	auditor->missing = 0;
	return 0;
}

static void note(
	struct auditor *auditor, const char *what, const struct timeval *when, const json_t *data)
{
	if (put_gap(auditor, when) < 0 || put(auditor, what, when, data) < 0)
		lose(auditor);
}

/* ---- events ---- */

/** What becomes a line, and what that is called there. */
static const struct told {
	const struct event_desc *desc;
	const char *what;
} tolds[] = {
	{ &event_console_added, "console-added" },
	{ &event_console_removed, "console-removed" },
	{ &event_hub_member_joined, "joined" },
	{ &event_hub_member_left, "left" },
	{ &event_hub_member_opened, "attached" },
	{ &event_hub_member_closed, "detached" },
	{ &event_hub_member_refused, "refused" },
	{ &event_hub_member_failed, "failed" },
	{ &event_hub_member_sent_away, "sent-away" },
	{ &event_console_typed, "typed" },
	{ &event_hub_keyboard, "keyboard" },
	{ &event_hub_keyboard_asked, "keyboard-asked" },
	{ &event_hub_keyboard_kept, "keyboard-kept" },
	{ &event_vnc_connected, "vnc-connected" },
	{ &event_vnc_initialized, "vnc-login" },
	{ &event_vnc_refused, "vnc-refused" },
	{ &event_vnc_disconnected, "vnc-left" },
	{ &event_vserport_change, "guest" },
	{ &event_device_deleted, "device-deleted" },
	{ &event_recording_started, "recording-started" },
	{ &event_recording_stopped, "recording-stopped" },
	{ &event_command, "command" },
	{ &event_config_reloaded, "reload" },
	{ &event_shutdown, "shutdown" },
};

/* NULL: it is none of the audit. */
static const char *find_word(const struct event_desc *desc)
{
	for (size_t i = 0; i < sizeof(tolds) / sizeof(tolds[0]); i++)
		if (tolds[i].desc == desc)
			return tolds[i].what;
	return NULL;
}

/* Is it of a console that is of interest, or of none? */
static bool is_wanted(const struct auditor *auditor, const struct event *event)
{
	const char *console = json_string_value(json_object_get(event->data, "hub"));

	return !console || patterns_fit(auditor->consoles, console);
}

/* What is missing is told once there is room, whether anything else happens or not. */
static void go_on(void *data)
{
	struct auditor *auditor = data;
	struct timeval now;

	if (!flush(auditor) || !auditor->missing || auditor->has_ended)
		return;
	gettimeofday(&now, NULL);
	if (put_gap(auditor, &now) == 0)
		flush(auditor);
}

static void hear(void *data, const struct event *event)
{
	struct auditor *auditor = data;
	const char *what = find_word(event->desc);

	if (event->desc == &event_console_typed && !auditor->typed)
		return;
	if (auditor->has_ended || !what || !is_wanted(auditor, event))
		return;
	/* Without data there was no memory to say whom it is about. */
	if (!event->data || auditor->pending.len > PENDING_MAX)
		lose(auditor);
	else
		note(auditor, what, &event->when, event->data);
	task_post(auditor->loop, &auditor->work, go_on, auditor);
}

/* ---- options ---- */

int auditor_check(struct opts *opts, struct error **err)
{
	return opts_check(
		opts, "audit", (const struct opt_desc *const[]){ auditor_options, NULL }, err);
}

static int read_mode(const struct opts *opts, mode_t *ret_mode, struct error **err)
{
	return parse_mode_option("mode", opts_get_string(opts, "mode"), "0640", ret_mode, err);
}

static void set_typed(struct auditor *auditor, bool typed)
{
	if (auditor->typed != typed)
		event_bus_hear_typing(auditor->events, typed);
	auditor->typed = typed;
}

int auditor_change(struct auditor *auditor, const struct opts *opts, struct error **err)
{
	struct rotation_rules rules;
	AUTO_FREE char *consoles = strdup(opts_get_string(opts, "consoles"));
	mode_t mode = 0;
	int r = consoles ? chardev_read_rotation(opts, &rules, err)
			 : error_set(err, ENOMEM, "out of memory");

	if (r == 0)
		r = read_mode(opts, &mode, err);
	if (r == 0)
		r = chardev_check_rotation(auditor->writer, auditor->path, &rules, err);
	if (r < 0)
		return r;
	if (writer_set_rotation(auditor->writer, &rules) < 0)
		return error_set(err, ENOMEM, "out of memory");
	free(auditor->consoles);
	auditor->consoles = TAKE_PTR(consoles);
	set_typed(auditor, opts_get_bool(opts, "typed"));
	writer_set_how(auditor->writer, mode, opts_get_bool(opts, "sync"));
	return 0;
}

/* ---- birth and death ---- */

/* Each run has a name of its own. */
static void choose_session(struct auditor *auditor)
{
	uint8_t bytes[SESSION_BYTES];
	struct timeval now;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
		gettimeofday(&now, NULL);
		memcpy(bytes, &now.tv_usec, sizeof(bytes));
	}
	hex_text(auditor->session, bytes, sizeof(bytes));
}

/* The same chain, in the same run. */
static int inherit(struct auditor *auditor, const struct auditor_state *left)
{
	snprintf(auditor->session, sizeof(auditor->session), "%s", left->session);
	snprintf(auditor->head, sizeof(auditor->head), "%s", left->head);
	auditor->seq = left->seq;
	auditor->records = left->records;
	auditor->lost = left->lost;
	auditor->missing = left->missing;
	strbuf_append(&auditor->pending, left->pending.data, left->pending.len);
	return auditor->pending.failed ? -ENOMEM : 0;
}

/* A line that was never finished is given an end; the next one tells of it. */
static int follow(struct auditor *auditor)
{
	struct audit_end end;
	int r = audit_find_end(auditor->path, &end);

	if (r < 0)
		return r;
	choose_session(auditor);
	auditor->seq = end.seq;
	auditor->torn = end.torn;
	memcpy(auditor->head, end.head, sizeof(end.head));
	if (end.torn)
		strbuf_putc(&auditor->pending, '\n');
	return auditor->pending.failed ? -ENOMEM : 0;
}

static int find_place(struct auditor *auditor, const struct auditor_state *left, struct error **err)
{
	int r = left ? inherit(auditor, left) : follow(auditor);

	return r < 0 ? error_set(err, -r, "audit: '%s' cannot be read: %s", auditor->path,
			       strerror(-r))
		     : 0;
}

/* Return: a copy of the open file; 0: there is none. */
static int inherit_file(const struct auditor_state *left)
{
	int fd = left ? fcntl(left->fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : 0;

	return fd < 0 ? 0 : fd;
}

static int open_writer(struct auditor *auditor, const struct auditor_state *left,
	const struct opts *opts, struct error **err)
{
	struct writer_options options = {
		.path = auditor->path,
		.owner = "audit",
		.sync = opts_get_bool(opts, "sync"),
		.reserve = RESERVE,
		.last_words = audit_last_words,
		.on_room = go_on,
		.data = auditor,
	};
	int r = read_mode(opts, &options.mode, err);

	if (r == 0)
		r = chardev_read_rotation(opts, &options.rotation, err);
	if (r < 0)
		return r;
	options.inherited = inherit_file(left);
	r = writer_open(auditor->loop, &options, &auditor->writer);
	if (r < 0) {
		if (options.inherited)
			close(options.inherited);
		return error_set(
			err, -r, "audit: '%s' cannot be written: %s", auditor->path, strerror(-r));
	}
	return chardev_check_rotation(auditor->writer, auditor->path, &options.rotation, err);
}

static void tell_begin(struct auditor *auditor, bool goes_on)
{
	AUTO_JSON json_t *data = json_pack("{s:s,s:i,s:b}", "version", CHARHUB_VERSION, "program",
		(int)getpid(), "goes-on", goes_on);
	struct timeval now;

	gettimeofday(&now, NULL);
	note(auditor, "begin", &now, data);
	flush(auditor);
}

static int begin(struct auditor *auditor, const struct auditor_config *config,
	const struct opts *opts, struct error **err)
{
	const struct auditor_state *left = config->left;
	int r;

	auditor->id = strdup(opts_get_string(opts, "id"));
	auditor->path = strdup(opts_get_string(opts, "path"));
	auditor->consoles = strdup(opts_get_string(opts, "consoles"));
	if (!auditor->id || !auditor->path || !auditor->consoles)
		return error_set(err, ENOMEM, "out of memory");
	if (left && strcmp(left->path, auditor->path) != 0)
		left = NULL;
	r = find_place(auditor, left, err);
	if (r == 0)
		r = open_writer(auditor, left, opts, err);
	if (r < 0)
		return r;
	auditor->witness = (struct event_witness){ .on_event = hear, .data = auditor };
	event_bus_let_witness(auditor->events, &auditor->witness);
	set_typed(auditor, opts_get_bool(opts, "typed"));
	return 0;
}

static void release(struct auditor *auditor)
{
	set_typed(auditor, false);
	event_witness_leave(&auditor->witness);
	task_cancel(&auditor->work);
	writer_close(auditor->writer);
	strbuf_done(&auditor->pending);
	free(auditor->id);
	free(auditor->path);
	free(auditor->consoles);
	free(auditor);
}

int auditor_new(const struct auditor_config *config, const struct opts *opts,
	struct auditor **ret_auditor, struct error **err)
{
	struct auditor *auditor = calloc(1, sizeof(*auditor));
	int r;

	if (!auditor)
		return error_set(err, ENOMEM, "out of memory");
	auditor->loop = config->loop;
	auditor->events = config->events;
	r = begin(auditor, config, opts, err);
	if (r < 0) {
		release(auditor);
		return r;
	}
	tell_begin(auditor, config->left != NULL);
	*ret_auditor = auditor;
	return 0;
}

/* Nothing comes behind it that could say what is missing. */
static void write_last(struct auditor *auditor)
{
	struct strbuf *pending = &auditor->pending;

	if (writer_is_failing(auditor->writer))
		log_error("audit '%s': its last lines are lost if it does not work now",
			auditor->path);
	if (!flush(auditor) && writer_put_last(auditor->writer, pending->data, pending->len) < 0)
		log_error("audit '%s': its last lines are lost: out of memory", auditor->path);
	strbuf_truncate(pending, 0);
}

void auditor_end(struct auditor *auditor)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	note(auditor, "end", &now, NULL);
	write_last(auditor);
	auditor->has_ended = true;
}

bool auditor_owes(const struct auditor *auditor)
{
	return writer_owes(auditor->writer);
}

void auditor_free(struct auditor *auditor)
{
	if (!auditor)
		return;
	if (!auditor->has_ended)
		auditor_end(auditor);
	release(auditor);
}

/* ---- the rest ---- */

const char *auditor_id(const struct auditor *auditor)
{
	return auditor->id;
}

void auditor_reopen(struct auditor *auditor)
{
	writer_reopen(auditor->writer);
}

void auditor_save(struct auditor *auditor, struct strbuf *pending, struct auditor_state *ret_state)
{
	if (pending) {
		writer_pending(auditor->writer, pending);
		strbuf_append(pending, auditor->pending.data, auditor->pending.len);
	}
	*ret_state = (struct auditor_state){ .path = auditor->path,
		.session = auditor->session,
		.head = auditor->head,
		.seq = auditor->seq,
		.records = auditor->records,
		.lost = auditor->lost,
		.missing = auditor->missing,
		.pending = { pending ? pending->data : NULL, pending ? pending->len : 0 },
		.fd = writer_fd(auditor->writer) };
}

void auditor_figures(const struct auditor *auditor, struct auditor_figures *ret_figures)
{
	*ret_figures = (struct auditor_figures){ .records = auditor->records,
		.lost = auditor->lost,
		.is_failing = writer_is_failing(auditor->writer) };
}
