import Experiments
import Foundation
import Operations
import Reports
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Workloads of other sizes, crossovers, charts.
@Suite("Sweeps")
struct SweepTests {
    private static let pair: [Strategy] = [.coherent, .streaming]

    private func setup(_ text: String, _ machine: String = "zynq7000") throws -> Setup {
        try Sample.setup(text, machine: machine)
    }

    /// Bytes that devices move and cores load and store, of each operation of a program.
    private func lengths(_ setup: Setup) -> [UInt64] {
        setup.program.statements.compactMap { statement in
            guard case .operation(_, let operation) = statement.body else { return nil }
            return switch operation {
            case .device(let work): work.bytes
            case .run(let run): run.bytes
            case .copy(let copy): copy.bytes
            default: nil
            }
        }
    }

    @Test("Transfers and what is done with most of them grow together; headers stay")
    func resizing() throws {
        let text = """
            staleline 1
            kernel 6.12
            device eth0 noncoherent
            buffer rx0 0x10000000 2K
            buffer rx1 0x10000800 2K
            buffer reader 0x14000000 4K
            repeat 4
              ring eth0
              eth0: wr rx0 1024
              eth0: wr rx1 256
              wait eth0
              ld rx0 54 by 4
              copy reader rx0 1024 by 4
              ld rx1+16 128 by 4
            end

            """
        let own = try setup(text)
        #expect(lengths(try own.shaped(WorkloadShape())) == [1_024, 256, 54, 1_024, 128])
        let larger = try own.shaped(WorkloadShape(size: 65_536))
        #expect(lengths(larger) == [65_536, 16_384, 54, 65_536, 8_192])
        let smaller = try own.shaped(WorkloadShape(size: 128))
        #expect(lengths(smaller) == [128, 32, 54, 128, 16])
        let touched = try own.shaped(WorkloadShape(size: 4_096, touched: 100))
        #expect(lengths(touched) == [4_096, 1_024, 54, 100, 100])
        // Nothing overlaps, and all strategies that were right still are.
        for shaped in [larger, smaller, touched] {
            let comparison = try Compare.run(
                shaped.shaped(WorkloadShape(passes: 1)), strategies: [.streaming, .partialSync])
            #expect(comparison.ranked.count == 2)
        }
    }

    @Test("Transfers that share a buffer keep their order and stay apart")
    func shared() throws {
        let text = """
            staleline 1
            kernel 6.12
            device usb0 noncoherent
            buffer request 0x10000000 4K
            repeat 2
              ring usb0
              usb0: wr request 417
              usb0: wr request+1024 417
              usb0: wr request+2048 417
              wait usb0
              ld request 417 by 4
              ld request+1024 417 by 4
              ld request+2060 405 by 4
            end

            """
        for size: UInt64 in [16, 100, 417, 3_000, 40_000] {
            let shaped = try setup(text).shaped(WorkloadShape(size: size))
            let places = shaped.program.statements.compactMap { statement -> Range<UInt64>? in
                guard case .operation(_, .device(let work)) = statement.body else { return nil }
                let start = work.start.address.rawValue
                return start..<start + work.bytes
            }
            #expect(places.map(\.count) == [Int(size), Int(size), Int(size)])
            #expect(zip(places, places.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        }
    }

    @Test("What cannot be resized is refused with its line")
    func refused() throws {
        let text = """
            staleline 1
            kernel 6.12
            device dma0 noncoherent
            buffer a 0x10000000 64K
            ring dma0
            dma0: wr a 64 rows 4 pitch 1K
            wait dma0

            """
        let setup = try setup(text)
        #expect {
            _ = try setup.shaped(WorkloadShape(size: 128))
        } throws: {
            "\($0)".contains("sample.slt:6")
        }
    }

    @Test("Below a crossover the one is faster, and above it the other")
    func crossover() async throws {
        let setup = try setup(Workload.receive(bytes: 256, room: 256, touched: 256))
        let sweep = try await Compare.sweep(
            setup, over: SweepAxis(.size, values: [16, 64, 256, 1_024]), strategies: Self.pair,
            jobs: 2)
        let crossover = try #require(sweep.crossovers.first)
        #expect(sweep.crossovers.count == 1)
        #expect(crossover.below == .coherent && crossover.above == .streaming)
        #expect(
            crossover.after < crossover.at && crossover.at - crossover.after <= crossover.at / 16)
        for (value, best) in [
            (crossover.after, Strategy.coherent), (crossover.at, Strategy.streaming),
        ] {
            let result = try Compare.run(
                setup.shaped(WorkloadShape(size: value)), strategies: Self.pair)
            #expect(result.recommended?.strategy == best, "\(value)")
        }
    }

    @Test("The less a core reads of a transfer, the better uncached memory is")
    func touched() async throws {
        let setup = try setup(Workload.receive(bytes: 2_048, room: 2_048, touched: 2_048))
        let sweep = try await Compare.sweep(
            setup, over: SweepAxis(.touched, values: [16, 2_048]), strategies: Self.pair, jobs: 1)
        #expect(sweep.points.first?.comparison.recommended?.strategy == .coherent)
        #expect(sweep.points.last?.comparison.recommended?.strategy == .streaming)
        let at = try #require(sweep.crossovers.first?.at)
        #expect(SweepReport(sweep).conclusion.contains("streaming from about"))
        #expect(at > 16 && at < 2_048)
    }

    @Test("What is left out is told with each reason and where it holds")
    func leftOut() async throws {
        let setup = try setup(Workload.receive(bytes: 256, room: 256, touched: 16, passes: 1))
        let sweep = try await Compare.sweep(
            setup, over: SweepAxis(.size, values: [256, 512 << 10, 1 << 20]),
            strategies: [.streaming, .onChip], jobs: 2)
        let lines = SweepReport(sweep).text.split(separator: "\n")
        #expect(
            lines.contains(
                "on-chip: left out at 512K: OCM has 262144 bytes, and the buffers need 524288; "
                    + "at 1M: OCM has 262144 bytes, and the buffers need 1048576"))
    }

    @Test("Reports, charts and pages say the same, and are well formed")
    func reports() async throws {
        let setup = try setup(Workload.receive(bytes: 256, room: 256, touched: 256))
        let sweep = try await Compare.sweep(
            setup, over: SweepAxis(.size, values: [16, 64, 512]), strategies: Self.pair, jobs: 2)
        let report = SweepReport(sweep)
        let document = try Document(report.json)
        #expect(document["schema"]?.string == "staleline.compare-sweep/1")
        #expect(document["points"]?.list?.count == 3)
        #expect(document["points.0.comparison.schema"]?.string == "staleline.compare/1")
        #expect(document["crossovers.0.at"]?.count != nil)
        #expect(report.text.contains(report.conclusion))
        let comparison = CompareReport(try Compare.run(setup))
        let several = MachinesCompareReport([
            try Compare.run(setup, strategies: Self.pair),
            try Compare.run(
                self.setup(Workload.receive(bytes: 64, room: 64, touched: 64), "rpi4"),
                strategies: Self.pair),
        ])
        let machines = try Document(several.json)
        #expect(machines["schema"]?.string == "staleline.compare-machines/1")
        #expect(machines["machines.1.machine"]?.string == "rpi4")
        for picture in [report.svg, comparison.svg] {
            #expect(XMLParser(data: Data(picture.utf8)).parse())
        }
        for page in [report.html, comparison.html, several.html] {
            #expect(page.hasPrefix("<!DOCTYPE html>"))
            // One file: nothing is loaded from elsewhere.
            #expect(!page.contains("<script") && !page.contains("<link") && !page.contains(" src="))
            #expect(page.contains("<svg"))
        }
        #expect(comparison.html.contains(SVGText.escaped(comparison.conclusion)))
    }
}

/// Text as XML has it.
private enum SVGText {
    static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(
            of: "<", with: "&lt;"
        )
        .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
    }
}
