/* SPDX-License-Identifier: MIT */
#ifndef VNC_VISAS_H
#define VNC_VISAS_H

#include "base/list.h"
#include "object/authz.h"

/**
 * struct visas - what somebody may at consoles that have rules of their own
 *
 * Each pair of rules is asked once, when he first comes to a console that has them; who is in stays
 * in. The rules are held as long as the visas are there.
 *
 * @who:     his name; outlives the visas
 * @on_news: an answer has come that took time
 */
struct visas {
	struct list list;
	const char *who;
	void (*on_news)(void *data);
	void *data;
};

/** visas_init() */
void visas_init(struct visas *visas, const char *who, void (*on_news)(void *data), void *data);

/** visas_right() - AUTHZ_NOTHING also while the answer is not there, and where memory runs out */
enum authz_right visas_right(
	struct visas *visas, struct object *view_rule, struct object *type_rule);

/**
 * visas_keep() - another program knew what he may by these rules
 *
 * They are asked anew, and that is their answer until it comes.
 */
void visas_keep(struct visas *visas, struct object *view_rule, struct object *type_rule,
	enum authz_right right);

/** visas_done() - also of zeroed ones */
void visas_done(struct visas *visas);

#endif
