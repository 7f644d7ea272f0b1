/* SPDX-License-Identifier: MIT */
/*
 * A context: a loop, a world, and what its thread needs while it is in here.
 *
 * Each function that others call begins with ENTER(), of which the outermost on the stack counts.
 * It makes the context's log the thread's, and holds back the two signals that a write can raise in
 * the thread that writes. No other thread writes but those of the library, which have all signals
 * blocked (io/thread.h).
 */
#include "lib/context.h"

#include "control/event.h"
#include "io/mailbox.h"
#include "lib/classes.h"
#include "lib/command.h"
#include "lib/console.h"
#include "lib/foreign.h"
#include "lib/member.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Instead of base/log-standard.c: a thread that is in no context has no log. */
_Thread_local struct log *log_current;

/* ---- every call ---- */

static void fill_held(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGPIPE);
	sigaddset(set, SIGXFSZ);
}

static bool is_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGPIPE) || sigismember(&pending, SIGXFSZ));
}

void enter(struct charhub *charhub, struct entry *entry)
{
	sigset_t held;

	entry->charhub = charhub;
	entry->is_outermost = !charhub->depth++;
	if (!entry->is_outermost)
		return;
	entry->log = log_use(&charhub->log);
	fill_held(&held);
	pthread_sigmask(SIG_BLOCK, &held, &entry->signals);
	/* One that was not blocked could not be pending. */
	entry->was_pending =
		(sigismember(&entry->signals, SIGPIPE) || sigismember(&entry->signals, SIGXFSZ)) &&
		is_pending();
}

void leave(struct entry *entry)
{
	static const struct timespec no_time = { 0 };
	sigset_t held;

	entry->charhub->depth--;
	if (!entry->is_outermost)
		return;
	fill_held(&held);
	while (!entry->was_pending && is_pending() && sigtimedwait(&held, NULL, &no_time) > 0)
		;
	pthread_sigmask(SIG_SETMASK, &entry->signals, NULL);
	log_use(entry->log);
}

int copy_config(void *ret, size_t size, const void *config, struct error **err)
{
	size_t given = 0;

	if (config)
		memcpy(&given, config, sizeof(given));
	if (given < sizeof(given) || given > 16 * size)
		return error_set(
			err, EINVAL, "size: set it to the size of the struct as you compiled it");
	memset(ret, 0, size);
	memcpy(ret, config, given < size ? given : size);
	return 0;
}

/* ---- messages ---- */

static struct charhub *of_sink(struct log_sink *sink)
{
	return container_of(sink, struct charhub, sink);
}

static void pass_message(struct log_sink *sink, enum log_level level, const char *folder,
	size_t folder_len, const char *text)
{
	const struct charhub_config *config = &of_sink(sink)->config;
	char name[32];

	if (!config->on_log || config->log_level == CHARHUB_LOG_NONE)
		return;
	if (folder_len >= sizeof(name))
		folder_len = sizeof(name) - 1;
	memcpy(name, folder, folder_len);
	name[folder_len] = '\0';
	config->on_log(config->data, (enum charhub_level)(level + CHARHUB_LOG_ERROR), name, text);
}

static uint64_t now_ms(struct log_sink *sink)
{
	return loop_now_ms(of_sink(sink)->loop);
}

static void hold(struct log_sink *sink, uint64_t ms)
{
	timer_start(of_sink(sink)->held, ms);
}

static void tell_held(void *data)
{
	(void)data;
	log_tell_held();
}

/* ENTER() comes later: until then this thread is nobody's. */
static void start_log(struct charhub *charhub)
{
	const struct charhub_config *config = &charhub->config;
	struct log *before = log_use(&charhub->log);

	charhub->sink =
		(struct log_sink){ .message = pass_message, .now_ms = now_ms, .held = hold };
	charhub->log.sink = &charhub->sink;
	charhub->log.name = "charhub";
	log_set_folders(config->log_folders);
	if (config->log_level >= CHARHUB_LOG_ERROR)
		log_set_level((enum log_level)(config->log_level - CHARHUB_LOG_ERROR));
	log_use(before);
}

/* ---- life ---- */

static int make_parts(struct charhub *charhub, struct error **err)
{
	struct world_config config = {
		.loop = charhub->loop,
		.name = charhub->config.name,
		.fdsets = &charhub->fdsets,
		.activation = &charhub->activation,
		.frontend_classes = charhub_lib_frontends,
		.object_classes = charhub_objects,
	};
	int r = foreign_classes_new(charhub, err);

	if (r < 0)
		return r;
	config.chardev_classes = charhub->classes;
	charhub->held = timer_new(charhub->loop, tell_held, charhub);
	if (!charhub->held)
		return error_set(err, ENOMEM, "out of memory");
	r = mailbox_new(charhub->loop, &charhub->mailbox);
	if (r < 0)
		return error_set(err, -r, "a context needs two descriptors: %s", strerror(-r));
	r = estate_init(&charhub->estate, &config, err);
	return r < 0 ? r : events_start(charhub, err);
}

static void unmake(struct charhub *charhub)
{
	ENTER(charhub);

	mailbox_free(charhub->mailbox);
	commands_cancel(charhub);
	event_unlisten(charhub->events);
	members_forget(charhub);
	consoles_forget(charhub);
	estate_done(&charhub->estate);
	log_set_sink(NULL);
	log_use(NULL);
	timer_free(charhub->held);
	loop_free(charhub->loop);
}

void charhub_free(struct charhub *charhub)
{
	if (!charhub)
		return;
	unmake(charhub);
	foreign_classes_free(charhub);
	free(charhub);
}

static int make(struct charhub *charhub, struct error **err)
{
	ENTER(charhub);

	return make_parts(charhub, err);
}

static int read_config(
	struct charhub *charhub, const struct charhub_config *config, struct error **err)
{
	if (!config)
		return 0;
	if (copy_config(&charhub->config, sizeof(charhub->config), config, err) < 0)
		return -EINVAL;
	if (charhub->config.log_level < CHARHUB_LOG_NONE ||
		charhub->config.log_level > CHARHUB_LOG_DEBUG)
		return error_set(err, EINVAL, "log_level: is none of CHARHUB_LOG_...");
	return 0;
}

int charhub_new(const struct charhub_config *config, struct charhub **ret_charhub,
	struct charhub_error **err)
{
	struct charhub *charhub = calloc(1, sizeof(*charhub));
	int r;

	if (!charhub)
		return error_set(error_out(err), ENOMEM, "out of memory");
	list_init(&charhub->consoles);
	list_init(&charhub->members);
	list_init(&charhub->calls);
	r = read_config(charhub, config, error_out(err));
	if (r < 0) {
		free(charhub);
		return r;
	}
	charhub->loop = loop_new();
	if (!charhub->loop) {
		free(charhub);
		return error_set(error_out(err), ENOMEM, "out of memory or file descriptors");
	}
	start_log(charhub);
	r = make(charhub, error_out(err));
	if (r < 0)
		charhub_free(charhub);
	else
		*ret_charhub = charhub;
	return r;
}

/* ---- the loop ---- */

void charhub_run(struct charhub *charhub)
{
	ENTER(charhub);

	loop_run(charhub->loop);
}

void charhub_stop(struct charhub *charhub)
{
	loop_stop(charhub->loop);
}

int charhub_fd(struct charhub *charhub)
{
	return loop_fd(charhub->loop);
}

int charhub_timeout_ms(struct charhub *charhub)
{
	return loop_wait_ms(charhub->loop);
}

void charhub_dispatch(struct charhub *charhub)
{
	ENTER(charhub);

	loop_step(charhub->loop, false);
}

int charhub_post(struct charhub *charhub, void (*fn)(void *data), void *data)
{
	return mailbox_post(charhub->mailbox, fn, data);
}
