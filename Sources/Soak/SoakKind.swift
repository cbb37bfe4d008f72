import Quantities

/// What a program is held to.
public enum SoakKind: String, CaseIterable, Sendable {
    /// A random program on a random machine: both models tell the same, and no law is broken.
    case worlds
    /// A short random trace: the may-analysis finds something if and only if the search finds a schedule.
    case traces
    /// A correct random driver, and the same with a fault: the one is left in peace, the other is found where the
    /// fault has an effect.
    case drivers

    /// The kind of the program of a seed: of four in a row two are worlds.
    public init(ofSeed seed: UInt64) {
        switch seed & 3 {
        case 2: self = .traces
        case 3: self = .drivers
        default: self = .worlds
        }
    }
}

extension SplitMix64 {
    /// A number from one to another, both included, good enough for drawing programs.
    mutating func `in`(_ low: Int, _ high: Int) -> Int {
        low + Int(next() % UInt64(high - low + 1))
    }

    /// True so many times of a hundred.
    mutating func percent(_ share: Int) -> Bool { self.in(0, 99) < share }

    /// One of some values.
    mutating func pick<T>(_ values: [T]) -> T { values[self.in(0, values.count - 1)] }
}
