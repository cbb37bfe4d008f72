import Operations
import Quantities

extension Lowering {
    /// Puts a range into the steps of a plan and appends what comes out.
    ///
    /// - Parameters:
    ///   - steps: The plan.
    ///   - start: The first byte.
    ///   - size: How many bytes.
    ///   - isBatched: Whether the core's routines leave out what ends them, because the call ends with it.
    ///   - output: Where the operations are appended.
    func expand(
        _ steps: [LoweringStep], over start: Operand, size: UInt64, isBatched: Bool = false,
        into output: inout [Operation]
    ) {
        expand(
            steps, over: MappedPart(DMACall.Segment(at: start, size: size)), isBatched: isBatched,
            into: &output)
    }

    /// The same for a part of a mapping, which may have a bounce slot: that is maintained in its place.
    func expand(
        _ steps: [LoweringStep], over part: MappedPart, isBatched: Bool,
        into output: inout [Operation]
    ) {
        let start = part.slot.map { Operand($0) } ?? part.segment.start
        let size = part.segment.size
        for step in steps {
            switch step {
            case .bounceOut:
                expandCopy(to: start, from: part.segment.start, size: size, into: &output)
            case .bounceBack:
                // What was to wait at the end of the call has to be over before the slot is read.
                if isBatched { output.append(.barrier(Barrier(.dsb))) }
                expandCopy(to: part.segment.start, from: start, size: size, into: &output)
            case .inner(let operation):
                guard givesMaintenance else { continue }
                expandInner(operation, start, size: size, isBatched: isBatched, into: &output)
            case .outer(let operation):
                guard givesMaintenance else { continue }
                expandOuter(operation, start, size: size, into: &output)
            case .zero:
                if zeroesAllocations { expandZero(start, size: size, into: &output) }
            case .setMemoryType(let type):
                // What is not cached is outer shareable whatever its attributes say.
                output.append(
                    .setMemoryType(
                        start: start.address.rawValue, size: size, type,
                        type == .writeBack ? .innerShareable : .outerShareable))
            case .map, .unmap: preconditionFailure("a further mapping has an address of its own")
            }
        }
    }

    private func expandInner(
        _ operation: RangeOperation, _ start: Operand, size: UInt64, isBatched: Bool,
        into output: inout [Operation]
    ) {
        let routine = innerRoutines[operation]
        if let opening = routine.opening { output.append(.barrier(opening)) }
        switch routine.work {
        case .nothing: break
        case .all(let instruction): output.append(.maintenance(Maintenance(instruction)))
        case .lines(let loop):
            let first = start.address.rawValue
            for step in loop.steps(
                start: first, end: first + size, lineSize: profile.innerLineSize)
            {
                append(step, symbol: start.symbol, instruction: \.inner, into: &output)
            }
        }
        if !isBatched { append(routine.closing, into: &output) }
    }

    /// The routines of the profile's core in its kernel.
    private var innerRoutines: RangeRoutines {
        guard case .linux(let version) = profile.kernel,
            let row = InnerRoutineRow.rows.first(where: { row in
                row.routines.contains(profile.inner)
                    && row.kernels.contains { $0.contains(version) }
            })
        else { preconditionFailure("a kernel with a row of steps has a row of routines") }
        return row.ranges
    }

    private func expandOuter(
        _ operation: RangeOperation, _ start: Operand, size: UInt64, into output: inout [Operation]
    ) {
        guard let outer = profile.outer else { return }
        let program = start.address.rawValue
        let mapping = memoryMap.mapping(of: program)
        let first = mapping.physical &+ (program - mapping.start)
        // A name means the address the program uses: another address does not go by it.
        let symbol = first == program ? start.symbol : .none
        let routine = OuterRoutineRow.row(of: outer.routines).ranges[operation]
        if case .lines(let loop) = routine.work {
            for step in loop.steps(start: first, end: first + size, lineSize: outer.lineSize) {
                append(step, symbol: symbol, instruction: \.outer, into: &output)
                if routine.closing == .cacheSyncAfterEachPiece {
                    output.append(.maintenance(Maintenance(.outerSync)))
                }
            }
        }
        if routine.closing != .cacheSyncAfterEachPiece { append(routine.closing, into: &output) }
    }

    private func append(
        _ step: LineStep, symbol: SymbolID,
        instruction: KeyPath<RangeOperation, Maintenance.Instruction>,
        into output: inout [Operation]
    ) {
        switch step {
        case .run(let run):
            let place = Operand(run.start, symbol: symbol)
            output.append(
                .maintenance(
                    Maintenance(run.operation[keyPath: instruction], at: place, bytes: run.bytes)))
        case .own(let address, let bytes, let stores):
            for kind in stores ? [AccessKind.load, .store] : [.load] {
                let access = MemoryAccess(kind, at: address, size: bytes)
                output.append(.access(access, symbol: symbol, value: nil))
            }
        }
    }

    private func append(
        _ closing: MaintenanceRoutine.Closing?, into output: inout [Operation]
    ) {
        switch closing {
        case .barrier(let barrier): output.append(.barrier(barrier))
        case .barrierToOuter:
            output.append(.barrier(Barrier(.dsb)))
            output.append(.maintenance(Maintenance(.outerSync)))
        case .cacheSync, .cacheSyncAfterEachPiece:
            output.append(.maintenance(Maintenance(.outerSync)))
        case nil: break
        }
    }

    /// A `memcpy`, by as much at a time as both ends and the size allow.
    private func expandCopy(
        to destination: Operand, from source: Operand, size: UInt64, into output: inout [Operation]
    ) {
        guard size > 0 else { return }
        let both = destination.address.rawValue | source.address.rawValue
        let width = min(
            Self.zeroingSize, (both | Self.zeroingSize) & ~((both | Self.zeroingSize) &- 1))
        output.append(.copy(CopyRun(to: destination, from: source, bytes: size, by: UInt32(width))))
    }

    private func expandZero(_ start: Operand, size: UInt64, into output: inout [Operation]) {
        guard size > 0 else { return }
        let misalignment = (start.address.rawValue | size) & (Self.zeroingSize - 1)
        let width = misalignment == 0 ? Self.zeroingSize : misalignment & (~misalignment &+ 1)
        output.append(.run(AccessRun(.store, from: start, bytes: size, by: UInt32(width))))
    }
}

extension RangeOperation {
    /// The core's instruction.
    var inner: Maintenance.Instruction {
        switch self {
        case .clean: .dcCVAC
        case .invalidate: .dcIVAC
        case .cleanAndInvalidate: .dcCIVAC
        }
    }

    /// The outer cache's operation.
    var outer: Maintenance.Instruction {
        switch self {
        case .clean: .outerClean
        case .invalidate: .outerInvalidate
        case .cleanAndInvalidate: .outerCleanAndInvalidate
        }
    }
}
