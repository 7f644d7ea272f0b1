/* SPDX-License-Identifier: MIT */
/* before the sandbox: chdir */
#include "prog/privileges.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

const struct opt_desc privileges_options[] = {
	{ .name = "async-teardown",
		.type = OPT_BOOL,
		.help = "accepted, without effect: there is no guest's memory to give back" },
	{ .name = "chroot",
		.type = OPT_STRING,
		.help = "once everything was made, let that folder be the root" },
	{ .name = "user",
		.type = OPT_STRING,
		.help = "once everything was made, be that user: a name, or UID:GID" },
	{ 0 },
};

/* "UID:GID" */
static bool read_numbers(struct privileges *privileges, const char *text)
{
	const char *colon = strchr(text, ':');
	AUTO_FREE char *first = colon ? strndup(text, (size_t)(colon - text)) : NULL;
	uint64_t uid, gid;

	/* The highest of each means "as it is" to the kernel. */
	if (!first || parse_u64(first, &uid) < 0 || parse_u64(colon + 1, &gid) < 0 ||
		uid >= UINT32_MAX || gid >= UINT32_MAX)
		return false;
	privileges->uid = (uid_t)uid;
	privileges->gid = (gid_t)gid;
	return true;
}

static void find_user(struct privileges *privileges)
{
	const char *text = privileges->user;
	const struct passwd *account;

	privileges->uid = (uid_t)-1;
	privileges->gid = (gid_t)-1;
	if (read_numbers(privileges, text))
		return;
	account = strchr(text, ':') ? NULL : getpwnam(text); /* no name has a colon [passwd(5)] */
	privileges->by_name = account;
	if (account) {
		privileges->uid = account->pw_uid;
		privileges->gid = account->pw_gid;
	}
}

int privileges_read(struct privileges *privileges, struct opts *opts, struct error **err)
{
	const char *user, *folder;
	int r = opts_check(opts, "run-with",
		(const struct opt_desc *const[]){ privileges_options, NULL }, err);

	if (r < 0)
		return r;
	privileges_done(privileges);
	user = opts_get_string(opts, "user");
	folder = opts_get_string(opts, "chroot");
	if (folder) {
		privileges->chroot = strdup(folder);
		if (!privileges->chroot)
			return error_set(err, ENOMEM, "out of memory");
	}
	if (!user)
		return 0;
	privileges->user = strdup(user);
	if (!privileges->user)
		return error_set(err, ENOMEM, "out of memory");
	find_user(privileges);
	return 0;
}

bool privileges_know_user(const struct privileges *privileges)
{
	return privileges->uid != (uid_t)-1;
}

int privileges_check(const struct privileges *privileges, struct error **err)
{
	if (!privileges->user || privileges_know_user(privileges))
		return 0;
	return error_set(err, EINVAL, "User \"%s\" doesn't exist (and is not <uid>:<gid>)",
		privileges->user);
}

static int change_root(const char *folder, struct error **err)
{
	if (chroot(folder) < 0)
		return error_set(
			err, errno, "chroot to \"%s\" failed: %s", folder, strerror(errno));
	return chdir("/") < 0 ? error_set(err, errno, "not able to chdir to /: %s", strerror(errno))
			      : 0;
}

/* Groups first: afterwards there is no right to. */
static int change_user(const struct privileges *privileges, struct error **err)
{
	int r = privileges->by_name ? initgroups(privileges->user, privileges->gid)
				    : setgroups(1, &privileges->gid);

	if (r < 0 || setgid(privileges->gid) < 0 || setuid(privileges->uid) < 0)
		return error_set(err, errno, "Failed to become user %u and group %u: %s",
			(unsigned)privileges->uid, (unsigned)privileges->gid, strerror(errno));
	if (privileges->uid && setuid(0) != -1)
		return error_set(err, EPERM, "Dropping privileges failed");
	return 0;
}

int privileges_drop(const struct privileges *privileges, struct error **err)
{
	int r = privileges->chroot ? change_root(privileges->chroot, err) : 0;

	return r == 0 && privileges->user ? change_user(privileges, err) : r;
}

void privileges_done(struct privileges *privileges)
{
	free(privileges->user);
	free(privileges->chroot);
	*privileges = (struct privileges){ 0 };
}
