/* SPDX-License-Identifier: MIT */
/*
 * A hub in another program's place: no byte of the guest is lost or comes twice, since the tape,
 * the place of each member on it and the screen are what they were. Who kept whom waiting is judged
 * anew where that is a matter of a moment: a pause, a turn of who types.
 *
 * What the tape has goes over as it lies in its stores (io/store.h), mostly compressed.
 */
#include "hub/hub-impl.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "object/object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_SCREEN = 32, TAG_MEMBER = 33 };

/**
 * struct hub_state - what is left of one
 * @instance: see hub_instance()
 * @window:   of the tape, which may have grown
 * @head, @tail, @readable: of the tape; @kept, @ring: its journal's stores; no @kept: none, or none
 *            any more
 * @holder, @asker: of the keyboard; @asked_ms: when that was
 * @turn:     who is in the middle of a key, of which @scan_* is known
 * @known, @by_guest, @cols, @rows, @clock: of the size; @shows_again: it has just changed
 * @line, @modem: as they are; none: not told
 * @marks:    of the times, as they are
 * @dropped_bytes, @shortages, @untold_bytes, @untold_lines: since memory was short
 */
struct hub_state {
	uint64_t instance, window, head, tail, readable;
	struct snapshot_bulk kept, ring;
	const char *holder, *asker, *turn;
	uint64_t asked_ms, clock, lost_bytes;
	unsigned scan_state, scan_rest, scan_length;
	bool known, by_guest, shows_again, has_modem;
	unsigned cols, rows, modem;
	struct snapshot_bytes line, marks;
	uint64_t every_ms, marked_ms;
	uint64_t dropped_bytes, shortages, untold_bytes, untold_lines;
	struct snapshot_groups screen, members;
};

#define FIELD(...) SNAPSHOT_FIELD(struct hub_state, __VA_ARGS__)

static const struct snapshot_field hub_fields[] = {
	FIELD(instance, 1, SNAPSHOT_U64),
	FIELD(window, 2, SNAPSHOT_U64, .max = 1 << 30),
	FIELD(head, 3, SNAPSHOT_U64),
	FIELD(tail, 4, SNAPSHOT_U64),
	FIELD(readable, 5, SNAPSHOT_U64),
	FIELD(kept, 6, SNAPSHOT_LARGE),
	FIELD(ring, 7, SNAPSHOT_LARGE),
	FIELD(holder, 8, SNAPSHOT_STRING),
	FIELD(asker, 9, SNAPSHOT_STRING),
	FIELD(turn, 10, SNAPSHOT_STRING),
	FIELD(asked_ms, 11, SNAPSHOT_U64),
	FIELD(clock, 12, SNAPSHOT_U64),
	FIELD(lost_bytes, 13, SNAPSHOT_U64),
	FIELD(scan_state, 14, SNAPSHOT_U32, .max = INPUT_SCAN_LAST),
	FIELD(scan_rest, 15, SNAPSHOT_U32, .max = INPUT_SCAN_REST_MAX),
	FIELD(scan_length, 16, SNAPSHOT_U32),
	FIELD(known, 17, SNAPSHOT_BOOL),
	FIELD(by_guest, 18, SNAPSHOT_BOOL),
	FIELD(shows_again, 19, SNAPSHOT_BOOL),
	FIELD(has_modem, 20, SNAPSHOT_BOOL),
	FIELD(cols, 21, SNAPSHOT_U32, .max = 1000),
	FIELD(rows, 22, SNAPSHOT_U32, .max = 1000),
	FIELD(modem, 23, SNAPSHOT_U32),
	FIELD(line, 24, SNAPSHOT_BLOB),
	FIELD(marks, 25, SNAPSHOT_BLOB),
	FIELD(every_ms, 26, SNAPSHOT_U64),
	FIELD(marked_ms, 27, SNAPSHOT_U64),
	FIELD(dropped_bytes, 28, SNAPSHOT_U64),
	FIELD(shortages, 29, SNAPSHOT_U64),
	FIELD(untold_bytes, 30, SNAPSHOT_U64),
	FIELD(untold_lines, 31, SNAPSHOT_U64),
	FIELD(screen, TAG_SCREEN, SNAPSHOT_EACH, .of = hub_screen_fields,
		.size = sizeof(struct hub_screen_state)),
	FIELD(members, TAG_MEMBER, SNAPSHOT_EACH, .of = member_fields,
		.size = sizeof(struct member_state)),
	{ 0 },
};

/* ---- leaving it ---- */

static void put_tape(const struct hub *hub, struct hub_state *state, struct snapshot_writer *writer)
{
	const struct journal *journal = &hub->tape.journal;

	state->window = tape_window(&hub->tape);
	state->head = journal->head;
	state->tail = journal->tail;
	state->readable = hub->tape.readable;
	if (writer->is_trial)
		return;
	if (journal->kept)
		chardev_store_save(writer, &state->kept, journal->kept, journal_kept(journal));
	chardev_store_save(writer, &state->ring, journal->ring, journal_end(journal));
}

static void put_line(const struct hub *hub, struct hub_state *state)
{
	const struct hub_line *line = &hub->line;

	if (line->line.type == CHARDEV_LINE)
		state->line = (struct snapshot_bytes){ &line->line.line, sizeof(line->line.line) };
	state->has_modem = line->modem.type == CHARDEV_MODEM;
	state->modem = line->modem.modem;
}

static const char *id_of(const struct member *member)
{
	return member ? member_id(member) : NULL;
}

static struct hub_state state_of(const struct hub *hub)
{
	const struct hub_times *times = &hub->times;

	return (struct hub_state){ .instance = hub->instance,
		.holder = id_of(hub->keyboard.holder),
		.asker = id_of(hub->keyboard.asker),
		.turn = id_of(hub->input.turn),
		.asked_ms = hub->keyboard.asked_ms,
		.clock = hub->size.clock,
		.lost_bytes = hub->members.lost_bytes,
		.scan_state = hub->input.scan.state,
		.scan_rest = hub->input.scan.rest,
		.scan_length = hub->input.scan.length,
		.known = hub->size.known,
		.by_guest = hub->size.by_guest,
		.shows_again = timer_is_running(hub->again_timer),
		.cols = hub->size.cols,
		.rows = hub->size.rows,
		.marks = { times->n ? times->marks : NULL, times->n * sizeof(*times->marks) },
		.every_ms = times->every_ms,
		.marked_ms = times->marked_ms,
		.dropped_bytes = hub->dropped_bytes,
		.shortages = hub->shortages,
		.untold_bytes = hub->untold_bytes,
		.untold_lines = hub->untold_lines };
}

static void put_members(struct hub *hub, struct chardev_bequest *to)
{
	for_each_member (member, &hub->members) {
		struct chardev *chardev = member->link.chardev;

		if (member->passing && !chardev_goes_on(chardev)) {
			if (!member->server)
				chardev_leave_out(to, chardev, "its connection");
			continue;
		}
		snapshot_begin_group(&to->writer, TAG_MEMBER, false);
		member_save(member, &to->writer);
		snapshot_end_group(&to->writer);
	}
}

static void hub_save(struct chardev *chardev, struct chardev_bequest *to)
{
	struct hub *hub = hub_from(chardev);
	struct hub_state state = state_of(hub);

	if (!to->writer.is_trial)
		echo_flush(&hub->echo);
	put_tape(hub, &state, &to->writer);
	put_line(hub, &state);
	snapshot_put(&to->writer, hub_fields, &state);
	snapshot_begin_group(&to->writer, TAG_SCREEN, false);
	hub_screen_save(&hub->screen, &to->writer);
	snapshot_end_group(&to->writer);
	put_members(hub, to);
}

static void hub_prepare(struct chardev *chardev)
{
	hub_screen_prepare(&hub_from(chardev)->screen);
}

static void hub_forgo(struct chardev *chardev)
{
	hub_screen_forgo(&hub_from(chardev)->screen);
}

/* ---- going on ---- */

static int get_tape(struct hub *hub, const struct hub_state *state, const struct snapshot *from)
{
	struct tape *tape = &hub->tape;
	struct journal *journal = &tape->journal;
	int r = 0;

	if (state->window != tape_window(tape))
		r = tape_set_window(tape, state->window);
	if (r == 0 && (state->tail > state->readable || state->readable > state->head ||
			      state->head - state->tail > tape_window(tape)))
		r = -EBADMSG;
	if (r == 0 && journal->kept && !state->kept.len)
		journal_drop_kept(journal);
	if (r == 0 && journal->kept)
		r = chardev_store_load(journal->kept, from, &state->kept);
	if (r == 0)
		r = chardev_store_load(journal->ring, from, &state->ring);
	if (r < 0)
		return r;
	journal_go_on(journal, state->tail, state->head);
	tape->readable = state->readable;
	hub->flow.oldest = state->tail;
	hub->flow.piece_from = state->head;
	return 0;
}

static void get_shortage(struct hub *hub, const struct hub_state *state)
{
	hub->dropped_bytes = state->dropped_bytes;
	hub->shortages = state->shortages;
	hub->untold_bytes = state->untold_bytes;
	hub->untold_lines = state->untold_lines;
	if (hub->untold_bytes || hub->untold_lines)
		budget_gave(&hub->share);
}

static int get_screen(struct hub *hub, struct snapshot_groups groups, const struct snapshot *from)
{
	struct hub_screen_state state;
	struct snapshot_part part;

	if (!snapshot_next_group(&groups, &part) ||
		snapshot_get(&part, hub_screen_fields, &state, NULL) < 0)
		return -EBADMSG;
	return hub_screen_load(&hub->screen, &state, from);
}

static int get_times(struct hub_times *times, const struct hub_state *state)
{
	size_t n = state->marks.len / sizeof(*times->marks);

	if (n > HUB_TIMES)
		return -EBADMSG;
	times->every_ms = state->every_ms;
	times->marked_ms = state->marked_ms;
	if (!n)
		return 0;
	times->marks = calloc(n, sizeof(*times->marks));
	if (!times->marks)
		return -ENOMEM;
	memcpy(times->marks, state->marks.data, n * sizeof(*times->marks));
	times->n = times->size = n;
	return 0;
}

static void get_size_and_line(struct hub *hub, const struct hub_state *state)
{
	struct hub_line *line = &hub->line;

	hub->size.known |= state->known;
	hub->size.by_guest = state->by_guest;
	hub->size.clock = state->clock;
	if (state->cols && state->rows) {
		hub->size.cols = state->cols;
		hub->size.rows = state->rows;
	}
	if (state->line.len == sizeof(line->line.line)) {
		line->line.type = CHARDEV_LINE;
		memcpy(&line->line.line, state->line.data, sizeof(line->line.line));
	}
	if (state->has_modem) {
		line->modem.type = CHARDEV_MODEM;
		line->modem.modem = state->modem;
	}
	if (state->shows_again)
		hub_show_again_later(hub);
}

static struct object *find_rule(const struct hub *hub, const char *id)
{
	const struct object_set *objects = chardev_objects(&hub->base);

	return id && objects ? object_set_find(objects, id) : NULL;
}

static void get_member(struct hub *hub, const struct member_state *state)
{
	struct error *err = NULL;
	struct member *server = state->server ? hub_find_member(hub, state->server) : NULL;
	const struct hub_member_options options = { .access = (enum hub_access)state->access,
		.stall = (enum hub_stall)state->stall,
		.replay = (enum hub_replay)state->replay,
		.view_authz = find_rule(hub, state->view_authz),
		.type_authz = find_rule(hub, state->type_authz) };
	struct chardev *chardev = state->passing ? chardev_take_orphan(hub->base.set, state->id)
						 : chardev_set_find(hub->base.set, state->id);

	if (!chardev || member_load(&hub->members, chardev, server, &options, hub_member_flags(hub),
				state, &err) < 0) {
		log_error("hub '%s': member '%s' cannot go on: %s", hub->base.id, state->id,
			err ? error_message(err) : "it is not there");
		error_free(err);
		if (state->passing)
			chardev_free(chardev);
	}
}

static void get_members(struct hub *hub, struct snapshot_groups groups)
{
	struct member_state state;
	struct snapshot_part part;

	while (snapshot_next_group(&groups, &part))
		if (snapshot_get(&part, member_fields, &state, NULL) == 0)
			get_member(hub, &state);
}

static struct member *find(struct hub *hub, const char *id)
{
	return id ? hub_find_member(hub, id) : NULL;
}

static void get_typists(struct hub *hub, const struct hub_state *state)
{
	const struct input_scan scan = { state->scan_state, state->scan_rest, state->scan_length };
	struct member *turn = find(hub, state->turn);

	hub->keyboard.holder = find(hub, state->holder);
	if (hub->keyboard.one && state->asker)
		keyboard_go_on(&hub->keyboard, find(hub, state->asker), state->asked_ms);
	if (turn)
		input_go_on(&hub->input, turn, &scan);
}

/* The tape first: all others stand on it. */
static int take(struct hub *hub, const struct hub_state *state, const struct snapshot *from)
{
	int r = get_tape(hub, state, from);

	hub->instance = state->instance;
	hub->members.lost_bytes = state->lost_bytes;
	get_size_and_line(hub, state);
	get_shortage(hub, state);
	if (r == 0)
		r = get_times(&hub->times, state);
	return r < 0 ? r : get_screen(hub, state->screen, from);
}

static int hub_load(struct chardev *chardev, const struct opts *opts, const struct snapshot *from,
	const void *left, struct error **err)
{
	struct hub *hub = hub_from(chardev);
	int r = size_init(&hub->size, &hub->members, opts_get_string(opts, "size"), err);

	if (r == 0)
		r = hub_read_options(hub, opts, err);
	if (r < 0)
		return r;
	r = hub_init(hub, opts);
	if (r == 0)
		r = take(hub, left, from);
	if (r == 0)
		return 0;
	hub_close(chardev);
	return error_set(err, -r, "what it had: %s", strerror(-r));
}

static void hub_join(struct chardev *chardev, const void *left)
{
	struct hub *hub = hub_from(chardev);
	const struct hub_state *state = left;

	get_members(hub, state->members);
	get_typists(hub, state);
	hub_update_open(hub);
	hub_pump_later(hub);
}

const struct chardev_handover hub_handover = {
	.fields = hub_fields,
	.size = sizeof(struct hub_state),
	.save = hub_save,
	.prepare = hub_prepare,
	.forgo = hub_forgo,
	.load = hub_load,
	.join = hub_join,
};
