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

    /// The size of a range; what can only be the end that a C function takes is refused.
    ///
    /// Who copies such a call means an end: as a size it would be a range that swallows all that is watched.
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
        if function.takesEnd, isEnd(value, of: start) {
            throw fault(
                token, expected: expected, hint: "\(end), which would be \(value - start) bytes")
        }
        try check(max(value, 1), from: start, token)
        return value
    }

    /// Whether a number is an address in what is declared around a start, and as a size would go past the end of all of that.
    private func isEnd(_ value: UInt64, of start: UInt64) -> Bool {
        let around = program.symbols.entries.filter {
            $0.address <= start && start - $0.address < $0.size
        }
        let last = around.map { $0.address &+ ($0.size - 1) }.max() ?? 0
        return value > start && value - 1 <= last && value - 1 > last - start
    }

    /// Whether a word names something that has an address.
    private func isAddressName(_ token: Token) -> Bool {
        program.symbols.find(String(decoding: text(token), as: UTF8.self)) != nil
    }
}
