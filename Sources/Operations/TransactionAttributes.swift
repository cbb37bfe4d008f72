/// The sideband bits of a device's transactions.
public struct TransactionAttributes: Sendable, Hashable {
    /// AxCACHE: bit 0 bufferable, 1 modifiable, 2 and 3 allocate.
    public var cache: UInt8
    /// AxUSER.
    public var user: UInt8
    /// AxDOMAIN: 0 non-shareable, 1 inner, 2 outer shareable, 3 system.
    public var domain: UInt8

    /// Makes attributes.
    public init(cache: UInt8, user: UInt8, domain: UInt8) {
        self.cache = cache
        self.user = user
        self.domain = domain
    }

    /// What a device that is wired to be coherent sends: write-back allocate, shareable.
    public static let coherent = TransactionAttributes(cache: 0xF, user: 1, domain: 2)
    /// What a device that is not sends: Normal non-cacheable bufferable, system.
    public static let nonCoherent = TransactionAttributes(cache: 0x3, user: 0, domain: 3)
}
