/* SPDX-License-Identifier: MIT */
/* What is typed while at a console: keys for the guest, commands, and answers to what they ask. */
#include "client/attend-impl.h"

#include "base/cleanup.h"
#include "base/plain.h"
#include "client/history.h"
#include "client/tables.h"
#include "client/terminal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- questions ---- */

static void show_question(struct attend *attend)
{
	AUTO_STRBUF struct strbuf out = { 0 };

	strbuf_printf(&out, "\033[?6l\033[999;1H\033[0;7m%s %s\033[0m\033[K", attend->question,
		attend->line);
	if (!out.failed)
		terminal_write(out.data, out.len);
}

static void ask(struct attend *attend, const char *question,
	void (*answer)(struct attend *attend, const char *line))
{
	attend->question = question;
	attend->answer = answer;
	attend->line_len = 0;
	attend->line[0] = '\0';
	attend->mode = ATTEND_LINE;
	show_question(attend);
}

static void feed_line(struct attend *attend, unsigned char byte)
{
	if (byte == '\r' || byte == '\033' || byte == 3) {
		attend_back(attend);
		if (byte == '\r' && attend->line_len)
			attend->answer(attend, attend->line);
		return;
	}
	if (byte == '\b' || byte == 0x7f)
		attend->line_len -= attend->line_len > 0;
	else if (byte == 'U' - '@')
		attend->line_len = 0;
	else if (byte >= ' ' && attend->line_len < sizeof(attend->line) - 1)
		attend->line[attend->line_len++] = (char)byte;
	attend->line[attend->line_len] = '\0';
	show_question(attend);
}

/* ---- commands ---- */

static void run_leave(struct attend *attend)
{
	attend_leave(attend, CLIENT_LEFT);
}

static void run_who(struct attend *attend)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_ERROR struct error *err = NULL;
	AUTO_JSON json_t *hub = NULL;

	if (console_hub(attend->console, &hub, &err) < 0) {
		attend_say(attend, "%s", error_message(err));
		return;
	}
	table_who(&text, hub, attend->at.member, false);
	if (!text.failed)
		attend_page(attend, text.data, text.len, false);
}

static void run_take(struct attend *attend)
{
	attachment_wish(&attend->at, ATTACH_WISH_TAKE, NULL);
}

static void run_give(struct attend *attend)
{
	attachment_wish(&attend->at, ATTACH_WISH_GIVE, NULL);
}

static void run_request(struct attend *attend)
{
	attachment_wish(&attend->at, ATTACH_WISH_REQUEST, NULL);
}

static void run_refuse(struct attend *attend)
{
	attachment_wish(&attend->at, ATTACH_WISH_REFUSE, NULL);
}

static void run_break(struct attend *attend)
{
	attachment_break(&attend->at);
	attend_say(attend, "a break was sent");
}

static void run_sysrq(struct attend *attend)
{
	attend->mode = ATTEND_SYSRQ;
	attend_say(attend, "SysRq: which key? h lists them, Escape: none");
}

static void paste_answer(struct attend *attend, const char *path)
{
	AUTO_ERROR struct error *err = NULL;

	if (paste_file(&attend->paste, path, &err) < 0) {
		paste_done(&attend->paste);
		attend_say(attend, "%s", error_message(err));
	} else {
		attachment_ask_credit(&attend->at);
		attend_say(attend, "pasting %zu bytes; any key stops it", attend->paste.bytes.len);
	}
}

static void run_paste(struct attend *attend)
{
	ask(attend, "File to type:", paste_answer);
}

static void log_answer(struct attend *attend, const char *path)
{
	int r = attend_log(attend, path);

	if (r < 0)
		attend_say(attend, "cannot write '%s': %s", path, strerror(-r));
	else
		attend_say(attend, "what is printed goes to '%s'", path);
}

static void run_log(struct attend *attend)
{
	if (!attend->log) {
		ask(attend, "Log to file:", log_answer);
		return;
	}
	attend_say(attend, fclose(attend->log) ? "the log could not be written" : "the log ends");
	attend->log = NULL;
}

static void run_redraw(struct attend *attend)
{
	attend_back(attend);
}

static void run_history(struct attend *attend)
{
	AUTO_HISTORY struct history history = { 0 };
	AUTO_STRBUF struct strbuf text = { 0 };
	AUTO_ERROR struct error *err = NULL;
	int r = history_of(attend->console, NULL, &history, &err);

	if (r < 0)
		attend_say(attend, "%s", error_message(err));
	else
		plain_text(history.bytes.data, history.bytes.len, &text);
	if (r == 0 && !text.failed)
		attend_page(attend, text.data ? text.data : "", text.len, true);
}

static void run_mark(struct attend *attend)
{
	cast_mark(&attend->cast, "");
	attend_say(attend, attend->cast.file ? "a mark was set" : "nothing is recorded");
}

static void run_help(struct attend *attend);

static const struct {
	char key;
	const char *name, *help;
	void (*run)(struct attend *attend);
} commands[] = {
	{ '.', ".", "leave", run_leave },
	{ 'q', "q", "leave", run_leave },
	{ '?', "?", "this page", run_help },
	{ 'w', "w", "who is here", run_who },
	{ 't', "t", "take the keyboard (typing=one)", run_take },
	{ 'r', "r", "request it from who has it", run_request },
	{ 'g', "g", "give it to who asks, or to whoever types next", run_give },
	{ 'n', "n", "do not give it to who asks", run_refuse },
	{ 'b', "b", "send a break", run_break },
	{ 's', "s", "send SysRq: a break, and the key that is typed next", run_sysrq },
	{ 'p', "p", "type a file, at the guest's pace", run_paste },
	{ 'l', "l", "log to a file, or end that", run_log },
	{ 'h', "h", "scroll back through the history", run_history },
	{ 'm', "m", "set a mark in the recording", run_mark },
	{ 'L' - '@', "^L", "draw the screen again", run_redraw },
};

static void run_help(struct attend *attend)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	char escape[8];

	keys_name(attend->keys.escape, escape);
	strbuf_printf(&text, "At console '%s' as '%s'%s. Behind %s:\n\n", attend->console->name,
		attend->at.member, attend->at.may_type ? "" : ", to look only", escape);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		strbuf_printf(&text, "  %-4s %s\n", commands[i].name, commands[i].help);
	strbuf_printf(&text, "  %-4s %s itself, for the guest\n", escape, escape);
	if (!text.failed)
		attend_page(attend, text.data, text.len, false);
}

static void run_command(struct attend *attend, int key)
{
	char escape[8];

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].key == key || (isalpha(key) && commands[i].key == tolower(key))) {
			commands[i].run(attend);
			return;
		}
	}
	attend_say(attend, "%s ? shows what can be done", keys_name(attend->keys.escape, escape));
}

/* ---- keys ---- */

static void type(struct attend *attend, const void *bytes, size_t len)
{
	strbuf_append(&attend->typed, bytes, len);
	cast_input(&attend->cast, bytes, len);
}

static void stop_paste(struct attend *attend)
{
	if (!attend->paste.bytes.len)
		return;
	attend_say(attend, "stopped after %zu of %zu bytes", attend->paste.at,
		attend->paste.bytes.len);
	paste_done(&attend->paste);
}

static void feed_live(struct attend *attend, unsigned char byte)
{
	int meaning = keys_feed(&attend->keys, byte);

	if (meaning == KEYS_NOTHING)
		return;
	stop_paste(attend);
	if (meaning == KEYS_PASS_TILDE)
		type(attend, "~", 1);
	if (meaning == KEYS_PASS || meaning == KEYS_PASS_TILDE)
		type(attend, &byte, 1);
	else
		run_command(attend, meaning);
}

static void feed_sysrq(struct attend *attend, unsigned char byte)
{
	attend_back(attend);
	if (byte == '\033')
		return;
	attachment_break(&attend->at);
	type(attend, &byte, 1);
}

/* What needs no look at each byte goes as one piece. Return: how much that was. */
static size_t type_plain(struct attend *attend, const unsigned char *bytes, size_t len)
{
	size_t n = 0;

	if (attend->mode != ATTEND_LIVE || attend->keys.escaped || attend->keys.tilde ||
		attend->paste.bytes.len)
		return 0;
	while (n < len && bytes[n] != attend->keys.escape)
		n++;
	if (n)
		type(attend, bytes, n);
	return n;
}

void attend_keys(struct attend *attend, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !attend->over; i++) {
		i += type_plain(attend, bytes + i, len - i);
		if (i == len)
			break;
		switch (attend->mode) {
		case ATTEND_LIVE: feed_live(attend, bytes[i]); break;
		case ATTEND_SYSRQ: feed_sysrq(attend, bytes[i]); break;
		case ATTEND_LINE: feed_line(attend, bytes[i]); break;
		case ATTEND_PAGE:
			if (!pager_feed(&attend->pager, bytes[i]))
				attend_back(attend);
			break;
		}
	}
}
