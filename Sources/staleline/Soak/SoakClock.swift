/// The time that a soak takes.
final class SoakClock {
    private let start = MonotonicTime.nanoseconds
    private let end: UInt64?
    private let cores: Int
    private var lastTold: UInt64
    /// When the last program was done; nil: some are not.
    private var done: UInt64?

    /// Starts now.
    ///
    /// - Parameters:
    ///   - minutes: How long it goes on; nil: without an end.
    ///   - cores: How many processors it has.
    init(minutes: Double?, cores: Int) {
        self.cores = max(cores, 1)
        lastTold = start
        let start = start
        end = minutes.map { start + UInt64($0 * 60e9) }
    }

    /// Whether there is time left.
    var goesOn: Bool { end.map { MonotonicTime.nanoseconds < $0 } ?? true }

    /// Notes that all programs are done: what is made small then counts for no rate.
    func stop() { done = MonotonicTime.nanoseconds }

    /// How many whole seconds the programs have taken.
    var seconds: UInt64 { ((done ?? MonotonicTime.nanoseconds) - start) / 1_000_000_000 }

    /// How many programs a second, and for each core, since the last time that this was asked.
    func rate(of programs: Int) -> (all: Int, each: Int) {
        defer { lastTold = MonotonicTime.nanoseconds }
        return rate(of: programs, since: lastTold)
    }

    /// The same since the start.
    func wholeRate(of programs: Int) -> (all: Int, each: Int) { rate(of: programs, since: start) }

    private func rate(of programs: Int, since begin: UInt64) -> (all: Int, each: Int) {
        let now = done ?? MonotonicTime.nanoseconds
        let taken = Double(max(now - begin, 1)) / 1e9
        let all = Double(programs) / taken
        return (Int(all), Int(all / Double(cores)))
    }
}
