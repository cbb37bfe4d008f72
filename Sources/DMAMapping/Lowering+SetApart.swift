import Operations
import Quantities

/// Memory that is set apart for a device (kernel/dma/coherent.c): by a driver, or as a reserved-memory node would.
///
/// It is mapped once, write-combined, whether or not the device is coherent, and no cache is maintained for it: what an
/// older mapping left in a cache stays there. Allocations come from it first; they are zeroed and nothing else, and
/// dma-debug does not see them. Left out: that an allocation for which it has no room is made elsewhere, as a trace says
/// where each is.
extension Lowering {
    mutating func lowerSetApart(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let function = call.function
        _ = try Self.linux(function, profile)
        guard let device = call.device else { throw .missing(function, .device) }
        guard let segment = call.segments.first else { throw .missing(function, .segment) }
        let steps = try Self.describe(function, isCoherent: false, profile: profile)
        for (what, value) in [("address", segment.start.address.rawValue), ("size", segment.size)]
        where value % Self.pageSize != 0 || segment.size == 0 {
            throw .invalidMapping(
                function,
                reason: "\(what) 0x\(String(value, radix: 16))",
                expected: "a multiple of \(Self.pageSize)")
        }
        try check(function, segment)
        expand(steps, over: segment.start, size: segment.size, into: &output)
        setApart[device, default: []].append(segment)
    }

    mutating func lowerGivingBack(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        _ = try Self.linux(call.function, profile)
        guard let device = call.device else { throw .missing(call.function, .device) }
        let steps = try Self.describe(call.function, isCoherent: false, profile: profile)
        for segment in setApart.removeValue(forKey: device) ?? [] {
            expand(steps, over: segment.start, size: segment.size, into: &output)
        }
    }

    /// Whether bytes are in memory that is set apart for a device.
    public func isSetApart(_ start: UInt64, _ size: UInt64, for device: Agent) -> Bool {
        (setApart[device] ?? []).contains {
            let first = $0.start.address.rawValue
            return start >= first && size <= $0.size && start - first <= $0.size - size
        }
    }
}
