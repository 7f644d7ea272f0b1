/* SPDX-License-Identifier: MIT */
#include "fake-pam.h"

#include <pthread.h>
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

/* One transaction. */
struct pam_handle {
	char *service, *user;
	struct pam_conv conversation;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool hold;
	unsigned asked, inside, most;
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

void fake_pam_reset(void)
{
	pthread_mutex_lock(&fake.lock);
	fake.hold = false;
	fake.asked = fake.most = 0;
	pthread_mutex_unlock(&fake.lock);
}

void fake_pam_hold(bool hold)
{
	pthread_mutex_lock(&fake.lock);
	fake.hold = hold;
	pthread_cond_broadcast(&fake.moved);
	pthread_mutex_unlock(&fake.lock);
}

void fake_pam_wait(unsigned n)
{
	pthread_mutex_lock(&fake.lock);
	while (fake.inside < n)
		pthread_cond_wait(&fake.moved, &fake.lock);
	pthread_mutex_unlock(&fake.lock);
}

unsigned fake_pam_asked(unsigned *ret_most)
{
	unsigned asked;

	pthread_mutex_lock(&fake.lock);
	asked = fake.asked;
	*ret_most = fake.most;
	pthread_mutex_unlock(&fake.lock);
	return asked;
}

static void think(void)
{
	pthread_mutex_lock(&fake.lock);
	fake.asked++;
	if (++fake.inside > fake.most)
		fake.most = fake.inside;
	pthread_cond_broadcast(&fake.moved);
	while (fake.hold)
		pthread_cond_wait(&fake.moved, &fake.lock);
	fake.inside--;
	pthread_mutex_unlock(&fake.lock);
}

/* ---- what the program calls ---- */

int pam_start(const char *service, const char *user, const struct pam_conv *conversation,
	pam_handle_t **ret_pam)
{
	pam_handle_t *pam = calloc(1, sizeof(*pam));

	pam->service = strdup(service);
	pam->user = strdup(user);
	pam->conversation = *conversation;
	*ret_pam = pam;
	return PAM_SUCCESS;
}

int pam_end(pam_handle_t *pam, int status)
{
	(void)status;
	free(pam->service);
	free(pam->user);
	free(pam);
	return PAM_SUCCESS;
}

int pam_set_item(pam_handle_t *pam, int item, const void *value)
{
	(void)pam, (void)item, (void)value;
	return PAM_SUCCESS;
}

int pam_get_item(const pam_handle_t *pam, int item, const void **ret_value)
{
	*ret_value = !strcmp(pam->user, "bob") ? "robert" : pam->user;
	return item == PAM_USER ? PAM_SUCCESS : PAM_BAD_ITEM;
}

const char *pam_strerror(pam_handle_t *pam, int status)
{
	(void)pam;
	return status == PAM_AUTH_ERR ? "wrong" : "no account";
}

static bool is_one_of(const char *user, const char *a, const char *b, const char *c)
{
	return !strcmp(user, a) || !strcmp(user, b) || !strcmp(user, c);
}

int pam_authenticate(pam_handle_t *pam, int flags)
{
	const struct pam_message prompt = { PAM_PROMPT_ECHO_OFF, "Password: " };
	const struct pam_message *prompts[] = { &prompt };
	struct pam_response *replies = NULL;
	bool right;

	(void)flags;
	if (pam->conversation.conv(1, prompts, &replies, pam->conversation.appdata_ptr) !=
		PAM_SUCCESS)
		return PAM_CONV_ERR;
	right = !strcmp(replies->resp, "sesame") && is_one_of(pam->user, "ann", "bob", "eve");
	free(replies->resp);
	free(replies);
	return right ? PAM_SUCCESS : PAM_AUTH_ERR;
}

int pam_acct_mgmt(pam_handle_t *pam, int flags)
{
	(void)flags;
	think();
	if (!strcmp(pam->service, "closed"))
		return PAM_PERM_DENIED;
	return is_one_of(pam->user, "ann", "bob", "CN=ann") ? PAM_SUCCESS : PAM_USER_UNKNOWN;
}
