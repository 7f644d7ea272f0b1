/* SPDX-License-Identifier: MIT */
#include "vt/cluster.h"
#include "vt/engine.h"
#include "vt/palette.h"
#include "vt/parser.h"
#include "vt/report.h"
#include "base/base64.h"
#include "base/parse.h"

#include <stdio.h>
#include <sys/types.h>

/*
 * Operating system commands: "number ; text". An unknown one is ignored; one that asks something
 * (an item that is just "?") counts as a query, since another terminal may answer it.
 */

/* The next item of @*rest up to @separator, which is cut off; NULL at the end. */
static char *next_item(char **rest, char separator)
{
	char *item = *rest, *end;

	if (!item)
		return NULL;
	end = strchr(item, separator);
	if (end)
		*end++ = '\0';
	*rest = end;
	return item;
}

static int number_of(const char *text)
{
	int value = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
		if (value > CSI_VALUE_MAX)
			return -1;
	}
	return value;
}

/* ---- titles ---- */

static void osc_title(struct vt *vt, int number, char *text)
{
	engine_set_title(vt, number == 1 ? NULL : text, number == 2 ? NULL : text);
}

/* ---- colours ---- */

static void answer_color(struct vt *vt, const char *name, unsigned slot)
{
	uint32_t rgb = vt->palette[slot];
	unsigned r = rgb >> 16, g = rgb >> 8 & 255, b = rgb & 255;

	if (parser_query(vt))
		report(vt, "\033]%s;rgb:%04x/%04x/%04x%s", name, r * 257, g * 257, b * 257,
			vt->parser.string_bell ? "\a" : "\033\\");
}

static void set_or_answer(struct vt *vt, const char *name, unsigned slot, const char *spec)
{
	uint32_t rgb;

	if (!strcmp(spec, "?"))
		answer_color(vt, name, slot);
	else if (palette_parse(spec, &rgb))
		palette_set(vt, slot, rgb);
}

/* The special colours of OSC 5 are those behind the indexed ones in OSC 4. */
#define COLORS_INDEXED 256
#define COLORS_ALL     (COLORS_INDEXED + (int)(VT_SLOT_COUNT - VT_SLOT_SPECIAL))

/* @first: 0 or COLORS_INDEXED, what the index counts from. Return: the slot, -1: there is none. */
static int slot_of(const char *index, int first)
{
	int n = number_of(index);

	if (n < 0 || n >= COLORS_ALL - first)
		return -1;
	n += first;
	return n < COLORS_INDEXED ? n : (int)VT_SLOT_SPECIAL + n - COLORS_INDEXED;
}

/* OSC 4 and 5: "index;color;index;color..." */
static void osc_palette(struct vt *vt, int number, char *text)
{
	char *index, *spec, name[32];

	while ((index = next_item(&text, ';')) && (spec = next_item(&text, ';'))) {
		int slot = slot_of(index, number == 5 ? COLORS_INDEXED : 0);

		if (slot < 0)
			continue;
		snprintf(name, sizeof(name), "%d;%d", number, number_of(index));
		set_or_answer(vt, name, (unsigned)slot, spec);
	}
}

/* OSC 10..19: each further item is for the next number. We have 10, 11 and 12. */
static void osc_special_color(struct vt *vt, int number, char *text)
{
	char *spec, name[16];

	for (; (spec = next_item(&text, ';')) && number <= 19; number++) {
		snprintf(name, sizeof(name), "%d", number);
		if (number <= 12)
			set_or_answer(vt, name, VT_SLOT_FG + (unsigned)number - 10, spec);
		else if (!strcmp(spec, "?"))
			parser_query(vt);
	}
}

static void reset_slots(struct vt *vt, unsigned first, unsigned end)
{
	for (unsigned slot = first; slot < end; slot++)
		palette_set(vt, slot, vt->default_palette[slot]);
}

/* OSC 104 and 105: "index;index...", or all */
static void osc_reset_palette(struct vt *vt, int number, char *text)
{
	bool special = number == 105;
	char *index;

	if (!*text && special)
		reset_slots(vt, VT_SLOT_SPECIAL, VT_SLOT_COUNT);
	else if (!*text)
		reset_slots(vt, 0, COLORS_INDEXED);
	while ((index = next_item(&text, ';'))) {
		int slot = slot_of(index, special ? COLORS_INDEXED : 0);

		if (slot >= 0)
			reset_slots(vt, (unsigned)slot, (unsigned)slot + 1);
	}
}

static void osc_reset_special_color(struct vt *vt, int number, char *text)
{
	unsigned slot = VT_SLOT_FG + (unsigned)number - 110;

	(void)text;
	palette_set(vt, slot, vt->default_palette[slot]);
}

/* "R": the first sixteen as they were; "Pnrrggbb": one of them; fewer digits: nothing. */
static void osc_linux_palette(struct vt *vt, const char *text, size_t len)
{
	uint32_t value = 0;

	if (text[0] == 'R') {
		reset_slots(vt, 0, 16);
		return;
	}
	for (size_t i = 1; i < OSC_PALETTE_LEN; i++) {
		if (i >= len || parse_hex_digit(text[i]) < 0)
			return;
		value = value << 4 | (uint32_t)parse_hex_digit(text[i]);
	}
	palette_set(vt, value >> 24, value & 0xffffff);
}

/* ---- hyperlinks ---- */

/* OSC 8: "key=value:key=value;uri"; an empty uri ends the link. */
static void osc_link(struct vt *vt, int number, char *text)
{
	char *params = next_item(&text, ';'), *param;
	const char *id = "";

	(void)number;
	if (!text)
		return;
	while ((param = next_item(&params, ':')))
		if (!strncmp(param, "id=", 3))
			id = param + 3;
	vt->pen.link = 0;
	for (const char *p = text; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return;
	for (const char *p = id; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return;
	if (*text)
		vt->pen.link = link_number(vt, id, text) & 0x3fff;
}

/* ---- clipboard ---- */

static void osc_clipboard(struct vt *vt, int number, char *text)
{
	char *selection = next_item(&text, ';');
	ssize_t len;

	(void)number;
	if (!text)
		return;
	if (strspn(selection, "cpqs01234567") != strlen(selection))
		return;
	if (!strcmp(text, "?")) {
		parser_query(vt); /* what a viewer has copied is none of the guest's business */
		return;
	}
	len = base64_decode_in_place(text, strlen(text));
	if (len >= 0 && vt->config.clipboard_write && vt->callbacks.on_clipboard_set)
		vt->callbacks.on_clipboard_set(vt->data, selection, text, (size_t)len);
}

/* ---- the table ---- */

static const struct {
	int first, last;
	void (*handle)(struct vt *vt, int number, char *text);
} osc_table[] = {
	{ 0, 2, osc_title },
	{ 4, 5, osc_palette },
	{ 8, 8, osc_link },
	{ 10, 19, osc_special_color },
	{ 52, 52, osc_clipboard },
	{ 104, 105, osc_reset_palette },
	{ 110, 112, osc_reset_special_color },
};

static bool asks_something(const char *text)
{
	for (const char *p = text; (p = strchr(p, '?')); p++)
		if ((p == text || p[-1] == ';' || p[-1] == '=') && (p[1] == '\0' || p[1] == ';'))
			return true;
	return false;
}

void osc_dispatch(struct vt *vt, char *text, size_t len)
{
	char *rest = text;
	int number;

	if (text[0] == 'R' || text[0] == 'P') {
		osc_linux_palette(vt, text, len);
		return;
	}
	if (strlen(text) != len)
		return;
	number = number_of(next_item(&rest, ';'));
	if (!rest)
		rest = text + len;
	for (size_t i = 0; i < sizeof(osc_table) / sizeof(osc_table[0]); i++) {
		if (number >= osc_table[i].first && number <= osc_table[i].last) {
			osc_table[i].handle(vt, number, rest);
			return;
		}
	}
	if (asks_something(rest))
		parser_query(vt);
}
