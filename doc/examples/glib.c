/* SPDX-License-Identifier: MIT */
/* A context in glib's main loop, as a GSource: glib SOCKET */
#include <charhub.h>
#include <glib.h>
#include <string.h>

struct hub_source {
	GSource base;
	struct charhub *hub;
	gpointer tag;
};

static gboolean prepare(GSource *source, gint *timeout)
{
	*timeout = charhub_timeout_ms(((struct hub_source *)source)->hub);
	return *timeout == 0;
}

static gboolean check(GSource *source)
{
	const struct hub_source *ours = (struct hub_source *)source;

	return g_source_query_unix_fd(source, ours->tag) || charhub_timeout_ms(ours->hub) == 0;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	(void)callback, (void)data;
	charhub_dispatch(((struct hub_source *)source)->hub);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = { .prepare = prepare, .check = check, .dispatch = dispatch };

static GSource *hub_source_new(struct charhub *hub)
{
	GSource *source = g_source_new(&functions, sizeof(struct hub_source));
	struct hub_source *ours = (struct hub_source *)source;

	ours->hub = hub;
	ours->tag = g_source_add_unix_fd(source, charhub_fd(hub), G_IO_IN);
	return source;
}

/* The guest ends the program at Ctrl-D. */
static size_t on_input(void *data, const void *bytes, size_t len)
{
	if (memchr(bytes, 4, len))
		g_main_loop_quit(data);
	return len;
}

static gboolean greet(gpointer console)
{
	charhub_console_write(console, "hello from glib\r\n", 17);
	return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	const struct charhub_console_config config = { .size = sizeof(config), .id = "con0",
		.options = "chardevs.0=people", .on_input = on_input, .data = loop };
	const struct charhub_option people[] = { { "backend", "socket" }, { "id", "people" },
		{ "path", argc > 1 ? argv[1] : "" }, { "server", "on" }, { "wait", "off" },
		{ "clients", "16" }, { 0 } };
	struct charhub_console *console;
	struct charhub_error *err = NULL;
	struct charhub *hub = NULL;
	GSource *source;

	if (charhub_new(NULL, &hub, &err) < 0 ||
		charhub_add_options(hub, "chardev", people, &err) < 0 ||
		charhub_console_new(hub, &config, &console, &err) < 0)
		g_error("%s", charhub_error_message(err));
	source = hub_source_new(hub);
	g_source_attach(source, NULL);
	g_timeout_add(1, greet, console);
	g_print("ready\n");
	g_main_loop_run(loop);
	g_source_destroy(source);
	g_source_unref(source);
	g_main_loop_unref(loop);
	charhub_free(hub);
	return 0;
}
