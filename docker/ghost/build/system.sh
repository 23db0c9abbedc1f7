#!/bin/sh
# Copies Node, and the libraries of some Debian packages, into a root file system without anything else.
#   system.sh ROOT PACKAGE...
set -eu
root=$1; shift

mkdir -p "$root/usr/lib" "$root/usr/lib64" "$root/usr/local/bin" "$root/etc" "$root/var/lib/dpkg/status.d"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
cp /usr/local/bin/node "$root/usr/local/bin/"
[ ! -e /usr/local/LICENSE ] || cp /usr/local/LICENSE "$root/usr/local/"

for package; do
  # the libraries and the loader, not the character sets beside them; a licence stays with what it is for
  dpkg -L "$package" | grep -E '/((lib[^/]*|ld-[^/]*)\.so(\.[0-9.]+)?|doc/[^/]*/copyright)$' | grep -v /gconv/ |
    while read -r file; do cp -a --parents "$(realpath "$(dirname "$file")")/$(basename "$file")" "$root"; done
  # scanners look here for packages of an image that has no dpkg
  dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
done
cp /etc/os-release /etc/debian_version "$root/etc/"

echo 'root:x:0:0:root:/root:/sbin/nologin
ghost:x:65532:65532:ghost:/var/lib/ghost:/sbin/nologin' >"$root/etc/passwd"
echo 'root:x:0:
ghost:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"

mkdir -m 1777 "$root/tmp"
# all that is written to: for any user, and so is a file system in memory that Docker mounts there
ghost=$root/var/lib/ghost
mkdir -p "$ghost"
mkdir -m 1777 "$ghost/content"
mkdir "$ghost/compile-cache"
chown 65532:65532 "$ghost/compile-cache"
