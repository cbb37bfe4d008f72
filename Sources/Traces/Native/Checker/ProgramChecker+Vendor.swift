import Operations

extension ProgramChecker {
    /// Checks a call of a bare-metal library.
    func check(_ call: VendorCall) throws(ProgramError) {
        var plain = VendorCall(call.function, version: call.version)
        switch call.function.operands {
        case .none: break
        case .address:
            try check(call.start, bytes: 1)
            plain.start = call.start
        case .range:
            // No bytes are a range, too; a name's meaning is checked all the same.
            try check(call.start, bytes: max(call.bytes, 1))
            plain.start = call.start
            plain.bytes = call.bytes
        }
        try require(
            plain == call, "operands that \(call.function.rawValue) does not have", "none")
        guard let version = call.version else { return }
        try require(
            max(version.major, version.minor, version.patch) <= LibraryVersion.highestPart,
            "version \(version)", "parts up to \(LibraryVersion.highestPart)")
    }
}
