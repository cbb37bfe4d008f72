import Operations
import Quantities

/// What both forms of drmemtrace recordings keep between records.
struct DrmemtraceState {
    /// When the next operation happened, if a marker just said so.
    var time: UInt64?
    /// The address of each core's instruction.
    var counters = [UInt64](repeating: 0, count: Agent.maximumCores)
    /// The instruction set of encodings; nil: none of Arm's, or not told.
    var set: ArmInstruction.InstructionSet?
    /// What the instruction of the core is, if it is maintenance by address.
    private var flushes = [Maintenance.Instruction?](
        repeating: nil, count: Agent.maximumCores)
    private var effects = InstructionEffects()
    private var pages = PageTable()
    private var physical: UInt64?

    /// Takes the bits of the marker `filetype`.
    mutating func takeFileType(_ bits: UInt64) {
        set = bits & 0x08 != 0 ? .a64 : bits & 0x10 != 0 ? .a32 : nil
    }

    /// Takes the size of a page.
    mutating func takePageSize(_ size: UInt64) { pages.size = size }

    /// Takes the physical address that belongs to the virtual one of the next marker.
    mutating func takePhysical(_ address: UInt64) { physical = address }

    /// Takes the virtual address that belongs to the physical one of the marker before.
    mutating func takeVirtual(_ address: UInt64, into output: inout RecordOutput) {
        guard let known = physical else { return }
        physical = nil
        if !pages.insert(virtual: address, physical: known) {
            output.assume("pages beyond the first million: virtual address taken as physical")
        }
    }

    /// Tells an instruction.
    mutating func tellFetch(
        at address: UInt64, size: UInt64, opcode: UInt32?, by core: Agent, column: Int,
        into output: inout RecordOutput
    ) throws(LineFault) {
        counters[core.index] = address
        flushes[core.index] = nil
        try tell(.fetch, at: address, size: size, by: core, column: column, into: &output)
        guard let opcode, let set, let special = ArmInstruction(opcode, set) else { return }
        if case .byAddress(let maintenance, _) = special {
            // The address comes as a record of its own.
            flushes[core.index] = maintenance
            return
        }
        var origin = RecordedOperation(.barrier(Barrier(.isb)), by: core)
        origin.programCounter = address
        effects.tell(special, origin, into: &output)
    }

    /// Tells an access.
    mutating func tell(
        _ kind: AccessKind, at address: UInt64, size: UInt64, by core: Agent, column: Int,
        into output: inout RecordOutput
    ) throws(LineFault) {
        let place = pages.physical(of: address)
        var access = try checkedAccess(
            kind, at: place ?? address, size: kind == .prefetch ? max(size, 1) : size,
            sizeColumn: column)
        access.agent = core
        add(.access(access), by: core, virtual: place == nil ? nil : address, into: &output)
    }

    /// Tells a flush of a range.
    mutating func tellFlush(
        _ isData: Bool, at address: UInt64, size: UInt64, by core: Agent,
        into output: inout RecordOutput
    ) {
        let known = flushes[core.index]
        if known == nil {
            output.assume(
                isData
                    ? "flushes of data: clean and invalidate (dc civac)"
                    : "flushes of instructions: ic ivau")
        }
        let place = pages.physical(of: address) ?? address
        let instruction = known ?? (isData ? .dcCIVAC : .icIVAU)
        add(
            .maintenance(
                Maintenance(
                    instruction, at: Operand(place), bytes: size > .max - place ? 0 : size)),
            by: core, virtual: place == address ? nil : address, into: &output)
    }

    private mutating func add(
        _ action: RecordedOperation.Action, by core: Agent, virtual: UInt64?,
        into output: inout RecordOutput
    ) {
        var operation = RecordedOperation(action, by: core)
        operation.programCounter = counters[core.index]
        operation.time = time
        operation.virtualAddress = virtual
        time = nil
        output.setTimeUnit("us")
        output.add(operation)
    }
}
