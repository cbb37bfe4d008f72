import Operations
import Quantities

/// gem5's packet traces: `gem5`, then messages of protocol buffers, each behind its length.
///
/// The messages are walked by hand: seven fields of numbers do not pay for a library and generated code
/// (decision 0018).
struct Gem5Decoder: RecordDecoder {
    /// The most bytes of a packet; one has 80 at most.
    static let packetLimit = 1 << 12
    /// The most bytes of the header, which names every requestor.
    static let headerLimit = 1 << 17

    private enum Stage { case mark, header, packets }

    private let release: Gem5Release
    private let table: Gem5CommandTable
    private var stage = Stage.mark
    private var requestors = Gem5Requestors()
    private var commands: [Gem5Command?]

    init(_ release: Gem5Release) {
        self.release = release
        table = release.table
        let table = release.table
        commands = (0..<64).map { Gem5Command(UInt64($0), table) }
    }

    mutating func decode(
        _ window: ByteWindow, into output: inout RecordOutput
    ) throws(DecodeFault) -> Bool {
        if stage == .mark {
            guard try window.holdRecord(4) else { return false }
            guard window.number(at: 0, as: UInt32.self) == 0x356D_6567 else {
                throw .record(
                    LineFault(
                        column: 1,
                        found: shown(UnsafeBufferPointer(start: window.base, count: 4)),
                        expected: "gem5 at the front"))
            }
            window.take(4)
            stage = .header
        }
        guard let (start, size) = try length(window) else { return false }
        do throws(LineFault) {
            var message = WireMessage(window.base, start..<start + size)
            if stage == .header {
                try requestors.takeHeader(&message, into: &output)
                stage = .packets
            } else {
                try take(&message, into: &output)
            }
        } catch {
            throw .record(error)
        }
        window.take(start + size)
        return true
    }

    /// Where the next message begins in the window, and how long it is; nil at the end.
    private func length(_ window: ByteWindow) throws(DecodeFault) -> (Int, Int)? {
        let limit = stage == .header ? Self.headerLimit : Self.packetLimit
        guard try window.holdSome(1) else { return nil }
        _ = try window.holdSome(10)
        var message = WireMessage(window.base, 0..<min(window.count, 10))
        let size: UInt64
        do throws(LineFault) {
            size = try message.varint()
        } catch {
            throw .record(error)
        }
        guard size > 0, size <= UInt64(limit) else {
            throw .record(
                LineFault(
                    column: 1, found: "a message of \(size) bytes",
                    expected: "1 to \(limit) bytes"))
        }
        guard try window.holdSome(message.place + Int(size)) else {
            throw .record(
                LineFault(
                    column: window.count + 1, found: "the end of the file inside a message",
                    expected: "\(message.place + Int(size) - window.count) more bytes"))
        }
        return (message.place, Int(size))
    }

    private struct Packet {
        var tick: UInt64?
        var command: UInt64?
        var address: UInt64?
        var size: UInt64?
        var flags: UInt64 = 0
        var requestor: UInt64?
        var counter: UInt64?
    }

    private mutating func take(
        _ message: inout WireMessage, into output: inout RecordOutput
    ) throws(LineFault) {
        let start = message.place
        var packet = Packet()
        while let field = try message.next() {
            guard case .number(let value) = field.content else { continue }
            switch field.number {
            case 1: packet.tick = value
            case 2: packet.command = value
            case 3: packet.address = value
            case 4: packet.size = value
            case 5: packet.flags = value
            case 6: packet.requestor = value
            case 7: packet.counter = value
            default: break
            }
        }
        guard let tick = packet.tick, let number = packet.command, let address = packet.address,
            let size = packet.size
        else {
            throw LineFault(
                column: start + 1, found: "a packet without one of tick, cmd, addr and size",
                expected: "all four")
        }
        guard number < 64, let command = commands[Int(number)] else {
            throw LineFault(
                column: start + 1, found: "command \(number)",
                expected: "a command of gem5 \(release)",
                hint: "another release's numbers are read with --gem5 VERSION")
        }
        output.records &+= 1
        try requestors.tell(
            command, at: address, size: size, flags: packet.flags, requestor: packet.requestor,
            origin: (tick, packet.counter), into: &output)
    }
}

/// Who sent a packet: a core or a device, by the names in the header.
struct Gem5Requestors {
    private enum Role {
        case core(Agent)
        case device(Int)
    }

    private var names: [UInt64: [UInt8]] = [:]
    private var roles: [UInt64: Role] = [:]
    private var ticksPerSecond: UInt64 = 1_000_000_000_000

    /// Takes the header: who made it, ticks in a second, names.
    mutating func takeHeader(
        _ message: inout WireMessage, into output: inout RecordOutput
    ) throws(LineFault) {
        while let field = try message.next() {
            switch (field.number, field.content) {
            case (3, .number(let frequency)): ticksPerSecond = frequency
            case (4, .bytes(let range)):
                var entry = message.inner(range)
                var key: UInt64 = 0
                var name: [UInt8] = []
                while let part = try entry.next() {
                    switch (part.number, part.content) {
                    case (1, .number(let value)): key = value
                    case (2, .bytes(let bytes)): name = entry.bytes(bytes)
                    default: break
                    }
                }
                names[key] = name
            default: break
            }
        }
        switch ticksPerSecond {
        case 1_000_000_000_000: output.setTimeUnit("ps")
        case 1_000_000_000: output.setTimeUnit("ns")
        case 1_000_000: output.setTimeUnit("us")
        default: output.assume("ticks of another length than a picosecond: times in cycles")
        }
    }

    /// Tells what a packet does.
    mutating func tell(
        _ command: Gem5Command, at address: UInt64, size: UInt64, flags: UInt64,
        requestor: UInt64?, origin: (time: UInt64, counter: UInt64?),
        into output: inout RecordOutput
    ) throws(LineFault) {
        if case .skipped(let kind) = command {
            output.skip(kind)
            return
        }
        let role = try role(of: requestor, into: &output)
        var operation = RecordedOperation(.barrier(Barrier(.dmb)))
        operation.time = origin.time
        operation.programCounter = origin.counter
        if case .device(let device) = role {
            guard size > 0, size <= UInt64(UInt32.max), address <= .max - size else {
                throw LineFault(
                    column: 1, found: "a transfer of \(size) bytes", expected: "1 to 4294967295")
            }
            switch command {
            case .access(let kind) where kind != .prefetch:
                operation.action = .transfer(
                    device: device, isWrite: kind.isStore, address: address, bytes: size)
                output.add(operation)
            default: output.skip("requests of devices that are no reads or writes")
            }
            return
        }
        guard case .core(let core) = role else { return }
        operation.core = core
        operation.memory = Self.memory(flags)
        try tell(command, at: address, size: size, flags: flags, operation, into: &output)
    }

    private func tell(
        _ command: Gem5Command, at address: UInt64, size: UInt64, flags: UInt64,
        _ origin: RecordedOperation, into output: inout RecordOutput
    ) throws(LineFault) {
        var operation = origin
        switch command {
        case .access(let kind):
            // INST_FETCH of the request's flags.
            let isFetch = flags & 0x100 != 0 && kind == .load
            operation.action = .access(
                try access(isFetch ? .fetch : kind, address, size, origin.core))
        case .swap:
            operation.action = .access(try access(.load, address, size, origin.core))
            output.add(operation)
            operation.action = .access(try access(.store, address, size, origin.core))
        case .fence:
            operation.memory = nil
            output.assume("fences: dmb sy")
        case .maintenance(let instruction):
            operation.memory = nil
            output.assume("maintenance to the Point of Coherency: the trace lacks these flags")
            operation.action = .maintenance(
                Maintenance(
                    instruction, at: Operand(address), bytes: size > .max - address ? 0 : size))
        case .skipped: return
        }
        output.add(operation)
    }

    private func access(
        _ kind: AccessKind, _ address: UInt64, _ size: UInt64, _ core: Agent
    ) throws(LineFault) -> MemoryAccess {
        var access = try checkedAccess(kind, at: address, size: size, sizeColumn: 1)
        access.agent = core
        return access
    }

    /// The memory that a request's flags tell: UNCACHEABLE (0x400) and STRICT_ORDER (0x800).
    private static func memory(_ flags: UInt64) -> RecordedOperation.Memory? {
        guard flags & 0x400 != 0 else { return nil }
        return RecordedOperation.Memory(
            flags & 0x800 != 0 ? .device : .nonCacheable, .outerShareable)
    }

    private mutating func role(
        of requestor: UInt64?, into output: inout RecordOutput
    ) throws(LineFault) -> Role {
        guard let requestor, let name = names[requestor], !name.isEmpty else {
            return .core(.core(0))
        }
        if let known = roles[requestor] { return known }
        let text = String(decoding: name, as: UTF8.self)
        let parts = text.split(separator: ".")
        let place = parts.firstIndex { $0.hasPrefix("cpu") || $0.hasPrefix("switch_cpus") }
        let role: Role
        if let place {
            // All parts of one core are that core, its ports and table walkers; so is the one it is switched to.
            var path = parts[...place].map(String.init)
            if path[place].hasPrefix("switch_cpus") {
                path[place] = "cpu" + path[place].drop { !$0.isNumber }
            }
            role = .core(
                try output.core(named: Array(path.joined(separator: ".").utf8), column: 1))
        } else {
            role = .device(try output.addDevice(text, column: 1))
        }
        roles[requestor] = role
        return role
    }
}
