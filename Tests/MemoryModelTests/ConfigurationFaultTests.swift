import Quantities
import Testing

@testable import MemoryModel

/// Machines that cannot be built: whoever makes one in code is told all that is wrong, key by key.
@Suite("Faults of configurations")
struct ConfigurationFaultTests {
    /// A change to a machine, and the key that is then at fault with what may stand there.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(key), \(found)" }
        var machine = "zynq7000"
        let key: String
        let found: String
        let expected: String
        let change: @Sendable (inout MachineConfiguration) -> Void

        init(
            _ key: String, _ found: String, _ expected: String, on machine: String = "zynq7000",
            _ change: @escaping @Sendable (inout MachineConfiguration) -> Void
        ) {
            self.machine = machine
            self.key = key
            self.found = found
            self.expected = expected
            self.change = change
        }
    }

    static let caches = [
        Case("l1d.line", "48", "a power of two from 4 to 1024 bytes") {
            $0.level1Data?.lineSize = 48
        },
        Case("l1d.ways", "0", "1 to 64") { $0.level1Data?.ways = 0 },
        Case("l2.ways", "65", "1 to 64") { $0.level2?.cache.ways = 65 },
        Case("l1d.replacement", "srrip with 64 ways", "at most 32 ways for srrip") {
            $0.level1Data?.ways = 64
            $0.level1Data?.replacement = .srrip
        },
        Case("l1d.linefill_buffers", "0", "1 to 64") { $0.level1Data?.linefillBuffers = 0 },
        Case("l2.eviction_buffers", "65", "1 to 64") { $0.level2?.cache.evictionBuffers = 65 },
        Case("l1d.hit_cycles", "0", "1 to 10000") { $0.level1Data?.hitCycles = 0 },
        Case("l1d.streaming_lines", "0", "1 to 1048576 lines") {
            $0.level1Data?.streamingLines = 0
        },
        Case(
            "l1d.index", "vipt with ways of 65536 bytes", "at most 8 pages of 4 KiB a way",
            on: "am335x"
        ) {
            $0.level1Data?.size = 256 << 10
            $0.level1Data?.index = .vipt
        },
        Case("l1d.prefetch.streams", "65", "1 to 64") {
            $0.level1Data?.prefetch = PrefetchConfiguration(kind: .stride)
            $0.level1Data?.prefetch?.streams = 65
        },
        Case("l2.line", "16", "at least l1d.line (32 bytes)") {
            $0.level1Instruction = nil
            $0.level2?.cache.lineSize = 16
        },
        Case("l2.line", "128", "at most 64 bytes for an outer cache") {
            $0.level2?.cache.lineSize = 128
        },
    ]

    static let others = [
        Case("core.count", "9", "1 to 8") { $0.core.count = 9 },
        Case("core.uncached_read_bytes", "12", "a power of two from 1 to 256 bytes") {
            $0.core.uncachedReadBytes = 12
        },
        Case("core.uncached_burst_bytes", "512", "a power of two from 1 to 256 bytes") {
            $0.core.uncachedBurstBytes = 512
        },
        Case("core.tlb.entries", "0", "1 to 4096") {
            $0.core.tlb = TLBConfiguration(entries: 0, walkCycles: 1)
        },
        Case("memory.banks.count", "3", "a power of two from 1 to 64") {
            $0.memory.banks = BankConfiguration(
                count: 3, rowBytes: 2_048, rowMiss: Ticks(rawValue: 1))
        },
        Case("memory.banks.row_bytes", "32", "a power of two from 64 to 1048576 bytes") {
            $0.memory.banks = BankConfiguration(count: 8, rowBytes: 32, rowMiss: Ticks(rawValue: 1))
        },
        Case("memory.banks.refresh_ns", "7 ps", "less than refresh_interval_ns (7 ps)") {
            $0.memory.banks = BankConfiguration(
                count: 8, rowBytes: 2_048, rowMiss: Ticks(rawValue: 1),
                refreshInterval: Ticks(rawValue: 7), refresh: Ticks(rawValue: 7))
        },
        Case("l2.outer.line_read_buffers", "0", "1 to 64") {
            $0.level2?.outer?.lineReadBuffers = 0
        },
        Case("l2.outer.double_linefill", "true", "false where l2 has one set only") {
            $0.level2?.outer?.doublesLinefills = true
            $0.level2?.cache.ways = 8
            $0.level2?.cache.size = 256
        },
        Case("ports.HP0.sizes", "[64, 16]", "sizes from 1 to 4096 bytes, ascending") {
            for place in $0.ports.indices where $0.ports[place].name == "HP0" {
                $0.ports[place].sizes = [64, 16]
            }
        },
    ]

    @Test(arguments: caches + others)
    func isToldByItsKey(_ one: Case) throws {
        var machine = try RealMachines.load(one.machine)
        #expect(machine.allFaults().isEmpty)
        one.change(&machine)
        let faults = machine.allFaults()
        #expect(
            faults.contains {
                $0.path == one.key && $0.found == one.found && $0.expected == one.expected
            }, "\(ConfigurationFaults(faults))")
        #expect(
            "\(ConfigurationFaults(faults))".contains("\(one.key): found \(one.found), expected"))
    }

    @Test func allFaultsComeAtOnceAndNoneEndsTheProgram() throws {
        var machine = try RealMachines.load("zynq7000")
        machine.core.count = 0
        machine.level1Data?.ways = 0
        machine.level2?.cache.ways = 0
        machine.level2?.outer?.doublesLinefills = true
        #expect(
            Set(machine.allFaults().map(\.path)).isSuperset(of: [
                "core.count", "l1d.ways", "l2.ways",
            ]))
        machine.core.count = 2
        machine.level1Data?.index = .vipt
        #expect(machine.allFaults().contains { $0.path == "l1d.ways" })
    }

    @Test func linesOfAllCachesAreBounded() throws {
        var machine = try RealMachines.load("zynq7000")
        machine.level2?.cache.size = 1 << 30
        machine.level2?.cache.lineSize = 32
        let fault = try #require(machine.allFaults().first { $0.path == "l2.size" })
        #expect(fault.found.hasSuffix(" lines in all caches of all cores"))
        #expect(fault.expected == "at most \(MachineConfiguration.lineLimit)")
    }

    @Test func countingMachinesHaveRulesOfTheirOwn() {
        var cache = CacheConfiguration(size: 1_024, ways: 2, lineSize: 32)
        let victim = PlainConfiguration(level1Data: cache, inclusion: .victim)
        #expect(victim.faults.map(\.path) == ["inclusion"])
        cache.replacement = .random
        #expect(PlainConfiguration(level1Data: cache).faults.map(\.path) == ["l1d.replacement"])
        let huge = CacheConfiguration(size: 1 << 30, ways: 4, lineSize: 4)
        #expect(PlainConfiguration(level1Data: huge).faults.map(\.path) == ["l1d + l1i + l2"])
    }
}
