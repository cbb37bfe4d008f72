import Events
import MemoryModel
import Quantities

extension Law {
    /// Memory's pins are never faster than they are.
    static let rate = Law(
        "memory's pins move no more than their rate",
        of: \.hasTransfersOverPins
    ) { run in
        let memory = run.configuration.memory
        let writeRate = memory.writeBytesPerSecond ?? memory.bytesPerSecond
        var bytes = LawRun.Moved()
        var transfers: UInt64 = 0
        var last = run.elapsed.rawValue
        for event in run.events where event.isOverPins {
            if event.other == 0 {
                bytes.read += UInt64(event.size)
            } else {
                bytes.written += UInt64(event.size)
            }
            transfers += 1
            last = max(last, event.tick.rawValue)
        }
        let needed = sum(
            ticks(bytes.read, at: memory.bytesPerSecond), ticks(bytes.written, at: writeRate))
        // Each transfer's time is in whole ticks, of a rate for a KiB that is, too.
        let rounded = 2 * transfers
        let ahead = ticks(
            run.configuration.bytesUnderWay, at: min(memory.bytesPerSecond, writeRate))
        return needed <= sum(last, sum(ahead, rounded))
            ? nil : "\(bytes.read + bytes.written) bytes need \(needed) ticks, and \(last) went by"
    }

    /// How long pins take for some bytes, in ticks; more than there are: the most.
    private static func ticks(_ bytes: UInt64, at perSecond: UInt64) -> UInt64 {
        let product = bytes.multipliedFullWidth(by: Ticks(nanoseconds: 1_000_000_000).rawValue)
        guard product.high < perSecond else { return .max }
        return perSecond.dividingFullWidth(product).quotient
    }

    private static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (sum, isOver) = one.addingReportingOverflow(other)
        return isOver ? .max : sum
    }
}

extension MachineConfiguration {
    /// How many bytes may wait for memory's pins at most when every core and every device is done: what the machine has
    /// room for on the way.
    var bytesUnderWay: UInt64 {
        let sizes = [
            level1Data?.lineSize, level1Instruction?.lineSize, level2?.cache.lineSize,
            level3?.cache.lineSize,
        ]
        let line = UInt64(sizes.compactMap { $0 }.max() ?? dataLineSize)
        let loads = core.outstandingMisses + core.outstandingUncached
        let stores = storeBuffer?.entries ?? 1
        let firsts = [level1Data, level1Instruction].map(lines(under:)).reduce(0, +)
        let seconds = lines(under: level2?.cache) + (level2?.outer?.storeBufferEntries ?? 0)
        let thirds = lines(under: level3?.cache)
        let copies = level2?.isPrivate == true ? core.count : 1
        let whole = core.count * (loads + stores + firsts) + copies * seconds + thirds
        return UInt64(whole) * line + ports.map(\.bytesUnderWay).reduce(0, +)
    }

    /// How many lines are on the way into a cache and out of it at most; where nothing is said, one each.
    private func lines(under cache: CacheConfiguration?) -> Int {
        guard let cache else { return 0 }
        return (cache.linefillBuffers ?? 1) + (cache.evictionBuffers ?? 1)
            + (cache.prefetch?.outstanding ?? 0)
    }
}

extension PortConfiguration {
    /// The same of a port: bursts both ways, and what waits in front of it.
    fileprivate var bytesUnderWay: UInt64 {
        UInt64(
            2 * outstanding * burstBeats * widthBytes + (fifoBytes ?? 0)
                + (engine?.fifoBytes ?? 0))
    }
}
