/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_VNC_INFO_H
#define CONTROL_VNC_INFO_H

#include "control/type.h"

struct vnc_server;
struct vnc_viewer;

/*
 * What QAPI says of VNC servers and viewers: an address is a host, a service and a family.
 */
extern const struct type type_vnc_basic_info, type_vnc_server_info, type_vnc_client_info;

/** vnc_basic_info() - of "127.0.0.1:5901", "[::1]:5901", "unix:PATH". NULL: no memory */
json_t *vnc_basic_info(const char *address, bool websocket);

/** vnc_server_info() - the listener that a viewer came by: the first of its kind; with "auth" */
json_t *vnc_server_info(const struct vnc_server *server, bool websocket);

/** vnc_client_info() - of a viewer */
json_t *vnc_client_info(const struct vnc_viewer *viewer);

/** vnc_event_data() - what an event says of a viewer, and of where it came in */
json_t *vnc_event_data(const struct vnc_server *server, const struct vnc_viewer *viewer);

/** vnc_client_infos() - an array of all viewers of a server that are logged in */
json_t *vnc_client_infos(const struct vnc_server *server);

#endif
