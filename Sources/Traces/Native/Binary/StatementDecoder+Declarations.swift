import Operations

extension StatementDecoder {
    /// Takes what follows a declaration's tag.
    mutating func declaration(_ tag: StatementTag) throws(NativeFault) -> Declaration {
        switch tag {
        case .machine: return .machine(try string())
        case .kernel: return .kernel(try string())
        case .set:
            let key = try string()
            return .set(key: key, value: try string())
        case .region:
            let symbol = try symbol()
            let start = try nextAddress()
            let size = try input.number()
            let (type, share) = try attributes()
            return .region(symbol, address: start, size: size, type, share)
        case .alias:
            let symbol = try symbol()
            let region = try self.symbol()
            let start = try nextAddress()
            let (type, share) = try attributes()
            return .alias(symbol, of: region, address: start, type, share)
        case .buffer:
            let symbol = try symbol()
            let start = try nextAddress()
            return .buffer(symbol, address: start, size: try input.number())
        case .bufferArea:
            let symbol = try symbol()
            let start = try nextAddress()
            let size = try input.number()
            let area = try coded("an area of memory") { MemoryArea(rawValue: $0) }
            return .buffer(symbol, address: start, size: size, area)
        case .layout:
            let symbol = try symbol()
            let size = try input.number(to: UInt64(DescriptorLayout.maximumSize), "size")
            let count = try input.number(
                to: UInt64(DescriptorLayout.Role.allCases.count), "number of fields")
            var layout = DescriptorLayout(size: UInt32(size), fields: [])
            for _ in 0..<count { layout.fields.append(try field()) }
            return .layout(symbol, layout)
        case .swiotlb:
            let start = try nextAddress()
            let size = try input.number()
            let isForced = try coded("a bounce pool") { $0 < 2 ? $0 == 1 : nil }
            return .swiotlb(BounceDeclaration(start: start, size: size, isForced: isForced))
        default: return .device(try device())
        }
    }

    private mutating func field() throws(NativeFault) -> DescriptorLayout.Field {
        typealias Flag = StatementFlag
        let role = try coded("a field of a descriptor") { DescriptorLayout.Role(rawValue: $0) }
        let flags = try coded("flags of a field") { $0 < 4 ? $0 : nil }
        let offset = try input.number(to: UInt64(DescriptorLayout.maximumSize), "offset")
        let bytes = try input.byte()
        let mask = flags & Flag.fieldMask != 0 ? try input.number() : nil
        let value = flags & Flag.fieldValue != 0 ? try input.number() : nil
        return DescriptorLayout.Field(
            role, at: UInt32(offset), bytes: bytes, mask: mask, value: value)
    }

    private mutating func attributes() throws(NativeFault) -> (MemoryType, Shareability?) {
        let type = try coded("a memory type") { MemoryType(rawValue: $0) }
        let share = try coded("a shareability") { byte -> Shareability?? in
            byte == 0 ? .some(nil) : Shareability(rawValue: byte - 1).map { .some($0) }
        }
        return (type, share)
    }

    private mutating func device() throws(NativeFault) -> DeviceDeclaration {
        typealias Flag = StatementFlag
        let symbol = try symbol()
        var device = DeviceDeclaration(name: symbol, agent: try agent())
        let flags = try coded("flags of a device") { byte in
            byte & 6 != Flag.deviceCoherent ? byte : nil
        }
        let more =
            flags & Flag.deviceMore == 0
            ? 0 : try coded("more flags of a device") { (1...15).contains($0) ? $0 : nil }
        device.hasIOMMU = more & Flag.deviceIOMMU != 0
        device.isPosted = more & Flag.devicePosted != 0
        if flags & Flag.devicePort != 0 { device.port = try string() }
        if flags & Flag.deviceCoherencyKnown != 0 {
            device.isCoherent = flags & Flag.deviceCoherent != 0
        }
        if flags & Flag.deviceRegisters != 0 {
            let start = try nextAddress()
            let length = try input.number(to: UInt64.max - start, "length of registers")
            device.registers = start...(start + length)
        }
        if flags & Flag.deviceMask != 0 { device.maskBits = Int(try input.byte()) }
        if flags & Flag.deviceAttributes != 0 {
            let (cache, user) = (try input.byte(), try input.byte())
            device.attributes = TransactionAttributes(
                cache: cache, user: user, domain: try input.byte())
        }
        if flags & Flag.deviceReadPort != 0 { device.readPort = try string() }
        if more & Flag.deviceSegmentSize != 0 { device.maximumSegmentSize = try size32() }
        if more & Flag.deviceSegmentBoundary != 0 { device.segmentBoundary = try input.number() }
        return device
    }
}
