# SPDX-License-Identifier: MIT
"""A source says which system calls it makes, since -sandbox allows no others.

Beside the code that makes them, in a comment of its own:

	syscalls: NAME NAME ...              the running program makes them
	for an upgrade: NAME NAME ...        to execute another one, which starts by them
	before the sandbox: NAME NAME ...    these are made before, or by another process
"""

import re

from tree import Source, report, sources

# A function of the C library -> what it may come to, of which those count that a kernel has.
CALLS = {
    "accept4": "accept4", "access": "access faccessat", "bind": "bind", "chdir": "chdir",
    "chmod": "chmod fchmodat", "chown": "chown", "clock_gettime": "clock_gettime",
    "close": "close", "closedir": "close", "connect": "connect", "dup": "dup",
    "dup2": "dup2 dup3", "dup3": "dup3", "epoll_create1": "epoll_create1",
    "epoll_ctl": "epoll_ctl", "epoll_wait": "epoll_wait epoll_pwait", "eventfd": "eventfd2",
    "execv": "execve", "execve": "execve",
    "fallocate": "fallocate", "fchmod": "fchmod", "fchown": "fchown", "fcntl": "fcntl",
    "fdatasync": "fdatasync", "fdopen": "fcntl", "flock": "flock", "fopen": "openat",
    "fstat": "fstat newfstatat", "fstatfs": "fstatfs", "fsync": "fsync", "ftruncate": "ftruncate",
    "futimens": "utimensat",
    "getaddrinfo": "socket connect", "getegid": "getegid", "geteuid": "geteuid",
    "getpeername": "getpeername", "getpid": "getpid", "getrandom": "getrandom",
    "getrlimit": "prlimit64", "getrusage": "getrusage", "getsockname": "getsockname",
    "getsockopt": "getsockopt", "getuid": "getuid", "glob": "openat getdents64 newfstatat",
    "grantpt": "ioctl", "inotify_add_watch": "inotify_add_watch",
    "inotify_init1": "inotify_init1", "inotify_rm_watch": "inotify_rm_watch", "ioctl": "ioctl",
    "isatty": "ioctl", "kill": "kill", "link": "link linkat", "listen": "listen",
    "lseek": "lseek", "lstat": "newfstatat lstat", "madvise": "madvise",
    "memfd_create": "memfd_create", "mincore": "mincore", "mkdir": "mkdir", "mkfifo": "mknodat",
    "mkostemp": "openat", "scandir": "openat getdents64 fstat", "tcflow": "ioctl",
    "tcgetpgrp": "ioctl", "umask": "umask", "uname": "uname",
    "mlock": "mlock", "mmap": "mmap", "mprotect": "mprotect", "mremap": "mremap",
    "munmap": "munmap", "nanosleep": "clock_nanosleep", "open": "openat", "openat": "openat",
    "opendir": "openat fstat", "pause": "pause", "pidfd_open": "pidfd_open", "pipe2": "pipe2",
    "poll": "poll ppoll", "posix_fallocate": "fallocate", "posix_openpt": "openat",
    "ppoll": "ppoll", "prctl": "prctl", "pread": "pread64", "preadv": "preadv",
    "preadv2": "preadv2", "pthread_kill": "tgkill", "pthread_sigmask": "rt_sigprocmask",
    "ptsname_r": "ioctl", "pwrite": "pwrite64", "pwritev": "pwritev", "pwritev2": "pwritev2",
    "raise": "tgkill", "read": "read", "readdir": "getdents64", "readlink": "readlink",
    "readlinkat": "readlinkat", "readv": "readv", "realpath": "readlink newfstatat",
    "recv": "recvfrom", "recvfrom": "recvfrom", "recvmmsg": "recvmmsg", "recvmsg": "recvmsg",
    "rename": "rename", "renameat": "renameat", "renameat2": "renameat2", "rewinddir": "lseek",
    "rmdir": "rmdir", "send": "sendto", "sendfile": "sendfile", "sendmmsg": "sendmmsg",
    "sendmsg": "sendmsg", "sendto": "sendto", "setrlimit": "prlimit64", "setsid": "setsid",
    "setsockopt": "setsockopt", "shutdown": "shutdown", "sigaction": "rt_sigaction",
    "signalfd": "signalfd4", "sigprocmask": "rt_sigprocmask", "socket": "socket",
    "socketpair": "socketpair", "splice": "splice", "stat": "newfstatat stat", "statx": "statx",
    "symlink": "symlink", "tcdrain": "ioctl", "tcflush": "ioctl", "tcgetattr": "ioctl",
    "tcsendbreak": "ioctl", "tcsetattr": "ioctl", "tee": "tee",
    "timerfd_create": "timerfd_create", "timerfd_settime": "timerfd_settime",
    "ttyname_r": "ioctl readlink", "unlink": "unlink", "unlinkat": "unlinkat",
    "unlockpt": "ioctl", "usleep": "clock_nanosleep", "waitpid": "wait4", "write": "write",
    "writev": "writev",
}

# Folders of programs that have no sandbox.
_OTHERS = {"client", "lib"}
_NAMED = re.compile(r"^\s*(?:/\*|\*) (?:syscalls|for an upgrade|before the sandbox): ([\w ]+?)"
                    r"(?: \*/)?$", re.M)
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_STRING = re.compile(r'"(?:\\.|[^"\\])*"')
_CALL = re.compile(r"(?<![\w.>*])([a-z0-9_]+)\(")
_NUMBER = re.compile(r"\bSYS_(\w+)")
_OWN = re.compile(r"^[a-z][\w *]*?\b(\w+)\([^;{]*\)\n\{", re.M)


def check(source):
    folder = source.path.split("/")[1]
    if folder in _OTHERS:
        return
    named = {name for line in _NAMED.findall(source.text) for name in line.split()}
    code = _STRING.sub('""', _COMMENT.sub("", source.text))
    own = set(_OWN.findall(code))
    made = {call: CALLS[call].split() for call in _CALL.findall(code)
            if call in CALLS and call not in own}
    made.update((name, [name]) for name in _NUMBER.findall(code))
    for call, names in sorted(made.items()):
        missing = [name for name in names if name not in named]
        if missing:
            yield source.fault(1, f"{call}() makes {' or '.join(missing)}: name it in a comment "
                                  "\"syscalls: ...\"")


def main():
    report(fault for source in sources(".c", under=("src",)) for fault in check(source))


def bad_examples():
    yield Source("src/io/a.c", "int a(void)\n{\n\treturn dup2(1, 2);\n}\n")
    yield Source("src/io/a.c", "/* syscalls: read */\nint a(void)\n{\n\tread(1, 0, 0);\n"
                               "\twrite(1, 0, 0);\n}\n")
    yield Source("src/io/a.c", "int a(void)\n{\n\treturn syscall(SYS_bpf);\n}\n")


if __name__ == "__main__":
    main()
