import Operations
import Quantities

extension LineParser {
    /// `layout NAME SIZE {FIELD}`, where a field is `ROLE OFFSET BYTES [mask MASK] [= VALUE]`.
    mutating func layout() throws(NativeFault) -> Declaration {
        let name = try newName(.layout)
        let most = UInt64(DescriptorLayout.maximumSize)
        let size = try number("the bytes of a descriptor", in: 1...most)
        var layout = DescriptorLayout(size: UInt32(size), fields: [])
        while lexer.token.kind != .end {
            let token = lexer.token
            layout.fields.append(try field())
            try check(token) { () throws(NativeRules.Violation) in
                try NativeRules.checkFields(of: layout)
            }
        }
        try check(lexer.token) { () throws(NativeRules.Violation) in
            try NativeRules.check(layout)
        }
        let symbol = try add(SymbolTable.Entry(name: name, kind: .layout, size: size))
        return .layout(symbol, layout)
    }

    private mutating func field() throws(NativeFault) -> DescriptorLayout.Field {
        let role = try takeOne(
            of: Vocabulary.fields, "\(Self.fieldWords) or the end of the line")
        let offset = try number("an offset", in: 0...UInt64(DescriptorLayout.maximumSize))
        let bytes = try number("a number of bytes", in: 1...8)
        var field = DescriptorLayout.Field(role, at: UInt32(offset), bytes: UInt8(bytes))
        if take("mask") { field.mask = try number("a mask (decimal or 0x hex)") }
        field.value = try optionalValue(bytes: bytes)
        return field
    }

    /// Checks a rule; what breaks it is the fault of a token.
    private func check(
        _ token: Token, _ rule: () throws(NativeRules.Violation) -> Void
    ) throws(NativeFault) {
        do throws(NativeRules.Violation) {
            try rule()
        } catch {
            throw fault(token, expected: error.expected, hint: error.hint)
        }
    }

    private static let fieldWords =
        Vocabulary.fields.map { "'\($0.0)'" }.joined(separator: ", ")
}
