/// What the value of a key may be: its form, range and unit.
struct ValueKind: Sendable {
    /// How a value is written.
    enum Form: Sendable {
        case whole
        /// Decimals, at most so many; the range is in thousandths.
        case decimal(places: Int)
        case bytes
        /// A physical address, in hexadecimal with `0x`.
        case address
        case flag
        case word([String])
        /// Some of these words with spaces between them, or `none`.
        case words([String])
        /// Numbers of bytes with spaces between them, or `any`.
        case sizes
        /// Text to be shown, of at most so many characters.
        case text(Int)
        /// A word that others can refer to: letters, digits, `_` and `-`.
        case identifier
        /// The version of a Linux kernel: two or three numbers with points between.
        case kernel
    }

    var form: Form
    var range: ClosedRange<Int> = 0...0
    var unit = ""
    var allowsNone = false
    var isPowerOfTwo = false

    /// The value that a text stands for; nil if it is not one of this kind.
    func value(_ text: String) -> Value? {
        if allowsNone, text == "none" { return .absent }
        switch form {
        case .whole:
            guard let number = wholeNumber(text), fits(number) else { return nil }
            return .number(number)
        case .decimal(let places):
            let decimals = text.split(separator: ".").dropFirst().first?.utf8.count ?? 0
            guard decimals <= places, let number = thousandths(text), range ~= number else {
                return nil
            }
            return .number(number)
        case .bytes:
            guard let bytes = byteCount(text), bytes <= UInt64(range.upperBound),
                fits(Int(bytes))
            else { return nil }
            return .bytes(bytes)
        case .address:
            guard text.hasPrefix("0x"), text.utf8.count <= 18,
                let address = UInt64(text.dropFirst(2), radix: 16),
                address <= UInt64(range.upperBound), !text.dropFirst(2).hasPrefix("+")
            else { return nil }
            return .bytes(address)
        case .flag:
            return ["true": Value.flag(true), "false": .flag(false)][text]
        case .word(let words):
            return words.contains(text) ? .word(text) : nil
        case .words(let words): return Self.words(text, of: words).map(Value.words)
        case .sizes: return sizes(text).map(Value.sizes)
        case .text(let limit):
            let scalars = text.unicodeScalars
            guard !text.isEmpty, scalars.count <= limit, scalars.allSatisfy(\.isPlain) else {
                return nil
            }
            return .word(text)
        case .identifier:
            let isName = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            return isName && 1...32 ~= text.utf8.count ? .word(text) : nil
        case .kernel:
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            let isVersion = parts.allSatisfy {
                1...4 ~= $0.utf8.count && $0.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
            }
            return isVersion && 2...3 ~= parts.count ? .word(text) : nil
        }
    }

    /// Some of `words`, each once; nil if there are others.
    private static func words(_ text: String, of words: [String]) -> [String]? {
        guard text != "none" else { return [] }
        let given = text.split(separator: " ").map(String.init)
        guard !given.isEmpty, Set(given).count == given.count, given.allSatisfy(words.contains)
        else { return nil }
        return words.filter(given.contains)
    }

    /// Numbers within the range, each larger than the one before, at most 16.
    private func sizes(_ text: String) -> [Int]? {
        guard text != "any" else { return [] }
        let given = text.split(separator: " ").map { wholeNumber($0) ?? -1 }
        let ascends = zip(given, given.dropFirst()).allSatisfy { $0 < $1 }
        guard 1...16 ~= given.count, ascends, given.allSatisfy(range.contains) else { return nil }
        return given
    }

    private func fits(_ number: Int) -> Bool {
        range ~= number && (!isPowerOfTwo || number & (number - 1) == 0)
    }

    /// What may stand there, in words, with range and unit.
    var expectation: String {
        let power = isPowerOfTwo ? "a power of two" : "a whole number"
        let words =
            switch form {
            case .whole:
                "\(power) from \(range.lowerBound) to \(range.upperBound)" + spacedUnit
            case .decimal(let places):
                "a number from \(decimalText(range.lowerBound)) to \(decimalText(range.upperBound))"
                    + spacedUnit + " with at most \(places) decimal\(places == 1 ? "" : "s")"
            case .bytes:
                (isPowerOfTwo ? "a power of two" : "a size")
                    + " from \(range.lowerBound) to \(byteText(UInt64(range.upperBound))) bytes"
                    + (range.upperBound > 1_024 ? ", such as 32K or 1M" : "")
            case .address:
                "an address up to 0x\(String(range.upperBound, radix: 16)), hexadecimal with 0x"
            case .flag: "true or false"
            case .word(let words): "one of " + words.joined(separator: ", ")
            case .words(let words):
                "some of " + words.joined(separator: ", ") + ", with spaces between, or none"
            case .sizes:
                "sizes from \(range.lowerBound) to \(range.upperBound) bytes, ascending, "
                    + "with spaces between, or any"
            case .text(let limit): "a line of text of at most \(limit) characters"
            case .identifier: "a name of 1 to 32 letters, digits, '_' or '-'"
            case .kernel: "the version of a Linux kernel, such as 6.12"
            }
        return allowsNone ? words + ", or none" : words
    }

    /// The text by which a file holds a value.
    func canonical(_ value: Value) -> String {
        switch (value, form) {
        case (.absent, _): "none"
        case (.number(let number), .decimal): decimalText(number)
        case (.number(let number), _): "\(number)"
        case (.bytes(let address), .address): "0x" + String(address, radix: 16, uppercase: true)
        case (.bytes(let bytes), _): byteText(bytes)
        case (.flag(let flag), _): flag ? "true" : "false"
        case (.word(let word), _): word
        case (.words(let words), _): words.isEmpty ? "none" : words.joined(separator: " ")
        case (.sizes(let sizes), _):
            sizes.isEmpty ? "any" : sizes.map(String.init).joined(separator: " ")
        }
    }

    /// The text by which people read a value.
    func display(_ value: Value) -> String {
        switch value {
        case .number: return canonical(value) + spacedUnit
        case .bytes where form.isAddress: return canonical(value)
        case .bytes(let bytes):
            let text = byteText(bytes)
            return text.last?.isLetter == true
                ? "\(text.dropLast()) \(text.suffix(1))iB" : "\(text) B"
        case .sizes(let sizes) where !sizes.isEmpty: return canonical(value) + " B"
        default: return canonical(value)
        }
    }

    private var spacedUnit: String { unit.isEmpty ? "" : " " + unit }
}

extension ValueKind {
    static let flag = ValueKind(form: .flag)
    /// The word `none` in the place of a section or list.
    static let none = word(["none"])
    static let identifier = identifier(none: false)

    /// A kernel's version, or none.
    static let kernelOrNone = ValueKind(form: .kernel, allowsNone: true)

    static func identifier(none: Bool) -> ValueKind {
        ValueKind(form: .identifier, allowsNone: none)
    }

    static func whole(
        _ range: ClosedRange<Int>, _ unit: String, none: Bool = false, powerOfTwo: Bool = false
    ) -> ValueKind {
        ValueKind(
            form: .whole, range: range, unit: unit, allowsNone: none, isPowerOfTwo: powerOfTwo)
    }

    static func decimal(
        _ range: ClosedRange<Int>, _ unit: String, places: Int = 3
    ) -> ValueKind {
        ValueKind(form: .decimal(places: places), range: range, unit: unit)
    }

    static func bytes(
        _ range: ClosedRange<Int>, none: Bool = false, powerOfTwo: Bool = false
    ) -> ValueKind {
        ValueKind(form: .bytes, range: range, allowsNone: none, isPowerOfTwo: powerOfTwo)
    }

    /// Addresses of at most 48 bits.
    static let address = ValueKind(form: .address, range: 0...(1 << 48) - 1)

    static func sizes(_ range: ClosedRange<Int>) -> ValueKind {
        ValueKind(form: .sizes, range: range)
    }

    static func words(_ words: [String]) -> ValueKind { ValueKind(form: .words(words)) }

    static func word(_ words: [String]) -> ValueKind { ValueKind(form: .word(words)) }
    static func text(_ limit: Int) -> ValueKind { ValueKind(form: .text(limit)) }
}

extension ValueKind.Form {
    /// Whether it is an address.
    fileprivate var isAddress: Bool { if case .address = self { true } else { false } }
}
