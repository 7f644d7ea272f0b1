/* SPDX-License-Identifier: MIT */
#include "display/latin-key.h"

#include "vt/keyboard.h"

#include <stddef.h>
#include <uchar.h>

enum { FIRST_OF_OTHER_SCRIPTS = 0x370 };

/* Rows of a keyboard: scan codes from @first on. */
static const struct {
	unsigned first, count;
	const char *keys;
} rows[] = {
	{ 0x10, 12, "qwertyuiop[]" },
	{ 0x1e, 9, "asdfghjkl" },
	{ 0x2b, 8, "\\zxcvbnm" },
};

/* Small letters, and the keys that they are on. */
static const struct {
	const char16_t *letters;
	const char *keys;
} layouts[] = {
	{ u"йцукенгшщзхъфывапролдячсмитьіўї", "qwertyuiop[]asdfghjklzxcvbnmso]" },
	{ u"ςερτυθιοπασδφγηξκλζχψωβνμ", "wertyuiopasdfghjklzxcvbnm" },
	{ u"קראטוןםפשדגכעיחלךזסבהנמצ", "ertyuiopasdfghjklzxcvbnm" },
};

static char key_at(unsigned place)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (place - rows[i].first < rows[i].count)
			return rows[i].keys[place - rows[i].first];
	return 0;
}

static uint32_t small_letter(uint32_t c)
{
	if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	return c;
}

static char key_of(uint32_t letter)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		for (size_t at = 0; layouts[i].letters[at]; at++)
			if (layouts[i].letters[at] == letter)
				return layouts[i].keys[at];
	return 0;
}

uint32_t latin_key(uint32_t keysym, unsigned place)
{
	uint32_t c = vt_keysym_to_unicode(keysym);
	char key;

	if (c < FIRST_OF_OTHER_SCRIPTS)
		return keysym;
	key = key_at(place);
	if (!key)
		key = key_of(small_letter(c));
	return key ? (uint32_t)key : keysym;
}
