/* SPDX-License-Identifier: MIT */
#include "prog/screens.h"

#include "base/log.h"
#include "display/display.h"
#include "object/secret.h"
#include "text/font.h"
#include "vnc/vnc.h"

#include <errno.h>
#include <stdlib.h>

struct screens {
	struct loop *loop;
	struct object_set *objects;
	struct font *font;
	struct display *display;
	struct vnc_server **servers;
	size_t n_servers;
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

static int find_secret(void *objects, const char *id, char **ret_secret, struct error **err)
{
	return secret_text(objects, id, ret_secret, err);
}

int screens_add_vnc(struct screens *screens, struct opts *opts, struct error **err)
{
	const struct vnc_context context = {
		.loop = screens->loop,
		.display = screens->display,
		.secret = find_secret,
		.data = screens->objects,
	};
	struct vnc_server **servers =
		reallocarray(screens->servers, screens->n_servers + 1, sizeof(*servers));
	int r;

	if (!servers)
		return error_set(err, ENOMEM, "out of memory");
	screens->servers = servers;
	r = vnc_server_new(&context, opts, &servers[screens->n_servers], err);
	if (r == 0)
		screens->n_servers++;
	return r;
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
