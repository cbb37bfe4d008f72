/// A JSON value whose members keep the order in which they were written.
///
/// Our own, since nothing below the command line uses Foundation: the same bytes on every platform, and a start that
/// costs milliseconds (docs/decisions/0008).
public indirect enum JSONValue: Hashable, Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A whole number.
    case integer(UInt64)
    /// A whole number that may be negative.
    case signed(Int64)
    /// A number with a fraction.
    case number(Double)
    /// A text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Members in order.
    case object([(String, JSONValue)])

    /// Whether two values are written alike.
    public static func == (left: JSONValue, right: JSONValue) -> Bool { left.text == right.text }

    /// Hashes what is written.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// A whole number of any type.
    public static func count(_ value: some BinaryInteger) -> JSONValue { .integer(UInt64(value)) }

    /// A text, or `null`.
    public static func optional(_ text: String?) -> JSONValue {
        text.map(JSONValue.string) ?? .null
    }

    /// The value as text, indented by two spaces.
    public var text: String {
        var out = ""
        write(to: &out, indent: 0)
        return out
    }

    /// The value as text without blanks or line ends, for what only programs read.
    public var compactText: String {
        var out = ""
        writeCompact(to: &out)
        return out
    }

    private func writeCompact(to out: inout String) {
        switch self {
        case .array(let values):
            out += "["
            for (index, value) in values.enumerated() {
                if index > 0 { out += "," }
                value.writeCompact(to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { out += "," }
                Self.write(member.0, to: &out)
                out += ":"
                member.1.writeCompact(to: &out)
            }
            out += "}"
        default: write(to: &out, indent: 0)
        }
    }

    private func write(to out: inout String, indent: Int) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        case .signed(let value): out += String(value)
        case .number(let value): out += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.write(value, to: &out)
        case .array(let values):
            Self.write(values.map { (nil, $0) }, "[", "]", to: &out, indent: indent)
        case .object(let members):
            Self.write(members.map { ($0.0, $0.1) }, "{", "}", to: &out, indent: indent)
        }
    }

    private static func write(
        _ members: [(String?, JSONValue)], _ open: String, _ close: String, to out: inout String,
        indent: Int
    ) {
        guard !members.isEmpty else {
            out += open + close
            return
        }
        let space = String(repeating: "  ", count: indent + 1)
        out += open + "\n"
        for (index, member) in members.enumerated() {
            out += space
            if let name = member.0 {
                write(name, to: &out)
                out += ": "
            }
            member.1.write(to: &out, indent: indent + 1)
            out += index + 1 < members.count ? ",\n" : "\n"
        }
        out += String(repeating: "  ", count: indent) + close
    }

    private static func write(_ string: String, to out: inout String) {
        out += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}
