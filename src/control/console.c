/* SPDX-License-Identifier: MIT */
#include "control/console.h"

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "control/command.h"
#include "control/world.h"
#include "vt/vt.h"

#include <errno.h>
#include <string.h>

const struct type type_hub_access = {
	.kind = TYPE_ENUM, .name = "HubAccess", .values = "type|view|none"
};

int console_find(
	const struct world *world, const char *name, struct chardev **ret_hub, struct error **err)
{
	struct chardev *chardev = chardev_set_find(world_chardevs(world), name);

	if (!chardev)
		return error_set(err, ENOENT, "Console '%s' not found", name);
	if (!chardev_is_hub(chardev)) {
		error_set(err, EINVAL, "chardev '%s' is no console: it is no hub", name);
		error_set_hint(err, "A console is shared by a -chardev hub.");
		return -EINVAL;
	}
	*ret_hub = chardev;
	return 0;
}

int console_of_call(
	const struct call *call, const char *key, struct chardev **ret_hub, struct error **err)
{
	return console_find(call_world(call), call_string(call, key), ret_hub, err);
}

struct chardev *console_next(const struct world *world, const struct chardev *after)
{
	struct chardev *next = chardev_set_next(world_chardevs(world), after);

	while (next && !chardev_is_hub(next))
		next = chardev_set_next(world_chardevs(world), next);
	return next;
}

/* ---- the last line ---- */

enum { LINE_BYTES = 1024 };

/* From the terminal: the lowest row that is not blank. */
static void read_screen(struct vt *vt, struct strbuf *line)
{
	for (int row = (int)vt_rows(vt) - 1; row >= 0 && !line->len; row--)
		vt_selection_text(vt, VT_SELECT_STREAM, (struct vt_point){ row, 0 },
			(struct vt_point){ row, vt_cols(vt) }, line);
}

static bool is_text(char c)
{
	return (unsigned char)c >= 0x20 && c != 0x7f;
}

/* From bytes as they came: the last line with something in it, without control characters. */
static void read_bytes(const struct chardev *hub, struct strbuf *line)
{
	struct hub_info info;
	struct iovec iov[2];
	uint64_t from;
	int n;

	hub_info(hub, &info);
	from = info.end - info.held_from > LINE_BYTES ? info.end - LINE_BYTES : info.held_from;
	n = hub_history(hub, from, LINE_BYTES, iov);
	for (int i = 0; i < n; i++)
		for (size_t at = 0; at < iov[i].iov_len; at++) {
			char c = ((const char *)iov[i].iov_base)[at];
			bool ends = line->len && line->data[line->len - 1] == '\n';

			if (ends && is_text(c))
				line->len = 0;
			if (is_text(c) || (c == '\n' && line->len && !ends))
				strbuf_putc(line, c);
		}
	while (line->len && line->data[line->len - 1] == '\n')
		line->data[--line->len] = '\0';
}

char *console_last_line(struct chardev *hub)
{
	AUTO_STRBUF struct strbuf line = { 0 };
	struct hub_info info;
	struct vt *vt;

	hub_info(hub, &info);
	if (!info.end)
		return NULL;
	vt = hub_vt(hub);
	if (vt)
		read_screen(vt, &line);
	else
		read_bytes(hub, &line);
	return line.len ? strbuf_take(&line) : NULL;
}
