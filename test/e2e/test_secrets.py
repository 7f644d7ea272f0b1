# SPDX-License-Identifier: MIT
"""Secrets: what QEMU says to each mistake, and passwords as libvirt passes them, encrypted."""

import base64
import re
import subprocess

import pytest

from support import rfb
from support.program import need

KEY, IV = bytes(range(32)), bytes(range(16))


def text_of(data):
    return base64.b64encode(data).decode()


def encrypt(password, *options):
    done = subprocess.run(
        ["openssl", "enc", "-aes-256-cbc", "-K", KEY.hex(), "-iv", IV.hex(), *options],
        input=password, stdout=subprocess.PIPE, check=True)
    return text_of(done.stdout)


MASTER = f"secret,id=m,format=base64,data={text_of(KEY)}"
SHORT = "secret,id=short,data=abc"
CIPHER, START = encrypt(b"hunter2"), text_of(IV)

# (arguments of -object, what is said). A mistake of the last argument's own form comes with that
# argument in front, any other without: the secret may stand in it.
MISTAKES = [
    (["secret"], "Parameter 'id' is missing"),
    (["id=s"], "Parameter 'qom-type' is missing"),
    ([""], "Parameter 'qom-type' is missing"),
    (["nosuch,id=s"], "Parameter 'qom-type' does not accept value 'nosuch'"),
    (["secret,id=1,data=a"], "Parameter 'id' expects an identifier"),
    (["secret,id=s,data=a,foo=b"], "Invalid parameter 'foo'"),
    (["secret,id=s,data=a,format=hex"], "Parameter 'format' does not accept value 'hex'"),
    (["secret,id=s,data=a", "secret,id=s,data=b"], "Duplicate ID 's' for object"),
    (["secret,id=s"], ": Either 'file' or 'data' must be provided"),
    (["secret,id=s,data=a,file=b"], ": 'file' and 'data' are mutually exclusive"),
    (["secret,id=s,file=/nonexistent"],
     ": Unable to read /nonexistent: Failed to open file “/nonexistent”: "
     "No such file or directory"),
    (["secret,id=s,file=/proc"],
     ": Unable to read /proc: Error reading file “/proc”: Is a directory"),
    (["secret,id=s,data=a*b,format=base64"], ": Base64 data contains invalid characters"),
    (["secret,id=s,data=" + "x" * 1025], ": secret 's' is longer than 1024 bytes"),
    (["secret,id=s,data=aaaa,keyid=m"], ": No secret with id 'm'"),
    ([SHORT, "secret,id=s,data=aaaa,keyid=short"], ": Key should be 32 bytes in length"),
    ([MASTER, "secret,id=s,data=aaaa,keyid=m"], ": IV is required to decrypt secret"),
    ([MASTER, "secret,id=s,data=aaaa,keyid=m,iv=aaaa"],
     ": IV should be 16 bytes in length not 3"),
    ([MASTER, f"secret,id=s,data=a,keyid=m,iv={START}"],
     ": Length 1 must be a multiple of block size 16"),
    ([MASTER, f"secret,id=s,data={CIPHER},keyid=m,iv={START}"],
     ": Length 24 must be a multiple of block size 16"),
    ([MASTER, f"secret,id=s,data={encrypt(b'M' * 16, '-nopad')},format=base64,keyid=m,iv={START}"],
     ": Incorrect number of padding bytes (77) found on decrypted data"),
]


def words_of(arguments):
    return [word for argument in arguments for word in ("-object", argument)]


@pytest.mark.parametrize("arguments, said", MISTAKES)
def test_mistake_is_named(run_charhubd, arguments, said):
    done = run_charhubd(*words_of(arguments))
    place = "" if said.startswith(": ") else f": -object {arguments[-1]}: "
    assert (done.code, done.err.splitlines()[0]) == (1, f"charhubd{place}{said}")


def login(path, password):
    rfb.connect(path, respond=rfb.respond(password)).close()


# As libvirt writes them: JSON for the key, the options of -object for the password.
LIBVIRT = ['{"qom-type":"secret","id":"m","format":"raw","file":"FILE"}',
           f"secret,id=s,data={CIPHER},keyid=m,iv={START},format=base64"]


@pytest.mark.parametrize("arguments", [
    LIBVIRT,
    [MASTER, LIBVIRT[1]],
    ["secret,id=s,data=hunter2"],
    [f"secret,id=s,format=base64,data={text_of(b'hunter2')}"],
    [f"secret,id=s,format=base64,data={text_of(b'hunter2').rstrip('=')}"],
], ids=["libvirt", "options", "plain", "base64", "unpadded"])
def test_password_is_found(charhubd, workdir, arguments):
    need("openssl")
    (workdir / "key").write_bytes(KEY)
    words = words_of(word.replace("FILE", f"{workdir}/key") for word in arguments)
    charhubd(*words, "-vnc", f"unix:{workdir}/vnc,password-secret=s")
    login(f"{workdir}/vnc", "hunter2")
    with pytest.raises(PermissionError):
        login(f"{workdir}/vnc", "hunter3")


def test_newline_in_a_file_is_told(charhubd, workdir):
    (workdir / "typed").write_text("hunter2\n")
    (workdir / "key").write_bytes(b"\x00\xff\n")
    daemon = charhubd("-object", f"secret,id=s,file={workdir}/typed",
                      "-object", f"secret,id=k,file={workdir}/key")
    daemon.stop()
    assert re.findall("warning: (.*)", daemon.err.text) == [
        f"secret 's': the newline at the end of {workdir}/typed is part of it"]


def test_key_is_no_password(run_charhubd, workdir):
    done = run_charhubd("-object", f"secret,id=k,format=base64,data={text_of(bytes(32))}",
                        "-vnc", f"unix:{workdir}/vnc,password-secret=k")
    assert done.code == 1
    assert done.err.endswith(": Data from secret k is not valid UTF-8\n")
