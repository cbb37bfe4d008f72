import Operations

extension LineParser {
    /// `swiotlb none`, or `swiotlb ADDRESS SIZE [force]`.
    mutating func swiotlb() throws(NativeFault) -> Declaration {
        let token = lexer.token
        try checkFirst("swiotlb", token, "one 'swiotlb' in a trace")
        if take("none") {
            try expectEnd("the end of the line")
            return .swiotlb(.none)
        }
        let start = try address().address.rawValue
        var pool = BounceDeclaration(start: start, size: try size(from: start))
        do throws(NativeRules.Violation) {
            try NativeRules.check(pool)
        } catch {
            throw fault(token, expected: error.expected)
        }
        pool.isForced = take("force")
        try expectEnd(pool.isForced ? "the end of the line" : "'force' or the end of the line")
        return .swiotlb(pool)
    }
}

extension NativeRules {
    /// Checks that a pool is made of whole slots.
    static func check(_ pool: BounceDeclaration) throws(Violation) {
        let slot = BounceDeclaration.slotSize
        guard pool.size > 0, pool.start % slot == 0, pool.size % slot == 0,
            pool.size <= BounceDeclaration.maximumSize
        else {
            throw Violation(
                expected: "a pool of whole slots: an address and a size that are multiples of "
                    + "\(slot), and at most \(BounceDeclaration.maximumSize) bytes")
        }
    }
}
