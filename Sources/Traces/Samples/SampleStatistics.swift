/// What a sample of accesses says: counts and latencies, by where they were served.
///
/// A sample is not a trace: what lies between two of its records is not known, so that no cache can be followed and no
/// hazard judged. Statistics are all it gives.
public struct SampleStatistics: Hashable, Sendable {
    /// A place that accesses were served from.
    public struct Level: Hashable, Sendable {
        /// Its name, as the recording has it.
        public var name: String
        /// How many loads.
        public var loads: UInt64 = 0
        /// How many stores.
        public var stores: UInt64 = 0
        /// How many prefetches and others.
        public var others: UInt64 = 0
        /// How many of them have a latency.
        public var timed: UInt64 = 0
        /// The sum of the latencies, in the recording's unit: cycles with SPE, what the processor counts with perf.
        public var latencySum: UInt64 = 0
        /// The greatest latency.
        public var latencyMaximum: UInt64 = 0

        /// All accesses.
        public var count: UInt64 { loads &+ stores &+ others }

        /// The mean latency; nil if none has one.
        public var latencyMean: Double? {
            timed == 0 ? nil : Double(latencySum) / Double(timed)
        }
    }

    /// How many accesses the sample has.
    public private(set) var records: UInt64 = 0
    /// By level, in the order of first appearance.
    public private(set) var levels: [Level] = []
    /// How many accesses each CPU made, ascending; empty where the recording has no CPUs.
    public private(set) var cpus: [(cpu: Int, count: UInt64)] = []
    /// How many missed the TLB, where the recording tells.
    public private(set) var tlbMisses: UInt64 = 0
    /// How many have no address.
    public private(set) var withoutAddress: UInt64 = 0

    /// How many names and CPUs are kept apart.
    static let limit = 256

    /// Compares all counts.
    public static func == (left: Self, right: Self) -> Bool {
        left.records == right.records && left.levels == right.levels
            && left.tlbMisses == right.tlbMisses && left.withoutAddress == right.withoutAddress
            && left.cpus.elementsEqual(right.cpus) { $0 == $1 }
    }

    /// Hashes the counts.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(records)
        hasher.combine(levels)
    }

    /// Counts an access.
    mutating func add(_ sample: MemorySample) {
        records &+= 1
        if sample.missedTLB { tlbMisses &+= 1 }
        if sample.address == nil || sample.address == 0 { withoutAddress &+= 1 }
        if let cpu = sample.cpu { count(cpu) }
        let name = levels.count < Self.limit ? sample.level : "further levels"
        let place = levels.firstIndex { $0.name == name } ?? levels.count
        if place == levels.count { levels.append(Level(name: name)) }
        switch sample.kind {
        case .load: levels[place].loads &+= 1
        case .store: levels[place].stores &+= 1
        case .other: levels[place].others &+= 1
        }
        guard let latency = sample.latency else { return }
        levels[place].timed &+= 1
        levels[place].latencySum &+= latency
        levels[place].latencyMaximum = max(levels[place].latencyMaximum, latency)
    }

    private mutating func count(_ cpu: Int) {
        if let place = cpus.firstIndex(where: { $0.cpu >= cpu }), cpus[place].cpu == cpu {
            cpus[place].count &+= 1
        } else if cpus.count < Self.limit {
            let place = cpus.firstIndex { $0.cpu > cpu } ?? cpus.count
            cpus.insert((cpu, 1), at: place)
        }
    }
}

/// One sampled access.
struct MemorySample {
    enum Kind { case load, store, other }

    var kind = Kind.other
    /// Where it was served, in the recording's words.
    var level = "not told"
    var latency: UInt64?
    var address: UInt64?
    var cpu: Int?
    var missedTLB = false
}
