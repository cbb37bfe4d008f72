import MemoryModel

// What a cache takes of a chip, as far as its geometry says it: its bits. Counted are, for each line, its data, its tag (the
// bits of a physical address above set and line), one valid bit, in caches that are written one dirty bit for each granule,
// and one bit more where several cores keep their lines alike; for each set what its replacement policy remembers. Not
// counted are error correction, wires, comparators, and what fills and drains a cache.

/// How many bits caches are.
public enum CacheArea {
    /// Bits of a physical address where a machine does not say it: 32 on 32-bit Arm, 40 on AArch64.
    public static func addressBits(_ architecture: MachineConfiguration.Architecture) -> Int {
        architecture == .arm64 ? 40 : 32
    }

    /// The bits of all caches of a machine, those of every core.
    public static func bits(of machine: MachineConfiguration) -> UInt64 {
        let address = addressBits(machine.architecture)
        let cores = UInt64(machine.core.count)
        let isShared = machine.core.count > 1
        var bits: UInt64 = 0
        if let cache = machine.level1Data {
            bits += cores * self.bits(of: cache, address, isWritten: true, isShared: isShared)
        }
        if let cache = machine.level1Instruction {
            bits += cores * self.bits(of: cache, address, isWritten: false, isShared: false)
        }
        if let level2 = machine.level2 {
            let copies = level2.isPrivate ? cores : 1
            let isKept = level2.isPrivate && isShared
            bits += copies * self.bits(of: level2.cache, address, isWritten: true, isShared: isKept)
        }
        if let level3 = machine.level3 {
            bits += self.bits(of: level3.cache, address, isWritten: true, isShared: false)
        }
        return bits
    }

    /// The bits of the caches of a counting machine.
    public static func bits(of machine: PlainConfiguration) -> UInt64 {
        let address = addressBits(.arm32v7)
        return [machine.level1Data, machine.level2].compactMap(\.self).reduce(0) {
            $0 + bits(of: $1, address, isWritten: true, isShared: false)
        }
            + (machine.level1Instruction.map {
                bits(of: $0, address, isWritten: false, isShared: false)
            } ?? 0)
    }

    /// The bits of one cache.
    ///
    /// - Parameters:
    ///   - cache: A cache that can be.
    ///   - address: The bits of a physical address.
    ///   - isWritten: Whether its lines can be dirty.
    ///   - isShared: Whether a line's state says that other cores have it.
    /// - Returns: data, tags and states, with what the policy remembers.
    public static func bits(
        of cache: CacheConfiguration, _ address: Int, isWritten: Bool, isShared: Bool
    ) -> UInt64 {
        let lineBits = cache.lineSize.trailingZeroBitCount
        let setBits = cache.sets.trailingZeroBitCount
        let tag = max(address - lineBits - setBits, 0)
        let dirty = isWritten ? cache.lineSize / (cache.dirtyGranule ?? cache.lineSize) : 0
        let line = cache.lineSize * 8 + tag + 1 + dirty + (isShared ? 1 : 0)
        return cache.sets * UInt64(cache.ways * line + orderBits(cache))
            + (cache.replacement == .roundRobin ? UInt64(width(cache.openWays)) : 0)
    }

    /// What a set remembers to choose a victim.
    private static func orderBits(_ cache: CacheConfiguration) -> Int {
        let ways = cache.openWays
        switch cache.replacement {
        case .lru: return factorialWidth(ways)
        case .fifo: return width(ways)
        case .roundRobin, .random: return 0
        case .treePLRU: return ways - 1
        case .bitPLRU: return ways
        case .nru: return ways + width(ways)
        case .srrip: return 2 * ways
        }
    }

    /// The bits that tell so many things apart.
    private static func width(_ count: Int) -> Int {
        count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
    }

    /// The bits that tell the orders of so many ways apart: the logarithm of their factorial, rounded up.
    private static func factorialWidth(_ ways: Int) -> Int {
        // The upper 64 bits of the product are kept. What is cut off each time is less than one part in 2^63, and no
        // factorial up to 64! is as near to a power of two.
        var (mantissa, exponent) = (UInt64(1), 0)
        for factor in 2..<UInt64(max(ways, 1) + 1) where ways > 1 {
            let (high, low) = mantissa.multipliedFullWidth(by: factor)
            guard high != 0 else {
                mantissa = low
                continue
            }
            let shift = UInt64.bitWidth - high.leadingZeroBitCount
            mantissa = high << UInt64(64 - shift) | low >> UInt64(shift)
            exponent += shift
        }
        let length = UInt64.bitWidth - mantissa.leadingZeroBitCount
        let isPower = exponent == 0 && mantissa & (mantissa - 1) == 0
        return max(exponent + length - (isPower ? 1 : 0), 0)
    }
}
