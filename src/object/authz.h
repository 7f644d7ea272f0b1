/* SPDX-License-Identifier: MIT */
#ifndef OBJECT_AUTHZ_H
#define OBJECT_AUTHZ_H

#include "object/object.h"
#include "transport/identity.h"

/*
 * Who may what. A rule is an object whose class has allows() or ask(); an identity is a name that a
 * way in has told: "user:joe", "anonymous", the distinguished name of a certificate. All that is
 * decided about people is decided here.
 */

/** The rules: one name; a list in the options; a list in a file; accounts of PAM. */
extern const struct object_class authz_simple_class, authz_list_class, authz_list_file_class,
	authz_pam_class;

/** enum authz_right - what somebody may do at a console; each includes the ones before it */
enum authz_right { AUTHZ_NOTHING, AUTHZ_VIEW, AUTHZ_TYPE };

/**
 * struct authz_gate - the rules at a way in; all may be NULL
 * @tls:  who may come in at all: `tls-authz=`
 * @view: who may look
 * @type: who may type; NULL: whoever may look
 *
 * Who may type may look.
 */
struct authz_gate {
	struct object *tls, *view, *type;
};

/**
 * authz_find() - the rule of this name; who keeps it holds it
 * @option: the option that names it, for the message
 * @id:     NULL: no rule is wanted
 *
 * Return: 0, *@ret_rule may be NULL; -ENOENT, -EINVAL with @err.
 */
int authz_find(const struct object_set *set, const char *option, const char *id,
	struct object **ret_rule, struct error **err);

/** authz_gate_get() - hold the rules of a gate */
void authz_gate_get(const struct authz_gate *gate);

/** authz_gate_put() */
void authz_gate_put(const struct authz_gate *gate);

/** authz_fn - the answer to a question */
typedef void authz_fn(void *data, enum authz_right right);

enum authz_step { AUTHZ_STEP_TLS, AUTHZ_STEP_TYPE, AUTHZ_STEP_VIEW };

/**
 * struct authz_question - what may somebody here? Part of the object of who asks
 *
 * All zero: nothing is asked. Its members are authz.c's.
 *
 * @proven, @who: copies, for the rules that are left when the answer comes; owned until then
 */
struct authz_question {
	struct authz_gate gate;
	char *proven, *who;
	enum authz_step step;
	struct errand *errand;
	authz_fn *fn;
	void *data;
};

/**
 * authz_ask() - what may somebody at this gate
 * @gate:   copied; the question holds its rules as long as it is open
 * @proven: who he is as far as TLS knows, for the gate's @tls. QEMU's rules know a peer by the name
 *          alone: "CN=alice,O=Lab" of "x509:CN=alice,O=Lab", "alice" of "psk:alice". Who has proven
 *          nothing is asked for as he is
 * @who:    who he is, for the other rules; both are copied where the answer takes time
 * @fn:     gets the answer where it takes time: called once, from the loop, unless authz_forget()
 *          comes first. Until then he is neither let in nor refused. What cannot be found out is
 *          AUTHZ_NOTHING
 *
 * Return: an enum authz_right: @fn is not called; -EINPROGRESS: it will be.
 */
int authz_ask(struct authz_question *question, const struct authz_gate *gate, const char *proven,
	const char *who, authz_fn *fn, void *data);

/** authz_forget() - the answer is of no interest any more; also where nothing is asked */
void authz_forget(struct authz_question *question);

/** authz_is_asked() - is the answer to come */
static inline bool authz_is_asked(const struct authz_question *question)
{
	return question->errand;
}

#endif
