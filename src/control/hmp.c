/* SPDX-License-Identifier: MIT */
/*
 * A person at a chardev.
 */
#include "control/hmp.h"

#include "control/hmp-session.h"
#include "control/monitor.h"

struct hmp {
	struct monitor base;
	struct hmp_session session;
};

static struct hmp *hmp_from(const struct monitor *monitor)
{
	return container_of(monitor, struct hmp, base);
}

static void show(struct monitor *monitor, const struct strbuf *text)
{
	monitor_send(monitor, text->failed ? NULL : text->data, text->len);
}

static size_t read_keys(struct monitor *monitor, const char *bytes, size_t len)
{
	AUTO_STRBUF struct strbuf out = { 0 };
	bool ends;
	size_t done = hmp_session_read(&hmp_from(monitor)->session, bytes, len, &out, &ends);

	if (ends)
		monitor_send_away(monitor);
	show(monitor, &out);
	return done;
}

static void begin(struct monitor *monitor)
{
	struct hmp *hmp = hmp_from(monitor);
	AUTO_STRBUF struct strbuf out = { 0 };

	hmp->session.caller = &monitor->caller;
	hmp_session_begin(&hmp->session, &out);
	show(monitor, &out);
}

static void unfocus(struct monitor *monitor)
{
	monitor_send(monitor, "\r\n", 2);
}

static void forget(struct monitor *monitor)
{
	hmp_session_done(&hmp_from(monitor)->session);
}

static const struct monitor_ops hmp_ops = {
	.size = sizeof(struct hmp),
	.flags = CHARDEV_LINK_CONSOLE,
	.begin = begin,
	.read = read_keys,
	.unfocus = unfocus,
	.forget = forget,
};

int hmp_new(struct world *world, struct chardev *chardev, struct monitor **ret_monitor,
	struct error **err)
{
	int r = monitor_new(world, chardev, &hmp_ops, ret_monitor, err);

	if (r == 0)
		monitor_start(*ret_monitor);
	return r;
}
