/* SPDX-License-Identifier: MIT */
#ifndef VNC_FIXTURE_H
#define VNC_FIXTURE_H

#include "display/display.h"
#include "vnc/vnc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct fixture - a server that listens nowhere, a console of 80x24, and the viewers' ends of
 * sockets
 * @objects: the rules `anybody` and `nobody`
 * @typed: what the guest got
 * @options: of the server
 * @size_requests: how often a viewer's wish for a size reached the console
 * @decides_later: it is decided by fixture_decide_size() then
 */
struct fixture {
	struct loop *loop;
	struct font *font;
	struct display *display;
	struct display_console *console;
	struct vt *vt;
	struct vnc_server *server;
	struct object_set *objects;
	const char *options;
	char typed[4096];
	size_t typed_len;
	size_t typed_total;
	unsigned size_requests;
	bool decides_later;
	unsigned connected, initialized, disconnected;
};

/** fixture_new() - with a fake clock; @options: `-vnc` text after "none", such as ",password=on" */
struct fixture *fixture_new(const char *options);

void fixture_free(struct fixture *f);

/**
 * fixture_hand_over() - as when another program takes over: a server that goes on from what @f's
 * has saved, with a console on which nothing was printed; @f is freed
 */
struct fixture *fixture_hand_over(struct fixture *f);

/** fixture_decide_size() - what a viewer's wish comes to */
void fixture_decide_size(struct fixture *f, unsigned cols, unsigned rows);

/** fixture_feed() - output of the guest */
void fixture_feed(struct fixture *f, const char *text);

/** settle() - let the loop do what there is to do; time does not pass */
void settle(struct fixture *f);

/** connect_viewer() - a new connection. Return: its other end, non-blocking */
int connect_viewer(struct fixture *f);

/** login() - connect and come to RUNNING with the newest version; all that was sent is read */
int login(struct fixture *f, bool shared);

/** put() - the viewer sends; the server acts */
void put(struct fixture *f, int fd, const void *bytes, size_t len);

/** put_bytewise() - the same, each byte by itself */
void put_bytewise(struct fixture *f, int fd, const void *bytes, size_t len);

/** take() - read exactly @len bytes and nothing more is there */
void take(struct fixture *f, int fd, const void *bytes, size_t len);

/** take_some() - read what is there. Return: bytes; 0: the end; -1: nothing */
ssize_t take_some(int fd, void *buf, size_t size);

/** drain() - read and forget. Return: bytes */
size_t drain(struct fixture *f, int fd);

/** is_closed() - the server has hung up; what was there before is read */
bool is_closed(int fd);

/* Messages of a viewer. */
void request_update(struct fixture *f, int fd, bool incremental);
void set_encodings(struct fixture *f, int fd, unsigned count, ...);

#define PUT(f, fd, literal)  put(f, fd, literal, sizeof(literal) - 1)
#define TAKE(f, fd, literal) take(f, fd, literal, sizeof(literal) - 1)

#endif
