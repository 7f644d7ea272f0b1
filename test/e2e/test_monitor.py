# SPDX-License-Identifier: MIT
"""A person at the human monitor, over a socket and over a mux."""

PROMPT = "(qemu) "


def test_person_makes_and_sees_things(charhubd, workdir, client):
    daemon = charhubd("-chardev", "null,id=n", "-chardev", "hub,id=h,chardevs.0=n",
                      "-monitor", f"unix:{workdir}/m,server=on,wait=off")
    ann = client(workdir / "m")
    ann.read_until("monitor - type 'help' for more information\r\n" + PROMPT)
    ann.send("chardev-add ringbuf,id=r\r")
    ann.read_until(PROMPT)
    ann.send("hub-add-member h r\r")
    ann.read_until(PROMPT)
    ann.send("info hubs\r")
    ann.read_until("    r: ringbuf, type, good")
    ann.read_until(PROMPT)
    ann.send("quit\r")
    daemon.expect_end(0)


def test_mux_gives_the_focus_to_console_and_monitor(charhubd, workdir, client):
    charhubd("-chardev", f"socket,id=m,path={workdir}/m,server=on,wait=off,mux=on",
             "-chardev", "exec,id=g,command=cat", "-device", "console,guest=g,chardev=m",
             "-mon", "chardev=m")
    ann = client(workdir / "m")
    ann.send("\x01c")
    ann.send("\rinfo version\r")
    ann.read_until("charhub 0.")
    ann.read_until(PROMPT)
    ann.send("\x01c")
    ann.send("hello\r")
    ann.read_until("hello\r\nhello\r\n")
