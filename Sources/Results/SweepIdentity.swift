import Experiments
import Quantities

// What a file's results are results of. Two runs that agree in it would write the same bytes, so one may go on where the
// other stopped; how many jobs there are, and where a file lies, is not part of it.

/// What a sweep is of: everything that its results depend on.
public struct SweepIdentity: Hashable, Sendable {
    /// A name and a value that have to agree.
    public struct Entry: Hashable, Sendable {
        /// The name, for people: `trace sha256`, `seed`.
        public var name: String
        /// The value.
        public var value: String

        /// Makes an entry.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Which shard of how many, from 1; nil: all.
    public struct Shard: Hashable, Sendable, CustomStringConvertible {
        /// Which, from 1.
        public var number: Int
        /// Of how many.
        public var count: Int

        /// Makes a shard.
        public init(number: Int, count: Int) {
            self.number = number
            self.count = count
        }

        /// `3/64`.
        public var description: String { "\(number)/\(count)" }
    }

    /// What has to agree beside the axes, each name once.
    public var entries: [Entry]
    /// The axes, the slowest first.
    public var axes: [MachineAxis]
    /// The numbers of all points of the sweep, ascending, those of other shards among them.
    public var numbers: [UInt64]
    /// The machines before a point's settings: name, and the file that they make.
    public var machines: [Entry]
    /// Which part of the sweep a file is for.
    public var shard: Shard?
    /// The trace's name, which may differ.
    public var trace: String

    /// Makes an identity.
    public init(
        entries: [Entry], axes: [MachineAxis], numbers: [UInt64], machines: [Entry],
        shard: Shard? = nil, trace: String
    ) {
        self.entries = entries
        self.axes = axes
        self.numbers = numbers
        self.machines = machines
        self.shard = shard
        self.trace = trace
    }

    /// The numbers of the points that a file is for.
    public var expected: [UInt64] {
        guard let shard else { return numbers }
        let start = numbers.count * (shard.number - 1) / shard.count
        return Array(numbers[start..<numbers.count * shard.number / shard.count])
    }

    /// What differs from another, in lines that name both values.
    ///
    /// - Parameters:
    ///   - other: The other.
    ///   - comparesShards: Whether the shards have to agree too.
    /// - Returns: the differences; empty if one may go on with the other's results.
    public func differences(from other: SweepIdentity, comparesShards: Bool = true) -> [String] {
        func said(_ name: String, _ mine: String?, _ theirs: String?) -> String? {
            mine == theirs ? nil : "\(name): found \(mine ?? "none"), expected \(theirs ?? "none")"
        }
        func all(_ prefix: String, _ mine: [Entry], _ theirs: [Entry]) -> [String] {
            let names =
                mine.map(\.name)
                + theirs.map(\.name).filter { name in
                    !mine.contains { $0.name == name }
                }
            return names.compactMap { name in
                said(
                    prefix + name, mine.first { $0.name == name }?.value,
                    theirs.first { $0.name == name }?.value)
            }
        }
        func lists(_ axes: [MachineAxis]) -> [Entry] {
            axes.map { Entry($0.key, $0.values.joined(separator: ",")) }
        }
        var lines = all("", entries, other.entries) + all("", lists(axes), lists(other.axes))
        if lines.isEmpty, axes != other.axes {
            lines.append("the axes: found them in another order, expected \(other.axes.map(\.key))")
        }
        lines += zip(machines, other.machines).compactMap { mine, theirs in
            mine == theirs
                ? nil : "machine \(mine.name): found another file than for \(theirs.name)"
        }
        if machines.count != other.machines.count { lines.append("the machines are not as many") }
        if lines.isEmpty, numbers != other.numbers {
            lines.append(
                "points: found \(numbers.count), expected \(other.numbers.count) or others")
        }
        if comparesShards, let line = said("shard", shard?.description, other.shard?.description) {
            lines.append(line)
        }
        return lines
    }

    /// The SHA-256 of all that has to agree, but for the shard.
    public var digest: String {
        let parts =
            (entries + machines).flatMap { [$0.name, $0.value] }
            + axes.flatMap { [$0.key] + $0.values } + [Self.text(of: numbers)]
        return SHA256.hex(of: parts.map { "\($0.utf8.count) \($0)\n" }.joined())
    }

    // MARK: Numbers as text

    /// Ascending numbers as ranges with commas between: `0-255,300`.
    public static func text(of numbers: [UInt64]) -> String {
        var ranges: [(first: UInt64, last: UInt64)] = []
        for number in numbers {
            if let last = ranges.last, last.last + 1 == number {
                ranges[ranges.count - 1].last = number
            } else {
                ranges.append((number, number))
            }
        }
        return ranges.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }
            .joined(separator: ",")
    }

    /// The numbers of a text as ``text(of:)`` makes it; nil if it is none.
    static func numbers(of text: String) -> [UInt64]? {
        var numbers: [UInt64] = []
        for range in text.split(separator: ",") {
            let ends = range.split(separator: "-", omittingEmptySubsequences: false).map {
                UInt64($0)
            }
            guard 1...2 ~= ends.count, let first = ends[0], let last = ends[ends.count - 1],
                first <= last, last - first <= UInt64(SweepPlan.mostPoints)
            else { return nil }
            numbers.append(contentsOf: first...last)
            guard numbers.count <= SweepPlan.mostPoints else { return nil }
        }
        return numbers
    }
}
