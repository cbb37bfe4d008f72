/// Fills the kernel's placeholders, as its printk does.
public enum DMADebugText {
    /// What a placeholder stands for.
    public enum Argument: Hashable, Sendable {
        case number(UInt64)
        case text(String)
    }

    /// A template with its arguments in their order.
    ///
    /// - Parameters:
    ///   - template: The text, with `%d`, `%u`, `%lu`, `%llu`, `%s`, `%p`, `%pa` and `%016llx`.
    ///   - arguments: One for each of them.
    ///   - pointerDigits: The hexadecimal digits of a pointer and of a physical address: 16 or 8. From 4.15 on `%p` is a
    ///     hash that differs from boot to boot; here it is the address.
    /// - Returns: the text as it is printed.
    /// - Precondition: There are as many arguments as placeholders.
    static func fill(_ template: String, _ arguments: [Argument], pointerDigits: Int) -> String {
        var out = ""
        var rest = Substring(template)
        var place = 0
        while let percent = rest.firstIndex(of: "%") {
            out += rest[..<percent]
            rest = rest[rest.index(after: percent)...]
            guard let verb = verbs.first(where: { rest.hasPrefix($0) }) else {
                preconditionFailure("a placeholder of \"\(template)\" is not known")
            }
            precondition(place < arguments.count, "too few arguments for \"\(template)\"")
            out += text(arguments[place], verb, pointerDigits)
            place += 1
            rest = rest.dropFirst(verb.count)
        }
        precondition(place == arguments.count, "too many arguments for \"\(template)\"")
        return out + rest
    }

    /// Longer ones first.
    private static let verbs = ["016llx", "llu", "lu", "pa", "p", "d", "u", "s"]

    private static func text(_ argument: Argument, _ verb: String, _ digits: Int) -> String {
        switch argument {
        case .text(let text): return text
        case .number(let number):
            switch verb {
            case "016llx": return padded(number, to: 16)
            case "pa": return "0x" + padded(number, to: digits)
            case "p": return padded(number, to: digits)
            default: return String(number)
            }
        }
    }

    private static func padded(_ number: UInt64, to digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
