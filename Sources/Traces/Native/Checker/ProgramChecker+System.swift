import Operations
import Quantities

extension ProgramChecker {
    /// Checks a maintenance operation.
    func check(_ maintenance: Maintenance) throws(ProgramError) {
        let instruction = maintenance.instruction
        var plain = Maintenance(instruction)
        if instruction.isByAddress {
            try require(
                !instruction.isOuter || maintenance.bytes > 0, "no bytes", "at least 1")
            try check(maintenance.start, bytes: max(maintenance.bytes, 1))
            plain.start = maintenance.start
            plain.bytes = maintenance.bytes
        } else if [.dcCSW, .dcCISW, .dcISW].contains(instruction) {
            try require(
                UInt64(maintenance.level) <= NativeLimits.cacheLevel,
                "level \(maintenance.level)", "1 to \(NativeLimits.cacheLevel)")
            plain.level = maintenance.level
        }
        try require(
            plain == maintenance, "operands that \(instruction) does not have", "none")
    }

    /// Checks an access to a device's registers.
    func check(_ accessor: Accessor) throws(ProgramError) {
        try checkDevice(accessor.device)
        try require(
            accessor.register.symbol == devices[accessor.device.index],
            "a register that is not named after its device", "the device's name")
        try check(accessor.register, bytes: 4)
        try require(
            accessor.value ?? 0 <= UInt64(UInt32.max), "a value of more than 32 bits", "32 bits")
    }

    /// Checks what a device does.
    func check(_ operation: DeviceOperation) throws(ProgramError) {
        var plain = DeviceOperation(operation.kind)
        if operation.kind != .interrupt {
            try check(operation.start, bytes: operation.bytes)
            plain.start = operation.start
            plain.bytes = operation.bytes
        }
        if operation.kind == .read || operation.kind == .write {
            try require(operation.burst != 0, "a burst of 0", "at least 1 byte")
            try require(
                NativeLimits.fits(value: operation.value ?? 0, bytes: operation.bytes),
                "a value that does not fit", "one that fits into \(operation.bytes) byte(s)")
            do throws(NativeRules.Violation) {
                try NativeRules.checkShape(of: operation)
            } catch {
                throw ProgramError(found: operation.shape, expected: error.expected)
            }
            plain.burst = operation.burst
            plain.value = operation.value
            plain.rows = operation.rows
            plain.pitch = operation.pitch
            plain.cycles = operation.cycles
        }
        if let source = operation.source {
            try require(
                operation.kind == .write && operation.rows == 1 && operation.cycles == 1
                    && operation.value == nil, "a copy that is more than its bytes", "a plain copy")
            try check(source, bytes: operation.bytes)
            plain.source = source
        }
        if operation.layout != .none {
            let layout = try meaning(of: operation.layout)
            try require(
                operation.kind == .descriptorFetch(chain: true) && layout.kind == .layout,
                "a \(layout.kind)", "a layout, for a chain")
            try require(
                layout.size == operation.bytes, "\(operation.bytes) byte(s)",
                "\(layout.size), the bytes of a descriptor of '\(layout.name)'")
            try require(operation.limit != 0, "a limit of 0", "at least 1 descriptor")
            plain.layout = operation.layout
            plain.limit = operation.limit
        }
        try require(plain == operation, "operands that the operation does not have", "none")
    }

    /// Checks an event that nobody asked for.
    func check(_ event: EnvironmentEvent, by agent: Agent) throws(ProgramError) {
        try require(agent == .core(0), "an agent of an event", "core 0, which means none")
        if case .core(let core) = event.target {
            try require(
                (0..<Agent.maximumCores).contains(core), "core \(core)",
                "core 0 to \(Agent.maximumCores - 1)")
        } else {
            try require(
                event.kind == .evict || event.kind == .fill, "\(event.kind) without a core",
                "a core")
        }
        switch event.kind {
        case .evict, .fill: try check(event.start, bytes: max(event.bytes, 1))
        case .late: try check(event.start, bytes: event.bytes)
        case .drain where event.bytes > 0: try check(event.start, bytes: event.bytes)
        case .pause:
            try require(
                event.start == Operand(0) && event.bytes > 0, "a pause after no operation",
                "a pause after one or more, and no address")
        case .drain, .hold, .leave, .join, .resume:
            try require(
                event.start == Operand(0) && event.bytes == 0,
                "bytes that the event does not have", "none")
        }
    }
}

extension DeviceOperation {
    /// The shape of a transfer, in the words of an error.
    fileprivate var shape: String {
        "\(rows) row(s) of \(bytes) byte(s), \(pitch) apart, in \(cycles) cycle(s)"
    }
}
