#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A shell that whoever connects to a socket shares, from Python: embed.py SOCKET"""

import ctypes
import json
import select
import sys

lib = ctypes.CDLL("libcharhub.so.0")
lib.charhub_error_message.restype = ctypes.c_char_p
ANSWER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
hub, error = ctypes.c_void_p(), ctypes.c_void_p()


def call(function, *args):
    if function(*args, ctypes.byref(error)) < 0:
        sys.exit("embed.py: " + lib.charhub_error_message(error).decode())


def add(kind, **options):
    call(lib.charhub_add, hub, kind.encode(), json.dumps(options).encode())


@ANSWER
def on_answer(_data, answer, _error):
    print("consoles:", [console["name"] for console in json.loads(answer)], flush=True)


call(lib.charhub_new, None, ctypes.byref(hub))
add("chardev", backend="exec", id="guest", command="cat")
add("chardev", backend="socket", id="people", path=sys.argv[1], server=True, wait=False, clients=9)
add("chardev", backend="hub", id="con0", chardevs=["people"])
add("device", driver="console", guest="guest", chardev="con0")
call(lib.charhub_command, hub, b"query-consoles", None, on_answer, None)
while True:
    timeout = lib.charhub_timeout_ms(hub)
    select.select([lib.charhub_fd(hub)], [], [], None if timeout < 0 else timeout / 1000)
    lib.charhub_dispatch(hub)
