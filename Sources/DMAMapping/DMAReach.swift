/// Which memory a device reaches by itself: what it can send, and what its driver told the kernel of that.
public struct DMAReach: Hashable, Sendable {
    /// How many address bits the kernel gives it in streaming mappings, 1 to 64: `dma_set_mask`.
    public var maskBits: Int
    /// How many address bits the kernel gives it in allocations, 1 to 64: `dma_set_coherent_mask`.
    public var coherentMaskBits: Int
    /// How many address bits it really has, 1 to 64; nil: as many as its driver says.
    public var addressBits: Int?
    /// Whether an IOMMU translates its addresses: then it reaches all of memory.
    public var hasIOMMU: Bool

    /// Describes a device whose driver says what is so.
    public init(maskBits: Int = 64, hasIOMMU: Bool = false) {
        self.maskBits = maskBits
        coherentMaskBits = maskBits
        self.hasIOMMU = hasIOMMU
    }

    /// The last address that the kernel gives it in a streaming mapping.
    var mask: UInt64 { Self.mask(of: maskBits) }

    /// Whether the kernel takes bytes at a physical address to be reached by a streaming mapping.
    public func reaches(_ start: UInt64, _ size: UInt64) -> Bool {
        hasIOMMU || Self.last(start, size) <= mask
    }

    /// Whether the kernel can have allocated bytes at a physical address for the device.
    public func allocates(_ start: UInt64, _ size: UInt64) -> Bool {
        hasIOMMU || Self.last(start, size) <= Self.mask(of: coherentMaskBits)
    }

    /// Whether the device can send the addresses of bytes: all of those that either of its masks has, or fewer.
    public func canSend(_ start: UInt64, _ size: UInt64) -> Bool {
        let bits = addressBits ?? max(maskBits, coherentMaskBits)
        return hasIOMMU || Self.last(start, size) <= Self.mask(of: bits)
    }

    private static func last(_ start: UInt64, _ size: UInt64) -> UInt64 {
        start &+ (size > 0 ? size - 1 : 0)
    }

    private static func mask(of bits: Int) -> UInt64 {
        bits >= 64 ? .max : (1 << UInt64(bits)) - 1
    }
}
