import Events
import MemoryModel
import Operations
import Quantities

// Laws of lines: where they are, and who may write them.

extension Law {
    /// Lines are taken by places that do not have them, given up by places that do, and a place has room for its own.
    static let lines = Law(
        "a line is where it came and did not leave",
        of: \.hasLinefills
    ) { run in
        var residency = Residency(run.configuration)
        for event in run.events {
            if let fault = residency.follow(event) { return fault }
        }
        return residency.overfull
    }

    /// Nobody else holds a line that a core writes, where no core writes past the others.
    static let writers = Law(
        "one core writes a line at a time",
        of: \.hasOneWriterOfALine
    ) { run in
        var residency = Residency(run.configuration)
        for event in run.events {
            _ = residency.follow(event)
            if let fault = residency.otherHolder(event) { return fault }
        }
        return nil
    }
}

/// Which caches hold which lines, followed from events alone.
struct Residency {
    private struct Line: Hashable {
        var place: Place
        var address: UInt64
    }

    private let configuration: MachineConfiguration
    private var lines: Set<Line> = []

    init(_ configuration: MachineConfiguration) { self.configuration = configuration }

    private func cache(_ place: Place) -> CacheConfiguration? {
        if place.isLevel1Data { return configuration.level1Data }
        if place.isLevel1Instruction { return configuration.level1Instruction }
        if place.isLevel2 { return configuration.level2?.cache }
        return place == .level3 ? configuration.level3?.cache : nil
    }

    private func line(_ place: Place, _ address: UInt64) -> Line? {
        cache(place).map {
            Line(place: place, address: address & ~(UInt64($0.lineSize) - 1))
        }
    }

    /// Follows an event.
    ///
    /// - Returns: what cannot be; nil: it can.
    mutating func follow(_ event: Event) -> String? {
        switch event.kind {
        case .linefill:
            guard let line = line(event.place, event.address) else {
                return "\(event.words): there is no such cache"
            }
            if !lines.insert(line).inserted { return "\(event.words): it was there" }
        case .invalidate:
            guard let line = line(event.place, event.address), lines.remove(line) != nil else {
                return "\(event.words): it was not there"
            }
        case .writeback, .drain:
            // A whole line that goes down need not be fetched: it allocates as it arrives.
            if let target = line(event.otherPlace, event.address) { lines.insert(target) }
        case .drainCopy:
            if let target = line(event.otherPlace, event.address), !lines.contains(target) {
                return "\(event.words): it was not there"
            }
        case .deviceWrite:
            // A coherent port may allocate a whole line.
            if let target = line(event.place, event.address) { lines.insert(target) }
        case .load, .store, .fetch, .deviceRead:
            // A prefetcher of the second level may have driven a line out before the load that brought it is told.
            let isHit =
                event.other == 0 && (event.place.isLevel1Data || event.place.isLevel1Instruction)
            guard isHit || event.kind == .deviceRead else { return nil }
            if let place = line(event.place, event.address), !lines.contains(place) {
                return "\(event.words): it was not there"
            }
        default: break
        }
        return nil
    }

    /// What is wrong if a core writes a line that another one holds.
    func otherHolder(_ event: Event) -> String? {
        let place: Place
        switch event.kind {
        case .store where event.place.isLevel1Data: place = event.place
        case .drain where event.otherPlace.isLevel1Data: place = event.otherPlace
        default: return nil
        }
        guard let line = line(place, event.address) else { return nil }
        for core in 0..<configuration.core.count where place != .level1Data(core) {
            if lines.contains(Line(place: .level1Data(core), address: line.address)) {
                return "\(event.words) while core \(core) holds the line"
            }
        }
        return nil
    }

    /// A place that holds more than it has room for; nil: none does.
    var overfull: String? {
        var counts: [Place: UInt64] = [:]
        for line in lines { counts[line.place, default: 0] += 1 }
        for place in counts.keys.sorted() {
            let room = cache(place).map { $0.sets * UInt64($0.ways) } ?? 0
            let there = counts[place, default: 0]
            if there > room { return "\(place.name) holds \(there) lines and has room for \(room)" }
        }
        return nil
    }
}
