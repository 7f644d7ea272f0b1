/* SPDX-License-Identifier: MIT */
#ifndef TEST_CONTROL_QMP_RIG_H
#define TEST_CONTROL_QMP_RIG_H

#include "control/world.h"
#include "lib/fake-chardev.h"

struct monitors;

/*
 * A world with all classes, and a QMP session on the fake chardev "m" whose peer is the test.
 * Requests are written with single quotes, which QMP takes; `$D` in them is a directory. Time
 * stands still.
 */
struct qmp_rig {
	struct loop *loop;
	struct fdsets fdsets;
	struct activation activation;
	struct world *world;
	struct monitors *monitors;
	struct fake_chardev *fake;
	char dir[32];
};

/** struct qmp_step - a request and what comes of it: a value, or "! text" of an error */
struct qmp_step {
	const char *command, *args, *outcome;
};

struct qmp_rig *qmp_rig_new(void);
void qmp_rig_free(struct qmp_rig *rig);

/** qmp_rig_dispatch() - some rounds of the loop */
void qmp_rig_dispatch(struct qmp_rig *rig);

/** qmp_rig_run() - run a command; asserts an answer. @ret_class: of an error; "": none */
json_t *qmp_rig_run(
	struct qmp_rig *rig, const char *command, const char *args, const char **ret_class);

/** qmp_rig_steps() - run all up to a NULL command, each with its outcome */
void qmp_rig_steps(struct qmp_rig *rig, const struct qmp_step *steps);

/** qmp_rig_event() - the data of the oldest event of this name that has come; NULL: none */
json_t *qmp_rig_event(struct qmp_rig *rig, const char *name);

#endif
