/* SPDX-License-Identifier: MIT */
#include "script.h"
#include "replay-check.h"
#include "vt/engine.h"
#include "vt/keyboard.h"
#include "vt/sgr.h"
#include "vt/style.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * One engine for each case; commands either do something to it or compare it with what is expected.
 * After each "in" the state is replayed into a second engine, which must become equal.
 */
#define LINE_MAX_BYTES 4096
#define WORDS_MAX      8

struct script {
	const char *path;
	unsigned line;
	size_t piece;
	struct vt *vt;
	struct strbuf replies, events, queries;
	unsigned cases, failed;
	bool case_failed;
	bool resizable; /* the guest gets the size that it asks for */
};

struct words {
	char *word[WORDS_MAX];
	size_t len[WORDS_MAX]; /* words may hold NULs */
	unsigned count;
};

static void fail(struct script *script, const char *what, const char *is, const char *expected)
{
	printf("%s:%u (pieces of %zu): %s\n  is:       %s\n  expected: %s\n", script->path,
		script->line, script->piece, what, is, expected);
	script->case_failed = true;
}

/* ---- callbacks ---- */

static void put_visible(struct strbuf *out, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == 0x1b)
			strbuf_puts(out, "\\e");
		else if (c < 0x20 || c == 0x7f)
			strbuf_printf(out, "\\x%02x", c);
		else
			strbuf_putc(out, (char)c);
	}
}

static void on_reply(void *data, const char *bytes, size_t len)
{
	struct script *script = data;

	put_visible(&script->replies, bytes, len);
}

static void add_event(struct script *script, const char *name, const char *text)
{
	strbuf_printf(&script->events, "%s%s%s", script->events.len ? "; " : "", name, text);
}

static void on_title(void *data, const char *title)
{
	add_event(data, "title ", title);
}

static void on_icon(void *data, const char *icon)
{
	add_event(data, "icon ", icon);
}

static void on_bell(void *data)
{
	add_event(data, "bell", "");
}

static void on_clipboard_set(void *data, const char *selection, const char *bytes, size_t len)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	strbuf_printf(&text, "%s ", selection);
	strbuf_append(&text, bytes, len);
	add_event(data, "clipboard ", text.data);
}

static bool on_size_request(void *data, unsigned cols, unsigned rows)
{
	struct script *script = data;
	AUTO_STRBUF struct strbuf text = { 0 };

	strbuf_printf(&text, "%ux%u", cols, rows);
	add_event(data, "size ", text.data);
	return script->resizable;
}

static void on_query(void *data, uint64_t start, uint64_t end)
{
	struct script *script = data;

	strbuf_printf(&script->queries, "%s%llu-%llu", script->queries.len ? " " : "",
		(unsigned long long)start, (unsigned long long)end);
}

static void new_engine(struct script *script, unsigned cols, unsigned rows, bool clipboard)
{
	static const struct vt_callbacks callbacks = { on_reply, on_title, on_icon, on_bell,
		on_clipboard_set, on_size_request, on_query };
	struct vt_config config = { .cols = cols,
		.rows = rows,
		.scrollback_lines = 100,
		.clipboard_write = clipboard,
		.answerback = "charhub" };

	vt_free(script->vt);
	script->vt = NULL;
	if (vt_new(&config, &callbacks, script, &script->vt) < 0)
		abort();
}

/* ---- comparing ---- */

static void compare(struct script *script, const char *what, const char *is, const char *expected)
{
	if (strcmp(is, expected))
		fail(script, what, is, expected);
}

static void compare_and_forget(
	struct script *script, const char *what, struct strbuf *is, const char *expected)
{
	compare(script, what, is->data ? is->data : "", expected);
	strbuf_done(is);
}

static void compare_number(
	struct script *script, const char *what, const char *expected, unsigned a)
{
	AUTO_STRBUF struct strbuf is = { 0 };

	strbuf_printf(&is, "%u", a);
	compare(script, what, is.data, expected);
}

static void compare_pair(
	struct script *script, const char *what, const char *expected, unsigned a, unsigned b)
{
	AUTO_STRBUF struct strbuf is = { 0 };

	strbuf_printf(&is, "%u,%u", a, b);
	compare(script, what, is.data, expected);
}

static void put_text(struct vt *vt, const struct vt_cell *cells, unsigned n, struct strbuf *out)
{
	uint32_t chars[VT_CLUSTER_MAX];
	char bytes[4];

	while (n > 0 && !cells[n - 1].ch && cells[n - 1].width != VT_WIDE_TAIL)
		n--;
	strbuf_puts(out, "");
	for (unsigned x = 0; x < n; x++) {
		unsigned count = vt_cluster(vt, (uint32_t)cells[x].ch, chars);

		if (cells[x].width == VT_WIDE_TAIL)
			continue;
		if (count == 0)
			strbuf_putc(out, ' ');
		for (unsigned i = 0; i < count; i++)
			strbuf_append(out, bytes, utf8_encode(chars[i], bytes));
	}
}

/* ---- commands ---- */

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

static void pair(const char *text, unsigned *a, unsigned *b)
{
	char *end;

	*a = (unsigned)strtoul(text, &end, 10);
	*b = *end ? number(end + 1) : 0;
}

static struct vt_cell cell_at(struct script *script, const char *where)
{
	struct vt_cell cells[VT_COLS_MAX] = { 0 };
	unsigned x, y;

	pair(where, &x, &y);
	vt_read_line(script->vt, (int)y, cells, NULL);
	return cells[x];
}

static void check_state(struct script *script)
{
	const char *fault = state_fault(script->vt);

	if (fault)
		fail(script, "state", fault, "sound");
	if (!replay_check(script->vt, true))
		fail(script, "replay", "see above", "equal");
}

static void do_in(struct script *script, const struct words *words)
{
	const char *bytes = words->word[1];
	size_t len = words->len[1];

	while (len) {
		uint64_t work = script->piece ? script->piece : VT_WORK_MAX;
		size_t n = vt_feed_some(script->vt, bytes, len, &work);

		bytes += n;
		len -= n;
	}
	check_state(script);
}

static void do_size(struct script *script, const struct words *words)
{
	unsigned cols, rows;

	pair(words->word[1], &cols, &rows);
	if (vt_resize(script->vt, cols, rows) < 0)
		fail(script, "size", "refused", words->word[1]);
	check_state(script);
}

static void do_new(struct script *script, const struct words *words)
{
	unsigned cols, rows;

	pair(words->word[1], &cols, &rows);
	script->resizable = words->count > 2 && !strcmp(words->word[2], "resizable");
	new_engine(script, cols, rows, words->count > 2 && !script->resizable);
}

static void do_row(struct script *script, const struct words *words)
{
	struct vt_cell cells[VT_COLS_MAX];
	AUTO_STRBUF struct strbuf text = { 0 };

	vt_read_line(script->vt, (int)strtol(words->word[1], NULL, 10), cells, NULL);
	put_text(script->vt, cells, vt_cols(script->vt), &text);
	compare(script, "row", text.data, words->word[2]);
}

static void do_wrapped(struct script *script, const struct words *words)
{
	struct vt_cell cells[VT_COLS_MAX];
	bool wrapped;

	vt_read_line(script->vt, (int)strtol(words->word[1], NULL, 10), cells, &wrapped);
	compare(script, "wrapped", wrapped ? "yes" : "no", words->word[2]);
}

static void do_cursor(struct script *script, const struct words *words)
{
	struct vt_cursor cursor = vt_cursor(script->vt);

	compare_pair(script, "cursor", words->word[1], cursor.col, cursor.row);
	if (words->count > 2)
		compare(script, "cursor", script->vt->wrap_pending ? "wrap" : "stays",
			words->word[2]);
}

static void do_shape(struct script *script, const struct words *words)
{
	static const char *const shapes[] = { "block", "underline", "bar" };
	struct vt_cursor cursor = vt_cursor(script->vt);
	AUTO_STRBUF struct strbuf is = { 0 };

	strbuf_printf(&is, "%s%s%s", shapes[cursor.shape], cursor.blink ? " blinking" : "",
		cursor.visible ? "" : " hidden");
	compare(script, "shape", is.data, words->word[1]);
}

static void do_style(struct script *script, const struct words *words)
{
	struct vt_cell cell = cell_at(script, words->word[1]);
	const char *uri = vt_link_uri(script->vt, (unsigned)cell.link);
	AUTO_STRBUF struct strbuf is = { 0 };

	sgr_format(&cell, &is);
	if (cell.attr & VT_PROTECTED)
		strbuf_puts(&is, " protected");
	if (uri)
		strbuf_printf(&is, " %s", uri);
	compare(script, "style", is.data, words->word[2]);
}

static void do_cell(struct script *script, const struct words *words)
{
	static const char *const widths[] = { "narrow", "wide", "tail" };
	struct vt_cell cell = cell_at(script, words->word[1]);
	bool blank = !cell.ch && cell.width == VT_NARROW;

	compare(script, "cell", blank ? "blank" : widths[cell.width], words->word[2]);
}

static void do_reply(struct script *script, const struct words *words)
{
	AUTO_STRBUF struct strbuf expected = { 0 };

	put_visible(&expected, words->word[1], words->len[1]);
	compare_and_forget(script, "reply", &script->replies, expected.data ? expected.data : "");
}

static void do_event(struct script *script, const struct words *words)
{
	compare_and_forget(script, "event", &script->events, words->word[1]);
}

static void do_query(struct script *script, const struct words *words)
{
	compare_and_forget(script, "query", &script->queries, words->word[1]);
}

static void do_mode(struct script *script, const struct words *words)
{
	static const char *const states[] = { "unknown", "set", "reset" };
	bool private = words->word[1][0] == '?';
	int mode = (int)number(words->word[1] + private);

	compare(script, "mode", states[mode_report(script->vt, private, mode)], words->word[2]);
}

static void do_line(struct script *script, const struct words *words)
{
	static const char *const sizes[] = { "single", "top", "bottom", "wide" };

	compare(script, "line", sizes[vt_line_size(script->vt, (int)number(words->word[1]))],
		words->word[2]);
}

static void do_title(struct script *script, const struct words *words)
{
	compare(script, "title", vt_title(script->vt), words->word[1]);
}

static void do_scrollback(struct script *script, const struct words *words)
{
	compare_number(script, "scrollback", words->word[1], vt_scrollback_count(script->vt));
}

static void do_color(struct script *script, const struct words *words)
{
	AUTO_STRBUF struct strbuf is = { 0 };

	strbuf_printf(&is, "%06x", vt_palette(script->vt, number(words->word[1])));
	compare(script, "color", is.data, words->word[2]);
}

static void do_boundary(struct script *script, const struct words *words)
{
	compare_pair(script, "boundary, settled", words->word[1], (unsigned)vt_boundary(script->vt),
		(unsigned)vt_settled(script->vt));
}

static void do_screen(struct script *script, const struct words *words)
{
	compare(script, "screen", vt_is_alternate(script->vt) ? "alternate" : "main",
		words->word[1]);
}

static const struct {
	const char *name;
	unsigned words; /* at least, itself included */
	void (*run)(struct script *script, const struct words *words);
} commands[] = {
	{ "new", 2, do_new },
	{ "in", 2, do_in },
	{ "size", 2, do_size },
	{ "row", 3, do_row },
	{ "wrapped", 3, do_wrapped },
	{ "cursor", 2, do_cursor },
	{ "shape", 2, do_shape },
	{ "style", 3, do_style },
	{ "cell", 3, do_cell },
	{ "reply", 2, do_reply },
	{ "event", 2, do_event },
	{ "query", 2, do_query },
	{ "mode", 3, do_mode },
	{ "title", 2, do_title },
	{ "line", 3, do_line },
	{ "scrollback", 2, do_scrollback },
	{ "color", 3, do_color },
	{ "screen", 2, do_screen },
	{ "boundary", 2, do_boundary },
};

/* ---- reading ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* What a backslash and the letters behind it stand for; Return: behind them. */
static const char *unescape(const char *p, char *out)
{
	static const char letters[] = "eanrtb0\\\"", values[] = "\033\a\n\r\t\b\0\\\"";
	const char *at = strchr(letters, *p);

	if (*p == 'x') {
		*out = (char)(hex(p[1]) * 16 + hex(p[2]));
		return p + 3;
	}
	*out = at ? values[at - letters] : *p;
	return p + 1;
}

/* Words are separated by blanks; "..." makes one word and knows escapes. */
static void split(char *line, struct words *words)
{
	const char *p = line;
	char *out = line;

	words->count = 0;
	while (words->count < WORDS_MAX) {
		bool quoted;
		char c;

		p += strspn(p, " \t");
		if (!*p || *p == '#')
			return;
		quoted = *p == '"';
		p += quoted;
		words->word[words->count] = out;
		while (*p && (quoted ? *p != '"' : *p != ' ')) {
			c = *p++;
			if (quoted && c == '\\')
				p = unescape(p, &c);
			*out++ = c;
		}
		words->len[words->count] = (size_t)(out - words->word[words->count]);
		words->count++;
		p += *p != '\0';
		*out++ = '\0';
	}
}

/* Nothing may be left over that no command has looked at. */
static void end_case(struct script *script)
{
	if (script->vt) {
		compare_and_forget(script, "replies not asked for", &script->replies, "");
		compare_and_forget(script, "events not asked for", &script->events, "");
	}
	strbuf_done(&script->queries);
	script->failed += script->case_failed;
	script->case_failed = false;
	vt_free(script->vt);
	script->vt = NULL;
}

static void begin_case(struct script *script)
{
	end_case(script);
	script->cases++;
	script->resizable = false;
	new_engine(script, 10, 4, false);
}

static void run_line(struct script *script, const struct words *words)
{
	if (!strcmp(words->word[0], "test")) {
		begin_case(script);
		return;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(words->word[0], commands[i].name))
			continue;
		if (words->count < commands[i].words || !script->vt)
			break;
		commands[i].run(script, words);
		return;
	}
	fail(script, "not a command, or too few words", words->word[0], "");
}

unsigned script_run(const char *path, size_t piece, unsigned *ret_failed)
{
	struct script script = { .path = path, .piece = piece };
	FILE *file = fopen(path, "re");
	char line[LINE_MAX_BYTES];
	struct words words;

	if (!file) {
		perror(path);
		*ret_failed = 1;
		return 0;
	}
	while (fgets(line, sizeof(line), file)) {
		script.line++;
		line[strcspn(line, "\n")] = '\0';
		split(line, &words);
		if (words.count)
			run_line(&script, &words);
	}
	end_case(&script);
	fclose(file);
	*ret_failed = script.failed;
	return script.cases;
}
