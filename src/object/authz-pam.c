/* SPDX-License-Identifier: MIT */
/*
 * Whom PAM's account management lets in: the account exists, has not expired, is not barred by time
 * or host or a list [pam_acct_mgmt(3)]. That he is who he says was proven before.
 *
 * A "user:NAME" is asked for by the name alone. Others have no account here, and are asked for as
 * they are called, which a service may make something of (pam_listfile). Who is nobody is refused.
 */
#include "object/authz.h"

#include "base/list.h"
#include "base/log.h"
#include "io/errand.h"
#include "object/pam.h"
#include "opts/opts.h"
#include "transport/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** struct authz_pam - @pool: of the threads that ask; held */
struct authz_pam {
	struct object base;
	char *service;
	struct work_pool *pool;
};

static struct authz_pam *pam_of(struct object *object)
{
	return container_of(object, struct authz_pam, base);
}

/* ---- asking, in a thread ---- */

/** struct inquiry - about one person; it may outlive the rule, and has all of its own */
struct inquiry {
	char *id, *service, *user;
	char reason[PAM_TEXT_MAX];
	object_answer_fn *fn;
	void *data;
};

static int ask(void *task)
{
	struct inquiry *inquiry = task;
	const struct pam_question question = { .service = inquiry->service, .user = inquiry->user };
	char user[PAM_TEXT_MAX];

	return pam_ask(&question, user, inquiry->reason);
}

static void inquiry_free(void *task)
{
	struct inquiry *inquiry = task;

	free(inquiry->id);
	free(inquiry->service);
	free(inquiry->user);
	free(inquiry);
}

static const struct errand_job job = { .run = ask, .free = inquiry_free };

static struct inquiry *inquiry_new(const struct authz_pam *pam, const char *user)
{
	struct inquiry *inquiry = calloc(1, sizeof(*inquiry));

	if (!inquiry)
		return NULL;
	inquiry->id = strdup(pam->base.id);
	inquiry->service = strdup(pam->service);
	inquiry->user = strdup(user);
	if (inquiry->id && inquiry->service && inquiry->user)
		return inquiry;
	inquiry_free(inquiry);
	return NULL;
}

static void on_answer(void *data, int result, void *task)
{
	const struct inquiry *inquiry = task;

	(void)data;
	if (result < 0)
		log_info("object '%s': PAM does not let %s in: %s", inquiry->id, inquiry->user,
			inquiry->reason);
	inquiry->fn(inquiry->data, result == 0);
}

/* ---- the class ---- */

static int pam_open(struct object *object, const struct opts *opts, struct error **err)
{
	struct authz_pam *pam = pam_of(object);
	int r = pam_look(err);

	if (r < 0) {
		error_prefix(err, "object '%s': ", object->id);
		return r;
	}
	pam->service = strdup(opts_get_string(opts, "service"));
	r = pam->service ? work_pool_get_answers(object_loop(object), &pam->pool) : -ENOMEM;
	if (r == 0)
		return 0;
	free(pam->service);
	return error_set(err, -r, "object '%s': %s", object->id, strerror(-r));
}

static void pam_close(struct object *object)
{
	work_pool_put(pam_of(object)->pool);
	free(pam_of(object)->service);
}

static int pam_ask_about(struct object *object, const char *identity, object_answer_fn *fn,
	void *data, struct errand **ret_errand)
{
	static const char kind[] = "user:";
	struct authz_pam *pam = pam_of(object);
	struct inquiry *inquiry;

	if (!strcmp(identity, IDENTITY_ANONYMOUS))
		return -EACCES;
	if (!strncmp(identity, kind, strlen(kind)))
		identity += strlen(kind);
	inquiry = inquiry_new(pam, identity);
	if (!inquiry)
		return -ENOMEM;
	inquiry->fn = fn;
	inquiry->data = data;
	return errand_new(pam->pool, &job, inquiry, on_answer, NULL, ret_errand);
}

static const struct opt_desc pam_options[] = {
	{ .name = "service",
		.type = OPT_STRING,
		.required = true,
		.help = "of PAM, a file in /etc/pam.d, whose account rules are asked" },
	{ 0 },
};

const struct object_class authz_pam_class = {
	.name = "authz-pam",
	.summary = "who may: accounts that PAM lets in",
	.options = pam_options,
	.size = sizeof(struct authz_pam),
	.open = pam_open,
	.close = pam_close,
	.ask = pam_ask_about,
};
