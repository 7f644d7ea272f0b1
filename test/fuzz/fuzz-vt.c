/* SPDX-License-Identifier: MIT */
#include "vt/vt.h"
#include "vt/keyboard.h"
#include "../unit/vt/replay-check.h"

#include <stdlib.h>
#include <string.h>

/*
 * Fuzz target of the terminal engine: the guest's bytes, cut in pieces, with resizes in between.
 *
 * The input is the stream itself, but for a byte 0xff, which starts a command for the harness:
 *	0xff 0x00 W H	resize to W % 40 + 1 columns and H % 12 + 1 rows
 *	0xff 0x01	end the piece here
 *	0xff 0x02	collect damage
 *	0xff other	the byte itself
 * At the end: the state is sound, and a replay gives an equal one.
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

/* Run one command; Return: bytes it took. */
static size_t command(struct harness *harness, const uint8_t *p, size_t left)
{
	if (left >= 4 && p[1] == 0) {
		if (vt_resize(harness->vt, p[2] % 40u + 1, p[3] % 12u + 1) < 0)
			abort();
		return 4;
	}
	if (left >= 2 && p[1] == 1)
		return 2;
	if (left >= 2 && p[1] == 2) {
		vt_collect_damage(harness->vt, &harness->reader, &harness->damage);
		return 2;
	}
	vt_feed(harness->vt, p, 1);
	return 1;
}

static void read_all(struct vt *vt)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	struct vt_point from = { -(int)vt_scrollback_count(vt), 0 };
	struct vt_point to = { (int)vt_rows(vt), vt_cols(vt) };

	vt_selection_text(vt, VT_SELECT_STREAM, from, to, &text);
	vt_selection_text(vt, VT_SELECT_WORD, from, from, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
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

		if (n)
			vt_feed(harness->vt, data + at, n);
		at += n;
		if (at < size)
			at += command(harness, data + at, size - at);
	}
	if (state_fault(harness->vt) || !replay_check(harness->vt, true))
		abort();
	read_all(harness->vt);
	vt_free(harness->vt);
	free(harness);
	return 0;
}
