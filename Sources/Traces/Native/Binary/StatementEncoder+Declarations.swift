import Operations

extension StatementEncoder {
    /// Appends a declaration.
    mutating func add(_ declaration: Declaration) {
        switch declaration {
        case .machine(let name):
            add(tag: .machine)
            add(string: name)
        case .kernel(let version):
            add(tag: .kernel)
            add(string: version)
        case .set(let key, let value):
            add(tag: .set)
            add(string: key)
            add(string: value)
        case .region(let symbol, let address, let size, let type, let share):
            add(tag: .region)
            add(symbol)
            add(address: address)
            output.add(size)
            add(type, share)
        case .alias(let symbol, let region, let address, let type, let share):
            add(tag: .alias)
            add(symbol)
            add(region)
            add(address: address)
            add(type, share)
        case .buffer(let symbol, let address, let size, let area):
            add(tag: area == nil ? .buffer : .bufferArea)
            add(symbol)
            add(address: address)
            output.add(size)
            if let area { output.add(byte: area.rawValue) }
        case .device(let device): add(device)
        case .swiotlb(let pool):
            add(tag: .swiotlb)
            add(address: pool.start)
            output.add(pool.size)
            output.add(byte: pool.isForced ? 1 : 0)
        case .layout(let symbol, let layout):
            add(tag: .layout)
            add(symbol)
            output.add(UInt64(layout.size))
            output.add(UInt64(layout.fields.count))
            for field in layout.fields { add(field) }
        }
    }

    private mutating func add(_ field: DescriptorLayout.Field) {
        typealias Flag = StatementFlag
        output.add(byte: field.role.rawValue)
        output.add(
            byte: (field.mask == nil ? 0 : Flag.fieldMask)
                | (field.value == nil ? 0 : Flag.fieldValue))
        output.add(UInt64(field.offset))
        output.add(byte: field.bytes)
        if let mask = field.mask { output.add(mask) }
        if let value = field.value { output.add(value) }
    }

    private mutating func add(_ type: MemoryType, _ share: Shareability?) {
        output.add(byte: type.rawValue)
        output.add(byte: share.map { $0.rawValue + 1 } ?? 0)
    }

    private mutating func add(_ device: DeviceDeclaration) {
        typealias Flag = StatementFlag
        var flags: UInt8 = 0
        if device.port != nil { flags |= Flag.devicePort }
        if device.isCoherent != nil { flags |= Flag.deviceCoherencyKnown }
        if device.isCoherent == true { flags |= Flag.deviceCoherent }
        if device.registers != nil { flags |= Flag.deviceRegisters }
        if device.maskBits != nil { flags |= Flag.deviceMask }
        if device.attributes != nil { flags |= Flag.deviceAttributes }
        if device.readPort != nil { flags |= Flag.deviceReadPort }
        var more: UInt8 = device.hasIOMMU ? Flag.deviceIOMMU : 0
        if device.maximumSegmentSize != nil { more |= Flag.deviceSegmentSize }
        if device.segmentBoundary != nil { more |= Flag.deviceSegmentBoundary }
        if device.isPosted { more |= Flag.devicePosted }
        if more != 0 { flags |= Flag.deviceMore }
        add(tag: .device)
        add(device.name)
        output.add(byte: device.agent.rawValue)
        output.add(byte: flags)
        if more != 0 { output.add(byte: more) }
        if let port = device.port { add(string: port) }
        if let registers = device.registers {
            add(address: registers.lowerBound)
            output.add(registers.upperBound - registers.lowerBound)
        }
        if let mask = device.maskBits { output.add(byte: UInt8(mask)) }
        if let attributes = device.attributes {
            output.add(byte: attributes.cache)
            output.add(byte: attributes.user)
            output.add(byte: attributes.domain)
        }
        if let port = device.readPort { add(string: port) }
        if let size = device.maximumSegmentSize { output.add(UInt64(size)) }
        if let mask = device.segmentBoundary { output.add(mask) }
    }
}
