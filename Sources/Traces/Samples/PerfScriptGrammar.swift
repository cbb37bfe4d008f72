/// What `perf script -F …,addr,data_src,weight` prints of samples of memory: a line each, with `|OP LOAD|LVL L1 hit|…`.
struct PerfScriptGrammar: SampleGrammar {
    private static let mark = Array("|OP ".utf8)

    /// Where the words of the data source begin; nil: none of these lines.
    static func start(_ line: UnsafeBufferPointer<UInt8>) -> Int? {
        guard line.count >= mark.count else { return nil }
        return (0...line.count - mark.count).first { place in
            line[place] == mark[0] && line[place..<place + mark.count].elementsEqual(mark)
        }
    }

    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, _ skips: inout KindCounts
    ) throws(LineFault) -> MemorySample? {
        guard let start = Self.start(line) else {
            skips.count(line.isEmpty ? "blank lines" : "lines without a data source")
            return nil
        }
        var sample = MemorySample()
        sample.cpu = Self.cpu(line)
        sample.address = Self.address(line, before: start)
        let parts = line[start...].split(separator: UInt8(ascii: "|"))
        for part in parts {
            let text = String(decoding: part, as: UTF8.self)
            if text.hasPrefix("OP ") {
                sample.kind =
                    text.contains("LOAD") ? .load : text.contains("STORE") ? .store : .other
            } else if text.hasPrefix("LVL ") {
                sample.level = Self.trimmed(text.dropFirst(4))
            } else if text.hasPrefix("TLB ") {
                sample.missedTLB = text.contains("miss")
            }
        }
        sample.latency = parts.last.flatMap { Self.weight($0) }
        return sample
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text.drop { $0 == " " }
        while rest.last == " " { rest.removeLast() }
        // What goes into a report is harmless to a terminal.
        return rest.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && rest.utf8.count <= 64
            ? String(rest) : shown(rest.utf8)
    }

    /// The CPU, of `[003]`.
    private static func cpu(_ line: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let open = line.firstIndex(of: UInt8(ascii: "[")) else { return nil }
        var cursor = LineCursor(UnsafeBufferPointer(rebasing: line[(open + 1)...]))
        guard let number = try? cursor.decimal(""), cursor.accept("]"), number < 1 << 16 else {
            return nil
        }
        return Int(number)
    }

    /// The address: the number in hexadecimal before the bits of the data source.
    private static func address(
        _ line: UnsafeBufferPointer<UInt8>, before start: Int
    ) -> UInt64? {
        let words = line[..<start].split(separator: 0x20)
        guard words.count >= 2 else { return nil }
        let word = words[words.count - 2]
        guard word.count <= 18, word.allSatisfy({ HexWord.digit($0) != nil || $0 | 0x20 == 0x78 })
        else { return nil }
        var cursor = LineCursor(UnsafeBufferPointer(rebasing: word))
        return try? cursor.hexadecimal("")
    }

    /// The number behind the last part: `BLK  N/A   32`.
    private static func weight(_ part: UnsafeBufferPointer<UInt8>.SubSequence) -> UInt64? {
        for word in part.split(separator: 0x20).dropFirst()
        where word.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            var cursor = LineCursor(UnsafeBufferPointer(rebasing: word))
            return try? cursor.decimal("")
        }
        return nil
    }
}
