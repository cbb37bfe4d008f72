import Events
import MemoryModel
import Quantities

/// A number of a machine that may be off, by its key.
struct MachineNumber: Sendable {
    /// The key of the machine file.
    var path: String
    /// The unit of the key.
    var unit: String
    /// What the machine has.
    var value: @Sendable (MachineConfiguration) -> Double
    /// Multiplies it.
    var scale: @Sendable (inout MachineConfiguration, Double) -> Void

    private init(
        cycles path: String, _ key: WritableKeyPath<MachineConfiguration, Int> & Sendable,
        unit: String = "cycles"
    ) {
        self.path = path
        self.unit = unit
        value = { Double($0[keyPath: key]) }
        scale = { machine, factor in
            let scaled = Double(machine[keyPath: key]) * factor
            machine[keyPath: key] = max(Int(scaled.rounded()), 1)
        }
    }

    private init(
        time path: String, _ key: WritableKeyPath<MachineConfiguration, Ticks> & Sendable
    ) {
        self.path = path
        unit = "ns"
        value = { $0[keyPath: key].nanoseconds }
        scale = { machine, factor in
            let scaled = Double(machine[keyPath: key].rawValue) * factor
            machine[keyPath: key] = Ticks(rawValue: UInt64(scaled.rounded()))
        }
    }

    private init(
        rate path: String, _ key: WritableKeyPath<MachineConfiguration, UInt64> & Sendable
    ) {
        self.path = path
        unit = "MB/s"
        value = { Double($0[keyPath: key]) / 1_000_000 }
        scale = { machine, factor in
            machine[keyPath: key] = UInt64((Double(machine[keyPath: key]) * factor).rounded())
        }
    }

    /// The causes of time that a number shows in, each no more than in proportion to it; nil: who knows.
    var causes: Set<Cause>? {
        switch path {
        case "memory.latency_ns", "l2.hit_cycles", "l2.miss_cycles", "memory.write_response_ns":
            [
                .level1, .level2, .level3, .memory, .storeBufferFull, .barrier, .maintenance,
                .uncached, .device, .wait,
            ]
        case "costs.dmb", "costs.dsb", "costs.maintenance", "costs.dirty", "costs.set_way",
            "l2.outer.operation_cycles", "l2.outer.sync_cycles":
            [.barrier, .maintenance, .storeBufferFull, .device]
        case "software.call_cycles": [.work]
        case "software.interrupt_cycles": [.wait]
        case _ where path.hasPrefix("ports."): [.wait]
        case _ where path.hasPrefix("memory.on_chip."): [.uncached, .memory, .device, .wait]
        default: nil
        }
    }

    /// The numbers of a machine that strategies are charged from: memory, caches, maintenance, the kernel, ports.
    ///
    /// - Parameters:
    ///   - machine: The machine.
    ///   - ports: Those that devices sit on.
    /// - Returns: the numbers that are not 0, in the order of the keys.
    static func all(
        of machine: MachineConfiguration, ports: Set<String>
    ) -> [MachineNumber] {
        var all = [
            MachineNumber(
                cycles: "core.outstanding_misses", \.core.outstandingMisses, unit: "loads"),
            MachineNumber(
                cycles: "core.outstanding_uncached", \.core.outstandingUncached, unit: "loads"),
            MachineNumber(cycles: "core.window_cycles", \.core.windowCycles),
            MachineNumber(time: "memory.latency_ns", \.memory.latency),
            MachineNumber(rate: "memory.bandwidth_mbps", \.memory.bytesPerSecond),
            MachineNumber(time: "memory.write_response_ns", \.memory.writeResponse),
            MachineNumber(cycles: "costs.dmb", \.costs.dmbCycles),
            MachineNumber(cycles: "costs.dsb", \.costs.dsbCycles),
            MachineNumber(cycles: "costs.maintenance", \.costs.maintenanceCycles),
            MachineNumber(cycles: "costs.dirty", \.costs.dirtyCycles),
            MachineNumber(cycles: "costs.set_way", \.costs.setWayCycles),
            MachineNumber(cycles: "software.call_cycles", \.software.callCycles),
            MachineNumber(cycles: "software.interrupt_cycles", \.software.interruptCycles),
        ]
        if machine.level2 != nil { all += level2(of: machine) }
        for index in machine.ports.indices where ports.contains(machine.ports[index].name) {
            let path = "ports.\(machine.ports[index].name)"
            all += [
                MachineNumber(time: "\(path).read_latency_ns", \.ports[index].readLatency),
                MachineNumber(time: "\(path).write_latency_ns", \.ports[index].writeLatency),
                MachineNumber(time: "\(path).start_latency_ns", \.ports[index].startLatency),
            ]
        }
        for index in machine.memory.onChip.indices {
            let path = "memory.on_chip.\(machine.memory.onChip[index].name)"
            all.append(
                MachineNumber(time: "\(path).latency_ns", \.memory.onChip[index].latency))
        }
        return all.filter { $0.value(machine) > 0 }
    }

    private static func level2(of machine: MachineConfiguration) -> [MachineNumber] {
        func cycles(
            _ path: String, _ key: WritableKeyPath<Level2Configuration, Int> & Sendable
        ) -> MachineNumber {
            MachineNumber(
                path: path, unit: "cycles",
                value: { Double($0.level2?[keyPath: key] ?? 0) },
                scale: { machine, factor in
                    guard let level2 = machine.level2 else { return }
                    let scaled = Double(level2[keyPath: key]) * factor
                    machine.level2?[keyPath: key] = max(Int(scaled.rounded()), 1)
                })
        }
        func outer(
            _ path: String, _ key: WritableKeyPath<OuterConfiguration, Int> & Sendable
        ) -> MachineNumber {
            MachineNumber(
                path: path, unit: "cycles",
                value: { Double($0.level2?.outer?[keyPath: key] ?? 0) },
                scale: { machine, factor in
                    guard let outer = machine.level2?.outer else { return }
                    let scaled = Double(outer[keyPath: key]) * factor
                    machine.level2?.outer?[keyPath: key] = max(Int(scaled.rounded()), 1)
                })
        }
        return [
            cycles("l2.hit_cycles", \.cache.hitCycles), cycles("l2.miss_cycles", \.missCycles),
            outer("l2.outer.operation_cycles", \.operationCycles),
            outer("l2.outer.sync_cycles", \.syncCycles),
        ]
    }

    private init(
        path: String, unit: String, value: @escaping @Sendable (MachineConfiguration) -> Double,
        scale: @escaping @Sendable (inout MachineConfiguration, Double) -> Void
    ) {
        self.path = path
        self.unit = unit
        self.value = value
        self.scale = scale
    }
}
