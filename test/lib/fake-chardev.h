/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_FAKE_CHARDEV_H
#define TEST_LIB_FAKE_CHARDEV_H

#include "base/strbuf.h"
#include "chardev/chardev-impl.h"

#include <stdint.h>

/*
 * Class "fake": a chardev whose peer is the test. It is open from the start and takes everything
 * until told otherwise. Class "fake-reserve" is the same with out_reserve()/out_commit(), class
 * "fake-sink" is one of those that nobody reads; class "fake-viewer" is given nothing, and has its
 * peer judged already.
 */
struct fake_chardev {
	struct chardev base;
	struct strbuf out;   /* every byte accepted, in order */
	uint64_t out_offset; /* of the last of them that were offered, see chardev_out_offset() */
	bool out_counted;
	size_t accept;		/* how many more bytes it takes; SIZE_MAX: unlimited */
	size_t chunk;		/* the most it takes in one call; SIZE_MAX: unlimited */
	int error;		/* positive errno that out gives from now on; 0: none */
	bool takes_when_closed; /* takes bytes although not open, as a half-closed peer does */
	struct strbuf typed;	/* what the peer sent and nobody took yet */
	bool stays;		/* cannot be disconnected */
	unsigned disconnects;	/* calls by the holder; each hangs up after the dispatch */
	char reason[128];	/* of the last one; "": none */
	const char *identity;	/* of the peer; NULL: nobody */
	bool may_type;		/* of class "fake-viewer": may its peer */
	struct task hang_up;
	bool delivering;
	unsigned out_calls, out_errors, resumes, attached, detached;
	struct chardev_event last; /* the last event from the holder */
	unsigned events, bells;	   /* how many came; of them CHARDEV_BELL */
	int event_result;	   /* what the next ones give; 0 */
	char memory[4096];	   /* what out_reserve() gives */
};

extern const struct chardev_class fake_chardev_class, fake_reserve_chardev_class,
	fake_sink_chardev_class, fake_viewer_chardev_class;

/**
 * fake_chardev_add() - make one in a set that knows the class
 *
 * Return: NULL where the set refuses; asserts nothing.
 */
struct fake_chardev *fake_chardev_add(struct chardev_set *set, const char *id);

/** fake_chardev_of() - the fake behind a chardev of the class */
struct fake_chardev *fake_chardev_of(struct chardev *chardev);

/** fake_chardev_set_open() - the peer comes; or it goes without a HANGUP, and takes no more */
void fake_chardev_set_open(struct fake_chardev *fake, bool open);

/** fake_chardev_half_close() - the peer sends no more and still takes bytes: CLOSED alone */
void fake_chardev_half_close(struct fake_chardev *fake);

/** fake_chardev_hang_up() - the peer is gone altogether: CLOSED unless that was told, HANGUP */
void fake_chardev_hang_up(struct fake_chardev *fake);

/** fake_chardev_set_accept() - how many more bytes it takes; tells the holder if that is any */
void fake_chardev_set_accept(struct fake_chardev *fake, size_t accept);

/** fake_chardev_fail() - out gives -@error from now on; 0: works again */
void fake_chardev_fail(struct fake_chardev *fake, int error);

/**
 * fake_chardev_type() - the peer sends bytes
 *
 * What the holder has no room for waits until it resumes.
 */
void fake_chardev_type(struct fake_chardev *fake, const void *bytes, size_t len);

/** fake_chardev_judge() - of class "fake-viewer": its peer may type from now on, or only look */
void fake_chardev_judge(struct fake_chardev *fake, bool may_type);

/** fake_chardev_break() - the peer sends a break */
void fake_chardev_break(struct fake_chardev *fake);

/** fake_chardev_resize() - the peer's terminal has this size */
void fake_chardev_resize(struct fake_chardev *fake, unsigned cols, unsigned rows);

/** fake_chardev_out_is() - is what it accepted exactly @text */
bool fake_chardev_out_is(const struct fake_chardev *fake, const char *text);

#endif
