/* SPDX-License-Identifier: MIT */
/*
 * A type of chardev of one's own: `metronome,id=m,ms=100` says "tick" so often. Here it is the guest
 * of a console that others look at by a socket: backend SOCKET
 */
#include <charhub-backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct metronome {
	struct charhub_backend *backend;
	struct charhub_timer *timer;
	uint64_t ms;
	unsigned ticks;
};

static void on_time(void *data)
{
	struct metronome *metronome = data;
	char line[32];
	int len = snprintf(line, sizeof(line), "tick %u\r\n", ++metronome->ticks);

	if (charhub_backend_wants(metronome->backend) >= (size_t)len) /* else this one is lost */
		charhub_backend_in(metronome->backend, line, (size_t)len);
	charhub_timer_start(metronome->timer, metronome->ms);
}

static void metronome_close(void *self)
{
	struct metronome *metronome = self;

	charhub_timer_free(metronome->timer);
	free(metronome);
}

static int metronome_open(
	struct charhub_backend *backend, void **ret_self, struct charhub_error **err)
{
	struct metronome *metronome = calloc(1, sizeof(*metronome));

	if (!metronome || charhub_timer_new(charhub_backend_context(backend), on_time, metronome,
				  &metronome->timer) < 0) {
		free(metronome);
		return charhub_error_set(err, 12, "out of memory", NULL);
	}
	metronome->backend = backend;
	metronome->ms = charhub_backend_number(backend, "ms");
	charhub_timer_start(metronome->timer, metronome->ms);
	charhub_backend_open(backend, 1);
	*ret_self = metronome;
	return 0;
}

/* What people type goes here: Ctrl-D ends the program. */
static ssize_t metronome_out(void *self, const void *bytes, size_t len)
{
	const struct metronome *metronome = self;

	if (memchr(bytes, 4, len))
		charhub_stop(charhub_backend_context(metronome->backend));
	return (ssize_t)len;
}

static const struct charhub_class_option options[] = {
	{ .name = "ms", .type = CHARHUB_OPTION_NUMBER, .preset = "1000", .min = 1, .max = 60000,
		.help = "milliseconds from one tick to the next" },
	{ 0 },
};

static const struct charhub_class metronome = {
	.size = sizeof(metronome),
	.name = "metronome",
	.summary = "says tick",
	.options = options,
	.open = metronome_open,
	.close = metronome_close,
	.out = metronome_out,
};

int main(int argc, char **argv)
{
	const struct charhub_class *const classes[] = { &metronome, NULL };
	const struct charhub_config config = { .size = sizeof(config), .classes = classes };
	const struct charhub_option people[] = { { "backend", "socket" }, { "id", "people" },
		{ "path", argc > 1 ? argv[1] : "" }, { "server", "on" }, { "wait", "off" },
		{ "clients", "16" }, { 0 } };
	struct charhub_error *err = NULL;
	struct charhub *hub = NULL;

	if (charhub_new(&config, &hub, &err) < 0 ||
		charhub_add(hub, "chardev", "metronome,id=m,ms=20", &err) < 0 ||
		charhub_add_options(hub, "chardev", people, &err) < 0 ||
		charhub_add(hub, "chardev", "hub,id=con0,chardevs.0=people", &err) < 0 ||
		charhub_add(hub, "device", "console,guest=m,chardev=con0", &err) < 0) {
		fprintf(stderr, "backend: %s\n", charhub_error_message(err));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	charhub_run(hub);
	charhub_free(hub);
	return 0;
}
