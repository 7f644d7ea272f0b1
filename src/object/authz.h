/* SPDX-License-Identifier: MIT */
#ifndef OBJECT_AUTHZ_H
#define OBJECT_AUTHZ_H

#include "object/object.h"

/*
 * Who may what. A rule is an object whose class has allows(); an identity is a name that a way in
 * has told: "user:joe", "anonymous", the distinguished name of a certificate. All that is decided
 * about people is decided here.
 */

/** The rules: one name; a list in the options; a list in a file. */
extern const struct object_class authz_simple_class, authz_list_class, authz_list_file_class;

/** enum authz_right - what somebody may do at a console; each includes the ones before it */
enum authz_right { AUTHZ_NOTHING, AUTHZ_VIEW, AUTHZ_TYPE };

/**
 * authz_find() - the rule of this name; who keeps it holds it
 * @option: the option that names it, for the message
 * @id:     NULL: no rule is wanted
 *
 * Return: 0, *@ret_rule may be NULL; -ENOENT, -EINVAL with @err.
 */
int authz_find(const struct object_set *set, const char *option, const char *id,
	struct object **ret_rule, struct error **err);

/** authz_allows() - does @rule let @identity in; NULL lets everybody in */
bool authz_allows(struct object *rule, const char *identity);

/**
 * authz_allows_tls() - the same for `tls-authz=`
 *
 * QEMU's rules know a peer by the name alone: "CN=alice,O=Lab" of "x509:CN=alice,O=Lab", "alice" of
 * "psk:alice". Who has proven nothing is asked for as he is.
 */
bool authz_allows_tls(struct object *rule, const char *identity);

/**
 * authz_right() - what may somebody at a console with these rules
 * @view_rule: who may look
 * @type_rule: who may type; NULL: whoever may look
 *
 * Who may type may look.
 */
enum authz_right authz_right(
	struct object *view_rule, struct object *type_rule, const char *identity);

#endif
