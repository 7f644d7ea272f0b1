/* SPDX-License-Identifier: MIT */
#include "control/monitor.h"
#include "control/qmp.h"

#include "backend/backends.h"
#include "base/log.h"
#include "control/world.h"
#include "frontend/frontend.h"
#include "hub/hub.h"
#include "lib/fake-chardev.h"
#include "object/authz.h"
#include "vc/vc.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/*
 * A client of a monitor. The first byte says whether it has negotiated (bit 0), whether answers
 * are pretty (bit 1), how large the pieces are that the rest comes in, and how many bytes of the
 * answers it takes at first. Whatever it says, it is answered in JSON, and the session is there
 * at the end.
 *
 * The world has only what leaves the machine alone: no files, sockets or programs.
 */

enum { ROUNDS_MAX = 64, NEGOTIATED = 1, PRETTY = 2 };

static const char negotiation[] = "{'execute':'qmp_capabilities'}";

static const struct chardev_class *const classes[] = { &backend_null_class, &backend_ringbuf_class,
	&backend_memory_class, &hub_class, &vc_class, &fake_chardev_class, NULL };

static void dispatch(struct loop *loop)
{
	for (int i = 0; i < ROUNDS_MAX; i++)
		loop_step(loop, false);
}

/* One value after the other, and nothing else. */
static void check_answers(const struct strbuf *out)
{
	size_t at = 0;

	while (at < out->len) {
		json_error_t why;
		json_t *answer = json_loadb(out->data + at, out->len - at,
			JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &why);

		if (!answer)
			abort();
		json_decref(answer);
		at += (size_t)why.position;
		if (out->len - at < 2 || memcmp(out->data + at, "\r\n", 2))
			abort();
		at += 2;
	}
}

static void talk(struct loop *loop, struct fake_chardev *fake, const uint8_t *data, size_t size)
{
	size_t piece = 1 + (size_t)(data[0] >> 4) * 16;

	if (data[0] & NEGOTIATED)
		fake_chardev_type(fake, negotiation, strlen(negotiation));
	dispatch(loop);
	fake_chardev_set_accept(fake, data[0] & 8 ? 100 : SIZE_MAX);
	for (size_t at = 1; at < size; at += piece) {
		fake_chardev_type(fake, data + at, size - at < piece ? size - at : piece);
		loop_step(loop, false);
	}
	dispatch(loop);
	fake_chardev_set_accept(fake, SIZE_MAX);
	loop_advance(loop, 1000);
	dispatch(loop);
}

/* Files may be named by any chardev, and lines of debugging are many. */
static bool is_harmless(const uint8_t *data, size_t size)
{
	return !memmem(data, size, "log", 3) && !memmem(data, size, "trace", 5) &&
	       !memmem(data, size, "\\u", 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fdsets fdsets = { 0 };
	struct activation activation = { 0 };
	struct world_config config = {
		.fdsets = &fdsets,
		.activation = &activation,
		.chardev_classes = classes,
		.frontend_classes =
			(const struct frontend_class *const[]){ &frontend_console_class, NULL },
		.object_classes = (const struct object_class *const[]){ &authz_simple_class, NULL },
	};
	struct world *world;
	struct fake_chardev *fake;
	struct monitor *qmp;

	if (!data || !size || !is_harmless(data, size))
		return 0;
	log_set_level(LOG_ERROR);
	config.loop = loop_new();
	loop_fake_clock(config.loop);
	if (!config.loop || world_new(&config, &world, NULL) < 0)
		abort();
	fake = fake_chardev_add(world_chardevs(world), "m");
	if (qmp_new(world, &fake->base, data[0] & PRETTY, &qmp, NULL) < 0)
		abort();
	talk(config.loop, fake, data, size);
	check_answers(&fake->out);
	monitor_free(qmp);
	world_free(world);
	fdsets_done(&fdsets);
	loop_free(config.loop);
	return 0;
}
