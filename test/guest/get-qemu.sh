#!/bin/sh
# SPDX-License-Identifier: MIT
# Have a QEMU that can be a vhost-user frontend for any device, 10.2 or newer, and print its path.
#
#	QEMU=$(get-qemu.sh [-d CACHE]) && export QEMU
#	boot-qemu.sh -v SOCKET
#
#	-d CACHE    where it is kept
#
# The system's own ($QEMU, else qemu-system-x86_64) is taken if it is new enough. Otherwise that of
# Debian's backports is unpacked into the cache, once, with the libraries it needs and their loader:
# 45 MB to download, 175 MB on disk, nothing installed. The archive is the one that apt uses.
. "$(dirname "$0")/guest.sh"

while getopts d: option; do
	case $option in
	d) cache=$OPTARG ;;
	*) fail "see the head of $0" ;;
	esac
done

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
suite=stable
new=$cache/qemu.new
apt=$new/apt

# apt-get with lists, packages and a system of its own in which nothing is installed
own_apt_get()
{
	apt-get -qq -o Dir="$apt" -o APT::Sandbox::User=root -o Acquire::Languages=none \
		-o APT::Install-Recommends=false "$@"
}

# download PACKAGE: into $apt, with all it depends on
download()
{
	# shellcheck disable=SC2016 # apt fills it in
	archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		'Origin: Debian' 'Component: main' 'Label: Debian' | head -n 1)
	[ "$archive" ] || fail "apt knows no archive of Debian's to take a new QEMU from"
	[ -e $keyring ] || fail "no $keyring (package debian-archive-keyring)"

	mkdir -p "$apt/etc/apt/preferences.d" "$apt/var/lib/apt/lists/partial" \
		"$apt/var/lib/dpkg" "$apt/var/cache/apt/archives/partial"
	: >"$apt/var/lib/dpkg/status"
	for name in $suite $suite-backports; do
		echo "deb [signed-by=$keyring] $archive $name main"
	done >"$apt/etc/apt/sources.list"
	own_apt_get update &&
		own_apt_get --yes --download-only --target-release $suite-backports install "$1"
}

# The system's libraries may be older than this program, and its modules belong to another QEMU.
write_launcher()
{
	cat >"$1" <<-'END'
		#!/bin/sh
		root=$(dirname "$0")/root
		lib=$root/usr/lib/x86_64-linux-gnu
		export QEMU_MODULE_DIR="$lib/qemu"
		exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib" \
			"$root/usr/bin/qemu-system-x86_64" \
			-L "$root/usr/share/seabios" -L "$root/usr/share/qemu" "$@"
	END
	chmod +x "$1"
}

fetch_qemu()
{
	need apt-get dpkg-deb
	echo "${0##*/}: downloading QEMU into $cache, once" >&2
	rm -rf "$new"
	mkdir -p "$new/root"
	download qemu-system-x86 >&2 || fail "cannot download qemu-system-x86"
	for package in "$apt"/var/cache/apt/archives/*.deb; do
		dpkg-deb --extract "$package" "$new/root" || fail "cannot unpack $package"
	done
	rm -rf "$apt"
	write_launcher "$new/qemu-system-x86_64"
	is_frontend "$new/qemu-system-x86_64" || fail "$archive has no QEMU 10.2 or newer"
	mv "$new" "$cache/qemu"
}

qemu=$(command -v "${QEMU:-qemu-system-x86_64}")
if [ ! "$qemu" ] || ! is_frontend "$qemu"; then
	need flock
	lock_cache
	[ -e "$cache/qemu" ] || fetch_qemu
	unlock_cache
	qemu=$cache/qemu/qemu-system-x86_64
fi
echo "$qemu"
