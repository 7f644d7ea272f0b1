# SPDX-License-Identifier: MIT
"""libcharhub as an embedder has it: installed in a prefix, found by pkg-config, spoken to by its
header alone. The examples of doc/examples are compiled and run."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tty

import pytest

from support import stream
from support.rfb import WebSocket

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "doc" / "examples"
# Under what the compiled programs are run: test/valgrind says so.
WRAPPER = os.environ.get("CHARHUB_TEST_WRAPPER", "").split()
END = b"\x04"  # what the examples end at


def _option(build, name):
    done = subprocess.run(["meson", "introspect", "--buildoptions", build], check=True,
                          capture_output=True)
    return next(option["value"] for option in json.loads(done.stdout) if option["name"] == name)


class Prefix:
    """An installed libcharhub, and a compiler that knows of it by pkg-config only."""

    def __init__(self, build, folder):
        self.folder = folder
        subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", folder,
                        "--quiet"], check=True, capture_output=True)
        pc = next(folder.rglob("charhub.pc"))
        self.prefix = folder / str(_option(build, "prefix")).lstrip("/")
        self.libdir = pc.parents[1]
        self.env = os.environ | {"PKG_CONFIG_PATH": str(pc.parent),
                                 "LD_LIBRARY_PATH": str(self.libdir)}
        sanitize = _option(build, "b_sanitize")
        self.sanitize = [] if sanitize == "none" else [f"-fsanitize={sanitize}"]

    def flags(self, *what, package="charhub"):
        done = subprocess.run(["pkg-config", f"--define-variable=prefix={self.prefix}", *what,
                               package], check=True, capture_output=True, text=True, env=self.env)
        return done.stdout.split()

    def compile(self, source, *flags, compiler="cc", link=None):
        target = self.folder / pathlib.Path(source).stem
        link = link or self.flags("--cflags", "--libs")
        done = subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-O1", *self.sanitize, "-o",
                               target, source, *flags, *link], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stderr
        return target


@pytest.fixture(scope="module")
def installed(charhubd_path, tmp_path_factory):
    build = pathlib.Path(charhubd_path).resolve().parents[2]
    if not (build / "build.ninja").exists():
        pytest.skip("charhubd is not in its build")
    folder = tmp_path_factory.mktemp("prefix")
    yield Prefix(build, folder)
    shutil.rmtree(folder)


class Example:
    """One that runs: it has said `ready`."""

    def __init__(self, argv, env):
        self.process = subprocess.Popen([*WRAPPER, *map(str, argv)], env=env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()

    def end(self):
        out, err = self.process.communicate(timeout=stream.DEADLINE)
        assert (self.process.returncode, err) == (0, "")
        return out


@pytest.fixture
def run(installed):
    started = []

    def start(*argv):
        example = Example(argv, installed.env)
        started.append(example.process)
        return example

    yield start
    for process in started:
        process.kill()
        process.wait()


def browse(port, origin=None):
    """A console as a page in a browser has it."""
    sock = socket.create_connection(("127.0.0.1", port), stream.DEADLINE)
    return WebSocket(sock, origin=origin)


def test_the_first_hour_of_the_manual(installed, workdir):
    """As it stands there, in one folder: a console in tio and in a page that is a file."""
    port = stream.free_port()
    text = (ROOT / "doc" / "library.md").read_text()
    code = re.search(r"```c\n(.*?)```", text, re.DOTALL).group(1)
    (workdir / "board.c").write_text(code.replace("7681", str(port)))
    board = shutil.copy(installed.compile(workdir / "board.c"), workdir / "board")
    process = subprocess.Popen([*WRAPPER, board], cwd=workdir, env=installed.env,
                               stderr=subprocess.PIPE, text=True)
    try:
        # valgrind tells of a request to a terminal that it does not know
        said = next(line for line in process.stderr if not line.startswith("=="))
        assert f"board.tty, and ws://127.0.0.1:{port}/\n" in said
        tio = stream.Stream(os.open(workdir / "board.tty", os.O_RDWR | os.O_NOCTTY))
        tty.setraw(tio.fd)
        page = browse(port, "null")
        tio.send(b"typed")
        tio.read_until(b"typed")
        page.read_until(b"typed")
        page.close()
        tio.close()
    finally:
        process.kill()
        process.communicate()


def test_embed_is_shared_by_a_socket_and_a_browser(installed, run, workdir, client):
    port = stream.free_port()
    embed = run(installed.compile(EXAMPLES / "embed.c"), workdir / "s", port)
    one = client(workdir / "s")
    seen = browse(port)
    one.send(b"typed")
    one.read_until(b"typed")
    seen.read_until(b"typed")
    one.send(END)
    embed.end()
    seen.close()


def test_a_mistake_is_told_in_words(installed, workdir):
    embed = installed.compile(EXAMPLES / "embed.c")
    done = subprocess.run([*WRAPPER, embed, workdir / "no" / "s", "1"], env=installed.env,
                          check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "No such file or directory" in done.stderr


def test_the_machine_never_waits_for_who_does_not_read(installed, run, workdir, client):
    size = 1_000_000 if WRAPPER else 30_000_000  # valgrind runs one thread at a time
    vmm = run(installed.compile(EXAMPLES / "vmm.c", "-pthread"), workdir / "s", size)
    reader, sleeper = client(workdir / "s"), client(workdir / "s")
    vmm.process.stdin.write("\n")
    vmm.process.stdin.flush()
    reader.read_until(b"0123456789")
    sleeper.close()
    reader.close()
    printed, overrun = (int(word) for word in vmm.end().replace(",", "").split()[1::2])
    assert printed + overrun == size


def test_cpp(installed):
    program_path = installed.compile(EXAMPLES / "embed.cpp", "-pthread", compiler="c++")
    done = subprocess.run([*WRAPPER, program_path], env=installed.env, check=False,
                          capture_output=True, text=True, timeout=stream.DEADLINE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "heard bye\n", "")


def test_glib(installed, run, workdir, client):
    try:
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "glib-2.0"], check=True,
                               capture_output=True, text=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no glib to compile with")
    glib = run(installed.compile(EXAMPLES / "glib.c", *flags), workdir / "s")
    one = client(workdir / "s")
    one.read_until(b"hello from glib")
    one.send(END)
    glib.end()


def test_a_class_of_ones_own(installed, run, workdir, client):
    backend = run(installed.compile(EXAMPLES / "backend.c"), workdir / "s")
    one = client(workdir / "s")
    one.read_until(b"tick 3\r\n")
    one.send(END)
    backend.end()


def test_python(installed, workdir, client):
    if installed.sanitize or WRAPPER:
        pytest.skip("Python itself would be what is looked at")
    with subprocess.Popen([sys.executable, EXAMPLES / "embed.py", workdir / "s"],
                          env=installed.env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "consoles: ['con0']\n"
        one = client(workdir / "s")
        one.send(b"hello\r")
        one.read_until(b"hello\r\nhello")
        process.terminate()


NAMESAKES = """
#include <charhub.h>
#include <stdio.h>
int error_set(void), timer_new(void);
int error_set(void) { return 1; }
int timer_new(void) { return 2; }
struct loop *loop_new(void);
struct loop *loop_new(void) { return NULL; }
int main(void)
{
	struct charhub *hub;
	struct charhub_error *error = NULL;

	if (charhub_new(NULL, &hub, &error) < 0 || charhub_add(hub, "chardev", "null", &error) == 0)
		return 1;
	printf("%d %d %s\\n", error_set(), timer_new(), charhub_error_message(error));
	charhub_error_free(error);
	charhub_free(hub);
	return 0;
}
"""


@pytest.mark.parametrize("link", ["shared", "static"])
def test_a_program_may_have_functions_of_the_same_names(installed, workdir, link):
    (workdir / "namesakes.c").write_text(NAMESAKES)
    flags = installed.flags("--cflags", "--libs")
    if link == "static":
        flags = [str(installed.libdir / "libcharhub.a") if flag == "-lcharhub" else flag
                 for flag in installed.flags("--cflags", "--libs", "--static")]
    namesakes = installed.compile(workdir / "namesakes.c", link=flags)
    done = subprocess.run([*WRAPPER, namesakes], env=installed.env, check=False,
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 2 ") and "id" in done.stdout
