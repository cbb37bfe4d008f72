import Operations
import Quantities

extension ProgramChecker {
    /// Checks a call of the DMA API and notes the handle it makes.
    mutating func check(_ call: DMACall) throws(ProgramError) {
        try require(
            call.plain == call, "operands that \(call.function.rawValue) does not have", "none")
        try require(
            NativeRules.allAttributes.isSuperset(of: call.attributes), "an unknown attribute",
            "those of the kernel")
        try checkDevice(of: call)
        try checkSegments(of: call)
        try checkNumbers(of: call)
        try checkHandles(of: call)
        for place in [call.dmaAddress, call.cpuAddress] {
            if let place { try check(place, bytes: 1) }
        }
        guard call.function.makesHandle else { return }
        let name = try entry(of: call.handle).name
        if let meaning = call.meaning(name: name) { try define(call.handle, as: meaning) }
    }

    private func checkDevice(of call: DMACall) throws(ProgramError) {
        switch call.function.shape {
        case .map, .mapList, .allocate, .poolCreate, .unbind, .setting, .memory:
            guard let device = call.device else {
                throw ProgramError(found: "no device", expected: "a device")
            }
            try checkDevice(device)
        default: return
        }
    }

    private func checkSegments(of call: DMACall) throws(ProgramError) {
        switch call.function.shape {
        case .map, .allocate, .poolAllocate, .link, .userMapping, .memory:
            try require(call.segments.count == 1, "\(call.segments.count) segments", "one")
        case .kernelMapping:
            try require(
                call.segments.count <= 1, "\(call.segments.count) segments", "one or none")
        case .mapList:
            try require(!call.segments.isEmpty, "no segment", "at least one")
        default: return
        }
        var total: UInt64 = 0
        for segment in call.segments {
            if let (size, whose) = try wholeSize(of: call) {
                try require(segment.size == size, "\(segment.size) bytes", "the \(whose)'s \(size)")
            }
            try check(segment.start, bytes: segment.size)
            let sum = total.addingReportingOverflow(segment.size)
            try require(!sum.overflow, "segments without end", "less than 2^64 bytes together")
            total = sum.partialValue
        }
    }

    /// The size that a call's segment has if the call gives none: a block's, or all of an allocation.
    private func wholeSize(
        of call: DMACall
    ) throws(ProgramError) -> (size: UInt64, whose: String)? {
        switch call.function.shape {
        case .poolAllocate: (try meaning(of: call.pool).size, "pool")
        case .kernelMapping: (try meaning(of: call.handle).size, "allocation")
        case .userMapping where call.offset == nil:
            (try meaning(of: call.handle).size, "allocation")
        default: nil
        }
    }

    private func checkNumbers(of call: DMACall) throws(ProgramError) {
        try require(call.size != 0, "a size of 0", "at least 1")
        try require(
            call.count.map { (1...UInt64(UInt32.max)).contains($0) } ?? true,
            "\(call.count ?? 0) entries", "1 to \(UInt32.max)")
        switch call.function.shape {
        case .map, .mapList:
            try require(call.direction != nil, "no direction", "one")
        case .link:
            try require(
                call.direction != nil && call.offset != nil, "no direction or no offset", "both")
        case .sync:
            try require(
                (call.offset == nil) == (call.size == nil), "an offset or a size alone", "both")
            try require(
                NativeLimits.fits(call.offset ?? 0, call.size ?? 0), "a range without end",
                "one that ends below 2^64")
        case .poolCreate:
            try require(call.size != nil, "no size", "one")
        case .setting:
            let limits = NativeRules.settings(of: call.function)
            let number = call.setting ?? 0
            let isValid =
                limits.range.contains(number)
                && (call.function != .setSegmentBoundary || NativeRules.isBoundary(number))
            try require(isValid, "a setting of \(number)", limits.what)
        default: return
        }
    }

    private func checkHandles(of call: DMACall) throws(ProgramError) {
        switch call.function.shape {
        case .map, .mapList, .allocate: return
        case .poolCreate:
            try require(call.pool == call.handle, "two names of a pool", "one")
        case .poolDestroy:
            try require(call.pool == call.handle, "two names of a pool", "one")
            try check(call.pool, is: .pool)
        case .poolAllocate: try check(call.pool, is: .pool)
        case .poolFree:
            try check(call.pool, is: .pool)
            try check(call.handle, is: .handle)
        case .unmap, .list, .table, .sync, .handle, .free, .link, .userMapping, .kernelMapping:
            try check(call.handle, is: .handle)
        case .unbind, .setting, .memory: return
        }
    }

    private func check(_ symbol: SymbolID, is kind: SymbolTable.Kind) throws(ProgramError) {
        let meaning = try meaning(of: symbol)
        try require(meaning.kind == kind, "'\(meaning.name)', a \(meaning.kind)", "a \(kind)")
    }
}

extension DMACall {
    /// This call with only the operands that its function has.
    var plain: DMACall {
        var plain = DMACall(function)
        if function.takesAttributes { plain.attributes = attributes }
        if ![.unbind, .setting, .memory].contains(function.shape) { plain.handle = handle }
        if function.canFail { plain.fails = fails }
        if function.takesDMAAddress { plain.dmaAddress = dmaAddress }
        if function.takesCPUAddress { plain.cpuAddress = cpuAddress }
        switch function.shape {
        case .map, .mapList:
            plain.device = device
            plain.segments = segments
            plain.direction = direction
        case .allocate, .memory:
            plain.device = device
            plain.segments = segments
        case .unmap:
            plain.size = size
            plain.direction = direction
        case .list:
            plain.count = count
            plain.direction = direction
        case .table: plain.direction = direction
        case .sync:
            plain.offset = offset
            plain.size = size
            plain.direction = direction
        case .free: plain.size = size
        case .link:
            plain.segments = segments
            plain.offset = offset
            plain.direction = direction
        case .handle: break
        case .poolCreate:
            plain.device = device
            plain.pool = pool
            plain.size = size
            plain.alignment = alignment
            plain.boundary = boundary
        case .poolAllocate:
            plain.pool = pool
            plain.segments = segments
        case .poolFree, .poolDestroy: plain.pool = pool
        case .userMapping:
            plain.segments = segments
            plain.offset = offset
        case .kernelMapping: plain.segments = segments
        case .setting:
            plain.device = device
            plain.setting = setting
        case .unbind: plain.device = device
        }
        return plain
    }
}
