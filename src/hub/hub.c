/* SPDX-License-Identifier: MIT */
/*
 * The hub as a chardev: the holder's side, and the one who mediates between its parts,
 * each of which knows only what is below it:
 *
 *	flow	how much room the guest has, and what a stalled member costs
 *	input	what members type
 *	keyboard	whose keys count, where one types
 *	echo	what was typed, and whether the guest has shown it
 *	size	how large the console is
 *	line	the serial line that the guest may be
 *	screen	the terminal that the hub is: the screen, answers to queries
 *	replay	what a member is shown before live bytes
 *	member	what one member gets, and when it loses or regains its standing
 *	tape	what the guest wrote, as members may read it
 *
 * Invariant: no member in good standing is behind the tape's window.
 */
/* syscalls: getrandom */
#include "hub/hub.h"

#include "hub/hub-impl.h"

#include "hub/replay.h"
#include "base/log.h"
#include "base/segments.h"
#include "object/object.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* How long a program in the guest has to draw itself anew after a change of size. */
enum { AGAIN_MS = 150 };

/* How long a line for one person stays. */
enum { NOTICE_MS = 3000 };

bool hub_is_console(const struct hub *hub)
{
	if (hub->terminal != HUB_TERMINAL_AUTO)
		return hub->terminal == HUB_TERMINAL_ON;
	return hub->screen.is_used || chardev_holder_flags(&hub->base) & CHARDEV_LINK_CONSOLE;
}

unsigned hub_member_flags(const struct hub *hub)
{
	return CHARDEV_LINK_PATIENT | CHARDEV_LINK_GOES_ON |
	       (hub_is_console(hub) ? CHARDEV_LINK_CONSOLE : 0u);
}

static bool never_waits(const struct hub *hub)
{
	return chardev_holder_flags(&hub->base) & CHARDEV_LINK_NEVER_WAIT;
}

/* ---- the holder's side ---- */

static void pump_members(struct hub *hub)
{
	for_each_member (member, &hub->members)
		if (!member->blocked)
			member_pump(member);
}

/* Members that show the screen hear its bell. */
static void ring(struct hub *hub)
{
	struct chardev_event event = { .type = CHARDEV_BELL };

	for_each_member (member, &hub->members)
		chardev_link_event(&member->link, &event);
}

static void tell_size(void *data)
{
	struct hub *hub = data;
	struct chardev_event event = {
		.type = CHARDEV_RESIZE, .cols = hub->size.cols, .rows = hub->size.rows
	};

	chardev_event(&hub->base, &event);
}

/* The guest is told, and members that show the screen or have a window to set; none answers. */
void hub_size_changed(struct hub *hub)
{
	struct chardev_event event = {
		.type = CHARDEV_RESIZE, .cols = hub->size.cols, .rows = hub->size.rows
	};

	log_debug("hub '%s': the console has %ux%u", hub->base.id, event.cols, event.rows);
	hub_screen_resize(&hub->screen, event.cols, event.rows);
	hub_tell(hub, &(struct hub_event){
			      .type = HUB_EVENT_RESIZED, .cols = event.cols, .rows = event.rows });
	for_each_member (member, &hub->members) {
		member->show_again = true;
		chardev_link_event(&member->link, &event);
	}
	hub_show_again_later(hub);
	tell_size(hub);
}

static void show_again(void *data)
{
	struct hub *hub = data;
	bool done = true;

	for_each_member (member, &hub->members)
		done &= replay_again(member, &hub->screen, hub_is_console(hub));
	if (!done)
		hub_show_again_later(hub);
}

void hub_show_again_later(struct hub *hub)
{
	timer_start(hub->again_timer, AGAIN_MS);
}

static void announce_size(void *data)
{
	hub_size_changed(data);
}

/* The guest may have got another size, which is told when it has done writing. */
static void read_screen(struct hub *hub)
{
	struct hub_screen *screen = &hub->screen;

	if (hub_screen_read(screen))
		ring(hub);
	if (size_taken(&hub->size, screen->cols, screen->rows))
		task_post(hub->base.loop, &hub->resize_task, announce_size, hub);
}

/* Let the screen read what is new, and the members what they may. */
static void read_tape(struct hub *hub)
{
	if (hub_is_console(hub))
		read_screen(hub);
	else
		tape_release(&hub->tape, hub->tape.journal.head);
	if (hub_screen_unread(&hub->screen))
		hub_pump_later(hub);
	pump_members(hub);
	hub_tell_output(hub);
}

/* How many bytes may lie there that the screen has not read. */
static size_t most_unread(const struct hub *hub)
{
	return never_waits(hub) ? hub->flow.window_max / 4 : 0;
}

static void pump_task(void *data)
{
	struct hub *hub = data;

	hub_screen_rest(&hub->screen);
	read_tape(hub);
	if (hub->guest_waits && !hub_screen_unread(&hub->screen)) {
		hub->guest_waits = false;
		chardev_room(&hub->base);
	}
	flow_review(&hub->flow);
}

void hub_pump_later(struct hub *hub)
{
	task_post(hub->base.loop, &hub->pump_task, pump_task, hub);
}

static void review(void *data)
{
	flow_review(&((struct hub *)data)->flow);
}

static void review_later(struct hub *hub)
{
	task_post(hub->base.loop, &hub->review_task, review, hub);
}

/*
 * The guest waits for its own screen; where it cannot, the screen does without the rest. What is
 * only put off is never left out, but read now if the window could not hold it any longer. Whoever
 * makes the screen read meanwhile, the guest is told by the pump task.
 */
static bool is_screen_ready(struct hub *hub)
{
	if (never_waits(hub) && tape_needed_bytes(&hub->tape) > hub->flow.window_max / 4 * 3)
		hub_screen_catch_up(&hub->screen);
	hub->guest_waits = !never_waits(hub) && hub_screen_unread(&hub->screen);
	if (hub->guest_waits)
		hub_pump_later(hub);
	else if (hub_screen_unread(&hub->screen) > most_unread(hub))
		hub_screen_leave_out(&hub->screen);
	return !hub->guest_waits;
}

static int reserve(struct hub *hub, size_t most, struct iovec iov[2])
{
	size_t room = is_screen_ready(hub) ? flow_room(&hub->flow, !never_waits(hub)) : 0;

	return room ? tape_reserve(&hub->tape, room < most ? room : most, iov) : 0;
}

static int hub_out_reserve(struct chardev *chardev, struct iovec iov[2])
{
	return reserve(hub_from(chardev), SIZE_MAX, iov);
}

/* The newest bytes, also those that members do not get. */
static void read_echo(struct hub *hub, size_t len)
{
	uint64_t end = hub->tape.journal.head;
	struct iovec iov[2];
	int n = tape_between(&hub->tape, end - len, end, iov);

	for (int i = 0; i < n; i++)
		echo_printed(&hub->echo, iov[i].iov_base, iov[i].iov_len);
}

static void hub_out_commit(struct chardev *chardev, size_t len)
{
	struct hub *hub = hub_from(chardev);

	hub_times_mark(&hub->times, loop_now_ms(chardev->loop), hub->tape.journal.head);
	tape_commit(&hub->tape, len);
	if (echo_waits(&hub->echo))
		read_echo(hub, len);
	budget_use(&hub->share);
	read_tape(hub);
}

static size_t out_segment(struct chardev *chardev, const char *from, size_t len)
{
	size_t done = 0;

	while (done < len) {
		struct iovec to[2];
		int n = reserve(hub_from(chardev), len - done, to);
		size_t part;

		if (!n)
			break;
		part = segments_len(to, n);
		segments_fill(to, from + done, part);
		hub_out_commit(chardev, part);
		done += part;
	}
	return done;
}

static ssize_t hub_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	size_t accepted = 0;

	for (int i = 0; i < n; i++) {
		size_t done = out_segment(chardev, iov[i].iov_base, iov[i].iov_len);

		accepted += done;
		if (done < iov[i].iov_len)
			break;
	}
	return (ssize_t)accepted;
}

/* The answers to queries go first, unless somebody is in the middle of a key. */
static void hub_in_resume(struct chardev *chardev)
{
	struct hub *hub = hub_from(chardev);

	if (input_ask(&hub->input))
		hub_screen_answer(&hub->screen);
	if (!chardev->closing)
		input_resume(&hub->input);
	if (!chardev->closing)
		hub_tell_in_room(hub);
}

static int hub_event(struct chardev *chardev, const struct chardev_event *event)
{
	return hub_line_told(&hub_from(chardev)->line, event);
}

static void answer(struct chardev *chardev)
{
	struct hub *hub = hub_from(chardev);

	if (input_ask(&hub->input))
		hub_screen_answer(&hub->screen);
}

static bool may_resize(const struct chardev *chardev)
{
	return size_may_ask(&hub_from(chardev)->size);
}

static void read_on(struct chardev *chardev)
{
	pump_members(hub_from(chardev));
	hub_tell_output(hub_from(chardev));
}

static bool is_watched(const struct chardev *chardev)
{
	for_each_member (member, &hub_from(chardev)->members)
		if (member->is_watched)
			return true;
	return false;
}

static const struct hub_screen_ops screen_ops = {
	.answer = answer,
	.may_resize = may_resize,
	.read_on = read_on,
	.is_watched = is_watched,
};

int hub_check_waiting(
	const struct hub *hub, const char *member, enum hub_stall stall, struct error **err)
{
	if (stall != HUB_STALL_WAIT || !never_waits(hub))
		return 0;
	error_set(err, EINVAL, "hub '%s': member '%s' has stall=wait, but this guest cannot wait",
		hub->base.id, member);
	error_set_hint(err, "A virtio console spins with interrupts off until its bytes are taken: "
			    "the whole guest would freeze. Use stall=skip or stall=close.");
	return -EINVAL;
}

static int hub_attach(struct chardev *chardev, struct error **err)
{
	struct hub *hub = hub_from(chardev);

	for_each_member (member, &hub->members) {
		int r = hub_check_waiting(hub, member_id(member), member->options.stall, err);

		if (r < 0)
			return r;
		chardev_link_set_flags(&member->link, hub_member_flags(hub));
	}
	if (hub->size.known)
		task_post(chardev->loop, &hub->size_task, tell_size, hub);
	return 0;
}

/* ---- what members ask and tell ---- */

static void on_member_start(struct member *member)
{
	struct hub *hub = member->all->hub;

	if (!replay_goes_on(member))
		replay_start(member, &hub->screen, hub_is_console(hub));
}

static void on_member_resume(struct member *member)
{
	struct hub *hub = member->all->hub;

	replay_resume(member, &hub->screen, hub_is_console(hub));
}

static void on_member_more(struct member *member)
{
	hub_pump_later(member->all->hub);
}

static void on_member_left(struct member *member)
{
	review_later(member->all->hub);
}

static void on_member_progress(struct member *member)
{
	flow_progress(&member->all->hub->flow, member);
}

void hub_update_open(struct hub *hub)
{
	chardev_set_open(&hub->base, hub->members.n_open > 0);
}

void hub_forget_typist(struct member *member)
{
	struct hub *hub = member->all->hub;

	input_forget(&hub->input, member);
	keyboard_forget(&hub->keyboard, member);
	if (size_forget(&hub->size, member) && !hub->base.closing)
		hub_size_changed(hub);
}

/* Who sends no more is in the middle of no key, and its terminal's size counts no more. */
static void on_member_open(struct member *member)
{
	struct hub *hub = member->all->hub;

	if (member->open) {
		flow_join(&hub->flow, member);
		hub_line_show(&hub->line, member);
	} else {
		hub_forget_typist(member);
	}
	hub_update_open(hub);
}

/* For whom the guest waits, and for how long, and whose keys count, may be another matter now. */
static void on_member_judged(struct member *member)
{
	struct hub *hub = member->all->hub;

	if (member->access != HUB_ACCESS_TYPE)
		hub_forget_typist(member);
	input_call_later(&hub->input, member);
	review_later(hub);
}

static void on_member_removed(struct member *member)
{
	hub_forget_typist(member);
	flow_forget(&member->all->hub->flow, member);
}

static void on_member_event(struct member *member, const struct chardev_event *event)
{
	struct hub *hub = member->all->hub;

	if (event->type == CHARDEV_FLUSHED) {
		if (replay_is_screen(member, hub_is_console(hub)))
			member_start(member);
	} else if (event->type == CHARDEV_RESIZE) {
		if (size_told(&hub->size, member, event->cols, event->rows))
			hub_size_changed(hub);
	} else if (member->access == HUB_ACCESS_TYPE &&
		   keyboard_is_open_to(&hub->keyboard, member)) {
		chardev_event(&hub->base, event);
	} else if (event->type == CHARDEV_BREAK) {
		keyboard_turn_down(&hub->keyboard, member);
	} else {
		hub_line_show(&hub->line, member);
	}
}

static size_t member_in_room(struct member *member)
{
	struct hub *hub = member->all->hub;

	if (!keyboard_is_open_to(&hub->keyboard, member))
		return INPUT_DROP_BYTES;
	return input_room(&hub->input, member);
}

/* Not each key: whoever wants those looks at the bytes. */
static void tell_typed(struct member *member)
{
	struct hub *hub = member->all->hub;
	uint64_t now = loop_now_ms(hub->base.loop);
	bool is_news = !member->typed_told_ms || now - member->typed_told_ms >= HUB_TYPED_MS;

	member->typed_ms = now;
	if (!is_news)
		return;
	member->typed_told_ms = now;
	hub_tell(hub,
		&(struct hub_event){
			.type = HUB_EVENT_TYPED, .member = member_id(member), .who = member->who });
}

static void on_member_in(struct member *member, const void *buf, size_t len)
{
	struct hub *hub = member->all->hub;
	size_t wanted = len;

	if (member->access == HUB_ACCESS_TYPE)
		wanted = keyboard_admit(&hub->keyboard, member, buf, len);
	buf = (const char *)buf + (len - wanted);
	if (!wanted)
		return;
	if (!input_take(&hub->input, member, buf, wanted)) {
		keyboard_turn_down(&hub->keyboard, member);
		return;
	}
	tell_typed(member);
	if (size_typed(&hub->size, member))
		hub_size_changed(hub);
	if (hub_hears_typed(hub))
		echo_typed(&hub->echo, member_id(member), member->who, buf, wanted);
	if (!hub->base.closing)
		chardev_in(&hub->base, buf, wanted);
}

/* ---- words for one person ---- */

static void tell_person(struct member *member, enum chardev_notice about, const char *line)
{
	struct hub *hub = member->all->hub;
	struct chardev_event event = { .type = CHARDEV_NOTICE, .notice = about, .text = line };

	if (!member->open || chardev_link_event(&member->link, &event) == 0)
		return;
	if (replay_tell(member, &hub->screen, hub_is_console(hub), line) &&
		!timer_is_running(hub->again_timer))
		timer_start(hub->again_timer, NOTICE_MS);
}

static void ring_person(struct member *member)
{
	struct hub *hub = member->all->hub;
	struct chardev_event event = { .type = CHARDEV_BELL };

	if (member->open && chardev_link_event(&member->link, &event) < 0)
		replay_tell(member, &hub->screen, hub_is_console(hub), NULL);
}

static void lost_keyboard(struct member *member)
{
	struct input *input = &member->all->hub->input;

	input_forget(input, member);
	input_call_later(input, member);
}

static const struct keyboard_ops keyboard_ops = {
	.tell = tell_person,
	.ring = ring_person,
	.lost = lost_keyboard,
};

static struct vt *member_screen(struct member *member, bool look)
{
	struct hub_screen *screen = &member->all->hub->screen;

	if (member->all->hub->terminal == HUB_TERMINAL_OFF)
		return NULL;
	member->is_watched = look;
	return look ? hub_screen_vt(screen) : hub_screen_unseen(screen);
}

static void on_member_news(const struct members *members, const struct hub_event *event)
{
	hub_tell(members->hub, event);
}

static const struct member_ops member_ops = {
	.on_news = on_member_news,
	.on_start = on_member_start,
	.on_resume = on_member_resume,
	.on_more = on_member_more,
	.on_left = on_member_left,
	.on_progress = on_member_progress,
	.on_open = on_member_open,
	.on_judged = on_member_judged,
	.on_removed = on_member_removed,
	.on_event = on_member_event,
	.in_room = member_in_room,
	.on_in = on_member_in,
	.screen = member_screen,
};

/* ---- members ---- */

bool chardev_is_hub(const struct chardev *chardev)
{
	return chardev->class == &hub_class;
}

/* Is a file owed bytes? Who reads at a pace of his own is owed nothing at the end. */
static bool hub_owes(const struct chardev *chardev)
{
	for_each_member (member, &hub_from(chardev)->members)
		if (chardev_is_sink(member->link.chardev) && member->standing != HUB_MEMBER_OUT &&
			member_backlog(member))
			return true;
	return false;
}

static struct chardev *hub_child(const struct chardev *chardev, size_t index)
{
	for_each_member (member, &hub_from(chardev)->members)
		if (!index--)
			return member->link.chardev;
	return NULL;
}

struct member *hub_find_member(struct hub *hub, const char *id)
{
	for_each_member (member, &hub->members)
		if (!strcmp(member_id(member), id))
			return member;
	return NULL;
}

int hub_add_member(struct chardev *chardev, struct chardev *added,
	const struct hub_member_options *options, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	int r;

	if (!options)
		options = &hub->defaults;
	if (chardev_contains(added, chardev))
		return error_set(err, ELOOP, "hub '%s' would contain itself through chardev '%s'",
			hub->base.id, added->id);
	if (hub_find_member(hub, added->id))
		return error_set(err, EBUSY, "chardev '%s' is already in use", added->id);
	r = hub_check_waiting(hub, added->id, options->stall, err);
	return r < 0 ? r : member_new(&hub->members, added, options, hub_member_flags(hub), err);
}

int hub_admit(struct chardev *chardev, struct chardev *peer,
	const struct hub_member_options *options, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	int r;

	if (!options)
		options = &hub->defaults;
	r = hub_check_waiting(hub, peer->id, options->stall, err);
	return r < 0 ? r
		     : member_new_passing(
			       &hub->members, peer, NULL, options, hub_member_flags(hub), err);
}

static int hub_adopt(struct chardev *chardev, struct chardev *peer, struct error **err)
{
	return hub_admit(chardev, peer, NULL, err);
}

uint64_t hub_instance(const struct chardev *chardev)
{
	struct hub *hub = hub_from(chardev);

	if (!hub->instance && getrandom(&hub->instance, sizeof(hub->instance), 0) < 0)
		hub->instance = loop_clock_ns(chardev->loop);
	return hub->instance;
}

int hub_remove_member(struct chardev *chardev, const char *id, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	struct member *member = hub_find_member(hub, id);

	if (!member)
		return error_set(err, ENOENT, "hub '%s' has no member '%s'", hub->base.id, id);
	member_remove(member);
	hub_update_open(hub);
	flow_progress(&hub->flow, member);
	return 0;
}

/* ---- life ---- */

int hub_init(struct hub *hub, const struct opts *opts)
{
	struct chardev *chardev = &hub->base;
	size_t window = (size_t)opts_get_number(opts, "window");
	size_t keep = (size_t)opts_get_number(opts, "keep");

	hub->members.ops = &member_ops;
	hub->members.hub = hub;
	hub->members.hub_id = chardev->id;
	hub->members.loop = chardev->loop;
	hub->members.tape = &hub->tape;
	members_init(&hub->members);
	hub_observers_init(hub);
	hub_line_init(&hub->line, &hub->members);
	hub->flow.hub = chardev;
	hub->flow.members = &hub->members;
	hub->flow.tape = &hub->tape;
	hub->flow.on_room = chardev_room;
	hub->keyboard.ops = &keyboard_ops;
	hub->keyboard.members = &hub->members;
	hub->keyboard.loop = chardev->loop;
	hub->echo.hub = chardev;
	hub->echo.on_line = hub_tell_typed;
	hub->again_timer = timer_new(chardev->loop, show_again, hub);
	if (hub_screen_init(&hub->screen, chardev, &hub->tape, &screen_ops) < 0)
		return -ENOMEM;
	hub_screen_resize(&hub->screen, hub->size.cols, hub->size.rows);
	if (!hub->again_timer || echo_init(&hub->echo) < 0 || keyboard_init(&hub->keyboard) < 0 ||
		flow_init(&hub->flow) < 0 || input_init(&hub->input, chardev, hub_in_resume) < 0 ||
		tape_init(&hub->tape, chardev->loop, window, keep) < 0 ||
		budget_join(chardev->loop, &hub->share, &hub_budget_ops) < 0)
		return -ENOMEM;
	hub->flow.window = tape_window(&hub->tape);
	return 0;
}

void hub_close(struct chardev *chardev)
{
	struct hub *hub = hub_from(chardev);

	budget_leave(&hub->share);
	for_each_member (member, &hub->members)
		member_remove(member);
	task_cancel(&hub->pump_task);
	task_cancel(&hub->review_task);
	task_cancel(&hub->size_task);
	task_cancel(&hub->resize_task);
	echo_done(&hub->echo);
	hub_observers_done(hub);
	hub_times_done(&hub->times);
	timer_free(hub->again_timer);
	hub_screen_done(&hub->screen);
	flow_done(&hub->flow);
	input_done(&hub->input);
	keyboard_done(&hub->keyboard);
	tape_done(&hub->tape);
	object_put(hub->defaults.view_authz);
	object_put(hub->defaults.type_authz);
}

static int hub_check(const struct opts *opts, struct error **err)
{
	struct size size;

	return size_init(&size, NULL, opts_get_string(opts, "size"), err);
}

static int hub_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	int r = size_init(&hub->size, &hub->members, opts_get_string(opts, "size"), err);

	if (r == 0)
		r = hub_read_options(hub, opts, err);
	if (r < 0)
		return r;
	r = hub_init(hub, opts);
	if (r < 0)
		error_set(err, -r, "hub '%s': out of memory", chardev->id);
	else
		r = hub_add_members(hub, opts, err);
	if (r < 0)
		hub_close(chardev);
	return r;
}

const struct chardev_class hub_class = {
	.name = "hub",
	.summary = "one guest console shared by any number of chardevs",
	.options = hub_options,
	.size = sizeof(struct hub),
	.check = hub_check,
	.open = hub_open,
	.close = hub_close,
	.out = hub_out,
	.out_reserve = hub_out_reserve,
	.out_commit = hub_out_commit,
	.in_resume = hub_in_resume,
	.event = hub_event,
	.handover = &hub_handover,
	.adopt = hub_adopt,
	.change = hub_change,
	.owes = hub_owes,
	.child = hub_child,
	.identity = chardev_nobody,
	.attach = hub_attach,
};
