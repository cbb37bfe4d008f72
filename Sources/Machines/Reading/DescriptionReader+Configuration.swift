import MemoryModel
import Quantities

// A value that is wrong has its fault already. The others shall be checked against each other all the same, so a
// harmless value takes the place of a wrong one, and what the configuration says about those is dropped.

extension DescriptionReader {
    /// Builds the configuration from the values; adds what it has against them.
    mutating func configuration() -> MachineConfiguration? {
        do {
            return try makeConfiguration()
        } catch {
            let due = error.faults.filter { isDue($0.path) }
            // One fault for each key: that a line is too short for either L1 is one mistake.
            for fault in due where !invalid.contains(fault.path) {
                add(position(of: fault.path), fault.path, fault.found.quoted, fault.expected)
            }
            return nil
        }
    }

    private func makeConfiguration() throws(ConfigurationFaults) -> MachineConfiguration {
        try MachineConfiguration(
            name: word("name"),
            architecture: MachineConfiguration.Architecture(rawValue: word("architecture"))
                ?? .arm32v7,
            core: core, level1Instruction: isAbsent("l1i") ? nil : cache("l1i"),
            level1Data: isAbsent("l1d") ? nil : cache("l1d"), storeBuffer: storeBuffer,
            level2: level2,
            memory: MemoryConfiguration(
                latency: time("memory.latency_ns"),
                bytesPerSecond: UInt64(number("memory.bandwidth_mbps", or: 1_000)) * 1_000,
                writeResponse: time("memory.write_response_ns"),
                registerRead: time("memory.register_read_ns")),
            costs: CostConfiguration(
                dmbCycles: number("costs.dmb"), dsbCycles: number("costs.dsb"),
                isbCycles: number("costs.isb"), maintenanceCycles: number("costs.maintenance"),
                dirtyCycles: number("costs.dirty"), setWayCycles: number("costs.set_way")),
            ports: ports.map(port),
            software: SoftwareConfiguration(
                callCycles: number("software.call_cycles"),
                interruptCycles: number("software.interrupt_cycles")))
    }

    private var core: CoreConfiguration {
        CoreConfiguration(
            count: number("core.count", or: 1), clock: clock("core.mhz"),
            outstandingMisses: number("core.outstanding_misses", or: 1),
            outstandingUncached: number("core.outstanding_uncached", or: 1),
            windowCycles: number("core.window_cycles"),
            honoursWriteThrough: flag("core.honours_write_through"),
            speculates: flag("core.speculates"),
            milliCyclesPerFetch: number("core.cycles_per_fetch"))
    }

    private var storeBuffer: StoreBufferConfiguration? {
        isAbsent("store_buffer")
            ? nil
            : StoreBufferConfiguration(
                entries: number("store_buffer.entries", or: 1),
                entryBytes: Int(bytes("store_buffer.entry_bytes", or: 4)),
                drainCycles: optional("store_buffer.drain_cycles"))
    }

    private var level2: Level2Configuration? {
        guard word("l2.kind") != "none" else { return nil }
        let outer = OuterConfiguration(
            storeBufferEntries: number("l2.outer.store_buffer_entries", or: 1),
            storeBufferDrainCycles: optional("l2.outer.store_buffer_drain_cycles"),
            operationCycles: number("l2.outer.operation_cycles"),
            syncCycles: number("l2.outer.sync_cycles"))
        return Level2Configuration(
            cache: cache("l2"), missCycles: number("l2.miss_cycles"),
            readCyclesPerLine: number("l2.read_cycles_per_line"),
            writeDeciCyclesPerLine: number("l2.write_cycles_per_line") / 100,
            outer: word("l2.kind") == "outer" ? outer : nil)
    }

    private func cache(_ path: String) -> CacheConfiguration {
        // The instruction cache has no keys for stores: nothing stores there.
        let isData = path != "l1i"
        return CacheConfiguration(
            size: bytes("\(path).size", or: 32_768), ways: number("\(path).ways", or: 4),
            lineSize: Int(bytes("\(path).line", or: 32)),
            replacement: ReplacementPolicy(rawValue: word("\(path).replacement")) ?? .lru,
            hitCycles: number("\(path).hit_cycles", or: 1),
            readAllocates: isData ? flag("\(path).read_allocate") : true,
            writeAllocates: isData ? flag("\(path).write_allocate") : true,
            streamingLines: optional("\(path).streaming_lines"))
    }

    private func port(_ name: String) -> PortConfiguration {
        let path = "ports.\(name)"
        return PortConfiguration(
            name: name, widthBytes: number("\(path).width_bits", or: 8) / 8,
            clock: clock("\(path).mhz"), burstBeats: number("\(path).burst_beats", or: 1),
            outstanding: number("\(path).outstanding", or: 1), snoops: flag("\(path).snoops"),
            readLatency: time("\(path).read_latency_ns"),
            writeLatency: time("\(path).write_latency_ns"),
            startLatency: time("\(path).start_latency_ns"))
    }

    /// Whether a fault of the configuration is about values that were all as they should be by themselves.
    private func isDue(_ path: String) -> Bool {
        guard let dot = path.lastIndex(of: ".") else { return !invalid.contains(path) }
        let section = path[..<dot]
        let inputs =
            switch path[path.index(after: dot)...] {
            case "size": ["\(section).size", "\(section).ways", "\(section).line"]
            case "replacement": [path, "\(section).ways"]
            case "line" where section == "l2": [path, "l1i.line", "l1d.line"]
            case "entry_bytes": [path, "l1d.line"]
            default: [path]
            }
        return !inputs.contains(where: isInvalid)
    }

    /// Whether a value, or the section it is in, is wrong or missing.
    private func isInvalid(_ path: String) -> Bool {
        invalid.contains(path) || invalid.contains { path.hasPrefix($0 + ".") }
    }

    /// Where a key stands, or the innermost of those above it that stand anywhere.
    private func position(of path: String) -> Position {
        var path = path[...]
        while true {
            if let position = positions[String(path)] { return position }
            guard let dot = path.lastIndex(of: ".") else { return .start }
            path = path[..<dot]
        }
    }
}

extension DescriptionReader {
    func isAbsent(_ path: String) -> Bool {
        values[path] == .word("none")
    }

    func word(_ path: String) -> String {
        if case .word(let word) = values[path] { return word }
        return ""
    }

    private func number(_ path: String, or other: Int = 0) -> Int {
        if case .number(let number) = values[path] { return number }
        return other
    }

    private func optional(_ path: String) -> Int? {
        if case .number(let number) = values[path] { return number }
        return nil
    }

    private func bytes(_ path: String, or other: UInt64) -> UInt64 {
        if case .bytes(let bytes) = values[path] { return bytes }
        return other
    }

    private func flag(_ path: String) -> Bool { values[path] == .flag(true) }

    private func time(_ path: String) -> Ticks { Ticks(rawValue: UInt64(number(path))) }

    private func clock(_ path: String) -> Frequency {
        Frequency(megahertz: Double(number(path, or: 1_000)) / 1_000)
    }
}
