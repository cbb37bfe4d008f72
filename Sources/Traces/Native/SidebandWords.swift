import Operations

/// The sideband bits that a trace gives for a device.
///
/// If it gives any of the three, those it leaves out are what a device sends that is wired as the word `coherent` or
/// `noncoherent` has it, and without such a word those of a coherent one.
struct SidebandWords {
    /// The highest `axcache` and `axdomain`; `axuser` may have all eight bits.
    static let most = TransactionAttributes(cache: 0xF, user: 0xFF, domain: 3)

    /// `axcache`, if it is given.
    var cache: UInt8?
    /// `axuser`, if it is given.
    var user: UInt8?
    /// `axdomain`, if it is given.
    var domain: UInt8?

    /// Makes a declaration without sideband bits.
    init() {}

    /// The fewest words that say what a device sends.
    init(of device: DeviceDeclaration) {
        guard let attributes = device.attributes else { return }
        let plain = Self.plain(device.isCoherent)
        if attributes.user != plain.user { user = attributes.user }
        if attributes.domain != plain.domain { domain = attributes.domain }
        // One word must stand, lest the bits count as not given.
        if attributes.cache != plain.cache || attributes == plain { cache = attributes.cache }
    }

    /// What a device sends whose declaration has these words; nil if it says nothing of it.
    func attributes(isCoherent: Bool?) -> TransactionAttributes? {
        guard cache != nil || user != nil || domain != nil else { return nil }
        let plain = Self.plain(isCoherent)
        return TransactionAttributes(
            cache: cache ?? plain.cache, user: user ?? plain.user, domain: domain ?? plain.domain)
    }

    private static func plain(_ isCoherent: Bool?) -> TransactionAttributes {
        isCoherent == false ? .nonCoherent : .coherent
    }
}
