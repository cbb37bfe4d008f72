#!/bin/busybox sh
# The first process of a recorded kernel: loads the drivers with the tracepoints on, reads, writes and pings, and puts the
# log on the virtio disk.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing
echo 16384 > $trace/buffer_size_kb
echo 1 > $trace/events/dma/enable
while read -r module; do insmod /modules/$module; done < /modules/order
for i in 1 2 3 4 5 6 7 8 9 10; do
    [ -b /dev/nvme0n1 ] && [ -b /dev/vda ] && break
    sleep 1
done
echo "read" > $trace/trace_marker
dd if=/dev/nvme0n1 of=/dev/null bs=128k count=8
echo "write" > $trace/trace_marker
dd if=/dev/zero of=/dev/nvme0n1 bs=128k count=8 conv=fsync
echo "ping" > $trace/trace_marker
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
sleep 2
ping -c 3 -W 2 10.0.2.2
echo 0 > $trace/tracing_on
gzip -c $trace/trace > /dev/vda
sync
poweroff -f
