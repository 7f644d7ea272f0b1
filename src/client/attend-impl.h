/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_ATTEND_IMPL_H
#define CLIENT_ATTEND_IMPL_H

#include "client/attachment.h"
#include "client/attend.h"
#include "client/cast.h"
#include "client/keys.h"
#include "client/pager.h"
#include "client/paste.h"
#include "client/verb.h"

/** What is done with a key. */
enum attend_mode {
	ATTEND_LIVE,  /* it goes to the guest, or is a command */
	ATTEND_SYSRQ, /* it goes behind a break */
	ATTEND_LINE,  /* it is part of an answer to a question */
	ATTEND_PAGE,  /* it turns pages */
};

/**
 * struct attend - being at a console
 * @is_tty:  a person is there
 * @typed:   waits for credit
 * @ended:   nothing more will be typed
 * @notice_ms: a notice covers a part of the picture until then; 0: none does
 * @question, @line, @answer: what is asked, what was typed, and whom to tell
 * @over, @result: it is to end so
 * @signals: a signalfd
 */
struct attend {
	const struct console *console;
	const struct attend_options *options;
	struct attachment at;
	struct keys keys;
	enum attend_mode mode;
	bool is_tty, ended, over;
	int result, signals;
	struct strbuf typed;
	struct paste paste;
	struct pager pager;
	FILE *log;
	struct cast cast;
	uint64_t notice_ms;
	const char *question;
	char line[256];
	size_t line_len;
	void (*answer)(struct attend *attend, const char *line);
};

/** attend_say() - a line for the person */
void attend_say(struct attend *attend, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** attend_leave() - end with that status */
void attend_leave(struct attend *attend, int result);

/** attend_back() - to the console: its picture is shown again */
void attend_back(struct attend *attend);

/** attend_page() - show text until a key ends it; @from_end: its end first */
void attend_page(struct attend *attend, const char *text, size_t len, bool from_end);

/** attend_log() - what is printed goes to a file from now on. Return: 0; -errno */
int attend_log(struct attend *attend, const char *path);

/* ---- attend-keys.c ---- */

/** attend_keys() - what was typed */
void attend_keys(struct attend *attend, const unsigned char *bytes, size_t len);

#endif
