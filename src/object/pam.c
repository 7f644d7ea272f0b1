/* SPDX-License-Identifier: MIT */
/*
 * One transaction with PAM, from pam_start() to pam_end(). Everything here blocks.
 *
 * Modules are other people's code in our process. They get no terminal and no prompt of their own:
 * what they ask for in secret is the password, the rest is refused. The time that a module wants to
 * pass after a wrong password is not passed here: who guesses waits at the door (vnc/door.c), and
 * a thread is not kept by him.
 */
#include "object/pam.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As the filter is, it is the process's. */
static bool is_forbidden;

void pam_forbid(void)
{
	is_forbidden = true;
}

static int check_forbidden(struct error **err)
{
	if (!is_forbidden)
		return 0;
	error_set(err, EPERM,
		"PAM cannot be asked within -sandbox on: nobody knows what its modules do");
	error_set_hint(err, "authz-list and authz-list-file work there, and plain-file= of -vnc.");
	return -EPERM;
}

#ifdef HAVE_PAM

#include <security/pam_appl.h>

int pam_look(struct error **err)
{
	return check_forbidden(err);
}

static void free_replies(struct pam_response *replies, int n)
{
	for (int i = 0; i < n; i++)
		if (replies[i].resp) {
			explicit_bzero(replies[i].resp, strlen(replies[i].resp));
			free(replies[i].resp);
		}
	free(replies);
}

/* Return: PAM_*. */
static int reply(const struct pam_message *message, const char *password, char **ret_text)
{
	switch (message->msg_style) {
	case PAM_PROMPT_ECHO_OFF:
		*ret_text = password ? strdup(password) : NULL;
		return *ret_text ? PAM_SUCCESS : PAM_CONV_ERR;
	case PAM_TEXT_INFO:
	case PAM_ERROR_MSG: return PAM_SUCCESS;
	default: return PAM_CONV_ERR;
	}
}

static int converse(int n, const struct pam_message **messages, struct pam_response **ret_replies,
	void *password)
{
	struct pam_response *replies;

	if (n <= 0 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	replies = calloc((size_t)n, sizeof(*replies));
	if (!replies)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		int r = reply(messages[i], password, &replies[i].resp);

		if (r != PAM_SUCCESS) {
			free_replies(replies, n);
			return r;
		}
	}
	*ret_replies = replies;
	return PAM_SUCCESS;
}

static void pass_no_time(int status, unsigned delay_us, void *data)
{
	(void)status, (void)delay_us, (void)data;
}

/* A function goes into PAM as a pointer to an object. */
static int set_delay(pam_handle_t *pam)
{
	void (*delay)(int, unsigned, void *) = pass_no_time;
	const void *item;

	memcpy(&item, &delay, sizeof(item));
	return pam_set_item(pam, PAM_FAIL_DELAY, item);
}

static int judge(pam_handle_t *pam, const struct pam_question *question)
{
	int status = set_delay(pam);

	if (status == PAM_SUCCESS && question->from)
		status = pam_set_item(pam, PAM_RHOST, question->from);
	if (status == PAM_SUCCESS && question->password)
		status = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	return status == PAM_SUCCESS ? pam_acct_mgmt(pam, PAM_SILENT) : status;
}

/* Return: false: there is none, or one that is too long. */
static bool read_user(pam_handle_t *pam, char *ret_user)
{
	const void *user = NULL;

	if (pam_get_item(pam, PAM_USER, &user) != PAM_SUCCESS || !user)
		return false;
	return snprintf(ret_user, PAM_TEXT_MAX, "%s", (const char *)user) < PAM_TEXT_MAX;
}

int pam_ask(const struct pam_question *question, char *ret_user, char *ret_reason)
{
	const struct pam_conv conversation = { converse, (void *)(uintptr_t)question->password };
	char user[PAM_TEXT_MAX];
	pam_handle_t *pam = NULL;
	int status = pam_start(question->service, question->user, &conversation, &pam);

	if (status == PAM_SUCCESS)
		status = judge(pam, question);
	if (status == PAM_SUCCESS && !read_user(pam, user))
		status = PAM_USER_UNKNOWN;
	if (status == PAM_SUCCESS)
		memcpy(ret_user, user, sizeof(user));
	else
		snprintf(ret_reason, PAM_TEXT_MAX, "%s", pam_strerror(pam, status));
	if (pam)
		pam_end(pam, status);
	return status == PAM_SUCCESS ? 0 : -EACCES;
}

#else

int pam_look(struct error **err)
{
	int r = check_forbidden(err);

	return r < 0 ? r : error_set(err, ENOTSUP, "this charhubd was built without PAM");
}

int pam_ask(const struct pam_question *question, char *ret_user, char *ret_reason)
{
	(void)question, (void)ret_user;
	snprintf(ret_reason, PAM_TEXT_MAX, "built without PAM");
	return -EACCES;
}

#endif
