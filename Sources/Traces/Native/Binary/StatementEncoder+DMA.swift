import Operations

extension StatementEncoder {
    /// Appends a call of the DMA API: the function, which operands there are, and these in order.
    mutating func add(_ call: DMACall) {
        output.add(byte: call.function.place)
        output.add(call.flags)
        if call.handle != .none { add(call.handle) }
        if let device = call.device { output.add(byte: device.rawValue) }
        if !call.segments.isEmpty {
            output.add(UInt64(call.segments.count))
            for segment in call.segments {
                add(segment.start)
                output.add(segment.size)
            }
        }
        if let offset = call.offset { output.add(offset) }
        if let size = call.size { output.add(size) }
        if let direction = call.direction { output.add(byte: direction.rawValue) }
        if let count = call.count { output.add(count) }
        if !call.attributes.isEmpty { output.add(UInt64(call.attributes.rawValue)) }
        if call.pool != .none { add(call.pool) }
        if call.alignment != 0 { output.add(call.alignment) }
        if call.boundary != 0 { output.add(call.boundary) }
        if let place = call.dmaAddress { add(place) }
        if let place = call.cpuAddress { add(place) }
        if let setting = call.setting { output.add(setting) }
    }
}

extension DMACall {
    /// Which operands are there.
    fileprivate var flags: UInt64 {
        typealias Flag = StatementFlag
        var flags: UInt64 = 0
        if device != nil { flags |= Flag.callDevice }
        if offset != nil { flags |= Flag.callOffset }
        if size != nil { flags |= Flag.callSize }
        if direction != nil { flags |= Flag.callDirection }
        if count != nil { flags |= Flag.callCount }
        if !attributes.isEmpty { flags |= Flag.callAttributes }
        if pool != .none { flags |= Flag.callPool }
        if alignment != 0 { flags |= Flag.callAlignment }
        if boundary != 0 { flags |= Flag.callBoundary }
        if !segments.isEmpty { flags |= Flag.callSegments }
        if handle != .none { flags |= Flag.callHandle }
        if dmaAddress != nil { flags |= Flag.callDMAAddress }
        if cpuAddress != nil { flags |= Flag.callCPUAddress }
        if fails { flags |= Flag.callFails }
        if setting != nil { flags |= Flag.callSetting }
        return flags
    }
}
