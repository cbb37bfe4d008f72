import Operations
import Quantities

/// Rows of cells, with a comma, a semicolon or a tab between them; the first line, or an option, names the columns.
struct CSVGrammar: RecordGrammar {
    private var columns: [CSVColumn]?
    private var separator: UInt8?
    private var cells: [Range<Int>] = []

    init(_ columns: [CSVColumn]?) { self.columns = columns }

    /// Whether a line names columns, an address and a kind among them: recognition asks.
    static func isHead(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let separator = separator(of: line) else { return false }
        return CSVColumn.isComplete(
            line.split(separator: separator).compactMap {
                CSVColumn(name: bare(String(decoding: $0, as: UTF8.self)))
            })
    }

    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault) {
        guard !line.isEmpty, line[0] != UInt8(ascii: "#") else {
            output.skip(line.isEmpty ? "blank lines" : "comments")
            return
        }
        if separator == nil { separator = try Self.demandSeparator(line) }
        split(line, separator ?? 0x2C)
        guard let columns else {
            try takeHead(line, into: &output)
            return
        }
        if output.records == 0, Self.isHead(line) {
            output.skip("heads")
            return
        }
        guard cells.count == columns.count else {
            throw LineFault(
                column: 0, found: "\(cells.count) cells", expected: "\(columns.count)")
        }
        try row(line, columns, into: &output)
    }

    private static func separator(of line: UnsafeBufferPointer<UInt8>) -> UInt8? {
        line.first { $0 == 0x2C || $0 == 0x3B || $0 == 0x09 }
    }

    private static func demandSeparator(
        _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> UInt8 {
        if let found = separator(of: line) { return found }
        throw LineFault(
            column: 0, found: "one cell", expected: "cells with commas, semicolons or tabs between")
    }

    /// Finds the cells of a line, without blanks and quotation marks around them.
    private mutating func split(_ line: UnsafeBufferPointer<UInt8>, _ separator: UInt8) {
        cells.removeAll(keepingCapacity: true)
        var start = 0
        while true {
            var end = start
            while end < line.count, line[end] != separator { end += 1 }
            var low = start
            var high = end
            while low < high, line[low] == 0x20 || line[low] == 0x22 { low += 1 }
            while high > low, line[high - 1] == 0x20 || line[high - 1] == 0x22 { high -= 1 }
            cells.append(low..<high)
            if end == line.count { return }
            start = end + 1
        }
    }

    private static func bare(_ text: String) -> String {
        String(text.filter { $0 != " " && $0 != "\"" && $0 != "\r" })
    }

    private mutating func takeHead(
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault) {
        var found: [CSVColumn] = []
        for cell in cells {
            let name = String(decoding: line[cell], as: UTF8.self)
            let column = CSVColumn(name: name) ?? .ignored
            if column == .ignored { output.skip(text: "column \(shown(line[cell]))") }
            guard !column.repeats(found) else {
                throw LineFault(
                    column: cell.lowerBound + 1, found: shown(line[cell]),
                    expected: "each column once, and one of addresses and of times",
                    hint: "--columns with - in its place passes it over")
            }
            found.append(column)
        }
        guard CSVColumn.isComplete(found) else {
            throw LineFault(
                column: 0, found: shown(line),
                expected: "a first line that names columns, kind and address among them",
                hint: "--columns names them for a file without such a line")
        }
        columns = found
    }

    // MARK: - Rows

    /// What the cells of a row say.
    private struct Row {
        var operation = RecordedOperation(.barrier(Barrier(.dmb)))
        var address: UInt64?
        var size: UInt64?
        var sizeColumn = 0
        var kind: Range<Int> = 0..<0
        var core: Range<Int>?
        var type: MemoryType?
        var share: Shareability?
    }

    private func row(
        _ line: UnsafeBufferPointer<UInt8>, _ columns: [CSVColumn],
        into output: inout RecordOutput
    ) throws(LineFault) {
        var row = Row()
        for (column, cell) in zip(columns, cells) where !cell.isEmpty {
            try Self.take(cell, line, column, &row)
            if let unit = column.unit { output.setTimeUnit(unit) }
        }
        if let type = row.type {
            row.operation.memory = RecordedOperation.Memory(type, row.share)
        }
        try tell(row, line, into: &output)
        output.records &+= 1
    }

    private static func take(
        _ cell: Range<Int>, _ line: UnsafeBufferPointer<UInt8>, _ column: CSVColumn,
        _ row: inout Row
    ) throws(LineFault) {
        switch column {
        case .core: row.core = cell
        case .kind: row.kind = cell
        case .address: row.address = try number(cell, line, isHexadecimal: true)
        case .addressDecimal: row.address = try number(cell, line)
        case .size:
            row.size = try number(cell, line)
            row.sizeColumn = cell.lowerBound + 1
        case .value: row.operation.value = try number(cell, line)
        case .counter:
            row.operation.programCounter = try number(cell, line, isHexadecimal: true)
        case .time, .picoseconds, .microseconds, .cycles:
            row.operation.time = try number(cell, line)
        case .memory:
            guard let type = MemoryType(name: text(cell, line)) else {
                throw fault(cell, line, "wb, wt, nc, device or so")
            }
            row.type = type
        case .share:
            guard let share = Shareability(name: text(cell, line)) else {
                throw fault(cell, line, "nsh, ish or osh")
            }
            row.share = share
        case .ignored: break
        }
    }

    private static func text(_ cell: Range<Int>, _ line: UnsafeBufferPointer<UInt8>) -> Substring {
        String(decoding: line[cell], as: UTF8.self).lowercased()[...]
    }

    private static func fault(
        _ cell: Range<Int>, _ line: UnsafeBufferPointer<UInt8>, _ expected: String
    ) -> LineFault {
        LineFault(
            column: cell.lowerBound + 1,
            found: cell.isEmpty ? "an empty cell" : shown(line[cell]), expected: expected)
    }

    private static func number(
        _ cell: Range<Int>, _ line: UnsafeBufferPointer<UInt8>, isHexadecimal: Bool = false
    ) throws(LineFault) -> UInt64 {
        var cursor = LineCursor(UnsafeBufferPointer(rebasing: line[cell]))
        let hasPrefix =
            cell.count > 2 && line[cell.lowerBound] == 0x30
            && line[cell.lowerBound + 1] | 0x20 == 0x78
        do throws(LineFault) {
            let value =
                try isHexadecimal || hasPrefix
                ? cursor.hexadecimal("a number") : cursor.decimal("a number")
            guard cursor.next == nil else {
                throw cursor.fault(
                    expected: isHexadecimal ? "hexadecimal digits" : "decimal digits, or 0x")
            }
            return value
        } catch {
            var fault = error
            fault.column += cell.lowerBound
            throw fault
        }
    }

    private func tell(
        _ row: Row, _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault) {
        let word = Self.text(row.kind, line)
        guard let kind = CSVKind(word) else {
            throw Self.fault(row.kind, line, CSVKind.expectation)
        }
        var operation = row.operation
        if case .transfer(let isWrite) = kind {
            let name = row.core.map { String(decoding: line[$0], as: UTF8.self) } ?? "device"
            let (address, size) = try range(row, line, limit: UInt64(UInt32.max))
            let device = try output.addDevice(
                name, column: (row.core ?? row.kind).lowerBound + 1)
            operation.action = .transfer(
                device: device, isWrite: isWrite, address: address, bytes: size)
            operation.memory = nil
            output.add(operation)
            return
        }
        if let name = row.core { operation.core = try output.core(line, name) }
        switch kind {
        case .access(let access):
            let (address, size) = try range(row, line, limit: maximumAccessSize)
            var made = try checkedAccess(
                access, at: address, size: size, sizeColumn: row.sizeColumn)
            made.agent = operation.core
            operation.action = .access(made)
        case .barrier(let barrier): operation.action = .barrier(barrier)
        case .maintenance(let instruction):
            guard instruction.isByAddress else {
                operation.action = .maintenance(Maintenance(instruction))
                break
            }
            guard let address = row.address else {
                throw Self.fault(row.kind, line, "an address for it")
            }
            let bytes = row.size ?? 0
            guard bytes <= .max - address else {
                throw Self.fault(row.kind, line, "bytes that end within 64 bits")
            }
            operation.action = .maintenance(
                Maintenance(instruction, at: Operand(address), bytes: bytes))
        case .transfer: break
        }
        output.add(operation)
    }

    private func range(
        _ row: Row, _ line: UnsafeBufferPointer<UInt8>, limit: UInt64
    ) throws(LineFault) -> (UInt64, UInt64) {
        guard let address = row.address else {
            throw Self.fault(row.kind, line, "an address in its row")
        }
        guard let size = row.size else { throw Self.fault(row.kind, line, "a size in its row") }
        guard size > 0, size <= limit, address <= .max - size else {
            throw LineFault(
                column: row.sizeColumn, found: "a size of \(size)",
                expected: "1 to \(limit), and an end within 64 bits")
        }
        return (address, size)
    }
}

/// What the word in a row's column `kind` means.
private enum CSVKind {
    case access(AccessKind)
    case barrier(Barrier)
    case maintenance(Maintenance.Instruction)
    case transfer(isWrite: Bool)

    static let expectation =
        "r, w, i, p, ldx, stx, lda, stl, dmb, dsb, isb, dc cvac|civac|ivac|cvau|zva, ic ivau|iallu, "
        + "dma-read or dma-write"

    init?(_ word: Substring) {
        switch word {
        case "r", "read", "ld", "load": self = .access(.load)
        case "w", "write", "st", "store": self = .access(.store)
        case "i", "f", "fetch", "ifetch": self = .access(.fetch)
        case "p", "pld", "prefetch": self = .access(.prefetch)
        case "ldx": self = .access(.loadExclusive)
        case "stx": self = .access(.storeExclusive)
        case "lda": self = .access(.loadAcquire)
        case "stl": self = .access(.storeRelease)
        case "isb": self = .barrier(Barrier(.isb))
        case "dc cvac": self = .maintenance(.dcCVAC)
        case "dc civac": self = .maintenance(.dcCIVAC)
        case "dc ivac": self = .maintenance(.dcIVAC)
        case "dc cvau": self = .maintenance(.dcCVAU)
        case "dc zva": self = .maintenance(.dcZVA)
        case "ic ivau": self = .maintenance(.icIVAU)
        case "ic iallu": self = .maintenance(.icIALLU)
        case "dma-read", "rd": self = .transfer(isWrite: false)
        case "dma-write", "wr": self = .transfer(isWrite: true)
        default:
            guard let barrier = Self.barrier(word) else { return nil }
            self = .barrier(barrier)
        }
    }

    /// `dmb`, `dsb ish`, `dmb oshst`.
    private static func barrier(_ word: Substring) -> Barrier? {
        let parts = word.split(separator: " ")
        guard (1...2).contains(parts.count), parts[0] == "dmb" || parts[0] == "dsb" else {
            return nil
        }
        let instruction: Barrier.Instruction = parts[0] == "dmb" ? .dmb : .dsb
        guard parts.count == 2 else { return Barrier(instruction) }
        switch parts[1] {
        case "sy": return Barrier(instruction)
        case "st": return Barrier(instruction, .fullSystem, .stores)
        case "ld": return Barrier(instruction, .fullSystem, .loads)
        default: break
        }
        let domains: [(Substring, Barrier.Domain)] = [
            ("ish", .innerShareable), ("osh", .outerShareable), ("nsh", .nonShareable),
        ]
        guard let domain = domains.first(where: { parts[1].hasPrefix($0.0) }) else { return nil }
        switch parts[1].dropFirst(3) {
        case "": return Barrier(instruction, domain.1)
        case "st": return Barrier(instruction, domain.1, .stores)
        case "ld": return Barrier(instruction, domain.1, .loads)
        default: return nil
        }
    }
}
