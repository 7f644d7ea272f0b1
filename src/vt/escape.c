/* SPDX-License-Identifier: MIT */
#include "vt/charset.h"
#include "vt/cursor.h"
#include "vt/edit.h"
#include "vt/engine.h"
#include "vt/parser.h"
#include "vt/report.h"

/*
 * Control characters, and escape sequences that are no control sequence. The C1 controls arrive
 * here as their two-byte forms.
 */

/* ---- control characters ---- */

static void line_feed(struct vt *vt)
{
	cursor_index(vt);
	if (vt_mode(vt, MODE_NEWLINE))
		cursor_carriage_return(vt);
}

static void enquiry(struct vt *vt)
{
	/* inside of a sequence it is no query of its own */
	if (vt->parser.state != STATE_GROUND || !parser_query(vt))
		return;
	if (vt->answerback)
		report(vt, "%s", vt->answerback);
}

static void bell(struct vt *vt)
{
	if (vt->callbacks.on_bell)
		vt->callbacks.on_bell(vt->data);
}

void control_execute(struct vt *vt, uint8_t byte)
{
	vt->repeatable = false;
	switch (byte) {
	case 0x05: enquiry(vt); break;
	case 0x07: bell(vt); break;
	case 0x08: cursor_backspace(vt); break;
	case 0x09: cursor_tab(vt, 1); break;
	case 0x0a:
	case 0x0b:
	case 0x0c: line_feed(vt); break;
	case 0x0d: cursor_carriage_return(vt); break;
	case 0x0e: charset_lock(vt, 1); break;
	case 0x0f: charset_lock(vt, 0); break;
	default: break;
	}
}

/* ---- escape sequences ---- */

static void next_line(struct vt *vt)
{
	cursor_index(vt);
	cursor_carriage_return(vt);
}

/* SPA, EPA: as DECSCA, but other erasing spares it too */
static void start_protected_area(struct vt *vt)
{
	vt->touched |= TOUCHED_RARE;
	vt->pen.attr |= VT_PROTECTED;
	vt->erase_protects = true;
}

static void end_protected_area(struct vt *vt)
{
	vt->pen.attr &= ~VT_PROTECTED & 0xfff;
}

static void back_index(struct vt *vt)
{
	if (vt->level >= LEVEL_VT400)
		edit_back_index(vt);
}

static void forward_index(struct vt *vt)
{
	if (vt->level >= LEVEL_VT400)
		edit_forward_index(vt);
}

static void single_shift_2(struct vt *vt)
{
	charset_single(vt, 2);
}

static void single_shift_3(struct vt *vt)
{
	charset_single(vt, 3);
}

static void lock_shift_2(struct vt *vt)
{
	charset_lock(vt, 2);
}

static void lock_shift_3(struct vt *vt)
{
	charset_lock(vt, 3);
}

static void keypad_application(struct vt *vt)
{
	vt->modes |= MODE_BIT(MODE_KEYPAD);
}

static void keypad_numeric(struct vt *vt)
{
	vt->touched_modes |= MODE_BIT(MODE_KEYPAD);
	vt->modes &= ~MODE_BIT(MODE_KEYPAD);
}

/* RIS. It leaves the 132 columns that DECCOLM has brought. */
static void reset(struct vt *vt)
{
	bool wide = vt_mode(vt, MODE_COLUMNS_132);

	engine_full_reset(vt);
	if (wide)
		engine_request_size(vt, COLUMNS_NARROW, vt->rows);
}

static void (*const escape_table[128])(struct vt *vt) = {
	['6'] = back_index,		  /* DECBI */
	['7'] = cursor_save,		  /* DECSC */
	['8'] = cursor_restore,		  /* DECRC */
	['9'] = forward_index,		  /* DECFI */
	['='] = keypad_application,	  /* DECKPAM */
	['>'] = keypad_numeric,		  /* DECKPNM */
	['D'] = cursor_index,		  /* IND */
	['E'] = next_line,		  /* NEL */
	['H'] = tab_set,		  /* HTS */
	['M'] = cursor_reverse_index,	  /* RI */
	['N'] = single_shift_2,		  /* SS2 */
	['O'] = single_shift_3,		  /* SS3 */
	['V'] = start_protected_area,	  /* SPA */
	['W'] = end_protected_area,	  /* EPA */
	['Z'] = report_device_attributes, /* DECID */
	['c'] = reset,			  /* RIS */
	['n'] = lock_shift_2,		  /* LS2 */
	['o'] = lock_shift_3,		  /* LS3 */
};

static void select_coding(struct vt *vt, uint8_t final)
{
	if (final == '@')
		vt->parser.utf8_off = true;
	else if (final == 'G' || final == '8')
		vt->parser.utf8_off = false;
}

/* ESC # */
static void hash(struct vt *vt, uint8_t final)
{
	switch (final) {
	case '3': edit_line_size(vt, VT_LINE_DOUBLE_TOP); break;
	case '4': edit_line_size(vt, VT_LINE_DOUBLE_BOTTOM); break;
	case '5': edit_line_size(vt, VT_LINE_SINGLE); break;
	case '6': edit_line_size(vt, VT_LINE_WIDE); break;
	case '8': edit_align(vt); break;
	default: break;
	}
}

void escape_dispatch(struct vt *vt, uint8_t intermediate, uint8_t final)
{
	vt->repeatable = false;
	switch (intermediate) {
	case 0:
		if (escape_table[final])
			escape_table[final](vt);
		break;
	case '(':
	case ')':
	case '*':
	case '+': charset_designate(vt, (unsigned)intermediate - '(', final); break;
	case '#': hash(vt, final); break;
	case '%': select_coding(vt, final); break;
	default: break;
	}
}
