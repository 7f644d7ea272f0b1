/* SPDX-License-Identifier: MIT */
#include "chardev/handover.h"

#include "base/cleanup.h"
#include "chardev/chardev-impl.h"
#include "chardev/log.h"
#include "io/writer.h"

#include <errno.h>
#include <string.h>

enum { TAG_ID = 1, TAG_CLASS, TAG_OUT_BYTES, TAG_IN_BYTES, TAG_LOG, TAG_STATE };

#define FIELD(...) SNAPSHOT_FIELD(struct chardev_state, __VA_ARGS__)

const struct snapshot_field chardev_state_fields[] = {
	FIELD(id, TAG_ID, SNAPSHOT_STRING, .needed = true),
	FIELD(class, TAG_CLASS, SNAPSHOT_STRING, .needed = true),
	FIELD(out_bytes, TAG_OUT_BYTES, SNAPSHOT_U64),
	FIELD(in_bytes, TAG_IN_BYTES, SNAPSHOT_U64),
	FIELD(log, TAG_LOG, SNAPSHOT_EACH, .of = chardev_file_fields,
		.size = sizeof(struct chardev_file)),
	FIELD(state, TAG_STATE, SNAPSHOT_EACH),
	{ 0 },
};

const struct snapshot_field chardev_file_fields[] = {
	SNAPSHOT_FIELD(struct chardev_file, fd, 1, SNAPSHOT_FILE, .needed = true),
	SNAPSHOT_FIELD(struct chardev_file, mid_line, 2, SNAPSHOT_BOOL),
	SNAPSHOT_FIELD(struct chardev_file, pending, 3, SNAPSHOT_BLOB),
	SNAPSHOT_FIELD(struct chardev_file, start_ms, 4, SNAPSHOT_U64),
	{ 0 },
};

void chardev_file_save(struct chardev_bequest *to, uint16_t tag, const struct writer *writer,
	const struct chardev_file *about)
{
	struct chardev_file file = *about;
	AUTO_STRBUF struct strbuf pending = { 0 };

	file.fd = writer_fd(writer);
	if (!to->writer.is_trial)
		writer_pending(writer, &pending);
	if (pending.failed)
		to->writer.error = ENOMEM;
	file.pending = (struct snapshot_bytes){ pending.data, pending.len };
	snapshot_put_group(&to->writer, tag, chardev_file_fields, &file);
}

void chardev_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct chardev_handover *handover = chardev->class->handover;
	const struct chardev_state state = { .id = chardev->id,
		.class = chardev->class->name,
		.out_bytes = chardev->out_bytes,
		.in_bytes = chardev->in_bytes };

	snapshot_put(&to->writer, chardev_state_fields, &state);
	if (chardev->log)
		chardev_log_save(chardev->log, TAG_LOG, to);
	if (!handover)
		return;
	snapshot_begin_group(&to->writer, TAG_STATE, false);
	handover->save(chardev, to);
	snapshot_end_group(&to->writer);
}

void chardev_leave_out(struct chardev_bequest *to, struct chardev *chardev, const char *why)
{
	if (to->on_left_out)
		to->on_left_out(to->data, chardev, chardev->id, why);
}

bool chardev_goes_on(const struct chardev *chardev)
{
	const struct chardev_handover *handover = chardev->class->handover;

	return handover && handover->goes_on && handover->goes_on(chardev);
}

void chardev_part(struct chardev *chardev, const char *reason)
{
	const struct chardev_handover *handover = chardev->class->handover;

	if (handover && handover->part)
		handover->part(chardev, reason);
}

int chardev_check_state(const struct chardev_class *const *classes,
	const struct snapshot_part *part, struct error **err)
{
	const struct chardev_class *class;
	struct chardev_state state;
	struct snapshot_part of_class;
	int r = snapshot_check(part, chardev_state_fields, sizeof(state), err);

	if (r < 0 || snapshot_get(part, chardev_state_fields, &state, err) < 0)
		return r;
	class = chardev_class_find(classes, state.class);
	if (!snapshot_next_group(&state.state, &of_class))
		return 0;
	if (!class || !class->handover)
		return error_set(err, ENOTSUP, "chardev '%s': this program cannot go on with a %s",
			state.id, state.class);
	r = snapshot_check(&of_class, class->handover->fields, class->handover->size, err);
	if (r < 0)
		error_prefix(err, "chardev '%s': ", state.id);
	return r;
}
