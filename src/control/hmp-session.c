/* SPDX-License-Identifier: MIT */
#include "control/hmp-session.h"

#include "control/hmp-commands.h"

#define PROMPT "(qemu) "

void hmp_session_begin(struct hmp_session *session, struct strbuf *out)
{
	session->readline.prompt = PROMPT;
	session->readline.complete = hmp_next_name;
	strbuf_puts(
		out, "charhub " CHARHUB_VERSION " monitor - type 'help' for more information\r\n");
	readline_begin(&session->readline, out);
}

static void run_line(struct hmp_session *session, struct strbuf *out)
{
	AUTO_STRBUF struct strbuf lines = { 0 };

	hmp_run(session->caller, session->readline.line, &lines);
	hmp_put_lines(out, &lines);
	readline_begin(&session->readline, out);
}

size_t hmp_session_read(struct hmp_session *session, const char *bytes, size_t len,
	struct strbuf *out, bool *ret_end)
{
	enum readline_result result = READLINE_MORE;
	size_t done = 0;

	while (done < len && result == READLINE_MORE)
		result = readline_feed(&session->readline, bytes[done++], out);
	if (result == READLINE_DONE)
		run_line(session, out);
	else if (result == READLINE_CANCEL)
		readline_begin(&session->readline, out);
	*ret_end = result == READLINE_END;
	return done;
}

void hmp_session_done(struct hmp_session *session)
{
	readline_done(&session->readline);
}
