/// Writes characters and numbers to memory that has room for them.
struct DigitWriter {
    private let text: UnsafeMutablePointer<UInt8>
    private(set) var count = 0

    init(_ text: UnsafeMutablePointer<UInt8>) { self.text = text }

    mutating func put(_ byte: UInt8) {
        text[count] = byte
        count += 1
    }

    mutating func put(_ string: StaticString) {
        (text + count).update(from: string.utf8Start, count: string.utf8CodeUnitCount)
        count += string.utf8CodeUnitCount
    }

    /// Writes a number with at least `digits` digits.
    mutating func putHexadecimal(_ value: UInt64, digits: Int) {
        let needed = max(digits, (67 - value.leadingZeroBitCount) / 4)
        for place in 0..<needed {
            let nibble = UInt8(truncatingIfNeeded: value &>> UInt64((needed - 1 - place) * 4)) & 15
            text[count + place] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
        }
        count += needed
    }

    mutating func putDecimal(_ value: UInt32) {
        var needed = 1
        var rest = value / 10
        while rest > 0 {
            needed += 1
            rest /= 10
        }
        rest = value
        for place in (0..<needed).reversed() {
            text[count + place] = 0x30 + UInt8(rest % 10)
            rest /= 10
        }
        count += needed
    }
}
