import Operations

extension ProgramPrinter {
    /// Prints a call of the DMA API.
    mutating func print(_ call: DMACall) {
        if call.function.makesHandle {
            add(name(call.handle))
            add(" = ")
        }
        add(call.function.rawValue)
        printNames(of: call)
        if call.function.shape == .mapList {
            printList(call)
        } else {
            printOperands(of: call)
        }
        if let place = call.dmaAddress { add(" dma=", place) }
        if let place = call.cpuAddress { add(" cpu=", place) }
        if call.function.takesAttributes, !call.attributes.isEmpty { print(call.attributes) }
        if call.fails { add(" fails") }
    }

    /// Prints the device, the pool and the handle that are operands.
    private mutating func printNames(of call: DMACall) {
        if let device = call.device { add(" " + name(device)) }
        switch call.function.shape {
        case .poolAllocate, .poolDestroy: add(" " + name(call.pool))
        case .poolFree: add(" \(name(call.pool)) \(name(call.handle))")
        case .unmap, .list, .table, .sync, .handle, .free, .link, .userMapping, .kernelMapping:
            add(" " + name(call.handle))
        case .map, .mapList, .allocate, .poolCreate, .unbind, .setting, .memory: return
        }
    }

    private mutating func printOperands(of call: DMACall) {
        if call.function.shape == .link || call.function.mapsAllocation { return printLink(call) }
        add(" ", optional: call.setting)
        for segment in call.segments {
            add(segment.start)
            // The block size of a pool is said once, where the pool is made.
            if call.function.shape != .poolAllocate { add(" ", segment.size) }
        }
        add(" ", optional: call.offset)
        add(" ", optional: call.size)
        add(" ", optional: call.count)
        if let direction = call.direction { add(" " + direction.name) }
        if call.function.shape == .poolCreate {
            add(" ", call.alignment)
            if call.boundary > 0 { add(" ", call.boundary) }
        }
    }

    /// Prints `ADDRESS OFFSET SIZE DIRECTION`; without an offset the size is that of the whole.
    private mutating func printLink(_ call: DMACall) {
        for segment in call.segments {
            add(segment.start)
            guard let offset = call.offset else { continue }
            add(" ", offset)
            add(" ", segment.size)
        }
        if let direction = call.direction { add(" " + direction.name) }
    }

    private mutating func printList(_ call: DMACall) {
        if let direction = call.direction { add(" " + direction.name) }
        for segment in call.segments {
            add(segment.start)
            add(",", segment.size)
        }
    }

    private mutating func print(_ attributes: DMAAttributes) {
        var separator = " attrs="
        for (place, name) in DMAAttributes.names.enumerated()
        where attributes.contains(NativeRules.attribute(place)) {
            add(separator + name)
            separator = "|"
        }
    }
}
