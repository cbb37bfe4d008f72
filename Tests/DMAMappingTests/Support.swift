import DMAMapping
import Operations
import Quantities

/// Builders for tests: a profile by its few words, and what a call is lowered to.
enum Build {
    static let device = Agent.device(0)
    static let handle = HandleID(rawValue: 7)

    static func profile(
        _ architecture: LoweringProfile.Architecture, _ kernel: String, line: UInt64 = 32,
        inner: InnerRoutines? = nil, outer: UInt64? = nil, controller: OuterRoutines = .pl310,
        callCycles: UInt64 = 0
    ) throws -> LoweringProfile {
        try LoweringProfile(
            architecture: architecture, kernel: KernelEra(parsing: kernel), inner: inner,
            innerLineSize: line,
            outer: outer.map { LoweringProfile.Outer(controller, lineSize: $0) },
            callCycles: callCycles)
    }

    static func map(
        _ start: UInt64, _ size: UInt64, _ direction: DMADirection,
        _ function: DMACall.Function = .mapSingle, attributes: DMAAttributes = [],
        handle: HandleID = handle
    ) -> DMACall {
        DMACall(
            function, handle: handle, device: device,
            segments: [DMACall.Segment(at: Operand(start), size: size)], direction: direction,
            attributes: attributes)
    }

    static func allocate(
        _ function: DMACall.Function, _ start: UInt64 = 0x10000, _ size: UInt64 = 5_000,
        attributes: DMAAttributes = []
    ) -> DMACall {
        DMACall(
            function, handle: handle, device: device,
            segments: [DMACall.Segment(at: Operand(start), size: size)], attributes: attributes)
    }
}

extension Lowering {
    /// What one call is lowered to.
    mutating func lowered(_ call: DMACall) throws -> [Operation] {
        try lowered(.dma(call))
    }

    /// What one operation is lowered to.
    mutating func lowered(_ operation: Operation) throws -> [Operation] {
        var output: [Operation] = []
        try lower(operation, agent: .core(0), into: &output)
        return output
    }
}

/// One lowered operation in short words, so that expected sequences read as the tables do.
enum Short {
    static func clean(_ start: UInt64, _ bytes: UInt64) -> Operation { dc(.dcCVAC, start, bytes) }
    static func both(_ start: UInt64, _ bytes: UInt64) -> Operation { dc(.dcCIVAC, start, bytes) }
    static func invalidate(_ start: UInt64, _ bytes: UInt64) -> Operation {
        dc(.dcIVAC, start, bytes)
    }
    static func outerClean(_ start: UInt64, _ bytes: UInt64) -> Operation {
        dc(.outerClean, start, bytes)
    }
    static func outerInvalidate(_ start: UInt64, _ bytes: UInt64) -> Operation {
        dc(.outerInvalidate, start, bytes)
    }
    static func outerBoth(_ start: UInt64, _ bytes: UInt64) -> Operation {
        dc(.outerCleanAndInvalidate, start, bytes)
    }
    static let outerSync = Operation.maintenance(Maintenance(.outerSync))
    static let dsb = Operation.barrier(Barrier(.dsb))
    static let dsbStores = Operation.barrier(Barrier(.dsb, .fullSystem, .stores))

    static func zero(_ start: UInt64, _ bytes: UInt64, by size: UInt32 = 8) -> Operation {
        .run(AccessRun(.store, from: Operand(start), bytes: bytes, by: size))
    }

    private static func dc(
        _ instruction: Maintenance.Instruction, _ start: UInt64, _ bytes: UInt64
    ) -> Operation {
        .maintenance(Maintenance(instruction, at: Operand(start), bytes: bytes))
    }
}
