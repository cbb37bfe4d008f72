import Quantities

// Whole lines go where a part was meant: which part is somebody else's, and what was meant.

extension FindingWords {
    /// Whether all of the lines in question are the buffer's own: what shares a line are then parts of one buffer, such as
    /// the descriptors of a ring.
    private var isWithinBuffer: Bool {
        guard let entry = profile.entry(of: address), entry.size > 0 else { return false }
        let line = profile.lineSize
        let start = address / line * line
        let (end, overflow) = (address &+ bytes &+ line - 1).subtractingReportingOverflow(start)
        guard !overflow else { return false }
        return entry.address <= start && entry.address &+ entry.size >= start &+ end / line * line
    }

    /// Why a store beside a device's bytes made their line dirty.
    var causeOfNeighbour: String {
        (isWithinBuffer ? "Other bytes of \(name) share the" : "Bytes beside the buffer share its")
            + " \(profile.lineSize)-byte line: storing to them made the whole line dirty while it belonged to "
            + "\(profile.name(of: writer))."
    }

    /// How two that share a line are parted.
    var mendOfNeighbour: String {
        let line = profile.lineSize
        let needless = code == .h11 ? "; leave the invalidate out if no device writes to it" : ""
        if isWithinBuffer {
            return
                "give what \(profile.name(of: writer)) writes in \(name) \(line)-byte lines of its own, as an aligned "
                + "and padded field or one descriptor to a line, or allocate it apart"
                + (profile.usesLinux ? "" : "; or have \(name) in uncached memory") + needless
        }
        let apart =
            profile.usesLinux
            ? "align it to the cache line (ARCH_DMA_MINALIGN) and pad it, or allocate it apart"
            : "align it to \(line) bytes and pad it, or place it apart"
        return "give \(name) lines of its own: \(apart)" + needless
    }

    /// Why bytes are lost that an invalidate names.
    func causeOfDrop(in maintenanceRecord: Int) -> String {
        "The invalidate in record \(maintenanceRecord) is of these bytes, and what was stored in record \(writeRecord) was in "
            + "the cache alone: it is dropped, and not written to memory."
    }

    /// Why bytes that were cleaned are not there yet.
    func causeOfLateClean(in cleanRecord: Int) -> String {
        "Nothing orders the clean in record \(cleanRecord) before the store that hands the bytes over: "
            + "\(profile.name(of: reader)) saw that while they were on their way. A barrier for stores alone orders no "
            + "maintenance."
    }

    /// What waits for them.
    func mendOfLateClean(in cleanRecord: Int) -> String {
        let barrier =
            profile.usesLinux ? "mb()" : profile.ordersMaintenanceByDMB ? "dmb sy" : "dsb sy"
        return
            "\(barrier) after record \(cleanRecord) and before the store that hands the bytes over"
    }

    /// How they are kept.
    var mendOfDrop: String {
        profile.usesLinux
            ? "store to \(name) after its mapping has ended, or map it BIDIRECTIONAL, so that the store is kept"
            : "clean \(name) where its bytes are wanted in memory, and leave the invalidate to what a device writes"
    }
}
