/* SPDX-License-Identifier: MIT */
/*
 * The newest bytes of the guest, in a ring of a power of two. The counters run freely and are
 * masked on access: written - taken is what is there. The ring is mapped, so that a page costs
 * memory only once bytes have come that far.
 */
/* syscalls: mmap munmap */
#include "backend/ringbuf.h"

#include "backend/backends.h"
#include "base/list.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define RING_BYTES_MAX (1024u * 1024 * 1024)

struct ringbuf_chardev {
	struct chardev base;
	char *ring;
	size_t size;
	uint64_t written, taken;
};

static const struct ringbuf_chardev *ringbuf_of_const(const struct chardev *chardev)
{
	return (const struct ringbuf_chardev *)chardev;
}

static struct ringbuf_chardev *ringbuf_of(struct chardev *chardev)
{
	return container_of(chardev, struct ringbuf_chardev, base);
}

bool ringbuf_is(const struct chardev *chardev)
{
	return chardev->class == &backend_ringbuf_class || chardev->class == &backend_memory_class;
}

size_t ringbuf_used(const struct chardev *chardev)
{
	const struct ringbuf_chardev *ringbuf = ringbuf_of_const(chardev);

	return (size_t)(ringbuf->written - ringbuf->taken);
}

/* Bytes from position @at up to the end of the ring. */
static size_t ring_span(const struct ringbuf_chardev *ringbuf, uint64_t at)
{
	return ringbuf->size - (size_t)(at & (ringbuf->size - 1));
}

size_t ringbuf_read(struct chardev *chardev, void *buf, size_t len)
{
	struct ringbuf_chardev *ringbuf = ringbuf_of(chardev);
	size_t used = ringbuf_used(chardev), span;

	len = len < used ? len : used;
	span = ring_span(ringbuf, ringbuf->taken);
	span = span < len ? span : len;
	memcpy(buf, ringbuf->ring + (ringbuf->taken & (ringbuf->size - 1)), span);
	memcpy((char *)buf + span, ringbuf->ring, len - span);
	ringbuf->taken += len;
	return len;
}

void ringbuf_append(struct chardev *chardev, const void *buf, size_t len)
{
	struct ringbuf_chardev *ringbuf = ringbuf_of(chardev);
	size_t skip = len > ringbuf->size ? len - ringbuf->size : 0, span;
	const char *bytes = (const char *)buf + skip;

	ringbuf->written += skip;
	len -= skip;
	span = ring_span(ringbuf, ringbuf->written);
	span = span < len ? span : len;
	memcpy(ringbuf->ring + (ringbuf->written & (ringbuf->size - 1)), bytes, span);
	memcpy(ringbuf->ring, bytes + span, len - span);
	ringbuf->written += len;
	if (ringbuf->written - ringbuf->taken > ringbuf->size)
		ringbuf->taken = ringbuf->written - ringbuf->size;
}

static int read_size(const struct opts *opts, size_t *ret_size, struct error **err)
{
	uint64_t size = opts_get_number(opts, "size");

	if (!size || (size & (size - 1)))
		return error_set(err, EINVAL, "size of ringbuf chardev must be power of two");
	if (size > RING_BYTES_MAX)
		return error_set(err, EINVAL, "size of ringbuf chardev must not be above 1G");
	*ret_size = (size_t)size;
	return 0;
}

static int ringbuf_check(const struct opts *opts, struct error **err)
{
	size_t size;

	return read_size(opts, &size, err);
}

static int ringbuf_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct ringbuf_chardev *ringbuf = ringbuf_of(chardev);
	void *ring;
	int r = read_size(opts, &ringbuf->size, err);

	if (r < 0)
		return r;
	ring = mmap(NULL, ringbuf->size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ring == MAP_FAILED)
		return error_set(err, errno, "ringbuf '%s': no memory for size=%llu", chardev->id,
			(unsigned long long)ringbuf->size);
	ringbuf->ring = ring;
	chardev_set_open(chardev, true);
	return 0;
}

static void ringbuf_close(struct chardev *chardev)
{
	struct ringbuf_chardev *ringbuf = ringbuf_of(chardev);

	munmap(ringbuf->ring, ringbuf->size);
}

static ssize_t ringbuf_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	size_t total = 0;

	for (int i = 0; i < n; i++) {
		ringbuf_append(chardev, iov[i].iov_base, iov[i].iov_len);
		total += iov[i].iov_len;
	}
	return (ssize_t)total;
}

/* ---- in another program's place ---- */

struct ringbuf_state {
	uint64_t taken;
	struct snapshot_bulk bytes;
};

static const struct snapshot_field ringbuf_fields[] = {
	SNAPSHOT_FIELD(struct ringbuf_state, taken, 1, SNAPSHOT_U64),
	SNAPSHOT_FIELD(struct ringbuf_state, bytes, 2, SNAPSHOT_LARGE),
	{ 0 },
};

static void ringbuf_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct ringbuf_chardev *ringbuf = ringbuf_of(chardev);
	struct ringbuf_state state = { .taken = ringbuf->taken };
	const char *oldest = ringbuf->ring + (ringbuf->taken & (ringbuf->size - 1));
	size_t used = ringbuf_used(chardev), first = ring_span(ringbuf, ringbuf->taken);

	if (first > used)
		first = used;
	snapshot_put_bulk(&to->writer, &state.bytes, oldest, first);
	snapshot_put_bulk(&to->writer, &state.bytes, ringbuf->ring, used - first);
	snapshot_put(&to->writer, ringbuf_fields, &state);
}

static int ringbuf_load(struct chardev *chardev, const struct opts *opts,
	const struct snapshot *from, const void *left, struct error **err)
{
	struct ringbuf_chardev *ringbuf = ringbuf_of(chardev);
	const struct ringbuf_state *state = left;
	int r = ringbuf_open(chardev, opts, err);

	if (r < 0)
		return r;
	ringbuf->written = ringbuf->taken = state->taken;
	ringbuf_append(chardev, snapshot_bulk(from, &state->bytes), (size_t)state->bytes.len);
	return 0;
}

static const struct chardev_handover ringbuf_handover = {
	.fields = ringbuf_fields,
	.size = sizeof(struct ringbuf_state),
	.save = ringbuf_save,
	.load = ringbuf_load,
};

static const struct opt_desc ringbuf_options[] = {
	{ .name = "size",
		.type = OPT_SIZE,
		.preset = "65536",
		.help = "bytes to keep, a power of two" },
	{ 0 },
};

#define RINGBUF_METHODS                                                                           \
	.options = ringbuf_options, .size = sizeof(struct ringbuf_chardev),                       \
	.check = ringbuf_check, .open = ringbuf_open, .close = ringbuf_close, .out = ringbuf_out, \
	.handover = &ringbuf_handover

const struct chardev_class backend_ringbuf_class = {
	.name = "ringbuf",
	.summary = "keeps the newest bytes in memory",
	.is_sink = true,
	RINGBUF_METHODS,
};

const struct chardev_class backend_memory_class = {
	.name = "memory",
	.summary = "old name of ringbuf",
	.is_sink = true,
	RINGBUF_METHODS,
};
