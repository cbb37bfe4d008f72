import Operations

extension StatementEncoder {
    /// Appends a call of a bare-metal library: the function, what it is told, and 0, or 1 and the version.
    mutating func add(_ call: VendorCall) {
        output.add(byte: call.function.place)
        if call.function.operands != .none { add(call.start) }
        if call.function.operands == .range { output.add(call.bytes) }
        output.add(byte: call.version == nil ? 0 : 1)
        guard let version = call.version else { return }
        for part in [version.major, version.minor, version.patch] { output.add(UInt64(part)) }
    }
}

extension StatementDecoder {
    /// Takes a call of a bare-metal library.
    mutating func vendorCall() throws(NativeFault) -> VendorCall {
        var call = VendorCall(
            try coded("a library's function") { VendorCall.Function.at(UInt64($0)) })
        if call.function.operands != .none { call.start = try operand() }
        if call.function.operands == .range { call.bytes = try input.number() }
        guard try flag() else { return call }
        let major = try versionPart()
        let minor = try versionPart()
        call.version = LibraryVersion(major, minor, try versionPart())
        return call
    }

    private mutating func versionPart() throws(NativeFault) -> UInt16 {
        UInt16(try input.number(to: UInt64(LibraryVersion.highestPart), "part of a version"))
    }
}
