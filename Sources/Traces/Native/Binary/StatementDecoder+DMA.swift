import Operations

extension StatementDecoder {
    /// Takes a call of the DMA API.
    mutating func call() throws(NativeFault) -> DMACall {
        typealias Flag = StatementFlag
        let function = try coded("a call") { DMACall.Function.at(UInt64($0)) }
        let flags = try input.number(to: Flag.callSetting * 2 - 1, "flags")
        var call = DMACall(function)
        if flags & Flag.callHandle != 0 { call.handle = try symbol() }
        if flags & Flag.callDevice != 0 { call.device = try agent() }
        if flags & Flag.callSegments != 0 { call.segments = try segments() }
        if flags & Flag.callOffset != 0 { call.offset = try input.number() }
        if flags & Flag.callSize != 0 { call.size = try input.number() }
        if flags & Flag.callDirection != 0 {
            call.direction = try coded("a direction") { DMADirection(rawValue: $0) }
        }
        if flags & Flag.callCount != 0 { call.count = try input.number() }
        if flags & Flag.callAttributes != 0 {
            call.attributes = DMAAttributes(rawValue: try size32())
        }
        if flags & Flag.callPool != 0 { call.pool = try symbol() }
        if flags & Flag.callAlignment != 0 { call.alignment = try input.number() }
        if flags & Flag.callBoundary != 0 { call.boundary = try input.number() }
        if flags & Flag.callDMAAddress != 0 { call.dmaAddress = try operand() }
        if flags & Flag.callCPUAddress != 0 { call.cpuAddress = try operand() }
        if flags & Flag.callSetting != 0 { call.setting = try input.number() }
        call.fails = flags & Flag.callFails != 0
        return call
    }

    /// Takes segments one by one: a hostile count runs into the end of the block before it costs memory.
    private mutating func segments() throws(NativeFault) -> [DMACall.Segment] {
        let count = try input.number()
        var result: [DMACall.Segment] = []
        while UInt64(result.count) < count {
            let start = try operand()
            result.append(DMACall.Segment(at: start, size: try input.number()))
        }
        return result
    }
}
