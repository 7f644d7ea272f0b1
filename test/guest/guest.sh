# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by boot-*.sh: what a guest is made of.
#
# A guest is a kernel of the distribution and an initramfs of busybox, our init and the modules of
# the virtio console. Nothing is installed and nothing needs root; what was downloaded and packed is
# kept in $cache.

here=$(cd "$(dirname "$0")" && pwd)
cache=${CHARHUB_GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/charhub/guest}

fail()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

need()
{
	for program; do
		command -v "$program" >/dev/null || fail "$program is not installed"
	done
}

# is_frontend QEMU: can it pass any virtio device on to a vhost-user backend? 10.2 is the first.
is_frontend()
{
	"$1" -device vhost-user-test-device-pci,help 2>/dev/null | grep -q num_vqs
}

# is_newer FILE OTHER: also where OTHER is missing
is_newer()
{
	[ ! -e "$2" ] || [ "$(find -L "$1" -newer "$2")" ]
}

# Guests that start at the same time find the cache empty together: one fills it, the others wait.
lock_cache()
{
	mkdir -p "$cache" || fail "cannot make $cache"
	exec 9>"$cache/lock"
	flock 9
}

unlock_cache()
{
	exec 9>&-
}

# A package's address changes with every update, so an old package list leads nowhere.
download_package()
{
	apt-get -qq -o APT::Sandbox::User=root download "$1" && return
	if [ "$(id -u)" = 0 ]; then apt-get -qq update; else sudo -n apt-get -qq update; fi
	apt-get -qq -o APT::Sandbox::User=root download "$1"
}

# fetch_kernel MODULE...: the distribution's cloud kernel, unpacked: $cache/kernel/vmlinuz and the
# modules beside it, decompressed, but for those that the kernel has built in
fetch_kernel()
{
	[ ! -e "$cache/kernel" ] || return 0
	need apt-get dpkg-deb tar
	package=$(apt-cache depends linux-image-cloud-amd64 |
		awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
	[ "$package" ] || fail "apt knows no package linux-image-cloud-amd64"
	echo "${0##*/}: downloading $package into $cache, once" >&2

	new=$cache/kernel.new
	rm -rf "$new"
	mkdir "$new"
	(cd "$new" && download_package "$package") >&2 || fail "cannot download $package"
	all=$new/all
	mkdir "$all"
	dpkg-deb --fsys-tarfile "$new"/*.deb | tar -x -C "$all" || fail "cannot unpack $package"
	mv "$all"/boot/vmlinuz-* "$new/vmlinuz"
	modules=$(echo "$all"/lib/modules/*/ "$all"/usr/lib/modules/*/ | tr ' ' '\n' | grep -v '\*')
	for module; do
		! grep -q "/$module\.ko" "$modules/modules.builtin" || continue
		file=$(echo "$modules/kernel/drivers/$module".ko*)
		case $file in
		*.xz) busybox unxz "$file"; file=${file%.xz} ;;
		esac
		mv "$file" "$new/" || fail "$package has no module $module"
	done
	rm -rf "$all" "$new"/*.deb
	mv "$new" "$cache/kernel"
}

# pack_initramfs NAME MODULEFILE...: $cache/NAME.gz, made anew when a part of it has changed
pack_initramfs()
{
	image=$cache/$1.gz
	shift
	need busybox gzip
	busybox=$(command -v busybox)
	for part in "$here/init" "$here/guest.sh" "$busybox" "$@"; do
		! is_newer "$part" "$image" || rm -f "$image"
	done
	[ ! -e "$image" ] || return 0

	root=$cache/root
	rm -rf "$root"
	mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/modules"
	cp "$busybox" "$root/bin/busybox"
	"$busybox" --list | grep -qx cpio || fail "$busybox has no cpio"
	cp "$here/init" "$root/init"
	chmod +x "$root/init"
	for module; do
		cp "$module" "$root/modules/" || fail "no module $module"
		basename "$module"
	done >"$root/modules/order"
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$image.new"
	mv "$image.new" "$image"
	rm -rf "$root"
}
