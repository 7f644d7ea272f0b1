/* SPDX-License-Identifier: MIT */
/*
 * Box drawing, U+2500..257F. Nearly all of these are four arms that meet in the middle of the cell,
 * each of them absent, light, heavy or double. An arm reaches from its edge of the cell to where it
 * meets the others; where double lines meet, each of the two lines for itself ends at the line that
 * it turns into. The rest are dashes, arcs and diagonals.
 *
 * In an 8x16 cell a light line is 2 pixels across where it is vertical and 1 where it is
 * horizontal, as the strokes of the letters are.
 */
#include "text/rule.h"

enum direction { LEFT, UP, RIGHT, DOWN };
enum weight { NONE, LIGHT, HEAVY, DOUBLE };

/* The arms of a character, as weights in the order of enum direction: "1010" is U+2500. */
static const char arms_of[128][5] = {
	/* 2500 */ "1010",
	"2020",
	"0101",
	"0202",
	"",
	"",
	"",
	"",
	/* 2508 */ "",
	"",
	"",
	"",
	"0011",
	"0021",
	"0012",
	"0022",
	/* 2510 */ "1001",
	"2001",
	"1002",
	"2002",
	"0110",
	"0120",
	"0210",
	"0220",
	/* 2518 */ "1100",
	"2100",
	"1200",
	"2200",
	"0111",
	"0121",
	"0211",
	"0112",
	/* 2520 */ "0212",
	"0221",
	"0122",
	"0222",
	"1101",
	"2101",
	"1201",
	"1102",
	/* 2528 */ "1202",
	"2201",
	"2102",
	"2202",
	"1011",
	"2011",
	"1021",
	"2021",
	/* 2530 */ "1012",
	"2012",
	"1022",
	"2022",
	"1110",
	"2110",
	"1120",
	"2120",
	/* 2538 */ "1210",
	"2210",
	"1220",
	"2220",
	"1111",
	"2111",
	"1121",
	"2121",
	/* 2540 */ "1211",
	"1112",
	"1212",
	"2211",
	"1221",
	"2112",
	"1122",
	"2221",
	/* 2548 */ "2122",
	"2212",
	"1222",
	"2222",
	"",
	"",
	"",
	"",
	/* 2550 */ "3030",
	"0303",
	"0031",
	"0013",
	"0033",
	"3001",
	"1003",
	"3003",
	/* 2558 */ "0130",
	"0310",
	"0330",
	"3100",
	"1300",
	"3300",
	"0131",
	"0313",
	/* 2560 */ "0333",
	"3101",
	"1303",
	"3303",
	"3031",
	"1013",
	"3033",
	"3130",
	/* 2568 */ "1310",
	"3330",
	"3131",
	"1313",
	"3333",
	"",
	"",
	"",
	/* 2570 */ "",
	"",
	"",
	"",
	"1000",
	"0100",
	"0010",
	"0001",
	/* 2578 */ "2000",
	"0200",
	"0020",
	"0002",
	"1020",
	"0102",
	"2010",
	"0201",
};

struct band {
	int from, to;
};

/* Where lines lie across an axis; a double line is @near and @far. */
struct axis {
	int last;
	struct band light, heavy, near, far;
};

static const struct axis across_x = { 7, { 3, 4 }, { 2, 5 }, { 2, 2 }, { 5, 5 } };
static const struct axis across_y = { 15, { 7, 7 }, { 6, 8 }, { 6, 6 }, { 8, 8 } };

/* Fill @along x @across; the axes are exchanged for vertical arms. */
static void fill(struct glyph *glyph, bool vertical, struct band along, struct band across)
{
	if (vertical)
		rule_fill(glyph, across.from, along.from, across.to, along.to);
	else
		rule_fill(glyph, along.from, across.from, along.to, across.to);
}

/*
 * Up to where a line along @axis reaches that comes from its low end (from the high end it is the
 * mirror image: the caller turns the band round). @before and @after: the arms across, on the low
 * and the high side of it; @opposite: the arm that it goes on as.
 */
static struct band single_end(
	const struct axis *axis, enum weight before, enum weight after, enum weight opposite)
{
	if (before == DOUBLE && after == DOUBLE)
		return opposite ? axis->light : axis->near;
	if (before == DOUBLE || after == DOUBLE)
		return axis->far;
	return before == HEAVY || after == HEAVY ? axis->heavy : axis->light;
}

/* The same for one of the two lines of a double one. @inner: the arm across on its own side. */
static struct band rail_end(const struct axis *axis, enum weight inner, enum weight outer)
{
	if (inner == DOUBLE)
		return axis->near;
	return !inner && outer == DOUBLE ? axis->far : axis->light;
}

/* The band between the edge that an arm comes from and its end. */
static struct band reach(const struct axis *axis, bool from_low, struct band end)
{
	if (from_low)
		return (struct band){ 0, end.to };
	/* Mirrored: near and far change places. */
	if (end.from == axis->near.from && end.to == axis->near.to)
		end = axis->far;
	else if (end.from == axis->far.from && end.to == axis->far.to)
		end = axis->near;
	return (struct band){ end.from, axis->last };
}

static void draw_arm(struct glyph *glyph, enum direction direction, const enum weight arms[4])
{
	bool vertical = direction == UP || direction == DOWN;
	bool from_low = direction == LEFT || direction == UP;
	const struct axis *along = vertical ? &across_y : &across_x;
	const struct axis *across = vertical ? &across_x : &across_y;
	enum weight before = arms[vertical ? LEFT : UP], after = arms[vertical ? RIGHT : DOWN];
	struct band end;

	if (arms[direction] == DOUBLE) {
		end = rail_end(along, before, after);
		fill(glyph, vertical, reach(along, from_low, end), across->near);
		end = rail_end(along, after, before);
		fill(glyph, vertical, reach(along, from_low, end), across->far);
	} else if (arms[direction]) {
		end = single_end(along, before, after, arms[direction ^ 2]);
		fill(glyph, vertical, reach(along, from_low, end),
			arms[direction] == HEAVY ? across->heavy : across->light);
	}
}

/* U+2504..250B, 254C..254F: horizontal light, horizontal heavy, vertical light, vertical heavy. */
static void draw_dashes(struct glyph *glyph, unsigned kind, uint16_t columns, uint16_t rows)
{
	bool heavy = kind & 1;
	const struct band *x = heavy ? &across_x.heavy : &across_x.light;
	const struct band *y = heavy ? &across_y.heavy : &across_y.light;

	for (int i = 0; i < 16; i++) {
		if (kind >= 2 && (rows >> (15 - i) & 1))
			rule_fill(glyph, x->from, i, x->to, i);
		else if (kind < 2 && i < 8 && (columns >> (7 - i) & 1))
			rule_fill(glyph, i, y->from, i, y->to);
	}
}

/* U+256D..2570: down and right, down and left, up and left, up and right. */
static void draw_arc(struct glyph *glyph, unsigned kind)
{
	static const uint8_t end[4] = { 0x07, 0xe0, 0xe0, 0x07 };
	static const uint8_t bend[4] = { 0x0c, 0x30, 0x30, 0x0c };
	bool down = kind < 2;

	rule_fill(glyph, across_x.light.from, down ? 9 : 0, across_x.light.to, down ? 15 : 5);
	glyph->rows[down ? 8 : 6] = bend[kind];
	glyph->rows[7] = end[kind];
}

/* U+2571..2573: from right above to left below, the other one, both. */
static void draw_diagonals(struct glyph *glyph, unsigned kind)
{
	for (int y = 0; y < 16; y++) {
		if (kind != 1)
			rule_fill(glyph, 7 - y / 2, y, 7 - y / 2, y);
		if (kind != 0)
			rule_fill(glyph, y / 2, y, y / 2, y);
	}
}

bool rule_box(uint32_t codepoint, struct glyph *glyph)
{
	const char *text = arms_of[codepoint - 0x2500];
	enum weight arms[4];

	if (codepoint >= 0x2504 && codepoint <= 0x2507)
		draw_dashes(glyph, codepoint - 0x2504, 0xda, 0xf7bc);
	else if (codepoint >= 0x2508 && codepoint <= 0x250b)
		draw_dashes(glyph, codepoint - 0x2508, 0xaa, 0xeeee);
	else if (codepoint >= 0x254c && codepoint <= 0x254f)
		draw_dashes(glyph, codepoint - 0x254c, 0xee, 0xfcfc);
	else if (codepoint >= 0x256d && codepoint <= 0x2570)
		draw_arc(glyph, codepoint - 0x256d);
	else if (codepoint >= 0x2571 && codepoint <= 0x2573)
		draw_diagonals(glyph, codepoint - 0x2571);
	for (int i = 0; i < 4; i++)
		arms[i] = text[0] ? (enum weight)(text[i] - '0') : NONE;
	for (int i = 0; i < 4; i++)
		draw_arm(glyph, (enum direction)i, arms);
	return true;
}
