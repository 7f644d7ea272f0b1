# SPDX-License-Identifier: MIT
"""Fixtures of the end-to-end tests. They talk to the built program only.

    workdir        a short-named directory that is removed afterwards (sockets have short paths)
    config         config(text, **values): a file for -readconfig; {dir} in it is workdir
    charhub_path   the client, of the same build as charhubd
    run_charhubd   run_charhubd(*args) -> Result(code, out, err): a command line that ends by itself
    charhubd       charhubd(*args) -> Charhubd: started, ready; ended and inspected after the test
    upgradable     Upgradable: a daemon behind which another program can be put; inspected, too
    terminal       terminal(*argv) -> Terminal: a program such as tio on a terminal of its own
    client         client(path) -> Stream: a client of a unix server socket
    pty            pty(path) -> Stream: a pty's slave side, raw
    guest          guest(script, *args) -> Popen: a real Linux guest by test/guest/SCRIPT
"""

import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from support import program, stream
from support.upgradable import Upgradable


def pytest_configure():
    """Who starts the tests may ignore signals; what they start does not inherit that."""
    for number in signal.SIGINT, signal.SIGHUP, signal.SIGTERM:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


@pytest.fixture
def workdir():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="charhub-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def config(workdir):
    def write(text, **values):
        path = workdir / "vm.cfg"
        path.write_text(text.format(dir=workdir, **values), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def charhubd_path():
    path = program.find_charhubd()
    if path is None:
        pytest.fail("no charhubd: build it, or name it in $CHARHUBD")
    return path


@pytest.fixture(scope="session")
def charhub_path(charhubd_path):
    path = program.find_charhub(charhubd_path)
    if path is None:
        pytest.fail("no charhub beside charhubd: build it")
    return path


@pytest.fixture
def run_charhubd(charhubd_path, workdir):
    def start(*args, **options):
        return program.run([charhubd_path, *args], workdir, **options)

    return start


@pytest.fixture
def charhubd(request, charhubd_path, workdir):
    started = []

    def start(*args, **options):
        daemon = program.Charhubd(charhubd_path, args, workdir, **options)
        started.append(daemon)
        return daemon

    yield start
    failed = getattr(request.node, "failed", False)
    for daemon in reversed(started):
        if failed:
            print(f"charhubd {daemon.pid} said:\n{daemon.err.text}")
            daemon.kill()
        elif daemon.running:
            try:
                daemon.stop()
            finally:
                daemon.kill()


@pytest.fixture
def upgradable(request, charhubd_path, workdir):
    made = Upgradable(charhubd_path, workdir)
    yield made
    if not made.daemon:
        return
    if getattr(request.node, "failed", False):
        print(f"charhubd said:\n{made.daemon.err.text}")
        made.daemon.kill()
        return
    try:
        made.daemon.stop()
    finally:
        made.daemon.kill()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed


def _closing(make):
    """A fixture body: make() objects, and close() them at the end."""
    made = []

    def start(*args, **options):
        thing = make(*args, **options)
        made.append(thing)
        return thing

    yield start
    for thing in reversed(made):
        thing.close()


@pytest.fixture
def client():
    yield from _closing(stream.connect_unix)


@pytest.fixture
def pty():
    yield from _closing(stream.open_pty)


@pytest.fixture
def terminal(workdir):
    made = []

    def start(*argv, **options):
        program.need(argv[0], "setsid")
        # HOME: a program's own settings must not change what a test sees
        env = {"HOME": str(workdir), "XDG_CONFIG_HOME": str(workdir), **options.pop("env", {})}
        thing = program.Terminal(argv, env=env, **options)
        made.append(thing)
        return thing

    yield start
    for thing in reversed(made):
        thing.kill()


@pytest.fixture
def guest(workdir):
    started = []

    def start(script, *args):
        process = subprocess.Popen(
            [program.ROOT / "test" / "guest" / script, *map(str, args)], cwd=workdir,
            stdin=subprocess.DEVNULL, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        program.wait_exit(process)
