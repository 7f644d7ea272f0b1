/* SPDX-License-Identifier: MIT */
#include "vt/charset.h"
#include "vt/engine.h"
#include "vt/parser.h"
#include "vt/report.h"
#include "vt/sgr.h"

#include <stdio.h>

/*
 * Device control strings. We answer DECRQSS (how is this setting?) and XTGETTCAP (always
 * "unknown"); all others, sixel pictures among them, are read to their end and ignored.
 */

static void setting_sgr(struct vt *vt, char *out, size_t size)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	sgr_format(&vt->pen, &text);
	snprintf(out, size, "%sm", text.data ? text.data : "0");
}

static void setting_margins(struct vt *vt, char *out, size_t size)
{
	snprintf(out, size, "%u;%ur", vt->top + 1, vt->bottom + 1);
}

static void setting_side_margins(struct vt *vt, char *out, size_t size)
{
	snprintf(out, size, "%u;%us", vt->left + 1, vt->right + 1);
}

static void setting_cursor(struct vt *vt, char *out, size_t size)
{
	unsigned style = 2u * vt->cursor_shape + (vt_mode(vt, MODE_CURSOR_BLINK) ? 1 : 2);

	snprintf(out, size, "%u q", style);
}

static void setting_protect(struct vt *vt, char *out, size_t size)
{
	snprintf(out, size, "%d\"q", vt->pen.attr & VT_PROTECTED ? 1 : 0);
}

static void setting_level(struct vt *vt, char *out, size_t size)
{
	snprintf(out, size, "6%u;1\"p", vt->level);
}

static void setting_lines(struct vt *vt, char *out, size_t size)
{
	/* DECSLPP knows no smaller page */
	snprintf(out, size, "%ut", vt->rows < 24 ? 24 : vt->rows);
}

static void setting_screen_lines(struct vt *vt, char *out, size_t size)
{
	snprintf(out, size, "%u*|", vt->rows);
}

static void setting_columns(struct vt *vt, char *out, size_t size)
{
	snprintf(out, size, "%u$|", vt_mode(vt, MODE_COLUMNS_132) ? COLUMNS_WIDE : COLUMNS_NARROW);
}

static void setting_extent(struct vt *vt, char *out, size_t size)
{
	snprintf(out, size, "%d*x", vt->rectangle_extent ? 2 : 1);
}

static const struct {
	const char *name;
	void (*format)(struct vt *vt, char *out, size_t size);
	unsigned level; /* the least on which it is known */
} settings[] = {
	{ "m", setting_sgr, LEVEL_VT100 },
	{ "r", setting_margins, LEVEL_VT100 },
	{ "s", setting_side_margins, LEVEL_VT400 },
	{ " q", setting_cursor, LEVEL_VT100 },
	{ "\"q", setting_protect, LEVEL_VT100 },
	{ "\"p", setting_level, LEVEL_VT200 },
	{ "t", setting_lines, LEVEL_VT100 },
	{ "*|", setting_screen_lines, LEVEL_VT100 },
	{ "$|", setting_columns, LEVEL_VT100 },
	{ "*x", setting_extent, LEVEL_VT400 },
};

static void answer_setting(struct vt *vt, const char *name)
{
	char text[256];

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strcmp(settings[i].name, name) || vt->level < settings[i].level)
			continue;
		settings[i].format(vt, text, sizeof(text));
		report(vt, "\033P1$r%s\033\\", text);
		return;
	}
	report(vt, "\033P0$r\033\\");
}

void dcs_dispatch(struct vt *vt, const struct csi *csi, char *text, size_t len)
{
	(void)len;
	if (csi->prefix)
		return;
	if (csi->intermediate == '$' && csi->final == 'q' && parser_query(vt))
		answer_setting(vt, text);
	else if (csi->intermediate == '+' && csi->final == 'q' && parser_query(vt))
		report(vt, "\033P0+r\033\\");
	else if (csi->intermediate == '+' && csi->final == 'Q')
		parser_query(vt);
}

/* The kitty graphics protocol answers every command unless told q=1 or q=2. */
void apc_dispatch(struct vt *vt, const char *text, size_t len)
{
	(void)len;
	if (text[0] == 'G' && !strstr(text, "q=2"))
		parser_query(vt);
}
