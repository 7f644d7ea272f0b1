/* SPDX-License-Identifier: MIT */
/*
 * The hub as a chardev: options, the holder's side, and the list of members. Its parts:
 *
 *	hub.c	 options, journal, open state
 *	member.c what one member gets, and when it loses or regains its standing
 *	flow.c	 how much room the guest has
 *	input.c	 what members type
 *	screen.c the terminal that the hub is: the screen, answers to queries
 *	size.c	 how large the console is
 *
 * Invariant: no member in good standing is behind the journal's tail.
 */
#include <charhub/hub.h>

#include "hub/hub-internal.h"
#include "base/parse.h"
#include "base/segments.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

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
			"terminal" },
	{ 0 },
};

/* ---- the holder's side ---- */

static void pump_members(struct hub *hub)
{
	for_each_member (member, hub)
		if (!member->blocked)
			member_pump(member);
}

static void pump_task(void *data)
{
	struct hub *hub = data;
	bool was_kept = screen_rest(hub);

	pump_members(hub);
	if (was_kept)
		chardev_room(&hub->base);
	else
		flow_progress(hub);
}

void hub_pump_later(struct hub *hub)
{
	task_post(hub->base.loop, &hub->pump_task, pump_task, hub);
}

static int reserve(struct hub *hub, size_t most, struct iovec iov[2])
{
	size_t room = flow_room(hub);

	return room ? journal_reserve(&hub->journal, room < most ? room : most, iov) : 0;
}

static int hub_out_reserve(struct chardev *chardev, struct iovec iov[2])
{
	return reserve(hub_from(chardev), SIZE_MAX, iov);
}

static void hub_out_commit(struct chardev *chardev, size_t len)
{
	struct hub *hub = hub_from(chardev);

	journal_commit(&hub->journal, len);
	screen_commit(hub, len);
	pump_members(hub);
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

static void hub_in_resume(struct chardev *chardev)
{
	input_resume(hub_from(chardev));
}

static int check_waiting(
	const struct hub *hub, const char *member, enum hub_stall stall, struct error **err)
{
	if (stall != HUB_STALL_WAIT || !hub_never_waits(hub))
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

	for_each_member (member, hub) {
		int r = check_waiting(hub, chardev_id(member->link.chardev), member->stall, err);

		if (r < 0)
			return r;
		chardev_link_set_flags(
			&member->link, hub_is_console(hub) ? CHARDEV_LINK_CONSOLE : 0);
	}
	size_announce(hub);
	return 0;
}

/* ---- members ---- */

void hub_update_open(struct hub *hub)
{
	bool open = false;

	for_each_member (member, hub)
		open |= chardev_is_open(member->link.chardev);
	chardev_set_open(&hub->base, open);
}

bool chardev_is_hub(const struct chardev *chardev)
{
	return chardev->class == &hub_class;
}

/* Is @wanted the chardev itself, or inside it? */
static bool contains(const struct chardev *chardev, const struct chardev *wanted)
{
	if (chardev == wanted)
		return true;
	if (!chardev_is_hub(chardev))
		return false;
	for_each_member (member, hub_from(chardev))
		if (contains(member->link.chardev, wanted))
			return true;
	return false;
}

int hub_add_member(struct chardev *chardev, struct chardev *added, enum hub_access access,
	enum hub_stall stall, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	int r;

	if (contains(added, chardev))
		return error_set(err, ELOOP, "hub '%s' would contain itself through chardev '%s'",
			hub->base.id, added->id);
	r = check_waiting(hub, added->id, stall, err);
	if (r == 0)
		r = member_new(hub, added, NULL, access, stall, err);
	if (r == 0)
		hub_update_open(hub);
	return r;
}

static struct member *find_member(struct hub *hub, const char *id)
{
	for_each_member (member, hub)
		if (!strcmp(chardev_id(member->link.chardev), id))
			return member;
	return NULL;
}

int hub_remove_member(struct chardev *chardev, const char *id, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	struct member *member = find_member(hub, id);

	if (!member)
		return error_set(err, ENOENT, "hub '%s' has no member '%s'", hub->base.id, id);
	member_remove(member);
	hub_update_open(hub);
	flow_progress(hub);
	return 0;
}

size_t hub_member_count(const struct chardev *chardev)
{
	return hub_from(chardev)->n_members;
}

int hub_member_info(const struct chardev *chardev, size_t index, struct hub_member_info *ret_info)
{
	struct hub *hub = hub_from(chardev);

	for_each_member (member, hub) {
		const struct chardev *of = member->link.chardev;

		if (index--)
			continue;
		*ret_info = (struct hub_member_info){
			.id = of->id,
			.access = member->access,
			.stall = member->stall,
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

static int add_by_id(struct hub *hub, const char *id, enum hub_access access, enum hub_stall stall,
	struct error **err)
{
	struct chardev *chardev = chardev_set_find(hub->base.set, id);

	if (!chardev)
		return error_set(err, ENOENT, "hub: chardev can't be found by id '%s'", id);
	return hub_add_member(&hub->base, chardev, access, stall, err);
}

static int add_group(struct hub *hub, const struct opts *opts, size_t index, struct error **err)
{
	struct opts *group = NULL;
	enum hub_stall stall;
	int r = opts_list_group(opts, "members", index, &group);

	if (r < 0)
		return error_set(err, -r, "hub '%s': out of memory", hub->base.id);
	stall = opts_has(group, "stall") ? (enum hub_stall)opts_get_enum(group, "stall")
					 : hub->stall;
	r = add_by_id(hub, opts_get_string(group, "chardev"),
		(enum hub_access)opts_get_enum(group, "access"), stall, err);
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
		r = add_by_id(hub, opts_list_string(opts, "chardevs", i), HUB_ACCESS_TYPE,
			hub->stall, err);
	for (size_t i = 0; i < n_groups && r == 0; i++)
		r = add_group(hub, opts, i, err);
	return r;
}

static int read_size(struct hub *hub, const char *text, struct error **err)
{
	static const char *const words[] = { "writer", "smallest", "largest" };
	enum { SIZE_MAX_CELLS = 1000 };

	hub->cols = 80;
	hub->rows = 24;
	for (int i = 0; i < 3; i++) {
		if (!strcmp(text, words[i])) {
			hub->size_policy = (enum hub_size_policy)i;
			return 0;
		}
	}
	hub->size_policy = HUB_SIZE_FIXED;
	hub->size_known = true;
	if (parse_geometry(text, SIZE_MAX_CELLS, &hub->cols, &hub->rows) < 0)
		return error_set(err, EINVAL,
			"Parameter 'size' expects COLSxROWS (1..%d each), 'writer', 'smallest' or "
			"'largest', not '%s'",
			SIZE_MAX_CELLS, text);
	return 0;
}

static int read_options(struct hub *hub, const struct opts *opts, struct error **err)
{
	hub->stall = (enum hub_stall)opts_get_enum(opts, "stall");
	hub->grace_ms = opts_get_number(opts, "grace-ms");
	hub->window = (size_t)opts_get_number(opts, "window");
	hub->window_max = (size_t)opts_get_number(opts, "window-max");
	hub->replay = (enum hub_replay)opts_get_enum(opts, "replay");
	hub->terminal = (enum hub_terminal)opts_get_enum(opts, "terminal");
	return read_size(hub, opts_get_string(opts, "size"), err);
}

static void hub_close(struct chardev *chardev)
{
	struct hub *hub = hub_from(chardev);

	for_each_member (member, hub)
		member_remove(member);
	task_cancel(&hub->pump_task);
	task_cancel(&hub->turn_task);
	task_cancel(&hub->size_task);
	screen_free(hub);
	timer_free(hub->stall_timer);
	timer_free(hub->turn_timer);
	journal_done(&hub->journal);
}

static int hub_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	int r = read_options(hub, opts, err);

	if (r < 0)
		return r;
	list_init(&hub->members);
	hub->stall_timer = timer_new(chardev->loop, flow_timer, hub);
	hub->turn_timer = timer_new(chardev->loop, input_timer, hub);
	if (!hub->stall_timer || !hub->turn_timer ||
		journal_init(&hub->journal, hub->window, (size_t)opts_get_number(opts, "keep")) < 0)
		r = error_set(err, ENOMEM, "hub '%s': out of memory", chardev->id);
	hub->window = hub->journal.size;
	if (r == 0)
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
	.attach = hub_attach,
};
