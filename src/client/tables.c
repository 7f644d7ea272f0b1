/* SPDX-License-Identifier: MIT */
#include "client/tables.h"

#include "client/print.h"

#include <string.h>
#include <time.h>

/* ---- consoles ---- */

static void put_console(struct sheet *sheet, const struct console *console)
{
	const json_t *info = console->info;
	bool there = json_flag(info, "guest-open"), any = *json_text(info, "guest");

	sheet_put(sheet, PRINT_BOLD, "%s", console->name);
	sheet_put(sheet, there ? PRINT_GOOD : PRINT_BAD, "%s",
		there ? "up"
		: any ? "down"
		      : "no guest");
	sheet_put(sheet, PRINT_PLAIN, "%d", (int)json_number(info, "people"));
	sheet_put(sheet, PRINT_PLAIN, "%s", json_text(info, "keyboard"));
	sheet_put(sheet, PRINT_PLAIN, "%dx%d", (int)json_number(info, "cols"),
		(int)json_number(info, "rows"));
	sheet_put(sheet, PRINT_FAINT, "%s", json_text(info, "last-line"));
}

void table_consoles(struct strbuf *out, const struct consoles *consoles, bool colour)
{
	static const char *const titles[] = { "CONSOLE", "GUEST", "HERE", "KEYBOARD", "SIZE",
		"LAST LINE", NULL };
	struct sheet sheet;

	sheet_init(&sheet, titles, colour);
	for (size_t i = 0; i < consoles->len; i++)
		put_console(&sheet, &consoles->items[i]);
	sheet_show(&sheet, out);
}

/* ---- members ---- */

static void put_size(struct sheet *sheet, const json_t *member)
{
	if (json_number(member, "cols"))
		sheet_put(sheet, PRINT_PLAIN, "%dx%d", (int)json_number(member, "cols"),
			(int)json_number(member, "rows"));
	else
		sheet_put(sheet, PRINT_FAINT, "-");
}

static void put_times(struct sheet *sheet, const json_t *member)
{
	char since[16], idle[16];
	int64_t came = json_number(member, "since");

	sheet_put(sheet, PRINT_PLAIN, "%s",
		came && json_flag(member, "open") ? print_ago(time(NULL) - came, since) : "-");
	sheet_put(sheet, PRINT_PLAIN, "%s",
		json_object_get(member, "idle") ? print_ago(json_number(member, "idle"), idle)
						: "-");
}

static void put_who(struct sheet *sheet, const json_t *member, const char *me)
{
	const char *standing = json_text(member, "standing");
	bool good = !strcmp(standing, "good"), open = json_flag(member, "open");
	bool is_me = me && !strcmp(me, json_text(member, "id"));
	const char *who = json_text(member, "identity");

	sheet_put(sheet, PRINT_BOLD, "%s%s", json_text(member, "id"), is_me ? " *" : "");
	sheet_put(sheet, PRINT_PLAIN, "%s", *who ? who : "-");
	sheet_put(sheet, PRINT_PLAIN, "%s%s", json_text(member, "access"),
		json_flag(member, "keyboard") ? " (keyboard)" : "");
	put_times(sheet, member);
	put_size(sheet, member);
	sheet_put(sheet,
		!open  ? PRINT_FAINT
		: good ? PRINT_GOOD
		       : PRINT_BAD,
		"%s", open ? standing : "closed");
	sheet_put(sheet, PRINT_FAINT, "%s", json_text(member, "filename"));
}

void table_who(struct strbuf *out, const json_t *hub, const char *me, bool colour)
{
	static const char *const titles[] = { "MEMBER", "WHO", "MAY", "SINCE", "TYPED", "SIZE",
		"STANDING", "WHERE", NULL };
	struct sheet sheet;
	const json_t *member;
	size_t i;

	sheet_init(&sheet, titles, colour);
	json_array_foreach(json_object_get(hub, "members"), i, member) put_who(&sheet, member, me);
	sheet_show(&sheet, out);
}

static void put_bytes(struct sheet *sheet, const json_t *member, const char *key, bool is_bad)
{
	uint64_t bytes = (uint64_t)json_number(member, key);
	char text[16];

	sheet_put(sheet, is_bad && bytes ? PRINT_BAD : PRINT_PLAIN, "%s", print_bytes(bytes, text));
}

void table_stats(struct strbuf *out, const json_t *hub, bool colour)
{
	static const char *const titles[] = { "CONSOLE", "MEMBER", "OUT", "IN", "BEHIND", "SKIPS",
		"SKIPPED", "REFUSED", "STANDING", NULL };
	struct sheet sheet;
	const json_t *member;
	size_t i;

	sheet_init(&sheet, titles, colour);
	json_array_foreach(json_object_get(hub, "members"), i, member)
	{
		sheet_put(&sheet, PRINT_BOLD, "%s", json_text(hub, "id"));
		sheet_put(&sheet, PRINT_PLAIN, "%s", json_text(member, "id"));
		put_bytes(&sheet, member, "out-bytes", false);
		put_bytes(&sheet, member, "in-bytes", false);
		put_bytes(&sheet, member, "backlog", false);
		sheet_put(&sheet, PRINT_PLAIN, "%lld", (long long)json_number(member, "skips"));
		put_bytes(&sheet, member, "skipped-bytes", true);
		put_bytes(&sheet, member, "refused-bytes", true);
		sheet_put(&sheet, PRINT_PLAIN, "%s", json_text(member, "standing"));
	}
	sheet_show(&sheet, out);
}
