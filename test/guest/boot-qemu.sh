#!/bin/sh
# SPDX-License-Identifier: MIT
# Boot a real Linux guest under QEMU's software CPU, with a shell on its virtio console (hvc0).
#
#	boot-qemu.sh [-t | -c SOCKET | -s SOCKET] [-e COMMAND] [-d CACHE] [-- QEMU-ARGUMENT...]
#
#	-t          hvc0 is this terminal (the default)
#	-c SOCKET   QEMU connects hvc0 to a unix socket on which somebody listens
#	-s SOCKET   QEMU listens on a unix socket and starts once somebody has connected
#	-e COMMAND  run COMMAND (without double quotes) in the guest instead of a shell, then end
#	-d CACHE    where the kernel is kept
#
# $QEMU is the program (qemu-system-x86_64), $MEM the guest's memory (128M). QEMU takes this
# process's place, so that signals reach it.
. "$(dirname "$0")/guest.sh"

chardev=stdio,id=hvc0,signal=off
command=
while getopts tc:s:e:d: option; do
	case $option in
	t) ;;
	c) chardev=socket,id=hvc0,path=$OPTARG ;;
	s) chardev=socket,id=hvc0,path=$OPTARG,server=on,wait=on ;;
	e) command=$OPTARG ;;
	d) cache=$OPTARG ;;
	*) fail "see the head of $0" ;;
	esac
done
shift $((OPTIND - 1))

qemu=${QEMU:-qemu-system-x86_64}
need "$qemu" flock

drivers='virtio/virtio_ring virtio/virtio virtio/virtio_pci_modern_dev virtio/virtio_pci_legacy_dev
	virtio/virtio_pci char/virtio_console'
lock_cache
# shellcheck disable=SC2086 # a list of words
fetch_kernel $drivers
modules=
for driver in $drivers; do
	modules="$modules $cache/kernel/${driver##*/}.ko"
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

exec "$qemu" -nodefaults -no-user-config -no-reboot -display none -M pc -accel tcg \
	-cpu qemu64 -m "${MEM:-128M}" \
	-kernel "$cache/kernel/vmlinuz" -initrd "$cache/qemu.gz" -append "$kernel" \
	-chardev "$chardev" -device virtio-serial-pci -device virtconsole,chardev=hvc0 "$@"
