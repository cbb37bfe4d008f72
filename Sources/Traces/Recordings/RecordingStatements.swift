import Operations
import Quantities

/// Says what a recording has in statements of the native format.
///
/// Devices are declared at their first transfer, pages of memory that is not Normal write-back as regions at their
/// first access. What no statement can say is counted (``notSaid``).
public struct RecordingStatements {
    /// A statement and where it came from.
    public struct Part {
        /// What it says.
        public var body: Statement.Body
        /// Program counter and time, if the recording has them.
        public var annotations: Annotations?
    }

    /// The most pages that are declared.
    static let regionLimit = 4096
    /// Bytes in a page: the least that a translation table can give a type.
    static let pageSize: UInt64 = 4096

    /// The names so far.
    public private(set) var symbols = SymbolTable()
    private var counts = KindCounts()
    private var devices: [Agent] = []
    private var pages: [UInt64: (type: MemoryType, share: Shareability)] = [:]
    private var isWithoutValues: Bool

    /// Starts on a recording.
    ///
    /// - Parameter keepsValues: Whether values are kept: they make a trace longer, and only engines that read
    ///   descriptors need them.
    public init(keepsValues: Bool = true) { isWithoutValues = !keepsValues }

    /// What the recording has and no statement said, by kind.
    public var notSaid: [(kind: String, count: UInt64)] { counts.all }

    /// Says the next operations of a recording.
    ///
    /// - Parameters:
    ///   - reader: The recording.
    ///   - parts: What they are in statements, instead of what it held before; declarations stand before their first use.
    /// - Returns: whether there were any; false only at the end.
    /// - Throws: what is wrong with the recording.
    public mutating func sayNext(
        of reader: RecordingReader, into parts: inout [Part]
    ) throws(TraceErrors) -> Bool {
        parts.removeAll(keepingCapacity: true)
        let batch = try reader.nextBatch()
        for operation in batch { say(operation, of: reader, into: &parts) }
        return !batch.isEmpty
    }

    /// Says an operation.
    ///
    /// - Parameters:
    ///   - operation: What the recording has.
    ///   - reader: Where it came from: names, unit of times.
    ///   - parts: Where the statements are added: declarations first.
    private mutating func say(
        _ operation: RecordedOperation, of reader: RecordingReader, into parts: inout [Part]
    ) {
        var annotations: Annotations?
        if operation.programCounter != nil || operation.time != nil {
            var made = Annotations()
            made.programCounter = operation.programCounter
            made.time = operation.time.map {
                Annotations.Stamp(value: $0, unit: reader.timeUnit)
            }
            annotations = made
        }
        if operation.virtualAddress != nil {
            counts.count("virtual addresses: the physical ones are said")
        }
        switch operation.action {
        case .access(let access):
            if let memory = operation.memory { declare(memory, access, reader, into: &parts) }
            let body = Statement.Body.operation(
                operation.core, self.operation(access, operation.value))
            // What a fetch is at stands in its address.
            if access.kind == .fetch, operation.programCounter == access.address {
                annotations?.programCounter = nil
                if annotations?.isEmpty == true { annotations = nil }
            }
            parts.append(Part(body: body, annotations: annotations))
        case .barrier(let barrier):
            parts.append(
                Part(
                    body: .operation(operation.core, .barrier(barrier)), annotations: annotations))
        case .maintenance(let maintenance):
            parts.append(
                Part(
                    body: .operation(operation.core, .maintenance(maintenance)),
                    annotations: annotations))
        case .transfer(let device, let isWrite, let address, let bytes):
            let agent = self.device(device, reader, into: &parts)
            let transfer = DeviceOperation(
                isWrite ? .write : .read, at: Operand(address), bytes: bytes)
            // The native format has no program counter for a device.
            annotations?.programCounter = nil
            if annotations?.isEmpty == true { annotations = nil }
            parts.append(
                Part(body: .operation(agent, .device(transfer)), annotations: annotations))
        }
    }

    private mutating func operation(_ access: MemoryAccess, _ value: UInt64?) -> Operation {
        var access = access
        if access.kind == .prefetch { access.size = 1 }
        var kept = value
        let canHaveValue = access.kind == .load || access.kind == .store
        if value != nil, isWithoutValues || !canHaveValue { kept = nil }
        if let value = kept, !NativeLimits.fits(value: value, bytes: UInt64(access.size)) {
            counts.count("values that do not fit into their access")
            kept = nil
        }
        return .access(access, symbol: .none, value: kept)
    }

    /// Declares the page of an access if its memory is not what is assumed.
    private mutating func declare(
        _ memory: RecordedOperation.Memory, _ access: MemoryAccess, _ reader: RecordingReader,
        into parts: inout [Part]
    ) {
        let start = access.address & ~(Self.pageSize - 1)
        let share = memory.shareability ?? .innerShareable
        if let known = pages[start] {
            if known != (memory.type, share) {
                counts.count("accesses with another memory type than the page's first")
            }
            return
        }
        // Also what is assumed is kept: a page that has another type later has two.
        guard pages.count < Self.regionLimit * 16 else {
            counts.count("memory types of pages beyond the first \(Self.regionLimit * 16)")
            return
        }
        pages[start] = (memory.type, share)
        guard memory.type != .writeBack || share != .innerShareable else { return }
        guard regionCount < Self.regionLimit, start <= .max - Self.pageSize else {
            counts.count("memory types of pages beyond the first \(Self.regionLimit) regions")
            return
        }
        regionCount += 1
        let isNamed = memory.name >= 0
        let stem = isNamed ? reader.memoryNames[Int(memory.name)] : memory.type.name
        let name = ValidName.free(
            ValidName.make(stem) + "_" + String(start, radix: 16), isTaken: isTaken)
        guard
            let symbol = symbols.add(
                SymbolTable.Entry(
                    name: name, kind: .region, address: start, size: Self.pageSize))
        else { return }
        parts.append(
            Part(
                body: .declaration(
                    .region(
                        symbol, address: start, size: Self.pageSize, memory.type,
                        memory.shareability))))
    }
    private var regionCount = 0

    private func isTaken(_ name: String) -> Bool { symbols.find(name) != nil }

    /// The agent of a device, which is declared at its first transfer.
    private mutating func device(
        _ place: Int, _ reader: RecordingReader, into parts: inout [Part]
    ) -> Agent {
        while devices.count <= place {
            let agent = Agent.device(devices.count)
            devices.append(agent)
            let name = ValidName.free(
                ValidName.make(reader.deviceNames[devices.count - 1]), isTaken: isTaken)
            let registers = DeviceDeclaration.defaultRegisters(index: agent.index)
            guard
                let symbol = symbols.add(
                    SymbolTable.Entry(
                        name: name, kind: .device, address: registers.lowerBound, size: 4096))
            else { continue }
            parts.append(
                Part(body: .declaration(.device(DeviceDeclaration(name: symbol, agent: agent)))))
        }
        return devices[place]
    }
}

extension RecordingStatements {
    /// Writes a recording as a native trace, without holding it.
    ///
    /// - Parameters:
    ///   - reader: The recording.
    ///   - sink: Where it goes; finished at the end.
    ///   - isBinary: Whether the binary form is written.
    ///   - keepsValues: Whether values are kept.
    /// - Returns: how many statements were written, and what none of them says, by kind.
    /// - Throws: ``TraceErrors`` for what is wrong with the recording, ``ProgramError`` for an address that the native
    ///   format has no range for.
    public static func write(
        _ reader: RecordingReader, to sink: ByteSink, isBinary: Bool, keepsValues: Bool = true
    ) throws -> (statements: UInt64, notSaid: [(kind: String, count: UInt64)]) {
        var stream = try NativeStream(to: sink, isBinary: isBinary)
        var statements = RecordingStatements(keepsValues: keepsValues)
        var parts: [Part] = []
        while try statements.sayNext(of: reader, into: &parts) {
            for part in parts {
                try stream.add(part.body, part.annotations, symbols: statements.symbols)
            }
        }
        try stream.finish(symbols: statements.symbols)
        return (stream.count, reader.skipped + statements.notSaid)
    }

    /// Makes a program of a recording.
    ///
    /// - Parameters:
    ///   - reader: The recording.
    ///   - keepsValues: Whether values are kept.
    /// - Returns: the program, and what none of its statements says, by kind.
    /// - Throws: what is wrong with the recording, or that it has more than ``NativeLimits/statements`` operations.
    public static func program(
        _ reader: RecordingReader, keepsValues: Bool = true
    ) throws(TraceErrors) -> (program: Program, notSaid: [(kind: String, count: UInt64)]) {
        var program = Program()
        var statements = RecordingStatements(keepsValues: keepsValues)
        var parts: [Part] = []
        while try statements.sayNext(of: reader, into: &parts) {
            for part in parts { program.add(part) }
            guard program.statements.count <= NativeLimits.statements else {
                throw TraceErrors([
                    TraceError(
                        file: reader.source.file,
                        found: "more than \(NativeLimits.statements) operations",
                        expected: "a shorter recording: a program is held whole")
                ])
            }
        }
        program.symbols = statements.symbols
        return (program, reader.skipped + statements.notSaid)
    }
}

extension Program {
    fileprivate mutating func add(_ part: RecordingStatements.Part) {
        var statement = Statement(part.body, line: UInt32(clamping: statements.count + 1))
        if let made = part.annotations {
            statement.annotation = Int32(annotations.count)
            annotations.append(made)
        }
        statements.append(statement)
    }
}
