import Experiments
import MemoryModel
import Quantities
import Reports
import Testing

@testable import Machines

/// Comparisons as a whole: sums, order, what is wrong where, what is found out.
@Suite("Comparisons")
struct CompareTests {
    private func setup(
        _ text: String = Workload.receive(bytes: 1_514, room: 2_048, touched: 1_514),
        _ machine: String = "zynq7000"
    ) throws -> Setup {
        try Sample.setup(text, machine: machine)
    }

    @Test("Cost by cause sums to the whole", arguments: ["zynq7000", "am335x", "rpi4", "kirkwood"])
    func sums(_ machine: String) throws {
        let comparison = try Compare.run(
            setup(Workload.receive(bytes: 600, room: 1_024, touched: 600), machine))
        #expect(comparison.results.count > 8)
        for result in comparison.results {
            let sum = result.causes.reduce(Ticks.zero) { $0 + $1.time }
            let wait = result.causes.first { $0.cause == .wait }?.time ?? .zero
            #expect(sum == result.cpu + wait, "\(result.strategy)")
            // With one core at work its time is what elapses.
            #expect(sum == result.elapsed, "\(result.strategy)")
        }
    }

    @Test("An allocation that is mapped for user space has there what the strategy has it as")
    func secondMappings() throws {
        func comparison(_ user: String, _ map: String) throws -> [Strategy: StrategyResult] {
            let text = """
                staleline 1
                kernel 6.12
                device dma0 noncoherent
                C = dma_alloc_coherent dma0 0x10000000 8192
                \(map)
                repeat 4
                st \(user) 2048 by 8
                writel dma0 = 1
                dma0: rd 0x10000000 2048
                wait dma0
                end
                dma_free_coherent C

                """
            let results = try Compare.run(setup(text)).results
            return Dictionary(uniqueKeysWithValues: results.map { ($0.strategy, $0) })
        }
        let direct = try comparison("0x10000000", "")
        let mapped = try comparison("0x50000000", "dma_mmap_coherent C 0x50000000")
        for (strategy, result) in mapped {
            #expect(result.isCorrect, "\(strategy)")
            // Not where it is cached: two addresses of one line are another way through the caches.
            let uncached: [Strategy] = [.coherent, .writeCombine, .stronglyOrdered, .onChip]
            guard uncached.contains(strategy) else { continue }
            // The call itself is work.
            let causes = try #require(direct[strategy]).causes.filter { $0.cause != .work }
            #expect(
                result.causes.filter { $0.cause != .work }.map(\.time) == causes.map(\.time),
                "\(strategy)")
        }
        #expect(
            mapped[.stronglyOrdered].map { $0.cpu } ?? .zero > mapped[.coherent].map { $0.cpu }
                ?? .zero)
        #expect(mapped.count > 12)
    }

    @Test("The result is the same however many run at once")
    func jobs() async throws {
        let setup = try setup()
        let alone = CompareReport(try Compare.run(setup)).json.text
        for jobs in [1, 2, 5] {
            let result = try await Compare.run(setup, jobs: jobs)
            #expect(CompareReport(result).json.text == alone)
        }
    }

    @Test("The correct ones come first, by elapsed time or by the core's")
    func order() throws {
        // What the core reads slowly it reads while the device is at work; what it maintains it maintains before.
        let text = """
            staleline 1
            kernel 6.12
            region table 0x18000000 32K nc
            device dma0 noncoherent
            buffer data 0x10000000 512
            ring dma0
            dma0: wr data 512
            wait dma0
            ring dma0
            dma0: rd table 32K
            ld data 512 by 4
            wait dma0

            """
        let comparison = try Compare.run(setup(text))
        let elapsed = comparison.ranked.map(\.elapsed)
        #expect(elapsed == elapsed.sorted())
        #expect(comparison.results.last?.isCorrect == false)
        /// The strategies of the first table, from the top.
        func table(_ order: ComparisonOrder) -> [String] {
            let lines = CompareReport(comparison, by: order).text
                .split(separator: "\n", omittingEmptySubsequences: false)
            return lines.drop { !$0.hasPrefix("---") }.dropFirst().prefix { !$0.isEmpty }
                .map { $0.components(separatedBy: "  ")[0] }
                .map { String($0.prefix { $0 != " " }) }
        }
        func names(_ results: [StrategyResult]) -> [String] { results.map(\.strategy.rawValue) }
        let wrong = comparison.results.filter { !$0.isCorrect }
        let byCPU = comparison.ranked.enumerated().sorted {
            ($0.element.cpu, $0.offset) < ($1.element.cpu, $1.offset)
        }.map(\.element)
        #expect(names(byCPU) != names(comparison.ranked))
        #expect(table(.elapsed) == names(comparison.ranked + wrong))
        #expect(Array(table(.cpu).prefix(byCPU.count)) == names(byCPU))
    }

    @Test("Of a long program one pass is varied, in proportion to what all passes take")
    func longSensitivity() async throws {
        // Many small transfers, which coherent memory is faster for, and in the first pass one large one, which it is not.
        let text = """
            staleline 1
            kernel 6.12
            device dma0 noncoherent
            buffer small 0x10000000 64
            buffer large 0x10001000 4K
            ring dma0
            dma0: wr large 4K
            wait dma0
            ld large 4K by 4
            repeat 400
              ring dma0
              dma0: wr small 4
              wait dma0
              ld small 4 by 4
            end
            repeat 262145
              work 1
            end

            """
        let comparison = try Compare.run(setup(text), strategies: [.streaming, .coherent])
        let ranked = comparison.ranked
        #expect(ranked.first?.strategy == .coherent)
        let margin =
            (ranked.last?.elapsed.nanoseconds ?? 0) / (ranked.first?.elapsed.nanoseconds ?? 1)
        #expect(margin > 1.02)
        // An error smaller than the margin does not turn the order round, whatever number has it.
        let found = try await Compare.sensitivity(of: comparison) { _ in
            NumberError(factor: 1.001, basis: "a guess")
        }
        #expect(found?.rivals == [.streaming])
        #expect(found?.flips == [])
    }

    @Test("A port whose attributes do not ask for the caches is found out")
    func wrongAttributes() throws {
        let text = """
            staleline 1
            kernel 6.12
            device fft0 port ACP coherent axuser 0
            buffer out 0x10000000 512
            ld out 512 by 4
            ring fft0
            fft0: wr out 512
            wait fft0
            ld out 512 by 4

            """
        let comparison = try Compare.run(setup(text), strategies: [.asWritten, .coherentPort])
        #expect(comparison[.asWritten]?.findings.contains { $0.code == .h28 } == true)
        // The strategy sets them.
        #expect(comparison[.coherentPort]?.isCorrect == true)
    }

    @Test("No sync on arm64, and set and way on several cores, are wrong as they are written")
    func wrongAsWritten() throws {
        let unsynced = try Compare.run(
            setup(Workload.receive(bytes: 512, room: 512, touched: 512), "rpi4"),
            strategies: [.asWritten, .streaming])
        #expect(unsynced[.asWritten]?.isCorrect == false)
        #expect(unsynced[.streaming]?.isCorrect == true)
        let bySetWay = """
            staleline 1
            device dma0 noncoherent
            buffer out 0x10000000 512
            st out 512 by 4
            dc csw
            dsb
            ring dma0
            dma0: rd out 512
            wait dma0

            """
        let swept = try Compare.run(setup(bySetWay, "rpi4"), strategies: [.asWritten])
        #expect(swept[.asWritten]?.findings.contains { $0.code == .h37 } == true)
    }

    @Test("The length up to which copying pays is found, and holds against its neighbours")
    func copyBreak() throws {
        let text = """
            staleline 1
            kernel 6.12
            device spi0 noncoherent
            buffer command 0x10000000 64
            buffer block 0x10001000 4K
            repeat 4
              st command 8 by 4
              ring spi0
              spi0: rd command 8
              spi0: wr block 4K
              wait spi0
              ld block 4K by 4
            end

            """
        let comparison = try Compare.run(
            setup(text), strategies: [.copyBreak, .streaming, .bounce])
        let result = try #require(comparison[.copyBreak])
        #expect(result.copyBreak == 8)
        #expect(result.isCorrect)
        #expect(result.elapsed < comparison[.streaming]?.elapsed ?? .zero)
        #expect(result.elapsed < comparison[.bounce]?.elapsed ?? .zero)
    }

    @Test("What a victim pays is told, against what it costs where nothing else happens")
    func pollution() throws {
        let text = """
            staleline 1
            kernel 6.12
            device dma0 noncoherent
            buffer data 0x10000000 64K
            buffer work 0x14000000 16K
            ld work 16K by 4 step 32
            repeat 2
              ring dma0
              dma0: wr data 64K
              wait dma0
              ld data 64K by 4 step 32
              span victim
                ld work 16K by 4 step 32
              end
            end

            """
        let comparison = try Compare.run(
            setup(text), strategies: [.coherent, .streaming])
        let alone = try #require(comparison.victimAlone)
        let uncached = try #require(comparison[.coherent]?.victim)
        let cached = try #require(comparison[.streaming]?.victim)
        // Uncached data leaves the caches alone; 64 KiB of cached data push 16 KiB out of 32 KiB.
        #expect(uncached.misses < alone.misses)
        #expect(cached.misses > uncached.misses + 300)
        #expect(cached.time > uncached.time)
        #expect(CompareReport(comparison).text.contains("pollution"))
    }

    @Test("A turn is one: on either side of it another strategy is faster")
    func sensitivity() async throws {
        let description = try Sample.machine("zynq7000")
        let comparison = try Compare.run(
            setup(Workload.receive(bytes: 256, room: 256, touched: 128)),
            strategies: [.streaming, .coherent])
        let found = try await Compare.sensitivity(of: comparison) { _ in
            NumberError(factor: 16, basis: "a guess")
        }
        let sensitivity = try #require(found)
        let flip = try #require(sensitivity.flips.first { $0.path == "memory.latency_ns" })
        #expect(flip.winner != sensitivity.best)
        for (value, winner) in [
            (flip.value, sensitivity.best), (flip.turn, flip.winner),
        ] {
            let machine = try MachineDescription.parse(
                yaml: description.effectiveYAML(), file: "zynq7000",
                overrides: [("memory.latency_ns", "\((value * 1_000).rounded() / 1_000)")])
            let again = try Compare.run(
                Setup(
                    comparison.setup.program, file: "t", machine: machine.configuration),
                strategies: [.streaming, .coherent])
            #expect(again.recommended?.strategy == winner, "\(value)")
        }
        // What is known is not varied.
        let known = try await Compare.sensitivity(of: comparison) { description.error(of: $0) }
        #expect(known?.varied.contains("memory.latency_ns") == true)
        #expect(known?.varied.contains("memory.on_chip.OCM.size") == false)
    }
}
