/* SPDX-License-Identifier: MIT */
#ifndef MUX_MUX_IMPL_H
#define MUX_MUX_IMPL_H

#include "base/list.h"
#include "chardev/chardev-impl.h"
#include "io/byte-queue.h"
#include "mux/keys.h"
#include "mux/stamp.h"

struct mux;

/**
 * struct mux_port - what one holder of a mux is attached to: a chardev that is in no set
 * @in:    input that came while this one had the focus and its holder has not taken yet
 * @round: the last round in which it was told something
 */
struct mux_port {
	struct chardev base;
	struct mux *mux;
	struct list node;
	struct byte_queue in;
	unsigned long round;
};

/**
 * struct mux - several holders, one chardev below
 * @below:    the link to it
 * @ports:    in the order in which the holders came
 * @focus:    whose turn it is; NULL: there are no ports
 * @told:     who knows that it has the focus; differs from @focus until @focus_task has run
 * @pending:  goes out before anything else: help, stamped lines that were accepted
 * @starved:  input was refused for want of room
 * @round:    counts what all ports are told, so that one that goes meanwhile does no harm
 */
struct mux {
	struct chardev base;
	struct chardev_link below;
	struct list ports;
	struct mux_port *focus, *told;
	struct task focus_task;
	struct mux_keys keys;
	struct mux_stamp stamp;
	struct byte_queue pending;
	bool starved;
	unsigned long round;
};

/** The most that a port keeps of input that its holder does not take; then the peer waits. */
enum { MUX_PORT_BYTES = 4096 };

/* ---- mux.c ---- */

/** mux_open() - chardev_class.open, also of one that another program has left */
int mux_open(struct chardev *chardev, const struct opts *opts, struct error **err);

/** mux_flush() - offer what is pending. Return: true once nothing of it is left */
bool mux_flush(struct mux *mux);

/* ---- mux.c, for the ports ---- */

/** mux_out() - the contract of chardev_class.out */
ssize_t mux_out(struct mux *mux, const struct iovec *iov, int n);

/** mux_focus() - input goes to @port from now on; told after this dispatch. NULL: nobody's turn */
void mux_focus(struct mux *mux, struct mux_port *port);

/** mux_next() - whose turn comes after @port's; @port where it is alone */
struct mux_port *mux_next(const struct mux *mux, const struct mux_port *port);

/** mux_joined() - a holder has come or gone: what the chardev below knows of holders changes */
void mux_joined(struct mux *mux);

/** mux_resume() - the port in focus has taken input */
void mux_resume(struct mux *mux);

/* ---- handover.c ---- */

extern const struct chardev_handover mux_handover;

/* ---- port.c ---- */

/** mux_port_new() - for one more holder; takes the focus. Return: 0; -ENOMEM with @err */
int mux_port_new(struct mux *mux, struct chardev **ret_port, struct error **err);

/** mux_port_room() - how much input it keeps besides what its holder takes */
size_t mux_port_room(const struct mux_port *port);

/** mux_port_in() - input for its holder, or to be kept for it */
void mux_port_in(struct mux_port *port, const char *bytes, size_t len);

#endif
