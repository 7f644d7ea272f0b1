/* SPDX-License-Identifier: MIT */
/* What anybody may know of a hub, and what an operator may do to it. */
#include "hub/hub-impl.h"

#include "vt/vt.h"

#include <errno.h>
#include <string.h>

/* ---- members ---- */

size_t hub_member_count(const struct chardev *chardev)
{
	return hub_from(chardev)->members.count;
}

void hub_member_defaults(const struct chardev *chardev, struct hub_member_options *ret_options)
{
	*ret_options = hub_from(chardev)->defaults;
}

/* He sees each byte, though none is given to him. */
static bool is_watching(const struct member *member)
{
	return member->open && chardev_takes_nothing(member->link.chardev);
}

static void read_member(const struct member *member, struct hub_member_info *ret_info)
{
	const struct chardev *of = member->link.chardev;
	uint64_t now = loop_now_ms(of->loop);

	*ret_info = (struct hub_member_info){
		.chardev = of,
		.server = member->server ? member->server->link.chardev : NULL,
		.id = of->id,
		.identity = member->who,
		.options = member->options,
		.access = member->access,
		.standing = is_watching(member) ? HUB_MEMBER_GOOD : member->standing,
		.open = of->open,
		.since = member->since,
		.idle_ms = member->typed_told_ms ? now - member->typed_ms : UINT64_MAX,
		.cols = member->cols,
		.rows = member->rows,
		.offset = member->mark.offset,
		.backlog = member_backlog(member),
		.out_bytes = of->out_bytes,
		.in_bytes = of->in_bytes,
		.skipped_bytes = member->skipped_bytes,
		.skips = member->skips,
		.refused_bytes = member->refused_bytes,
		.has_keyboard = keyboard_holder(&member->all->hub->keyboard) == member,
	};
}

int hub_member_info(const struct chardev *chardev, size_t index, struct hub_member_info *ret_info)
{
	for_each_member (member, &hub_from(chardev)->members) {
		if (index--)
			continue;
		read_member(member, ret_info);
		return 0;
	}
	return -ENOENT;
}

static int find(const struct chardev *chardev, const char *id, struct member **ret_member,
	struct error **err)
{
	*ret_member = hub_find_member(hub_from(chardev), id);
	if (*ret_member)
		return 0;
	return error_set(err, ENOENT, "hub '%s' has no member '%s'", chardev->id, id);
}

int hub_member_find(const struct chardev *chardev, const char *id, struct hub_member_info *ret_info,
	struct error **err)
{
	struct member *member;
	int r = find(chardev, id, &member, err);

	if (r == 0)
		read_member(member, ret_info);
	return r;
}

int hub_set_member(struct chardev *chardev, const char *id,
	const struct hub_member_options *options, struct error **err)
{
	struct member *member;
	int r = find(chardev, id, &member, err);

	if (r == 0)
		r = hub_check_waiting(hub_from(chardev), id, options->stall, err);
	if (r < 0)
		return r;
	member_set_options(member, options);
	list_for_each_safe (client, &member->clients, struct member, sibling)
		member_set_options(client, options);
	return 0;
}

int hub_disconnect_member(struct chardev *chardev, const char *id, const char *reason,
	const char *by, struct error **err)
{
	struct member *member;
	int r = find(chardev, id, &member, err);

	if (r < 0)
		return r;
	if (member->open && chardev_link_disconnect(&member->link, reason) == 0) {
		member_sent_away(member, by, reason);
		return 0;
	}
	return error_set(err, ENOTSUP, "chardev '%s' has nobody who could be sent away", id);
}

int hub_show_member(struct chardev *chardev, const char *id, struct error **err)
{
	struct member *member;
	int r = find(chardev, id, &member, err);

	if (r < 0)
		return r;
	member->show_again = true;
	timer_start(hub_from(chardev)->again_timer, 0);
	return 0;
}

/* ---- the console ---- */

void hub_info(const struct chardev *chardev, struct hub_info *ret_info)
{
	const struct hub *hub = hub_from(chardev);
	const struct keyboard *keyboard = &hub->keyboard;
	const struct member *holder = keyboard_holder(keyboard);

	*ret_info = (struct hub_info){
		.typing_one = keyboard->one,
		.keyboard = keyboard->one && holder ? member_id(holder) : NULL,
		.asker = keyboard->asker ? member_id(keyboard->asker) : NULL,
		.is_console = hub_is_console(hub),
		.has_guest = chardev_is_held(chardev),
		.cols = hub->size.cols,
		.rows = hub->size.rows,
		.end = hub->tape.readable,
		.held_from = hub->tape.journal.tail,
		.kept = journal_kept(&hub->tape.journal),
		.lost_bytes = hub->members.lost_bytes,
		.skips = hub->members.skips,
		.admitted = hub->members.admitted,
		.refused = hub->members.refused,
		.pauses = &hub->flow.pauses,
		.dropped_bytes = hub->dropped_bytes,
		.shortages = hub->shortages,
		.members = hub->members.count,
		.open_members = hub->members.n_open,
	};
}

int hub_history(const struct chardev *chardev, uint64_t offset, size_t max, struct iovec iov[2])
{
	const struct hub *hub = hub_from(chardev);
	const struct journal *journal = &hub->tape.journal;
	size_t kept = journal_kept(journal);
	uint64_t end = hub->tape.readable;

	if (offset > end || (offset >= kept && offset < journal->tail))
		return -ERANGE;
	if (max > end - offset)
		max = (size_t)(end - offset);
	return journal_peek(journal, offset, max, iov);
}

uint64_t hub_offset_at(const struct chardev *chardev, int64_t when)
{
	return hub_times_find(&hub_from(chardev)->times, when);
}

int hub_replay(struct chardev *chardev, bool in_place, struct strbuf *out, uint64_t *ret_offset)
{
	struct hub *hub = hub_from(chardev);
	const struct vt_replay how = { .flags = in_place ? VT_REPLAY_IN_PLACE : 0,
		.cols = hub->size.cols,
		.rows = hub->size.rows };
	int r = 0;

	if (hub_is_console(hub))
		r = hub_screen_replay(&hub->screen, &how, out);
	if (r == 0)
		*ret_offset = hub_is_console(hub) ? hub_screen_boundary(&hub->screen)
						  : hub->tape.readable;
	return r;
}

struct vt *hub_vt(struct chardev *chardev)
{
	struct hub *hub = hub_from(chardev);

	return hub_is_console(hub) ? hub_screen_vt(&hub->screen) : NULL;
}

/* What there is room for now; where that is not all, there may be more room behind it. */
static size_t type_some(struct hub *hub, const char *who, const char *bytes, size_t len)
{
	size_t room = input_ask(&hub->input) ? chardev_in_room(&hub->base) : 0;

	if (len > room)
		len = room;
	if (!len)
		return 0;
	if (hub_hears_typed(hub))
		echo_typed(&hub->echo, NULL, who, bytes, len);
	chardev_in(&hub->base, bytes, len);
	return len;
}

size_t hub_type(struct chardev *chardev, const char *who, const void *buf, size_t len)
{
	size_t done = 0, part = 1;

	while (done < len && part && !chardev->closing) {
		part = type_some(hub_from(chardev), who, (const char *)buf + done, len - done);
		done += part;
	}
	return done;
}

/* ---- who types ---- */

/* Return: 0 with the member, NULL where @id is. */
static int find_typist(
	struct chardev *chardev, const char *id, struct member **ret_member, struct error **err)
{
	int r = 0;

	*ret_member = NULL;
	if (!hub_from(chardev)->keyboard.one) {
		error_set(err, EINVAL, "hub '%s' has typing=all: everybody types", chardev->id);
		error_set_hint(err, "With typing=one one member at a time has the keyboard.");
		return -EINVAL;
	}
	if (id)
		r = find(chardev, id, ret_member, err);
	if (r == 0 && id && (*ret_member)->access != HUB_ACCESS_TYPE)
		r = error_set(
			err, EACCES, "member '%s' of hub '%s' may only look", id, chardev->id);
	return r;
}

int hub_keyboard_take(struct chardev *chardev, const char *id, const char *by, struct error **err)
{
	struct member *member;
	int r = find_typist(chardev, id, &member, err);

	if (r == 0)
		keyboard_take(&hub_from(chardev)->keyboard, member, by);
	return r;
}

int hub_keyboard_give(struct chardev *chardev, const char *id, const char *by, struct error **err)
{
	struct member *member;
	int r = find_typist(chardev, id, &member, err);

	if (r == 0)
		keyboard_give(&hub_from(chardev)->keyboard, member, by);
	return r;
}

int hub_keyboard_request(struct chardev *chardev, const char *id, struct error **err)
{
	struct member *member;
	int r = find_typist(chardev, id, &member, err);

	if (r == 0)
		keyboard_ask(&hub_from(chardev)->keyboard, member);
	return r;
}

int hub_keyboard_refuse(struct chardev *chardev, struct error **err)
{
	struct member *nobody;
	int r = find_typist(chardev, NULL, &nobody, err);

	if (r == 0)
		keyboard_refuse(&hub_from(chardev)->keyboard);
	return r;
}

int hub_resize(struct chardev *chardev, unsigned cols, unsigned rows, struct error **err)
{
	struct hub *hub = hub_from(chardev);

	if (!cols || !rows || cols > VT_COLS_MAX || rows > VT_ROWS_MAX)
		return error_set(err, ERANGE, "a console has 1x1 to %ux%u, not %ux%u",
			(unsigned)VT_COLS_MAX, (unsigned)VT_ROWS_MAX, cols, rows);
	if (hub->size.policy == SIZE_FIXED)
		return error_set(err, EPERM, "hub '%s' has a fixed size: size=%ux%u", chardev->id,
			hub->size.cols, hub->size.rows);
	if (size_taken(&hub->size, cols, rows))
		hub_size_changed(hub);
	return 0;
}
