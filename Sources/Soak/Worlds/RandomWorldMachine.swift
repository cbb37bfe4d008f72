import MemoryModel
import Quantities

/// Draws machines until one is accepted.
enum RandomMachine {
    static func draw(_ generator: inout SplitMix64) -> MachineConfiguration {
        while true {
            if let machine = try? attempt(&generator) { return machine }
        }
    }

    private static func attempt(
        _ random: inout SplitMix64
    ) throws(ConfigurationFaults) -> MachineConfiguration {
        let cores = random.pick([1, 1, 1, 2, 2, 2, 2, 3, 4])
        let line = random.pick([16, 32, 32, 32, 64, 64, 128])
        var first: CacheConfiguration?
        if random.percent(92) {
            first = cache(&random, line: line, sets: [1, 2, 2, 4], hit: 3)
            drawIndex(&random, &first, cores)
        }
        var instructions: CacheConfiguration?
        if random.percent(50) {
            instructions = cache(&random, line: random.pick([line, 16]), sets: [1, 2], hit: 1)
            instructions?.dirtyGranule = nil
            instructions?.prefetch = nil
        }
        let second = random.percent(70) ? level2(&random, line: line, cores: cores) : nil
        let third = random.percent(35) ? level3(&random, line: line, second) : nil
        let memory = memory(&random)
        return try MachineConfiguration(
            name: "random", architecture: random.pick(MachineConfiguration.Architecture.allCases),
            core: core(&random, cores),
            level1Instruction: instructions, level1Data: first,
            storeBuffer: random.percent(85)
                ? buffer(
                    &random,
                    line: first?.lineSize ?? second?.cache.lineSize ?? third?.cache.lineSize ?? 32)
                : nil,
            level2: second,
            level3: third, memory: memory, costs: costs(&random),
            ports: ["p0", "p1"].map { port(&random, $0, memory.controllerPorts) },
            software: SoftwareConfiguration(callCycles: 100, interruptCycles: 31),
            coherence: coherence(&random))
    }

    private static func costs(_ random: inout SplitMix64) -> CostConfiguration {
        let isFree = random.percent(10)
        var costs =
            isFree
            ? CostConfiguration(
                dmbCycles: 0, dsbCycles: 0, isbCycles: 0, maintenanceCycles: 0, dirtyCycles: 0,
                setWayCycles: 0)
            : CostConfiguration(
                dmbCycles: 5, dsbCycles: 9, isbCycles: 6, maintenanceCycles: 3, dirtyCycles: 8,
                setWayCycles: 2)
        if random.percent(30) { costs.maintenanceResponse = Ticks(nanoseconds: 70) }
        return costs
    }

    private static func cache(
        _ random: inout SplitMix64, line: Int, sets: [Int], hit: Int
    ) -> CacheConfiguration {
        let ways = random.pick([1, 2, 2, 3, 4, 5, 8])
        var cache = CacheConfiguration(
            size: UInt64(random.pick(sets) * ways * line), ways: ways, lineSize: line,
            replacement: random.pick(ReplacementPolicy.allCases), hitCycles: hit,
            readAllocates: random.percent(88), writeAllocates: random.percent(75),
            streamingLines: random.percent(20) ? random.in(1, 3) : nil)
        if ways > 1, random.percent(15) { cache.lockedWays = random.in(1, ways - 1) }
        if random.percent(25) { cache.dirtyGranule = line / random.pick([2, 4]) }
        cache.criticalWordFirst = random.percent(75)
        if random.percent(25) { cache.linefillBuffers = random.in(1, 2) }
        if random.percent(25) { cache.evictionBuffers = random.in(1, 2) }
        if random.percent(25) {
            cache.prefetch = PrefetchConfiguration(
                kind: random.pick(PrefetchConfiguration.Kind.allCases), streams: random.in(1, 3),
                trigger: random.in(1, 3), maximumStride: random.in(1, 4),
                distance: random.in(1, 3), outstanding: random.in(1, 4),
                pageBytes: random.pick([256, 512, 4_096]))
        }
        return cache
    }

    /// An L1D may be indexed by virtual addresses; one with synonyms is of one core, and larger.
    private static func drawIndex(
        _ random: inout SplitMix64, _ cache: inout CacheConfiguration?, _ cores: Int
    ) {
        guard let line = cache?.lineSize, let ways = cache?.ways, random.percent(30) else { return }
        guard cores == 1 else {
            cache?.index = .vipt
            return
        }
        cache?.index = random.pick([.vivt, .vipt])
        if cache?.index == .vipt {
            cache?.size = UInt64(ways * line) * UInt64(8_192 / line) * random.pick([1, 2, 4])
        }
    }

    private static func level2(
        _ random: inout SplitMix64, line: Int, cores: Int
    ) -> Level2Configuration {
        let outer = random.percent(30)
        let size =
            outer ? min(64, line * random.pick([1, 2])) : line * random.pick([1, 1, 1, 2, 4])
        var cache = cache(&random, line: size, sets: [1, 2, 4], hit: 11)
        cache.hitCycles = random.pick([7, 11])
        var controller: OuterConfiguration?
        if outer {
            controller = OuterConfiguration(
                storeBufferEntries: random.in(1, 3),
                storeBufferDrainCycles: random.percent(60) ? random.in(5, 200) : nil,
                operationCycles: 19, syncCycles: 23)
            controller?.tagLatencyCycles = random.in(0, 3)
            controller?.dataLatencyCycles = random.in(0, 3)
            controller?.erratum588369 = random.percent(30)
            controller?.erratum753970 = random.percent(30)
            controller?.erratum727915 = random.percent(30)
            controller?.overridesShared = random.percent(50)
            if random.percent(40) { controller?.lineReadBuffers = random.in(1, 3) }
            controller?.doublesLinefills = random.percent(30)
            controller?.erratum752271 = random.percent(50)
        }
        var result = Level2Configuration(
            cache: cache, missCycles: 13, readCyclesPerLine: random.in(0, 6),
            writeDeciCyclesPerLine: random.in(0, 90), outer: controller)
        result.inclusion = random.pick([.none, .none, .inclusive, .exclusive, .victim])
        result.isPrivate = !outer && cores > 1 && random.percent(40)
        return result
    }

    private static func level3(
        _ random: inout SplitMix64, line: Int, _ second: Level2Configuration?
    ) -> Level3Configuration? {
        guard second?.outer == nil else { return nil }
        let size = second?.cache.lineSize ?? line * random.pick([1, 1, 2])
        var cache = cache(&random, line: size, sets: [1, 2, 4], hit: 17)
        cache.prefetch = nil
        return Level3Configuration(cache: cache, missCycles: 21, isMemorySide: random.percent(50))
    }

    private static func core(_ random: inout SplitMix64, _ count: Int) -> CoreConfiguration {
        var core = CoreConfiguration(
            count: count, clock: Frequency(megahertz: random.pick([1_000, 667, 1_300])),
            outstandingMisses: random.in(1, 3), outstandingUncached: random.pick([1, 1, 2, 3]),
            windowCycles: random.pick([0, 0, 3, 20, 200]), honoursWriteThrough: random.percent(60),
            milliCyclesPerFetch: random.pick([1_000, 500, 377, 0]))
        core.speculates = random.percent(50)
        core.invalidateCleans = random.percent(30)
        if random.percent(30) { core.uncachedReadBytes = random.pick([4, 8, 16, 32, 64]) }
        if random.percent(30) {
            let entries = random.in(1, 5)
            core.tlb = TLBConfiguration(
                entries: entries, pageBytes: random.pick([1_024, 4_096, 65_536]),
                walkCycles: random.pick([0, 17, 40]),
                microEntries: random.percent(50) ? random.in(1, min(entries, 3)) : nil,
                microMissCycles: random.pick([0, 2]))
        }
        // Drawn from a copy, so that what was drawn before this came stays what it was.
        var own = random
        if own.percent(30) { core.uncachedBurstBytes = own.pick([1, 32, 64, 128]) }
        return core
    }

    private static func buffer(
        _ random: inout SplitMix64, line: Int
    ) -> StoreBufferConfiguration {
        let entries = random.in(1, 4)
        var buffer = StoreBufferConfiguration(
            entries: entries, entryBytes: min(random.pick([4, 8, 8, 16, 32, 64]), line),
            drainCycles: random.percent(50) ? random.in(0, 150) : nil)
        buffer.merges = random.percent(75)
        if random.percent(30) { buffer.highWater = random.in(1, entries) }
        buffer.drainedBy = Set(DrainReason.allCases.filter { _ in random.percent(20) })
        return buffer
    }

    private static func memory(_ random: inout SplitMix64) -> MemoryConfiguration {
        var memory = MemoryConfiguration(
            latency: Ticks(rawValue: random.pick([50_021, 50_021, 7, 300_017])),
            bytesPerSecond: random.pick([3_200_000_000, 533_000_000, 12_800_000_000]),
            writeResponse: Ticks(rawValue: 13_007),
            registerRead: random.percent(80) ? Ticks(rawValue: 29_011) : nil)
        if random.percent(30) { memory.writeBytesPerSecond = 1_100_000_000 }
        if random.percent(30) {
            let interval = random.pick([0, 200_003] as [UInt64])
            memory.banks = BankConfiguration(
                count: random.pick([1, 2, 4]), rowBytes: random.pick([64, 128, 512]),
                isPermuted: random.percent(50),
                rowMiss: Ticks(rawValue: 17_003),
                turnaround: Ticks(rawValue: random.pick([0, 5_009])),
                refreshInterval: Ticks(rawValue: interval),
                refresh: Ticks(rawValue: interval == 0 ? 0 : 31_001))
        }
        if random.percent(30) {
            memory.controllerPorts = [
                ControllerPortConfiguration(name: "c0", bytesPerSecond: 400_000_000),
                ControllerPortConfiguration(name: "c1", bytesPerSecond: 1_700_000_000),
            ]
        }
        if random.percent(30) {
            memory.onChip = [
                OnChipConfiguration(
                    name: "sram", start: random.pick([0x1000_0000, 0x1000_0040, 0x2000_0000]),
                    size: random.pick([0x40, 0x1000]), latency: Ticks(rawValue: 9_007),
                    bytesPerSecond: 900_000_000)
            ]
        }
        return memory
    }

    private static func port(
        _ random: inout SplitMix64, _ name: String, _ controllers: [ControllerPortConfiguration]
    ) -> PortConfiguration {
        var port = PortConfiguration(
            name: name, widthBytes: random.pick([4, 8, 16]),
            clock: Frequency(megahertz: random.pick([100, 133])), burstBeats: random.in(1, 8),
            outstanding: random.in(1, 3), snoops: random.percent(50),
            readLatency: Ticks(rawValue: 60_013), writeLatency: Ticks(rawValue: 30_011),
            startLatency: Ticks(rawValue: random.pick([40_009, 40_009, 0])))
        if random.percent(75) { port.controllerPort = controllers.randomName(&random) }
        port.snoopRule = random.pick(SnoopRule.allCases)
        port.snoopLatency = Ticks(rawValue: random.pick([0, 7_001]))
        port.allocates = random.percent(40)
        if random.percent(25) { port.sizes = random.pick([[16, 64], [4, 32], [1]]) }
        if random.percent(50) { port.fifoBytes = random.pick([16, 64, 128]) }
        if random.percent(35) {
            let burst = port.burstBeats * port.widthBytes
            port.engine = EngineConfiguration(
                channels: 8, fifoBytes: burst * random.in(1, 3) + random.pick([0, 0, 4, 12]),
                readIssuing: random.in(1, 3), writeIssuing: random.in(1, 3))
        }
        return port
    }

    private static func coherence(_ random: inout SplitMix64) -> CoherenceConfiguration {
        CoherenceConfiguration(
            protocol: random.pick([.mesi, .moesi]), isEnabled: random.percent(85),
            transfersDirectly: random.percent(60), migratesDirty: random.percent(35),
            duplicatesTags: random.percent(60), snoopCycles: random.pick([0, 4, 5]),
            transferCycles: random.percent(50) ? 14 : nil)
    }
}

extension [ControllerPortConfiguration] {
    /// One of the names, or nil if there is none.
    fileprivate func randomName(_ random: inout SplitMix64) -> String? {
        isEmpty ? nil : random.pick(map(\.name))
    }
}
