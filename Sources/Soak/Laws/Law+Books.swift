import Events
import Operations
import Quantities
import Statistics

// Laws of time, counts, order, buffers and devices.

extension Law {
    /// A core's time is the sum of its causes.
    static let time = Law("a core's time is the sum of its causes") { run in
        var told = run.times.map { _ in UInt64(0) }
        for event in run.events where event.kind == .time && event.agent.isCore {
            told[event.agent.index] += event.address
        }
        for core in told.indices where told[core] != run.times[core].rawValue {
            return
                "core \(core) is at \(run.times[core].rawValue) ticks, its causes at \(told[core])"
        }
        return nil
    }

    /// Who counts hits in bulk counts what each tells.
    static let counts = Law("counts in bulk are the counts of each event") { run in
        let counted = LawRun.counters(of: run.events)
        guard counted != run.counters else { return nil }
        for counter in Counter.allCases where counted[counter] != run.counters[counter] {
            return "\(counter): \(counted[counter]) one by one, \(run.counters[counter]) in bulk"
        }
        for core in run.times.indices {
            for cause in Cause.allCases {
                let (told, bulk) = (
                    counted[cause, .core(core)], run.counters[cause, .core(core)]
                )
                if told != bulk {
                    return "core \(core) \(cause.name): \(told) one by one, \(bulk) in bulk"
                }
            }
        }
        return "they are other agents'"
    }

    /// What a core issues never goes back in time.
    static let cores = Law("what a core issues never goes back in time") { run in
        order(run) {
            guard $0.agent.isCore else { return false }
            switch $0.kind {
            case .load, .store, .fetch, .barrier, .doorbell, .maintenance, .completionObserved:
                return true
            default: return false
            }
        }
    }

    /// A device's bursts never go back in time.
    static let devices = Law(
        "a device's bursts never go back in time", of: \.hasBursts
    ) { run in
        order(run, \.isBurst)
    }

    private static func order(_ run: LawRun, _ isMeant: (Event) -> Bool) -> String? {
        var last = [Event?](repeating: nil, count: 256)
        for event in run.events where isMeant(event) {
            let agent = Int(event.agent.rawValue)
            if let before = last[agent], before.tick > event.tick {
                return "\(event.words) after \(before.words)"
            }
            last[agent] = event
        }
        return nil
    }

    /// Devices move the bytes that they were asked to, and end what they begin.
    static let transfers = Law(
        "devices move what they were asked to, and end what they begin",
        of: \.hasTransfers
    ) { run in
        var moved: [Agent: LawRun.Moved] = [:]
        var open: [Agent: Int] = [:]
        for event in run.events {
            switch event.kind {
            case .deviceRead: moved[event.agent, default: .init()].read += UInt64(event.size)
            case .deviceWrite: moved[event.agent, default: .init()].written += UInt64(event.size)
            case .deviceStart: open[event.agent, default: 0] += 1
            case .deviceDone:
                open[event.agent, default: 0] -= 1
                if open[event.agent, default: 0] < 0 { return "\(event.words) ends nothing" }
            default: break
            }
        }
        for device in open.keys.sorted(by: { $0.rawValue < $1.rawValue })
        where open[device, default: 0] != 0 {
            return "device\(device.index) has \(open[device, default: 0]) transfers left"
        }
        guard let asked = run.facts.asked else { return nil }
        for device in asked.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            let (wanted, got) = (asked[device, default: .init()], moved[device, default: .init()])
            if wanted != got {
                return "device\(device.index) was asked to read \(wanted.read) and write "
                    + "\(wanted.written) bytes, and moved \(got.read) and \(got.written)"
            }
        }
        return nil
    }

    /// What enters a buffer leaves it once, or is there at the end and has room.
    static let buffers = Law(
        "what enters a buffer leaves it once",
        of: \.hasBufferedStores
    ) { run in
        var books = BufferBooks()
        for event in run.events {
            if let fault = books.note(event) { return fault }
        }
        guard !run.facts.holdsStores else { return nil }
        let room = run.configuration.storeBuffer?.entries ?? 1
        for core in run.times.indices where books.there(.storeBuffer(core)) > room {
            return "\(books.there(.storeBuffer(core))) entries in core \(core)'s buffer of \(room)"
        }
        let slots = run.configuration.level2?.outer?.storeBufferEntries ?? 0
        let there = books.there(.outerStoreBuffer)
        return there > slots ? "\(there) slots in the outer store buffer of \(slots)" : nil
    }
}

/// What is in the buffers between cores and memory, from what is told of them.
struct BufferBooks {
    /// Bytes of one granule of at most 64.
    struct Entry {
        var place: Place
        var bytes: UInt64
        var hasLeft = false
    }

    private(set) var entries: [UInt32: Entry] = [:]

    /// Enters an event.
    ///
    /// - Returns: what is wrong with it; nil: nothing.
    mutating func note(_ event: Event) -> String? {
        switch event.kind {
        case .store where event.place.isBuffer:
            let bits = Self.bits(event.address, UInt64(event.size))
            guard let entry = entries[event.detail] else {
                entries[event.detail] = Entry(place: event.place, bytes: bits)
                return nil
            }
            if entry.hasLeft { return "\(event.words) joins what has left" }
            entries[event.detail]?.bytes |= bits
        case .drain: return leave(event)
        case .slotEntered:
            let bits = entries[event.detail]?.bytes ?? 0
            if let fault = leave(event) { return fault }
            guard let slot = entries[event.size] else {
                entries[event.size] = Entry(place: .outerStoreBuffer, bytes: bits)
                return nil
            }
            if slot.hasLeft { return "\(event.words) joins a slot that has left" }
            entries[event.size]?.bytes |= bits
        default: break
        }
        return nil
    }

    private mutating func leave(_ event: Event) -> String? {
        guard let entry = entries[event.detail], entry.place == event.place else {
            return "\(event.words) was not there"
        }
        if entry.hasLeft { return "\(event.words) has left before" }
        entries[event.detail]?.hasLeft = true
        return nil
    }

    /// How many bytes an entry has.
    func bytes(of number: UInt32) -> UInt64 {
        UInt64(entries[number]?.bytes.nonzeroBitCount ?? 0)
    }

    /// How many entries of a buffer have not left it.
    func there(_ place: Place) -> Int {
        entries.values.count { $0.place == place && !$0.hasLeft }
    }

    private static func bits(_ address: UInt64, _ size: UInt64) -> UInt64 {
        let all: UInt64 = size >= 64 ? .max : (1 << size) - 1
        return all << (address & 63)
    }
}
