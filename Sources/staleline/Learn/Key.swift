/// A key.
enum Key: Hashable {
    case character(Character)
    case up
    case down
    case left
    case right
    case pageUp
    case pageDown
    case home
    case end
    case enter
    case backspace
    case escape

    /// The keys in some bytes.
    ///
    /// - Parameter bytes: As they came; a sequence that is cut off is taken for an Escape and what follows.
    /// - Returns: the keys in order; sequences of keys that mean nothing here are left out.
    static func keys(in bytes: [UInt8]) -> [Key] {
        var keys: [Key] = []
        var rest = bytes[...]
        while let first = rest.first {
            if first == 0x1B {
                let (key, count) = sequence(Array(rest))
                if let key { keys.append(key) }
                rest = rest.dropFirst(count)
                continue
            }
            switch first {
            case 0x0D, 0x0A: keys.append(.enter)
            case 0x7F, 0x08: keys.append(.backspace)
            case 0x20...0x7E: keys.append(.character(Character(Unicode.Scalar(first))))
            case 0xC0...:
                let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
                if let text = String(validating: rest.prefix(length), as: UTF8.self) {
                    keys += text.map(Key.character)
                }
                rest = rest.dropFirst(length - 1)
            default: break
            }
            rest = rest.dropFirst()
        }
        return keys
    }

    /// The key of an escape sequence, and how many bytes it has.
    private static func sequence(_ bytes: [UInt8]) -> (key: Key?, count: Int) {
        guard bytes.count > 2, bytes[1] == 0x5B || bytes[1] == 0x4F else { return (.escape, 1) }
        guard let end = bytes.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else {
            return (.escape, 1)
        }
        let count = end + 1
        switch bytes[end] {
        case 0x41: return (.up, count)
        case 0x42: return (.down, count)
        case 0x43: return (.right, count)
        case 0x44: return (.left, count)
        case 0x48: return (.home, count)
        case 0x46: return (.end, count)
        case 0x7E:
            switch bytes[2] {
            case 0x31, 0x37: return (.home, count)
            case 0x34, 0x38: return (.end, count)
            case 0x35: return (.pageUp, count)
            case 0x36: return (.pageDown, count)
            default: return (nil, count)
            }
        default: return (nil, count)
        }
    }
}
