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
