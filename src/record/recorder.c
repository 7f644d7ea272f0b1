/* SPDX-License-Identifier: MIT */
/*
 * A recorder has a post at each hub that it watches. What a post is told inside of the hub's work
 * it only notes; whether a take is due is looked at in a task.
 *
 *	when		a take
 *	always		is there as long as the console is
 *	attached	begins when somebody comes, ends when the last one has gone
 *	typed		the same, but it begins with the first key
 */
/* syscalls: close */
#include "record/recorder.h"

#include "base/cleanup.h"
#include "base/copy.h"
#include "base/list.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/patterns.h"
#include "base/stamp.h"
#include "base/strbuf.h"
#include "chardev/handover.h"
#include "chardev/rotate.h"
#include "hub/hub.h"
#include "io/archive.h"
#include "io/loop.h"
#include "record/left-takes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** In the order of the words of `when=`. */
enum when { ALWAYS, ATTACHED, TYPED };

struct recorder {
	const struct recorder_host *host;
	char *id, *consoles, *users, *path;
	enum when when;
	bool input, is_new;
	mode_t mode;
	struct rotation_rules rules;
	struct list posts;
};

/**
 * struct post - a recorder at a hub
 * @has_typed: somebody has, since the first of those came who are there
 * @look: whether a take is due
 */
struct post {
	struct list node;
	struct recorder *recorder;
	struct chardev *hub;
	struct hub_observer observer;
	struct take *take;
	bool has_typed;
	struct task look;
};

const struct opt_desc recorder_options[] = {
	{ .name = "consoles",
		.type = OPT_STRING,
		.required = true,
		.live = true,
		.help = "those that are recorded: patterns of names, with blanks between them" },
	{ .name = "id", .type = OPT_STRING, .preset = "record0", .help = "its name" },
	{ .name = "when",
		.type = OPT_ENUM,
		.values = "always|attached|typed",
		.preset = "always",
		.help = "all the time; a recording each time somebody is there; the same, from the "
			"first key on" },
	{ .name = "users",
		.type = OPT_STRING,
		.live = true,
		.help = "with when=attached or typed: whose coming counts: patterns of identities, "
			"such as user:joe" },
	{ .name = "path",
		.type = OPT_STRING,
		.preset = "%n.cast",
		.help = "the file: %n is the name of the console, %t the time, %% a percent sign; "
			"what is there already is moved aside" },
	{ .name = "input",
		.type = OPT_BOOL,
		.preset = "off",
		.live = true,
		.help = "what is typed too, but for what the guest does not show: passwords" },
	{ .name = "mode",
		.type = OPT_STRING,
		.preset = "0640",
		.live = true,
		.help = "permissions of a file that is made, whatever the umask" },
	ROTATION_OPTIONS,
	{ 0 },
};

static int out_of_memory(const struct recorder *recorder, struct error **err)
{
	return error_set(err, ENOMEM, "record '%s': out of memory", recorder->id);
}

/* ---- where to ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Return: the caller's; NULL: no memory. */
static char *expand_path(const char *path, const char *console)
{
	char stamp[ARCHIVE_STAMP_BYTES + 1];
	struct strbuf text = { 0 };

	archive_stamp(stamp_now_ms(), stamp);
	for (const char *at = path; *at; at++) {
		if (*at != '%')
			strbuf_putc(&text, *at);
		else if (*++at == 'n')
			strbuf_puts(&text, console);
		else if (*at == 't')
			strbuf_puts(&text, stamp);
		else
			strbuf_putc(&text, '%');
	}
	return strbuf_take(&text);
}

static bool has_time(const char *path)
{
	for (const char *at = path; (at = strchr(at, '%')); at += 2)
		if (at[1] == 't')
			return true;
	return false;
}

/* A sandbox has to know the folder. */
static int check_path(const char *path, struct error **err)
{
	for (const char *at = path; (at = strchr(at, '%')); at += 2) {
		if (!at[1] || !strchr("nt%", at[1])) {
			error_set(err, EINVAL, "Parameter 'path': '%%%.1s' means nothing", at + 1);
			error_set_hint(err, "%%n is the name of the console, %%t the time, %%%% a "
					    "percent sign.");
			return -EINVAL;
		}
		if (at < base_name(path))
			return error_set(err, EINVAL,
				"Parameter 'path': '%%%.1s' is in the name of a folder, not of the "
				"file",
				at + 1);
	}
	return 0;
}

/* ---- takes ---- */

static int configure(
	struct post *post, struct take_config *ret_config, char **ret_owner, struct error **err)
{
	const struct recorder *recorder = post->recorder;

	if (asprintf(ret_owner, "record '%s', console '%s': file", recorder->id,
		    chardev_id(post->hub)) < 0) {
		*ret_owner = NULL;
		return out_of_memory(recorder, err);
	}
	*ret_config = (struct take_config){ .loop = recorder->host->loop,
		.hub = post->hub,
		.owner = *ret_owner,
		.mode = recorder->mode,
		.old = recorder->rules,
		.later = !recorder->is_new };
	return 0;
}

static void tell(struct post *post, bool begins)
{
	const struct recorder *recorder = post->recorder;
	struct take_info info;

	take_info(post->take, &info);
	recorder->host->tell(recorder->host->data, recorder->id, post->hub, &info, begins);
}

static void end(struct post *post)
{
	if (!post->take)
		return;
	tell(post, false);
	take_end(TAKE_PTR(post->take));
}

static int begin(struct post *post, struct error **err)
{
	const struct recorder *recorder = post->recorder;
	AUTO_FREE char *path = expand_path(recorder->path, chardev_id(post->hub));
	AUTO_FREE char *owner = NULL;
	struct take_config config;
	int r = path ? configure(post, &config, &owner, err) : out_of_memory(recorder, err);

	if (r < 0)
		return r;
	config.path = path;
	r = take_begin(&config, &post->take, err);
	if (r == 0)
		tell(post, true);
	return r;
}

static int load(struct post *post, const struct take_state *state, struct error **err)
{
	AUTO_FREE char *owner = NULL;
	struct take_config config;
	int r = configure(post, &config, &owner, err);

	if (r == 0)
		r = take_load(&config, state, &post->take, err);
	if (r < 0 && state->fd >= 0)
		close(state->fd);
	return r;
}

/* Return: was there one of another program? */
static bool go_on(struct post *post)
{
	const struct recorder *recorder = post->recorder;
	struct left_takes *left = recorder->host->left;
	struct take_state state;
	struct error *err = NULL;

	if (!left || !left_takes_take(left, recorder->id, chardev_id(post->hub), &state))
		return false;
	if (load(post, &state, &err) < 0)
		log_report(LOG_WARNING, err);
	return post->take;
}

/* ---- who is there ---- */

/* Files and screens are always open. */
static bool is_person(const struct recorder *recorder, const struct hub_member_info *member)
{
	if (chardev_is_sink(member->chardev))
		return false;
	return !recorder->users ||
	       patterns_fit(recorder->users, member->identity ? member->identity : "");
}

static bool is_attended(const struct post *post)
{
	struct hub_member_info member;

	for (size_t i = 0; hub_member_info(post->hub, i, &member) == 0; i++)
		if (member.open && member.access != HUB_ACCESS_NONE &&
			is_person(post->recorder, &member))
			return true;
	return false;
}

/* Return: 0; -errno with @err: one is due, and there is none. */
static int look_now(struct post *post, struct error **err)
{
	enum when when = post->recorder->when;
	bool attended = when == ALWAYS || is_attended(post);

	post->has_typed &= attended;
	if (!attended)
		end(post);
	else if (!post->take && (when != TYPED || post->has_typed))
		return begin(post, err);
	return 0;
}

static void look(void *data)
{
	struct error *err = NULL;

	if (look_now(data, &err) < 0)
		log_report(LOG_WARNING, err);
}

static void look_later(struct post *post)
{
	task_post(post->recorder->host->loop, &post->look, look, post);
}

/* ---- what happens ---- */

static void on_output(void *data, struct chardev *hub)
{
	struct post *post = data;

	(void)hub;
	if (!post->take)
		return;
	take_read(post->take);
	if (!take_is_full(post->take, &post->recorder->rules))
		return;
	end(post);
	look(post);
}

/* "s0.1 (user:joe) attached" */
static void mark(struct post *post, const struct hub_event *event, const char *what)
{
	AUTO_STRBUF struct strbuf label = { 0 };

	if (!post->take || post->recorder->host->left) /* who comes along has come before */
		return;
	strbuf_puts(&label, event->member);
	if (event->who)
		strbuf_printf(&label, " (%s)", event->who);
	strbuf_printf(&label, " %s", what);
	if (!label.failed)
		take_mark(post->take, label.data);
}

static void on_member(struct post *post, const struct hub_event *event)
{
	struct hub_member_info member;

	look_later(post);
	if (hub_member_find(post->hub, event->member, &member, NULL) == 0 &&
		!chardev_is_sink(member.chardev))
		mark(post, event, event->type == HUB_EVENT_OPENED ? "attached" : "detached");
}

static void on_event(void *data, struct chardev *hub, const struct hub_event *event)
{
	struct post *post = data;

	(void)hub;
	switch (event->type) {
	case HUB_EVENT_OPENED:
	case HUB_EVENT_CLOSED: on_member(post, event); break;
	case HUB_EVENT_TYPED:
		post->has_typed = true;
		if (!post->take)
			look_later(post);
		break;
	case HUB_EVENT_RESIZED:
		if (post->take)
			take_resize(post->take, event->cols, event->rows);
		break;
	default: break;
	}
}

/* The first line makes a take with when=typed, and is to be in it. */
static bool hears_typed(void *data)
{
	const struct post *post = data;

	return post->recorder->input && (post->take || post->recorder->when == TYPED);
}

static void on_typed(void *data, struct chardev *hub, const struct hub_typed *typed)
{
	struct post *post = data;

	(void)hub;
	if (!post->take || !post->recorder->input)
		return;
	if (typed->text)
		take_typed(post->take, typed->text, typed->len);
	else
		take_mark(post->take, "typed, and not shown");
}

/* ---- posts ---- */

static void leave(struct post *post)
{
	end(post);
	hub_unobserve(&post->observer);
	task_cancel(&post->look);
	list_remove(&post->node);
	free(post);
}

static void on_gone(void *data)
{
	leave(data);
}

static bool has_post(const struct recorder *recorder, const struct chardev *hub)
{
	list_for_each (post, &recorder->posts, struct post, node)
		if (post->hub == hub)
			return true;
	return false;
}

static const struct hub_observer_ops observer_ops = { .on_event = on_event,
	.on_output = on_output,
	.hears_typed = hears_typed,
	.on_typed = on_typed,
	.on_gone = on_gone };

/* Return: 0; -errno with @err: a file that is due cannot be had. */
static int meet(struct recorder *recorder, struct chardev *hub, struct error **err)
{
	struct post *post;

	if (!patterns_fit(recorder->consoles, chardev_id(hub)) || has_post(recorder, hub))
		return 0;
	post = malloc(sizeof(*post));
	if (!post)
		return out_of_memory(recorder, err);
	*post = (struct post){
		.recorder = recorder, .hub = hub, .observer = { .ops = &observer_ops, .data = post }
	};
	list_append(&recorder->posts, &post->node);
	hub_observe(hub, &post->observer);
	if (!go_on(post))
		return look_now(post, err);
	look_later(post); /* those who were there may not all have come along */
	return 0;
}

/* A recorder of one console, of which there may be thousands, does not look at all of them. */
static int meet_all(struct recorder *recorder, struct error **err)
{
	const struct chardev_set *chardevs = recorder->host->chardevs;
	struct chardev *chardev = NULL;
	int r = 0;

	if (patterns_is_name(recorder->consoles)) {
		chardev = chardev_set_find(chardevs, recorder->consoles);
		return chardev && chardev_is_hub(chardev) ? meet(recorder, chardev, err) : 0;
	}
	while (r == 0 && (chardev = chardev_set_next(chardevs, chardev)))
		if (chardev_is_hub(chardev))
			r = meet(recorder, chardev, err);
	return r;
}

void recorder_meet(struct recorder *recorder, struct chardev *hub)
{
	struct error *err = NULL;

	if (meet(recorder, hub, &err) < 0)
		log_report(LOG_WARNING, err);
}

/* ---- options ---- */

static int check_together(const struct opts *opts, struct error **err)
{
	static const char *const needless[] = { "rotate-keep", "compress" };
	const char *path = opts_get_string(opts, "path");
	int r = check_path(path, err);

	if (r < 0)
		return r;
	if (opts_has(opts, "users") && opts_get_enum(opts, "when") == ALWAYS)
		return error_set(
			err, EINVAL, "Parameter 'users' needs 'when=attached' or 'when=typed'");
	for (size_t i = 0; i < 2 && has_time(path); i++)
		if (opts_has(opts, needless[i]))
			return error_set(err, EINVAL,
				"Parameter '%s' needs a path without %%t: files that have a time "
				"in their names all stay as they are",
				needless[i]);
	return 0;
}

int recorder_check(struct opts *opts, struct error **err)
{
	struct rotation_rules rules;
	mode_t mode;
	int r = opts_check(
		opts, "record", (const struct opt_desc *const[]){ recorder_options, NULL }, err);

	if (r == 0)
		r = check_together(opts, err);
	if (r == 0)
		r = chardev_read_rotation(opts, &rules, err);
	return r < 0 ? r
		     : parse_mode_option("mode", opts_get_string(opts, "mode"), "0640", &mode, err);
}

static int replace_text(
	const struct recorder *recorder, char **text, const char *from, struct error **err)
{
	char *copy;

	if (copy_text(from, &copy) < 0)
		return out_of_memory(recorder, err);
	free(*text);
	*text = copy;
	return 0;
}

static int read_live(struct recorder *recorder, const struct opts *opts, struct error **err)
{
	int r = chardev_read_rotation(opts, &recorder->rules, err);

	if (r == 0)
		r = parse_mode_option(
			"mode", opts_get_string(opts, "mode"), "0640", &recorder->mode, err);
	if (r == 0)
		r = replace_text(
			recorder, &recorder->consoles, opts_get_string(opts, "consoles"), err);
	if (r == 0)
		r = replace_text(recorder, &recorder->users, opts_get_string(opts, "users"), err);
	if (r == 0)
		recorder->input = opts_get_bool(opts, "input");
	return r;
}

int recorder_change(struct recorder *recorder, const struct opts *opts, struct error **err)
{
	int r = check_together(opts, err);

	if (r == 0)
		r = read_live(recorder, opts, err);
	if (r < 0)
		return r;
	list_for_each_safe (post, &recorder->posts, struct post, node) {
		if (!patterns_fit(recorder->consoles, chardev_id(post->hub))) {
			leave(post);
			continue;
		}
		if (post->take && take_set_rules(post->take, &recorder->rules) < 0)
			return out_of_memory(recorder, err);
		look_later(post);
	}
	return meet_all(recorder, err);
}

/* ---- birth and death ---- */

static int read_options(struct recorder *recorder, const struct opts *opts, struct error **err)
{
	int r;

	recorder->id = strdup(opts_get_string(opts, "id"));
	if (!recorder->id)
		return error_set(err, ENOMEM, "out of memory");
	recorder->when = (enum when)opts_get_enum(opts, "when");
	r = replace_text(recorder, &recorder->path, opts_get_string(opts, "path"), err);
	return r < 0 ? r : read_live(recorder, opts, err);
}

int recorder_new(const struct recorder_host *host, const struct opts *opts,
	struct recorder **ret_recorder, struct error **err)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	int r;

	if (!recorder)
		return error_set(err, ENOMEM, "out of memory");
	recorder->host = host;
	recorder->is_new = true;
	list_init(&recorder->posts);
	r = read_options(recorder, opts, err);
	if (r == 0)
		r = meet_all(recorder, err);
	recorder->is_new = false;
	if (r < 0)
		recorder_free(recorder);
	else
		*ret_recorder = recorder;
	return r;
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	list_for_each_safe (post, &recorder->posts, struct post, node)
		leave(post);
	free(recorder->id);
	free(recorder->consoles);
	free(recorder->users);
	free(recorder->path);
	free(recorder);
}

/* ---- the rest ---- */

const char *recorder_id(const struct recorder *recorder)
{
	return recorder->id;
}

static void save_take(const struct post *post, uint16_t tag, struct chardev_bequest *to)
{
	AUTO_STRBUF struct strbuf pending = { 0 };
	struct take_state state;

	take_save(post->take, to->writer.is_trial ? NULL : &pending, &state);
	state.record = post->recorder->id;
	if (pending.failed)
		to->writer.error = ENOMEM;
	snapshot_put_group(&to->writer, tag, take_fields, &state);
}

void recorder_save(struct recorder *recorder, uint16_t tag, struct chardev_bequest *to)
{
	list_for_each (post, &recorder->posts, struct post, node)
		if (post->take)
			save_take(post, tag, to);
}

bool recorder_owes(const struct recorder *recorder)
{
	list_for_each (post, &recorder->posts, struct post, node)
		if (post->take && take_owes(post->take))
			return true;
	return false;
}

void recorder_each(const struct recorder *recorder, recording_fn *fn, void *data)
{
	list_for_each (post, &recorder->posts, struct post, node) {
		struct recording_info info = { .record = recorder->id, .console = post->hub };

		if (!post->take)
			continue;
		take_info(post->take, &info.take);
		fn(data, &info);
	}
}
