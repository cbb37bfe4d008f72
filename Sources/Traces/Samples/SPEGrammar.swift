/// Arm's Statistical Profiling Extension as `perf report -D` prints it: one packet in a line, several to a record.
///
/// A line is `.  OFFSET: BYTES  PACKET`; a record ends with its time (`TS`) or with `END`.
struct SPEGrammar: SampleGrammar {
    private var current: MemorySample?
    private var events: Set<Substring> = []

    /// Whether a line is of that dump: recognition asks.
    static func isLine(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        if packet(line) != nil { return true }
        let text = String(decoding: line.prefix(64), as: UTF8.self)
        return text.hasPrefix(". ... ARM SPE data")
    }

    /// The words of the packet; nil: no line of a packet.
    private static func packet(_ line: UnsafeBufferPointer<UInt8>) -> [Substring]? {
        guard line.first == UInt8(ascii: ".") else { return nil }
        let words = String(decoding: line.dropFirst(), as: UTF8.self).split(separator: " ")
        guard let offset = words.first, offset.last == ":", offset.count > 1,
            offset.dropLast().allSatisfy(\.isHexDigit)
        else { return nil }
        return Array(words.dropFirst().drop { $0.count == 2 && $0.allSatisfy(\.isHexDigit) })
    }

    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, _ skips: inout KindCounts
    ) throws(LineFault) -> MemorySample? {
        guard let words = Self.packet(line), let name = words.first else {
            skips.count(line.isEmpty ? "blank lines" : "lines that are no packet")
            return nil
        }
        switch name {
        case "LD", "ST":
            var sample = current ?? MemorySample()
            sample.kind = name == "LD" ? .load : .store
            current = sample
        case "VA":
            let address = words.dropFirst().first.flatMap {
                UInt64($0.drop { $0 == "0" || $0 == "x" }, radix: 16)
            }
            if current == nil { current = MemorySample() }
            current?.address = address
        case "LAT" where words.count >= 3 && words[2] == "TOT":
            guard let latency = UInt64(words[1]) else {
                throw LineFault(
                    column: 0, found: shown(words[1].utf8), expected: "a latency in cycles")
            }
            if current == nil { current = MemorySample() }
            current?.latency = latency
        case "EV": events = Set(words.dropFirst().map { Substring(String($0)) })
        case "TS", "END": return complete(&skips)
        case "PAD": break
        default: skips.count("packets of other kinds")
        }
        return nil
    }

    mutating func finish() -> MemorySample? {
        var unused = KindCounts()
        return current == nil ? nil : complete(&unused)
    }

    private mutating func complete(_ skips: inout KindCounts) -> MemorySample? {
        defer {
            current = nil
            events = []
        }
        guard var sample = current, sample.kind != .other else {
            skips.count("records of other instructions")
            return nil
        }
        sample.level = level
        sample.missedTLB = events.contains("TLB-REFILL")
        return sample
    }

    /// Where events say that an access was served.
    private var level: String {
        if events.contains("REMOTE-ACCESS") { return "another chip" }
        if events.contains("LLC-REFILL") { return "behind the last level" }
        if events.contains("L1D-REFILL") { return "behind L1D" }
        return events.contains("L1D-ACCESS") ? "L1D" : "not told"
    }
}
