/* SPDX-License-Identifier: MIT */
/* A later version that has something more to leave, which others may skip. */
#include "snapshot/writer.h"

const struct snapshot_version snapshot_version = { .major = 1, .minor = 5 };

struct more {
	uint64_t number;
};

static const struct snapshot_field more_fields[] = {
	SNAPSHOT_FIELD(struct more, number, 4711, SNAPSHOT_U64, .optional = true),
	{ 0 },
};

int __real_snapshot_finish(struct snapshot_writer *writer, struct error **err);
int __wrap_snapshot_finish(struct snapshot_writer *writer, struct error **err);

int __wrap_snapshot_finish(struct snapshot_writer *writer, struct error **err)
{
	static const struct more more = { 42 };

	snapshot_put(writer, more_fields, &more);
	return __real_snapshot_finish(writer, err);
}
