// One thing that a sweep varies: a key of a machine, and the values that it takes, as texts, as a machine file would give
// them. What a value means is for the machine to say, so that a sweep can vary whatever a machine has.

/// A key of a machine and the values that a sweep gives it.
public struct MachineAxis: Sendable, Hashable {
    /// The key, with dots, as `--set` takes it: `l1d.size`; or one of ``machineKey`` and keys that end in ``setsKey``.
    public var key: String
    /// The values, in the order in which they were given, each once.
    public var values: [String]

    /// The axis of machines' names.
    public static let machineKey = "machine"
    /// The last part of a key that stands for a cache's size by its number of sets.
    public static let setsKey = "sets"
    /// The most values of one axis.
    public static let mostValues = 4_096

    /// Makes an axis of values as they are.
    ///
    /// - Precondition: there is a value.
    public init(key: String, values: [String]) {
        precondition(!values.isEmpty, "an axis has a value")
        self.key = key
        self.values = values
    }

    /// Reads an axis from what stands behind its key: values and ranges with commas between.
    ///
    /// A range is `FROM..TO`, which doubles, `FROM..TO+STEP`, or `FROM..TO*FACTOR`; it has to arrive at `TO`. Numbers are
    /// whole, or have up to three decimals, or are sizes with the suffix K, M or G.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - text: The values.
    ///   - place: Where they were given, for errors.
    /// - Throws: ``AxisFault`` with what is wrong.
    public init(key: String, parsing text: String, place: String) throws(AxisFault) {
        var values: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let part = String(part)
            guard !part.isEmpty else {
                throw AxisFault(
                    place: place, found: "an empty value in '\(text)'",
                    expected: "values or ranges with commas between, as 1,2,4 or 8K..64K")
            }
            let more = part.contains("..") ? try Self.range(part, place) : [part]
            for value in more where values.contains(value) {
                throw AxisFault(
                    place: place, found: "\(value) twice in '\(text)'", expected: "each value once")
            }
            values += more
            guard values.count <= Self.mostValues else {
                throw AxisFault(
                    place: place, found: "more than \(Self.mostValues) values in '\(text)'",
                    expected: "at most so many on one axis")
            }
        }
        self.init(key: key, values: values)
    }

    // MARK: Ranges

    private static func range(_ text: String, _ place: String) throws(AxisFault) -> [String] {
        let expected = "a range as 8K..64K (doubling), 8..64+8 or 1..81*3, ascending"
        func fault(_ found: String) -> AxisFault {
            AxisFault(place: place, found: found, expected: expected)
        }
        guard let dots = text.firstRange(of: "..") else { throw fault("'\(text)'") }
        let rest = text[dots.upperBound...]
        let sign = rest.firstIndex { $0 == "+" || $0 == "*" }
        guard let from = AxisNumber(text[..<dots.lowerBound]),
            let to = AxisNumber(rest[..<(sign ?? rest.endIndex)])
        else { throw fault("'\(text)'") }
        guard from.thousandths <= to.thousandths else {
            throw fault("'\(text)', whose end is below its start")
        }
        let step = sign.map { AxisNumber(rest[rest.index(after: $0)...]) }
        if let step, step == nil || step?.thousandths == 0 { throw fault("'\(text)'") }
        let adds = sign.map { rest[$0] == "+" } ?? false
        let factor = adds ? 1_000 : step??.thousandths ?? 2_000
        guard adds || (factor > 1_000 && from.thousandths > 0) || from == to else {
            throw fault("'\(text)', which never arrives")
        }
        var values: [AxisNumber] = []
        var value = from.thousandths
        while value <= to.thousandths, values.count <= mostValues {
            values.append(AxisNumber(thousandths: value, isSize: from.isSize || to.isSize))
            if adds {
                value += step??.thousandths ?? 0
            } else {
                let (high, low) = value.multipliedFullWidth(by: factor)
                guard high < 1_000 else { break }
                value = UInt64(1_000).dividingFullWidth((high, low)).quotient
            }
            if value == to.thousandths, from == to { break }
        }
        guard values.count <= mostValues else {
            throw AxisFault(
                place: place, found: "more than \(mostValues) values in '\(text)'",
                expected: "at most so many on one axis")
        }
        guard let last = values.last, last.thousandths == to.thousandths else {
            let way = adds ? "in steps" : factor == 2_000 ? "by doubling" : "by multiplying"
            throw AxisFault(
                place: place,
                found:
                    "'\(text)', which goes \(way) to \(values.last?.text ?? "") and then past its end",
                expected: "a range that arrives at its end; FROM..TO+STEP goes in steps")
        }
        return values.map(\.text)
    }
}

/// A number on an axis, in thousandths.
private struct AxisNumber: Equatable {
    var thousandths: UInt64
    /// Whether it was written with a suffix, and is to be.
    var isSize: Bool

    init(thousandths: UInt64, isSize: Bool) {
        self.thousandths = thousandths
        self.isSize = isSize
    }

    /// The number that a text stands for; nil if it is none.
    init?(_ text: some StringProtocol) {
        let shifts: [Character: UInt64] = ["K": 10, "M": 20, "G": 30]
        let shift = text.last.flatMap { shifts[$0] }
        let digits = shift == nil ? text[...] : text.dropLast()
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { 48...57 ~= $0 }
        }
        guard isPlain, 1...(shift == nil ? 2 : 1) ~= parts.count, parts[0].utf8.count <= 12,
            let whole = UInt64(parts[0]), whole < 1 << (48 - (shift ?? 0))
        else { return nil }
        thousandths = (whole << (shift ?? 0)) * 1_000
        isSize = shift != nil
        guard parts.count == 2 else { return }
        guard parts[1].utf8.count <= 3, let fraction = UInt64(parts[1]) else { return nil }
        thousandths += fraction * [1_000, 100, 10, 1][parts[1].utf8.count]
    }

    /// The number as a machine file would give it.
    var text: String {
        let (whole, fraction) = (thousandths / 1_000, thousandths % 1_000)
        if fraction != 0 {
            let digits = String(fraction + 1_000).dropFirst()
            let kept = digits.lastIndex { $0 != "0" } ?? digits.startIndex
            return "\(whole).\(digits[...kept])"
        }
        guard isSize else { return "\(whole)" }
        for (suffix, shift) in [("G", UInt64(30)), ("M", 20), ("K", 10)]
        where whole != 0 && whole % (1 << shift) == 0 {
            return "\(whole >> shift)\(suffix)"
        }
        return "\(whole)"
    }

    static func == (left: AxisNumber, right: AxisNumber) -> Bool {
        left.thousandths == right.thousandths
    }
}

/// What is wrong with an axis, or with a plan of several.
public struct AxisFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where it was given, as `--l1d-size`.
    public var place: String
    /// What stood there.
    public var found: String
    /// What may stand there.
    public var expected: String

    /// Makes a fault.
    public init(place: String, found: String, expected: String) {
        self.place = place
        self.found = found
        self.expected = expected
    }

    /// The fault in one line.
    public var description: String { "\(place): found \(found), expected \(expected)" }
}
