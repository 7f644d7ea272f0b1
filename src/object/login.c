/* SPDX-License-Identifier: MIT */
#include "object/login.h"

#include "base/log.h"
#include "io/errand.h"
#include "object/pam.h"
#include "object/password-file.h"
#include "transport/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FROM_MAX = 128 };

struct login {
	struct work_pool *pool;
	char *service, *path;
};

/**
 * struct attempt - a name and a password; all of its own, since it may outlive the login
 * @user:   as it was said, and then as PAM has it
 * @reason: why not
 */
struct attempt {
	char *service, *path;
	char user[PAM_TEXT_MAX], password[LOGIN_PASSWORD_MAX], from[FROM_MAX];
	char reason[PAM_TEXT_MAX];
	login_fn *fn;
	void *data;
};

/* ---- in a thread ---- */

static int check_by_pam(struct attempt *attempt)
{
	const struct pam_question question = {
		.service = attempt->service,
		.user = attempt->user,
		.password = attempt->password,
		.from = attempt->from[0] ? attempt->from : NULL,
	};
	char user[PAM_TEXT_MAX];
	int r = pam_ask(&question, user, attempt->reason);

	if (r == 0)
		memcpy(attempt->user, user, sizeof(user));
	return r;
}

static int check_by_file(struct attempt *attempt)
{
	int r = password_file_check(attempt->path, attempt->user, attempt->password);

	if (r < 0)
		snprintf(attempt->reason, sizeof(attempt->reason), "%s",
			r == -EACCES ? "wrong name or password" : strerror(-r));
	return r;
}

static int run(void *task)
{
	struct attempt *attempt = task;

	return attempt->service ? check_by_pam(attempt) : check_by_file(attempt);
}

static void attempt_free(void *task)
{
	struct attempt *attempt = task;

	free(attempt->service);
	free(attempt->path);
	explicit_bzero(attempt, sizeof(*attempt));
	free(attempt);
}

static const struct errand_job job = { .run = run, .free = attempt_free };

/* ---- in the loop ---- */

static void on_result(void *unused, int result, void *task)
{
	const struct attempt *attempt = task;

	(void)unused;
	if (result == 0 && !identity_is_name(attempt->user)) {
		log_warning("login: %s is no name that rules could know", attempt->user);
		result = -EACCES;
	} else if (result < 0) {
		log_info("login: %s from %s by '%s': %s", attempt->user,
			attempt->from[0] ? attempt->from : "here",
			attempt->service ? attempt->service : attempt->path, attempt->reason);
	}
	attempt->fn(attempt->data, result == 0 ? attempt->user : NULL);
}

/* "192.168.1.7" of "192.168.1.7:40312", "fe80::1" of "[fe80::1]:40312"; nothing of "unix:7" */
static void put_host(char ret_host[FROM_MAX], const char *from)
{
	const char *colon = strrchr(from, ':');
	bool brackets = from[0] == '[';
	size_t len = colon ? (size_t)(colon - from) : 0;

	if (!strncmp(from, "unix:", strlen("unix:")) || len >= FROM_MAX || len < 2)
		len = 0;
	else if (brackets)
		len -= 2;
	snprintf(ret_host, FROM_MAX, "%.*s", (int)len, from + brackets);
}

static struct attempt *attempt_new(
	const struct login *login, const char *user, const char *password, const char *from)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));

	if (!attempt)
		return NULL;
	snprintf(attempt->user, sizeof(attempt->user), "%s", user);
	snprintf(attempt->password, sizeof(attempt->password), "%s", password);
	put_host(attempt->from, from);
	attempt->service = login->service ? strdup(login->service) : NULL;
	attempt->path = login->path ? strdup(login->path) : NULL;
	if (attempt->service || attempt->path)
		return attempt;
	attempt_free(attempt);
	return NULL;
}

int login_check(struct login *login, const char *user, const char *password, const char *from,
	login_fn *fn, void *data, struct errand **ret_errand)
{
	struct attempt *attempt;

	if (!identity_is_name(user))
		return -EACCES;
	attempt = attempt_new(login, user, password, from);
	if (!attempt)
		return -ENOMEM;
	attempt->fn = fn;
	attempt->data = data;
	return errand_new(login->pool, &job, attempt, on_result, NULL, ret_errand);
}

/* ---- life ---- */

int login_look(const char *service, const char *path, struct error **err)
{
	return service ? pam_look(err) : password_file_look(path, err);
}

int login_new(struct loop *loop, const char *service, const char *path, struct login **ret_login,
	struct error **err)
{
	struct login *login;
	int r = login_look(service, path, err);

	if (r < 0)
		return r;
	login = calloc(1, sizeof(*login));
	if (!login)
		return error_set(err, ENOMEM, "out of memory");
	login->service = service ? strdup(service) : NULL;
	login->path = service ? NULL : strdup(path);
	r = login->service || login->path ? work_pool_get_answers(loop, &login->pool) : -ENOMEM;
	if (r < 0) {
		login_free(login);
		return error_set(err, -r, "%s", strerror(-r));
	}
	*ret_login = login;
	return 0;
}

void login_free(struct login *login)
{
	if (!login)
		return;
	work_pool_put(login->pool);
	free(login->service);
	free(login->path);
	free(login);
}
