/* SPDX-License-Identifier: MIT */
/* The loop's half of a writer, see io/writer-impl.h. */
#include "io/writer.h"

#include "base/log.h"
#include "base/segments.h"
#include "io/writer-impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

enum { MS = 1000 };

/* ---- trouble ---- */

static void start_timer(struct writer *writer)
{
	unsigned ms;

	work_pool_lock(writer->pool);
	ms = writer->error ? writer->retry_ms : WRITER_RETRY_MS;
	work_pool_unlock(writer->pool);
	timer_start(writer->timer, ms);
}

/* @error: positive errno; 0: bytes were left out */
static void note_trouble(struct writer *writer, int error)
{
	writer->saw_trouble = true;
	writer->calm_ms = 0;
	if (writer->in_trouble) {
		if (error)
			start_timer(writer);
		return;
	}
	writer->in_trouble = true;
	writer->retry_ms = WRITER_RETRY_MS;
	start_timer(writer);
	if (writer->owner)
		log_warning("%s '%s' is in trouble: %s", writer->owner, writer->path,
			error ? strerror(error) : "it takes the bytes too slowly");
}

static void end_trouble(struct writer *writer)
{
	writer->in_trouble = false;
	timer_stop(writer->timer);
	if (writer->owner)
		log_warning("%s '%s' works again, %" PRIu64 " bytes are missing in it",
			writer->owner, writer->path, writer->lost);
	writer->lost = 0;
}

static void fail(struct writer *writer, int error)
{
	work_pool_lock(writer->pool);
	writer->error = error;
	work_pool_unlock(writer->pool);
	note_trouble(writer, error);
	if (writer->on_trouble)
		writer->on_trouble(writer->data);
}

/* ---- in the loop's thread ---- */

static bool rests(const struct writer *writer)
{
	return writer->work.state == WORK_RESTING;
}

/* Where nothing is queued or at work, @file is ours. Return: how much went. */
static size_t write_now(struct writer *writer, const struct iovec *iov, int n)
{
	struct iovec ours[2] = { iov[0], n > 1 ? iov[1] : (struct iovec){ 0 } };
	ssize_t done;

	n = segments_clip(ours, n, writer_share(writer, iov, n));
	if (!n)
		return 0;
	if (writer->file.out.kind != OUT_FILE)
		done = log_file_write(&writer->file, ours, n);
	else if (!writer->cannot_tell && !writer->how.sync)
		done = log_file_write_now(&writer->file, ours, n);
	else
		return 0;
	if (done == -EOPNOTSUPP && writer->file.out.kind == OUT_FILE)
		writer->cannot_tell = true;
	return done < 0 ? 0 : (size_t)done;
}

/* What there is room for, of the bytes from @skip on. Return: 0, -ENOMEM. */
static int enqueue(struct writer *writer, const struct iovec *iov, int n, size_t skip, size_t *done)
{
	size_t room = WRITER_QUEUE_BYTES;
	int r = 0;

	room -= writer_backlog(writer) < room ? writer_backlog(writer) : room;
	for (int i = 0; i < n && room && r == 0; i++) {
		size_t at = skip < iov[i].iov_len ? skip : iov[i].iov_len;
		size_t len = iov[i].iov_len - at;

		skip -= at;
		len = len < room ? len : room;
		r = byte_queue_push(&writer->queue, (const char *)iov[i].iov_base + at, len);
		if (r == 0)
			*done += len;
		room -= len;
	}
	return r;
}

/* A FIFO, a device, a socket. Return: a positive errno, 0. */
static int write_stream(struct writer *writer)
{
	writer_turn_over(writer);
	while (writer->writing.len) {
		struct iovec iov = { (char *)(uintptr_t)byte_queue_data(&writer->writing),
			writer->writing.len };
		ssize_t done = log_file_write(&writer->file, &iov, 1);

		if (done == -EAGAIN && writer->watch) {
			watch_set(writer->watch, WATCH_WRITE);
			return 0;
		}
		if (done <= 0)
			return done < 0 ? (int)-done : EIO;
		byte_queue_pop(&writer->writing, (size_t)done);
		writer_turn_over(writer);
	}
	if (writer->watch)
		watch_set(writer->watch, 0);
	return 0;
}

/* Let go on what can. With the lock held. Return: a positive errno, 0. */
static int push(struct writer *writer)
{
	if (!rests(writer) || (writer->error && writer->file.out.fd < 0))
		return 0;
	if (writer->reopen || writer->next.out.fd >= 0) {
		work_submit(writer->pool, &writer->work);
		return 0;
	}
	if (writer->error || !writer_backlog(writer))
		return 0;
	if (writer->file.out.kind != OUT_FILE)
		return write_stream(writer);
	work_submit(writer->pool, &writer->work);
	return 0;
}

/* The line in the file that tells of bytes that are not in it. Return: its length; 0: no memory. */
static size_t tell_missing(struct writer *writer)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%s[charhub: %" PRIu64 " bytes are missing here]\n",
		writer->mid_line ? "\n" : "", writer->missing);

	if (byte_queue_push(&writer->queue, text, (size_t)len) < 0)
		return 0;
	writer->missing = 0;
	writer->mid_line = false;
	return (size_t)len;
}

static void note_end_of_line(struct writer *writer, const struct iovec *iov, size_t len)
{
	for (; len > iov->iov_len; iov++)
		len -= iov->iov_len;
	if (len)
		writer->mid_line = ((const char *)iov->iov_base)[len - 1] != '\n';
}

/* There are bytes to write: is the file too old for them? */
static void look_at_age(struct writer *writer)
{
	int64_t now = (int64_t)loop_now_ms(writer->loop);

	if (!writer->rules.age_s || writer->how.anew)
		return;
	if (writer->first_ms == WRITER_UNWRITTEN)
		writer->first_ms = now;
	if (now - writer->first_ms >= (int64_t)writer->rules.age_s * MS)
		writer->is_old = true;
}

/* With the lock held. Return: a positive errno, 0; @done is what was taken. */
static int take(struct writer *writer, const struct iovec *iov, int n, size_t *done)
{
	int r = 0, error = 0;

	look_at_age(writer);
	if (writer->missing && writer_has_room_again(writer))
		tell_missing(writer);
	if (writer->missing)
		return 0;
	if (rests(writer) && !writer_backlog(writer) && !writer->error && !writer->reopen)
		*done = write_now(writer, iov, n);
	if (*done < segments_len(iov, n)) {
		r = enqueue(writer, iov, n, *done, done);
		error = push(writer);
	}
	note_end_of_line(writer, iov, *done);
	return r < 0 ? -r : error;
}

/*
 * Also the end of whatever was pushed outside of a call of the user. While the trouble lasts nobody
 * is held up.
 */
static void give_room(struct writer *writer, int error)
{
	bool is_due;

	if (error)
		fail(writer, error);
	work_pool_lock(writer->pool);
	is_due = writer->wants_room && ((writer->in_trouble && writer->held_up) ||
					       (!writer->error && writer_has_room_again(writer)));
	if (is_due)
		writer->wants_room = false;
	work_pool_unlock(writer->pool);
	if (!is_due)
		return;
	writer->held_up = false;
	if (!writer->in_trouble)
		timer_stop(writer->timer);
	writer->on_room(writer->data);
}

/*
 * A reader that reads while we write takes all at once: neither the descriptor nor the timer has
 * anything to tell any more.
 */
static void keep_promise(void *data)
{
	give_room(data, 0);
}

static size_t offer(struct writer *writer, const struct iovec *iov, int n, bool wants_room)
{
	size_t done = 0;
	bool promised;
	int error;

	writer->used = true;
	work_pool_lock(writer->pool);
	error = take(writer, iov, n, &done);
	writer->wants_room |= wants_room && done < segments_len(iov, n);
	promised = writer->wants_room && writer->file.out.kind != OUT_FILE &&
		   writer_has_room_again(writer);
	work_pool_unlock(writer->pool);
	if (error)
		fail(writer, error);
	if (promised)
		task_post(writer->loop, &writer->room, keep_promise, writer);
	return done;
}

size_t writer_write(struct writer *writer, const struct iovec *iov, int n)
{
	return offer(writer, iov, n, true);
}

void writer_put(struct writer *writer, const struct iovec *iov, int n)
{
	size_t left = segments_len(iov, n) - offer(writer, iov, n, false);

	if (!left)
		return;
	writer->missing += left;
	writer->lost += left;
	writer->left_out += left;
	note_trouble(writer, 0);
}

int writer_put_last(struct writer *writer, const void *bytes, size_t len)
{
	int r;

	work_pool_lock(writer->pool);
	writer->used = true;
	r = byte_queue_push(&writer->queue, bytes, len);
	work_pool_unlock(writer->pool);
	return r;
}

uint64_t writer_left_out(const struct writer *writer)
{
	return writer->left_out;
}

size_t writer_room(struct writer *writer)
{
	size_t room = WRITER_QUEUE_BYTES;

	if (writer->in_trouble)
		return SIZE_MAX;
	work_pool_lock(writer->pool);
	room -= writer_backlog(writer) < room ? writer_backlog(writer) : room;
	if (room < WRITER_QUEUE_BYTES / 8) {
		room = 0;
		writer->wants_room = true;
	}
	work_pool_unlock(writer->pool);
	writer->held_up = !room;
	if (room)
		timer_stop(writer->timer); /* it moves, if slowly */
	else if (!timer_is_running(writer->timer))
		timer_start(writer->timer, WRITER_PATIENCE_MS);
	return room;
}

static void on_writable(void *data, unsigned events)
{
	struct writer *writer = data;
	int error;

	(void)events;
	work_pool_lock(writer->pool);
	watch_set(writer->watch, 0);
	error = push(writer);
	work_pool_unlock(writer->pool);
	give_room(writer, error);
}

static void on_timer(void *data)
{
	struct writer *writer = data;
	bool calm;
	int error;

	if (!writer->in_trouble) {
		note_trouble(writer, 0);
		give_room(writer, 0);
		return;
	}
	work_pool_lock(writer->pool);
	if (writer->error)
		writer->retry_ms = writer->retry_ms * 2 < WRITER_RETRY_MS_MAX ? writer->retry_ms * 2
									      : WRITER_RETRY_MS_MAX;
	else
		writer->retry_ms = WRITER_RETRY_MS;
	writer->error = 0;
	if (writer->missing && writer_has_room_again(writer))
		tell_missing(writer);
	error = push(writer);
	calm = !writer->saw_trouble && !writer->missing && !writer_backlog(writer);
	work_pool_unlock(writer->pool);
	writer->saw_trouble = false;
	writer->calm_ms = calm ? writer->calm_ms + WRITER_RETRY_MS : 0;
	if (writer->calm_ms >= WRITER_CALM_MS)
		end_trouble(writer);
	else
		start_timer(writer);
	give_room(writer, error);
}

/* ---- the file ---- */

static void watch_file(struct writer *writer)
{
	writer->is_regular = out_file_is_regular(writer->file.out.fd);
	writer->cannot_tell = false;
	if (writer->file.out.kind != OUT_FILE)
		watch_new(writer->loop, writer->file.out.fd, on_writable, writer, &writer->watch);
}

static void unwatch_file(struct writer *writer)
{
	watch_free(writer->watch);
	writer->watch = NULL;
}

/* The thread has tried to open the file anew. The old one is left to it. Return: 0; what failed. */
static int change_files(struct writer *writer)
{
	if (!writer_swap_files(writer))
		return writer->next_error;
	unwatch_file(writer);
	watch_file(writer);
	return 0;
}

/* The same for the first time. Without a file it is tried again, see on_timer(). */
static int begin_file(struct writer *writer)
{
	int failed = change_files(writer);

	writer->reopen = failed;
	writer->error = failed;
	return failed;
}

/* The thread has gone on in a new file, or could not. */
static void hear_of_rotation(struct writer *writer)
{
	int error;

	work_pool_lock(writer->pool);
	error = writer->rotate_error;
	writer->rotated = false;
	work_pool_unlock(writer->pool);
	if (error)
		log_warning("%s '%s' could not be rotated: %s; it goes on and grows",
			writer->owner ? writer->owner : "file", writer->path, strerror(error));
	else if (writer->sweep)
		sweep_start(writer->sweep, &writer->rules);
}

static void done(struct work *work)
{
	struct writer *writer = writer_of_work(work);
	bool begins = writer->file.out.fd < 0;
	int error, failed = 0;

	if (writer->rotated)
		hear_of_rotation(writer);
	work_pool_lock(writer->pool);
	error = writer->error;
	if (writer->opened && begins)
		error = begin_file(writer);
	else if (writer->opened)
		failed = change_files(writer);
	if (!error || !writer->error)
		error = push(writer);
	work_pool_unlock(writer->pool);
	if (begins && !error && writer->sweep)
		sweep_start(writer->sweep, &writer->rules);
	if (failed)
		log_warning("%s%s'%s' could not be reopened: %s; the old file stays",
			writer->owner ? writer->owner : "", writer->owner ? " " : "", writer->path,
			strerror(failed));
	give_room(writer, error);
}

void writer_set_how(struct writer *writer, mode_t mode, bool sync)
{
	work_pool_lock(writer->pool);
	writer->how.mode = mode;
	writer->how.sync = sync;
	work_pool_unlock(writer->pool);
	writer_reopen(writer);
}

void writer_reopen(struct writer *writer)
{
	if (out_file_is_inherited(writer->path))
		return;
	work_pool_lock(writer->pool);
	writer->reopen = true;
	writer->opened = false;
	push(writer);
	work_pool_unlock(writer->pool);
}

bool writer_can_rotate(const struct writer *writer)
{
	return writer->is_regular && !out_file_is_inherited(writer->path);
}

bool writer_is_stream(const struct writer *writer)
{
	bool is_stream;

	work_pool_lock(writer->pool);
	is_stream = writer->file.out.kind != OUT_FILE;
	work_pool_unlock(writer->pool);
	return is_stream;
}

bool writer_owes(const struct writer *writer)
{
	bool owes;

	work_pool_lock(writer->pool);
	owes = writer->file.out.kind != OUT_FILE && writer_backlog(writer) && !writer->error;
	work_pool_unlock(writer->pool);
	return owes;
}

bool writer_is_failing(const struct writer *writer)
{
	bool is_failing;

	work_pool_lock(writer->pool);
	is_failing = writer->in_trouble && writer->error;
	work_pool_unlock(writer->pool);
	return is_failing;
}

int writer_fd(const struct writer *writer)
{
	int fd;

	work_pool_lock(writer->pool);
	fd = writer->file.out.fd;
	work_pool_unlock(writer->pool);
	return fd;
}

void writer_pending(const struct writer *writer, struct strbuf *out)
{
	const struct byte_queue *parts[] = { &writer->writing, &writer->queue };

	work_pool_lock(writer->pool);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i]->len)
			strbuf_append(out, byte_queue_data(parts[i]), parts[i]->len);
	work_pool_unlock(writer->pool);
}

/* ---- open and close ---- */

int writer_set_rotation(struct writer *writer, const struct rotation_rules *rules)
{
	bool is_on = rotation_is_on(rules);

	if (is_on && !writer->sweep)
		writer->sweep = sweep_new(writer->pool, writer->path, writer->owner);
	if (is_on && !writer->sweep)
		return -ENOMEM;
	work_pool_lock(writer->pool);
	writer->how.rotates = is_on;
	writer->how.keep = is_on ? rules->keep : 0;
	writer->rules = *rules;
	writer->limit = writer_fresh_limit(writer);
	work_pool_unlock(writer->pool);
	if (is_on && writer->file.out.fd >= 0)
		sweep_start(writer->sweep, rules);
	return 0;
}

/* A file that is gone on with may be old already. */
static void look_at_birth(struct writer *writer)
{
	writer->first_ms = WRITER_UNWRITTEN;
	if (writer->file.size)
		writer->first_ms = (int64_t)loop_now_ms(writer->loop) -
				   (int64_t)log_file_age_ms(&writer->file);
}

static int begin(struct writer *writer, const struct writer_options *options)
{
	unsigned flags = (options->empty ? OUT_EMPTY : 0u) | (options->shared ? OUT_SHARED : 0u);
	struct log_file_options how;
	int r = work_pool_get(writer->loop, &writer->pool);

	if (r < 0)
		return r;
	writer->path = strdup(options->path);
	writer->owner = options->owner ? strdup(options->owner) : NULL;
	writer->timer = timer_new(writer->loop, on_timer, writer);
	if (!writer->path || !writer->timer || (options->owner && !writer->owner))
		return -ENOMEM;
	if (options->later) {
		r = writer_set_rotation(writer, &options->rotation);
		if (r == 0)
			writer_reopen(writer);
		return r;
	}
	how = writer->how;
	how.inherited = options->inherited;
	r = log_file_open(&writer->file, options->path, flags, &how);
	if (r < 0)
		return r;
	writer_follow(writer, &writer->file);
	watch_file(writer);
	look_at_birth(writer);
	return writer_set_rotation(writer, &options->rotation);
}

int writer_open(struct loop *loop, const struct writer_options *options, struct writer **ret_writer)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	int r;

	if (!writer)
		return -ENOMEM;
	writer->work.run = writer_run;
	writer->work.done = done;
	writer->loop = loop;
	writer->on_room = options->on_room;
	writer->on_trouble = options->on_trouble;
	writer->data = options->data;
	writer->how = (struct log_file_options){
		.mode = options->mode,
		.rotates = rotation_is_on(&options->rotation),
		.keep = rotation_is_on(&options->rotation) ? options->rotation.keep : 0,
		.anew = options->anew,
		.indexed = options->indexed,
		.sync = options->sync,
		.reserve = options->reserve,
	};
	writer->last_words = options->last_words;
	writer->follower = options->follower;
	writer->file.out.fd = writer->next.out.fd = -1;
	writer->file.index.fd = writer->next.index.fd = -1;
	r = begin(writer, options);
	if (r < 0) {
		if (options->inherited)
			writer->file.out.fd = -1; /* the caller's still */
		log_file_close(&writer->file);
		timer_free(writer->timer);
		work_pool_put(writer->pool);
		writer_free(writer);
		return r;
	}
	*ret_writer = writer;
	return 0;
}

/* To close a file that was written to may mean to send it to a server. */
static bool closes_at_once(const struct writer *writer)
{
	return !writer->reopen && writer->next.out.fd < 0 &&
	       (!writer->used || writer->file.out.kind != OUT_FILE);
}

/*
 * The last try of a stream, with the lock held: nobody looks after it any more. Of one that a
 * thread is opening anew more may be written than this tells.
 *
 * Return: how many of the user's bytes it has not taken.
 */
static size_t give_last(struct writer *writer)
{
	size_t ours = writer->missing ? tell_missing(writer) : 0;
	size_t rest;

	if (writer->file.out.kind == OUT_FILE)
		return 0;
	if (rests(writer) && !writer->reopen)
		write_stream(writer);
	rest = writer_backlog(writer);
	return rest > ours ? rest - ours : 0;
}

void writer_close(struct writer *writer)
{
	struct work_pool *pool;
	uint64_t lost;

	if (!writer)
		return;
	pool = writer->pool;
	timer_free(writer->timer);
	task_cancel(&writer->room);
	unwatch_file(writer);
	work_pool_lock(pool);
	lost = writer->lost + give_last(writer);
	work_pool_unlock(pool);
	if (lost && writer->owner)
		log_warning("%s '%s' is closed, and %" PRIu64 " bytes are missing in it",
			writer->owner, writer->path, lost);
	work_pool_lock(pool);
	sweep_free(TAKE_PTR(writer->sweep));
	writer->closing = true;
	writer->wants_room = false;
	writer->error = 0;
	work_untell(&writer->work);
	if (rests(writer) && closes_at_once(writer))
		writer_run(&writer->work);
	else
		work_submit(pool, &writer->work);
	work_pool_unlock(pool);
	work_pool_put(pool);
}
