import DMAMapping
import MemoryModel
import Operations
import Quantities
import Traces

extension Setup {
    /// Physical bytes that have a cacheable and a non-cacheable mapping, at two addresses, among those that are declared
    /// and those that calls make.
    var mixedBytes: [Range<UInt64>] {
        let declared = declaredMappings
        let isMapped = declared.contains { $0.start != $0.physical }
        let all = (declared + mappingsOfCalls(isMapped: isMapped)).map {
            (
                bytes: $0.physical..<$0.physical &+ ($0.end - $0.start),
                isCached: $0.type.isCacheable, distance: $0.start &- $0.physical
            )
        }
        return all.filter(\.isCached).flatMap { one in
            all.filter {
                !$0.isCached && $0.distance != one.distance && $0.bytes.overlaps(one.bytes)
            }.map { $0.bytes.clamped(to: one.bytes) }
        }
    }

    /// The mappings that the program's calls make, each once; none if all bytes have one address.
    private func mappingsOfCalls(isMapped: Bool) -> [MemoryMapping] {
        let calls = outline.statements.compactMap { statement -> DMACall? in
            guard case .operation(_, .dma(let call)) = statement.body else { return nil }
            return call
        }
        guard isMapped || calls.contains(where: \.function.mapsAllocation),
            var lowering = try? lowering()
        else { return [] }
        lowering.zeroesAllocations = false
        lowering.givesMaintenance = false
        var found: Set<MemoryMapping> = []
        for call in calls {
            var operations: [Operation] = []
            // What cannot be lowered is told where the program runs.
            try? lowering.lower(.dma(call), agent: .core(0), into: &operations)
            for operation in operations {
                found.formUnion(lowering.memoryMap.mappings(madeBy: operation))
            }
        }
        return found.sorted { ($0.start, $0.end, $0.physical) < ($1.start, $1.end, $1.physical) }
    }
}
