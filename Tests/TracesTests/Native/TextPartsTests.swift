import Quantities
import Testing

@testable import Traces

@Suite struct NativeNumberTests {
    private func number(_ text: String) throws -> UInt64 {
        try Array(text.utf8).withUnsafeBufferPointer { try NativeNumber.parse($0) }
    }

    @Test(arguments: [
        ("0", 0), ("007", 7), ("0x0", 0), ("0xAbC", 0xABC), ("4K", 4_096), ("0x10M", 16 << 20),
        ("17179869183G", 17_179_869_183 << 30), ("18446744073709551615", UInt64.max),
        ("0xffffffffffffffff", UInt64.max),
    ])
    func reads(_ text: String, _ value: UInt64) throws {
        #expect(try number(text) == value)
    }

    @Test(arguments: ["", "K", "0x", "0xK", "x", "1_0", "1KK", "0X1", "1k", "-1", "+1", "1.5"])
    func refuses(_ text: String) {
        #expect(throws: NativeNumber.Fault.malformed) { try number(text) }
    }

    @Test(arguments: [
        "18446744073709551616", "99999999999999999999999", "0x10000000000000000",
        "17179869184G", "18014398509481984K",
    ])
    func knowsItsLimit(_ text: String) {
        #expect(throws: NativeNumber.Fault.tooLarge) { try number(text) }
    }
}

@Suite struct NativeTextTests {
    @Test(arguments: [
        ("50% done", "50% done"), ("%41", "%2541"), ("a#b", "a%23b"), (" a ", "%20a%20"),
        (":a", "%3Aa"), ("=a=b", "%3Da=b"), ("%", "%"), ("%%41", "%%2541"), ("é😀", "é😀"),
    ])
    func lines(_ text: String, _ written: String) {
        var output: [UInt8] = []
        NativeText.append(text, style: .line, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == written)
        #expect(output.withUnsafeBufferPointer { NativeText.decode($0) } == text)
    }
}
