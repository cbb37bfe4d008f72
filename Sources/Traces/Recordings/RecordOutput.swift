import Operations
import Quantities

/// Where the grammars of recordings write what they read.
struct RecordOutput {
    /// The most names of one kind that are kept.
    static let nameLimit = 4096

    /// The operations since the last ``removeAll()``.
    private(set) var operations: [RecordedOperation] = []
    /// How many records were read.
    var records: UInt64 = 0
    private(set) var deviceNames: [String] = []
    private(set) var memoryNames: [String] = []
    private(set) var timeUnit = "cyc"
    private(set) var cores = CoreNumbers()
    private var skips = KindCounts()
    private var assumptions = KindCounts()

    /// What was read and is not among the operations, by kind.
    var skipped: [(kind: String, count: UInt64)] { skips.all }
    /// What the recording does not say and was taken for granted, by kind.
    var assumed: [(kind: String, count: UInt64)] { assumptions.all }

    mutating func add(_ operation: RecordedOperation) { operations.append(operation) }

    mutating func removeAll() { operations.removeAll(keepingCapacity: true) }

    /// Counts a record that is no operation.
    mutating func skip(_ kind: StaticString) { skips.count(kind) }

    /// Counts a record whose kind is a word of the file.
    mutating func skip(_ line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) {
        skips.count(line, word)
    }

    /// Counts a record whose kind has to be put into words.
    mutating func skip(text: String) { skips.count(text) }

    /// Counts something that was taken for granted.
    mutating func assume(_ what: StaticString) { assumptions.count(what) }

    mutating func setTimeUnit(_ unit: String) { timeUnit = unit }

    /// The number of the core that a recording calls by a name.
    mutating func core(
        _ line: UnsafeBufferPointer<UInt8>, _ name: Range<Int>
    ) throws(LineFault) -> Agent {
        try cores.number(of: line, name)
    }

    /// The number of the core that a recording calls by a name.
    mutating func core(named name: [UInt8], column: Int) throws(LineFault) -> Agent {
        try cores.number(of: name, column: column)
    }

    /// The number of the core for a processor's or a thread's number.
    mutating func core(number: UInt64, isThread: Bool) throws(LineFault) -> Agent {
        if let lastCore, lastCore.number == number, lastCore.isThread == isThread {
            return lastCore.core
        }
        let name = (isThread ? "thread" : "cpu") + String(number)
        let core = try cores.number(of: Array(name.utf8), column: 1)
        lastCore = (number, isThread, core)
        return core
    }
    private var lastCore: (number: UInt64, isThread: Bool, core: Agent)?

    /// The place of a device's name; each gets its own.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - column: Where it stands in the record.
    /// - Returns: its place among ``deviceNames``.
    /// - Throws: that there are more devices than a trace can declare.
    mutating func addDevice(_ name: String, column: Int) throws(LineFault) -> Int {
        if let place = deviceNames.firstIndex(of: name) { return place }
        guard deviceNames.count < Agent.maximumDevices else {
            throw LineFault(
                column: column, found: shown(name.utf8),
                expected: "at most \(Agent.maximumDevices) devices")
        }
        deviceNames.append(name)
        return deviceNames.count - 1
    }

    /// The place of the name of memory that is not RAM.
    mutating func memoryName(_ line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Int32 {
        if let last = memoryTable.find(line, word, limit: Self.nameLimit) {
            if last == memoryNames.count { memoryNames.append(memoryTable.names[last]) }
            return Int32(last)
        }
        return -1
    }
    private var memoryTable = NameTable()
}

/// Counts by kind, in the order of first appearance.
struct KindCounts {
    private static let limit = 256

    private var kinds = NameTable()
    private var counts: [UInt64] = []
    private var further: UInt64 = 0

    var all: [(kind: String, count: UInt64)] {
        zip(kinds.names, counts).map { (kind: $0.0, count: $0.1) }
            + (further > 0 ? [(kind: "further kinds", count: further)] : [])
    }

    mutating func count(_ kind: StaticString) {
        let bytes = UnsafeBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount)
        count(bytes, 0..<bytes.count)
    }

    mutating func count(_ kind: String) {
        var kind = kind
        kind.withUTF8 { count($0, 0..<$0.count) }
    }

    mutating func count(_ line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) {
        guard let place = kinds.find(line, word, limit: Self.limit) else {
            further &+= 1
            return
        }
        if place == counts.count { counts.append(0) }
        counts[place] &+= 1
    }
}

/// The numbers of cores that a recording calls by names.
///
/// `cpu3`, also as a part of a longer name, is core 3 if that number is free; any other name gets the lowest number
/// that is free.
struct CoreNumbers {
    private var table = NameTable()
    private var numbers: [Int] = []

    /// The names with other numbers than they say, for a report.
    var renamed: [String] {
        zip(table.names, numbers).filter { name, number in
            Array(name.utf8).withUnsafeBufferPointer { Self.wanted($0, 0..<$0.count) != number }
        }.map { "core\($0.1) is \($0.0)" }
    }

    mutating func number(
        of line: UnsafeBufferPointer<UInt8>, _ name: Range<Int>
    ) throws(LineFault) -> Agent {
        let place = table.find(line, name, limit: Agent.maximumCores)
        guard let place else {
            throw LineFault(
                column: name.lowerBound + 1, found: shown(line[name]),
                expected: "at most \(Agent.maximumCores) cores or threads")
        }
        if place == numbers.count {
            let wanted = Self.wanted(line, name)
            let free = (0..<Agent.maximumCores).first { !numbers.contains($0) } ?? 0
            numbers.append(wanted.map { numbers.contains($0) ? free : $0 } ?? free)
        }
        return .core(numbers[place])
    }

    mutating func number(of name: [UInt8], column: Int) throws(LineFault) -> Agent {
        var result: Result<Agent, LineFault> = .success(.core(0))
        name.withUnsafeBufferPointer { line in
            do throws(LineFault) {
                result = .success(try number(of: line, 0..<line.count))
            } catch {
                var fault = error
                fault.column = column
                result = .failure(fault)
            }
        }
        return try result.get()
    }

    /// The number that a name ends its part `cpuN` with, or that it is.
    private static func wanted(_ line: UnsafeBufferPointer<UInt8>, _ name: Range<Int>) -> Int? {
        for part in line[name].split(whereSeparator: { $0 == 0x2E || $0 == 0x5F }) {
            // `cpus0` is how gem5 calls a core of a cluster.
            let digits = part.starts(with: Array("cpu".utf8)) ? part.drop { $0 > 0x39 } : part
            guard digits.count == 1, let digit = digits.first, digit >= 0x30,
                Int(digit - 0x30) < Agent.maximumCores
            else { continue }
            return Int(digit - 0x30)
        }
        return nil
    }
}
