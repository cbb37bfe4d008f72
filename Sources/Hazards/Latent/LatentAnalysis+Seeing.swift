import Operations
import Quantities

// What a core knows by having loaded what a device was writing.

extension LatentAnalysis {
    /// Whether some device that was rung may be writing.
    var isDeviceAtWork: Bool { isWriting || !arriving.isEmpty }

    /// Notes what a load may have told its core of.
    ///
    /// - Parameters:
    ///   - ranges: What it loads, all at once: physical bytes, and how many.
    ///   - isCached: Whether it goes through the caches.
    mutating func noteSeen(_ ranges: [(start: UInt64, size: UInt64)], isCached: Bool) {
        noteArrived(ranges, isCached: isCached)
        notePolled(ranges, isCached: isCached)
        fetched.removeAll(keepingCapacity: true)
    }

    /// A core that may have seen what a device wrote that looks into the caches knows of all that it wrote before.
    ///
    /// What it finds in memory has not gone into the caches.
    private mutating func noteArrived(
        _ ranges: [(start: UInt64, size: UInt64)], isCached: Bool
    ) {
        for device in arriving.agents {
            guard let list = arriving[device], let last = seenWrites(list, ranges).last else {
                continue
            }
            for write in list
            where write.index < last.index || isCached && write.index == last.index {
                lines.change(write.granule) { $0.unseen &= ~write.mask }
            }
        }
    }

    /// A core that may have seen what a device wrote knows of all that the device wrote before.
    ///
    /// But for the line that it has seen it in, if it has it from a cache: that line is as young as what it saw. So are
    /// lines that came for the same load.
    private mutating func notePolled(
        _ ranges: [(start: UInt64, size: UInt64)], isCached: Bool
    ) {
        guard isWriting else { return }
        for device in writing.agents {
            guard let list = writing[device] else { continue }
            let seen = seenWrites(list, ranges)
            guard let last = seen.last else { continue }
            for write in list where write.index <= last.index {
                guard let state = lines[write.granule], state.writer == device.rawValue else {
                    continue
                }
                let told = seen.filter { $0.index >= write.index }
                var known = write.mask
                if isCached {
                    let elsewhere = told.contains { $0.granule != write.granule }
                    if !elsewhere {
                        let own = told.reduce(0) { $0 | $1.mask }
                        known = lanes(own) > 1 ? known : known & ~lineMask(write.granule, own)
                    }
                    for line in fetched where line.granule == write.granule {
                        known &= ~line.mask
                    }
                }
                lines.change(write.granule) { state in
                    state.polled |= known & state.inFlight
                    state.dropped &= ~(known & state.inFlight)
                    state.polledOuter |= known & state.inFlight & state.staleOuter
                }
            }
        }
    }

    /// The writes of a list of which a load may have seen bytes, with the masks of these.
    private func seenWrites(
        _ list: [Write], _ ranges: [(start: UInt64, size: UInt64)]
    ) -> [Write] {
        var seen: [Write] = []
        for write in list where write.index < now {
            var mask: UInt64 = 0
            for (start, size) in ranges
            where size > 0 && write.granule >= start / WatchList.granule
                && write.granule <= lastByte(start, size) / WatchList.granule
            {
                mask |= Granules.mask(start, size, in: write.granule) & write.mask
            }
            guard mask != 0 else { continue }
            seen.append(Write(index: write.index, granule: write.granule, mask: mask))
        }
        return seen
    }

    /// How many lines of a granule a mask touches.
    private func lanes(_ mask: UInt64) -> Int {
        guard profile.lineSize < WatchList.granule else { return mask == 0 ? 0 : 1 }
        let ones: UInt64 = (1 << profile.lineSize) - 1
        return (0..<WatchList.granule / profile.lineSize).count {
            mask >> ($0 * profile.lineSize) & ones != 0
        }
    }
}
