import Operations
import Testing

@testable import Experiments

/// What strategies keep of a driver's settings, and how the length is chosen up to which packets are copied.
@Suite("Strategies: settings and lengths")
struct StrategySettingTests {
    @Test("A mask that the driver sets is the device's under every strategy")
    func masks() throws {
        let text = """
            staleline 1
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 2K
            dma_set_mask_and_coherent dma0 30
            repeat 2
              ring dma0
              dma0: wr rx 1024
              wait dma0
              ld rx 1024 by 8
            end

            """
        let comparison = try Compare.run(
            Sample.setup(text, machine: "rpi3"),
            strategies: [.coherent, .streaming, .bounceSwiotlb])
        for strategy in [Strategy.coherent, .streaming, .bounceSwiotlb] {
            let result = try #require(comparison[strategy])
            #expect(result.isCorrect)
            #expect(result.check.setup.program.devices.map(\.maskBits) == [30], "\(strategy)")
        }
        // A mask that could not be set changes nothing.
        let failed = try Compare.run(
            Sample.setup(text.replacing("dma0 30", with: "dma0 30 fails"), machine: "rpi3"),
            strategies: [.streaming])
        #expect(failed[.streaming]?.check.setup.program.devices.map(\.maskBits) == [nil])
    }

    @Test("What holds descriptors is uncached where there is no allocator, too")
    func allocators() throws {
        let text = """
            staleline 1
            kernel 6.12
            device eth0
            ring = dma_alloc_coherent eth0 0x24010000 4096
            buffer rx 0x24000000 512
            repeat 3
              st 0x24010000 16 by 4
              ring eth0
              eth0: fetch 0x24010000 16
              eth0: wr rx 512
              wait eth0
              ld rx 512 by 8
            end

            """
        let comparison = try Compare.run(
            Sample.setup(text, machine: "stm32h743"), strategies: [.streaming, .writeThrough])
        for strategy in [Strategy.streaming, .writeThrough] {
            let result = try #require(comparison[strategy])
            #expect(result.isCorrect, "\(result.findings.map(\.detail))")
            let uncached = result.check.setup.program.statements.contains {
                guard case .operation(_, .setMemoryType(0x2401_0000, 4_096, let type, _)) = $0.body
                else { return false }
                return type == .nonCacheable
            }
            #expect(uncached, "\(strategy)")
        }
    }

    @Test("Of many lengths eight are tried, the longest among them")
    func lengths() throws {
        let packets = (1...12).map { 64 * $0 }
        let text = """
            staleline 1
            kernel 6.12
            device eth0 noncoherent
            buffer rx 0x10000000 2K
            repeat 2
            \(packets.map { "ring eth0\neth0: wr rx \($0)\nwait eth0\nld rx \($0) by 8" }.joined(separator: "\n"))
            end

            """
        let comparison = try Compare.run(
            Sample.setup(text, machine: "rpi3"), strategies: [.streaming, .copyBreak, .bounce])
        let broken = try #require(comparison[.copyBreak])
        #expect(broken.isCorrect)
        // None and all are among the lengths, so that it is no dearer than either, but for what is set up once.
        let others = try [Strategy.streaming, .bounce].map {
            try #require(comparison[$0]).elapsed.nanoseconds
        }
        #expect(broken.elapsed.nanoseconds <= 1.05 * (others.min() ?? 0))
    }
}
