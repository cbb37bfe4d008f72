import Foundation
import Machines
import Quantities
import Testing

@testable import Experiments
@testable import MemoryModel

/// Bits of caches, counted by hand.
@Suite("Areas of caches")
struct CacheAreaTests {
    private static func bits(
        _ size: UInt64, _ ways: Int, _ line: Int, _ policy: ReplacementPolicy,
        isWritten: Bool = true, isShared: Bool = false, granule: Int? = nil
    ) -> UInt64 {
        var cache = CacheConfiguration(
            size: size, ways: ways, lineSize: line, replacement: policy)
        cache.dirtyGranule = granule
        return CacheArea.bits(of: cache, 32, isWritten: isWritten, isShared: isShared)
    }

    @Test(
        "What a set remembers",
        arguments: [
            // 256 sets of 4 lines of 32 bytes: 256 bits, a tag of 32 - 5 - 8, valid and dirty.
            // The orders of 4 ways are 24, which takes 5 bits.
            (.lru, 5), (.fifo, 2), (.random, 0), (.treePLRU, 3), (.bitPLRU, 4),
            (.nru, 6), (.srrip, 8),
        ] as [(ReplacementPolicy, UInt64)])
    func policies(policy: ReplacementPolicy, extra: UInt64) {
        let lines: UInt64 = 4 * (256 + 19 + 2)
        #expect(Self.bits(32 << 10, 4, 32, policy) == 256 * (lines + extra))
    }

    @Test("One counter for all sets, states, granules")
    func states() {
        let plain = Self.bits(32 << 10, 4, 32, .random)
        #expect(Self.bits(32 << 10, 4, 32, .roundRobin) == plain + 2)
        #expect(Self.bits(32 << 10, 4, 32, .random, isWritten: false) == plain - 1_024)
        #expect(Self.bits(32 << 10, 4, 32, .random, isShared: true) == plain + 1_024)
        #expect(Self.bits(32 << 10, 4, 32, .random, granule: 16) == plain + 1_024)
        #expect(Self.bits(1_024, 1, 32, .lru) == 32 * (256 + 22 + 2))
    }

    @Test("The orders of up to 64 ways: the bits of the factorial")
    func orders() {
        // log2 of n! as a sum, rounded up; no factorial above 2 is a power of two.
        for ways in 1...64 {
            let exact = (1...ways).reduce(0.0) { $0 + log2(Double($1)) }
            let bits = Self.bits(UInt64(ways * 32), ways, 32, .lru)
            let order = Int(bits) - ways * (256 + 27 + 2)
            #expect(order == Int((exact - 1e-9).rounded(.up)), "\(ways) ways")
        }
    }

    @Test("A machine's caches are those of all its cores")
    func machine() throws {
        let yaml = try String(
            contentsOf: Program.root.appendingPathComponent("configs/zynq7000.yaml"),
            encoding: .utf8)
        func bits(_ overrides: [(key: String, value: String)]) throws -> UInt64 {
            CacheArea.bits(
                of: try MachineDescription.parse(
                    yaml: yaml, file: "zynq7000", overrides: overrides
                ).configuration)
        }
        let whole = try bits([])
        let data = CacheConfiguration(size: 32 << 10, ways: 4, lineSize: 32)
        let larger = CacheConfiguration(size: 64 << 10, ways: 4, lineSize: 32)
        func one(_ cache: CacheConfiguration, _ policy: ReplacementPolicy) -> UInt64 {
            var cache = cache
            cache.replacement = policy
            return CacheArea.bits(of: cache, 32, isWritten: true, isShared: true)
        }
        let lru = try bits([("l1d.replacement", "lru")])
        #expect(
            try bits([("l1d.replacement", "lru"), ("l1d.size", "64K")])
                == lru + 2 * (one(larger, .lru) - one(data, .lru)))
        #expect(whole < lru)
    }
}

/// Sums of bytes.
@Suite("SHA-256")
struct SHA256Tests {
    @Test("The examples of FIPS 180-4, and the sums that sha256sum prints")
    func examples() {
        #expect(
            SHA256.hex(of: "abc")
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            SHA256.hex(of: "")
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256.hex(of: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            SHA256.hex(of: String(repeating: "a", count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("The same in any pieces")
    func pieces() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
        func sum(_ piece: Int) -> String {
            var sum = SHA256()
            for start in stride(from: 0, to: bytes.count, by: piece) {
                bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { sum.update($0) }
            }
            return sum.finish()
        }
        let whole = sum(300)
        for piece in [1, 3, 55, 56, 63, 64, 65, 128, 299] { #expect(sum(piece) == whole) }
    }
}

/// Axes in files.
@Suite("Files of axes")
struct AxisFileTests {
    @Test("Nested keys, keys with dots, lists and ranges, in order, with places")
    func entries() throws {
        let entries = try AxisFile.parse(
            yaml: """
                # a sweep
                machine: [zynq7000, am335x]
                l1d:
                  size: 8K..64K
                  ways: [1, 2, 4..8]
                l2.replacement: lru,plru
                """, file: "axes.yaml")
        #expect(
            entries.map { "\($0.key)=\($0.values)" } == [
                "machine=zynq7000,am335x", "l1d.size=8K..64K", "l1d.ways=1,2,4..8",
                "l2.replacement=lru,plru",
            ])
        #expect(entries.map(\.place) == ["2:10", "4:9", "5:9", "6:17"].map { "axes.yaml:\($0)" })
    }

    @Test(
        "What is no file of axes is refused with its place",
        arguments: [
            ("", "axes.yaml:1:1: found nothing"), ("- 1", "axes.yaml:1:1: found a list"),
            ("l1d:\n  ways: []", "axes.yaml:2:9: l1d.ways: found a list of no"),
            ("l1d:\n  ways: [[1]]", "axes.yaml:2:9: l1d.ways: found a list of no or other"),
            ("l1d: *a", "axes.yaml:1:6: found"),
        ])
    func faults(yaml: String, message: String) {
        let faults = #expect(throws: MachineFaults.self) {
            try AxisFile.parse(yaml: yaml, file: "axes.yaml")
        }
        #expect(faults?.description.hasPrefix(message) == true, "\(faults?.description ?? "")")
    }
}
