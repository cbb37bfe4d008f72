import Quantities

/// Which core of a program does what a CPU of a log does.
public struct CoreChoice: Sendable {
    /// Named CPUs.
    private var named: [Int32: Int] = [:]
    /// All others; nil: the core of the same number.
    private var rest: Int?
    /// The CPUs that were folded onto a core of another number, with that core, in the order of their numbers.
    public private(set) var folded: [(cpu: Int32, core: Int)] = []

    /// The core of the same number.
    public init() {}

    /// One core for all.
    public init(all core: Int) { rest = core }

    /// Reads `CPU=CORE,…`, with `rest=CORE` for all others; one `CORE` alone is for all.
    ///
    /// - Returns: nil if the text is none of that.
    public init?(_ text: String) {
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
            guard let last = parts.last, let core = Int(last),
                (0..<Agent.maximumCores).contains(core)
            else { return nil }
            if parts.count == 1 || parts.count == 2 && parts[0] == "rest" {
                guard rest == nil else { return nil }
                rest = core
            } else {
                guard parts.count == 2, let cpu = Int32(parts[0]), cpu >= 0, named[cpu] == nil
                else { return nil }
                named[cpu] = core
            }
        }
    }

    /// The core of a CPU; -1 is a log that names none.
    ///
    /// - Returns: nil if the format has no core of that number.
    mutating func agent(of cpu: Int32) -> Agent? {
        let core = named[cpu] ?? rest ?? Int(max(cpu, 0))
        guard core < Agent.maximumCores else { return nil }
        if core != Int(cpu), cpu >= 0, !folded.contains(where: { $0.cpu == cpu }) {
            folded.append((cpu, core))
            folded.sort { $0.cpu < $1.cpu }
        }
        return .core(core)
    }
}
