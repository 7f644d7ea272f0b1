/* SPDX-License-Identifier: MIT */
/* The pool's half of a writer, see io/writer-impl.h. */
/* syscalls: close dup2 dup3 */
#include "io/writer-impl.h"

#include "base/segments.h"

#include <errno.h>
#include <unistd.h>

void writer_free(struct writer *writer)
{
	byte_queue_clear(&writer->queue);
	byte_queue_clear(&writer->writing);
	free(writer->path);
	free(writer->owner);
	free(writer);
}

void writer_turn_over(struct writer *writer)
{
	if (!writer->writing.len) {
		writer->writing = writer->queue;
		writer->queue = (struct byte_queue){ 0 };
	}
}

size_t writer_share(const struct writer *writer, const struct iovec *iov, int n)
{
	const struct log_file *file = &writer->file;
	uint64_t limit = writer->is_old && file->size ? 1 : writer->limit;

	return file->out.kind == OUT_FILE
		       ? rotation_share(limit, file->size, file->mid_line, iov, n)
		       : segments_len(iov, n);
}

static void rotate_outside(struct writer *writer)
{
	const struct log_file_options how = writer->how;
	struct log_file file = writer->file;
	int r;

	work_pool_unlock(writer->pool);
	r = log_file_rotate(&file, writer->path, &how);
	work_pool_lock(writer->pool);
	writer->file = file;
	writer->is_old = false;
	writer->first_ms = WRITER_UNWRITTEN;
	writer->limit = writer_fresh_limit(writer);
	if (r < 0 && writer->limit)
		writer->limit += writer->file.size;
	writer->rotated = true;
	writer->rotate_error = r < 0 ? -r : 0;
}

/* Of one that is closed nobody tries again later: it has one more try. */
static void write_outside(struct writer *writer)
{
	struct iovec iov;
	ssize_t done;

	writer_turn_over(writer);
	if (!writer->writing.len || writer->error)
		return;
	iov.iov_base = (char *)(uintptr_t)byte_queue_data(&writer->writing);
	iov.iov_len = writer->writing.len;
	iov.iov_len = writer_share(writer, &iov, 1);
	if (!iov.iov_len) {
		rotate_outside(writer);
		return;
	}
	work_pool_unlock(writer->pool);
	done = log_file_write(&writer->file, &iov, 1);
	work_pool_lock(writer->pool);
	if (done > 0)
		byte_queue_pop(&writer->writing, (size_t)done);
	else if (writer->closing && !writer->tried_last)
		writer->tried_last = true;
	else
		writer->error = done < 0 ? (int)-done : EIO;
}

void writer_follow(const struct writer *writer, const struct log_file *file)
{
	if (writer->follower)
		dup2(file->out.fd, writer->follower);
}

static void open_outside(struct writer *writer)
{
	const struct log_file_options how = writer->how;
	int r;

	writer->opened = true;
	work_pool_unlock(writer->pool);
	r = log_file_open(&writer->next, writer->path, 0, &how);
	if (r == 0)
		writer_follow(writer, &writer->next);
	work_pool_lock(writer->pool);
	writer->next_error = r < 0 ? -r : 0;
}

bool writer_swap_files(struct writer *writer)
{
	struct log_file old = writer->file;

	writer->reopen = writer->opened = false;
	if (writer->next.out.fd < 0)
		return false;
	writer->file = writer->next;
	writer->next = old;
	writer->error = 0;
	writer->is_old = false;
	writer->first_ms = WRITER_UNWRITTEN;
	writer->limit = writer_fresh_limit(writer);
	return true;
}

static void close_outside(struct writer *writer, struct log_file *file)
{
	work_pool_unlock(writer->pool);
	log_file_close(file);
	work_pool_lock(writer->pool);
}

/* Nobody else knows the writer any more. */
static void say_last_words(struct writer *writer)
{
	const struct byte_queue *queue = &writer->queue;
	struct byte_queue *rest = &writer->writing;
	char text[WRITER_LAST_WORDS];
	struct iovec iov = { .iov_base = text };

	if (!writer->last_words || !writer_backlog(writer) || writer->file.out.kind != OUT_FILE)
		return;
	if (byte_queue_push(rest, byte_queue_data(queue), queue->len) < 0)
		return;
	work_pool_unlock(writer->pool);
	iov.iov_len = writer->last_words(byte_queue_data(rest), rest->len, text, sizeof(text));
	if (iov.iov_len)
		log_file_write_last(&writer->file, &iov, 1);
	work_pool_lock(writer->pool);
}

static enum work_result end(struct writer *writer)
{
	say_last_words(writer);
	close_outside(writer, &writer->next);
	close_outside(writer, &writer->file);
	writer_free(writer);
	return WORK_GONE;
}

enum work_result writer_run(struct work *work)
{
	struct writer *writer = writer_of_work(work);
	bool room_is_due;

	if (!writer->opened)
		close_outside(writer, &writer->next);
	if (writer->reopen) { /* first: whoever moved a file away waits for its end */
		if (!writer->opened)
			open_outside(writer);
		if (!writer->opened) /* asked again meanwhile */
			return WORK_AGAIN;
		if (!writer->closing)
			return WORK_TELLS;
		writer_swap_files(writer);
		close_outside(writer, &writer->next);
	}
	if (writer->file.out.kind == OUT_FILE || writer->closing)
		write_outside(writer);
	room_is_due = (writer->wants_room && writer_has_room_again(writer)) ||
		      (writer->rotated && !writer->closing);
	if (writer->file.out.kind == OUT_FILE && writer_backlog(writer) && !writer->error)
		return room_is_due ? WORK_TELLS : WORK_AGAIN;
	if (writer->closing)
		return end(writer);
	if (writer->reopen)
		return WORK_AGAIN;
	/* What is left now is for the loop: to try again later, or to write to a stream. */
	return room_is_due || writer_backlog(writer) ? WORK_TELLS : WORK_RESTS;
}
