/* SPDX-License-Identifier: MIT */
#include "display/display.h"
#include "io/loop.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * What it costs to draw a screen: microseconds of CPU time per full redraw of a view.
 *
 *	read	cells as they are to be seen, colours resolved
 *	tile	and their bits, for encoders that know about cells
 *	pixel	and pixels of 32 bits; x2: at scale 2
 *
 * The loads are text in 16 colours with styles, box drawing, and CJK from Unifont (if installed).
 *
 *	bench-text [redraws, default 2000]
 */
#define BEST_OF 5

static const struct {
	unsigned cols, rows;
} sizes[] = { { 80, 24 }, { 200, 50 } };

struct scene {
	struct loop *loop;
	struct display *display;
	struct display_console *console;
	struct display_view *view;
	struct font *font;
	struct vt *vt;
	unsigned cols, rows, scale;
	struct text_cell *cells;
	uint32_t *pixels;
	uint64_t sum; /* so that nothing is optimised away */
};

/* ---- loads ---- */

static uint32_t random_state = 1;

static unsigned random_below(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

static void put_text(struct strbuf *out)
{
	if (random_below(8) == 0)
		strbuf_printf(out, "\033[%u;%um", random_below(8), 30 + random_below(8));
	strbuf_putc(out, (char)(' ' + random_below(95)));
}

static void put_utf8(struct strbuf *out, uint32_t c)
{
	strbuf_putc(out, (char)(0xe0 | c >> 12));
	strbuf_putc(out, (char)(0x80 | (c >> 6 & 63)));
	strbuf_putc(out, (char)(0x80 | (c & 63)));
}

static void put_box(struct strbuf *out)
{
	put_utf8(out, 0x2500 + random_below(160));
}

static void put_cjk(struct strbuf *out)
{
	put_utf8(out, 0x4e00 + random_below(2000));
}

static const struct {
	const char *name;
	void (*put)(struct strbuf *out);
} loads[] = { { "text", put_text }, { "boxes", put_box }, { "CJK", put_cjk } };

static void fill(struct scene *scene, void (*put)(struct strbuf *out))
{
	struct strbuf out AUTO_STRBUF = { 0 };

	strbuf_puts(&out, "\033[m\033[H\033[2J");
	for (unsigned i = 0; i < scene->cols * scene->rows; i++)
		put(&out);
	vt_feed(scene->vt, out.data, out.len);
	display_console_changed(scene->console);
}

/* ---- what is measured ---- */

static void draw_read(struct scene *scene, unsigned row)
{
	display_view_read(scene->view, row, 0, scene->cols, scene->cells);
	scene->sum += scene->cells[0].fg;
}

static void draw_tile(struct scene *scene, unsigned row)
{
	struct text_tile tile;

	draw_read(scene, row);
	for (unsigned col = 0; col < scene->cols; col++) {
		text_tile(scene->font, scene->vt, &scene->cells[col], &tile);
		scene->sum += tile.bits[7];
	}
}

static void draw_pixel(struct scene *scene, unsigned row)
{
	size_t stride = (size_t)scene->cols * TEXT_CELL_WIDTH * scene->scale;
	uint32_t *pixels = scene->pixels + row * TEXT_CELL_HEIGHT * scene->scale * stride;

	draw_read(scene, row);
	text_render_cells(
		scene->font, scene->vt, scene->cells, scene->cols, pixels, stride, scene->scale);
	scene->sum += pixels[0];
}

static const struct {
	const char *name;
	void (*draw)(struct scene *scene, unsigned row);
	unsigned scale;
} stages[] = {
	{ "read", draw_read, 1 },
	{ "tile", draw_tile, 1 },
	{ "pixel", draw_pixel, 1 },
	{ "pixel x2", draw_pixel, 2 },
};

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double measure(struct scene *scene, unsigned stage, unsigned redraws)
{
	double best = 1e18;

	scene->scale = stages[stage].scale;
	for (unsigned i = 0; i < BEST_OF; i++) {
		double start = cpu_us(), us;

		for (unsigned n = 0; n < redraws; n++)
			for (unsigned row = 0; row < scene->rows; row++)
				stages[stage].draw(scene, row);
		us = (cpu_us() - start) / redraws;
		best = us < best ? us : best;
	}
	return best;
}

/* One character more, and what changed: what a viewer costs per key at the least. */
static double measure_collect(struct scene *scene, unsigned redraws)
{
	static struct display_update update;
	double start;

	display_view_collect(scene->view, &update);
	start = cpu_us();
	for (unsigned n = 0; n < redraws; n++) {
		vt_feed(scene->vt, n % 40 ? "x" : "\r", 1);
		display_console_changed(scene->console);
		scene->sum += display_view_collect(scene->view, &update);
	}
	return (cpu_us() - start) / redraws;
}

static int scene_open(struct scene *scene, unsigned cols, unsigned rows)
{
	static const struct display_view_callbacks callbacks = { 0 };
	const struct vt_config vt_config = { .cols = cols, .rows = rows };
	struct display_console_config console = { .label = "bench" };
	const struct display_view_config view = { .name = "bench" };
	size_t cells = (size_t)cols * rows, scale = 2;

	*scene = (struct scene){ .cols = cols, .rows = rows };
	if (font_new(NULL, &scene->font, NULL) < 0 ||
		vt_new(&vt_config, NULL, NULL, &scene->vt) < 0)
		return -1;
	scene->loop = loop_new();
	scene->display = scene->loop ? display_new(scene->loop, "bench", scene->font) : NULL;
	scene->cells = calloc(cols, sizeof(*scene->cells));
	scene->pixels = calloc(
		cells * TEXT_CELL_WIDTH * TEXT_CELL_HEIGHT * scale * scale, sizeof(*scene->pixels));
	console.vt = scene->vt;
	if (!scene->display || !scene->cells || !scene->pixels ||
		display_console_add(scene->display, &console, &scene->console) < 0)
		return -1;
	return display_view_new(scene->display, &view, &callbacks, NULL, &scene->view);
}

static void scene_close(struct scene *scene)
{
	display_view_free(scene->view);
	display_free(scene->display);
	loop_free(scene->loop);
	font_free(scene->font);
	vt_free(scene->vt);
	free(scene->cells);
	free(scene->pixels);
}

int main(int argc, char **argv)
{
	unsigned redraws = 2000;
	struct scene scene;

	if (argc > 1 && sscanf(argv[1], "%u", &redraws) != 1)
		return 2;
	printf("%-8s %-6s", "size", "load");
	for (unsigned i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		printf(" %9s", stages[i].name);
	printf("   us per full redraw\n");
	for (unsigned s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		if (scene_open(&scene, sizes[s].cols, sizes[s].rows) < 0)
			return 1;
		for (unsigned l = 0; l < sizeof(loads) / sizeof(*loads); l++) {
			fill(&scene, loads[l].put);
			printf("%3ux%-4u %-6s", scene.cols, scene.rows, loads[l].name);
			for (unsigned i = 0; i < sizeof(stages) / sizeof(*stages); i++)
				printf(" %9.1f", measure(&scene, i, redraws / 10 + 1));
			printf("\n");
		}
		printf("%3ux%-4u key and collect: %.2f us\n", scene.cols, scene.rows,
			measure_collect(&scene, redraws));
		scene_close(&scene);
	}
	return 0;
}
