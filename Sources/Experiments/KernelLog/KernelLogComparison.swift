import DMAMapping
import MemoryModel
import Operations
import Traces

/// What another strategy would do to the calls of a log.
public struct LogStrategy: Sendable {
    /// How sure a saving is.
    public enum Certainty: String, Sendable {
        /// It follows from the log and the machine.
        case computed
        /// More cannot be saved; how much is depends on what the log does not say.
        case atMost = "at most"
        /// The machine cannot do it.
        case unavailable
    }

    /// Its name, as in ``Strategy`` where it is one of those.
    public var name: String
    /// What it does.
    public var summary: String
    /// How sure the saving is.
    public var certainty: Certainty
    /// Core cycles of maintenance, barriers and calls that it saves.
    public var savedCycles: Double
    /// On what it depends that it pays, and what the log does not tell.
    public var condition: String
}

/// The strategies for a log on a machine.
public struct KernelLogComparison: Sendable {
    /// What the log says.
    public var result: KernelLogResult
    /// Core cycles of maintenance, barriers and calls as logged.
    public var loggedCycles: UInt64
    /// The strategies, certain savings first, then by what they save.
    public var strategies: [LogStrategy]

    /// The certain strategy that saves most; nil if none saves anything.
    public var recommended: LogStrategy? {
        strategies.first { $0.certainty == .computed && $0.savedCycles > 0 }
    }

    /// Prices a log and its alternatives.
    public static func run(
        _ reader: KernelLogReader, machine: MachineConfiguration, kernel: KernelEra? = nil,
        coherent: [String] = []
    ) throws(TraceErrors) -> KernelLogComparison {
        let result = try KernelLogAudit.run(
            reader, machine: machine, kernel: kernel, coherent: coherent, comparing: true)
        let writer = StrategyWriter(result: result)
        let all = [
            writer.coherent, writer.coherentPort, writer.partialSync, writer.skipSync,
            writer.copyBreak, writer.mappedOnce,
        ]
        func rank(_ strategy: LogStrategy) -> Int {
            switch strategy.certainty {
            case .computed: 0
            case .atMost: 1
            case .unavailable: 2
            }
        }
        return KernelLogComparison(
            result: result, loggedCycles: UInt64(rounding: writer.logged),
            strategies: all.enumerated().sorted {
                (rank($0.element), -$0.element.savedCycles, $0.offset)
                    < (rank($1.element), -$1.element.savedCycles, $1.offset)
            }.map(\.element))
    }
}

/// Works out the strategies of one log.
private struct StrategyWriter {
    let result: KernelLogResult

    private var callCycles: Double { Double(result.callCycles) }

    /// Cycles of a sum of costs, calls and all.
    private func cycles(_ costs: LogCosts) -> Double {
        Double(costs.maintenance.cycles) + Double(costs.calls) * callCycles
    }

    var logged: Double { cycles(result.total) }

    /// Mappings' costs in some directions: all but allocations.
    private func streaming(_ directions: [DMADirection]) -> LogCosts {
        var sum = LogCosts()
        for device in result.devices {
            for direction in directions {
                sum += device.costs(direction, .forDevice)
                sum += device.costs(direction, .forCPU)
            }
        }
        return sum
    }

    /// The bytes that maps hand over in a direction.
    private func mappedBytes(_ direction: DMADirection) -> UInt64 {
        result.devices.reduce(0) { $0 &+ $1.costs(direction, .forDevice).bytes }
    }

    private static let all: [DMADirection] = [.bidirectional, .toDevice, .fromDevice]

    var coherent: LogStrategy {
        let prices = CopyPrices(result.machine)
        var conditions: [String] = []
        let halves: [(DMADirection, AccessKind, String)] = [
            (.fromDevice, .load, "reads less than"), (.toDevice, .store, "writes less than"),
        ]
        for (direction, kind, verb) in halves {
            let bytes = Double(mappedBytes(direction))
            let saved = cycles(streaming([direction]))
            guard bytes > 0, saved > 0 else { continue }
            let penalty = prices.penalty(kind)
            let share = penalty > 0 ? 100 * saved / (bytes * penalty) : .infinity
            conditions.append(
                share >= 100
                    ? "\(direction.name) pays even if the core touches every byte once"
                    : "\(direction.name) pays while the core \(verb) \(Self.percent(share)) of the bytes"
            )
        }
        return LogStrategy(
            name: "coherent", summary: "dma_alloc_coherent once, no maintenance",
            certainty: .atMost,
            savedCycles: cycles(streaming(Self.all)),
            condition: (conditions + [
                "the log has no accesses of the core, each of which is uncached then"
            ])
            .joined(separator: "; "))
    }

    var coherentPort: LogStrategy {
        let ports = result.machine.ports.filter(\.snoops).map(\.name)
        guard !ports.isEmpty else {
            return LogStrategy(
                name: "coherent-port", summary: "a port that looks into the caches",
                certainty: .unavailable, savedCycles: 0,
                condition: "\(result.machine.name) has no port that snoops")
        }
        return LogStrategy(
            name: "coherent-port", summary: "a port that looks into the caches", certainty: .atMost,
            savedCycles: Double(result.total.maintenance.cycles),
            condition: "the devices must sit on \(ports.joined(separator: ", ")); "
                + "the log does not say on which port they are, nor what their transfers cost there"
        )
    }

    var partialSync: LogStrategy {
        let savings = result.savings
        let costs = result.machine.costs
        var line =
            costs.maintenanceCycles + costs.dsbCycles + result.machine.maintenanceResponseCycles
        if let outer = result.machine.level2?.outer {
            line += outer.operationCycles + outer.syncCycles
        }
        let kept = savings.wholeCount * UInt64(line)
        let saved = savings.whole.cycles > kept ? savings.whole.cycles - kept : 0
        var condition =
            "if the core reads one line of each buffer; every tenth of the bytes that it does read takes a tenth "
            + "of the saving; the log does not say how much a device wrote"
        if savings.syncedWhole > 0 {
            let share = 100 * Double(savings.syncedBytes) / Double(savings.syncedWhole)
            condition += "; where the log has syncs, they name \(Self.percent(share)) of the bytes"
        }
        return LogStrategy(
            name: "partial-sync",
            summary: "dma_sync_single_for_cpu of the bytes used, unmap with SKIP_CPU_SYNC",
            certainty: .atMost, savedCycles: Double(saved), condition: condition)
    }

    var skipSync: LogStrategy {
        let savings = result.savings
        return LogStrategy(
            name: "skip-cpu-sync",
            summary: "SKIP_CPU_SYNC at the unmap of what a sync has taken back",
            certainty: .computed, savedCycles: Double(savings.resynced.cycles),
            condition: savings.resyncedCount == 0
                ? "no buffer is synced for the CPU and then released with the same maintenance again"
                : "\(savings.resyncedCount) releases maintain what was synced before; right only if the core "
                    + "reads nothing outside the synced bytes")
    }

    var copyBreak: LogStrategy {
        let parts = zip(["TO_DEVICE", "FROM_DEVICE"], result.savings.copied).filter {
            $0.1.count > 0
        }
        let saved = parts.reduce(0.0) { $0 + $1.1.cycles - $1.1.copyCycles }
        let words = parts.map { name, saving in
            "\(saving.count) \(name) of up to \(saving.longest) bytes"
        }
        return LogStrategy(
            name: "copy-break", summary: "short buffers copied through a coherent one",
            certainty: .computed, savedCycles: saved,
            condition: words.isEmpty
                ? "no mapping of a page or less is cheaper to copy than to map and unmap"
                : words.joined(separator: ", ")
                    + "; all bytes are copied, with the cacheable side in the cache")
    }

    var mappedOnce: LogStrategy {
        LogStrategy(
            name: "streaming-sync", summary: "mapped once, dma_sync per transfer",
            certainty: .computed, savedCycles: 0,
            condition:
                "a sync maintains what a map or unmap does, and is priced as one; it saves what the "
                + "prices leave out: IOMMU entries, bounce slots, and bytes that need no sync")
    }

    private static func percent(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
