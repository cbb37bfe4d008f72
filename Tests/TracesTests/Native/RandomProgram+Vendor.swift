import Operations
import Quantities

extension RandomProgram {
    /// A call of a bare-metal library, with a version or without.
    mutating func addVendorCall() {
        var call = VendorCall(any(VendorCall.Function.allCases))
        if call.function.operands != .none { call.start = operand() }
        if call.function.operands == .range { call.bytes = chance(4) ? 0 : size() }
        if chance(3) {
            call.version = LibraryVersion(
                UInt16(below(10_000)), UInt16(below(100)), UInt16(chance(2) ? 0 : below(10_000)))
        }
        add(.vendor(call), .core(Int(below(8))))
    }
}
