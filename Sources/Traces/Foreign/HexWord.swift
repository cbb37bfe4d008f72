/// Eight characters of text in one word, the first in the lowest byte: hexadecimal digits without a loop.
///
/// A loop over the digits mispredicts at the end of a number, because numbers differ in length, and that costs more
/// than all the rest of a record.
struct HexWord {
    /// How many bytes after the text `init(at:)` may read.
    static let slack = 64

    private let text: UInt64

    /// Reads eight bytes, aligned or not.
    @inline(__always)
    init(at place: UnsafePointer<UInt8>) {
        text = UnsafeRawPointer(place).loadUnaligned(as: UInt64.self).littleEndian
    }

    /// How many of the characters, from the first, are hexadecimal digits: 0 to 8.
    @inline(__always)
    var digitCount: Int {
        // In each byte the top bit says yes. A byte above 0x7F carries into the bytes after it, but is itself
        // no digit, so that the count ends before them.
        let ones: UInt64 = 0x0101_0101_0101_0101
        let lower = text | (ones &* 0x20)
        let digit = (text &+ ones &* 0x50) & ~(text &+ ones &* 0x46)
        let letter = (lower &+ ones &* 0x1F) & ~(lower &+ ones &* 0x19)
        let isHex = (digit | letter) & ~text & (ones &* 0x80)
        return (isHex ^ (ones &* 0x80)).trailingZeroBitCount &>> 3
    }

    /// The value of one hexadecimal digit; nil for other characters.
    @inline(__always)
    static func digit(_ character: UInt8) -> UInt64? {
        let decimal = character &- 0x30
        if decimal < 10 { return UInt64(decimal) }
        let letter = (character | 0x20) &- 0x61
        return letter < 6 ? UInt64(letter &+ 10) : nil
    }

    /// The number that the first `count` characters write, all of them hexadecimal digits.
    ///
    /// - Parameter count: 1 to 8.
    /// - Returns: The number.
    @inline(__always)
    func value(of count: Int) -> UInt64 {
        // The digits go to the top of the word; zeros that come in below are leading digits of value 0.
        let digits = text &<< UInt64(truncatingIfNeeded: 64 &- count &* 8)
        let low: UInt64 = 0x0F0F_0F0F_0F0F_0F0F
        let nibbles = (digits & low) &+ ((digits &>> 6) & 0x0101_0101_0101_0101) &* 9
        let bytes = (nibbles &<< 4 | nibbles &>> 8) & 0x00FF_00FF_00FF_00FF
        let halves = (bytes &<< 8 | bytes &>> 16) & 0x0000_FFFF_0000_FFFF
        return (halves &<< 16 | halves &>> 32) & 0xFFFF_FFFF
    }
}

/// A number of up to 16 hexadecimal digits, and how many there are.
struct HexNumber {
    let value: UInt64
    /// How many digits were taken: 0 if there is none, 16 with a digit after them if there are more.
    let digitCount: Int

    @inline(__always)
    init(at place: UnsafePointer<UInt8>) {
        let first = HexWord(at: place)
        let count = first.digitCount
        guard count == 8 else {
            value = count == 0 ? 0 : first.value(of: count)
            digitCount = count
            return
        }
        let second = HexWord(at: place + 8)
        let more = second.digitCount
        let high = first.value(of: 8)
        value = more == 0 ? high : high &<< UInt64(more &* 4) | second.value(of: more)
        digitCount = 8 &+ more
    }
}
