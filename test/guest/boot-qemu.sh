#!/bin/sh
# SPDX-License-Identifier: MIT
# Boot a real Linux guest under QEMU's software CPU, with a shell on its virtio console (hvc0).
#
#	boot-qemu.sh [-v SOCKET]... [-t | -c SOCKET | -s SOCKET] [-p PORTS] [-e COMMAND]
#	             [-d CACHE] [-- QEMU-ARGUMENT...]
#
#	-v SOCKET   a virtio console whose vhost-user backend listens on SOCKET; may be repeated.
#	            The shell is on the first one's hvc0. Needs QEMU 10.2: see get-qemu.sh.
#	-t          a console of QEMU's own on this terminal (the default without -v)
#	-c SOCKET   one that QEMU connects to a unix socket on which somebody listens
#	-s SOCKET   one for which QEMU listens; it starts once somebody has connected
#	-p PORTS    the most ports that a backend of -v has (31, which is also enough for fewer)
#	-e COMMAND  run COMMAND (without double quotes) in the guest instead of a shell, then end
#	-d CACHE    where the kernel is kept
#
# $QEMU is the program (qemu-system-x86_64), $MEM the guest's memory (128M). QEMU takes this
# process's place, so that signals reach it.
. "$(dirname "$0")/guest.sh"

sockets=
chardev=
ports=31
command=
while getopts v:tc:s:p:e:d: option; do
	case $option in
	v) sockets="$sockets $OPTARG" ;;
	t) chardev=stdio,id=hvc,signal=off ;;
	c) chardev=socket,id=hvc,path=$OPTARG ;;
	s) chardev=socket,id=hvc,path=$OPTARG,server=on,wait=on ;;
	p) ports=$OPTARG ;;
	e) command=$OPTARG ;;
	d) cache=$OPTARG ;;
	*) fail "see the head of $0" ;;
	esac
done
shift $((OPTIND - 1))
[ "$sockets$chardev" ] || chardev=stdio,id=hvc,signal=off

qemu=${QEMU:-qemu-system-x86_64}
mem=${MEM:-128M}
need "$qemu" flock
if [ "$sockets" ] && ! is_frontend "$qemu"; then
	fail "$qemu has no vhost-user-test-device-pci, as QEMU has from 10.2 on (get-qemu.sh)"
fi

drivers='virtio/virtio_ring virtio/virtio virtio/virtio_pci_modern_dev virtio/virtio_pci_legacy_dev
	virtio/virtio_pci char/virtio_console'
lock_cache
# shellcheck disable=SC2086 # a list of words
fetch_kernel $drivers
modules=
for driver in $drivers; do
	module=$cache/kernel/${driver##*/}.ko
	[ ! -e "$module" ] || modules="$modules $module"
done
# shellcheck disable=SC2086
pack_initramfs qemu $modules
unlock_cache

# Nearly all of the boot is work that this guest has no use for: without ACPI, self-tests and
# calibration it takes 4 s instead of 15. acpi=off needs pci=nomsi.
kernel="console=hvc0 panic=-1 acpi=off pci=nomsi nokaslr mitigations=off tsc=reliable
no_timer_check cryptomgr.notests random.trust_cpu=on rcupdate.rcu_expedited=1 nowatchdog
GUEST_TTY=hvc0"
kernel=$(echo "$kernel" | tr '\n' ' ')${command:+ GUEST_CMD=\"$command\"}

# QEMU's own console comes last, so that hvc0 is that of the first -v.
[ ! "$chardev" ] || set -- -chardev "$chardev" -device virtio-serial-pci \
	-device virtconsole,chardev=hvc "$@"
# A backend maps the guest's memory. Port 0 has two queues, the control messages and each other port
# have two more.
devices=
count=0
for socket in $sockets; do
	devices="$devices -chardev socket,id=vhost$count,path=$socket
		-device vhost-user-test-device-pci,chardev=vhost$count,virtio-id=3,config_size=12"
	devices="$devices,num_vqs=$((2 * (ports + 1)))"
	count=$((count + 1))
done
[ ! "$devices" ] ||
	devices="-object memory-backend-memfd,id=mem,size=$mem,share=on -machine memory-backend=mem
		$devices"

# shellcheck disable=SC2086 # a list of words
exec "$qemu" -nodefaults -no-user-config -no-reboot -display none -M pc -accel tcg \
	-cpu qemu64 -m "$mem" \
	-kernel "$cache/kernel/vmlinuz" -initrd "$cache/qemu.gz" -append "$kernel" $devices "$@"
