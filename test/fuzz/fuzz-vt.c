/* SPDX-License-Identifier: MIT */
#include "vt/vt.h"
#include "vt/keyboard.h"
#include "../unit/vt/replay-check.h"

#include <stdlib.h>
#include <string.h>

/*
 * Fuzz target of the terminal engine: the guest's bytes, with resizes in between.
 *
 * The input is the stream itself, but for a byte 0xff, which starts a command for the harness:
 *	0xff 0x00 W H	resize to W % 40 + 1 columns and H % 12 + 1 rows
 *	0xff 0x01	collect damage
 *	0xff other	the byte itself
 * It is fed whole and in small pieces, which must come to the same; the state must be sound, and a
 * replay must give an equal one. Another engine must come to the same from its middle on, where it
 * was shown what the first one was in the middle of.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct harness {
	struct vt *vt;
	struct vt_reader reader;
	struct vt_damage damage;
	uint64_t last_query;
};

static void on_query(void *data, uint64_t start, uint64_t end)
{
	struct harness *harness = data;

	if (start < harness->last_query || end <= start)
		abort();
	harness->last_query = end;
}

static void on_reply(void *data, const char *bytes, size_t len)
{
	(void)data;
	if (len == 0 || bytes[0] == 0)
		abort();
}

/* Feed in pieces of @piece bytes; 0: all at once. */
static void feed(struct harness *harness, const uint8_t *p, size_t len, size_t piece)
{
	while (len) {
		size_t n = piece && piece < len ? piece : len;

		vt_feed(harness->vt, p, n);
		p += n;
		len -= n;
	}
}

/* Run one command; Return: bytes it took. */
static size_t command(struct harness *harness, const uint8_t *p, size_t left)
{
	if (left >= 4 && p[1] == 0) {
		if (vt_resize(harness->vt, p[2] % 40u + 1, p[3] % 12u + 1) < 0)
			abort();
		return 4;
	}
	if (left >= 2 && p[1] == 1) {
		vt_collect_damage(harness->vt, &harness->reader, &harness->damage);
		return 2;
	}
	vt_feed(harness->vt, p, 1);
	return 1;
}

static struct harness *run(const uint8_t *data, size_t size, size_t piece)
{
	static const struct vt_callbacks callbacks = { .on_query = on_query, .on_reply = on_reply };
	struct vt_config config = { .cols = 12, .rows = 5, .scrollback_lines = 40 };
	struct harness *harness = calloc(1, sizeof(*harness));
	size_t at = 0;

	if (!harness || vt_new(&config, &callbacks, harness, &harness->vt) < 0)
		abort();
	while (at < size) {
		const uint8_t *end = memchr(data + at, 0xff, size - at);
		size_t n = end ? (size_t)(end - data) - at : size - at;

		feed(harness, data + at, n, piece);
		at += n;
		if (at < size)
			at += command(harness, data + at, size - at);
	}
	return harness;
}

static void end(struct harness *harness)
{
	vt_free(harness->vt);
	free(harness);
}

static void read_all(struct vt *vt)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	struct vt_point from = { -(int)vt_scrollback_count(vt), 0 };
	struct vt_point to = { (int)vt_rows(vt), vt_cols(vt) };

	vt_selection_text(vt, VT_SELECT_STREAM, from, to, &text);
	vt_selection_text(vt, VT_SELECT_WORD, from, from, &text);
}

static void must_be_equal(struct vt *a, struct vt *b)
{
	AUTO_STRBUF struct strbuf x = { 0 };
	AUTO_STRBUF struct strbuf y = { 0 };

	vt_dump(a, &x);
	vt_dump(b, &y);
	if (x.len != y.len || memcmp(x.data, y.data, x.len))
		abort();
}

/* The input is a stream only: another engine could not be told of another size. */
static void go_on_elsewhere(const uint8_t *data, size_t size)
{
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH };
	const struct vt_config config = { .cols = 12, .rows = 5, .scrollback_lines = 40 };
	AUTO_STRBUF struct strbuf left = { 0 };
	struct vt *vt, *other;
	size_t cut = size / 2;

	if (vt_new(&config, NULL, NULL, &vt) < 0 || vt_new(&config, NULL, NULL, &other) < 0)
		abort();
	vt_feed(vt, data, cut);
	if (vt_resize(other, vt_cols(vt), vt_rows(vt)) < 0 || vt_replay(vt, &left, &how) < 0)
		abort();
	vt_put_begun(vt, &left);
	vt_feed(other, left.data, left.len);
	vt_feed(vt, data + cut, size - cut);
	vt_feed(other, data + cut, size - cut);
	must_be_equal(vt, other);
	vt_free(vt);
	vt_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct harness *whole = run(data, size, 0), *pieces = run(data, size, 1 + size % 7);

	if (state_fault(whole->vt) || !replay_check(whole->vt, true))
		abort();
	must_be_equal(whole->vt, pieces->vt);
	read_all(whole->vt);
	end(whole);
	end(pieces);
	go_on_elsewhere(data, size);
	return 0;
}
