#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A real guest on the bare device: boots User-Mode Linux on vhost-user-console, proves what a
console needs, and prints figures.

    uml-vhost-user.py PROGRAM [single|multi|speed]...

PROGRAM is the built vhost-user-console. Exit status 0: all was as it should be.
"""
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BOOT = os.path.join(HERE, '..', 'guest', 'boot-uml.sh')
PROMPT = rb'guest# (\x1b\[6n)?$'
TIMEOUT_S = 120
BOOTS = 3


class Guest:
    """vhost-user-console with ports, and a guest on it; the shell is on its stdio port."""

    def __init__(self, program, *ports):
        Guest.last = self
        self.guest = None
        self.dir = tempfile.TemporaryDirectory()
        path = os.path.join(self.dir.name, 'vu.sock')
        self.server = subprocess.Popen([program, path, *ports], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.text = {self.server.stdout: b'', self.server.stderr: b''}
        self.selector = selectors.DefaultSelector()
        for pipe in self.text:
            os.set_blocking(pipe.fileno(), False)
            self.selector.register(pipe, selectors.EVENT_READ)
        self.event(rb'ready\n')
        for attempt in range(BOOTS):
            if self.boot(path):
                return
            print(f'  (boot {attempt + 1}: the guest died by itself)')
        raise EOFError('the guest does not boot')

    def boot(self, path):
        """False: the guest died before its console came up, as one in fifty does on a busy host."""
        start = time.monotonic()
        self.guest = subprocess.Popen([BOOT, '-v', path], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      start_new_session=True)
        try:
            self.expect(PROMPT)
        except ChildProcessError:
            return False
        except Exception:
            self.kill()
            raise
        self.boot_time = time.monotonic() - start
        return True

    def wait(self, pipe, pattern):
        limit = time.monotonic() + TIMEOUT_S
        while True:
            match = re.search(pattern, self.text[pipe])
            if match:
                self.before = self.text[pipe][:match.start()]
                self.text[pipe] = self.text[pipe][match.end():]
                return match
            if self.guest and self.guest.poll() is not None:
                raise ChildProcessError('the guest has ended')
            for key, _ in self.selector.select(1):
                data = key.fileobj.read()
                if data == b'':
                    raise EOFError(f'the server ended: {self.text}')
                self.text[key.fileobj] += data or b''
            if time.monotonic() > limit:
                raise TimeoutError(f'{pattern!r} did not come: {self.text[pipe][-2000:]!r}')

    def expect(self, pattern):
        return self.wait(self.server.stdout, pattern)

    def event(self, pattern):
        return self.wait(self.server.stderr, pattern)

    def send(self, line):
        self.server.stdin.write(line.encode() + b'\n')

    def run(self, command):
        """Return what a command printed."""
        self.send(command)
        self.expect(rb'\r\n')
        self.expect(PROMPT)
        return self.before.replace(b'\r\n', b'\n').decode(errors='replace')

    def command(self, line):
        self.server.stdin.write(b'\x01' + line.encode() + b'\n')
        self.event(rb'done [a-z]+\n')

    def kill(self):
        """A guest whose console is not served spins and hears no signal but this."""
        os.killpg(self.guest.pid, signal.SIGKILL)
        self.server.kill()

    def close(self):
        self.server.stdin.write(b'reboot -f\n')
        try:
            self.guest.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.guest.pid, signal.SIGKILL)
            self.guest.wait()
        self.server.stdin.close()
        code = self.server.wait(10)
        self.server.stdout.close()
        self.server.stderr.close()
        self.dir.cleanup()
        assert code == 0, f'server ended with {code}'


def settles(guest, command, want):
    """The guest acts on some news a little later: ask again until it has."""
    out = ''
    for _ in range(50):
        out = guest.run(command)
        if want in out:
            return True
    print(f'  {command!r} says {out!r}')
    return False


def check(what, ok):
    print(f'  {"ok  " if ok else "FAIL"} {what}', flush=True)
    if not ok:
        check.failed = True


check.failed = False


def single(program):
    guest = Guest(program, 'stdio')
    print(f'single port: prompt after {guest.boot_time:.2f} s')
    check('echo of a command', '42' in guest.run('echo $((6*7))'))
    guest.command('resize 132 50')
    check('resize by configuration change', settles(guest, 'stty size', '50 132'))
    out = guest.run('seq 1 20000')
    check('20000 lines, none lost', out == ''.join(f'{i}\n' for i in range(1, 20001)))
    guest.close()


def multi(program):
    guest = Guest(program, 'stdio', 'count', 'echo', 'send=32M')
    print(f'multiport: prompt after {guest.boot_time:.2f} s')
    names = guest.run('ls /dev/virtio-ports')
    check('names', all(f'test.{i}' in names for i in (1, 2, 3)))
    guest.command('resize 111 44')
    check('resize by RESIZE', settles(guest, 'stty size', '44 111'))
    guest.run('dd if=/dev/zero of=/dev/vport0p1 bs=64k count=4096 2>/dev/null')
    check('port opened', bool(guest.event(rb'port 1 opened\n')))
    out = int(guest.event(rb'port 1 closed\nport 1 out=(\d+)').group(1))
    check('256 MiB through a vport', out == 256 << 20)
    guest.send('exec 3<>/dev/vport0p2; (seq 1 20000 | dd obs=8k 2>&- >&3 &); '
               'head -n 20000 <&3 | md5sum; exec 3>&-')
    want = guest.expect(rb'([0-9a-f]{32})').group(1).decode()
    guest.expect(PROMPT)
    check('echo of 20000 lines', want in guest.run('seq 1 20000 | md5sum'))
    out = guest.run('head -c 33554432 /dev/vport0p3 | tr -d "\\000" | wc -c')
    check('32 MiB to the guest', out.strip() == '0')
    guest.event(rb'port 3 closed\n')
    guest.command('stall 1')
    guest.run('(dd if=/dev/zero of=/dev/vport0p1 bs=1k count=2000 2>/dev/null; echo DONE) &')
    check('console lives while a vport is held back', '7' in guest.run('echo $((3+4))'))
    guest.command('resume 1')
    guest.expect(rb'DONE')
    guest.send('')
    guest.expect(PROMPT)
    out = int(guest.event(rb'port 1 closed\nport 1 out=(\d+)').group(1))
    check('held back and resumed without loss', out == (256 << 20) + 2000 * 1024)
    guest.command('remove 3')
    check('port removed', settles(guest, '[ -e /dev/vport0p3 ] || echo gone', 'gone\n'))
    guest.close()


def speed(program):
    guest = Guest(program, 'stdio', 'count', 'hvc', 'send=64M')
    print('speed')
    for bs, count in (('64k', 4096), ('4k', 16384), ('1k', 16384)):
        rates = []
        for _ in range(3):
            guest.run(f'dd if=/dev/zero of=/dev/vport0p1 bs={bs} count={count} 2>/dev/null')
            guest.event(rb'port 1 opened\n')
            rates.append(float(guest.event(rb'MB/s=(\d+)').group(1)))
        print(f'  vport dd bs={bs}: {sorted(rates)} MB/s')
    out = guest.run('time head -c 67108864 /dev/vport0p3 >/dev/null')
    took = float(re.search(r'real\s+\d+m ([\d.]+)s', out).group(1))
    print(f'  host to guest, 64 MiB: {67.1 / took:.0f} MB/s')
    for bs, count in (('64k', 512), ('1k', 8192)):
        out = guest.run(f'time dd if=/dev/zero of=/dev/hvc1 bs={bs} count={count}')
        took = float(re.search(r'real\s+\d+m ([\d.]+)s', out).group(1))
        size = int(bs[:-1]) * 1024 * count
        print(f'  hvc dd bs={bs}: {size / took / 1e6:.1f} MB/s')
    delays = []
    for i in range(300):
        start = time.monotonic()
        guest.server.stdin.write(b'x')
        guest.expect(rb'x')
        delays.append((time.monotonic() - start) * 1e6)
    delays.sort()
    print(f'  echo through hvc0: median {delays[150]:.0f} us, p90 {delays[270]:.0f} us')
    guest.send('')
    guest.expect(PROMPT)
    guest.close()


def main():
    for name in sys.argv[2:] or ['single', 'multi', 'speed']:
        try:
            {'single': single, 'multi': multi, 'speed': speed}[name](sys.argv[1])
        except Exception:
            Guest.last.kill()
            raise
    return 1 if check.failed else 0


if __name__ == '__main__':
    sys.exit(main())
