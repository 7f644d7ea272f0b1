/* SPDX-License-Identifier: MIT */
#ifndef HUB_HUB_IMPL_H
#define HUB_HUB_IMPL_H

#include "base/list.h"
#include "hub/echo.h"
#include "hub/flow.h"
#include "hub/hub.h"
#include "hub/input.h"
#include "hub/keyboard.h"
#include "hub/line.h"
#include "hub/member.h"
#include "hub/screen.h"
#include "hub/size.h"
#include "hub/tape.h"
#include "hub/times.h"
#include "io/budget.h"
#include "opts/opts.h"

enum hub_terminal { HUB_TERMINAL_AUTO, HUB_TERMINAL_ON, HUB_TERMINAL_OFF };

/**
 * struct hub - the chardev
 * @defaults:  what a member has that says nothing else
 * @instance:  hub_instance()'s; 0: nobody has asked yet
 * @times:     when what was printed
 * @observers: who wants to know what happens; @next_observer: who is told next, while they are
 * @output_task: members have been given bytes, which some observer wants to know
 * @pump_task: a member takes more, or the screen, than one dispatch gives
 * @review_task: whom the guest waits for may have changed
 * @size_task: a holder has come and is told the size
 * @again_timer: the size has changed: members' terminals are shown the screen again
 * @share: of the memory of all hubs; see memory.c
 * @dropped_bytes: that it has given back, in all, and in so many @shortages; @untold_bytes and
 *              @untold_lines, above the screen, are not told yet; @shortage_logged_ms: when the log
 *              was told last
 * @resize_task: the guest has given the console another size, and everybody is told
 */
struct hub {
	struct chardev base;
	struct tape tape;
	struct members members;
	struct hub_screen screen;
	struct flow flow;
	struct input input;
	struct keyboard keyboard;
	struct echo echo;
	struct size size;
	struct hub_line line;
	enum hub_terminal terminal;
	struct hub_member_options defaults;
	uint64_t instance;
	struct hub_times times;
	struct list observers, *next_observer;
	struct task pump_task, review_task, size_task, resize_task, output_task;
	struct timer *again_timer;
	struct budget_share share;
	uint64_t dropped_bytes, shortages, untold_bytes, untold_lines, shortage_logged_ms;
	bool guest_waits; /* until the screen has read; see is_screen_ready() */
};

static inline struct hub *hub_from(const struct chardev *chardev)
{
	return container_of(chardev, struct hub, base);
}

/** hub_is_console() - is it a terminal that people read? Also where a member shows it as one */
bool hub_is_console(const struct hub *hub);

/** hub_check_waiting() - may a member have such a stall= at this guest. Return: 0; -EINVAL */
int hub_check_waiting(
	const struct hub *hub, const char *member, enum hub_stall stall, struct error **err);

/** hub_find_member() - by id; NULL: none */
struct member *hub_find_member(struct hub *hub, const char *id);

/** hub_forget_typist() - the member may type no more, or has gone */
void hub_forget_typist(struct member *member);

/** hub_size_changed() - tell everybody the size that the console has now */
void hub_size_changed(struct hub *hub);

/** hub_init() - all but the members; hub_close() takes it back. Return: 0; -ENOMEM */
int hub_init(struct hub *hub, const struct opts *opts);
void hub_close(struct chardev *chardev);

/** hub_member_flags() - CHARDEV_LINK_*, of all members */
unsigned hub_member_flags(const struct hub *hub);

/** hub_update_open() - it is as long as a member is */
void hub_update_open(struct hub *hub);

/** hub_pump_later() - after this dispatch, let the screen and the members read on */
void hub_pump_later(struct hub *hub);

/** hub_show_again_later() - the size has changed: members' terminals are shown the screen again */
void hub_show_again_later(struct hub *hub);

/* ---- handover.c ---- */

extern const struct chardev_handover hub_handover;

/* ---- options.c ---- */

extern const struct opt_desc hub_options[];

/** hub_read_options() - all but the size and the members. Return: 0; -errno with @err */
int hub_read_options(struct hub *hub, const struct opts *opts, struct error **err);

/** hub_add_members() - those that the options name. Return: 0; -errno with @err */
int hub_add_members(struct hub *hub, const struct opts *opts, struct error **err);

/** hub_change() - the method of the class */
int hub_change(struct chardev *chardev, const struct opts *opts, const struct opts *old,
	struct error **err);

/* ---- memory.c ---- */

extern const struct budget_ops hub_budget_ops;

/* ---- observe.c ---- */

void hub_observers_init(struct hub *hub);
void hub_observers_done(struct hub *hub);

/** hub_tell() - something has happened */
void hub_tell(struct hub *hub, const struct hub_event *event);

/** hub_tell_output() - members may have been given bytes */
void hub_tell_output(struct hub *hub);

/** hub_hears_typed() - does anybody want to know what is typed */
bool hub_hears_typed(const struct hub *hub);

/** hub_tell_typed() - a line was typed */
void hub_tell_typed(struct chardev *hub, const struct hub_typed *typed);

/** hub_tell_in_room() - the guest may take input again */
void hub_tell_in_room(struct hub *hub);

#endif
