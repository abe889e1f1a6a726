#!/bin/sh
# The linker that clang calls: converts the command line for an ELF shared library into one for wasm-ld.
#
# An extension module exports only its PyInit_ function, so that the modules of one image cannot clash.
# Its imports are resolved from Python and the C library when eryx links the image.
set -eu
here=$(dirname "$0")
shared=no
output=
arguments=
# The remaining arguments, one per line; none contains a newline.
keep() {
    arguments="$arguments$1
"
}
while [ $# -gt 0 ]; do
    case $1 in
    --version) exec "$here/wasm-ld" --version ;;
    # Only for ELF, followed by a value.
    -soname | -rpath | -rpath-link | --wasm-ld-path) shift ;;
    # Only for ELF.
    -soname=* | -rpath=* | --as-needed | --no-as-needed | --start-group | --end-group) ;;
    --allow-shlib-undefined | --no-undefined) ;;
    # Only for modules that start by _initialize; eryx calls the constructors of a linked library.
    *crt1-reactor.o) ;;
    --entry) shift ;;
    -shared) shared=yes && keep "$1" ;;
    -o) output=$2 && keep "$1" && keep "$2" && shift ;;
    *) keep "$1" ;;
    esac
    shift
done
if [ $shared = yes ]; then
    module=$(basename "$output")
    keep --no-export-dynamic
    keep "--export-if-defined=PyInit_${module%%.*}"
    keep -lexceptions
    keep -lpython3.14
fi
IFS='
'
# shellcheck disable=SC2086 # split at newlines on purpose
exec "$here/wasm-ld" $arguments
