/// What was run so far.
public struct SoakTally: Sendable, Equatable {
    /// How many programs of each kind, in the order of ``SoakKind``.
    private var counts = [Int](repeating: 0, count: SoakKind.allCases.count)
    /// Traces that cannot be run on their machine, and drivers of which no fault tried makes one that can.
    public private(set) var notRun = 0
    /// Searches that came to their bound, where nothing was found: they say nothing.
    public private(set) var searchesCut = 0
    /// Drivers that were given a fault.
    public private(set) var faults = 0
    /// Faults of which some schedule shows the effect.
    public private(set) var faultsWithEffect = 0

    /// Makes an empty one.
    public init() {}

    /// How many programs were run.
    public var programs: Int { counts.reduce(0, +) }

    /// How many of a kind.
    public subscript(kind: SoakKind) -> Int { counts[Self.place(kind)] }

    private static func place(_ kind: SoakKind) -> Int {
        SoakKind.allCases.firstIndex(of: kind) ?? 0
    }

    /// Adds what another run has.
    public static func += (left: inout SoakTally, right: SoakTally) {
        for place in left.counts.indices { left.counts[place] += right.counts[place] }
        left.notRun += right.notRun
        left.searchesCut += right.searchesCut
        left.faults += right.faults
        left.faultsWithEffect += right.faultsWithEffect
    }

    /// Enters a world.
    mutating func noteWorld() { counts[Self.place(.worlds)] += 1 }

    /// Enters a trace.
    mutating func note(_ answer: TraceProgram.Answer) {
        counts[Self.place(.traces)] += 1
        switch answer {
        case .notRun: notRun += 1
        case .searchCut: searchesCut += 1
        case .agreement, .difference: break
        }
    }

    /// Enters a driver.
    mutating func note(_ outcome: DriverOutcome) {
        counts[Self.place(.drivers)] += 1
        searchesCut += outcome.searchesCut
        if outcome.fault != nil { faults += 1 }
        if outcome.hasEffect { faultsWithEffect += 1 }
        if outcome.isNotRun { notRun += 1 }
    }

    /// The counts in words: `500 worlds, 250 traces, 250 drivers (248 with a fault, 130 of them with an effect)`.
    public var words: String {
        var parts: [String] = []
        for kind in SoakKind.allCases where self[kind] > 0 {
            var part = "\(self[kind]) \(kind.rawValue)"
            if kind == .drivers {
                part += " (\(faults) with a fault, \(faultsWithEffect) of them with an effect)"
            }
            parts.append(part)
        }
        if notRun > 0 { parts.append("\(notRun) not run") }
        if searchesCut > 0 { parts.append("\(searchesCut) searches cut") }
        return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
    }
}
