import Quantities

// What was read, in the types that a configuration wants; something harmless where a value is missing or wrong.

extension DescriptionReader {
    /// Whether the word `none` stands for a whole section.
    func isAbsent(_ path: String) -> Bool {
        values[path] == .word("none")
    }

    /// Whether a key has no value: it is wrong, missing or `none`.
    func isAbsentValue(_ path: String) -> Bool {
        values[path] == nil || values[path] == .absent
    }

    func word(_ path: String) -> String {
        if case .word(let word) = values[path] { return word }
        return ""
    }

    func optionalWord(_ path: String) -> String? {
        if case .word(let word) = values[path] { return word }
        return nil
    }

    func words(_ path: String) -> [String] {
        if case .words(let words) = values[path] { return words }
        return []
    }

    /// A word of the files as the case that has it as its raw value.
    func choice<Choice: RawRepresentable<String>>(_ path: String, _ other: Choice) -> Choice {
        Choice(rawValue: word(path)) ?? other
    }

    func number(_ path: String, or other: Int = 0) -> Int {
        if case .number(let number) = values[path] { return number }
        return other
    }

    func optional(_ path: String) -> Int? {
        if case .number(let number) = values[path] { return number }
        return nil
    }

    func bytes(_ path: String, or other: UInt64) -> UInt64 {
        if case .bytes(let bytes) = values[path] { return bytes }
        return other
    }

    func optionalBytes(_ path: String) -> Int? {
        if case .bytes(let bytes) = values[path] { return Int(bytes) }
        return nil
    }

    func flag(_ path: String) -> Bool { values[path] == .flag(true) }

    func time(_ path: String) -> Ticks { Ticks(rawValue: UInt64(number(path))) }

    func bandwidth(_ path: String) -> UInt64 { UInt64(number(path, or: 1_000)) * 1_000 }

    func clock(_ path: String) -> Frequency {
        Frequency(megahertz: Double(number(path, or: 1_000)) / 1_000)
    }

    /// The names in a list of mappings.
    func names(_ path: String) -> [String] { lists[path] ?? [] }
}
