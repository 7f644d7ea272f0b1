/* SPDX-License-Identifier: MIT */
/*
 * Lines wait in @pending for the writer, which takes them whole or in part, in order. Output is
 * read from the journal when none waits, READ_BYTES at a time: so no more memory is needed, and
 * what is not read yet has the whole window of the console to wait in. What is told by others
 * meanwhile (keys, markers) waits in @pending too, PENDING_MAX bytes at most; the size is told when
 * output is read again. So in times of trouble, and only then, events may stand before output that
 * came earlier.
 */
/* syscalls: clock_gettime */
#include "record/take.h"

#include "asciicast/asciicast.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/stamp.h"
#include "base/strbuf.h"
#include "hub/hub.h"
#include "io/loop.h"
#include "io/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	READ_BYTES = 16 * 1024,
	READS_A_ROUND = 16,
	PENDING_MAX = 64 * 1024,
	LAST_MAX = 8 * 1024 * 1024,
	MS = 1000,
};

/**
 * struct take
 * @at:       offset of the next byte of output
 * @first:    bytes of the first line and the screen at the beginning, which are none of its growth
 * @cols, @rows: the console's size; @told_cols, @told_rows: as it stands in the file
 * @more:     runs while there is output that this round did not get to
 */
struct take {
	struct loop *loop;
	struct chardev *hub;
	char *path, *owner;
	struct asciicast cast;
	struct writer *writer;
	struct strbuf pending;
	uint64_t at, since_ms, first, bytes, missing;
	unsigned cols, rows, told_cols, told_rows;
	struct task more;
};

#define FIELD(...) SNAPSHOT_FIELD(struct take_state, __VA_ARGS__)

const struct snapshot_field take_fields[] = {
	FIELD(record, 1, SNAPSHOT_STRING, .needed = true),
	FIELD(console, 2, SNAPSHOT_STRING, .needed = true),
	FIELD(path, 3, SNAPSHOT_STRING, .needed = true),
	FIELD(fd, 4, SNAPSHOT_FILE),
	FIELD(start_us, 5, SNAPSHOT_U64),
	FIELD(at, 6, SNAPSHOT_U64),
	FIELD(since_ms, 7, SNAPSHOT_U64),
	FIELD(bytes, 8, SNAPSHOT_U64),
	FIELD(missing, 9, SNAPSHOT_U64),
	FIELD(cols, 10, SNAPSHOT_U32),
	FIELD(rows, 11, SNAPSHOT_U32),
	FIELD(out, 12, SNAPSHOT_BLOB),
	FIELD(in, 13, SNAPSHOT_BLOB),
	FIELD(pending, 14, SNAPSHOT_BLOB),
	FIELD(first, 15, SNAPSHOT_U64),
	{ 0 },
};

/* ---- lines ---- */

/* Return: has the file taken all? If not, on_room() comes. */
static bool flush(struct take *take)
{
	struct strbuf *pending = &take->pending;
	struct iovec iov = { pending->data, pending->len };

	if (pending->len)
		strbuf_drop(pending, writer_write(take->writer, &iov, 1));
	return !pending->len;
}

/* Lines were added behind the first @before bytes: all of them, or none. Return: are they? */
static bool keep(struct take *take, size_t before)
{
	bool failed = take->pending.failed;

	take->pending.failed = false;
	if (failed)
		strbuf_truncate(&take->pending, before);
	take->bytes += take->pending.len - before;
	return !failed;
}

static void put(struct take *take, enum asciicast_stream stream, const void *bytes, size_t len)
{
	size_t before = take->pending.len;

	asciicast_put(&take->cast, &take->pending, stream, clock_us(), bytes, len);
	if (!keep(take, before) && stream == ASCIICAST_OUT)
		take->missing += len;
}

static void put_mark(struct take *take, const char *label)
{
	size_t before = take->pending.len;

	asciicast_mark(&take->cast, &take->pending, clock_us(), label);
	keep(take, before);
}

static void put_size(struct take *take)
{
	size_t before = take->pending.len;

	if (take->cols == take->told_cols && take->rows == take->told_rows)
		return;
	asciicast_resize(&take->cast, &take->pending, clock_us(), take->cols, take->rows);
	if (!keep(take, before))
		return;
	take->told_cols = take->cols;
	take->told_rows = take->rows;
}

static void put_end(struct take *take)
{
	size_t before = take->pending.len;

	asciicast_end(&take->cast, &take->pending, clock_us());
	keep(take, before);
}

/* ---- output ---- */

/* The screen as it is; what follows is read from there on. Return: 0; -ENOMEM. */
static int put_screen(struct take *take, bool in_place)
{
	AUTO_STRBUF struct strbuf screen = { 0 };
	int r = hub_replay(take->hub, in_place, &screen, &take->at);

	if (r == 0)
		put(take, ASCIICAST_OUT, screen.data, screen.len);
	return r;
}

/* The journal has passed it. */
static void skip(struct take *take)
{
	uint64_t from = take->at;
	struct hub_info info;
	char label[64];

	put_end(take);
	if (put_screen(take, true) < 0) {
		hub_info(take->hub, &info);
		take->at = info.end;
	}
	take->missing += take->at - from;
	snprintf(label, sizeof(label), "%" PRIu64 " bytes are missing here", take->at - from);
	put_mark(take, label);
}

/* Return: is there more to read, and room for it? */
static bool read_some(struct take *take)
{
	struct iovec iov[2];
	int n;

	if (!flush(take))
		return false;
	put_size(take);
	n = hub_history(take->hub, take->at, READ_BYTES, iov);
	if (n == -ERANGE)
		skip(take);
	for (int i = 0; i < n; i++) {
		put(take, ASCIICAST_OUT, iov[i].iov_base, iov[i].iov_len);
		take->at += iov[i].iov_len;
	}
	return flush(take) && n;
}

static void read_on(void *data)
{
	struct take *take = data;

	for (int i = 0; i < READS_A_ROUND; i++)
		if (!read_some(take))
			return;
	task_post(take->loop, &take->more, read_on, take);
}

/* The hub may be in the middle of something: what it is asked for is only read. */
static void read_held(struct take *take)
{
	struct iovec iov[2];

	while (hub_history(take->hub, take->at, READ_BYTES, iov) > 0 && read_some(take))
		;
}

void take_read(struct take *take)
{
	read_on(take);
}

void take_typed(struct take *take, const void *bytes, size_t len)
{
	read_held(take);
	if (take->pending.len < PENDING_MAX)
		put(take, ASCIICAST_IN, bytes, len);
	flush(take);
}

void take_mark(struct take *take, const char *label)
{
	read_held(take);
	if (take->pending.len < PENDING_MAX)
		put_mark(take, label);
	flush(take);
}

void take_resize(struct take *take, unsigned cols, unsigned rows)
{
	read_held(take);
	take->cols = cols;
	take->rows = rows;
	if (flush(take))
		put_size(take);
	flush(take);
}

/* ---- birth and death ---- */

static int open_writer(
	struct take *take, const struct take_config *config, int inherited, struct error **err)
{
	const struct writer_options options = {
		.path = take->path,
		.anew = true,
		.later = config->later,
		.mode = config->mode,
		.inherited = inherited,
		.owner = take->owner,
		.rotation = config->old,
		.on_room = read_on,
		.data = take,
	};
	int r = writer_open(take->loop, &options, &take->writer);

	return r < 0 ? error_set(err, -r, "%s: '%s' cannot be written: %s", take->owner, take->path,
			       strerror(-r))
		     : 0;
}

static void release(struct take *take)
{
	writer_close(take->writer);
	task_cancel(&take->more);
	strbuf_done(&take->pending);
	free(take->path);
	free(take->owner);
	free(take);
}

static int make(
	const struct take_config *config, int inherited, struct take **ret_take, struct error **err)
{
	struct take *take = calloc(1, sizeof(*take));
	int r;

	if (!take)
		return error_set(err, ENOMEM, "out of memory");
	take->loop = config->loop;
	take->hub = config->hub;
	take->path = strdup(config->path);
	take->owner = strdup(config->owner);
	r = take->path && take->owner ? open_writer(take, config, inherited, err)
				      : error_set(err, ENOMEM, "out of memory");
	if (r < 0)
		release(take);
	else
		*ret_take = take;
	return r;
}

int take_begin(const struct take_config *config, struct take **ret_take, struct error **err)
{
	struct hub_info info;
	struct take *take;
	int r = make(config, 0, &take, err);

	if (r < 0)
		return r;
	hub_info(take->hub, &info);
	take->since_ms = stamp_now_ms();
	take->cols = take->told_cols = info.cols;
	take->rows = take->told_rows = info.rows;
	asciicast_begin(&take->cast, &take->pending, chardev_id(take->hub), info.cols, info.rows);
	if (!keep(take, 0) || put_screen(take, false) < 0) {
		release(take);
		return error_set(err, ENOMEM, "out of memory");
	}
	take->first = take->bytes;
	flush(take);
	*ret_take = take;
	return 0;
}

static void load_held(
	struct asciicast *cast, enum asciicast_stream stream, const struct snapshot_bytes *from)
{
	if (from->len > ASCIICAST_HELD)
		return;
	cast->held_len[stream] = from->len;
	if (from->len)
		memcpy(cast->held[stream], from->data, from->len);
}

int take_load(const struct take_config *config, const struct take_state *state,
	struct take **ret_take, struct error **err)
{
	struct take_config here = *config;
	struct hub_info info;
	struct take *take;
	int r;

	here.path = state->path;
	here.later = state->fd < 0;
	r = make(&here, state->fd < 0 ? 0 : state->fd, &take, err);
	if (r < 0)
		return r;
	take->at = state->at;
	take->since_ms = state->since_ms;
	take->first = state->first;
	take->bytes = state->bytes;
	take->missing = state->missing;
	hub_info(take->hub, &info);
	take->cols = info.cols;
	take->rows = info.rows;
	take->told_cols = state->cols;
	take->told_rows = state->rows;
	take->cast.start_us = state->start_us;
	load_held(&take->cast, ASCIICAST_OUT, &state->out);
	load_held(&take->cast, ASCIICAST_IN, &state->in);
	strbuf_append(&take->pending, state->pending.data, state->pending.len);
	keep(take, take->pending.len);
	*ret_take = take;
	return 0;
}

void take_save(const struct take *take, struct strbuf *pending, struct take_state *ret_state)
{
	const struct asciicast *cast = &take->cast;

	if (pending) {
		writer_pending(take->writer, pending);
		strbuf_append(pending, take->pending.data, take->pending.len);
	}
	*ret_state = (struct take_state){
		.console = chardev_id(take->hub),
		.path = take->path,
		.fd = writer_fd(take->writer),
		.start_us = cast->start_us,
		.at = take->at,
		.since_ms = take->since_ms,
		.first = take->first,
		.bytes = take->bytes,
		.missing = take->missing,
		.cols = take->told_cols,
		.rows = take->told_rows,
		.out = { cast->held[ASCIICAST_OUT], cast->held_len[ASCIICAST_OUT] },
		.in = { cast->held[ASCIICAST_IN], cast->held_len[ASCIICAST_IN] },
		.pending = { pending ? pending->data : NULL, pending ? pending->len : 0 },
	};
}

/* What the file had no room to be told of yet. */
static uint64_t unread(const struct take *take)
{
	struct hub_info info;

	hub_info(take->hub, &info);
	return info.end > take->at ? info.end - take->at : 0;
}

/* The file gets what is left when it has written the rest: nobody waits for that. */
static void put_last(struct take *take)
{
	struct strbuf *pending = &take->pending;
	struct iovec iov[2];
	int n;

	while (!writer_is_failing(take->writer) && pending->len < LAST_MAX && !pending->failed &&
		(n = hub_history(take->hub, take->at, READ_BYTES, iov)) > 0)
		for (int i = 0; i < n; i++) {
			put(take, ASCIICAST_OUT, iov[i].iov_base, iov[i].iov_len);
			take->at += iov[i].iov_len;
		}
	put_end(take);
	if (pending->len && writer_put_last(take->writer, pending->data, pending->len) == 0)
		strbuf_truncate(pending, 0);
}

/* A file is written also when all has ended, see put_last(). */
bool take_owes(const struct take *take)
{
	return writer_is_stream(take->writer) && !writer_is_failing(take->writer) &&
	       (take->pending.len || unread(take) || writer_owes(take->writer));
}

void take_end(struct take *take)
{
	if (!take)
		return;
	read_held(take);
	put_last(take);
	if (take->pending.len || unread(take))
		log_warning("%s: '%s' ends without its last %zu bytes, and without %" PRIu64
			    " bytes of output",
			take->owner, take->path, take->pending.len, unread(take));
	release(take);
}

/* ---- the rest ---- */

int take_set_rules(struct take *take, const struct rotation_rules *old)
{
	return writer_set_rotation(take->writer, old);
}

bool take_is_full(const struct take *take, const struct rotation_rules *rules)
{
	uint64_t now = stamp_now_ms();

	if (rules->size && take->bytes - take->first >= rules->size)
		return true;
	return rules->age_s && now > take->since_ms && now - take->since_ms >= rules->age_s * MS;
}

void take_info(const struct take *take, struct take_info *ret_info)
{
	*ret_info = (struct take_info){ .path = take->path,
		.since_ms = take->since_ms,
		.bytes = take->bytes,
		.missing = take->missing,
		.is_failing = writer_is_failing(take->writer) };
}
