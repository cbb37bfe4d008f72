#!/bin/bash
# Boots Debian's kernel for Arm under QEMU with an NVMe disk and an e1000 that are not coherent, records what drivers ask of
# the DMA API, and audits it with staleline.
#
#   tools/kernel-capture/capture.sh [--arch armhf|arm64] [--plugin] [--keep] OUT.ftrace.txt
#
# --plugin records the kernel's cache maintenance and barriers too, to OUT.sltb, from the boot on and slowly (a quarter of an
# hour on two busy cores). Up to QEMU 9 few of its addresses are known: what the kernel's pointers hold from its boot on is
# not. QEMU 10 shows the registers; TRACK=off is faster with it.
#
# Everything is downloaded and built in a folder of its own (WORK, by default kernel-capture in the build folder); nothing of
# it is installed. Needs what `make setup-kernel-capture` installs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/.build}
arch=armhf plugin= keep= out=
while [ $# -gt 0 ]; do
    case $1 in
    --arch) arch=$2; shift ;;
    --plugin) plugin=1 ;;
    --keep) keep=1 ;;
    -*) echo "usage: $0 [--arch armhf|arm64] [--plugin] [--keep] OUT.ftrace.txt"; exit 2 ;;
    *) out=$1 ;;
    esac
    shift
done
[ -n "$out" ] || { echo "expected a file to write"; exit 2; }
case $arch in
# CTR is what QEMU's CPU has: the kernel's loops take the size of a line from it.
armhf) package=linux-image-armmp qemu=qemu-system-arm machine=virt,highmem=off cpu=cortex-a15 image=vmlinuz ctr=0x8444c004 ;;
arm64) package=linux-image-arm64 qemu=qemu-system-aarch64 machine=virt cpu=cortex-a53 image=vmlinuz ctr=0x84448004 ;;
*) echo "--arch $arch: expected armhf or arm64"; exit 2 ;;
esac
for tool in "$qemu" dtc depmod cpio dpkg-deb xz; do
    command -v "$tool" >/dev/null || {
        echo "$tool is missing: apt-get install qemu-system-arm device-tree-compiler kmod cpio xz-utils"; exit 2; }
done
work=${WORK:-$build/kernel-capture}/$arch
mkdir -p "$work"
cd "$work"

# Debian's packages, through an apt of their own: the host's architecture and lists stay as they are.
if [ ! -e kernel/done ]; then
    mkdir -p apt/state apt/lists/partial apt/archives/partial
    : > apt/state/status
    {
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${MIRROR:-http://deb.debian.org/debian} bookworm main"
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${MIRROR:-http://deb.debian.org/debian} bookworm-backports main"
    } > apt/sources.list
    cat > apt/conf <<CONF
APT::Architecture "$arch"; APT::Architectures { "$arch"; }; APT::Sandbox::User "root";
Dir::State "$work/apt/state"; Dir::State::status "$work/apt/state/status"; Dir::State::lists "$work/apt/lists";
Dir::Cache "$work/apt"; Dir::Etc::sourcelist "$work/apt/sources.list"; Dir::Etc::sourceparts "-";
CONF
    export APT_CONFIG=$work/apt/conf
    apt-get update -q
    version=$(apt-cache policy $package | awk '/bpo12/ { print $1; exit }')
    kernel=$(apt-cache depends "$package=$version" | awk '/Depends: linux-image/ { print $2; exit }')
    (cd apt/archives && apt-get download -q "$kernel" busybox-static)
    rm -rf kernel && mkdir kernel
    for deb in apt/archives/*.deb; do dpkg-deb -x "$deb" kernel; done
    unset APT_CONFIG
    : > kernel/done
fi
release=$(basename "$(ls -d kernel/lib/modules/* kernel/usr/lib/modules/* 2>/dev/null | head -1)")
modules=$(ls -d kernel/lib/modules/"$release" kernel/usr/lib/modules/"$release" 2>/dev/null | head -1)
depmod -b "${modules%/lib/modules/*}" "$release"

# The initial file system: busybox, the modules of the devices with all that they need, in the order of loading.
rm -rf initramfs && mkdir -p initramfs/{bin,proc,sys,dev,modules}
cp "$(find kernel -path '*bin/busybox' | head -1)" initramfs/bin/busybox
: > initramfs/modules/order
load() {
    local line name
    line=$(grep -E "/$1\.ko[^:]*:" "$modules/modules.dep" || true)
    [ -n "$line" ] || return 0 # built in
    for name in $(echo "${line#*:}" | tr ' ' '\n' | tac) "${line%%:*}"; do
        local file=$(basename "$name")
        grep -qx "${file%.xz}" initramfs/modules/order && continue
        case $file in
        *.xz) xz -dc "$modules/$name" > "initramfs/modules/${file%.xz}" ;;
        *) cp "$modules/$name" initramfs/modules/ ;;
        esac
        echo "${file%.xz}" >> initramfs/modules/order
    done
}
for module in virtio_mmio virtio_blk pci-host-generic nvme e1000; do load $module; done
sed "s/@PLUGIN@/${plugin:-0}/" "$here/init.sh" > initramfs/init
chmod +x initramfs/init
(cd initramfs && find . | cpio -o -H newc --quiet) | gzip > initramfs.gz

# The device tree without the words that make every device coherent.
truncate -s 16M nvme.img
truncate -s 16M log.img
dd if=/dev/zero of=log.img bs=1M count=16 conv=notrunc status=none
options=(-M "$machine" -cpu $cpu -smp 1 -m 512 -nographic -no-reboot -monitor none
    -drive "if=none,file=nvme.img,format=raw,id=disk" -device nvme,drive=disk,serial=0
    -netdev user,id=net -device e1000,netdev=net,romfile=
    -drive "if=none,file=log.img,format=raw,id=log" -device virtio-blk-device,drive=log)
"$qemu" "${options[@]}" -machine dumpdtb=virt.dtb </dev/null
dtc -q -I dtb -O dts virt.dtb | grep -v dma-coherent | dtc -q -I dts -O dtb -o noncoherent.dtb
run=("$qemu" "${options[@]}" -dtb noncoherent.dtb -kernel "$(ls kernel/boot/$image-*)" -initrd initramfs.gz
    -icount shift=1,sleep=off
    -append "console=ttyAMA0 quiet nokaslr no_hash_pointers panic=-1 trace_buf_size=16M")
if [ -n "$plugin" ]; then
    # The kernel's own addresses alone are followed in memory: those of processes mean something else in each.
    from=0xc0000000
    [ $arch = armhf ] || from=0xffff000000000000
    run+=(-plugin "$build/plugin/libstaleline-capture.so,out=$work/kernel.sltb,summary=$work/summary,fetches=off,data=off,shadow_from=$from,ctr=$ctr${TRACK:+,track=$TRACK}")
fi
timeout "${TIMEOUT:-1200}" "${run[@]}" </dev/null > console.txt 2>&1 || { tail -20 console.txt; exit 1; }
cd - >/dev/null
# The log is one gzip member at the disk's start; zeros follow.
gzip -dc "$work/log.img" 2>/dev/null > "$out" || true
[ -s "$out" ] || { echo "the kernel wrote no log; its console:"; tail -20 "$work/console.txt"; exit 1; }
echo "$(grep -c dma_ "$out") events of kernel $release in $out"
if [ -n "$plugin" ]; then
    mv "$work/kernel.sltb" "${out%.ftrace.txt}.sltb"
    cat "$work/summary"
fi
[ -n "$keep" ] || rm -rf "$work/initramfs" "$work"/*.img
staleline=$build/release/staleline
if [ -x "$staleline" ]; then
    status=0
    "$staleline" check "$out" --machine zynq7000 || status=$?
    "$staleline" compare "$out" --machine zynq7000
    exit $status
fi
