import Operations
import Quantities
import Testing

@testable import Traces

/// Damaged, cut and senseless input ends with a located error or with counted lines, never with a crash or a hang.
@Suite(.timeLimit(.minutes(60))) struct HostileRecordingTests {
    /// Samples of all formats that are read record by record.
    private static var samples: [Sample] {
        RecordingSamples.all + SampleTests.all.map { Sample($0.0, $0.1) } + [
            Sample(.lackey, "==1== hello\nI  0401ab70,3\n L 1fff000718,8\n M 0421e6a8,16\n"),
            Sample(.din, "0 40800933\n1 4\n2 ffffffff\n"),
            Sample(.extendedDin, "r 40800930 4\nw 1 1\nc 0 0\n"),
            Sample(.dineroBinary, [0, 16, 0, 0, 4, 0, 1, 0]),
            Sample(
                .kernelLog,
                "  ip-164  [000] d....  4.192714: dma_map_page: x dir=TO_DEVICE dma_addr=10 size=20 "
                    + "phys_addr=10 attrs=\n"),
        ]
    }

    /// Reads everything that a format gives.
    ///
    /// - Returns: what there was of it, and whether it ended with an error that has a place.
    private func read(_ bytes: [UInt8], _ format: TraceFormat, _ chunk: Int) -> (
        Int, isLocated: Bool
    ) {
        var count = 0
        do throws(TraceErrors) {
            let source = try ByteSource(bytes: bytes, file: "t", chunkSize: chunk)
            switch format.reader {
            case .recording:
                let reader = RecordingReader(source, format: format)
                while case let batch = try reader.nextBatch(), !batch.isEmpty {
                    count += batch.count
                }
            case .samples:
                count = Int(try SampleReader(source, format: format).statistics().records)
            case .log:
                let reader = KernelLogReader(source)
                while try reader.next() != nil { count += 1 }
            case .accesses:
                let reader = AccessReader(source, format: format)
                let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: 64)
                defer { block.deallocate() }
                while case let more = try reader.read(into: block), more > 0 { count += more }
            case .program: return (0, true)
            }
        } catch {
            let isLocated = error.errors.allSatisfy {
                $0.line > 0 || $0.byte != nil || $0.found.contains("no ")
                    || $0.found.contains("without")
            }
            return (
                count,
                isLocated && !error.isEmpty && error.errors.allSatisfy { !$0.expected.isEmpty }
            )
        }
        return (count, true)
    }

    @Test("every truncation", arguments: samples)
    func truncated(sample: Sample) {
        expectProcessorTime(below: 60) {
            let (format, bytes) = (sample.format, sample.bytes)
            // Long samples repeat themselves.
            for length in stride(from: 0, through: bytes.count, by: bytes.count > 600 ? 7 : 1) {
                let result = read(Array(bytes[..<length]), format, 1 << 16)
                #expect(result.isLocated, "\(format.name), \(length) bytes")
            }
        }
    }

    @Test("random bits turned and bytes replaced, removed, repeated", arguments: samples)
    func damaged(sample: Sample) {
        expectProcessorTime(below: 60) {
            let (format, bytes) = (sample.format, sample.bytes)
            let seed: UInt64 = 20_260
            var generator = SplitMix64(seed: seed)
            for round in 0..<150 {
                var copy = bytes
                for _ in 0..<Int.random(in: 1...6, using: &generator) where !copy.isEmpty {
                    let place = Int.random(in: 0..<copy.count, using: &generator)
                    switch UInt8.random(in: 0..<5, using: &generator) {
                    case 0: copy[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                    case 1: copy[place] = UInt8.random(in: 0...255, using: &generator)
                    case 2: copy.remove(at: place)
                    case 3: copy.insert(copy[place], at: place)
                    default:
                        let end = min(copy.count, place + Int.random(in: 1..<40, using: &generator))
                        copy.insert(contentsOf: copy[place..<end], at: place)
                    }
                }
                let chunk = Int.random(in: 1..<200, using: &generator)
                let result = read(copy, format, chunk)
                #expect(result.isLocated, "\(format.name), seed \(seed), round \(round)")
                // Nothing makes more than a few operations of a byte.
                #expect(result.0 <= copy.count * 8, "\(format.name), seed \(seed), round \(round)")
            }
        }
    }

    @Test("garbage of any kind", arguments: samples)
    func garbage(sample: Sample) {
        expectProcessorTime(below: 60) {
            let (format, bytes) = (sample.format, sample.bytes)
            let seed: UInt64 = 77
            var generator = SplitMix64(seed: seed)
            let alphabet = Set(bytes).sorted()
            for round in 0..<80 {
                let length = Int.random(in: 0..<600, using: &generator)
                let isOfFormat = round % 2 == 0
                let text = (0..<length).map { _ in
                    isOfFormat
                        ? alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                        : UInt8.random(in: 0...255, using: &generator)
                }
                let result = read(text, format, 1 << 16)
                #expect(result.isLocated, "\(format.name), seed \(seed), round \(round)")
            }
        }
    }

    @Test("a long line, a long file of nothing, and endless names", arguments: samples)
    func large(sample: Sample) {
        expectProcessorTime(below: 60) {
            let (format, bytes) = (sample.format, sample.bytes)
            let line = [UInt8](repeating: bytes.first ?? 0x30, count: 200_000)
            #expect(read(line, format, 1 << 16).isLocated)
            let zeros = [UInt8](repeating: 0, count: 200_000)
            #expect(read(zeros, format, 1 << 16).isLocated)
            let lines = Array(String(repeating: "\n", count: 100_000).utf8)
            #expect(read(lines, format, 1 << 16).isLocated)
            var names: [UInt8] = []
            for number in 0..<5_000 { names += Array("1 clk x\(number) y\(number)\n".utf8) }
            #expect(read(names, format, 1 << 16).isLocated)
        }
    }

    @Test("what is converted is valid, whatever was damaged")
    func converted() throws {
        try expectProcessorTime(below: 60) {
            let seed: UInt64 = 4
            var generator = SplitMix64(seed: seed)
            for sample in RecordingSamples.all {
                for round in 0..<150 {
                    var copy = sample.bytes
                    let place = Int.random(in: 0..<copy.count, using: &generator)
                    copy[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                    let reader = RecordingReader(
                        try ByteSource(bytes: copy, file: "t"), format: sample.format)
                    guard let (program, _) = try? RecordingStatements.program(reader) else {
                        continue
                    }
                    // The writer refuses what breaks a rule: only the end of the address space may.
                    do {
                        let text = try NativeWriter.write(program)
                        #expect(
                            try NativeWriter.write(NativeParser.parse(text, file: "t")) == text,
                            "\(sample.format.name), seed \(seed), round \(round)")
                    } catch let error as ProgramError {
                        #expect(
                            error.expected.contains("2^64"),
                            "\(sample.format.name), seed \(seed), round \(round): \(error)")
                    }
                }
            }
        }
    }
}
