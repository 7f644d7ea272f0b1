/* SPDX-License-Identifier: MIT */
/*
 * As much of HTTP/1.1 as a scraper speaks: one GET, one answer, and the connection ends. Lines end
 * with CR LF; what is folded, or has no colon, is refused.
 */
#include "metrics/request.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/** struct part - a piece of the request */
struct part {
	const char *text;
	size_t len;
};

static bool is(struct part part, const char *word)
{
	return part.len == strlen(word) && !memcmp(part.text, word, part.len);
}

static bool is_named(struct part part, const char *word)
{
	return part.len == strlen(word) && !strncasecmp(part.text, word, part.len);
}

/* Take what is before @end off the front, and @end; all of it where there is none. */
static struct part take(struct part *rest, const char *end)
{
	const char *at = memmem(rest->text, rest->len, end, strlen(end));
	struct part part = { rest->text, at ? (size_t)(at - rest->text) : rest->len };
	size_t used = at ? part.len + strlen(end) : part.len;

	rest->text += used;
	rest->len -= used;
	return part;
}

/* "/metrics" of "http://host/metrics?x=1" [RFC 9112 3.2.2] */
static struct part path_of(struct part target)
{
	struct part rest = target;

	if (target.len > strlen("http://") &&
		!strncasecmp(target.text, "http://", strlen("http://"))) {
		const char *slash = memchr(target.text + 7, '/', target.len - 7);

		rest.text = slash ? slash : "/";
		rest.len = slash ? target.len - (size_t)(slash - target.text) : 1;
	}
	return take(&rest, "?");
}

static enum scrape_status judge_line(struct part line)
{
	struct part method = take(&line, " "), target = take(&line, " ");

	if (!method.len || !target.len || line.len != strlen("HTTP/1.1") ||
		memcmp(line.text, "HTTP/", strlen("HTTP/")))
		return SCRAPE_BAD;
	if (memcmp(line.text, "HTTP/1.", strlen("HTTP/1.")))
		return SCRAPE_OTHER_VERSION;
	if (!is(method, "GET"))
		return SCRAPE_NOT_ALLOWED;
	return is(path_of(target), "/metrics") ? SCRAPE_OK : SCRAPE_NOT_FOUND;
}

static bool mentions(struct part text, const char *word)
{
	return memmem(text.text, text.len, word, strlen(word));
}

/* Who names only the plain form gets it; by weights nobody asks for less than he can read. */
static enum exposition_form form_of(struct part accept)
{
	return mentions(accept, "text/plain") && !mentions(accept, "application/openmetrics-text")
		       ? EXPOSITION_PLAIN
		       : EXPOSITION_OPENMETRICS;
}

enum scrape_status scrape_request(const char *text, size_t len, enum exposition_form *ret_form)
{
	struct part rest = { text, len }, first = take(&rest, "\r\n");
	enum scrape_status status = judge_line(first);
	unsigned hosts = 0;

	*ret_form = EXPOSITION_OPENMETRICS;
	while (status == SCRAPE_OK && rest.len) {
		struct part value = take(&rest, "\r\n"), name;

		if (!value.len)
			break;
		if (value.text[0] == ' ' || value.text[0] == '\t' ||
			!memchr(value.text, ':', value.len))
			return SCRAPE_BAD;
		name = take(&value, ":");
		hosts += is_named(name, "Host");
		if (is_named(name, "Accept"))
			*ret_form = form_of(value);
	}
	/* [RFC 9112 3.2] */
	if (status == SCRAPE_OK && hosts != 1 &&
		is((struct part){ first.text + first.len - 1, 1 }, "1"))
		return SCRAPE_BAD;
	return hosts > 1 ? SCRAPE_BAD : status;
}

static const char *reason(enum scrape_status status)
{
	switch (status) {
	case SCRAPE_OK: return "OK";
	case SCRAPE_NOT_FOUND: return "Not Found";
	case SCRAPE_NOT_ALLOWED: return "Method Not Allowed";
	case SCRAPE_TOO_LARGE: return "Request Header Fields Too Large";
	case SCRAPE_NO_MEMORY: return "Service Unavailable";
	case SCRAPE_OTHER_VERSION: return "HTTP Version Not Supported";
	case SCRAPE_BAD: break;
	}
	return "Bad Request";
}

void scrape_answer(
	struct strbuf *out, enum scrape_status status, const char *media_type, size_t len)
{
	static const char where[] = "charhub: the figures are at /metrics, by GET\n";
	bool ok = status == SCRAPE_OK;

	strbuf_printf(out,
		"HTTP/1.1 %d %s\r\n"
		"Content-Type: %s\r\n"
		"Content-Length: %zu\r\n"
		"%s"
		"Connection: close\r\n"
		"\r\n"
		"%s",
		(int)status, reason(status), ok ? media_type : "text/plain; charset=utf-8",
		ok ? len : strlen(where), status == SCRAPE_NOT_ALLOWED ? "Allow: GET\r\n" : "",
		ok ? "" : where);
}
