/* SPDX-License-Identifier: MIT */
#include "vt/report.h"
#include "vt/charset.h"
#include "vt/cursor.h"
#include "vt/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Answers to the guest. We say that we are a VT420 with the extensions that we have; to "which
 * xterm" (DA2) a version whose features we cover.
 *
 * An answer becomes input of a program in the guest, so nothing that the guest chose is put into
 * one as it is: titles are never reported, other text only in hexadecimal or base64.
 */

void report(struct vt *vt, const char *fmt, ...)
{
	char text[REPORT_MAX];
	va_list ap;
	int len;

	vt->work += WORK_ANSWER;
	if (!vt->callbacks.on_reply)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len > 0 && (size_t)len < sizeof(text))
		vt->callbacks.on_reply(vt->data, text, (size_t)len);
}

/* ---- device attributes ---- */

void report_device_attributes(struct vt *vt)
{
	if (parser_query(vt))
		report(vt, "\033[?64;1;6;9;21;22;28c");
}

void handle_da1(struct vt *vt, const struct csi *csi)
{
	if (csi_param(csi, 0, 0) == 0)
		report_device_attributes(vt);
}

void handle_da2(struct vt *vt, const struct csi *csi)
{
	if (csi_param(csi, 0, 0) == 0 && parser_query(vt))
		report(vt, "\033[>41;380;0c");
}

void handle_da3(struct vt *vt, const struct csi *csi)
{
	if (csi_param(csi, 0, 0) == 0 && parser_query(vt) && vt->level >= LEVEL_VT400)
		report(vt, "\033P!|00000000\033\\");
}

void handle_xtversion(struct vt *vt, const struct csi *csi)
{
	if (csi_param(csi, 0, 0) == 0 && parser_query(vt))
		report(vt, "\033P>|charhub(" CHARHUB_VERSION ")\033\\");
}

/* ---- device status ---- */

static void report_cursor(struct vt *vt, const char *fmt)
{
	bool origin = vt_mode(vt, MODE_ORIGIN);
	char text[64];

	snprintf(text, sizeof(text), "%u;%u", vt->y + 1 - (origin ? vt->top : 0),
		vt->x + 1 - (origin ? vt->left : 0));
	/* with the page, where there are any */
	report(vt, "\033[%s%s%s", fmt, text, *fmt && vt->level >= LEVEL_VT300 ? ";1R" : "R");
}

void handle_dsr(struct vt *vt, const struct csi *csi)
{
	int what = csi_param(csi, 0, 0);

	if ((what != 5 && what != 6) || !parser_query(vt))
		return;
	if (what == 5)
		report(vt, "\033[0n");
	else
		report_cursor(vt, "");
}

static const struct {
	int what;
	unsigned level; /* the least on which it is known; of several the last counts */
	const char *answer;
} dec_status[] = {
	{ 15, LEVEL_VT200, "\033[?13n" },   /* printer: none */
	{ 25, LEVEL_VT200, "\033[?21n" },   /* user-defined keys: locked */
	{ 26, LEVEL_VT200, "\033[?27;1n" }, /* keyboard: North American, ready */
	{ 26, LEVEL_VT300, "\033[?27;1;0n" }, { 26, LEVEL_VT400, "\033[?27;1;0;0n" },
	{ 53, LEVEL_VT300, "\033[?53n" }, /* locator: none */
	{ 55, LEVEL_VT300, "\033[?53n" }, { 56, LEVEL_VT300, "\033[?57;0n" },
	{ 62, LEVEL_VT400, "\033[0000*{" },   /* macro space: none */
	{ 75, LEVEL_VT400, "\033[?70n" },     /* data integrity: no errors */
	{ 85, LEVEL_VT400, "\033[?83n" },     /* several sessions: not configured */
	{ 996, LEVEL_VT100, "\033[?997;1n" }, /* colour scheme: dark */
};

void handle_dec_dsr(struct vt *vt, const struct csi *csi)
{
	int what = csi_param(csi, 0, 0);
	const char *answer = NULL;
	bool known = what == 6 || what == 63;

	for (size_t i = 0; i < sizeof(dec_status) / sizeof(dec_status[0]); i++) {
		if (dec_status[i].what != what)
			continue;
		known = true;
		if (vt->level >= dec_status[i].level)
			answer = dec_status[i].answer;
	}
	if (!known || !parser_query(vt))
		return;
	if (what == 6)
		report_cursor(vt, "?");
	else if (what == 63 && vt->level >= LEVEL_VT400)
		report(vt, "\033P%d!~0000\033\\", csi_param(csi, 1, 0));
	else if (answer)
		report(vt, "%s", answer);
}

/* ---- modes and settings ---- */

void handle_decrqm(struct vt *vt, const struct csi *csi)
{
	int number = csi_param(csi, 0, 0);

	report(vt, "\033[?%d;%d$y", number, mode_report(vt, true, number));
}

void handle_ansi_decrqm(struct vt *vt, const struct csi *csi)
{
	int number = csi_param(csi, 0, 0);

	report(vt, "\033[%d;%d$y", number, mode_report(vt, false, number));
}

void handle_decreqtparm(struct vt *vt, const struct csi *csi)
{
	int what = csi_param(csi, 0, 0);

	if (what <= 1)
		report(vt, "\033[%d;1;1;128;128;1;0x", what + 2);
}

void handle_decrqde(struct vt *vt, const struct csi *csi)
{
	(void)csi;
	report(vt, "\033[%u;%u;1;1;1\"w", vt->rows, vt->cols);
}

/* DECCIR: where the cursor is and what it would write with. G2 is in GR; all sets are of 94. */
static void report_cursor_information(struct vt *vt)
{
	const struct charsets *charsets = &vt->charsets;
	unsigned attr = (unsigned)vt->pen.attr, rendition = 0, flags = 0;
	char finals[5];

	rendition |= attr & VT_BOLD ? 1 : 0;
	rendition |= vt->pen.underline ? 2 : 0;
	rendition |= attr & VT_BLINK ? 4 : 0;
	rendition |= attr & VT_INVERSE ? 8 : 0;
	flags |= vt_mode(vt, MODE_ORIGIN) ? 1 : 0;
	flags |= charsets->single == 2 ? 2 : 0;
	flags |= charsets->single == 3 ? 4 : 0;
	flags |= vt->wrap_pending ? 8 : 0;
	for (int i = 0; i < 4; i++)
		finals[i] = charset_final((enum charset)charsets->g[i]);
	finals[4] = '\0';
	report(vt, "\033P1$u%u;%u;1;%c;%c;%c;%u;2;@;%s\033\\", vt->y + 1, vt->x + 1,
		'@' + rendition, attr & VT_PROTECTED ? 'A' : '@', '@' + flags, charsets->gl,
		finals);
}

/* DECCIR, DECTABSR */
void handle_decrqpsr(struct vt *vt, const struct csi *csi)
{
	char text[REPORT_MAX] = "";
	size_t len = 0;

	if (csi_param(csi, 0, 0) == 1)
		report_cursor_information(vt);
	if (csi_param(csi, 0, 0) != 2)
		return;
	vt->work += vt->cols * 16;
	for (unsigned x = 0; x < vt->cols && len + 8 < sizeof(text); x++)
		if (tab_is_set(vt->tabs, x))
			len += (size_t)snprintf(
				text + len, sizeof(text) - len, "%s%u", len ? "/" : "", x + 1);
	report(vt, "\033P2$u%.1900s\033\\", text);
}

void handle_query_key_options(struct vt *vt, const struct csi *csi)
{
	if (csi_param(csi, 0, 0) == 4)
		report(vt, "\033[>4;%dm", vt->modify_other_keys);
}

void handle_key_options(struct vt *vt, const struct csi *csi)
{
	int value = csi_param(csi, 1, 0);

	vt->touched |= TOUCHED_RARE;
	if (csi->count == 0 || csi_param(csi, 0, 0) == 4)
		vt->modify_other_keys = value <= 2 ? (uint8_t)value : vt->modify_other_keys;
}

void handle_decscusr(struct vt *vt, const struct csi *csi)
{
	int style = csi_param(csi, 0, 1);

	if (style > 6)
		return;
	vt->touched |= TOUCHED_SHAPE;
	vt->touched_modes |= MODE_BIT(MODE_CURSOR_BLINK);
	vt->cursor_shape = (enum vt_cursor_shape)((style - 1) / 2);
	vt->modes &= ~MODE_BIT(MODE_CURSOR_BLINK);
	if (style % 2)
		vt->modes |= MODE_BIT(MODE_CURSOR_BLINK);
}

void handle_decsca(struct vt *vt, const struct csi *csi)
{
	vt->touched |= TOUCHED_RARE;
	vt->erase_protects = false;
	vt->pen.attr &= ~VT_PROTECTED & 0xfff;
	if (csi_param(csi, 0, 0) == 1)
		vt->pen.attr |= VT_PROTECTED;
}

/* DECSCL: a soft reset, also of what is saved with the other screen. Answers are of seven bits. */
void handle_decscl(struct vt *vt, const struct csi *csi)
{
	int level = csi_param(csi, 0, 0) - 60;

	if (level < LEVEL_VT100 || level > LEVEL_MAX)
		return;
	engine_soft_reset(vt);
	saved_cursor_reset(&vt->main);
	saved_cursor_reset(&vt->alt);
	vt->touched |= TOUCHED_LEVEL;
	vt->level = (uint8_t)level;
}

void handle_decstr(struct vt *vt, const struct csi *csi)
{
	(void)csi;
	engine_soft_reset(vt);
}

/* ---- windows ---- */

/* What is not pushed is as in the entry below, so that every entry can be popped either way. */
static void push_title(struct vt *vt, int which)
{
	const struct title *below;
	struct title *slot;

	if (vt->title_count == TITLE_STACK_MAX) {
		free(vt->title_stack[0].text);
		free(vt->title_stack[0].icon);
		memmove(vt->title_stack, vt->title_stack + 1,
			(TITLE_STACK_MAX - 1) * sizeof(vt->title_stack[0]));
		vt->title_count--;
	}
	below = vt->title_count ? &vt->title_stack[vt->title_count - 1] : NULL;
	slot = &vt->title_stack[vt->title_count++];
	slot->text = strdup(which == 1 && below ? below->text : vt->title.text);
	slot->icon = strdup(which == 2 && below ? below->icon : vt->title.icon);
}

static void pop_title(struct vt *vt, int which)
{
	struct title *slot;

	if (vt->title_count == 0)
		return;
	slot = &vt->title_stack[--vt->title_count];
	engine_set_title(vt, which == 1 ? NULL : slot->text, which == 2 ? NULL : slot->icon);
	free(slot->text);
	free(slot->icon);
	*slot = (struct title){ 0 };
}

/* 0: as it is */
static void request_size(struct vt *vt, int rows, int cols)
{
	engine_request_size(vt, cols ? (unsigned)cols : vt->cols, rows ? (unsigned)rows : vt->rows);
}

/* DECSCPP: 80 or 132 columns, and with the permission of DECCOLM as in xterm */
void handle_decscpp(struct vt *vt, const struct csi *csi)
{
	unsigned cols = (unsigned)csi_param(csi, 0, COLUMNS_NARROW);

	if (vt_mode(vt, MODE_ALLOW_COLUMNS) && (cols == COLUMNS_NARROW || cols == COLUMNS_WIDE))
		request_size(vt, 0, (int)cols);
}

void handle_decsnls(struct vt *vt, const struct csi *csi)
{
	request_size(vt, csi_param(csi, 0, 0), 0);
}

/* What a cell is taken for; nobody knows the fonts of all who look. */
enum { CELL_WIDTH_PX = 8, CELL_HEIGHT_PX = 16 };

static void report_window(struct vt *vt, int what)
{
	unsigned width = CELL_WIDTH_PX, height = CELL_HEIGHT_PX;

	switch (what) {
	case 11: report(vt, "\033[1t"); break;
	case 13: report(vt, "\033[3;0;0t"); break;
	case 14: report(vt, "\033[4;%u;%ut", height * vt->rows, width * vt->cols); break;
	case 15: report(vt, "\033[5;%u;%ut", height * vt->rows, width * vt->cols); break;
	case 16: report(vt, "\033[6;%u;%ut", height, width); break;
	case 18: report(vt, "\033[8;%u;%ut", vt->rows, vt->cols); break;
	case 19: report(vt, "\033[9;%u;%ut", vt->rows, vt->cols); break;
	case 20: report(vt, "\033]L\033\\"); break;
	case 21: report(vt, "\033]l\033\\"); break;
	default: break;
	}
}

void handle_window(struct vt *vt, const struct csi *csi)
{
	int what = csi_param(csi, 0, 0);

	if (what == 8)
		request_size(vt, csi_param(csi, 1, 0), csi_param(csi, 2, 0));
	else if (what >= 11 && what <= 21 && parser_query(vt))
		report_window(vt, what);
	else if (what == 22)
		push_title(vt, csi_param(csi, 1, 0));
	else if (what == 23)
		pop_title(vt, csi_param(csi, 1, 0));
	else if (what >= 24)
		request_size(vt, what, 0);
}
