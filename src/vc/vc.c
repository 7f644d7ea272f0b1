/* SPDX-License-Identifier: MIT */
/*
 * A console that people look at. The guest's bytes go into a terminal engine, which a console of
 * the display shows; what people type there comes in: as their own, where the holder wants to know
 * who they are (viewers.h), else as the vc's.
 *
 * The engine is the vc's own, or its holder's: a hub that has parsed the bytes already lends its
 * own, and then the bytes that come here only say that the screen has changed. When the holder
 * goes, its screen is copied, so that the last words of a guest stay to be read.
 *
 * Its own engine does so much work at a time, since a few bytes can touch the whole screen; what it
 * has not taken, the holder keeps, and offers it again after other consoles had their turn.
 *
 * What another program has left of its own engine waits until somebody looks, or something is to
 * change: use_own() is the door to it.
 *
 * Nothing is told to the holder from inside of its own call, nor from inside of a viewer's: input,
 * answers and sizes wait for a task. Keys and pastes are all or nothing, up to VC_INPUT_MAX; the
 * guest takes them at its own pace. A hostile guest can fill its own screen and VC_REPLIES_MAX.
 */
#include "vc/vc.h"

#include "vc/cp437.h"
#include "vc/input.h"
#include "vc/palette.h"
#include "vc/viewers.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/strbuf.h"
#include "chardev/handover.h"
#include "chardev/will.h"
#include "display/display.h"
#include "io/byte-queue.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

/* What its own engine may do in one dispatch, in cells: see vt_feed_some(). */
enum { DISPATCH_WORK = 128 * 1024 };

enum { CP437_PIECE = 64 }; /* bytes that are translated at a time */

/*
 * @own:     its engine; @vt: the one that is shown, @own or the holder's
 * @will:    shows @own to another program; due: it is left by one, and @own has its size, and has
 *           yet to be shown the rest
 * @effort:  what is left of what the engine may do in this dispatch; @is_short: it did not take all
 * @viewers: who looks, as the holder's
 * @input:   for the guest; @reply_bytes: how much of it the engine wrote since it was empty
 * @is_cp437: the guest speaks that code page: its bytes go through its own engine, not the holder's
 * @is_fixed: nobody may change the size
 * @tell_size: the holder is to be told the size by the next task
 * @is_private: what its holder has sent was under rules about people
 * @is_copying: its own engine reads a copy of the holder's screen, not the guest
 */
struct vc {
	struct chardev base;
	struct vt *own, *vt;
	struct chardev_will will;
	struct display_console *console;
	struct vc_viewers viewers;
	struct byte_queue input;
	size_t reply_bytes;
	enum vc_palette palette;
	bool is_cp437, is_fixed, is_private, is_copying, tell_size;
	uint64_t effort;
	bool is_short;
	unsigned told_cols, told_rows;
	struct task work;
};

static struct vc *vc_of(struct chardev *chardev)
{
	return container_of(chardev, struct vc, base);
}

static bool is_shared(const struct vc *vc)
{
	return vc->vt != vc->own;
}

/* ---- its own engine ---- */

static void show(void *data, const char *bytes, size_t len)
{
	vt_feed(data, bytes, len);
}

/* Make it what another program has left, if that waits. */
static void show_left(struct vc *vc)
{
	if (!vc->will.is_due)
		return;
	vt_reset(vc->own);
	vc->is_copying = true;
	chardev_will_show(&vc->will, show, vc->own);
	vc->is_copying = false;
}

/* To change it. */
static struct vt *use_own(struct vc *vc)
{
	show_left(vc);
	chardev_will_forgo(&vc->will);
	return vc->own;
}

static void clear_own(struct vc *vc)
{
	chardev_will_done(&vc->will);
	vt_reset(vc->own);
	vt_clear_scrollback(vc->own);
}

/* ---- to the holder ---- */

static void vc_post(struct vc *vc);

static void tell_holder_size(struct vc *vc)
{
	struct chardev_event event = {
		.type = CHARDEV_RESIZE, .cols = vc->told_cols, .rows = vc->told_rows
	};

	vc->tell_size = false;
	chardev_event(&vc->base, &event);
	if (vc->base.closing)
		return;
	/* The holder may have resized its engine there and then. */
	display_console_changed(vc->console);
	display_console_size_decided(vc->console);
}

static void vc_work(void *data)
{
	struct vc *vc = data;

	vc->effort = DISPATCH_WORK;
	if (vc->tell_size && vc->base.link)
		tell_holder_size(vc);
	if (vc->is_short && !vc->base.closing) {
		vc->is_short = false;
		chardev_room(&vc->base);
	}
	if (vc->base.closing)
		return;
	if (vc_input_deliver(&vc->base, &vc->input))
		vc_post(vc);
	if (!vc->input.len)
		vc->reply_bytes = 0;
}

static void vc_post(struct vc *vc)
{
	task_post(vc->base.loop, &vc->work, vc_work, vc);
}

static void tell_size(struct vc *vc, unsigned cols, unsigned rows)
{
	vc->told_cols = cols;
	vc->told_rows = rows;
	vc->tell_size = true;
	vc_post(vc);
}

static int queue_input(struct vc *vc, const char *bytes, size_t len)
{
	int r = vc_input_queue(&vc->input, bytes, len);

	if (!r)
		vc_post(vc);
	return r;
}

/* ---- from the display ---- */

static int type(struct vc *vc, const struct display_view *view, const char *bytes, size_t len)
{
	return vc_viewers_are_clients(&vc->viewers)
		       ? vc_viewers_type(&vc->viewers, view, bytes, len)
		       : queue_input(vc, bytes, len);
}

static int handle_in(void *data, const struct display_view *view, const char *bytes, size_t len)
{
	struct vc *vc = data;

	struct strbuf translated AUTO_STRBUF = { 0 };

	if (!vc->base.link)
		return -ENOTCONN;
	if (!vc->is_cp437)
		return type(vc, view, bytes, len);
	cp437_from_utf8(bytes, len, &translated);
	return translated.failed ? -ENOMEM : type(vc, view, translated.data, translated.len);
}

static int handle_resize(void *data, const struct display_view *view, unsigned cols, unsigned rows)
{
	struct vc *vc = data;
	int r;

	if (vc->is_fixed)
		return -EPERM;
	if (!cols || !rows || cols > VC_SIZE_MAX || rows > VC_SIZE_MAX)
		return -ERANGE;
	/* Everybody's size is the hub's to decide: it resizes its engine, or ours, or none. */
	if (vc_viewers_are_clients(&vc->viewers))
		return vc_viewers_resize(&vc->viewers, view, cols, rows);
	tell_size(vc, cols, rows);
	if (is_shared(vc))
		return -EINPROGRESS;
	r = vt_resize(use_own(vc), cols, rows);
	display_console_changed(vc->console);
	return r;
}

static void handle_rules(void *data, struct object **ret_view, struct object **ret_type)
{
	chardev_rules(&((const struct vc *)data)->base, ret_view, ret_type);
}

/* ---- from its own engine, while it is fed ---- */

static void handle_reply(void *data, const char *bytes, size_t len)
{
	struct vc *vc = data;

	if (!vc->base.link || vc->reply_bytes + len > VC_REPLIES_MAX)
		return;
	if (queue_input(vc, bytes, len) == 0)
		vc->reply_bytes += len;
}

static void handle_bell(void *data)
{
	struct vc *vc = data;

	display_console_bell(vc->console);
}

static void handle_clipboard(void *data, const char *selection, const char *bytes, size_t len)
{
	struct vc *vc = data;

	(void)selection;
	display_console_clipboard(vc->console, bytes, len);
}

static bool handle_size_request(void *data, unsigned cols, unsigned rows)
{
	const struct vc *vc = data;

	(void)cols;
	(void)rows;
	return !vc->is_fixed && !vc->is_copying;
}

static const struct vt_callbacks vt_callbacks = {
	.on_reply = handle_reply,
	.on_bell = handle_bell,
	.on_clipboard_set = handle_clipboard,
	.on_size_request = handle_size_request,
};

/* A piece of the bytes is taken whole, so that no character is taken in halves. */
static size_t feed_cp437(struct vc *vc, const char *bytes, size_t len)
{
	for (size_t done = 0, piece; done < len; done += piece) {
		struct strbuf text AUTO_STRBUF = { 0 };
		size_t taken;

		piece = len - done < CP437_PIECE ? len - done : CP437_PIECE;
		cp437_to_utf8(bytes + done, piece, &text);
		if (text.failed)
			continue;
		taken = vt_feed_some(vc->own, text.data, text.len, &vc->effort);
		vt_feed(vc->own, text.data + taken, text.len - taken);
		if (taken < text.len)
			return done + piece;
	}
	return len;
}

static size_t feed_some(struct vc *vc, const char *bytes, size_t len)
{
	return vc->is_cp437 ? feed_cp437(vc, bytes, len)
			    : vt_feed_some(vc->own, bytes, len, &vc->effort);
}

/* Return: how many bytes were taken; if not all, there is room again after this dispatch. */
static size_t feed_own(struct vc *vc, const struct iovec *iov, int n)
{
	const struct vt *own = use_own(vc);
	unsigned cols = vt_cols(own), rows = vt_rows(own);
	size_t total = 0;

	for (int i = 0; i < n; i++) {
		size_t taken = feed_some(vc, iov[i].iov_base, iov[i].iov_len);

		total += taken;
		vc->is_short = taken < iov[i].iov_len;
		if (vc->is_short)
			break;
	}
	if (vc->is_short)
		vc_post(vc);
	if (vt_cols(own) != cols || vt_rows(own) != rows)
		tell_size(vc, vt_cols(own), vt_rows(own));
	return total;
}

/* ---- whose engine ---- */

/* Show what the holder shares; NULL: what is our own. */
static void use_screen(struct vc *vc, struct vt *screen)
{
	struct vt *vt = screen ? screen : vc->own;

	if (vt == vc->vt)
		return;
	vc->vt = vt;
	vc_palette_use(vt, vc->palette);
	display_console_set_vt(vc->console, vt);
	if (screen)
		clear_own(vc);
}

/* Let our own engine show what the holder's does. */
static void copy_screen(struct vc *vc)
{
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH | VT_REPLAY_HISTORY };
	struct strbuf bytes AUTO_STRBUF = { 0 };

	if (vt_replay(vc->vt, &bytes, &how) < 0)
		return;
	if (vt_resize(use_own(vc), vt_cols(vc->vt), vt_rows(vc->vt)) < 0)
		return;
	vc->is_copying = true;
	vt_feed(vc->own, bytes.data, bytes.len);
	vc->is_copying = false;
}

/* The engine to be shown that is not ours; NULL: there is none. */
static struct vt *holders_screen(const struct vc *vc)
{
	bool look = display_console_viewers(vc->console) > 0;

	return vc->is_cp437 ? NULL : chardev_screen(&vc->base, look);
}

static void handle_viewers(void *data)
{
	struct vc *vc = data;

	if (is_shared(vc))
		holders_screen(vc);
	else if (display_console_viewers(vc->console))
		show_left(vc);
	vc_viewers_look(&vc->viewers);
}

static const struct display_console_ops console_ops = {
	.in = handle_in,
	.resize = handle_resize,
	.rules = handle_rules,
	.viewers = handle_viewers,
};

static void put_banner(struct vc *vc)
{
	struct strbuf banner AUTO_STRBUF = { 0 };

	strbuf_printf(&banner, "\033[44m%s console\033[m\r\n", vc->base.id);
	if (!banner.failed)
		vt_feed(vc->own, banner.data, banner.len);
}

/* Once it is gone the holder cannot be asked for its rules any more. */
static void look_at_rules(struct vc *vc)
{
	struct object *view, *type;

	chardev_rules(&vc->base, &view, &type);
	vc->is_private |= view || type;
}

/* What was not for everybody is not left behind where nobody is asked about any more. */
static void forget_screen(struct vc *vc)
{
	clear_own(vc);
	put_banner(vc);
	display_console_changed(vc->console);
}

static int vc_attach(struct chardev *chardev, struct error **err)
{
	(void)err;
	vc_of(chardev)->is_private = false;
	look_at_rules(vc_of(chardev));
	use_screen(vc_of(chardev), holders_screen(vc_of(chardev)));
	vc_viewers_look(&vc_of(chardev)->viewers);
	return 0;
}

static void vc_detach(struct chardev *chardev)
{
	struct vc *vc = vc_of(chardev);

	byte_queue_clear(&vc->input);
	vc->reply_bytes = 0;
	if (vc->is_private)
		forget_screen(vc);
	else if (is_shared(vc))
		copy_screen(vc);
	use_screen(vc, NULL);
	display_console_size_decided(vc->console);
}

/* ---- the class ---- */

static ssize_t vc_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	struct vc *vc = vc_of(chardev);
	size_t total = 0;

	look_at_rules(vc);
	if (!is_shared(vc) || display_console_viewers(vc->console))
		use_screen(vc, holders_screen(vc));
	if (!is_shared(vc))
		total = feed_own(vc, iov, n);
	else
		for (int i = 0; i < n; i++)
			total += iov[i].iov_len;
	display_console_changed(vc->console);
	return (ssize_t)total;
}

/* The holder says which size the console has. */
static void follow_size(struct vc *vc, unsigned cols, unsigned rows)
{
	use_screen(vc, holders_screen(vc));
	if (!is_shared(vc) && !vc->is_fixed)
		vt_resize(use_own(vc), cols, rows);
	display_console_changed(vc->console);
}

/* It is for whoever sits there: all who look. */
static void show_notice(struct vc *vc, const char *text)
{
	display_console_bell(vc->console);
	display_console_notice(vc->console, text);
}

static int vc_event(struct chardev *chardev, const struct chardev_event *event)
{
	struct vc *vc = vc_of(chardev);

	switch (event->type) {
	case CHARDEV_RESIZE: follow_size(vc, event->cols, event->rows); return 0;
	case CHARDEV_BELL: display_console_bell(vc->console); return 0;
	case CHARDEV_NOTICE: show_notice(vc, event->text); return 0;
	default: return -ENOTSUP;
	}
}

static void vc_in_resume(struct chardev *chardev)
{
	vc_post(vc_of(chardev));
}

/* The number of cells along one side; 0: not given. */
static int read_side(const struct chardev *chardev, const struct opts *opts, const char *px_key,
	const char *cells_key, unsigned cell_px, unsigned *ret_cells, struct error **err)
{
	uint64_t px = opts_get_number(opts, px_key);

	if (px && px < cell_px)
		return error_set(err, EINVAL,
			"vc '%s': %s=%llu is less than one character, which takes %u pixels",
			chardev->id, px_key, (unsigned long long)px, cell_px);
	*ret_cells = (unsigned)(px ? px / cell_px : opts_get_number(opts, cells_key));
	return 0;
}

static int make_engine(struct vc *vc, const struct opts *opts, unsigned cols, unsigned rows)
{
	const struct vt_config config = {
		.cols = cols,
		.rows = rows,
		.backspace_bs = opts_get_enum(opts, "backspace") == 1,
		.clipboard_write = opts_get_bool(opts, "clipboard"),
	};
	int r = vt_new(&config, &vt_callbacks, vc, &vc->own);

	vc->effort = DISPATCH_WORK;
	if (r < 0)
		return r;
	vc->vt = vc->own;
	vc->palette = (enum vc_palette)opts_get_enum(opts, "palette");
	vc_palette_use(vc->own, vc->palette);
	return 0;
}

/* There is no tape from which what is not finished could be read again. */
static int render(void *data, struct strbuf *out)
{
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH | VT_REPLAY_HISTORY };
	const struct vc *vc = data;
	int r = vt_replay(vc->own, out, &how);

	if (r == 0)
		vt_put_begun(vc->own, out);
	return out->failed ? -ENOMEM : r;
}

/* @number: of its console, see struct display_console_config. */
static int begin(
	struct chardev *chardev, const struct opts *opts, unsigned number, struct error **err)
{
	struct vc *vc = vc_of(chardev);
	struct display *display = chardev_display(chardev);
	struct display_console_config config = { .label = chardev->id,
		.ops = &console_ops,
		.data = vc,
		.backspace_bs = opts_get_enum(opts, "backspace") == 1,
		.number = number };
	unsigned cols = 0, rows = 0;
	int r;

	if (!display)
		return error_set(err, ENOTSUP, "vc '%s': this program has no display", chardev->id);
	r = read_side(chardev, opts, "width", "cols", TEXT_CELL_WIDTH, &cols, err);
	if (r < 0)
		return r;
	r = read_side(chardev, opts, "height", "rows", TEXT_CELL_HEIGHT, &rows, err);
	if (r < 0)
		return r;
	vc->is_fixed = cols && rows;
	vc->is_cp437 = opts_get_enum(opts, "encoding") == 1;
	if (make_engine(vc, opts, cols, rows) < 0)
		return error_set(err, ENOMEM, "vc '%s': no memory for a screen", chardev->id);
	put_banner(vc);
	config.vt = vc->own;
	r = display_console_add(display, &config, &vc->console);
	if (r < 0) {
		vt_free(vc->own);
		return error_set(
			err, -r, "vc '%s': cannot add a console: %s", chardev->id, strerror(-r));
	}
	vc_viewers_init(&vc->viewers, chardev, vc->console);
	chardev_will_init(&vc->will, chardev->loop, render, vc);
	/* A size that somebody chose is told to the first holder. */
	vc->told_cols = vt_cols(vc->own);
	vc->told_rows = vt_rows(vc->own);
	vc->tell_size = cols || rows;
	chardev_set_open(chardev, true);
	return 0;
}

static int vc_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	return begin(chardev, opts, 0, err);
}

static void vc_close(struct chardev *chardev)
{
	struct vc *vc = vc_of(chardev);

	task_cancel(&vc->work);
	display_console_remove(vc->console);
	vc_viewers_done(&vc->viewers);
	byte_queue_clear(&vc->input);
	chardev_will_done(&vc->will);
	vt_free(vc->own);
}

/* ---- in another program's place ---- */

/**
 * struct vc_state - what is left of one
 * @number: of its console
 * @cols, @rows: of its own engine; @shown: what is to be seen there, and the sequence that it is in
 *          the middle of, plain up to version 1.3; none: it shows its holder's
 * @input:  what the guest has not taken
 * @told_cols, @told_rows: of the size that the holder knows, or will: @tell_size
 * @viewers: those who are the holder's clients
 */
struct vc_state {
	unsigned number, cols, rows, told_cols, told_rows;
	bool is_private, tell_size;
	uint64_t reply_bytes;
	struct snapshot_bytes input;
	struct chardev_shown shown;
	struct snapshot_groups viewers;
};

enum { TAG_VIEWER = 32 };

#define FIELD(...) SNAPSHOT_FIELD(struct vc_state, __VA_ARGS__)

static const struct snapshot_field vc_fields[] = {
	FIELD(number, 1, SNAPSHOT_U32, .max = DISPLAY_CONSOLES_MAX),
	FIELD(cols, 2, SNAPSHOT_U32, .max = VC_SIZE_MAX),
	FIELD(rows, 3, SNAPSHOT_U32, .max = VC_SIZE_MAX),
	FIELD(told_cols, 4, SNAPSHOT_U32, .max = VC_SIZE_MAX),
	FIELD(told_rows, 5, SNAPSHOT_U32, .max = VC_SIZE_MAX),
	FIELD(is_private, 6, SNAPSHOT_BOOL),
	FIELD(tell_size, 7, SNAPSHOT_BOOL),
	FIELD(reply_bytes, 8, SNAPSHOT_U64, .max = VC_REPLIES_MAX),
	FIELD(input, 9, SNAPSHOT_BLOB),
	FIELD(shown.plain, 10, SNAPSHOT_LARGE),
	FIELD(shown.packed, 11, SNAPSHOT_LARGE, .optional = true, .vital = true),
	FIELD(shown.len, 12, SNAPSHOT_U64, .max = CHARDEV_SHOWN_MAX, .optional = true),
	FIELD(viewers, TAG_VIEWER, SNAPSHOT_EACH, .of = vc_viewer_fields,
		.size = sizeof(struct vc_viewer_state)),
	{ 0 },
};

static void vc_prepare(struct chardev *chardev)
{
	if (!is_shared(vc_of(chardev)))
		chardev_will_prepare(&vc_of(chardev)->will);
}

static void vc_forgo(struct chardev *chardev)
{
	chardev_will_forgo(&vc_of(chardev)->will);
}

static void vc_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct vc *vc = vc_of(chardev);
	struct vc_state state = { .number = display_console_number(vc->console),
		.cols = vt_cols(vc->own),
		.rows = vt_rows(vc->own),
		.told_cols = vc->told_cols,
		.told_rows = vc->told_rows,
		.is_private = vc->is_private,
		.tell_size = vc->tell_size,
		.reply_bytes = vc->reply_bytes,
		.input = { byte_queue_data(&vc->input), vc->input.len } };

	if (!is_shared(vc) && !to->writer.is_trial)
		chardev_will_save(&vc->will, &to->writer, &state.shown);
	snapshot_put(&to->writer, vc_fields, &state);
	vc_viewers_save(&vc->viewers, TAG_VIEWER, &to->writer);
}

static int get_screen(struct vc *vc, const struct vc_state *state, const struct snapshot *from)
{
	int r = 0;

	if (state->cols && state->rows)
		r = vt_resize(vc->own, state->cols, state->rows);
	if (r < 0 || !chardev_will_is_left(&state->shown))
		return r;
	return chardev_will_load(&vc->will, from, &state->shown);
}

static int vc_load(struct chardev *chardev, const struct opts *opts, const struct snapshot *from,
	const void *left, struct error **err)
{
	struct vc *vc = vc_of(chardev);
	const struct vc_state *state = left;
	int r = begin(chardev, opts, state->number, err);

	if (r < 0)
		return r;
	r = get_screen(vc, state, from);
	if (r == 0 && state->input.len)
		r = queue_input(vc, state->input.data, state->input.len);
	if (r == 0)
		r = vc_viewers_load(&vc->viewers, state->viewers);
	if (r < 0) {
		vc_close(chardev);
		return error_set(err, -r, "its screen: %s", strerror(-r));
	}
	vc->reply_bytes = state->reply_bytes;
	vc->is_private = state->is_private;
	vc->told_cols = state->told_cols;
	vc->told_rows = state->told_rows;
	vc->tell_size = state->tell_size;
	return 0;
}

static const struct chardev_handover vc_handover = {
	.fields = vc_fields,
	.size = sizeof(struct vc_state),
	.save = vc_save,
	.load = vc_load,
	.prepare = vc_prepare,
	.forgo = vc_forgo,
};

static const struct opt_desc vc_options[] = {
	{ .name = "width",
		.type = OPT_NUMBER,
		.max = VC_SIZE_MAX * TEXT_CELL_WIDTH,
		.help = "width in pixels; a character takes 8" },
	{ .name = "height",
		.type = OPT_NUMBER,
		.max = VC_SIZE_MAX * TEXT_CELL_HEIGHT,
		.help = "height in pixels; a character takes 16" },
	{ .name = "cols",
		.type = OPT_NUMBER,
		.max = VC_SIZE_MAX,
		.help = "columns; with the rows given too the size is fixed, else 80" },
	{ .name = "rows",
		.type = OPT_NUMBER,
		.max = VC_SIZE_MAX,
		.help = "rows; with the columns given too the size is fixed, else 24" },
	{ .name = "encoding",
		.type = OPT_ENUM,
		.values = "utf8|cp437",
		.qapi = true,
		.preset = "utf8",
		.help = "what the guest's bytes mean" },
	{ .name = "backspace",
		.type = OPT_ENUM,
		.values = "del|bs",
		.preset = "del",
		.help = "what the BackSpace key sends: 0x7f or 0x08" },
	{ .name = "palette",
		.type = OPT_ENUM,
		.values = VC_PALETTES,
		.preset = "balanced",
		.help = "the sixteen colours; balanced: VGA's with a blue that can be read" },
	{ .name = "clipboard",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "let the guest set the viewers' clipboard" },
	{ 0 },
};

const struct chardev_class vc_class = {
	.name = "vc",
	.summary = "a text console to look at over VNC",
	.is_sink = true,
	.options = vc_options,
	.size = sizeof(struct vc),
	.open = vc_open,
	.close = vc_close,
	.out = vc_out,
	.in_resume = vc_in_resume,
	.event = vc_event,
	.handover = &vc_handover,
	.attach = vc_attach,
	.detach = vc_detach,
};
