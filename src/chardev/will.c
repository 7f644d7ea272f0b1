/* SPDX-License-Identifier: MIT */
#include "chardev/will.h"

#include "base/cleanup.h"
#include "chardev/handover.h"
#include "io/store.h"

#include <errno.h>

void chardev_will_init(struct chardev_will *will, struct loop *loop,
	int (*render)(void *data, struct strbuf *out), void *data)
{
	*will = (struct chardev_will){ .loop = loop, .render = render, .data = data };
}

void chardev_will_done(struct chardev_will *will)
{
	store_free(will->store);
	will->store = NULL;
	will->is_due = false;
}

void chardev_will_prepare(struct chardev_will *will)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };

	if (will->store || will->render(will->data, &bytes) < 0)
		return;
	will->store = store_new_packed(will->loop, bytes.data, bytes.len);
	will->len = bytes.len;
}

void chardev_will_forgo(struct chardev_will *will)
{
	if (!will->is_due)
		chardev_will_done(will);
}

/* ---- in another program's place ---- */

static void save_rendered(const struct chardev_will *will, struct snapshot_writer *writer,
	struct chardev_shown *ret_shown)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };

	if (will->render(will->data, &bytes) < 0) {
		writer->error = ENOMEM;
		return;
	}
	chardev_bytes_save(writer, &ret_shown->packed, bytes.data, bytes.len);
	ret_shown->len = bytes.len;
}

void chardev_will_save(const struct chardev_will *will, struct snapshot_writer *writer,
	struct chardev_shown *ret_shown)
{
	if (!will->store) {
		save_rendered(will, writer, ret_shown);
		return;
	}
	chardev_store_save(writer, &ret_shown->packed, will->store, will->len);
	ret_shown->len = will->len;
}

bool chardev_will_is_left(const struct chardev_shown *shown)
{
	return shown->len || shown->plain.len;
}

int chardev_will_load(
	struct chardev_will *will, const struct snapshot *from, const struct chardev_shown *shown)
{
	bool is_plain = shown->plain.len;
	size_t len = is_plain ? shown->plain.len : shown->len;
	struct store *store = len ? store_new(will->loop, len) : NULL;
	int r = 0;

	if (!store)
		return len ? -ENOMEM : -EBADMSG;
	if (is_plain)
		store_borrow(store, snapshot_bulk(from, &shown->plain), len);
	else
		r = chardev_store_load(store, from, &shown->packed);
	if (r < 0) {
		store_free(store);
		return r;
	}
	will->store = store;
	will->len = len;
	will->is_due = true;
	return 0;
}

void chardev_will_show(struct chardev_will *will,
	void (*show)(void *data, const char *bytes, size_t len), void *data)
{
	size_t n;

	if (!will->is_due)
		return;
	for (size_t at = 0; at < will->len; at += n) {
		n = will->len - at < STORE_PIECE ? will->len - at : STORE_PIECE;
		store_use(will->store, at, n);
		show(data, store_at(will->store, at), n);
	}
	chardev_will_done(will);
}
