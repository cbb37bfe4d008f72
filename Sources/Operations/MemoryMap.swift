import Quantities

/// The type of memory a mapping gives.
@frozen
public enum MemoryType: UInt8, CaseIterable, Sendable {
    /// Normal, inner and outer write-back cacheable (`wb`).
    case writeBack
    /// Normal, write-through cacheable (`wt`).
    case writeThrough
    /// Normal, inner and outer non-cacheable (`nc`): what `dma_alloc_coherent` gives on ARMv6 and later.
    case nonCacheable
    /// Device-nGnRE (`device`): ARMv7's Device.
    case device
    /// Device-nGnRnE (`so`): ARMv7's Strongly-ordered.
    case stronglyOrdered

    /// The word of the trace format.
    public var name: String {
        switch self {
        case .writeBack: "wb"
        case .writeThrough: "wt"
        case .nonCacheable: "nc"
        case .device: "device"
        case .stronglyOrdered: "so"
        }
    }

    /// Finds a type by the trace format's word.
    public init?(name: Substring) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// Whether caches may hold lines of it.
    @inlinable
    public var isCacheable: Bool { self == .writeBack || self == .writeThrough }
}

/// Who must see one copy of a mapping's bytes.
@frozen
public enum Shareability: UInt8, CaseIterable, Sendable {
    /// One core alone (`nsh`).
    case nonShareable
    /// The inner shareable domain (`ish`).
    case innerShareable
    /// The outer shareable domain (`osh`).
    case outerShareable

    /// The word of the trace format.
    public var name: String {
        switch self {
        case .nonShareable: "nsh"
        case .innerShareable: "ish"
        case .outerShareable: "osh"
        }
    }

    /// Finds a shareability by the trace format's word.
    public init?(name: Substring) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }
}

/// A stretch of addresses with one kind of mapping.
public struct MemoryMapping: Hashable, Sendable, BitwiseCopyable {
    /// The first address, as the program uses it.
    public var start: UInt64
    /// The first address after it.
    public var end: UInt64
    /// The physical address of `start`.
    public var physical: UInt64
    /// The type.
    public var type: MemoryType
    /// The shareability.
    public var shareability: Shareability

    /// Makes a mapping.
    ///
    /// - Precondition: `end` is after `start`.
    public init(
        start: UInt64, end: UInt64, physical: UInt64, type: MemoryType, shareability: Shareability
    ) {
        precondition(start < end, "a mapping has bytes")
        self.start = start
        self.end = end
        self.physical = physical
        self.type = type
        self.shareability = shareability
    }
}

/// Which addresses mean which physical bytes, with which attributes.
///
/// An address that nothing declares is Normal write-back, inner shareable, and its own physical address.
public struct MemoryMap: Sendable, Hashable {
    /// The declared mappings, ascending, without overlap.
    public private(set) var mappings: [MemoryMapping] = []

    /// Makes an empty map.
    public init() {}

    /// The mappings that an operation makes here, ascending: of another memory type, or at a further address.
    ///
    /// Another type leaves all bytes at their addresses, so that there is a mapping for each one that it is set over.
    ///
    /// - Complexity: O(*m* log *n*) in the number of mappings, *m* of them in the range.
    public func mappings(madeBy operation: Operation) -> [MemoryMapping] {
        switch operation {
        case .setMemoryType(let start, let size, let type, let shareability):
            var result: [MemoryMapping] = []
            var at = start
            var left = size
            while left > 0 {
                let old = mapping(of: at)
                // The highest byte of the address space belongs to no stretch.
                let piece = max(min(left, old.end &- at), 1)
                result.append(
                    MemoryMapping(
                        start: at, end: at &+ piece, physical: old.physical &+ (at &- old.start),
                        type: type, shareability: shareability))
                at &+= piece
                left -= piece
            }
            return result
        case .map(let mapping): return [mapping]
        default: return []
        }
    }

    /// Takes in the mappings that an operation makes.
    ///
    /// - Returns: whether it made any.
    @discardableResult
    public mutating func follow(_ operation: Operation) -> Bool {
        let made = mappings(madeBy: operation)
        for mapping in made { insert(mapping) }
        return !made.isEmpty
    }

    /// Puts a mapping over whatever was declared for its addresses before.
    ///
    /// - Complexity: O(*n*) in the number of mappings.
    public mutating func insert(_ new: MemoryMapping) {
        var result: [MemoryMapping] = []
        result.reserveCapacity(mappings.count + 2)
        for old in mappings {
            if old.end <= new.start || old.start >= new.end {
                result.append(old)
                continue
            }
            if old.start < new.start {
                var left = old
                left.end = new.start
                result.append(left)
            }
            if old.end > new.end {
                var right = old
                right.start = new.end
                right.physical = old.physical &+ (new.end - old.start)
                result.append(right)
            }
        }
        let place = result.firstIndex { $0.start > new.start } ?? result.count
        result.insert(new, at: place)
        mappings = result
    }

    /// The physical address of an address.
    ///
    /// - Complexity: O(log *n*).
    public func physical(of address: UInt64) -> UInt64 {
        let mapping = mapping(of: address)
        return mapping.physical &+ (address - mapping.start)
    }

    /// The mapping of an address.
    ///
    /// Where none is declared: the stretch between its declared neighbours, write-back.
    ///
    /// - Complexity: O(log *n*).
    public func mapping(of address: UInt64) -> MemoryMapping {
        var low = 0
        var high = mappings.count
        while low < high {
            let middle = (low + high) / 2
            if mappings[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        if low < mappings.count, mappings[low].start <= address { return mappings[low] }
        let start = low > 0 ? mappings[low - 1].end : 0
        let end = low < mappings.count ? mappings[low].start : UInt64.max
        return MemoryMapping(
            start: start, end: end, physical: start, type: .writeBack, shareability: .innerShareable
        )
    }
}
