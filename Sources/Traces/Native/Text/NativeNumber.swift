/// The numbers of the native format: decimal or `0x` hexadecimal, with an optional binary suffix K, M or G.
enum NativeNumber {
    /// Why bytes are no number.
    enum Fault: Error {
        case malformed
        case tooLarge
    }

    /// The value of a whole word.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(Fault) -> UInt64 {
        guard let last = bytes.last else { throw .malformed }
        let shift = suffixShift(last)
        let digits = shift > 0 ? UnsafeBufferPointer(rebasing: bytes.dropLast()) : bytes
        let value = isHexadecimal(digits) ? try hexadecimal(digits, from: 2) : try decimal(digits)
        guard value <= UInt64.max >> shift else { throw .tooLarge }
        return value << shift
    }

    /// The value of hexadecimal digits from `start` on.
    static func hexadecimal(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) throws(Fault) -> UInt64 {
        guard start < bytes.count else { throw .malformed }
        var value: UInt64 = 0
        var isTooLarge = false
        for place in start..<bytes.count {
            guard let digit = hexadecimalDigit(bytes[place]) else { throw .malformed }
            if value >> 60 != 0 { isTooLarge = true }
            value = value << 4 | UInt64(digit)
        }
        if isTooLarge { throw .tooLarge }
        return value
    }

    /// Whether bytes start with `0x`.
    static func isHexadecimal(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.count > 1 && bytes[0] == UInt8(ascii: "0") && bytes[1] == UInt8(ascii: "x")
    }

    /// The value of one hexadecimal digit.
    static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func decimal(_ bytes: UnsafeBufferPointer<UInt8>) throws(Fault) -> UInt64 {
        guard !bytes.isEmpty else { throw .malformed }
        var value: UInt64 = 0
        var isTooLarge = false
        for byte in bytes {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { throw .malformed }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carry { isTooLarge = true }
            value = sum
        }
        if isTooLarge { throw .tooLarge }
        return value
    }

    private static func suffixShift(_ byte: UInt8) -> UInt64 {
        switch byte {
        case UInt8(ascii: "K"): 10
        case UInt8(ascii: "M"): 20
        case UInt8(ascii: "G"): 30
        default: 0
        }
    }
}
