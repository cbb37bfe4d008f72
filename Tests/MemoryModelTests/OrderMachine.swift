import Operations
import Testing

@testable import MemoryModel

/// Machines on which every operation takes effect where a schedule says.
enum OrderMachine {
    /// One level, no store buffer, two lines of cache more than a case needs.
    static func small(cores: Int = 4) throws -> MachineConfiguration {
        var configuration = try TestMachine.make {
            $0.cores = cores
            $0.level1 = CacheConfiguration(size: 256, ways: 4, lineSize: 32)
            $0.instructions = nil
            $0.level2 = nil
        }
        configuration.storeBuffer = nil
        return configuration
    }

    /// Every kind of machine on which coherent memory must be the same.
    ///
    /// Caches of one line replace all the time; stores that do not allocate go past L1; an outer cache has a
    /// store buffer of its own.
    static func all() throws -> [MachineConfiguration] {
        let tiny = try TestMachine.make {
            $0.cores = 4
            $0.level1 = CacheConfiguration(size: 32, ways: 1, lineSize: 32)
            $0.instructions = nil
            $0.level2 = CacheConfiguration(size: 64, ways: 1, lineSize: 64)
        }
        let passing = try TestMachine.make {
            $0.cores = 4
            $0.level1 = CacheConfiguration(
                size: 256, ways: 4, lineSize: 32, writeAllocates: false)
            $0.instructions = nil
            $0.level2 = CacheConfiguration(
                size: 1_024, ways: 4, lineSize: 32, writeAllocates: false)
        }
        let outer = try TestMachine.make {
            $0.cores = 4
            $0.level1 = CacheConfiguration(size: 256, ways: 4, lineSize: 32)
            $0.instructions = nil
            $0.level2 = CacheConfiguration(size: 1_024, ways: 4, lineSize: 32)
            $0.hasOuter = true
        }
        return [try small(), try large(), tiny, passing, outer]
    }

    /// Two levels and a store buffer that is drained after each operation.
    static func large(cores: Int = 4) throws -> MachineConfiguration {
        try TestMachine.make {
            $0.cores = cores
            $0.level1 = CacheConfiguration(size: 256, ways: 4, lineSize: 32)
            $0.instructions = nil
            $0.level2 = CacheConfiguration(size: 1_024, ways: 4, lineSize: 64)
        }
    }
}

/// Expects exactly the outcomes of the table.
func expect(
    _ litmus: Litmus, _ configuration: MachineConfiguration, holds: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let run = try LitmusRun(litmus, configuration, holds: holds)
    let missing = litmus.allowed.subtracting(run.outcomes).sorted()
    let excess = run.outcomes.subtracting(litmus.allowed).sorted()
    #expect(
        missing.isEmpty && excess.isEmpty && run.faults.isEmpty && run.exploration.isExhaustive,
        """
        \(litmus.name): not reached \(missing), not allowed \(excess), \(run.faults.sorted()), \
        \(run.exploration) (\(litmus.source))
        """,
        sourceLocation: sourceLocation)
}

/// Holds cases with devices to every machine that differs for devices.
func expectOfDevices(_ cases: [Litmus]) throws {
    let machines =
        [try OrderMachine.small(), try OrderMachine.large()]
        + OrderVariantTests.forDevices.map(\.configuration)
    for machine in machines {
        for litmus in cases { try expect(litmus, machine) }
    }
}

/// The program of the one device of a case.
func device(
    _ operations: [Operation], domain: Barrier.Domain? = nil, isCoherent: Bool = false
) -> AgentProgram {
    AgentProgram(.device(0), operations, domain: domain, isCoherent: isCoherent)
}
