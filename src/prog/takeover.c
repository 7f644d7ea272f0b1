/* SPDX-License-Identifier: MIT */
/* syscalls: sendto */
#include "prog/takeover.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "control/world.h"
#include "io/store.h"
#include "opts/opts.h"
#include "prog/cmdline.h"
#include "prog/daemon.h"
#include "prog/examiner.h"
#include "prog/setup.h"
#include "transport/passed-fds.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The number of the descriptor; nobody else is to have it. */
static const char variable[] = "CHARHUB_SNAPSHOT";

int takeover_begin(struct setup *setup)
{
	const char *text = getenv(variable);
	uint64_t fd;
	int r = -1;

	if (text && parse_u64(text, &fd) == 0 && fd <= INT_MAX)
		r = (int)fd;
	unsetenv(variable);
	setup->takes_over = r >= 0;
	return r;
}

int takeover_set_env(int fd)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", fd);
	return setenv(variable, text, 1) < 0 ? -errno : 0;
}

void takeover_unset_env(void)
{
	unsetenv(variable);
}

/* ---- what is wanted ---- */

/* A monitor that was made by `-object` is made so again. */
static const char *option_of(enum thing_kind kind, const struct opts *opts)
{
	return kind == THING_MONITOR && opts_text(opts, "qom-type") ? "object"
								    : thing_kind_name(kind);
}

static int want(struct setup *setup, const struct bequest_thing *thing, struct error **err)
{
	enum thing_kind kind = (enum thing_kind)thing->kind;
	AUTO_OPTS struct opts *opts = NULL;
	AUTO_FREE char *where = NULL;
	const char *option;
	int r = opts_parse(thing->options, thing_kind_implied(kind), &opts, err);

	if (r < 0)
		return r;
	option = option_of(kind, opts);
	if (asprintf(&where, " -%s %s", option, thing->name) < 0) {
		where = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	r = cmdline_find(option)->add(setup, opts, where, err);
	if (r == 0)
		opts = NULL;
	else
		error_prefix(err, "%s '%s': ", option, thing->name);
	return r;
}

int takeover_read(struct setup *setup, int fd, struct error **err)
{
	struct snapshot_groups things;
	struct bequest_thing thing;
	int r;

	bequest_close(&setup->bequest);
	r = bequest_open(fd, &setup->bequest, err);
	if (r == 0)
		r = forgone_read(setup, err);
	wanted_done(&setup->wanted);
	setup->wanted = (struct wanted){ 0 };
	things = setup->bequest.things;
	while (r == 0 && bequest_next_thing(&things, &thing))
		r = want(setup, &thing, err);
	return r;
}

/* ---- going on ---- */

/* The inventory has what the configuration says, whatever has become of it since. */
static void correct_inventory(const struct setup *setup, struct world *world)
{
	struct inventory *inventory = world_inventory(world);
	struct snapshot_groups things = setup->bequest.things;
	struct bequest_thing thing;

	while (bequest_next_thing(&things, &thing)) {
		enum thing_kind kind = (enum thing_kind)thing.kind;
		const struct thing *made = inventory_find_asked(inventory, kind, thing.name);

		if (made && thing.text)
			inventory_ask(
				inventory, kind, thing.name, thing.text, thing.group, made->handle);
		else if (made)
			inventory_unask(inventory, kind, thing.name);
	}
}

static void let_go(void *data)
{
	bequest_close(data);
}

void takeover_go_on(struct setup *setup, struct world *world)
{
	bequest_go_on(&setup->bequest, world);
	correct_inventory(setup, world);
	if (!store_own(world_loop(world), let_go, &setup->bequest))
		let_go(&setup->bequest);
	log_info("this is charhubd " CHARHUB_VERSION ", which goes on in another one's place");
}

/* ---- examining ---- */

static int examine(struct setup *setup, int fd, struct error **err)
{
	int r = takeover_read(setup, fd, err);

	return r < 0 ? r : daemon_check(setup, err);
}

static int answer(const struct setup *setup, const struct error *err)
{
	char text[EXAMINER_ANSWER_MAX] = { EXAMINER_YES };
	const char *place = log_place();

	if (err)
		snprintf(text, sizeof(text), "%c%s%s%s", EXAMINER_NO,
			place ? place + (*place == ' ') : "", place ? " " : "", error_message(err));
	log_set_place(NULL);
	return send(setup->examiner_fd, text, strlen(text), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void takeover_refuse(const struct setup *setup, struct error *err)
{
	answer(setup, err);
	error_free(err);
}

/* Return: a descriptor; -ENODATA: nobody asks any more. */
static int await(const struct setup *setup)
{
	struct passed_fds passed = { 0 };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;
	int fd;

	do
		n = passed_fds_recvmsg(&passed, setup->examiner_fd, &message, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -ENODATA;
	fd = passed_fds_take(&passed);
	passed_fds_close(&passed);
	return fd;
}

int takeover_examine(struct setup *setup, struct error **err)
{
	int fd, r = places_read(&setup->places, setup, err);

	if (r < 0)
		return r;
	while ((fd = await(setup)) >= 0) {
		AUTO_ERROR struct error *why = NULL;

		examine(setup, fd, &why);
		r = answer(setup, why);
		if (r < 0)
			return error_set(err, -r, "nobody waits for the answer");
	}
	return fd == -ENODATA
		       ? 0
		       : error_set(err, -fd, "-check-snapshot: nobody asks: %s", strerror(-fd));
}
