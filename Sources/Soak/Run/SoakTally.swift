/// What was run so far.
public struct SoakTally: Sendable, Equatable {
    /// How many programs of each kind, in the order of ``SoakKind``.
    private var counts = [Int](repeating: 0, count: SoakKind.allCases.count)
    /// Traces and faults that make no program that can be run.
    public private(set) var unfit = 0
    /// Searches that came to their bound and say nothing.
    public private(set) var undecided = 0
    /// Drivers that were given a fault.
    public private(set) var faults = 0
    /// Faults of which some schedule shows the effect.
    public private(set) var effects = 0

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
        left.unfit += right.unfit
        left.undecided += right.undecided
        left.faults += right.faults
        left.effects += right.effects
    }

    /// Enters a world.
    mutating func noteWorld() { counts[Self.place(.worlds)] += 1 }

    /// Enters a trace.
    mutating func note(_ answer: TraceProgram.Answer) {
        counts[Self.place(.traces)] += 1
        switch answer {
        case .unfit: unfit += 1
        case .undecided: undecided += 1
        case .agreement, .difference: break
        }
    }

    /// Enters a driver.
    mutating func note(_ outcome: DriverOutcome) {
        counts[Self.place(.drivers)] += 1
        undecided += outcome.cut
        if outcome.fault != nil { faults += 1 }
        if outcome.hasEffect { effects += 1 }
        if outcome.fault == nil, outcome.flawed == nil { unfit += 1 }
    }

    /// The counts in words: `500 worlds, 250 traces, 250 drivers (248 with a fault, 130 with an effect)`.
    public var words: String {
        var parts: [String] = []
        for kind in SoakKind.allCases where self[kind] > 0 {
            var part = "\(self[kind]) \(kind.rawValue)"
            if kind == .drivers {
                part += " (\(faults) with a fault, \(effects) of them with an effect)"
            }
            parts.append(part)
        }
        if unfit > 0 { parts.append("\(unfit) that cannot be run") }
        if undecided > 0 { parts.append("\(undecided) searches cut") }
        return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
    }
}

/// Some programs, one seed after the other, and what became of them.
public struct SoakBlock: Sendable, Equatable {
    /// The first seed.
    public var first: UInt64
    /// What was run.
    public var tally = SoakTally()

    /// A line of text: the seeds, how fast that was, and what was run.
    ///
    /// - Parameters:
    ///   - done: How many programs there were, with those before.
    ///   - rate: How many programs a second, and for each processor; nil: nobody measured.
    /// - Returns: the line, without its end.
    public func line(done: Int, rate: (all: Int, each: Int)?) -> String {
        let last = first &+ UInt64(max(tally.programs, 1) - 1)
        let speed = rate.map { ", \($0.all) a second (\($0.each) a core)" } ?? ""
        return "\(done) programs\(speed), seeds \(first) to \(last): \(tally.words)"
    }
}
