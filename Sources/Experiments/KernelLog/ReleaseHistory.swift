/// Which addresses were released lately, so that a second release can be told from the release of something that was
/// mapped before the log began.
struct ReleaseHistory {
    private struct Entry {
        var device: Int32 = -1
        var dma: UInt64 = 0
        var line: UInt64 = 0
        var first: UInt64 = 0
        var size: UInt64 = 0
    }

    /// What was released.
    struct Release {
        /// The line of the log.
        var line: UInt64
        /// The DMA address; of a list, that of its first segment.
        var dma: UInt64
        /// How many bytes; of a list, those of its first segment.
        var size: UInt64
    }

    private var entries = [Entry](repeating: Entry(), count: 1 << 15)

    private func slot(_ device: Int32, _ dma: UInt64) -> Int {
        let key = (dma ^ UInt64(UInt32(bitPattern: device)) << 48) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: key >> 49)
    }

    /// Books a release under a key: its DMA address, or for a list the complement of its first physical one.
    mutating func note(_ device: Int32, _ key: UInt64, _ mapping: LoggedMapping, line: UInt64) {
        entries[slot(device, key)] = Entry(
            device: device, dma: key, line: line, first: mapping.dma, size: mapping.size)
    }

    /// The last release under a key, if it is still known.
    func release(_ device: Int32, _ key: UInt64) -> Release? {
        let entry = entries[slot(device, key)]
        guard entry.device == device, entry.dma == key else { return nil }
        return Release(line: entry.line, dma: entry.first, size: entry.size)
    }
}
