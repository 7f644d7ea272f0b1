/* SPDX-License-Identifier: MIT */
/*
 * From the first byte to ClientInit [RFC 6143 7.1-7.3]. A table says how many bytes each phase
 * waits for, so that half a message costs nothing but its bytes; the deadline is viewer.c's.
 * Exactly one security type is offered: what was configured can not be bargained down.
 */
#include "vnc/viewer.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "vnc/server.h"

#include <errno.h>
#include <string.h>

#define VERSION "RFB 003.008\n"

enum { VERSION_SIZE = 12, SECURITY_NONE = 1, SECURITY_VNC = 2, RESULT_OK = 0, RESULT_FAILED = 1 };

int handshake_start(struct vnc_viewer *viewer)
{
	viewer->phase = VIEWER_VERSION;
	return viewer_send(viewer, VERSION, VERSION_SIZE);
}

static int send_u32(struct vnc_viewer *viewer, uint32_t value)
{
	uint8_t wire[4];

	put_u32(wire, value);
	return viewer_send(viewer, wire, sizeof(wire));
}

static int send_text(struct vnc_viewer *viewer, const char *text)
{
	int r = send_u32(viewer, (uint32_t)strlen(text));

	return r < 0 ? r : viewer_send(viewer, text, strlen(text));
}

/* A number that says no, then why, where the version has a place for it. */
static int refuse(struct vnc_viewer *viewer, uint32_t number, bool with_reason, const char *reason)
{
	int r = send_u32(viewer, number);

	log_info("vnc: %s: %s", viewer->name, reason);
	if (r == 0 && with_reason)
		r = send_text(viewer, reason);
	if (r == 0)
		viewer_leave(viewer);
	return r;
}

/* ---- version ---- */

/* 3.4 and 3.5 do not exist; those that say so speak 3.3. 0: a version that is not spoken here. */
static unsigned minor_version(const uint8_t *bytes)
{
	static const struct {
		const char *text;
		unsigned minor;
	} versions[] = {
		{ "RFB 003.003\n", 3 },
		{ "RFB 003.004\n", 3 },
		{ "RFB 003.005\n", 3 },
		{ "RFB 003.007\n", 7 },
		{ "RFB 003.008\n", 8 },
	};

	for (unsigned i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (!memcmp(bytes, versions[i].text, VERSION_SIZE))
			return versions[i].minor;
	return 0;
}

static int start_auth(struct vnc_viewer *viewer)
{
	int r = auth_new_challenge(viewer->challenge);

	viewer->phase = VIEWER_AUTH;
	return r < 0 ? r : viewer_send(viewer, viewer->challenge, sizeof(viewer->challenge));
}

static int version_in(struct vnc_viewer *viewer, const uint8_t *bytes)
{
	uint8_t type = viewer->server->config.password ? SECURITY_VNC : SECURITY_NONE;
	const uint8_t types[2] = { 1, type };
	int r;

	viewer->minor = minor_version(bytes);
	if (!viewer->minor)
		return refuse(viewer, 0, true, "Unsupported protocol version");
	if (viewer->minor > 3) {
		viewer->phase = VIEWER_SECURITY;
		return viewer_send(viewer, types, sizeof(types));
	}
	r = send_u32(viewer, type);
	if (r < 0)
		return r;
	viewer->phase = VIEWER_INIT;
	return type == SECURITY_VNC ? start_auth(viewer) : 0;
}

/* ---- security ---- */

static int pass(struct vnc_viewer *viewer, bool with_result)
{
	viewer->phase = VIEWER_INIT;
	return with_result ? send_u32(viewer, RESULT_OK) : 0;
}

static int security_in(struct vnc_viewer *viewer, const uint8_t *bytes)
{
	uint8_t offered = viewer->server->config.password ? SECURITY_VNC : SECURITY_NONE;

	if (bytes[0] != offered)
		return refuse(viewer, RESULT_FAILED, viewer->minor >= 8,
			"Authentication failed: this security type was not offered");
	if (offered == SECURITY_VNC)
		return start_auth(viewer);
	return pass(viewer, viewer->minor >= 8);
}

static int auth_in(struct vnc_viewer *viewer, const uint8_t *bytes)
{
	int r = server_check_password(viewer->server, viewer, bytes, &viewer->may_type);

	if (r < 0)
		return refuse(viewer, RESULT_FAILED, viewer->minor >= 8, "Authentication failed");
	return pass(viewer, true);
}

/* ---- init ---- */

static int send_server_init(struct vnc_viewer *viewer)
{
	AUTO_STRBUF struct strbuf name = { 0 };
	unsigned scale = viewer->server->config.scale;
	uint8_t init[4 + PIXEL_FORMAT_SIZE];
	int r;

	put_u16(put_u16(init, viewer->updates.cols * TEXT_CELL_WIDTH * scale),
		viewer->updates.rows * TEXT_CELL_HEIGHT * scale);
	pixel_format_write(&pixel_format_default, init + 4);
	display_view_title(viewer->view, &name);
	r = viewer_send(viewer, init, sizeof(init));
	if (r == 0)
		r = send_text(viewer, name.data && !name.failed ? name.data : "");
	return r;
}

static int init_in(struct vnc_viewer *viewer, const uint8_t *bytes)
{
	int r = server_admit(viewer->server, viewer, bytes[0] != 0);

	if (r < 0)
		return r;
	r = viewer_start(viewer);
	return r < 0 ? r : send_server_init(viewer);
}

/* ---- the table ---- */

static const struct {
	size_t size;
	int (*handle)(struct vnc_viewer *viewer, const uint8_t *bytes);
} phases[] = {
	[VIEWER_VERSION] = { VERSION_SIZE, version_in },
	[VIEWER_SECURITY] = { 1, security_in },
	[VIEWER_AUTH] = { AUTH_CHALLENGE_SIZE, auth_in },
	[VIEWER_INIT] = { 1, init_in },
};

ssize_t handshake_in(struct vnc_viewer *viewer, const uint8_t *bytes, size_t len)
{
	size_t size = phases[viewer->phase].size;
	int r;

	if (len < size)
		return 0;
	r = phases[viewer->phase].handle(viewer, bytes);
	return r < 0 ? r : (ssize_t)size;
}
