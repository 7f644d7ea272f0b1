/* SPDX-License-Identifier: MIT */
#include "control/screens.h"

#include "base/log.h"
#include "display/display.h"
#include "object/secret.h"
#include "opts/opts.h"
#include "text/font.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct screens {
	struct loop *loop;
	struct object_set *objects;
	struct font *font;
	struct display *display;
	struct vnc_server **servers;
	size_t n_servers;
	const struct snapshot_groups *left;
	void (*on_viewer)(void *data, struct vnc_server *server, enum vnc_event event,
		const struct vnc_viewer *viewer);
	void *listener;
};

int screens_new(struct loop *loop, const char *name, struct object_set *objects,
	struct screens **ret_screens, struct error **err)
{
	struct screens *screens = calloc(1, sizeof(*screens));

	if (!screens)
		return error_set(err, ENOMEM, "out of memory");
	screens->loop = loop;
	screens->objects = objects;
	if (font_new(NULL, &screens->font, NULL) == 0)
		screens->display = display_new(loop, name ? name : "charhub", screens->font);
	if (!screens->display) {
		screens_free(screens);
		return error_set(err, ENOMEM, "out of memory");
	}
	*ret_screens = screens;
	return 0;
}

struct display *screens_display(const struct screens *screens)
{
	return screens->display;
}

void screens_listen(struct screens *screens,
	void (*fn)(void *data, struct vnc_server *server, enum vnc_event event,
		const struct vnc_viewer *viewer),
	void *data)
{
	screens->on_viewer = fn;
	screens->listener = data;
}

static int find_secret(void *data, const char *id, char **ret_secret, struct error **err)
{
	const struct screens *screens = data;

	return secret_text(screens->objects, id, ret_secret, err);
}

static void on_viewer(void *data, struct vnc_server *server, enum vnc_event event,
	const struct vnc_viewer *viewer)
{
	const struct screens *screens = data;

	if (screens->on_viewer)
		screens->on_viewer(screens->listener, server, event, viewer);
}

static bool has_server(const struct screens *screens, const char *id)
{
	for (size_t i = 0; i < screens->n_servers; i++)
		if (!strcmp(vnc_server_id(screens->servers[i]), id))
			return true;
	return false;
}

/* The first server without a name is "default", the others "vnc2", "vnc3" and on, as in QEMU. */
static int name_server(const struct screens *screens, struct opts *opts, struct error **err)
{
	const char *id = opts_text(opts, "id");
	char name[24] = "default";

	if (id && has_server(screens, id))
		return error_set(err, EEXIST, "Duplicate ID '%s' for vnc", id);
	for (size_t i = 2; !id && has_server(screens, name); i++)
		snprintf(name, sizeof(name), "vnc%zu", i);
	if (!id && opts_set(opts, "id", name) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

void screens_leave(struct screens *screens, const struct snapshot_groups *left)
{
	screens->left = left;
}

int screens_add_vnc(struct screens *screens, struct opts *opts, struct error **err)
{
	const struct vnc_context context = {
		.loop = screens->loop,
		.display = screens->display,
		.objects = screens->objects,
		.left = screens->left,
		.secret = find_secret,
		.on_event = on_viewer,
		.data = screens,
	};
	struct vnc_server **servers;
	int r = name_server(screens, opts, err);

	if (r < 0)
		return r;
	servers = reallocarray(screens->servers, screens->n_servers + 1, sizeof(*servers));
	if (!servers)
		return error_set(err, ENOMEM, "out of memory");
	screens->servers = servers;
	r = vnc_server_new(&context, opts, &servers[screens->n_servers], err);
	if (r == 0)
		screens->n_servers++;
	return r;
}

void screens_drop_vnc(struct screens *screens, const char *id)
{
	size_t at = 0;

	while (at < screens->n_servers && strcmp(vnc_server_id(screens->servers[at]), id))
		at++;
	if (at == screens->n_servers)
		return;
	vnc_server_free(screens->servers[at]);
	screens->n_servers--;
	memmove(&screens->servers[at], &screens->servers[at + 1],
		(screens->n_servers - at) * sizeof(*screens->servers));
}

struct vnc_server *screens_next_vnc(const struct screens *screens, const struct vnc_server *after)
{
	size_t at = 0;

	while (after && at < screens->n_servers && screens->servers[at++] != after)
		continue;
	return at < screens->n_servers ? screens->servers[at] : NULL;
}

void screens_stop_serving(struct screens *screens)
{
	while (screens && screens->n_servers)
		vnc_server_free(screens->servers[--screens->n_servers]);
}

void screens_free(struct screens *screens)
{
	if (!screens)
		return;
	screens_stop_serving(screens);
	display_free(screens->display);
	font_free(screens->font);
	free(screens->servers);
	free(screens);
}
