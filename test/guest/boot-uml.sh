#!/bin/sh
# SPDX-License-Identifier: MIT
# Boot a real Linux guest as User-Mode Linux: a process that needs no VMM and no root.
#
#	boot-uml.sh [-v SOCKET]... [-e COMMAND] [-d CACHE]
#
#	-v SOCKET   a virtio console whose vhost-user backend listens on SOCKET; may be repeated.
#	            The shell is on the first one's hvc0. Without -v it is on this terminal.
#	-e COMMAND  run COMMAND (without double quotes) in the guest instead of a shell, then end
#	-d CACHE    where the initramfs and the shim are kept
#
# $UML is the program (linux.uml), $MEM the guest's memory (128M).
. "$(dirname "$0")/guest.sh"

devices=
count=0
command=
while getopts v:e:d: option; do
	case $option in
	v)
		devices="$devices virtio_uml.device=$OPTARG:3:$count"
		count=$((count + 1))
		;;
	e) command=$OPTARG ;;
	d) cache=$OPTARG ;;
	*) fail "see the head of $0" ;;
	esac
done

uml=${UML:-linux.uml}
need "$uml" setarch setpriv flock

lock_cache
pack_initramfs uml /usr/lib/uml/modules/*/kernel/drivers/char/virtio_console.ko
if grep -qm1 amx_tile /proc/cpuinfo; then
	need cc
	shim=$cache/xstate-shim.so
	! is_newer "$here/xstate-shim.c" "$shim" ||
		cc -O2 -D_GNU_SOURCE -shared -fPIC -o "$shim" "$here/xstate-shim.c" ||
		fail "cannot build xstate-shim.c"
fi
unlock_cache

if [ "$devices" ]; then
	console="con=null con0=null,fd:1 console=hvc0 quiet GUEST_TTY=hvc0"
else
	console="con=null con0=fd:0,fd:1 console=tty0 GUEST_TTY=tty0"
fi

# Its control files live in a folder that goes with it. Its processes make sessions of their own, so
# that no hang-up reaches them: a signal to this script kills them one by one. Where the script is
# killed itself, the kernel takes the guest along: one whose vhost-user backend is gone would spin.
run=$(mktemp -d) || exit
trap 'rm -rf "$run"' EXIT
trap 'shim=; kill -KILL "$pid" $(cat "/proc/$pid/task/$pid/children")' INT TERM HUP
exec 3<&0 # "&" takes the standard input away
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
# A kernel of 64M has 400 threads at most, which try out its ciphers when it boots: its /init could
# not fork then. Address randomisation takes a random part of the guest's memory away: setarch -R.
start()
{
	# shellcheck disable=SC2086 # lists of words
	LD_PRELOAD=${shim:-} setpriv --pdeathsig KILL setarch -R "$uml" mem="${MEM:-128M}" \
		initrd="$cache/uml.gz" root=/dev/ram0 rdinit=/init noreboot \
		uml_dir="$run/" umid=guest $console $devices \
		${command:+"GUEST_CMD=\"$command\""} <&3 &
	pid=$!
	wait "$pid"
	status=$?
	[ "$status" -lt 128 ] || wait "$pid" 2>/dev/null # a signal ends the first wait too early
}

# One boot in a thousand ends in a panic: SIGABRT. One that panics when its kernel has said goodbye,
# and taken its folder along, has ended.
ABORTED=134
for _ in 1 2 3; do
	start
	[ "$status" -eq $ABORTED ] || break
	[ -e "$run/guest" ] || exit 0
	echo "${0##*/}: the guest's kernel panicked; once more" >&2
done
exit "$status"
