/* SPDX-License-Identifier: MIT */
#ifndef VNC_UPDATE_H
#define VNC_UPDATE_H

#include "vnc/plan.h"
#include "vnc/pseudo.h"

/** struct cell_area - columns @left..@right-1 of rows @top..@bottom-1; empty: all zero */
struct cell_area {
	unsigned left, top, right, bottom;
};

/**
 * struct updates - what a viewer gets to see, and when
 * @encoding, @format: as asked for; of the message in progress @job_encoding, @job_format
 * @level:         of compression, 1..9
 * @cols, @rows:   of the framebuffer that the viewer knows of, in cells
 * @wanted:        it has asked for an update
 * @forced:        what it has asked for whether changed or not
 * @jobs, @jobs_len, @jobs_at: the message in progress; NULL: there is none
 * @picture:       name of the picture that the jobs are of; 0: none
 * @stale:         the picture has changed since the jobs were made: they mix old and new, and a
 *                 scroll cannot be told as a copy next time
 * @last_ms:       when the last message began
 * @held_since_ms: when the guest was first found in the middle of a frame; 0: it is not
 * @fences:        sent and not answered; the last at @fence_sent_ms
 * @round_trip_ms: how long the answer to one took
 * @zrle_started, @tight_started: the viewer has the header of that zlib stream
 */
struct updates {
	struct peer *peer;
	const struct encoding *encoding, *job_encoding;
	struct pixel_format format, job_format;
	int level;
	unsigned cols, rows;
	bool wanted, continuous, stale;
	struct cell_area forced;
	struct news news;
	struct job *jobs;
	unsigned jobs_len, jobs_at;
	uint64_t picture;
	uint64_t last_ms, held_since_ms;
	unsigned fences;
	uint64_t fence_sent_ms;
	unsigned round_trip_ms;
	bool zrle_started, tight_started;
};

/** update_start() - at the beginning; the peer's view is there */
void update_start(struct updates *updates, struct peer *peer);

/**
 * update_go_on() - the rest of the update that another program was at: @updates->jobs
 *
 * The picture may be another one by now. Return: false: these are none that it could have had.
 */
bool update_go_on(struct updates *updates);

/** update_request() - the viewer asks for a part of its picture, in pixels */
void update_request(struct updates *updates, bool incremental, unsigned x, unsigned y,
	unsigned width, unsigned height);

/** update_set_features() - after SetEncodings; @before: the features until now */
void update_set_features(struct updates *updates, unsigned before);

/** update_bring() - the next update brings these enum news_kind bits */
void update_bring(struct updates *updates, unsigned kinds);

/** update_fence_answered() */
void update_fence_answered(struct updates *updates);

/** update_width_px(), update_height_px() - of the framebuffer that the viewer knows of */
unsigned update_width_px(const struct updates *updates);
unsigned update_height_px(const struct updates *updates);

/** update_run() - send what is due and can be sent now. Return: 0; -ENOMEM: close */
int update_run(struct updates *updates);

/** update_done() - free what it holds */
void update_done(struct updates *updates);

#endif
