/* SPDX-License-Identifier: MIT */
/*
 * A question goes through the rules of a gate one by one: may he come in at all, may he type, and
 * if not, may he look. A rule that knows is asked on the spot; one that has to ask somebody itself
 * interrupts the walk, and its answer goes on with it.
 */
#include "object/authz.h"

#include "io/errand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int authz_find(const struct object_set *set, const char *option, const char *id,
	struct object **ret_rule, struct error **err)
{
	struct object *rule = id && set ? object_set_find(set, id) : NULL;

	if (id && !rule) {
		error_set(err, ENOENT, "%s=%s: there is no such object", option, id);
		error_set_hint(err, "Make one: -object authz-list,id=%s,...", id);
		return -ENOENT;
	}
	if (rule && !rule->class->allows && !rule->class->ask)
		return error_set(err, EINVAL, "%s=%s: a %s says nothing about who may", option, id,
			rule->class->name);
	*ret_rule = rule;
	return 0;
}

void authz_gate_get(const struct authz_gate *gate)
{
	object_get(gate->tls);
	object_get(gate->view);
	object_get(gate->type);
}

void authz_gate_put(const struct authz_gate *gate)
{
	object_put(gate->tls);
	object_put(gate->view);
	object_put(gate->type);
}

/* ---- the steps ---- */

static const char *bare_name(const char *who)
{
	static const char *const kinds[] = { "x509:", "psk:" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(who, kinds[i], strlen(kinds[i])))
			return who + strlen(kinds[i]);
	return who;
}

static struct object *rule_of(const struct authz_question *question)
{
	const struct authz_gate *gate = &question->gate;

	switch (question->step) {
	case AUTHZ_STEP_TLS: return gate->tls;
	case AUTHZ_STEP_TYPE: return gate->type;
	default: return gate->view;
	}
}

/* What a step says about the whole. Return: a right; -EAGAIN: the next step does. */
static int conclude(struct authz_question *question, bool allowed)
{
	const struct authz_gate *gate = &question->gate;

	switch (question->step) {
	case AUTHZ_STEP_TLS:
		question->step = AUTHZ_STEP_TYPE;
		return allowed ? -EAGAIN : AUTHZ_NOTHING;
	case AUTHZ_STEP_TYPE:
		question->step = AUTHZ_STEP_VIEW;
		if (gate->type && gate->type == gate->view)
			return allowed ? AUTHZ_TYPE : AUTHZ_NOTHING;
		return gate->type && allowed ? AUTHZ_TYPE : -EAGAIN;
	default:
		if (!allowed)
			return AUTHZ_NOTHING;
		return gate->type ? AUTHZ_VIEW : AUTHZ_TYPE;
	}
}

static void on_answer(void *data, bool allowed);

/* Return: whether he is allowed; -EINPROGRESS. */
static int ask_rule(struct authz_question *question, const char *proven, const char *who)
{
	struct object *rule = rule_of(question);
	const char *name = question->step == AUTHZ_STEP_TLS ? bare_name(proven) : who;

	if (!rule)
		return true;
	if (rule->class->allows)
		return rule->class->allows(rule, name);
	return rule->class->ask(rule, name, on_answer, question, &question->errand) == 0
		       ? -EINPROGRESS
		       : false;
}

/* Return: a right; -EINPROGRESS. */
static int walk(struct authz_question *question, const char *proven, const char *who)
{
	int r = -EAGAIN;

	while (r == -EAGAIN) {
		r = ask_rule(question, proven, who);
		if (r != -EINPROGRESS)
			r = conclude(question, r);
	}
	return r;
}

/* There is an answer, or nobody waits for it. */
static void close_question(struct authz_question *question)
{
	authz_gate_put(&question->gate);
	free(question->proven);
	free(question->who);
	question->proven = question->who = NULL;
}

static void on_answer(void *data, bool allowed)
{
	struct authz_question *question = data;
	int r;

	question->errand = NULL;
	r = conclude(question, allowed);
	if (r == -EAGAIN)
		r = walk(question, question->proven, question->who);
	if (r == -EINPROGRESS)
		return;
	close_question(question);
	question->fn(question->data, (enum authz_right)r);
}

int authz_ask(struct authz_question *question, const struct authz_gate *gate, const char *proven,
	const char *who, authz_fn *fn, void *data)
{
	int r;

	*question = (struct authz_question){ .gate = *gate, .fn = fn, .data = data };
	r = walk(question, proven, who);
	if (r != -EINPROGRESS)
		return r;
	authz_gate_get(gate);
	question->proven = strdup(proven);
	question->who = strdup(who);
	if (question->proven && question->who)
		return -EINPROGRESS;
	authz_forget(question);
	return AUTHZ_NOTHING;
}

void authz_forget(struct authz_question *question)
{
	if (!question->errand)
		return;
	errand_forget(question->errand);
	question->errand = NULL;
	close_question(question);
}
