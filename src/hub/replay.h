/* SPDX-License-Identifier: MIT */
#ifndef HUB_REPLAY_H
#define HUB_REPLAY_H

#include "hub/member.h"
#include "hub/screen.h"

/*
 * What a member is shown before live bytes: when it comes, and when it takes bytes again after the
 * window has passed it. @console: a terminal that people read; only there words are put in.
 */

/** replay_start() - it comes: say what was before, seek from where it reads on */
void replay_start(struct member *member, struct hub_screen *screen, bool console);

/** replay_goes_on() - its peer has been here before, and goes on where it was. Return: did it */
bool replay_goes_on(struct member *member);

/** replay_resume() - it has missed bytes: the same, and a notice of how many */
void replay_resume(struct member *member, struct hub_screen *screen, bool console);

/**
 * replay_again() - the console has another size: show the screen once more, in place
 *
 * A terminal keeps other rows than the hub's screen does when its size changes, and a full-screen
 * program may draw only what it has changed. Does nothing where nobody looks (a file), where the
 * screen is looked at itself (a vc), or for a member without @show_again.
 *
 * Return: false: it has not read all yet; later.
 */
bool replay_again(struct member *member, struct hub_screen *screen, bool console);

/**
 * replay_tell() - show a line to the person at a member, on top of what is on its terminal
 * @line: UTF-8; NULL: ring only
 *
 * Nothing is shown where no person looks at a terminal, or while it is in the middle of something.
 *
 * Return: a line was shown; to be covered up by replay_again() once it has been read.
 */
bool replay_tell(
	struct member *member, const struct hub_screen *screen, bool console, const char *line);

/** replay_is_screen() - is it shown the screen, not bytes that it has had already */
bool replay_is_screen(const struct member *member, bool console);

#endif
