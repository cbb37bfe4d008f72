import Operations

extension ProgramPrinter {
    /// Prints a declaration.
    mutating func print(_ declaration: Declaration) {
        switch declaration {
        case .machine(let name):
            add("machine ")
            add(word: name)
        case .kernel(let version):
            add("kernel ")
            add(word: version)
        case .set(let key, let value):
            add("set ")
            add(word: key, style: .key)
            add("=")
            add(word: value)
        case .region(let symbol, let address, let size, let type, let share):
            add("region \(name(symbol))")
            add(" ", hexadecimal: address)
            add(" ", size)
            add(type, share)
        case .alias(let symbol, let region, let address, let type, let share):
            add("alias \(name(symbol)) \(name(region))")
            add(" ", hexadecimal: address)
            add(type, share)
        case .buffer(let symbol, let address, let size, let area):
            add("buffer \(name(symbol))")
            add(" ", hexadecimal: address)
            add(" ", size)
            if let area { add(" " + area.name) }
        case .device(let device): print(device)
        case .swiotlb(let pool):
            if pool.size == 0 { return add("swiotlb none") }
            add("swiotlb ", hexadecimal: pool.start)
            add(" ", pool.size)
            if pool.isForced { add(" force") }
        case .layout(let symbol, let layout):
            add("layout \(name(symbol)) \(layout.size)")
            for field in layout.fields {
                add(" \(field.role.name) \(field.offset) \(field.bytes)")
                if let mask = field.mask { add(" mask ", hexadecimal: mask) }
                add(value: field.value)
            }
        }
    }

    /// Prints annotations, each after a blank.
    mutating func print(_ annotations: Annotations) {
        if let counter = annotations.programCounter { add(" @pc=", hexadecimal: counter) }
        if let source = annotations.source {
            add(" @src=")
            add(word: source.file)
            add(":\(source.line)")
        }
        if let function = annotations.function {
            add(" @fn=")
            add(word: function)
        }
        if let time = annotations.time {
            add(" @t=", time.value)
            add(time.unit)
        }
    }

    private mutating func add(_ type: MemoryType, _ share: Shareability?) {
        add(" " + type.name)
        if let share { add(" " + share.name) }
    }

    private mutating func print(_ device: DeviceDeclaration) {
        add("device \(name(device.name))")
        if let port = device.port {
            add(" port ")
            add(word: port)
        }
        if let port = device.readPort {
            add(" reads ")
            add(word: port)
        }
        if let isCoherent = device.isCoherent { add(isCoherent ? " coherent" : " noncoherent") }
        if let registers = device.registers {
            add(" regs ", hexadecimal: registers.lowerBound)
            add(" ", registers.upperBound - registers.lowerBound + 1)
        }
        if let mask = device.maskBits { add(" mask ", UInt64(mask)) }
        if device.hasIOMMU { add(" iommu") }
        if device.isPosted { add(" posted") }
        let sideband = SidebandWords(of: device)
        add(" axcache ", optional: sideband.cache.map(UInt64.init))
        add(" axuser ", optional: sideband.user.map(UInt64.init))
        add(" axdomain ", optional: sideband.domain.map(UInt64.init))
        add(" max_seg_size ", optional: device.maximumSegmentSize.map(UInt64.init))
        if let mask = device.segmentBoundary { add(" seg_boundary ", hexadecimal: mask) }
    }
}
