// By FIPS 180-4. Our own, because nothing below the command line uses Foundation and a sum of a file's bytes is not worth a
// dependency; the sum is the one that `sha256sum` prints, so that people can look for the file it was made of.

/// The SHA-256 of bytes that come in pieces.
public struct SHA256: Sendable {
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19,
    ]
    private var waiting: [UInt8] = []
    private var length: UInt64 = 0
    private var schedule = [UInt32](repeating: 0, count: 64)

    /// Starts without bytes.
    public init() {}

    /// The sum of a text's UTF-8, in hexadecimal.
    public static func hex(of text: String) -> String {
        var sum = SHA256()
        Array(text.utf8).withUnsafeBytes { sum.update($0) }
        return sum.finish()
    }

    /// Adds bytes.
    ///
    /// - Complexity: O(*n*).
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !waiting.isEmpty {
            let taken = min(64 - waiting.count, rest.count)
            waiting.append(contentsOf: rest.prefix(taken))
            rest = rest.dropFirst(taken)
            guard waiting.count == 64 else { return }
            waiting.withUnsafeBytes { Self.compress($0, &state, &schedule) }
            waiting.removeAll(keepingCapacity: true)
        }
        while rest.count >= 64 {
            Self.compress(UnsafeRawBufferPointer(rebasing: rest.prefix(64)), &state, &schedule)
            rest = rest.dropFirst(64)
        }
        waiting.append(contentsOf: rest)
    }

    /// The sum of all bytes, in hexadecimal.
    public consuming func finish() -> String {
        let bits = length &<< 3
        let zeros = (119 - Int(length % 64)) % 64
        let end =
            [0x80] + [UInt8](repeating: 0, count: zeros)
            + (0..<8).map { UInt8(truncatingIfNeeded: bits &>> UInt64(56 - 8 * $0)) }
        end.withUnsafeBytes { update($0) }
        return state.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    private static func compress(
        _ block: UnsafeRawBufferPointer, _ state: inout [UInt32], _ schedule: inout [UInt32]
    ) {
        state.withUnsafeMutableBufferPointer { state in
            schedule.withUnsafeMutableBufferPointer { schedule in
                constants.withUnsafeBufferPointer { constants in
                    compress(block, state, schedule, constants)
                }
            }
        }
    }

    private static func compress(
        _ block: UnsafeRawBufferPointer, _ state: UnsafeMutableBufferPointer<UInt32>,
        _ schedule: UnsafeMutableBufferPointer<UInt32>, _ constants: UnsafeBufferPointer<UInt32>
    ) {
        func turned(_ word: UInt32, _ places: UInt32) -> UInt32 {
            word &>> places | word &<< (32 &- places)
        }
        for index in 0..<16 {
            schedule[index] = UInt32(
                bigEndian: block.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        }
        for index in 16..<64 {
            let (near, far) = (schedule[index - 2], schedule[index - 15])
            let first = turned(far, 7) ^ turned(far, 18) ^ far &>> 3
            let second = turned(near, 17) ^ turned(near, 19) ^ near &>> 10
            schedule[index] = schedule[index - 16] &+ first &+ schedule[index - 7] &+ second
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let mixed = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
            let chosen = e & f ^ ~e & g
            let first = h &+ mixed &+ chosen &+ constants[index] &+ schedule[index]
            let other = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)
            let second = other &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e) = (g, f, e, d &+ first)
            (d, c, b, a) = (c, b, a, first &+ second)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() {
            state[index] = state[index] &+ word
        }
    }

    private static let constants: [UInt32] = {
        // The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 64 {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { prime in
            // The cube root of prime × 2^96, by bisection; below 7 × 2^32, so that its cube fits 128 bits.
            var (low, high) = (UInt64(1) << 32, UInt64(7) << 32)
            while high - low > 1 {
                let middle = low + (high - low) / 2
                let square = middle.multipliedFullWidth(by: middle)
                let upper = square.high * middle
                let (carry, _) = square.low.multipliedFullWidth(by: middle)
                if upper + carry < prime << 32 { low = middle } else { high = middle }
            }
            return UInt32(truncatingIfNeeded: low)
        }
    }()
}
