import Operations
import Quantities

extension Lowering {
    /// Puts a range into the steps of a plan and appends what comes out.
    func expand(
        _ steps: [LoweringStep], over start: Operand, size: UInt64, into output: inout [Operation]
    ) {
        for step in steps {
            switch step {
            case .inner(let operation):
                expandInner(operation, start, size: size, into: &output)
            case .outer(let operation):
                expandOuter(operation, start, size: size, into: &output)
            case .zero:
                if zeroesAllocations { expandZero(start, size: size, into: &output) }
            case .setMemoryType(let type):
                // Normal non-cacheable memory is outer shareable whatever its attributes say.
                output.append(
                    .setMemoryType(
                        start: start.address.rawValue, size: size, type,
                        type == .nonCacheable ? .outerShareable : .innerShareable))
            }
        }
    }

    private func expandInner(
        _ operation: RangeOperation, _ start: Operand, size: UInt64, into output: inout [Operation]
    ) {
        guard case .linux(let version) = profile.kernel,
            let row = InnerRoutineRow.rows.first(where: { row in
                row.architecture == profile.architecture
                    && row.kernels.contains { $0.contains(version) }
            })
        else { preconditionFailure("a kernel with a row of steps has a row of routines") }
        if profile.errata764369 { output.append(.barrier(Barrier(.dsb))) }
        let first = start.address.rawValue
        let runs = row.runs(
            operation, start: first, end: first + size, lineSize: profile.innerLineSize)
        for run in runs {
            let place = Operand(run.start, symbol: start.symbol)
            output.append(
                .maintenance(Maintenance(run.operation.inner, at: place, bytes: run.bytes)))
        }
        output.append(.barrier(row.closing))
    }

    private func expandOuter(
        _ operation: RangeOperation, _ start: Operand, size: UInt64, into output: inout [Operation]
    ) {
        guard let lineSize = profile.outerLineSize else { return }
        let program = start.address.rawValue
        let mapping = memoryMap.mapping(of: program)
        let first = mapping.physical &+ (program - mapping.start)
        // A name means the address the program uses: another address does not go by it.
        let symbol = first == program ? start.symbol : .none
        let runs =
            operation == .invalidate
            ? LineLoop.outerInvalidate(start: first, end: first + size, lineSize: lineSize)
            : LineLoop.outerEveryLine(
                operation, start: first, end: first + size, lineSize: lineSize)
        for run in runs {
            let place = Operand(run.start, symbol: symbol)
            output.append(
                .maintenance(Maintenance(run.operation.outer, at: place, bytes: run.bytes)))
        }
        output.append(.maintenance(Maintenance(.outerSync)))
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
    fileprivate var inner: Maintenance.Instruction {
        switch self {
        case .clean: .dcCVAC
        case .invalidate: .dcIVAC
        case .cleanAndInvalidate: .dcCIVAC
        }
    }

    /// The outer cache's operation.
    fileprivate var outer: Maintenance.Instruction {
        switch self {
        case .clean: .outerClean
        case .invalidate: .outerInvalidate
        case .cleanAndInvalidate: .outerCleanAndInvalidate
        }
    }
}
