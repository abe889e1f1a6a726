#!/bin/sh
# What clang takes for its linker: turns the command line of an ELF shared library into wasm-ld's.
#
# Extension modules export their PyInit_ function and nothing else, so that modules linked into one
# image cannot clash, and find the rest in Python and the C library when they are linked.
set -eu
here=$(dirname "$0")
shared=no
output=
arguments=
# The arguments that stay are collected one a line; none has a newline in it.
keep() {
    arguments="$arguments$1
"
}
while [ $# -gt 0 ]; do
    case $1 in
    --version) exec "$here/wasm-ld" --version ;;
    # Only for ELF, with a value of its own.
    -soname | -rpath | -rpath-link | --wasm-ld-path) shift ;;
    # Only for ELF.
    -soname=* | -rpath=* | --as-needed | --no-as-needed | --start-group | --end-group) ;;
    --allow-shlib-undefined | --no-undefined) ;;
    # Only for what is started by its _initialize; whoever links a library calls its constructors.
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
# shellcheck disable=SC2086 # the split at newlines is meant
exec "$here/wasm-ld" $arguments
