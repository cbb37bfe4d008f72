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
            call.bytes = try bytes(of: function, from: call.start.address.rawValue)
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

    /// The size of a range; what looks like the end that a C function takes is refused.
    ///
    /// Who copies such a call means an end: as a size it would be a range that swallows all that is watched. No
    /// size is written like one but in hexadecimal, a little above the start.
    private mutating func bytes(
        of function: VendorCall.Function, from start: UInt64
    ) throws(NativeFault) -> UInt64 {
        let expected = "a number of bytes (decimal or 0x hex, suffix K, M or G)"
        let end = "\(function.rawValue) takes ADDRESS and BYTES here, not the end as in C"
        let token = lexer.token
        if function.takesEnd, token.kind == .word, isAddressName(token) {
            throw fault(token, expected: expected, hint: end)
        }
        let value = try number(expected)
        let digits = text(token)
        let isHexadecimal = digits.count > 2 && digits[1] == UInt8(ascii: "x")
        let (past, isBelow) = value.subtractingReportingOverflow(start)
        if function.takesEnd, isHexadecimal, start >= 1 << 20, !isBelow, past <= 16 << 20 {
            throw fault(
                token, expected: expected,
                hint: "\(end); if it is the size, write \(value)")
        }
        try check(max(value, 1), from: start, token)
        return value
    }

    /// Whether a word names something that has an address.
    private func isAddressName(_ token: Token) -> Bool {
        program.symbols.find(String(decoding: text(token), as: UTF8.self)) != nil
    }
}
