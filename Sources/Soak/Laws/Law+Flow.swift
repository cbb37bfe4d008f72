import Events
import MemoryModel
import Operations
import Quantities

// Laws of what goes from one level to the next.

extension Law {
    /// What the first level does not have it asks the second for, and nobody else does.
    static let requests = Law(
        "what level 1 lacks is asked of level 2",
        of: \.asksLevel2ForLevel1Alone
    ) { run in
        var lacked = 0
        var asked = 0
        for event in run.events {
            switch event.kind {
            case .linefill where event.place.isLevel1Data || event.place.isLevel1Instruction:
                if !isAnothers(event.otherPlace, event) { lacked += 1 }
            case .load where event.other == 2 && isCacheable(event, run):
                if !isAnothers(event.place, event) { lacked += 1 }
            case .levelRead where event.place.isLevel2: asked += 1
            default: break
            }
        }
        return lacked == asked
            ? nil : "level 1 lacked \(lacked) times, and level 2 was asked \(asked) times"
    }

    /// Whether a place is another core's, which was asked in the place of what is below.
    private static func isAnothers(_ place: Place, _ event: Event) -> Bool {
        place.core.map { $0 != event.agent.index || place.isLevel1Data } ?? false
    }

    private static func isCacheable(_ event: Event, _ run: LawRun) -> Bool {
        guard let type = MemoryType(rawValue: UInt8(truncatingIfNeeded: event.detail)),
            !event.place.isBuffer
        else { return false }
        return type == .writeBack
            || type == .writeThrough && run.configuration.core.honoursWriteThrough
    }

    /// What goes over memory's pins is what caches, uncached accesses, buffers and devices ask memory for.
    static let pins = Law(
        "memory moves the bytes that it is asked for",
        of: \.hasMemoryTraffic
    ) { run in
        var books = MemoryBooks(run.configuration)
        for event in run.events { books.note(event) }
        if books.asked.written != books.moved.written {
            return
                "\(books.moved.written) bytes were written, asked for were \(books.asked.written)"
        }
        let isExact = run.configuration.level2?.outer?.doublesLinefills != true
        if isExact
            ? books.asked.read != books.moved.read : books.asked.read > books.moved.read
        {
            return "\(books.moved.read) bytes were read, asked for were \(books.asked.read)"
        }
        return nil
    }
}

/// What memory was asked for, and what it moved.
struct MemoryBooks {
    private let pieces: UInt64?
    private let honoursWriteThrough: Bool
    private var buffers = BufferBooks()
    private(set) var asked = LawRun.Moved()
    private(set) var moved = LawRun.Moved()

    init(_ configuration: MachineConfiguration) {
        pieces = configuration.core.uncachedReadBytes
        honoursWriteThrough = configuration.core.honoursWriteThrough
    }

    /// Enters an event.
    mutating func note(_ event: Event) {
        _ = buffers.note(event)
        let size = UInt64(event.size)
        switch event.kind {
        case .memoryTraffic:
            if event.other == 0 { moved.read += size } else { moved.written += size }
        case .linefill where event.otherPlace == .memory: asked.read += size
        case .load where event.place == .memory: asked.read += loaded(event)
        case .store
        where event.place == .memory && event.detail == UInt32(MemoryType.stronglyOrdered.rawValue):
            asked.written += size
        case .writeback where event.otherPlace == .memory: asked.written += size
        case .drain where event.otherPlace == .memory:
            asked.written += buffers.bytes(of: event.detail)
        case .deviceRead where event.place == .memory: asked.read += size
        case .deviceWrite where event.place == .memory: asked.written += size
        default: break
        }
    }

    /// How many bytes a load makes memory give: of a device none, of non-cacheable memory whole pieces.
    private func loaded(_ event: Event) -> UInt64 {
        guard let type = MemoryType(rawValue: UInt8(truncatingIfNeeded: event.detail)),
            type != .device, type != .stronglyOrdered
        else { return 0 }
        let isUncached =
            type == .nonCacheable || type == .writeThrough && !honoursWriteThrough
        guard isUncached, let pieces else { return UInt64(event.size) }
        let first = event.address & ~(pieces - 1)
        let last = (event.address + UInt64(event.size) - 1) & ~(pieces - 1)
        return last - first + pieces
    }
}
