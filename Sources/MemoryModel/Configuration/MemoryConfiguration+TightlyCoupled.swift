import Operations

extension MemoryConfiguration {
    /// The tightly coupled memories as mappings: Normal non-cacheable, whatever a program says of them.
    public var tightlyCoupled: [MemoryMapping] {
        onChip.filter(\.isTightlyCoupled).map {
            MemoryMapping(
                start: $0.start, end: $0.start + $0.size, physical: $0.start, type: .nonCacheable,
                shareability: .outerShareable)
        }
    }

    /// A mapping, and behind it those parts of it that are tightly coupled memory, which no attribute makes cacheable.
    public func parted(_ mapping: MemoryMapping) -> [MemoryMapping] {
        guard mapping.type.isCacheable else { return [mapping] }
        let end = mapping.physical &+ (mapping.end &- mapping.start)
        return [mapping]
            + tightlyCoupled.compactMap { memory in
                let (low, high) = (max(memory.start, mapping.physical), min(memory.end, end))
                guard low < high else { return nil }
                var part = memory
                part.physical = low
                part.start = mapping.start &+ (low - mapping.physical)
                part.end = mapping.start &+ (high - mapping.physical)
                return part
            }
    }
}
