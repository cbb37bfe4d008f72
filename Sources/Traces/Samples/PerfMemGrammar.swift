/// What `perf mem report -D -x,` prints: a head line, then `PID,TID,IP,ADDR,[PHYS ADDR,][DATA PAGE SIZE,]WEIGHT,DSRC,SYMBOL`.
///
/// Without `-x,` the address of some versions is not readable, and the columns are not told apart.
struct PerfMemGrammar: SampleGrammar {
    /// The words of the head line, in the order of the columns.
    private var columns: [String] = []

    /// Whether a line is that head: recognition asks.
    static func isHead(_ line: some Collection<UInt8>) -> Bool {
        let text = String(decoding: line.prefix(64), as: UTF8.self)
        return text.hasPrefix("#") && text.contains("PID, TID, IP, ADDR")
    }

    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, _ skips: inout KindCounts
    ) throws(LineFault) -> MemorySample? {
        guard let first = line.first else {
            skips.count("blank lines")
            return nil
        }
        if first == UInt8(ascii: "#") {
            if Self.isHead(line) {
                columns = String(decoding: line.dropFirst(), as: UTF8.self).split(separator: ",")
                    .map { String($0.drop { $0 == " " }) }
            }
            skips.count("comments")
            return nil
        }
        if columns.isEmpty { columns = ["PID", "TID", "IP", "ADDR", "WEIGHT", "DSRC", "SYMBOL"] }
        // The symbol may have commas of its own.
        let cells = line.split(
            separator: UInt8(ascii: ","), maxSplits: columns.count - 1,
            omittingEmptySubsequences: false)
        guard cells.count == columns.count, columns.count >= 6 else {
            throw LineFault(
                column: 0, found: "\(cells.count) cells", expected: "\(columns.count) with commas",
                hint: "record it with perf mem report -D -x,")
        }
        var sample = MemorySample()
        for (name, cell) in zip(columns, cells) {
            switch name {
            case "ADDR": sample.address = try Self.number(cell, line)
            case let name where name.hasSuffix("WEIGHT"):
                sample.latency = try Self.number(cell, line)
            case "DSRC": Self.take(try Self.number(cell, line), &sample)
            default: break
            }
        }
        return sample
    }

    private static func number(
        _ cell: UnsafeBufferPointer<UInt8>.SubSequence, _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> UInt64 {
        var cursor = LineCursor(UnsafeBufferPointer(rebasing: cell))
        cursor.skipBlanks()
        let isHexadecimal = cell.dropFirst(cursor.position).starts(with: [0x30, 0x78])
        do throws(LineFault) {
            let value =
                isHexadecimal
                ? try cursor.hexadecimal("a number") : try cursor.decimal("a number")
            cursor.skipBlanks()
            guard cursor.next == nil else {
                throw cursor.fault(expected: "decimal digits, or hexadecimal ones behind 0x")
            }
            return value
        } catch {
            var fault = error
            fault.column += cell.startIndex
            throw fault
        }
    }

    /// Reads the bits of `union perf_mem_data_src` (include/uapi/linux/perf_event.h).
    static func take(_ bits: UInt64, _ sample: inout MemorySample) {
        let operation = bits & 31
        sample.kind = operation & 2 != 0 ? .load : operation & 4 != 0 ? .store : .other
        let level = bits >> 5 & 0x3FFF
        let names: [(UInt64, String)] = [
            (0x08, "L1"), (0x10, "LFB"), (0x20, "L2"), (0x40, "L3"), (0x80, "Local RAM"),
            (0x100, "Remote RAM (1 hop)"), (0x200, "Remote RAM (2 hops)"),
            (0x400, "Remote Cache (1 hop)"), (0x800, "Remote Cache (2 hops)"), (0x1000, "I/O"),
            (0x2000, "Uncached"),
        ]
        let result = level & 2 != 0 ? " hit" : level & 4 != 0 ? " miss" : ""
        if let name = names.first(where: { level & $0.0 != 0 }) {
            sample.level = name.1 + result
        } else {
            let numbers: [UInt64: String] = [
                1: "L1", 2: "L2", 3: "L3", 4: "L4", 8: "Uncached", 9: "CXL", 10: "I/O",
                11: "Any cache", 12: "LFB", 13: "RAM", 14: "PMEM",
            ]
            let remote = bits >> 37 & 1 == 1 ? "Remote " : ""
            sample.level = numbers[bits >> 33 & 15].map { remote + $0 + result } ?? "not told"
        }
        // TLB: 4 is a miss, 2 a hit.
        sample.missedTLB = bits >> 26 & 4 != 0
    }
}
