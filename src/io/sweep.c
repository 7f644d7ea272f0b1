/* SPDX-License-Identifier: MIT */
/* syscalls: unlink */
/*
 * One thing is done at a time, the first that is due:
 *
 *	a packed file that was not finished goes
 *	the older ones of more than are kept go, as after a change of the rules
 *	of a file and the same file packed, which is whole, the former goes
 *	the oldest that is not packed is packed
 *
 * The order matters on a full disk: packing needs room.
 */
#include "io/rotation.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "io/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/**
 * struct sweep
 * @rules: shared
 * @error: why it could not go on, a positive errno; shared
 * @told:  the operator knows
 * @again: it was started while it was at work; shared
 * @gone:  the owner has no more interest; shared
 * @stop:  the same for a thread that packs
 */
struct sweep {
	struct work work;
	struct work_pool *pool;
	char *path, *owner;
	struct rotation_rules rules;
	int error;
	bool told, again, gone;
	atomic_bool stop;
};

static struct sweep *sweep_of(struct work *work)
{
	return container_of(work, struct sweep, work);
}

static void destroy(struct sweep *sweep)
{
	free(sweep->path);
	free(sweep->owner);
	free(sweep);
}

/* ---- in a thread ---- */

/* Return: 1; -errno. */
static int drop_unpacked(const char *path)
{
	AUTO_FREE char *index = archive_index_name(path);

	if (!index)
		return -ENOMEM;
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	unlink(index);
	return 1;
}

/* Ours are known by their stamps: nothing else is touched. */
static bool is_ours(const struct archive_file *file)
{
	return *file->stamp;
}

/* What a crash, or the end of the program, has left of packing. */
static int drop_unfinished(const char *path)
{
	AUTO_ARCHIVE struct archive archive = { 0 };
	int r = archive_list_unfinished(path, &archive);

	for (size_t i = 0; i < archive.len; i++)
		if (is_ours(&archive.items[i]) && archive.items[i].form != ARCHIVE_PLAIN)
			unlink(archive.items[i].path);
	return r;
}

/* Return: 1: something was done; 0: @file is as it is to be; -errno. */
static int tidy(struct sweep *sweep, const struct archive *archive, size_t at,
	const struct rotation_rules *rules)
{
	const struct archive_file *file = &archive->items[at];
	bool is_twice = at + 1 < archive->len && archive->items[at + 1].spare;
	int r;

	if (!is_ours(file) || file->form != ARCHIVE_PLAIN)
		return 0;
	if (is_twice)
		return drop_unpacked(file->path);
	if (rules->form == ARCHIVE_PLAIN)
		return 0;
	r = pack_file(file->path, rules->form, &sweep->stop);
	if (r == -EBUSY)
		return 0;
	return r < 0 && r != -ENOENT ? r : 1; /* it was dropped meanwhile: look again */
}

static int do_next(struct sweep *sweep, const struct rotation_rules *rules)
{
	AUTO_ARCHIVE struct archive archive = { 0 };
	int r = drop_unfinished(sweep->path);

	if (r == 0)
		r = archive_list(sweep->path, &archive);
	if (r < 0)
		return r;
	if (rules->keep)
		r = rotation_drop(&archive, rules->keep);
	for (size_t i = 0; i < archive.len && r == 0; i++)
		r = tidy(sweep, &archive, i, rules);
	return r;
}

static enum work_result run(struct work *work)
{
	struct sweep *sweep = sweep_of(work);
	const struct rotation_rules rules = sweep->rules;
	int r = 0;

	if (!sweep->gone) {
		sweep->again = false;
		work_pool_unlock(sweep->pool);
		r = do_next(sweep, &rules);
		work_pool_lock(sweep->pool);
	}
	if (sweep->gone) {
		destroy(sweep);
		return WORK_GONE;
	}
	sweep->error = r < 0 ? -r : 0;
	if (r > 0 || sweep->again) /* another rotation may have what makes room for this one */
		return WORK_AGAIN;
	if (r < 0)
		return WORK_TELLS;
	return sweep->told ? WORK_TELLS : WORK_RESTS;
}

/* ---- in the loop's thread ---- */

static void done(struct work *work)
{
	struct sweep *sweep = sweep_of(work);

	if (sweep->error && !sweep->told)
		log_warning("%s '%s': old files cannot be tidied up: %s; next try after the next "
			    "rotation",
			sweep->owner, sweep->path, strerror(sweep->error));
	sweep->told = sweep->error;
}

struct sweep *sweep_new(struct work_pool *pool, const char *path, const char *owner)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	if (!sweep)
		return NULL;
	sweep->work.run = run;
	sweep->work.done = done;
	sweep->pool = pool;
	sweep->path = strdup(path);
	sweep->owner = strdup(owner ? owner : "file");
	if (!sweep->path || !sweep->owner) {
		destroy(sweep);
		return NULL;
	}
	return sweep;
}

void sweep_start(struct sweep *sweep, const struct rotation_rules *rules)
{
	work_pool_lock(sweep->pool);
	sweep->rules = *rules;
	sweep->again = true;
	work_submit(sweep->pool, &sweep->work);
	work_pool_unlock(sweep->pool);
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	sweep->gone = true;
	atomic_store(&sweep->stop, true);
	if (work_withdraw(sweep->pool, &sweep->work))
		destroy(sweep);
}
