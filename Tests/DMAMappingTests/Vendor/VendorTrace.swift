import Operations
import Testing

@testable import DMAMapping

/// One thing that a lowered call does, by the line it is done to: what the transcribed loops are compared in.
enum Done: Hashable, CustomStringConvertible {
    /// The core's instruction, on the line that begins at an address.
    case core(RangeOperation, UInt64)
    /// The outer cache's operation.
    case outer(RangeOperation, UInt64)
    /// One instruction for all lines.
    case all(Maintenance.Instruction, level: UInt8)
    case barrier(Barrier)
    case sync

    static let dsb = Done.barrier(Barrier(.dsb))
    static let dsbStores = Done.barrier(Barrier(.dsb, .fullSystem, .stores))
    static let dmb = Done.barrier(Barrier(.dmb))
    static let isb = Done.barrier(Barrier(.isb))

    var description: String {
        switch self {
        case .core(let operation, let line): "\(operation.rawValue) \(line)"
        case .outer(let operation, let line): "l2 \(operation.rawValue) \(line)"
        case .all(let instruction, let level): "\(instruction) \(level)"
        case .barrier(let barrier): "\(barrier.instruction) \(barrier.accesses)"
        case .sync: "l2 sync"
        }
    }
}

/// A processor, and what a library's function does there.
struct VendorTrace: Sendable {
    var architecture: LoweringProfile.Architecture
    var line: UInt64 = 32
    var outer: UInt64?
    var cache: UInt64?

    func profile(kernel: String = "none") throws -> LoweringProfile {
        try LoweringProfile(
            architecture: architecture, kernel: KernelEra(parsing: kernel), innerLineSize: line,
            innerCacheSize: cache, outer: outer.map { LoweringProfile.Outer(.pl310, lineSize: $0) })
    }

    /// What a call does, line by line.
    func done(_ call: VendorCall) throws -> [Done] {
        var lowering = Lowering(try profile())
        return try done(call, &lowering)
    }

    private func done(_ call: VendorCall, _ lowering: inout Lowering) throws -> [Done] {
        try lowering.lowered(.vendor(call)).flatMap(done)
    }

    private func done(_ operation: Operation) throws -> [Done] {
        switch operation {
        case .barrier(let barrier): return [.barrier(barrier)]
        case .maintenance(let maintenance):
            let instruction = maintenance.instruction
            guard instruction != .outerSync else { return [.sync] }
            guard instruction.isByAddress else {
                return [.all(instruction, level: maintenance.level)]
            }
            let size = instruction.isOuter ? outer ?? 0 : line
            let start = maintenance.start.address.rawValue
            let last = start + max(maintenance.bytes, 1) - 1
            let operation: RangeOperation =
                instruction.cleans
                ? instruction.invalidates ? .cleanAndInvalidate : .clean : .invalidate
            return stride(from: start / size * size, through: last, by: Int(size)).map {
                instruction.isOuter ? .outer(operation, $0) : .core(operation, $0)
            }
        default: throw Unexpected(operation: operation)
        }
    }

    struct Unexpected: Error { let operation: Operation }

    /// Holds a function to a transcription of its loop, for every range with both ends in the first three lines.
    func expect(
        _ function: VendorCall.Function, version: LibraryVersion? = nil,
        _ source: SourceLocation = #_sourceLocation,
        as expected: (_ start: UInt64, _ end: UInt64) -> [Done]
    ) throws {
        var wrong: [String] = []
        var count = 0
        var lowering = Lowering(try profile())
        for start in 0...(3 * line) {
            for end in start...(3 * line) {
                let call = VendorCall(
                    function, at: Operand(start), bytes: end - start, version: version)
                let (found, right) = (try done(call, &lowering), expected(start, end))
                count += 1
                if found != right { wrong.append("\(start) to \(end): \(found), not \(right)") }
            }
        }
        #expect(count == Int((3 * line + 1) * (3 * line + 2) / 2), sourceLocation: source)
        #expect(
            wrong.isEmpty, "\(wrong.count) of \(count), first \(wrong.first ?? "")",
            sourceLocation: source)
    }
}
