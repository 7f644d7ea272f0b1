/* SPDX-License-Identifier: MIT */
#include "vnc/visas.h"

#include <errno.h>
#include <stdlib.h>

/** struct visa - @right: while @question is open AUTHZ_NOTHING, or what visas_keep() has said */
struct visa {
	struct visas *visas;
	struct list node;
	struct authz_gate gate;
	struct authz_question question;
	enum authz_right right;
};

void visas_init(struct visas *visas, const char *who, void (*on_news)(void *data), void *data)
{
	*visas = (struct visas){ .who = who, .on_news = on_news, .data = data };
	list_init(&visas->list);
}

static struct visa *find(struct visas *visas, struct object *view_rule, struct object *type_rule)
{
	list_for_each (visa, &visas->list, struct visa, node)
		if (visa->gate.view == view_rule && visa->gate.type == type_rule)
			return visa;
	return NULL;
}

static void on_right(void *data, enum authz_right right)
{
	struct visa *visa = data;

	visa->right = right;
	visa->visas->on_news(visa->visas->data);
}

static struct visa *apply(struct visas *visas, struct object *view_rule, struct object *type_rule)
{
	struct visa *visa = calloc(1, sizeof(*visa));
	int right;

	if (!visa)
		return NULL;
	visa->visas = visas;
	visa->gate = (struct authz_gate){ .view = view_rule, .type = type_rule };
	authz_gate_get(&visa->gate);
	list_append(&visas->list, &visa->node);
	right = authz_ask(&visa->question, &visa->gate, visas->who, visas->who, on_right, visa);
	visa->right = right == -EINPROGRESS ? AUTHZ_NOTHING : (enum authz_right)right;
	return visa;
}

static struct visa *find_or_apply(
	struct visas *visas, struct object *view_rule, struct object *type_rule)
{
	struct visa *visa = find(visas, view_rule, type_rule);

	return visa ? visa : apply(visas, view_rule, type_rule);
}

enum authz_right visas_right(
	struct visas *visas, struct object *view_rule, struct object *type_rule)
{
	struct visa *visa = find_or_apply(visas, view_rule, type_rule);

	return visa ? visa->right : AUTHZ_NOTHING;
}

void visas_keep(struct visas *visas, struct object *view_rule, struct object *type_rule,
	enum authz_right right)
{
	struct visa *visa = find_or_apply(visas, view_rule, type_rule);

	if (visa && authz_is_asked(&visa->question))
		visa->right = right;
}

void visas_done(struct visas *visas)
{
	while (visas->list.next && !list_is_empty(&visas->list)) {
		struct visa *visa = container_of(visas->list.next, struct visa, node);

		authz_forget(&visa->question);
		authz_gate_put(&visa->gate);
		list_remove(&visa->node);
		free(visa);
	}
}
