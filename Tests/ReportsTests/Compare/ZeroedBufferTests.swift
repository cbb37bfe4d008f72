import Operations
import Statistics
import Testing
import Traces

@testable import Experiments

/// What a driver zeroes with `dc zva` it has written, whatever a strategy does about its caches.
@Suite("Strategies: buffers that are zeroed")
struct ZeroedBufferTests {
    private static let passes: UInt64 = 3

    private static func text(_ store: String, room: Int = 256) -> String {
        """
        staleline 1
        kernel 6.12
        device dma0 noncoherent
        buffer tx 0x10000000 \(room)
        repeat \(passes)
          \(store)
          writel dma0 = 1
          dma0: rd tx 256
          wait dma0
        end

        """
    }

    @Test("They are maintained as buffers that are stored to, by every strategy that maintains")
    func maintained() throws {
        let strategies: [Strategy] = [.coherent, .streaming, .streamingSync, .partialSync, .bounce]
        let zeroed = try Compare.run(
            Sample.setup(Self.text("dc zva tx 256"), machine: "rpi3"), strategies: strategies)
        let stored = try Compare.run(
            Sample.setup(Self.text("st tx 256 by 8"), machine: "rpi3"), strategies: strategies)
        for strategy in strategies {
            let (zeros, stores) = (
                try #require(zeroed[strategy]), try #require(stored[strategy])
            )
            #expect(zeros.isCorrect && stores.isCorrect, "\(strategy)")
            #expect(
                zeros.count(.level1Maintenance) == stores.count(.level1Maintenance), "\(strategy)")
        }
        // Four lines of 64 bytes, cleaned for each transfer.
        #expect(zeroed[.partialSync]?.count(.level1Maintenance) ?? 0 >= 4 * Self.passes)
        // Zeros are written line by line where the buffer is cached, and nothing else is stored there.
        #expect(zeroed[.streaming]?.count(.level1DataWrites) == 4 * Self.passes)
    }

    @Test("A part of a buffer is zeroed in whole lines, which a partial sync takes with it")
    func parts() throws {
        let comparison = try Compare.run(
            Sample.setup(Self.text("dc zva tx+40 64"), machine: "rpi3"), strategies: [.partialSync])
        let result = try #require(comparison[.partialSync])
        #expect(result.isCorrect, "\(result.findings.map(\.detail))")
        #expect(result.count(.level1Maintenance) >= 2 * Self.passes)
    }

    @Test("In memory on the chip they are zeroed there, and longer with longer transfers")
    func moved() throws {
        func zeros(_ setup: Setup) -> [Maintenance] {
            setup.program.statements.compactMap {
                guard case .operation(_, .maintenance(let item)) = $0.body,
                    item.instruction == .dcZVA
                else { return nil }
                return item
            }
        }
        let own = try Sample.setup(Self.text("dc zva tx 256", room: 1_024), machine: "zynqmp")
        #expect(zeros(own).map(\.bytes) == [256])
        let larger = try own.shaped(WorkloadShape(size: 512))
        #expect(zeros(larger).map(\.bytes) == [512])
        let device = larger.program.statements.compactMap { statement -> UInt64? in
            guard case .operation(_, .device(let work)) = statement.body else { return nil }
            return work.start.address.rawValue
        }
        #expect(zeros(larger).map(\.start.address.rawValue) == device)
        let comparison = try Compare.run(own, strategies: [.onChip])
        let chip = try #require(comparison[.onChip])
        #expect(chip.isCorrect)
        let memory = try #require(own.machine.memory.onChip.first)
        let placed = zeros(chip.check.setup).map(\.start.address.rawValue)
        #expect(
            placed.count == 1
                && placed.allSatisfy { $0 >= memory.start && $0 - memory.start < memory.size })
    }
}
