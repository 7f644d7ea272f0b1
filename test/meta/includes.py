# SPDX-License-Identifier: MIT
"""A folder of src/ includes only what ARCHITECTURE.md's picture allows."""

import re

from tree import Source, report, sources

# folder -> the folders whose headers it may include, besides its own
_BELOW_FRONTEND = "base snapshot io transport opts chardev virtio vhost-user"
_EVERYTHING = ("base snapshot io transport opts object chardev backend hub mux vt text display vc "
               "vnc virtio vhost-user frontend lobby attach metrics audit asciicast record control "
               "sandbox config lib")
ALLOWED = {folder: set(below.split()) for folder, below in {
    "base": "",
    "snapshot": "base",
    "asciicast": "base",
    "attach": "base",
    "io": "base",
    "audit": "base io",
    "transport": "base snapshot io",
    "opts": "base",
    "object": "base io transport opts",
    "chardev": "base snapshot io opts",
    "backend": "base snapshot io transport opts object chardev",
    "hub": "base snapshot io opts object chardev vt",
    "mux": "base snapshot io opts chardev",
    "vt": "base",
    "text": "base vt",
    "display": "base io vt text",
    "vc": "base snapshot io opts chardev vt display",
    "vnc": "base snapshot io transport opts object display text vt",
    "virtio": "base",
    "vhost-user": "base snapshot io transport virtio",
    "metrics": "base io transport",
    "record": "base snapshot asciicast io opts chardev hub",
    "sandbox": "base",
    "lobby": "base io opts chardev hub",
    "frontend": _BELOW_FRONTEND,
    "control": _BELOW_FRONTEND + " attach object backend vt text display hub vnc lobby frontend "
               "metrics audit record",
    "config": "base snapshot io opts object chardev vnc frontend record control",
    "lib": _EVERYTHING,
    "prog": _EVERYTHING,
    "client": "base io transport asciicast attach audit",
}.items()}

# Inside of a folder, where that is worth a picture of its own: file -> the files whose headers it
# may include, besides its own. Such a folder lists all of its files; what a file may include
# stands before it, so that there are no circles. The header that is named after the folder is its
# face, which all of them may know.
WITHIN = {folder: {file: set(below.split()) for file, below in files.items()}
          for folder, files in {
    "control": {
        "activation": "",
        "drain": "",
        "fd-names": "",
        "fdset": "",
        "inventory": "",
        "json-lexer": "",
        "json-text": "",
        "json-writer": "",
        "people": "",
        "qmp-request": "",
        "readline": "",
        "screen-copy": "",
        "screen-png": "screen-copy",
        "screens": "",
        "shorthand": "",
        "type": "",
        "version": "",
        "event": "json-writer",
        "json-put": "json-text",
        "backend-opts": "type",
        "json-parser": "json-lexer",
        "listens": "shorthand",
        "audit-record": "json-put type",
        "screen-json": "json-put type",
        "vnc-info": "json-put type",
        "json-stream": "json-lexer json-parser",
        "event-table": "event type vnc-info",
        "auditor": "audit-record event event-table type",
        "recorders": "event event-table",
        "figures": "auditor recorders screens",
        "scrapes": "figures shorthand",
        "hub-events": "event event-table json-put",
        "world": "activation auditor drain event event-table fdset inventory "
                 "hub-events listens people recorders scrapes screens vnc-info",
        "command": "event-table fd-names json-put type world",
        "attach": "command",
        "commands": "command",
        "data-format": "command json-text",
        "commands-trace": "commands",
        "commands-session": "commands event-table",
        "schema": "backend-opts command event-table",
        "swap": "world",
        "reload": "inventory world",
        "dial": "command world",
        "hmp-commands": "command swap world",
        "commands-config": "commands json-put reload world",
        "upgrade": "event event-table world",
        "commands-upgrade": "commands json-put upgrade world",
        "commands-fd": "commands fd-names json-put world",
        "commands-vnc": "commands json-put vnc-info world",
        "console": "command type world",
        "guests": "console world",
        "commands-attach": "attach commands console json-put world",
        "monitor": "command world",
        "qmp": "event-table json-stream json-text json-writer monitor qmp-request version world",
        "commands-hub": "commands console json-put world",
        "commands-memory": "commands json-put world",
        "commands-recording": "commands console json-put recorders world",
        "commands-monitor": "commands hmp-commands json-text",
        "console-wait": "command console json-put world",
        "hmp-session": "hmp-commands readline",
        "hmp": "hmp-session monitor",
        "monitor-page": "command hmp-session world",
        "commands-chardev": "backend-opts commands data-format dial fd-names json-text swap world",
        "monitors": "hmp monitor monitor-page qmp world",
        "make": "inventory monitors world",
        "commands-console": "commands console console-wait data-format guests json-put world",
        "commands-screen": "commands console json-put screen-copy screen-json screen-png world",
        "bequest": "auditor inventory monitors recorders scrapes world",
        "commands-object": "commands event-table monitors world",
        "commands-query": "commands json-put listens monitors schema version world",
    },
    "chardev": {
        "chardev": "",
        "handover": "",
        "chardev-impl": "chardev handover",
        "shared": "",
        "rotate": "",
        "log": "chardev-impl rotate",
        "qapi": "",
        "link": "chardev-impl log shared",
        "bequest": "chardev-impl handover log",
        "preparation": "chardev-impl",
        "stores": "handover",
        "will": "handover",
        "inheritance": "chardev-impl handover shared",
        "birth": "chardev-impl inheritance log rotate shared",
        "set": "birth chardev-impl inheritance link log qapi rotate",
    },
    "hub": {
        "tape": "",
        "member": "tape",
        "screen": "tape",
        "flow": "member tape",
        "input": "member",
        "keyboard": "member",
        "size": "member",
        "line": "member",
        "replay": "member screen tape",
        "times": "",
        "echo": "",
        "hub-impl": "echo flow input keyboard line member screen size tape times",
        "observe": "hub-impl",
        "memory": "hub-impl",
        "options": "hub-impl",
        "face": "hub-impl",
        "handover": "hub-impl",
        "hub": "hub-impl replay",
    },
    "vnc": {
        "vnc": "",
        "wire": "",
        "state": "",
        "auth": "",
        "stream": "",
        "deflater": "",
        "addresses": "",
        "door": "",
        "options": "addresses vnc",
        "pixel-format": "wire",
        "raster": "pixel-format",
        "encode": "raster",
        "encode-raw": "encode",
        "encode-hextile": "encode",
        "encode-tight": "encode",
        "encode-png": "encode wire",
        "encode-zrle": "encode",
        "encode-cache": "encode",
        "plan": "encode",
        "studio": "deflater encode-cache plan",
        "host": "auth door options vnc",
        "peer": "host stream",
        "pseudo": "encode peer pixel-format wire",
        "update": "plan pseudo studio wire",
        "clipboard": "peer wire",
        "keyboard": "clipboard",
        "handshake": "peer wire",
        "visas": "",
        "session": "keyboard update visas wire",
        "message-in": "session wire",
        "viewer": "handshake message-in session",
        "viewer-handover": "plan state viewer wire",
        "server": "state studio viewer",
        "handover": "server state viewer-handover",
    },
}.items()}

# A library is spoken to in one place. Folders without I/O stay without it.
LIBRARIES = {
    "pthread.h": {"io"},
    "jansson.h": {"opts", "audit", "control", "lib", "prog", "client"},
    "sys/socket.h": {"base", "io", "transport", "chardev", "backend", "vhost-user", "vnc",
                     "control", "lib", "prog", "client"},
    "sys/epoll.h": {"io"},
    "xkbcommon/xkbcommon-compose.h": {"display"},
    "charhub.h": {"lib"},
    "charhub-backend.h": {"lib"},
    "termios.h": {"backend", "io", "prog", "client"},
    "security/pam_appl.h": {"object"},
    "crypt.h": {"object"},
}

_INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)[>"]')


def owner(source):
    """The folder of src/ that a file belongs to."""
    parts = source.path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def check_within(source, folder, number, header):
    """An include of the folder's own header, where the folder has a picture of its own."""
    stem = source.path.rsplit("/", 1)[1].rsplit(".", 1)[0]
    target = header.removesuffix(".h")
    allowed = WITHIN[folder].get(stem)
    if allowed is None:
        yield source.fault(number, f"{stem} is not in the picture of {folder} (WITHIN)")
    elif target not in (stem, folder) and target not in allowed:
        yield source.fault(number, f"within {folder}, {stem} may not include {target}")


def check(source):
    folder = owner(source)
    if folder is None:
        return
    if folder not in ALLOWED:
        yield source.fault(1, "belongs to no folder that test/meta/includes.py knows")
        return
    for number, line in enumerate(source.lines, 1):
        match = _INCLUDE.match(line)
        if not match:
            continue
        quote, name = match.groups()
        if quote == "<":
            if folder not in LIBRARIES.get(name, {folder}):
                yield source.fault(number, f"{folder} has no business with <{name}>")
            continue
        if "/" not in name:
            yield source.fault(number, f'"{name}": say the folder too')
            continue
        target, header = name.split("/", 1)
        if target != folder and target not in ALLOWED[folder]:
            yield source.fault(number, f"{folder} may not include {target} ({name})")
        if target == folder and folder in WITHIN:
            yield from check_within(source, folder, number, header)


def circles():
    """A file of WITHIN may only use files that stand before it."""
    for folder, files in WITHIN.items():
        before = set()
        for file, below in files.items():
            for later in sorted(below - before):
                yield f"test/meta/includes.py: {folder}/{file}: {later} comes later"
            before.add(file)


def main():
    faults = [fault for source in sources(".c", ".h", under=("src",))
              for fault in check(source)]
    report(faults + list(circles()))


def bad_examples():
    yield Source("src/hub/hub.c", "#include <charhub.h>\n")
    yield Source("src/vt/screen.c", '#include "io/journal.h"\n')
    yield Source("src/io/loop.c", '#include "chardev/chardev.h"\n')
    yield Source("src/hub/hub.c", "#include <pthread.h>\n")
    yield Source("src/hub/hub.c", '#include "hub.h"\n')
    yield Source("src/vnc/peer.c", '#include "vnc/viewer.h"\n')
    yield Source("src/vnc/unheard-of.c", '#include "vnc/viewer.h"\n')
    yield Source("src/unheard-of/error.h", "")


if __name__ == "__main__":
    main()
