/* SPDX-License-Identifier: MIT */
#include "vt/cursor.h"
#include "vt/edit.h"
#include "vt/engine.h"
#include "vt/mode.h"
#include "vt/rect.h"
#include "vt/report.h"
#include "vt/sgr.h"

/*
 * The table of control sequences. To add one: write its handler next to its kin and a line here, a
 * script in test/vt and a row in doc/control-sequences.md.
 *
 * A sequence belongs to a class, by prefix and intermediate, and has a final byte.
 *
 * CSI_KEEP_WRAP: a pending wrap stays, since the cursor stays where it is, unless the handler ends
 * it (CBT moves the cursor all the same, as in xterm).
 * CSI_QUERY: some terminal answers it, whatever its parameters; where that depends, the handler
 * calls parser_query().
 * CSI_COLONS: parameters may have parts. With parts, all others are unknown, and may be a query.
 * CSI_VT300, CSI_VT400: unknown on lower levels (DECSCL); a query is taken as one all the same.
 */
enum {
	CSI_KEEP_WRAP = 1,
	CSI_QUERY = 2,
	CSI_COLONS = 4,
	CSI_LEVEL_SHIFT = 4, /* the least level stands above it */
	CSI_VT300 = 3 << CSI_LEVEL_SHIFT,
	CSI_VT400 = 4 << CSI_LEVEL_SHIFT,
};

struct csi_entry {
	void (*handle)(struct vt *vt, const struct csi *csi); /* NULL: only known as a query */
	uint8_t flags;
};

enum csi_class {
	CLASS_PLAIN,
	CLASS_PRIVATE,	      /* ? */
	CLASS_GREATER,	      /* > */
	CLASS_EQUAL,	      /* = */
	CLASS_SPACE,	      /* SP */
	CLASS_BANG,	      /* ! */
	CLASS_QUOTE,	      /* " */
	CLASS_DOLLAR,	      /* $ */
	CLASS_AND,	      /* & */
	CLASS_TICK,	      /* ' */
	CLASS_STAR,	      /* * */
	CLASS_PRIVATE_DOLLAR, /* ? $ */
	CLASS_COUNT,
};

#define AT(final) [(final)-0x40]

static const struct csi_entry csi_table[CLASS_COUNT][64] = {
	[CLASS_PLAIN] = {
		AT('@') = { handle_ich, 0 },
		AT('A') = { handle_cuu, 0 },
		AT('B') = { handle_cud, 0 },
		AT('C') = { handle_cuf, 0 },
		AT('D') = { handle_cub, CSI_KEEP_WRAP },
		AT('E') = { handle_cnl, 0 },
		AT('F') = { handle_cpl, 0 },
		AT('G') = { handle_cha, 0 },
		AT('H') = { handle_cup, 0 },
		AT('I') = { handle_cht, CSI_KEEP_WRAP },
		AT('J') = { handle_ed, CSI_KEEP_WRAP },
		AT('K') = { handle_el, 0 },
		AT('L') = { handle_il, 0 },
		AT('M') = { handle_dl, 0 },
		AT('P') = { handle_dch, 0 },
		AT('S') = { handle_su, CSI_KEEP_WRAP },
		AT('T') = { handle_sd, CSI_KEEP_WRAP },
		AT('X') = { handle_ech, 0 },
		AT('Z') = { handle_cbt, CSI_KEEP_WRAP },
		AT('^') = { handle_sd, CSI_KEEP_WRAP },
		AT('`') = { handle_cha, 0 },
		AT('a') = { handle_hpr, 0 },
		AT('b') = { handle_rep, CSI_KEEP_WRAP },
		AT('c') = { handle_da1, CSI_KEEP_WRAP },
		AT('d') = { handle_vpa, 0 },
		AT('e') = { handle_vpr, 0 },
		AT('f') = { handle_cup, 0 },
		AT('g') = { handle_tbc, CSI_KEEP_WRAP },
		AT('h') = { handle_sm, CSI_KEEP_WRAP },
		AT('j') = { handle_cub, CSI_KEEP_WRAP },
		AT('k') = { handle_cuu, 0 },
		AT('l') = { handle_rm, CSI_KEEP_WRAP },
		AT('m') = { handle_sgr, CSI_KEEP_WRAP | CSI_COLONS },
		AT('n') = { handle_dsr, CSI_KEEP_WRAP },
		AT('r') = { handle_decstbm, CSI_KEEP_WRAP },
		AT('s') = { handle_save_or_margins, CSI_KEEP_WRAP },
		AT('t') = { handle_window, CSI_KEEP_WRAP },
		AT('u') = { handle_restore, CSI_KEEP_WRAP },
		AT('x') = { handle_decreqtparm, CSI_KEEP_WRAP | CSI_QUERY },
	},
	[CLASS_PRIVATE] = {
		AT('J') = { handle_decsed, 0 },
		AT('K') = { handle_decsel, 0 },
		AT('S') = { NULL, CSI_KEEP_WRAP | CSI_QUERY },
		AT('W') = { handle_decst8c, CSI_KEEP_WRAP },
		AT('h') = { handle_decset, CSI_KEEP_WRAP },
		AT('l') = { handle_decrst, CSI_KEEP_WRAP },
		AT('m') = { handle_query_key_options, CSI_KEEP_WRAP | CSI_QUERY },
		AT('n') = { handle_dec_dsr, CSI_KEEP_WRAP },
		AT('r') = { handle_xtrestore, CSI_KEEP_WRAP },
		AT('s') = { handle_xtsave, CSI_KEEP_WRAP },
		AT('u') = { NULL, CSI_KEEP_WRAP | CSI_QUERY },
	},
	[CLASS_GREATER] = {
		AT('c') = { handle_da2, CSI_KEEP_WRAP },
		AT('m') = { handle_key_options, CSI_KEEP_WRAP },
		AT('q') = { handle_xtversion, CSI_KEEP_WRAP },
	},
	[CLASS_EQUAL] = {
		AT('c') = { handle_da3, CSI_KEEP_WRAP },
	},
	[CLASS_SPACE] = {
		AT('@') = { handle_sl, CSI_KEEP_WRAP },
		AT('A') = { handle_sr, CSI_KEEP_WRAP },
		AT('q') = { handle_decscusr, CSI_KEEP_WRAP },
	},
	[CLASS_BANG] = {
		AT('p') = { handle_decstr, CSI_KEEP_WRAP },
	},
	[CLASS_QUOTE] = {
		AT('p') = { handle_decscl, CSI_KEEP_WRAP },
		AT('q') = { handle_decsca, CSI_KEEP_WRAP },
		AT('v') = { handle_decrqde, CSI_KEEP_WRAP | CSI_QUERY },
	},
	[CLASS_DOLLAR] = {
		AT('p') = { handle_ansi_decrqm, CSI_KEEP_WRAP | CSI_QUERY | CSI_VT300 },
		AT('r') = { handle_deccara, CSI_KEEP_WRAP | CSI_COLONS | CSI_VT400 },
		AT('t') = { handle_decrara, CSI_KEEP_WRAP | CSI_VT400 },
		AT('v') = { handle_deccra, CSI_KEEP_WRAP | CSI_VT400 },
		AT('w') = { handle_decrqpsr, CSI_KEEP_WRAP | CSI_QUERY | CSI_VT300 },
		AT('x') = { handle_decfra, CSI_KEEP_WRAP | CSI_VT400 },
		AT('z') = { handle_decera, CSI_KEEP_WRAP | CSI_VT400 },
		AT('|') = { handle_decscpp, CSI_KEEP_WRAP },
		AT('{') = { handle_decsera, CSI_KEEP_WRAP | CSI_VT400 },
	},
	[CLASS_AND] = {
		AT('u') = { NULL, CSI_KEEP_WRAP | CSI_QUERY },
	},
	[CLASS_TICK] = {
		AT('|') = { NULL, CSI_KEEP_WRAP | CSI_QUERY },
		AT('}') = { handle_decic, CSI_KEEP_WRAP | CSI_VT400 },
		AT('~') = { handle_decdc, CSI_KEEP_WRAP | CSI_VT400 },
	},
	[CLASS_STAR] = {
		AT('|') = { handle_decsnls, CSI_KEEP_WRAP | CSI_VT400 },
		AT('x') = { handle_decsace, CSI_KEEP_WRAP | CSI_VT400 },
		AT('y') = { handle_decrqcra, CSI_KEEP_WRAP | CSI_VT400 | CSI_QUERY },
	},
	[CLASS_PRIVATE_DOLLAR] = {
		AT('p') = { handle_decrqm, CSI_KEEP_WRAP | CSI_QUERY },
	},
};

static int class_of_intermediate(uint8_t c)
{
	static const char intermediates[] = " !\"$&'*";
	const char *at = c ? strchr(intermediates, c) : NULL;

	return at ? CLASS_SPACE + (int)(at - intermediates) : -1;
}

static int class_of(const struct csi *csi)
{
	if (!csi->prefix)
		return csi->intermediate ? class_of_intermediate(csi->intermediate) : CLASS_PLAIN;
	if (csi->prefix == '?' && csi->intermediate == '$')
		return CLASS_PRIVATE_DOLLAR;
	if (csi->intermediate)
		return -1;
	return csi->prefix == '?'   ? CLASS_PRIVATE
	       : csi->prefix == '>' ? CLASS_GREATER
	       : csi->prefix == '=' ? CLASS_EQUAL
				    : -1;
}

static void execute(struct vt *vt, const struct csi *csi)
{
	int class = csi->prefix || csi->intermediate ? class_of(csi) : CLASS_PLAIN;
	const struct csi_entry *entry;

	if (class < 0)
		return;
	entry = &csi_table[class][csi->final - 0x40];
	if (entry->flags & CSI_QUERY && !parser_query(vt))
		return;
	if (!entry->handle || vt->level < entry->flags >> CSI_LEVEL_SHIFT)
		return;
	if (csi->colons && !(entry->flags & CSI_COLONS)) {
		parser_query(vt);
		return;
	}
	if (!(entry->flags & CSI_KEEP_WRAP))
		vt->wrap_pending = false;
	entry->handle(vt, csi);
	if (vt->wrap_pending)
		cursor_check_wrap(vt);
}

void csi_dispatch(struct vt *vt, const struct csi *csi)
{
	execute(vt, csi);
	vt->repeatable = false;
}
