import Operations

extension ProgramPrinter {
    /// Prints a call of a bare-metal library.
    mutating func print(_ call: VendorCall) {
        add(call.function.rawValue)
        if call.function.operands != .none { add(call.start) }
        if call.function.operands == .range { add(" ", call.bytes) }
        if let version = call.version { add(" version \(version)") }
    }
}
