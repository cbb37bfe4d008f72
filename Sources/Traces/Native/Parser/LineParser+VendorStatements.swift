import Operations
import Quantities

extension LineParser {
    /// `FUNCTION [ADDRESS [BYTES]] [version V]`: what the function is told, then the library's version.
    mutating func parseVendorCall(
        _ function: VendorCall.Function, agent: Agent
    ) throws(NativeFault) {
        var call = VendorCall(function)
        switch function.operands {
        case .none: break
        case .address:
            let token = lexer.token
            call.start = try address()
            try check(1, from: call.start.address.rawValue, token)
        case .range:
            call.start = try address()
            let token = lexer.token
            call.bytes = try number("a number of bytes (decimal or 0x hex, suffix K, M or G)")
            try check(max(call.bytes, 1), from: call.start.address.rawValue, token)
        }
        if take("version") {
            let token = lexer.token
            let expected = "a version such as 5.4 or 2016.09.1"
            let text = try takeShortText(expected)
            guard let version = LibraryVersion(parsing: text) else {
                throw fault(token, expected: expected)
            }
            call.version = version
        }
        try append(
            .vendor(call), by: agent, options: call.version == nil ? "'version', " : "")
    }
}
