#!/bin/bash
# Builds the driver of this folder, right and wrong, runs both under QEMU, and checks what they did.
#
#   BUILD   where the package is built (.build)
#   OUT     where the ELF files and traces go (this folder)
set -eu
cd "$(dirname "$0")"
here=$PWD
build=${BUILD:-.build}
case $build in /*) ;; *) build=$here/../../../$build ;; esac
staleline=$build/release/staleline
out=${OUT:-$here}

for variant in violates fixed; do
    flag=
    [ $variant = violates ] || flag=-DFIXED
    # Paths in the debug information are those of the repository, wherever it lies.
    arm-none-eabi-gcc -mcpu=cortex-a9 -marm -O1 -g $flag -ffreestanding -nostdlib -Wall -Wextra -Werror \
        "-ffile-prefix-map=$here=Traces/programs/pl330-ring" -T memory.ld "$here/start.S" "$here/driver.c" -lgcc \
        -o "$out/$variant.elf"
    "$staleline" capture -o "$out/$variant.sltb" --system xilinx-zynq-a9 --machine zynq7000 \
        --device dma0:0xF8003000:4K --pl330 dma0 --l2c310 0xF8F02000 --wait dma_done=dma0 --start run --stop stop --timeout 60 \
        -- "$out/$variant.elf" -semihosting </dev/null
done

status=0
"$staleline" check "$out/violates.sltb" --elf "$out/violates.elf" || status=$?
[ $status = 1 ] || { echo "violates.sltb: expected findings, check ended with $status"; exit 1; }
"$staleline" check "$out/fixed.sltb" --elf "$out/fixed.elf"
