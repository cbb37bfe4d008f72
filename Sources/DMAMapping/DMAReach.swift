/// Which memory a device reaches by itself.
public struct DMAReach: Hashable, Sendable {
    /// How many address bits it has, 1 to 64: `dma_set_mask`.
    public var maskBits: Int
    /// Whether an IOMMU translates its addresses: then it reaches all of memory.
    public var hasIOMMU: Bool

    /// Describes a device.
    public init(maskBits: Int = 64, hasIOMMU: Bool = false) {
        self.maskBits = maskBits
        self.hasIOMMU = hasIOMMU
    }

    /// The last address it can send.
    var mask: UInt64 { maskBits >= 64 ? .max : (1 << UInt64(maskBits)) - 1 }

    /// Whether it reaches bytes at a physical address.
    public func reaches(_ start: UInt64, _ size: UInt64) -> Bool {
        hasIOMMU || start &+ (size > 0 ? size - 1 : 0) <= mask
    }
}
