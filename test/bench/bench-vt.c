/* SPDX-License-Identifier: MIT */
#include "vt/vt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef HAVE_LIBVTERM
#include <vterm.h>
#endif
#ifdef HAVE_LIBTSM
#include <libtsm.h>
#endif

/*
 * How many megabytes of guest output a second the terminal engine takes, beside libvterm and libtsm
 * where they are installed. Each load is made in memory first and fed in pieces of 64 KiB; what is
 * counted is CPU time of this process. "full" = grid, scrollback of 10,000 lines, damage collected
 * once a piece; the libraries are given the same duties as far as they have them.
 *
 *	bench-vt [megabytes per load, default 32]
 */
#define PIECE	   (64u << 10)
#define LOAD_BYTES (4u << 20)
#define BEST_OF	   3

struct load {
	const char *name;
	void (*make)(struct strbuf *out);
	int target; /* MB/s */
};

struct engine {
	const char *name;
	void *(*open)(unsigned cols, unsigned rows);
	void (*feed)(void *engine, const char *bytes, size_t len);
	void (*close)(void *engine);
	unsigned slowdown; /* feed this many times less */
};

/* ---- loads ---- */

static uint32_t random_state = 1;

static unsigned random_below(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

static void put_letters(struct strbuf *out, unsigned n)
{
	while (n--)
		strbuf_putc(out, (char)(' ' + random_below(95)));
}

static void make_long(struct strbuf *out)
{
	put_letters(out, 300 + random_below(900));
	strbuf_puts(out, "\r\n");
}

static void make_lines(struct strbuf *out)
{
	put_letters(out, 78);
	strbuf_puts(out, "\r\n");
}

static void make_short(struct strbuf *out)
{
	put_letters(out, 1 + random_below(14));
	strbuf_puts(out, "\r\n");
}

static void make_yes(struct strbuf *out)
{
	strbuf_puts(out, "y\r\n");
}

static void make_sgr(struct strbuf *out)
{
	for (int i = 0; i < 12; i++) {
		switch (random_below(4)) {
		case 0:
			strbuf_printf(out, "\033[%u;%um", random_below(2), 30 + random_below(8));
			break;
		case 1: strbuf_printf(out, "\033[38;5;%um", random_below(256)); break;
		case 2:
			strbuf_printf(out, "\033[48;2;%u;%u;%um", random_below(256),
				random_below(256), random_below(256));
			break;
		default: strbuf_puts(out, "\033[0m"); break;
		}
		put_letters(out, 1 + random_below(9));
	}
	strbuf_puts(out, "\033[0m\r\n");
}

static void make_addressed(struct strbuf *out)
{
	strbuf_printf(out, "\033[%u;%uH", 1 + random_below(24), 1 + random_below(60));
	put_letters(out, 5 + random_below(25));
	if (random_below(4) == 0)
		strbuf_puts(out, "\033[K");
}

static void make_utf8(struct strbuf *out)
{
	static const char *const words[] = { "日本語テキスト", "한국어", "naïve café", "Привет мир",
		"e\xcc\x81te\xcc\x81", "😀🚀", "─│┌┐└┘", "Ελληνικά" };

	for (int i = 0; i < 6; i++) {
		strbuf_puts(out, words[random_below(8)]);
		strbuf_putc(out, ' ');
	}
	strbuf_puts(out, "\r\n");
}

static void make_random(struct strbuf *out)
{
	strbuf_putc(out, (char)random_below(256));
}

static const struct load loads[] = {
	{ "long lines", make_long, 400 },
	{ "78-col lines", make_lines, 400 },
	{ "short lines", make_short, 90 },
	{ "yes", make_yes, 0 },
	{ "SGR-heavy", make_sgr, 65 },
	{ "addressed", make_addressed, 110 },
	{ "UTF-8", make_utf8, 65 },
	{ "random", make_random, 0 },
};

/* ---- engines ---- */

struct own {
	struct vt *vt;
	struct vt_reader reader;
	struct vt_damage damage;
};

static void *own_open(unsigned cols, unsigned rows)
{
	struct vt_config config = { .cols = cols, .rows = rows };
	struct own *own = calloc(1, sizeof(*own));

	if (!own || vt_new(&config, NULL, NULL, &own->vt) < 0)
		abort();
	return own;
}

static void own_feed(void *engine, const char *bytes, size_t len)
{
	struct own *own = engine;

	vt_feed(own->vt, bytes, len);
	vt_collect_damage(own->vt, &own->reader, &own->damage);
}

static void own_close(void *engine)
{
	struct own *own = engine;

	vt_free(own->vt);
	free(own);
}

#ifdef HAVE_LIBVTERM
#define SB_LINES 10000

struct vterm {
	VTerm *vt;
	VTermScreenCell *lines[SB_LINES];
	unsigned next;
};

static int vterm_pushline(int cols, const VTermScreenCell *cells, void *user)
{
	struct vterm *vterm = user;
	VTermScreenCell **slot = &vterm->lines[vterm->next++ % SB_LINES];

	if (!*slot)
		*slot = malloc((size_t)cols * sizeof(**slot));
	if (*slot)
		memcpy(*slot, cells, (size_t)cols * sizeof(**slot));
	return 1;
}

static int vterm_damage(VTermRect rect, void *user)
{
	(void)rect;
	(void)user;
	return 1;
}

static void *vterm_open(unsigned cols, unsigned rows)
{
	static const VTermScreenCallbacks callbacks = { .damage = vterm_damage,
		.sb_pushline = vterm_pushline };
	struct vterm *vterm = calloc(1, sizeof(*vterm));
	VTermScreen *screen;

	if (!vterm)
		abort();
	vterm->vt = vterm_new((int)rows, (int)cols);
	vterm_set_utf8(vterm->vt, 1);
	screen = vterm_obtain_screen(vterm->vt);
	vterm_screen_set_callbacks(screen, &callbacks, vterm);
	vterm_screen_set_damage_merge(screen, VTERM_DAMAGE_SCROLL);
	vterm_screen_enable_altscreen(screen, 1);
	vterm_screen_reset(screen, 1);
	return vterm;
}

static void vterm_feed(void *engine, const char *bytes, size_t len)
{
	struct vterm *vterm = engine;

	vterm_input_write(vterm->vt, bytes, len);
	vterm_screen_flush_damage(vterm_obtain_screen(vterm->vt));
}

static void vterm_close(void *engine)
{
	struct vterm *vterm = engine;

	for (int i = 0; i < SB_LINES; i++)
		free(vterm->lines[i]);
	vterm_free(vterm->vt);
	free(vterm);
}
#endif

#ifdef HAVE_LIBTSM
struct tsm {
	struct tsm_screen *screen;
	struct tsm_vte *vte;
};

static void tsm_write(struct tsm_vte *vte, const char *u8, size_t len, void *data)
{
	(void)vte;
	(void)u8;
	(void)len;
	(void)data;
}

static int tsm_cell(struct tsm_screen *screen, uint64_t id, const uint32_t *ch, size_t len,
	unsigned width, unsigned x, unsigned y, const struct tsm_screen_attr *attr, tsm_age_t age,
	void *data)
{
	(void)screen, (void)id, (void)ch, (void)len, (void)width, (void)x, (void)y;
	(void)attr, (void)age, (void)data;
	return 0;
}

static void *tsm_open(unsigned cols, unsigned rows)
{
	struct tsm *tsm = calloc(1, sizeof(*tsm));

	if (!tsm || tsm_screen_new(&tsm->screen, NULL, NULL) < 0 ||
		tsm_vte_new(&tsm->vte, tsm->screen, tsm_write, NULL, NULL, NULL) < 0)
		abort();
	tsm_screen_resize(tsm->screen, cols, rows);
	tsm_screen_set_max_sb(tsm->screen, 10000);
	return tsm;
}

static void tsm_feed(void *engine, const char *bytes, size_t len)
{
	struct tsm *tsm = engine;

	tsm_vte_input(tsm->vte, bytes, len);
	tsm_screen_draw(tsm->screen, tsm_cell, NULL);
}

static void tsm_close(void *engine)
{
	struct tsm *tsm = engine;

	tsm_vte_unref(tsm->vte);
	tsm_screen_unref(tsm->screen);
	free(tsm);
}
#endif

static const struct engine engines[] = {
	{ "charhub", own_open, own_feed, own_close, 1 },
#ifdef HAVE_LIBVTERM
	{ "libvterm", vterm_open, vterm_feed, vterm_close, 16 },
#endif
#ifdef HAVE_LIBTSM
	{ "libtsm", tsm_open, tsm_feed, tsm_close, 16 },
#endif
};
#define ENGINES (sizeof(engines) / sizeof(engines[0]))

/* ---- measuring ---- */

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double run(const struct engine *engine, const struct strbuf *load, unsigned cols,
	unsigned rows, size_t bytes)
{
	void *instance = engine->open(cols, rows);
	size_t done = 0, at = 0;
	double start, seconds;

	bytes /= engine->slowdown;
	start = cpu_seconds();
	while (done < bytes) {
		size_t n = load->len - at < PIECE ? load->len - at : PIECE;

		engine->feed(instance, load->data + at, n);
		at = (at + n) % load->len;
		done += n;
	}
	seconds = cpu_seconds() - start;
	engine->close(instance);
	return (double)done / 1e6 / seconds;
}

static double best_run(const struct engine *engine, const struct strbuf *load, unsigned cols,
	unsigned rows, size_t bytes)
{
	double best = 0;

	for (int i = 0; i < BEST_OF; i++) {
		double speed = run(engine, load, cols, rows, bytes);

		best = speed > best ? speed : best;
	}
	return best;
}

static void bench_load(const struct load *load, unsigned cols, unsigned rows, size_t bytes)
{
	struct strbuf text = { 0 };
	double speed;

	random_state = 1;
	while (text.len < LOAD_BYTES)
		load->make(&text);
	printf("%ux%-3u %-13s", cols, rows, load->name);
	for (size_t i = 0; i < ENGINES; i++) {
		speed = best_run(&engines[i], &text, cols, rows, bytes);
		printf(" %9.1f", speed);
		if (i == 0)
			printf(" %7d", load->target);
	}
	printf("\n");
	fflush(stdout);
	strbuf_done(&text);
}

int main(int argc, char **argv)
{
	static const unsigned sizes[][2] = { { 80, 24 }, { 200, 50 } };
	size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 32;

	printf("%-20s %9s %7s", "MB/s", engines[0].name, "target");
	for (size_t i = 1; i < ENGINES; i++)
		printf(" %9s", engines[i].name);
	printf("\n");
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
			bench_load(&loads[i], sizes[s][0], sizes[s][1], megabytes << 20);
	return 0;
}
