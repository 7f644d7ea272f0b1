/* SPDX-License-Identifier: MIT */
#ifndef VNC_VNC_H
#define VNC_VNC_H

#include "base/error.h"
#include "io/loop.h"
#include "opts/opts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The display shared over the RFB protocol [RFC 6143]: one server is one `-vnc` option. Every
 * viewer has a view of its own: its console, its scrolling, its selection, its pace.
 */
struct vnc_addresses;
struct vnc_server;
struct vnc_viewer;
struct display;
struct object_set;
struct snapshot_groups;
struct snapshot_writer;

/** vnc_options - what `-vnc ADDRESS,...` takes; the implied first key is "vnc" */
extern const struct opt_desc vnc_options[];

enum vnc_event {
	VNC_CONNECTED,	  /* a connection has come */
	VNC_INITIALIZED,  /* it has logged in */
	VNC_REFUSED,	  /* it was not let in; before it has gone */
	VNC_DISCONNECTED, /* it has gone; told for every VNC_CONNECTED */
};

/**
 * struct vnc_context - what a server needs from the program
 * @loop, @display: outlive the server
 * @secret:   find `-object secret,id=ID`; may be NULL: there are none. Returns 0 and the secret,
 *            which the callee frees; or -ENOENT and the like with @err
 * @objects:  what options refer to by id, as rules; outlives the server; NULL: nothing
 * @left:     of servers in another program, groups of vnc_server_fields (vnc/state.h): one of the
 *            same id goes on at the same sockets; borrowed until return; NULL: nothing
 * @on_event: optional; must not free the server
 * @data:     first argument of both
 */
struct vnc_context {
	struct loop *loop;
	struct display *display;
	struct object_set *objects;
	const struct snapshot_groups *left;
	int (*secret)(void *data, const char *id, char **ret_secret, struct error **err);
	void (*on_event)(void *data, struct vnc_server *server, enum vnc_event event,
		const struct vnc_viewer *viewer);
	void *data;
};

/**
 * vnc_look() - can what the options name for each login be read, by who this process is now
 * @opts: as of vnc_server_new()
 *
 * Return: 0; -EACCES and the like with @err, which names it.
 */
int vnc_look(struct opts *opts, struct error **err);

/**
 * vnc_server_new() - listen, or with reverse=on connect to a viewer
 * @opts: as parsed with the implied key "vnc"; checked here; may be freed after the call
 *
 * Return: 0; -errno with @err.
 */
int vnc_server_new(const struct vnc_context *context, struct opts *opts,
	struct vnc_server **ret_server, struct error **err);

/** vnc_server_free() - send all viewers away; NULL is fine */
void vnc_server_free(struct vnc_server *server);

/**
 * vnc_server_save() - put the fields of a group of vnc_server_fields
 * @on_left_out: optional: this viewer is not handed over, and why: "its TLS session"
 */
void vnc_server_save(const struct vnc_server *server, struct snapshot_writer *writer,
	void (*on_left_out)(void *data, const struct vnc_viewer *viewer, const char *why),
	void *data);

/** vnc_server_part() - say goodbye to the viewers that are not handed over, and let them go */
void vnc_server_part(struct vnc_server *server);

/**
 * vnc_server_go_on() - the consoles are there: the viewers that were left look at them again
 * @left: as in struct vnc_context; sockets are copied
 */
void vnc_server_go_on(struct vnc_server *server, const struct snapshot_groups *left);

/** vnc_server_id() - `id=`, or "default" */
const char *vnc_server_id(const struct vnc_server *server);

/**
 * vnc_server_address() - where it listens, at first: "127.0.0.1:5901", "unix:PATH"
 *
 * Return: NULL for `none` and reverse=on.
 */
const char *vnc_server_address(const struct vnc_server *server);

/** vnc_server_websocket() - the same of the websocket listener */
const char *vnc_server_websocket(const struct vnc_server *server);

/** vnc_server_auth() - how viewers log in: "none", "vnc", or "vencrypt": by TLS */
const char *vnc_server_auth(const struct vnc_server *server);

/** vnc_server_nth() - the addresses of all its listeners, from 0; NULL: no more */
const char *vnc_server_nth(const struct vnc_server *server, size_t index, bool *ret_websocket);

/**
 * vnc_server_listen() - let viewers in at other addresses than before; websockets stay
 * @addresses: none is for websockets; the server's on success. None at all: nobody is let in
 *
 * Who is there stays.
 *
 * Return: 0; -errno with @err, the old addresses are opened again.
 */
int vnc_server_listen(
	struct vnc_server *server, struct vnc_addresses *addresses, struct error **err);

/**
 * vnc_server_set_password() - from now on; who is logged in stays
 * @password: its first 8 bytes count, as the protocol has it; NULL: nobody can log in
 *
 * Return: 0; -EINVAL with @err: the server was not told password=on; -ENOTSUP: there is no DES.
 */
int vnc_server_set_password(struct vnc_server *server, const char *password, struct error **err);

/** vnc_server_expire_password() - no login from @when (seconds since 1970) on; 0: no limit */
void vnc_server_expire_password(struct vnc_server *server, int64_t when);

/** vnc_server_next_viewer() - walk; NULL starts and ends. Also those that have not logged in yet */
struct vnc_viewer *vnc_server_next_viewer(
	const struct vnc_server *server, const struct vnc_viewer *after);

/** struct vnc_logins - what became of those who have shown that they speak the protocol */
struct vnc_logins {
	uint64_t admitted, refused;
};

/** vnc_server_logins() - since the server was made */
struct vnc_logins vnc_server_logins(const struct vnc_server *server);

/** vnc_server_adopt() - take a connected socket for a viewer; @fd is the server's from now on */
int vnc_server_adopt(struct vnc_server *server, int fd, struct error **err);

/**
 * vnc_viewer_name() - its address: "192.168.1.7:40312", "[::1]:40312", "unix:7"
 *
 * Once it is known who that is: "user:joe (unix:7)".
 */
const char *vnc_viewer_name(const struct vnc_viewer *viewer);

/** vnc_viewer_where() - its address alone. Return: the caller's; NULL: no memory */
char *vnc_viewer_where(const struct vnc_viewer *viewer);

/** vnc_viewer_successor() - who wants to be alone, so that it has to go; NULL: that is not why */
const struct vnc_viewer *vnc_viewer_successor(const struct vnc_viewer *viewer);

/** vnc_viewer_identity() - who it is, as rules know it; NULL: not known yet */
const char *vnc_viewer_identity(const struct vnc_viewer *viewer);

bool vnc_viewer_is_websocket(const struct vnc_viewer *viewer);
bool vnc_viewer_is_logged_in(const struct vnc_viewer *viewer);

/** vnc_viewer_console() - number of the console that it looks at; 0 before it logged in */
unsigned vnc_viewer_console(const struct vnc_viewer *viewer);

#endif
