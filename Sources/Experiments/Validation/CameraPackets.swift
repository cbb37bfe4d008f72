import MemoryModel
import Quantities
import Traces

// The rows V5 to V7: what the driver of USB cameras spends on a URB, a buffer that the USB controller fills and whose
// payload the core copies into a frame.
//
// - V5 names its machine as an "arm64 Chromebook" and times uvc_video_copy_data_work, which copies a URB's payload: the
//   syncs are before and after it. Which of their cores ran it is not known; taken are both small ones of the time, a
//   Cortex-A53 at 1416 MHz (RK3399) and a Cortex-A55. The kernel's memcpy loads 16 bytes at a time.
// - V6 and V7 are of an RK3288. 132 packets of 417 bytes lie 1024 bytes apart (the largest packet of USB 2.0); of each
//   the core reads the header, 12 bytes, and copies the rest, 32 bytes at a time, as the kernel's memcpy loads eight
//   registers. The frame is in cached memory that the copy walks through.
// - V7 puts an unmap before each packet is read and a map after it, or the syncs.
// Left out: the driver's own instructions.

/// What a camera's packets cost the core that reads them.
struct CameraPackets {
    /// How many URBs are simulated.
    var count: Int

    /// What a Chromebook may have had: small cores of an RK3399, or those of the generation after it.
    static let chromebooks = [
        MachineVariant("rk3328", ["core.mhz": "1416"]), MachineVariant("rk3568"),
    ]
    /// The machine of V6 and V7.
    static let machine = MachineVariant("rk3288")

    // MARK: V5

    private static let urb: UInt64 = 14_544

    /// Replays V5 on one of the machines that it may have been.
    func copies(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        func time(_ call: String, _ direction: String, _ sync: String) throws(TraceErrors) -> Double
        {
            var text = """
                kernel 5.10
                device usb noncoherent
                buffer urbs 0x10000000 1M
                buffer frame 0x20000000 1M

                """
            for index in 0..<count {
                let at = "\(index * 16_384)"
                text += """
                    h\(index) = \(call) usb urbs+\(at) \(Self.urb) \(direction)
                    ring usb
                    usb: wr urbs+\(at) \(Self.urb)
                    wait usb
                    \(sync.isEmpty ? "work 0" : "\(sync) h\(index)")
                    span copy
                    copy frame+\(at) urbs+\(at) \(Self.urb) by 16
                    end

                    """
            }
            return TimedTrace.seconds("copy", try TimedTrace(text).spans(on: machine))
        }
        let coherent = try time("dma_alloc_coherent", "", "")
        let cached = try time("dma_map_single", "FROM_DEVICE", "dma_sync_single_for_cpu")
        return [
            ValidationRow(
                row: MeasuredRow(
                    id: "V5 \(machine.name)",
                    workload:
                        "arm64 Chromebook, if it was this core: copy of a URB, coherent / cached",
                    measured: 280.0 / 14, unit: "×", criterion: .band(15...35),
                    source: "linux-media, 2021, uvcvideo: Use dma_alloc_noncontiguous"),
                predicted: coherent / cached)
        ]
    }

    // MARK: V6 and V7

    private static let packets = 132
    private static let packetBytes = 417
    private static let headerBytes = 12
    private static let packetStep = 1_024

    /// Replays V6 and V7.
    func packets(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        func time(_ trace: String) throws(TraceErrors) -> Double {
            try TimedTrace(trace).spans(on: machine)["urb"].map {
                $0.time.seconds * 1e6 / Double(count)
            } ?? 0
        }
        let coherent = try time(urbs(isCached: false))
        let cached = try time(urbs(isCached: true))
        let mapped = try time(
            urbs(
                isCached: true, before: ["dma_unmap_single p"],
                after: ["p = dma_map_single usb", "\(Self.packetBytes) FROM_DEVICE"]))
        let synced = try time(
            urbs(
                isCached: true, before: ["dma_sync_single_for_cpu p"],
                after: ["dma_sync_single_for_device p"]))
        func row(
            _ id: String, _ workload: String, _ measured: Double, _ unit: String,
            _ band: ClosedRange<Double>, _ predicted: Double
        ) -> ValidationRow {
            ValidationRow(
                row: MeasuredRow(
                    id: id, workload: workload, measured: measured, unit: unit,
                    criterion: .band(band),
                    source: "linux-media, 2018-08-24, uvcvideo and usb_alloc_coherent"),
                predicted: predicted)
        }
        return [
            row(
                "V6", "RK3288, URB of 132 packets of 417 B: usb_alloc_coherent / kmalloc",
                130.2 / 33.7, "×", 2.5...5.5, coherent / cached),
            row(
                "V7", "the same: what unmap and map of each packet add", 26.3, "µs", 13...53,
                mapped - cached),
            row(
                "V7 sync", "syncs instead of unmap and map, against those", 1, "×", 0.8...1.25,
                (synced - cached) / (mapped - cached)),
        ]
    }

    private func urbs(isCached: Bool, before: [String] = [], after: [String] = []) -> String {
        let step = Self.packetStep
        let size = Self.packets * step
        var text = """
            kernel 4.19
            device usb noncoherent
            buffer urbs 0x10000000 16M
            buffer frame 0x20000000 16M

            """
        for index in 0..<count {
            let urb = index << 18
            let frame = index * Self.packets * (Self.packetBytes - Self.headerBytes)
            text +=
                isCached
                ? "u = dma_map_single usb urbs+\(urb) \(size) FROM_DEVICE\n"
                : "u = dma_alloc_coherent usb urbs+\(urb) \(size)\n"
            text += "ring usb\n"
            for packet in 0..<Self.packets {
                text += "usb: wr urbs+\(urb + packet * step) \(Self.packetBytes)\n"
            }
            text += "wait usb\n" + (isCached ? "dma_unmap_single u\n" : "")
            for packet in 0..<Self.packets {
                let at = urb + packet * step
                let payload = Self.packetBytes - Self.headerBytes
                if !before.isEmpty {
                    text += "p = dma_map_single usb urbs+\(at) \(Self.packetBytes) FROM_DEVICE\n"
                }
                text += "span urb\n"
                if let call = before.first { text += "\(call)\n" }
                text += """
                    ld urbs+\(at) \(Self.headerBytes) by 4
                    copy frame+\(frame + packet * payload) urbs+\(at + Self.headerBytes) \(payload) by 32

                    """
                if let call = after.first {
                    text += call + (after.count > 1 ? " urbs+\(at) \(after[1])" : "") + "\n"
                }
                text += "end\n"
            }
        }
        return text
    }
}
