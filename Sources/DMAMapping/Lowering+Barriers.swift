import Operations
import Quantities

extension Lowering {
    func lower(
        _ barrier: KernelBarrier, into output: inout [Operation]
    ) throws(LoweringError) {
        try append(barrier, of: try barrierRow(barrier.rawValue), into: &output)
    }

    /// Lowers a register access: the barriers are the kernel's, the access is a doorbell or a load.
    ///
    /// A write becomes `ring`, because a device starts at the store. A read says nothing about the device having
    /// completed; only `wait` does.
    func lower(
        _ accessor: Accessor, agent: Agent, into output: inout [Operation]
    ) throws(LoweringError) {
        let row = try barrierRow(accessor.function.rawValue)
        var lowered: [Operation] = []
        if accessor.function == .writel, let before = row.beforeWrite {
            try append(before, of: row, into: &lowered)
        }
        if accessor.function.isWrite {
            lowered.append(.ring(accessor.device))
        } else {
            let load = MemoryAccess(
                .load, at: accessor.register.address.rawValue, size: 4, agent: agent)
            lowered.append(.access(load, symbol: accessor.register.symbol, value: accessor.value))
        }
        if accessor.function == .readl, let after = row.afterRead {
            try append(after, of: row, into: &lowered)
        }
        output += lowered
    }

    private func append(
        _ barrier: KernelBarrier, of row: BarrierRow, into output: inout [Operation]
    ) throws(LoweringError) {
        guard let steps = row.barriers[barrier] else {
            let known = BarrierRow.rows.filter {
                $0.architectures.contains(profile.architecture) && $0.barriers[barrier] != nil
            }
            throw .notLowered(
                barrier.rawValue, profile.architecture, profile.kernel,
                known: Self.describe(kernels: known.flatMap(\.kernels)))
        }
        for step in steps {
            switch step {
            case .instruction(let instruction): output.append(.barrier(instruction))
            case .outerSync:
                if profile.drainsOuterOnBarrier {
                    output.append(.maintenance(Maintenance(.outerSync)))
                }
            }
        }
    }

    private func barrierRow(_ what: String) throws(LoweringError) -> BarrierRow {
        switch profile.kernel {
        case .bareMetal:
            guard let row = BarrierRow.rows.first(where: { $0.kernels.isEmpty }) else {
                preconditionFailure("the table has a row for bare metal")
            }
            return row
        case .linux(let version):
            return try Self.find(
                what, in: BarrierRow.rows, profile, version,
                where: { $0.architectures.contains(profile.architecture) }, kernels: \.kernels)
        }
    }
}
