#!/bin/sh
# Installs what the build needs and is missing, and says what it did.
#
#   Scripts/setup.sh              for the build and the tests
#   Scripts/setup.sh quickstart   also for `make quickstart`
set -eu

# The one list of Debian packages. docs/DEPENDENCIES.md says what each is for.
build_packages="pkg-config libyaml-dev libonig-dev libarchive-dev libxml2-dev libuchardet-dev libcurl4-openssl-dev
  libturbojpeg0-dev libpng-dev libcld2-dev libopencc-dev libopencc-data libsqlite3-dev libmicrohttpd-dev zlib1g-dev libbz2-dev
  liblzma-dev libzstd-dev libbrotli-dev"
quickstart_packages="bible-kjv"
# The oldest Swift that builds the package: tools version 6.1.
swift_major=6
swift_minor=1

say() { echo "setup: $*"; }
stop() {
  echo "setup: $*" >&2
  exit 1
}

# Swift itself: a toolchain is a choice of the user, so it is checked and not installed.
if ! command -v swift >/dev/null 2>&1; then
  stop "there is no 'swift' on the PATH. Install Swift $swift_major.$swift_minor or newer from https://www.swift.org/install and try again."
fi
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)
[ -n "$version" ] || stop "cannot read the version from 'swift --version'. Swift $swift_major.$swift_minor or newer is needed."
major=${version%%.*}
minor=${version#*.}
if [ "$major" -lt "$swift_major" ] || { [ "$major" -eq "$swift_major" ] && [ "$minor" -lt "$swift_minor" ]; }; then
  stop "this is Swift $version; $swift_major.$swift_minor or newer is needed. Install it from https://www.swift.org/install and try again."
fi

packages=$build_packages
[ "${1:-}" = quickstart ] && packages="$packages $quickstart_packages"

# What pkg-config knows the libraries by, for systems other than Debian.
libraries="yaml-0.1 oniguruma libarchive libxml-2.0 uchardet libcurl libturbojpeg libpng sqlite3 libmicrohttpd zlib liblzma
  libzstd libbrotlidec"
absent=
for library in $libraries; do pkg-config --exists "$library" 2>/dev/null || absent="$absent $library"; done

if [ "$(uname -s)" = Darwin ]; then
  if [ -n "$absent" ]; then
    formulas="pkg-config libyaml oniguruma libarchive libxml2 uchardet curl jpeg-turbo libpng sqlite libmicrohttpd xz zstd brotli"
    command -v brew >/dev/null 2>&1 || stop "missing:$absent. Install Homebrew (https://brew.sh), then run: brew install $formulas"
    # shellcheck disable=SC2086  # the formulas are words
    brew install $formulas
    say "installed with Homebrew: $formulas. CLD2 has no formula: build it from https://github.com/CLD2Owners/cld2"
  else
    say "Swift $version; the libraries are there. Nothing to install."
  fi
  exit 0
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
  # Not a Debian: leave the installing to the user.
  if [ -z "$absent" ]; then
    say "Swift $version; the libraries are there. Nothing to install."
    exit 0
  fi
  stop "missing:$absent, and perhaps bzip2 and cld2, and this is no Debian. Install the packages that hold them (often named as here, with -devel) and try again."
fi

missing=
for package in $packages; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  case $status in
    *"ok installed") ;;
    *)
      # pkgconf is a drop-in for pkg-config.
      if [ "$package" = pkg-config ] && command -v pkg-config >/dev/null 2>&1; then continue; fi
      missing="$missing $package"
      ;;
  esac
done
missing=${missing# }

if [ -z "$missing" ]; then
  say "Swift $version; all packages are there ($packages). Nothing to install."
  exit 0
fi

command="apt-get install --yes --no-install-recommends $missing"
if [ "$(id -u)" -eq 0 ]; then
  as_root="env"
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo env"  # sudo drops variables of the caller
else
  stop "these packages are missing: $missing. Neither root nor sudo is available here; ask an administrator to run: $command"
fi
command -v apt-get >/dev/null 2>&1 || stop "these packages are missing: $missing, and there is no apt-get to install them."

say "installing: $missing"
# A fresh machine has no package lists, an old one has stale ones; a failed update still leaves the lists it has.
$as_root apt-get update -qq || say "the package lists could not be updated; trying with those that are there"
if ! $as_root DEBIAN_FRONTEND=noninteractive $command -qq >/dev/null; then
  stop "that failed. Run it by hand to see why: ${as_root%env}$command"
fi
say "Swift $version; installed: $missing."
