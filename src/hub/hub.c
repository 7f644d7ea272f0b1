/* SPDX-License-Identifier: MIT */
/*
 * The hub as a chardev: its options, the holder's side, and the one who mediates between its parts,
 * each of which knows only what is below it:
 *
 *	flow	how much room the guest has, and what a stalled member costs
 *	input	what members type
 *	size	how large the console is
 *	line	the serial line that the guest may be
 *	screen	the terminal that the hub is: the screen, answers to queries
 *	replay	what a member is shown before live bytes
 *	member	what one member gets, and when it loses or regains its standing
 *	tape	what the guest wrote, as members may read it
 *
 * Invariant: no member in good standing is behind the tape's window.
 */
#include <charhub/hub.h>

#include "hub/flow.h"
#include "hub/input.h"
#include "hub/line.h"
#include "hub/member.h"
#include "hub/replay.h"
#include "hub/screen.h"
#include "hub/size.h"
#include "hub/tape.h"
#include "base/log.h"
#include "base/segments.h"
#include "object/authz.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

/* How long a program in the guest has to draw itself anew after a change of size. */
enum { AGAIN_MS = 150 };

enum hub_terminal { HUB_TERMINAL_AUTO, HUB_TERMINAL_ON, HUB_TERMINAL_OFF };

/**
 * struct hub - the chardev
 * @defaults:  what a member has that says nothing else
 * @pump_task: a member takes more, or the screen, than one dispatch gives
 * @size_task: a holder has come and is told the size
 * @again_timer: the size has changed: members' terminals are shown the screen again
 * @resize_task: the guest has given the console another size, and everybody is told
 */
struct hub {
	struct chardev base;
	struct tape tape;
	struct members members;
	struct hub_screen screen;
	struct flow flow;
	struct input input;
	struct size size;
	struct hub_line line;
	enum hub_terminal terminal;
	struct hub_member_options defaults;
	struct task pump_task, size_task, resize_task;
	struct timer *again_timer;
};

static struct hub *hub_from(const struct chardev *chardev)
{
	return container_of(chardev, struct hub, base);
}

/* Is it a terminal that people read? Also where a member shows it as one. */
static bool is_console(const struct hub *hub)
{
	if (hub->terminal != HUB_TERMINAL_AUTO)
		return hub->terminal == HUB_TERMINAL_ON;
	return hub->screen.vt || chardev_holder_flags(&hub->base) & CHARDEV_LINK_CONSOLE;
}

static unsigned member_flags(const struct hub *hub)
{
	return CHARDEV_LINK_PATIENT | (is_console(hub) ? CHARDEV_LINK_CONSOLE : 0u);
}

static bool never_waits(const struct hub *hub)
{
	return chardev_holder_flags(&hub->base) & CHARDEV_LINK_NEVER_WAIT;
}

static const struct opt_desc member_options[] = {
	{ .name = "chardev", .type = OPT_ID, .required = true, .help = "the chardev" },
	{ .name = "access",
		.type = OPT_ENUM,
		.values = "type|view",
		.preset = "type",
		.help = "may it send input to the guest" },
	{ .name = "stall",
		.type = OPT_ENUM,
		.values = "skip|wait|close",
		.help = "what happens when it does not keep up; default: the hub's" },
	{ .name = "replay",
		.type = OPT_ENUM,
		.values = "auto|screen|window|none",
		.help = "what it gets first when it joins; default: the hub's" },
	{ .name = "view-authz", .type = OPT_ID, .help = "who may look; default: the hub's" },
	{ .name = "type-authz", .type = OPT_ID, .help = "who may type; default: the hub's" },
	{ 0 },
};

static const struct opt_desc hub_options[] = {
	{ .name = "chardevs", .type = OPT_LIST, .help = "ids of the chardevs that take part" },
	{ .name = "members",
		.type = OPT_GROUPS,
		.group = member_options,
		.help = "instead of chardevs: members with options of their own" },
	{ .name = "stall",
		.type = OPT_ENUM,
		.values = "skip|wait|close",
		.preset = "skip",
		.help = "a member that does not keep up: skip what it misses, let the guest wait, "
			"or close its connection" },
	{ .name = "grace-ms",
		.type = OPT_NUMBER,
		.preset = "1000",
		.max = 3600000,
		.help = "how long the guest waits for a member before that" },
	{ .name = "grace-every",
		.type = OPT_NUMBER,
		.preset = "30",
		.min = 1,
		.max = 86400,
		.help = "in how many seconds a member may use up grace-ms while other readers "
			"wait" },
	{ .name = "window",
		.type = OPT_SIZE,
		.preset = "1M",
		.min = 64 << 10,
		.max = 64 << 20,
		.help = "how many of the newest bytes are held for slow and late members" },
	{ .name = "window-max",
		.type = OPT_SIZE,
		.preset = "16M",
		.min = 64 << 10,
		.max = 64 << 20,
		.help = "how far the window may grow where the guest cannot wait" },
	{ .name = "keep",
		.type = OPT_SIZE,
		.preset = "64k",
		.max = 64 << 20,
		.help = "how many of the very first bytes are held besides the window" },
	{ .name = "replay",
		.type = OPT_ENUM,
		.values = "auto|screen|window|none",
		.preset = "auto",
		.help = "what a member that joins gets first: the screen as it is, the newest "
			"bytes as "
			"they came, or nothing; auto: the screen of a terminal, else the bytes" },
	{ .name = "terminal",
		.type = OPT_ENUM,
		.values = "auto|on|off",
		.preset = "auto",
		.help = "is it a terminal that people read; auto: as the guest's end says" },
	{ .name = "size",
		.type = OPT_STRING,
		.preset = "writer",
		.help = "the console's size: COLSxROWS, or that of the writer, smallest or largest "
			"terminal, or what the guest asks for" },
	{ .name = "view-authz",
		.type = OPT_ID,
		.help = "-object authz-... that says who may look; default: everybody" },
	{ .name = "type-authz",
		.type = OPT_ID,
		.help = "-object authz-... that says who may type; default: whoever may look" },
	{ 0 },
};

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
static void size_changed(struct hub *hub)
{
	struct chardev_event event = {
		.type = CHARDEV_RESIZE, .cols = hub->size.cols, .rows = hub->size.rows
	};

	log_debug("hub '%s': the console has %ux%u", hub->base.id, event.cols, event.rows);
	hub_screen_resize(&hub->screen, event.cols, event.rows);
	for_each_member (member, &hub->members) {
		member->show_again = true;
		chardev_link_event(&member->link, &event);
	}
	timer_start(hub->again_timer, AGAIN_MS);
	tell_size(hub);
}

static void show_again(void *data)
{
	struct hub *hub = data;
	bool done = true;

	for_each_member (member, &hub->members)
		done &= replay_again(member, &hub->screen, is_console(hub));
	if (!done)
		timer_start(hub->again_timer, AGAIN_MS);
}

static void announce_size(void *data)
{
	size_changed(data);
}

static void pump_later(struct hub *hub);

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
	if (is_console(hub))
		read_screen(hub);
	else
		tape_release(&hub->tape, hub->tape.journal.head);
	if (hub_screen_unread(&hub->screen))
		pump_later(hub);
	pump_members(hub);
}

/* How many bytes may lie there that the screen has not read, before the guest has to wait. */
static size_t most_unread(const struct hub *hub)
{
	return never_waits(hub) ? hub->flow.window_max / 4 : 0;
}

static void pump_task(void *data)
{
	struct hub *hub = data;
	bool was_kept = hub_screen_unread(&hub->screen) > most_unread(hub);

	hub_screen_rest(&hub->screen);
	read_tape(hub);
	if (was_kept && hub_screen_unread(&hub->screen) <= most_unread(hub))
		chardev_room(&hub->base);
	else
		flow_review(&hub->flow);
}

static void pump_later(struct hub *hub)
{
	task_post(hub->base.loop, &hub->pump_task, pump_task, hub);
}

static int reserve(struct hub *hub, size_t most, struct iovec iov[2])
{
	size_t room = 0;

	if (hub_screen_unread(&hub->screen) <= most_unread(hub))
		room = flow_room(&hub->flow, !never_waits(hub));
	return room ? tape_reserve(&hub->tape, room < most ? room : most, iov) : 0;
}

static int hub_out_reserve(struct chardev *chardev, struct iovec iov[2])
{
	return reserve(hub_from(chardev), SIZE_MAX, iov);
}

static void hub_out_commit(struct chardev *chardev, size_t len)
{
	struct hub *hub = hub_from(chardev);

	tape_commit(&hub->tape, len);
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
}

static const struct hub_screen_ops screen_ops = {
	.answer = answer,
	.may_resize = may_resize,
	.read_on = read_on,
};

static int check_waiting(
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
		int r = check_waiting(hub, member_id(member), member->options.stall, err);

		if (r < 0)
			return r;
		chardev_link_set_flags(&member->link, member_flags(hub));
	}
	if (hub->size.known)
		task_post(chardev->loop, &hub->size_task, tell_size, hub);
	return 0;
}

/* ---- what members ask and tell ---- */

static void on_member_start(struct member *member)
{
	struct hub *hub = member->all->hub;

	replay_start(member, &hub->screen, is_console(hub));
}

static void on_member_resume(struct member *member)
{
	struct hub *hub = member->all->hub;

	replay_resume(member, &hub->screen, is_console(hub));
}

static void on_member_more(struct member *member)
{
	pump_later(member->all->hub);
}

static void on_member_progress(struct member *member)
{
	flow_progress(&member->all->hub->flow, member);
}

static void update_open(struct hub *hub)
{
	chardev_set_open(&hub->base, hub->members.n_open > 0);
}

static void forget_member(struct member *member)
{
	struct hub *hub = member->all->hub;

	input_forget(&hub->input, member);
	if (size_forget(&hub->size, member) && !hub->base.closing)
		size_changed(hub);
}

/* Who sends no more is in the middle of no key, and its terminal's size counts no more. */
static void on_member_open(struct member *member)
{
	struct hub *hub = member->all->hub;

	if (member->open) {
		flow_join(&hub->flow, member);
		hub_line_show(&hub->line, member);
	} else {
		forget_member(member);
	}
	update_open(hub);
}

static void on_member_event(struct member *member, const struct chardev_event *event)
{
	struct hub *hub = member->all->hub;

	if (event->type == CHARDEV_FLUSHED) {
		if (replay_is_screen(member, is_console(hub)))
			member_start(member);
	} else if (event->type == CHARDEV_RESIZE) {
		if (size_told(&hub->size, member, event->cols, event->rows))
			size_changed(hub);
	} else if (member->access == HUB_ACCESS_TYPE) {
		chardev_event(&hub->base, event);
	} else {
		hub_line_show(&hub->line, member);
	}
}

static size_t member_in_room(struct member *member)
{
	return input_room(&member->all->hub->input, member);
}

static void on_member_in(struct member *member, const void *buf, size_t len)
{
	struct hub *hub = member->all->hub;

	if (!input_take(&hub->input, member, buf, len))
		return;
	if (size_typed(&hub->size, member))
		size_changed(hub);
	if (!hub->base.closing)
		chardev_in(&hub->base, buf, len);
}

static struct vt *member_screen(struct member *member)
{
	struct hub *hub = member->all->hub;

	return hub->terminal == HUB_TERMINAL_OFF ? NULL : hub_screen_vt(&hub->screen);
}

static const struct member_ops member_ops = {
	.on_start = on_member_start,
	.on_resume = on_member_resume,
	.on_more = on_member_more,
	.on_progress = on_member_progress,
	.on_open = on_member_open,
	.on_removed = forget_member,
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

static struct member *find_member(struct hub *hub, const char *id)
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
	if (find_member(hub, added->id))
		return error_set(err, EBUSY, "chardev '%s' is already in use", added->id);
	r = check_waiting(hub, added->id, options->stall, err);
	return r < 0 ? r : member_new(&hub->members, added, options, member_flags(hub), err);
}

static int hub_adopt(struct chardev *chardev, struct chardev *peer, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	int r = check_waiting(hub, peer->id, hub->defaults.stall, err);

	return r < 0 ? r
		     : member_new_passing(
			       &hub->members, peer, NULL, &hub->defaults, member_flags(hub), err);
}

int hub_remove_member(struct chardev *chardev, const char *id, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	struct member *member = find_member(hub, id);

	if (!member)
		return error_set(err, ENOENT, "hub '%s' has no member '%s'", hub->base.id, id);
	member_remove(member);
	update_open(hub);
	flow_progress(&hub->flow, member);
	return 0;
}

size_t hub_member_count(const struct chardev *chardev)
{
	return hub_from(chardev)->members.count;
}

int hub_member_info(const struct chardev *chardev, size_t index, struct hub_member_info *ret_info)
{
	struct hub *hub = hub_from(chardev);

	for_each_member (member, &hub->members) {
		const struct chardev *of = member->link.chardev;

		if (index--)
			continue;
		*ret_info = (struct hub_member_info){
			.id = of->id,
			.identity = member->who,
			.options = member->options,
			.access = member->access,
			.standing = member->standing,
			.open = of->open,
			.backlog = member_backlog(member),
			.out_bytes = of->out_bytes,
			.in_bytes = of->in_bytes,
			.skipped_bytes = member->skipped_bytes,
			.skips = member->skips,
			.refused_bytes = member->refused_bytes,
		};
		return 0;
	}
	return -ENOENT;
}

/* ---- options ---- */

/* What is not given stays as it is. */
static int read_rules(const struct hub *hub, const struct opts *opts,
	struct hub_member_options *options, struct error **err)
{
	const struct object_set *objects = chardev_objects(&hub->base);
	const struct {
		const char *key;
		struct object **rule;
	} rules[] = {
		{ "view-authz", &options->view_authz },
		{ "type-authz", &options->type_authz },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && r == 0; i++)
		if (opts_has(opts, rules[i].key))
			r = authz_find(objects, rules[i].key, opts_get_string(opts, rules[i].key),
				rules[i].rule, err);
	if (r < 0)
		error_prefix(err, "hub '%s': ", hub->base.id);
	return r;
}

static int add_by_id(struct hub *hub, const char *id, const struct hub_member_options *options,
	struct error **err)
{
	struct chardev *chardev = chardev_set_find(hub->base.set, id);

	if (!chardev)
		return error_set(err, ENOENT, "hub: chardev can't be found by id '%s'", id);
	return hub_add_member(&hub->base, chardev, options, err);
}

static int add_group(struct hub *hub, const struct opts *opts, size_t index, struct error **err)
{
	struct hub_member_options options = hub->defaults;
	struct opts *group = NULL;
	int r = opts_list_group(opts, "members", index, &group);

	if (r < 0)
		return error_set(err, -r, "hub '%s': out of memory", hub->base.id);
	options.access = (enum hub_access)opts_get_enum(group, "access");
	if (opts_has(group, "stall"))
		options.stall = (enum hub_stall)opts_get_enum(group, "stall");
	if (opts_has(group, "replay"))
		options.replay = (enum hub_replay)opts_get_enum(group, "replay");
	r = read_rules(hub, group, &options, err);
	if (r == 0)
		r = add_by_id(hub, opts_get_string(group, "chardev"), &options, err);
	opts_free(group);
	return r;
}

static int add_members(struct hub *hub, const struct opts *opts, struct error **err)
{
	size_t n_ids = opts_list_len(opts, "chardevs"), n_groups = opts_list_len(opts, "members");
	int r = 0;

	if (n_ids && n_groups)
		return error_set(err, EINVAL,
			"hub '%s': give either 'chardevs' or 'members', not both", hub->base.id);
	if (!n_ids && !n_groups)
		return error_set(err, EINVAL, "hub: 'chardevs' list is not defined");
	for (size_t i = 0; i < n_ids && r == 0; i++)
		r = add_by_id(hub, opts_list_string(opts, "chardevs", i), &hub->defaults, err);
	for (size_t i = 0; i < n_groups && r == 0; i++)
		r = add_group(hub, opts, i, err);
	return r;
}

static int read_options(struct hub *hub, const struct opts *opts, struct error **err)
{
	int r = read_rules(hub, opts, &hub->defaults, err);

	if (r < 0)
		return r;
	object_get(hub->defaults.view_authz);
	object_get(hub->defaults.type_authz);
	hub->defaults.stall = (enum hub_stall)opts_get_enum(opts, "stall");
	hub->defaults.replay = (enum hub_replay)opts_get_enum(opts, "replay");
	hub->flow.grace_ms = opts_get_number(opts, "grace-ms");
	hub->flow.grace_every_ms = opts_get_number(opts, "grace-every") * 1000;
	hub->flow.window_max = (size_t)opts_get_number(opts, "window-max");
	hub->terminal = (enum hub_terminal)opts_get_enum(opts, "terminal");
	return 0;
}

/* Everything that hub_close() takes back. */
static int init_parts(struct hub *hub, const struct opts *opts)
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
	hub_line_init(&hub->line, &hub->members);
	hub->flow.hub = chardev;
	hub->flow.members = &hub->members;
	hub->flow.tape = &hub->tape;
	hub->flow.on_room = chardev_room;
	hub->again_timer = timer_new(chardev->loop, show_again, hub);
	hub_screen_init(&hub->screen, chardev, &hub->tape, &screen_ops);
	hub_screen_resize(&hub->screen, hub->size.cols, hub->size.rows);
	if (!hub->again_timer || flow_init(&hub->flow) < 0 ||
		input_init(&hub->input, chardev, hub_in_resume) < 0 ||
		tape_init(&hub->tape, window, keep) < 0)
		return -ENOMEM;
	hub->flow.window = tape_window(&hub->tape);
	return 0;
}

static void hub_close(struct chardev *chardev)
{
	struct hub *hub = hub_from(chardev);

	for_each_member (member, &hub->members)
		member_remove(member);
	task_cancel(&hub->pump_task);
	task_cancel(&hub->size_task);
	task_cancel(&hub->resize_task);
	timer_free(hub->again_timer);
	hub_screen_done(&hub->screen);
	flow_done(&hub->flow);
	input_done(&hub->input);
	tape_done(&hub->tape);
	object_put(hub->defaults.view_authz);
	object_put(hub->defaults.type_authz);
}

static int hub_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	int r = size_init(&hub->size, &hub->members, opts_get_string(opts, "size"), err);

	if (r == 0)
		r = read_options(hub, opts, err);
	if (r < 0)
		return r;
	r = init_parts(hub, opts);
	if (r < 0)
		error_set(err, -r, "hub '%s': out of memory", chardev->id);
	else
		r = add_members(hub, opts, err);
	if (r < 0)
		hub_close(chardev);
	return r;
}

const struct chardev_class hub_class = {
	.name = "hub",
	.summary = "one guest console shared by any number of chardevs",
	.options = hub_options,
	.size = sizeof(struct hub),
	.open = hub_open,
	.close = hub_close,
	.out = hub_out,
	.out_reserve = hub_out_reserve,
	.out_commit = hub_out_commit,
	.in_resume = hub_in_resume,
	.event = hub_event,
	.adopt = hub_adopt,
	.owes = hub_owes,
	.child = hub_child,
	.identity = chardev_nobody,
	.attach = hub_attach,
};
