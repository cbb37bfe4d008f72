import Operations

extension NativeRules {
    /// Checks that each field stands within the descriptor and has what its role needs, and that no role stands twice.
    static func checkFields(of layout: DescriptorLayout) throws(Violation) {
        var roles: Set<DescriptorLayout.Role> = []
        for field in layout.fields {
            let name = field.role.name
            guard roles.insert(field.role).inserted else {
                throw Violation(expected: "'\(name)' at most once")
            }
            guard [1, 2, 4, 8].contains(field.bytes) else {
                throw Violation(expected: "1, 2, 4 or 8 bytes for '\(name)'")
            }
            guard UInt64(field.offset) + UInt64(field.bytes) <= UInt64(layout.size) else {
                throw Violation(
                    expected: "'\(name)' within the \(layout.size) byte(s) of a descriptor")
            }
            let mask = field.mask ?? field.allBits
            guard mask != 0, mask & ~field.allBits == 0 else {
                throw Violation(
                    expected: "a mask of some of the \(field.bytes * 8) bits of '\(name)'")
            }
            switch field.role {
            case .own, .last, .wrap:
                guard (field.value ?? mask) & ~mask == 0 else {
                    throw Violation(expected: "a value of the bits of the mask for '\(name)'")
                }
            case .status:
                guard field.mask == nil, let value = field.value, value & ~field.allBits == 0 else {
                    throw Violation(
                        expected: "'= VALUE', which the engine writes, and no mask for 'status'")
                }
            case .source, .destination, .length, .next:
                guard field.value == nil else {
                    throw Violation(expected: "no value for '\(name)': the engine reads it")
                }
            }
        }
    }

    /// Checks a whole layout: what an engine moves, and how much.
    static func check(_ layout: DescriptorLayout) throws(Violation) {
        guard (1...DescriptorLayout.maximumSize).contains(layout.size) else {
            throw Violation(expected: "1 to \(DescriptorLayout.maximumSize) bytes")
        }
        try checkFields(of: layout)
        guard layout[.length] != nil else { throw Violation(expected: "the field 'length'") }
        guard layout[.source] != nil || layout[.destination] != nil else {
            throw Violation(expected: "the field 'source', 'dest' or both")
        }
    }
}
