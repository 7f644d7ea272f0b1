/* SPDX-License-Identifier: MIT */
#ifndef VNC_VIEWER_H
#define VNC_VIEWER_H

#include "base/list.h"
#include "display/display.h"
#include "vnc/auth.h"
#include "vnc/deflater.h"
#include "vnc/encode.h"
#include "vnc/stream.h"
#include "vnc/vnc.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A viewer's life, phase by phase. In each there is one thing that it may say next:
 *
 *	VERSION		12 bytes, its version of the protocol
 *	SECURITY	1 byte, the security type (3.7, 3.8)
 *	AUTH		16 bytes, the response to the challenge
 *	INIT		1 byte, whether it wants to share
 *	RUNNING		messages; there is a view now
 *	LEAVING		it was refused: the reason is on its way, what it says is thrown away
 */
enum viewer_phase {
	VIEWER_VERSION,
	VIEWER_SECURITY,
	VIEWER_AUTH,
	VIEWER_INIT,
	VIEWER_RUNNING,
	VIEWER_LEAVING,
};

/* What a viewer can do besides pictures: the pseudo-encodings that it has named. */
enum viewer_feature {
	FEATURE_COPY_RECT = 1 << 0,
	FEATURE_DESKTOP_SIZE = 1 << 1,
	FEATURE_EXTENDED_SIZE = 1 << 2,
	FEATURE_DESKTOP_NAME = 1 << 3,
	FEATURE_CURSOR = 1 << 4,
	FEATURE_FENCE = 1 << 5,
	FEATURE_CONTINUOUS = 1 << 6,
	FEATURE_EXTENDED_KEY = 1 << 7,
	FEATURE_CLIPBOARD = 1 << 8,
	FEATURE_LED = 1 << 9,
};

/* Rectangles without a picture that the next update has to bring. */
enum viewer_news {
	NEWS_SIZE = 1 << 0, /* an ExtendedDesktopSize that is due even if nothing changed */
	NEWS_NAME = 1 << 1,
	NEWS_CURSOR = 1 << 2,
	NEWS_EXTENDED_KEY = 1 << 3,
	NEWS_LED = 1 << 4,
};

#define FENCE_DATA_MAX	 64u
#define CLIPBOARD_MAX	 (1u << 20) /* bytes of text, either way; as QEMU */
#define FRAMEBUFFER_SIDE 16384u	    /* pixels; a larger picture is cut */

/* When so much waits for a viewer, it is not listened to either. */
#define VIEWER_WAITING_MAX (256u << 10)

/** struct cell_area - columns @left..@right-1 of rows @top..@bottom-1; empty: all zero */
struct cell_area {
	unsigned left, top, right, bottom;
};

/** struct job - a rectangle that the message in progress still has to bring */
struct job {
	uint16_t col, row, cols, rows;
};

/**
 * struct updates - what a viewer gets to see, and when; update.c's
 * @encoding, @format: as asked for; of the message in progress @job_encoding, @job_format
 * @level:         of compression, 1..9
 * @cols, @rows:   of the framebuffer that the viewer knows of, in cells
 * @wanted:        it has asked for an update
 * @forced:        what it has asked for whether changed or not
 * @news:          enum viewer_news bits
 * @size_reason, @size_status: of the ExtendedDesktopSize that is due
 * @jobs, @jobs_len, @jobs_at: the message in progress; NULL: there is none
 * @picture:       name of the picture that the jobs are of; 0: none
 * @stale:         the picture has changed since the jobs were made: they mix old and new, and a
 *                 scroll cannot be told as a copy next time
 * @last_ms:       when the last message began
 * @held_since_ms: when the guest was first found in the middle of a frame; 0: it is not
 * @fences:        sent and not answered; the last at @fence_sent_ms
 * @round_trip_ms: how long the answer to one took
 */
struct updates {
	const struct encoding *encoding, *job_encoding;
	struct pixel_format format, job_format;
	int level;
	unsigned cols, rows;
	bool wanted, continuous, stale;
	struct cell_area forced;
	unsigned news;
	uint16_t size_reason, size_status;
	struct job *jobs;
	unsigned jobs_len, jobs_at;
	uint64_t picture;
	uint64_t last_ms, held_since_ms;
	unsigned fences;
	uint64_t fence_sent_ms;
	unsigned round_trip_ms;
	struct deflater zrle, tight;
};

/** struct fence - a Fence message of the viewer that is answered after its next message */
struct fence {
	bool armed;
	uint32_t flags;
	uint8_t len;
	uint8_t data[FENCE_DATA_MAX];
};

/**
 * struct vnc_viewer - one connection
 * @in:     bytes that are not a whole message yet
 * @held:   messages that wait until the update in progress is complete
 * @name:   address of the peer
 * @bell:   to be rung when nothing waits
 * @work:   what is to be done once the dispatch is over
 * @timer:  the deadline of the login; later the next moment for an update
 * @view:   while RUNNING
 * @connecting, @shares: is in the server's count of these
 * @may_type: did not log in with the password for those who only look
 * @resize:  the size that it wants, in pixels, where @resize_wanted
 */
struct vnc_viewer {
	struct list node;
	struct vnc_server *server;
	enum viewer_phase phase;
	char *name;
	struct stream stream;
	struct byte_queue in, held;
	struct task work;
	struct timer *timer;
	unsigned minor; /* of the protocol version: 3, 7, 8 */
	uint8_t challenge[AUTH_CHALLENGE_SIZE];
	bool connecting, shares, may_type;

	struct display_view *view;
	struct updates updates;
	unsigned features;
	struct fence fence;
	bool bell;
	bool yield; /* enough for this dispatch */
	bool resize_wanted;
	unsigned resize_width, resize_height;
	uint64_t resized_ms;
	struct clipboard *clipboard; /* clipboard.c's; NULL until there is something */
	uint32_t clipboard_caps;
	uint8_t shifts; /* keyboard.c's */
	int8_t leds;	/* enum led bits; -1: not known */
};

/**
 * viewer_new() - greet a connection
 * @fd: the viewer's from now on, also where this fails
 *
 * Return: 0; -ENOMEM and the like.
 */
int viewer_new(struct vnc_server *server, int fd, bool websocket, const char *name);

/** viewer_free() - close; the server's counts are put right. Not from inside of message handlers */
void viewer_free(struct vnc_viewer *viewer);

/** viewer_post() - see to output and updates after this dispatch */
void viewer_post(struct vnc_viewer *viewer);

/**
 * viewer_send() - a message to the viewer; it waits while an update is in progress
 *
 * Written after the dispatch. Return: 0; -ENOMEM.
 */
int viewer_send(struct vnc_viewer *viewer, const void *bytes, size_t len);

/** viewer_waiting() - bytes that the viewer has not taken yet */
size_t viewer_waiting(const struct vnc_viewer *viewer);

/** viewer_start() - logged in: make the view. Return: 0; -ENOMEM */
int viewer_start(struct vnc_viewer *viewer);

/** viewer_leave() - let what was sent reach the viewer, then close */
void viewer_leave(struct vnc_viewer *viewer);

/* ---- the parts of a viewer ---- */

/** handshake_start() - send the server's version. Return: 0; -ENOMEM */
int handshake_start(struct vnc_viewer *viewer);

/**
 * handshake_in() - bytes of a viewer that is not RUNNING
 *
 * Return: how many were used; 0: more are needed; -errno: close.
 */
ssize_t handshake_in(struct vnc_viewer *viewer, const uint8_t *bytes, size_t len);

/** message_in() - the same for a viewer that is RUNNING; may set @viewer->yield */
ssize_t message_in(struct vnc_viewer *viewer, const uint8_t *bytes, size_t len);

/** update_start() - at the beginning of RUNNING; the view is there */
void update_start(struct vnc_viewer *viewer);

/** update_request() - the viewer asks for a part of its picture, in pixels */
void update_request(struct vnc_viewer *viewer, bool incremental, unsigned x, unsigned y,
	unsigned width, unsigned height);

/** update_set_features() - after SetEncodings; @before: the features until now */
void update_set_features(struct vnc_viewer *viewer, unsigned before);

/** update_changed() - the picture is not that of the jobs any more */
void update_changed(struct vnc_viewer *viewer);

/** update_fence_answered() */
void update_fence_answered(struct vnc_viewer *viewer);

/** update_run() - send what is due and can be sent now. Return: 0; -ENOMEM: close */
int update_run(struct vnc_viewer *viewer);

/** update_done() - free what it holds */
void update_done(struct vnc_viewer *viewer);

/** viewer_resize() - SetDesktopSize: remember what is wanted, see to it in a moment */
void viewer_resize(struct vnc_viewer *viewer, unsigned width, unsigned height);

/** keyboard_in() - a key went down or up */
void keyboard_in(struct vnc_viewer *viewer, uint32_t keysym, bool down);

/** pointer_in() - in pixels of the framebuffer */
void pointer_in(struct vnc_viewer *viewer, unsigned buttons, unsigned x, unsigned y);

/** clipboard_announce() - the viewer knows the extended clipboard: say what we do. 0; -ENOMEM */
int clipboard_announce(struct vnc_viewer *viewer);

/** clipboard_latin1_in() - ClientCutText. Return: 0; -ENOMEM */
int clipboard_latin1_in(struct vnc_viewer *viewer, const uint8_t *text, size_t len);

/** clipboard_extended_in() - the same, extended. Return: 0; -EPROTO; -ENOMEM */
int clipboard_extended_in(struct vnc_viewer *viewer, const uint8_t *bytes, size_t len);

/** clipboard_out() - text for the viewer's clipboard */
void clipboard_out(struct vnc_viewer *viewer, const char *utf8, size_t len);

/** clipboard_paste() - the paste key: type what the viewer's clipboard holds */
void clipboard_paste(struct vnc_viewer *viewer);

/** clipboard_done() */
void clipboard_done(struct vnc_viewer *viewer);

/* ---- rectangles without a picture: pseudo.c ---- */

/** pseudo_count() - how many rectangles @news are */
unsigned pseudo_count(unsigned news);

/** pseudo_send() - send those of @news but the size, clear them. Return: 0; -ENOMEM */
int pseudo_send(struct vnc_viewer *viewer, unsigned news);

/** pseudo_send_size() - DesktopSize or ExtendedDesktopSize, what the viewer knows. 0; -ENOMEM */
int pseudo_send_size(struct vnc_viewer *viewer);

/** rect_header() - 12 bytes [RFC 6143 7.6.1]; places in pixels */
void rect_header(unsigned x, unsigned y, unsigned width, unsigned height, int32_t encoding,
	uint8_t ret_header[12]);

/* ---- numbers on the wire ---- */

static inline unsigned get_u16(const uint8_t *wire)
{
	return (unsigned)wire[0] << 8 | wire[1];
}

static inline uint32_t get_u32(const uint8_t *wire)
{
	return (uint32_t)get_u16(wire) << 16 | get_u16(wire + 2);
}

static inline uint8_t *put_u16(uint8_t *wire, unsigned value)
{
	wire[0] = (uint8_t)(value >> 8);
	wire[1] = (uint8_t)value;
	return wire + 2;
}

static inline uint8_t *put_u32(uint8_t *wire, uint32_t value)
{
	return put_u16(put_u16(wire, value >> 16), value & 0xffff);
}

#endif
