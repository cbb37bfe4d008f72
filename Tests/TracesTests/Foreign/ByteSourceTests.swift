import Glibc
import Testing

@testable import Traces

@Suite("Byte source")
struct ByteSourceTests {
    // Longer than any buffer of the decompressors, and not too regular.
    private static let plain: [UInt8] = (0..<300_000).map {
        UInt8(truncatingIfNeeded: $0 &* $0 >> 7)
    }
    private static let short = Array("r 40800930 4\nw 40800934 4\n".utf8)

    @Test("compression is recognised by content, up to twice", arguments: [1000, 1 << 20])
    func layers(chunk: Int) throws {
        let plain = Self.plain
        for bytes in [
            plain, gzip(plain), zstd(plain), gzip(gzip(plain)), gzip(zstd(plain)),
            zstd(gzip(plain)), zstd(zstd(plain)), xz(plain), lz4(plain), gzip(xz(plain)),
            lz4(gzip(plain)), xz(lz4(plain)),
        ] {
            #expect(try content(bytes, chunk: chunk) == plain)
        }
        let source = try ByteSource(bytes: zstd(gzip(plain)), file: "t")
        #expect(source.compression == [.zstd, .gzip])
        let error = #expect(throws: TraceErrors.self) { try content(gzip(gzip(gzip(plain)))) }
        #expect(error?.errors.first?.found == "data compressed more than 2 times")
    }

    @Test("members and frames may follow one another", arguments: 1...40)
    func concatenated(chunk: Int) throws {
        let twice = Self.short + Self.short
        #expect(try content(gzip(Self.short) + gzip(Self.short), chunk: chunk) == twice)
        #expect(try content(zstd(Self.short) + zstd(Self.short), chunk: chunk) == twice)
        #expect(try content(xz(Self.short) + xz(Self.short), chunk: chunk) == twice)
        #expect(try content(lz4(Self.short) + lz4(Self.short), chunk: chunk) == twice)
        #expect(try content(xz([]) + xz(Self.short), chunk: chunk) == Self.short)
        #expect(try content(lz4([]) + lz4(Self.short), chunk: chunk) == Self.short)
        #expect(try content(gzip([]) + gzip(Self.short), chunk: chunk) == Self.short)
        #expect(try content(zstd([]) + zstd(Self.short), chunk: chunk) == Self.short)
        // A skippable frame of 3 bytes in front, as pzstd writes.
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
        #expect(try content(skippable + zstd(Self.short), chunk: chunk) == Self.short)
    }

    @Test("a truncated file is never the end", arguments: [1, 7, 1 << 20])
    func truncated(chunk: Int) {
        for whole in [gzip(Self.short), zstd(Self.short), xz(Self.short), lz4(Self.short)] {
            for count in 6..<whole.count {
                let error = #expect(throws: TraceErrors.self) {
                    try content(Array(whole[..<count]), chunk: chunk)
                }
                #expect(error?.errors.first?.byte == UInt64(count))
                #expect(error?.errors.first?.found.hasPrefix("the end of the file inside") == true)
            }
        }
    }

    @Test("a large truncated file gives its records first, then the error")
    func truncatedLate() throws {
        let text = Array(String(repeating: "r 40800930 4\nw 12345 8\n", count: 100_000).utf8)
        for whole in [gzip(text), zstd(text), xz(text), lz4(text)] {
            let result = reading(Array(whole.dropLast(3)), .extendedDin)
            #expect(result.faults.count == 1)
            #expect(result.faults.first?.byte == UInt64(whole.count - 3))
            #expect(result.accesses.count > 100_000)
        }
    }

    @Test("damage is found, wherever it is")
    func damaged() {
        for whole in [gzip(Self.short), zstd(Self.short), xz(Self.short), lz4(Self.short)] {
            for place in whole.indices {
                var bytes = whole
                bytes[place] ^= 0x41
                // Damaged magic: no longer compressed. Damaged time stamp: harmless. All else: an error.
                guard let result = try? content(bytes) else { continue }
                #expect(result == Self.short || result == bytes, "byte \(place)")
            }
        }
    }

    @Test("other bytes behind compressed data are an error with its place")
    func garbage() {
        let packed = gzip(Self.short)
        let error = #expect(throws: TraceErrors.self) { try content(packed + [1, 2, 3]) }
        #expect(error?.errors.first?.found == "other bytes after gzip data")
        #expect(error?.errors.first?.byte == UInt64(packed.count))
        #expect(throws: TraceErrors.self) { try content(zstd(Self.short) + [1, 2, 3, 4]) }
        #expect(throws: TraceErrors.self) { try content(xz(Self.short) + [1, 2, 3, 4]) }
        #expect(throws: TraceErrors.self) { try content(lz4(Self.short) + [1, 2, 3, 4]) }
    }

    /// Where the blocks of a zstd frame begin, with their headers (RFC 8878, 3.1.1).
    private func blocks(of frame: [UInt8]) -> [Int] {
        let descriptor = frame[4]
        let isSingle = descriptor >> 5 & 1 == 1
        var place = 5 + (isSingle ? 0 : 1) + [isSingle ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
        var places: [Int] = []
        while true {
            places.append(place)
            let header =
                Int(frame[place]) | Int(frame[place + 1]) << 8 | Int(frame[place + 2]) << 16
            place += 3 + (header >> 1 & 3 == 1 ? 1 : header >> 3)
            if header & 1 == 1 { return places }
        }
    }

    @Test(
        "damaged zstd data are named by their block, behind all that comes before",
        arguments: [1, 4])
    func damagedBlock(_ count: Int) throws {
        let line = Array("r 40800930 4\nw 12345 8\nr 77 2\n".utf8)
        let text = (0..<count * 100_000).map { line[$0 * $0 / 977 % line.count] }
        let frame = zstd(text)
        let places = blocks(of: frame)
        try #require(places.count >= count)
        for (block, place) in places.enumerated() {
            // The sizes of its parts, behind its header, are no sizes any more.
            var bytes = frame
            for byte in place + 3..<place + 11 { bytes[byte] = 0xFF }
            for chunk in [1 << 20, 61] {
                var read = 0
                var buffer = [UInt8](repeating: 0, count: 5_000)
                let error = #expect(throws: TraceErrors.self) {
                    let source = try ByteSource(bytes: bytes, file: "t", chunkSize: chunk)
                    while true {
                        let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
                        if count == 0 { return }
                        read += count
                    }
                }
                #expect(
                    error?.errors.first?.byte == UInt64(block == 0 ? 0 : place), "block \(block)")
                // A block has 128 KiB, but for the last.
                #expect(read == block << 17, "block \(block)")
            }
        }
        var bytes = frame
        bytes[frame.count - 1] ^= 1
        let error = #expect(throws: TraceErrors.self) { try content(bytes) }
        #expect(error?.errors.first?.byte == UInt64(frame.count - 4))
    }

    @Test("a zstd frame cannot claim a window of 2 GiB")
    func hostileWindow() {
        // Magic, frame header without sizes, window 2^31, a raw last block of one byte.
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x09, 0, 0, 0x41]
        let error = #expect(throws: TraceErrors.self) { try content(frame) }
        #expect(error?.errors.first?.found.contains("too much memory") == true)
        // The same with 2^27 is permitted.
        var permitted = frame
        permitted[5] = 17 << 3
        #expect((try? content(permitted)) == [0x41])
    }

    @Test("missing files and directories say so")
    func unreadable() {
        let missing = #expect(throws: TraceErrors.self) { try ByteSource(path: "/nowhere/x") }
        #expect(missing?.errors.first?.file == "/nowhere/x")
        #expect(
            missing?.errors.first?.found == "no way to read it (No such file or directory)")
        let folder = #expect(throws: TraceErrors.self) { try ByteSource(path: "/") }
        #expect(folder?.errors.first?.found == "no way to read it (Is a directory)")
    }

    @Test("a pipe is read as a file is")
    func pipes() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let packed = zstd(Self.short)
        #expect(write(ends[1], packed, packed.count) == packed.count)
        close(ends[1])
        defer { close(ends[0]) }
        let source = try ByteSource(path: "/dev/fd/\(ends[0])")
        #expect(try source.readAll(limit: 1000) == Self.short)
    }

    @Test("a prefix takes nothing; readAll has a limit")
    func prefixes() throws {
        let source = try ByteSource(bytes: gzip(Self.short), file: "t", chunkSize: 3)
        #expect(try source.prefix(5) == Array(Self.short.prefix(5)))
        #expect(try source.prefix(1000) == Self.short)
        #expect(try source.readAll(limit: Self.short.count) == Self.short)
        #expect(throws: TraceErrors.self) {
            try ByteSource(bytes: Self.short, file: "t").readAll(limit: Self.short.count - 1)
        }
    }
}
