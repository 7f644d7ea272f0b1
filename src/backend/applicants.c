/* SPDX-License-Identifier: MIT */
/*
 * Nothing is read from an applicant, so that what it says is there for whom it comes to. One that
 * hangs up is forgotten; one that only sends no more still waits to be let in. Whom it is asked for
 * so long that APPLICANTS_MAX others have come after it makes way.
 */
#include "backend/applicants.h"

#include "base/list.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>

struct applicants {
	struct authz_gate gate;
	const struct applicants_ops *ops;
	void *data;
	struct list list;
	unsigned n;
};

struct applicant {
	struct applicants *applicants;
	struct transport *transport;
	struct authz_question question;
	struct list node;
};

/* Return: its transport, which is the caller's now. */
static struct transport *take_out(struct applicant *applicant)
{
	struct transport *transport = applicant->transport;

	transport_watch(transport, 0);
	transport_set_user(transport, NULL, NULL);
	authz_forget(&applicant->question);
	list_remove(&applicant->node);
	applicant->applicants->n--;
	free(applicant);
	return transport;
}

static void dismiss(struct applicant *applicant, const char *reason)
{
	struct transport *transport = take_out(applicant);

	log_debug(
		"%s is not asked about any more: %s", transport_identity(transport)->name, reason);
	transport_goodbye(transport);
	transport_free(transport);
}

static void on_events(void *data, unsigned events)
{
	struct applicant *applicant = data;

	if (events & WATCH_GONE)
		dismiss(applicant, "it has gone");
	else
		transport_watch(applicant->transport, WATCH_GONE);
}

static const struct transport_callbacks callbacks = { .on_events = on_events };

static void on_right(void *data, enum authz_right right)
{
	struct applicant *applicant = data;
	struct applicants *applicants = applicant->applicants;
	struct transport *transport = take_out(applicant);

	if (right == AUTHZ_NOTHING)
		applicants->ops->on_refused(applicants->data, transport);
	else
		applicants->ops->on_admitted(applicants->data, transport);
}

struct applicants *applicants_new(struct object *rule, const struct applicants_ops *ops, void *data)
{
	struct applicants *applicants = calloc(1, sizeof(*applicants));

	if (!applicants)
		return NULL;
	*applicants = (struct applicants){ .gate = { .tls = rule }, .ops = ops, .data = data };
	list_init(&applicants->list);
	return applicants;
}

void applicants_add(struct applicants *applicants, struct transport *transport)
{
	const char *who = transport_identity(transport)->who;
	struct applicant *applicant = calloc(1, sizeof(*applicant));
	int right;

	if (!applicant) {
		log_error("%s cannot be asked about: out of memory",
			transport_identity(transport)->name);
		transport_free(transport);
		return;
	}
	*applicant = (struct applicant){ .applicants = applicants, .transport = transport };
	list_append(&applicants->list, &applicant->node);
	applicants->n++;
	right = authz_ask(&applicant->question, &applicants->gate, who, who, on_right, applicant);
	if (right != -EINPROGRESS) {
		on_right(applicant, (enum authz_right)right);
		return;
	}
	transport_set_user(transport, &callbacks, applicant);
	transport_watch(transport, WATCH_HANGUP | WATCH_GONE);
	if (applicants->n > APPLICANTS_MAX)
		dismiss(container_of(applicants->list.next, struct applicant, node),
			"too many others have come");
}

void applicants_clear(struct applicants *applicants)
{
	while (!list_is_empty(&applicants->list))
		transport_free(
			take_out(container_of(applicants->list.next, struct applicant, node)));
}

void applicants_free(struct applicants *applicants)
{
	if (!applicants)
		return;
	applicants_clear(applicants);
	free(applicants);
}
