/* SPDX-License-Identifier: MIT */
#include "vt/color-name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/*
 * The names of X11's rgb.txt [rgb 1.1.0], which is what XParseColor() knows with every X server of
 * today. Case does not count. Blanks stand where the list has them, or nowhere: "dark slate gray",
 * "DarkSlateGray". Many have four shades more, "seagreen1".."seagreen4", and there are
 * gray0..gray100.
 */
#define NAME_MAX_LEN 32u
#define GRAY_MAX     100

struct color_name {
	const char *name;
	uint32_t rgb;
};

/* Sorted as if there were no blanks. */
static const struct color_name names[] = {
	{ "alice blue", 0xf0f8ff },
	{ "antique white", 0xfaebd7 },
	{ "aqua", 0x00ffff },
	{ "aquamarine", 0x7fffd4 },
	{ "azure", 0xf0ffff },
	{ "beige", 0xf5f5dc },
	{ "bisque", 0xffe4c4 },
	{ "black", 0x000000 },
	{ "blanched almond", 0xffebcd },
	{ "blue", 0x0000ff },
	{ "blue violet", 0x8a2be2 },
	{ "brown", 0xa52a2a },
	{ "burlywood", 0xdeb887 },
	{ "cadet blue", 0x5f9ea0 },
	{ "chartreuse", 0x7fff00 },
	{ "chocolate", 0xd2691e },
	{ "coral", 0xff7f50 },
	{ "cornflower blue", 0x6495ed },
	{ "cornsilk", 0xfff8dc },
	{ "crimson", 0xdc143c },
	{ "cyan", 0x00ffff },
	{ "dark blue", 0x00008b },
	{ "dark cyan", 0x008b8b },
	{ "dark goldenrod", 0xb8860b },
	{ "dark gray", 0xa9a9a9 },
	{ "dark green", 0x006400 },
	{ "dark grey", 0xa9a9a9 },
	{ "dark khaki", 0xbdb76b },
	{ "dark magenta", 0x8b008b },
	{ "dark olive green", 0x556b2f },
	{ "dark orange", 0xff8c00 },
	{ "dark orchid", 0x9932cc },
	{ "dark red", 0x8b0000 },
	{ "dark salmon", 0xe9967a },
	{ "dark sea green", 0x8fbc8f },
	{ "dark slate blue", 0x483d8b },
	{ "dark slate gray", 0x2f4f4f },
	{ "dark slate grey", 0x2f4f4f },
	{ "dark turquoise", 0x00ced1 },
	{ "dark violet", 0x9400d3 },
	{ "debianred", 0xd70751 },
	{ "deep pink", 0xff1493 },
	{ "deep sky blue", 0x00bfff },
	{ "dim gray", 0x696969 },
	{ "dim grey", 0x696969 },
	{ "dodger blue", 0x1e90ff },
	{ "firebrick", 0xb22222 },
	{ "floral white", 0xfffaf0 },
	{ "forest green", 0x228b22 },
	{ "fuchsia", 0xff00ff },
	{ "gainsboro", 0xdcdcdc },
	{ "ghost white", 0xf8f8ff },
	{ "gold", 0xffd700 },
	{ "goldenrod", 0xdaa520 },
	{ "gray", 0xbebebe },
	{ "green", 0x00ff00 },
	{ "green yellow", 0xadff2f },
	{ "grey", 0xbebebe },
	{ "honeydew", 0xf0fff0 },
	{ "hot pink", 0xff69b4 },
	{ "indian red", 0xcd5c5c },
	{ "indigo", 0x4b0082 },
	{ "ivory", 0xfffff0 },
	{ "khaki", 0xf0e68c },
	{ "lavender", 0xe6e6fa },
	{ "lavender blush", 0xfff0f5 },
	{ "lawn green", 0x7cfc00 },
	{ "lemon chiffon", 0xfffacd },
	{ "light blue", 0xadd8e6 },
	{ "light coral", 0xf08080 },
	{ "light cyan", 0xe0ffff },
	{ "light goldenrod", 0xeedd82 },
	{ "light goldenrod yellow", 0xfafad2 },
	{ "light gray", 0xd3d3d3 },
	{ "light green", 0x90ee90 },
	{ "light grey", 0xd3d3d3 },
	{ "light pink", 0xffb6c1 },
	{ "light salmon", 0xffa07a },
	{ "light sea green", 0x20b2aa },
	{ "light sky blue", 0x87cefa },
	{ "light slate blue", 0x8470ff },
	{ "light slate gray", 0x778899 },
	{ "light slate grey", 0x778899 },
	{ "light steel blue", 0xb0c4de },
	{ "light yellow", 0xffffe0 },
	{ "lime", 0x00ff00 },
	{ "lime green", 0x32cd32 },
	{ "linen", 0xfaf0e6 },
	{ "magenta", 0xff00ff },
	{ "maroon", 0xb03060 },
	{ "medium aquamarine", 0x66cdaa },
	{ "medium blue", 0x0000cd },
	{ "medium orchid", 0xba55d3 },
	{ "medium purple", 0x9370db },
	{ "medium sea green", 0x3cb371 },
	{ "medium slate blue", 0x7b68ee },
	{ "medium spring green", 0x00fa9a },
	{ "medium turquoise", 0x48d1cc },
	{ "medium violet red", 0xc71585 },
	{ "midnight blue", 0x191970 },
	{ "mint cream", 0xf5fffa },
	{ "misty rose", 0xffe4e1 },
	{ "moccasin", 0xffe4b5 },
	{ "navajo white", 0xffdead },
	{ "navy", 0x000080 },
	{ "navy blue", 0x000080 },
	{ "old lace", 0xfdf5e6 },
	{ "olive", 0x808000 },
	{ "olive drab", 0x6b8e23 },
	{ "orange", 0xffa500 },
	{ "orange red", 0xff4500 },
	{ "orchid", 0xda70d6 },
	{ "pale goldenrod", 0xeee8aa },
	{ "pale green", 0x98fb98 },
	{ "pale turquoise", 0xafeeee },
	{ "pale violet red", 0xdb7093 },
	{ "papaya whip", 0xffefd5 },
	{ "peach puff", 0xffdab9 },
	{ "peru", 0xcd853f },
	{ "pink", 0xffc0cb },
	{ "plum", 0xdda0dd },
	{ "powder blue", 0xb0e0e6 },
	{ "purple", 0xa020f0 },
	{ "rebecca purple", 0x663399 },
	{ "red", 0xff0000 },
	{ "rosy brown", 0xbc8f8f },
	{ "royal blue", 0x4169e1 },
	{ "saddle brown", 0x8b4513 },
	{ "salmon", 0xfa8072 },
	{ "sandy brown", 0xf4a460 },
	{ "sea green", 0x2e8b57 },
	{ "seashell", 0xfff5ee },
	{ "sienna", 0xa0522d },
	{ "silver", 0xc0c0c0 },
	{ "sky blue", 0x87ceeb },
	{ "slate blue", 0x6a5acd },
	{ "slate gray", 0x708090 },
	{ "slate grey", 0x708090 },
	{ "snow", 0xfffafa },
	{ "spring green", 0x00ff7f },
	{ "steel blue", 0x4682b4 },
	{ "tan", 0xd2b48c },
	{ "teal", 0x008080 },
	{ "thistle", 0xd8bfd8 },
	{ "tomato", 0xff6347 },
	{ "turquoise", 0x40e0d0 },
	{ "violet", 0xee82ee },
	{ "violet red", 0xd02090 },
	{ "web gray", 0x808080 },
	{ "web green", 0x008000 },
	{ "web grey", 0x808080 },
	{ "web maroon", 0x800000 },
	{ "web purple", 0x800080 },
	{ "wheat", 0xf5deb3 },
	{ "white", 0xffffff },
	{ "white smoke", 0xf5f5f5 },
	{ "x11 gray", 0xbebebe },
	{ "x11 green", 0x00ff00 },
	{ "x11 grey", 0xbebebe },
	{ "x11 maroon", 0xb03060 },
	{ "x11 purple", 0xa020f0 },
	{ "yellow", 0xffff00 },
	{ "yellow green", 0x9acd32 },
};

struct color_shades {
	const char *name;
	uint32_t rgb[4];
};

static const struct color_shades shades[] = {
	{ "antiquewhite", { 0xffefdb, 0xeedfcc, 0xcdc0b0, 0x8b8378 } },
	{ "aquamarine", { 0x7fffd4, 0x76eec6, 0x66cdaa, 0x458b74 } },
	{ "azure", { 0xf0ffff, 0xe0eeee, 0xc1cdcd, 0x838b8b } },
	{ "bisque", { 0xffe4c4, 0xeed5b7, 0xcdb79e, 0x8b7d6b } },
	{ "blue", { 0x0000ff, 0x0000ee, 0x0000cd, 0x00008b } },
	{ "brown", { 0xff4040, 0xee3b3b, 0xcd3333, 0x8b2323 } },
	{ "burlywood", { 0xffd39b, 0xeec591, 0xcdaa7d, 0x8b7355 } },
	{ "cadetblue", { 0x98f5ff, 0x8ee5ee, 0x7ac5cd, 0x53868b } },
	{ "chartreuse", { 0x7fff00, 0x76ee00, 0x66cd00, 0x458b00 } },
	{ "chocolate", { 0xff7f24, 0xee7621, 0xcd661d, 0x8b4513 } },
	{ "coral", { 0xff7256, 0xee6a50, 0xcd5b45, 0x8b3e2f } },
	{ "cornsilk", { 0xfff8dc, 0xeee8cd, 0xcdc8b1, 0x8b8878 } },
	{ "cyan", { 0x00ffff, 0x00eeee, 0x00cdcd, 0x008b8b } },
	{ "darkgoldenrod", { 0xffb90f, 0xeead0e, 0xcd950c, 0x8b6508 } },
	{ "darkolivegreen", { 0xcaff70, 0xbcee68, 0xa2cd5a, 0x6e8b3d } },
	{ "darkorange", { 0xff7f00, 0xee7600, 0xcd6600, 0x8b4500 } },
	{ "darkorchid", { 0xbf3eff, 0xb23aee, 0x9a32cd, 0x68228b } },
	{ "darkseagreen", { 0xc1ffc1, 0xb4eeb4, 0x9bcd9b, 0x698b69 } },
	{ "darkslategray", { 0x97ffff, 0x8deeee, 0x79cdcd, 0x528b8b } },
	{ "deeppink", { 0xff1493, 0xee1289, 0xcd1076, 0x8b0a50 } },
	{ "deepskyblue", { 0x00bfff, 0x00b2ee, 0x009acd, 0x00688b } },
	{ "dodgerblue", { 0x1e90ff, 0x1c86ee, 0x1874cd, 0x104e8b } },
	{ "firebrick", { 0xff3030, 0xee2c2c, 0xcd2626, 0x8b1a1a } },
	{ "gold", { 0xffd700, 0xeec900, 0xcdad00, 0x8b7500 } },
	{ "goldenrod", { 0xffc125, 0xeeb422, 0xcd9b1d, 0x8b6914 } },
	{ "green", { 0x00ff00, 0x00ee00, 0x00cd00, 0x008b00 } },
	{ "honeydew", { 0xf0fff0, 0xe0eee0, 0xc1cdc1, 0x838b83 } },
	{ "hotpink", { 0xff6eb4, 0xee6aa7, 0xcd6090, 0x8b3a62 } },
	{ "indianred", { 0xff6a6a, 0xee6363, 0xcd5555, 0x8b3a3a } },
	{ "ivory", { 0xfffff0, 0xeeeee0, 0xcdcdc1, 0x8b8b83 } },
	{ "khaki", { 0xfff68f, 0xeee685, 0xcdc673, 0x8b864e } },
	{ "lavenderblush", { 0xfff0f5, 0xeee0e5, 0xcdc1c5, 0x8b8386 } },
	{ "lemonchiffon", { 0xfffacd, 0xeee9bf, 0xcdc9a5, 0x8b8970 } },
	{ "lightblue", { 0xbfefff, 0xb2dfee, 0x9ac0cd, 0x68838b } },
	{ "lightcyan", { 0xe0ffff, 0xd1eeee, 0xb4cdcd, 0x7a8b8b } },
	{ "lightgoldenrod", { 0xffec8b, 0xeedc82, 0xcdbe70, 0x8b814c } },
	{ "lightpink", { 0xffaeb9, 0xeea2ad, 0xcd8c95, 0x8b5f65 } },
	{ "lightsalmon", { 0xffa07a, 0xee9572, 0xcd8162, 0x8b5742 } },
	{ "lightskyblue", { 0xb0e2ff, 0xa4d3ee, 0x8db6cd, 0x607b8b } },
	{ "lightsteelblue", { 0xcae1ff, 0xbcd2ee, 0xa2b5cd, 0x6e7b8b } },
	{ "lightyellow", { 0xffffe0, 0xeeeed1, 0xcdcdb4, 0x8b8b7a } },
	{ "magenta", { 0xff00ff, 0xee00ee, 0xcd00cd, 0x8b008b } },
	{ "maroon", { 0xff34b3, 0xee30a7, 0xcd2990, 0x8b1c62 } },
	{ "mediumorchid", { 0xe066ff, 0xd15fee, 0xb452cd, 0x7a378b } },
	{ "mediumpurple", { 0xab82ff, 0x9f79ee, 0x8968cd, 0x5d478b } },
	{ "mistyrose", { 0xffe4e1, 0xeed5d2, 0xcdb7b5, 0x8b7d7b } },
	{ "navajowhite", { 0xffdead, 0xeecfa1, 0xcdb38b, 0x8b795e } },
	{ "olivedrab", { 0xc0ff3e, 0xb3ee3a, 0x9acd32, 0x698b22 } },
	{ "orange", { 0xffa500, 0xee9a00, 0xcd8500, 0x8b5a00 } },
	{ "orangered", { 0xff4500, 0xee4000, 0xcd3700, 0x8b2500 } },
	{ "orchid", { 0xff83fa, 0xee7ae9, 0xcd69c9, 0x8b4789 } },
	{ "palegreen", { 0x9aff9a, 0x90ee90, 0x7ccd7c, 0x548b54 } },
	{ "paleturquoise", { 0xbbffff, 0xaeeeee, 0x96cdcd, 0x668b8b } },
	{ "palevioletred", { 0xff82ab, 0xee799f, 0xcd6889, 0x8b475d } },
	{ "peachpuff", { 0xffdab9, 0xeecbad, 0xcdaf95, 0x8b7765 } },
	{ "pink", { 0xffb5c5, 0xeea9b8, 0xcd919e, 0x8b636c } },
	{ "plum", { 0xffbbff, 0xeeaeee, 0xcd96cd, 0x8b668b } },
	{ "purple", { 0x9b30ff, 0x912cee, 0x7d26cd, 0x551a8b } },
	{ "red", { 0xff0000, 0xee0000, 0xcd0000, 0x8b0000 } },
	{ "rosybrown", { 0xffc1c1, 0xeeb4b4, 0xcd9b9b, 0x8b6969 } },
	{ "royalblue", { 0x4876ff, 0x436eee, 0x3a5fcd, 0x27408b } },
	{ "salmon", { 0xff8c69, 0xee8262, 0xcd7054, 0x8b4c39 } },
	{ "seagreen", { 0x54ff9f, 0x4eee94, 0x43cd80, 0x2e8b57 } },
	{ "seashell", { 0xfff5ee, 0xeee5de, 0xcdc5bf, 0x8b8682 } },
	{ "sienna", { 0xff8247, 0xee7942, 0xcd6839, 0x8b4726 } },
	{ "skyblue", { 0x87ceff, 0x7ec0ee, 0x6ca6cd, 0x4a708b } },
	{ "slateblue", { 0x836fff, 0x7a67ee, 0x6959cd, 0x473c8b } },
	{ "slategray", { 0xc6e2ff, 0xb9d3ee, 0x9fb6cd, 0x6c7b8b } },
	{ "snow", { 0xfffafa, 0xeee9e9, 0xcdc9c9, 0x8b8989 } },
	{ "springgreen", { 0x00ff7f, 0x00ee76, 0x00cd66, 0x008b45 } },
	{ "steelblue", { 0x63b8ff, 0x5cacee, 0x4f94cd, 0x36648b } },
	{ "tan", { 0xffa54f, 0xee9a49, 0xcd853f, 0x8b5a2b } },
	{ "thistle", { 0xffe1ff, 0xeed2ee, 0xcdb5cd, 0x8b7b8b } },
	{ "tomato", { 0xff6347, 0xee5c42, 0xcd4f39, 0x8b3626 } },
	{ "turquoise", { 0x00f5ff, 0x00e5ee, 0x00c5cd, 0x00868b } },
	{ "violetred", { 0xff3e96, 0xee3a8c, 0xcd3278, 0x8b2252 } },
	{ "wheat", { 0xffe7ba, 0xeed8ae, 0xcdba96, 0x8b7e66 } },
	{ "yellow", { 0xffff00, 0xeeee00, 0xcdcd00, 0x8b8b00 } },
};

/* Compare with blanks left out of @known; @text has none. */
static int compare_unspaced(const char *text, const char *known)
{
	for (; *text || *known; text++, known++) {
		while (*known == ' ')
			known++;
		if (*text != *known)
			return (unsigned char)*text - (unsigned char)*known;
	}
	return 0;
}

static int compare_name(const void *text, const void *entry)
{
	return compare_unspaced(text, ((const struct color_name *)entry)->name);
}

static int compare_shades(const void *text, const void *entry)
{
	return compare_unspaced(text, ((const struct color_shades *)entry)->name);
}

/* "gray" is cut off already. Return: -1: no number 0..GRAY_MAX. */
static int gray_number(const char *digits)
{
	int value = 0;

	if (!*digits || (digits[0] == '0' && digits[1]))
		return -1;
	for (; *digits; digits++) {
		if (*digits < '0' || *digits > '9')
			return -1;
		value = value * 10 + (*digits - '0');
		if (value > GRAY_MAX)
			return -1;
	}
	return value;
}

static bool find_gray(const char *text, uint32_t *ret_rgb)
{
	int value = -1;

	if (!strncmp(text, "gray", 4) || !strncmp(text, "grey", 4))
		value = gray_number(text + 4);
	if (value < 0)
		return false;
	*ret_rgb = (uint32_t)(value * 2.55 + 0.5) * 0x010101u;
	return true;
}

/* A name with a shade's number at its end, which is cut off. */
static bool find_shade(char *text, size_t len, uint32_t *ret_rgb)
{
	const struct color_shades *found;
	char digit = len ? text[len - 1] : '\0';

	if (digit < '1' || digit > '4')
		return false;
	text[len - 1] = '\0';
	found = bsearch(
		text, shades, sizeof(shades) / sizeof(*shades), sizeof(*shades), compare_shades);
	if (found)
		*ret_rgb = found->rgb[digit - '1'];
	return found;
}

bool color_name_find(const char *name, uint32_t *ret_rgb)
{
	const struct color_name *found;
	char text[NAME_MAX_LEN], spaced[NAME_MAX_LEN];
	size_t len = 0, all = strlen(name);

	if (all >= NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i <= all; i++)
		spaced[i] = (char)tolower((unsigned char)name[i]);
	for (size_t i = 0; i < all; i++)
		if (spaced[i] != ' ')
			text[len++] = spaced[i];
	text[len] = '\0';
	found = bsearch(text, names, sizeof(names) / sizeof(*names), sizeof(*names), compare_name);
	if (!found)
		return len == all && (find_gray(text, ret_rgb) || find_shade(text, len, ret_rgb));
	if (len != all && strcmp(spaced, found->name))
		return false;
	*ret_rgb = found->rgb;
	return true;
}
