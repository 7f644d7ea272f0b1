/* SPDX-License-Identifier: MIT */
/*
 * What is left is taken out once, before it is looked at: a snapshot that this program does not
 * survive is not there any more when the manager starts it again.
 */
/* before the sandbox: close */
#include "prog/fdstore.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "control/bequest.h"
#include "prog/daemon.h"
#include "prog/leaving.h"
#include "prog/notify.h"
#include "prog/setup.h"
#include "prog/takeover.h"
#include "transport/parcel.h"

#include <errno.h>
#include <string.h>

static const char parcel_name[] = "charhub-restart";

/* ---- leaving ---- */

bool fdstore_is_there(const struct notify *notify)
{
	return notify->stores;
}

/* The snapshot, then what it refers to, in its order. */
static int pack(const struct snapshot_writer *writer, struct error **err)
{
	AUTO_FREE int *fds = malloc((writer->n_fds + 1) * sizeof(*fds));
	int r;

	if (!fds)
		return error_set(err, ENOMEM, "out of memory");
	fds[0] = writer->fd;
	if (writer->n_fds)
		memcpy(fds + 1, writer->fds, writer->n_fds * sizeof(*fds));
	r = parcel_pack(fds, writer->n_fds + 1);
	return r < 0 ? error_set(err, -r, "%zu descriptors cannot be kept: %s", writer->n_fds,
			       strerror(-r))
		     : r;
}

int fdstore_leave(struct world *world, const struct notify *notify, struct error **err)
{
	AUTO_CLOSE int parcel = -1;
	struct leaving leaving;
	int r = leaving_begin(&leaving, world, true, err);

	if (r == 0)
		r = bequest_save(world, &leaving.bequest, err);
	if (r == 0)
		r = parcel = pack(&leaving.bequest.writer, err);
	if (r >= 0)
		r = notify_store(notify, parcel_name, parcel, err);
	if (r == 0) {
		log_info("what there is waits with the service manager for the next process");
		leaving_part(&leaving, "the console's server is being restarted: come again");
	}
	leaving_done(&leaving);
	return r;
}

/* ---- taking ---- */

/* @fds: the snapshot, which is the bequest's from now on, and what it refers to. */
static int inherit(struct setup *setup, const int *fds, size_t n, struct error **err)
{
	int r;

	setup->takes_over = true;
	r = takeover_read(setup, fds[0], err);
	if (r == 0)
		r = snapshot_set_fds(&setup->bequest.snapshot, fds + 1, n - 1, err);
	return r < 0 ? r : daemon_check(setup, err);
}

/* All is as options and files say, or as they said when it was left, until they are read again. */
static int choose(struct setup *setup, const int *fds, size_t n, struct error **err)
{
	struct wanted said = setup->wanted;
	int r;

	setup->wanted = (struct wanted){ 0 };
	r = inherit(setup, fds, n, err);
	setup->was_stored = setup->takes_over = r == 0;
	if (r == 0) {
		wanted_done(&said);
		return 0;
	}
	bequest_close(&setup->bequest);
	wanted_done(&setup->wanted);
	setup->wanted = said;
	while (--n)
		close(fds[n]);
	return r;
}

static int open_parcel(struct setup *setup, int parcel, struct error **err)
{
	AUTO_FREE int *fds = NULL;
	size_t n;
	int r = parcel_unpack(parcel, &fds, &n);

	return r < 0 ? error_set(err, -r, "it is not whole: %s", strerror(-r))
		     : choose(setup, fds, n, err);
}

void fdstore_take(struct setup *setup, const struct notify *notify)
{
	AUTO_CLOSE int parcel = activation_take(&setup->activation, parcel_name);
	struct error *err = NULL;

	if (parcel < 0)
		return;
	notify_unstore(notify, parcel_name);
	if (open_parcel(setup, parcel, &err) == 0)
		return;
	error_prefix(&err, "what the last process has left cannot go on, all is made anew: ");
	log_report(LOG_ERROR, err);
	log_set_place(NULL);
}
