import Quantities

// What a machine's parts have against each other, after what each has against itself.

extension MachineConfiguration {
    /// Everything that is wrong, in the order of the keys.
    func allFaults() -> [ConfigurationFault] {
        var faults = level1Instruction?.faults(path: "l1i") ?? []
        faults += level1Data?.faults(path: "l1d") ?? []
        faults += level2?.cache.faults(path: "l2") ?? []
        faults += level3?.cache.faults(path: "l3") ?? []
        faults += memory.banks?.faults(path: "memory.banks") ?? []
        faults += core.tlb?.faults(path: "core.tlb") ?? []
        faults += lineFaults
        if faults.isEmpty { faults += sizeFaults }
        faults += coreFaults
        faults += levelFaults
        faults += portFaults
        faults += onChipFaults
        return faults
    }

    private var lineFaults: [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        guard let outer = level2?.cache.lineSize else { return faults }
        for (inner, key) in [(level1Data, "l1d.line"), (level1Instruction, "l1i.line")] {
            guard let inner, outer < inner.lineSize else { continue }
            faults.append(
                ConfigurationFault(
                    path: "l2.line", found: "\(outer)",
                    expected: "at least \(key) (\(inner.lineSize) bytes)"))
        }
        if level2?.outer != nil, outer > 64 {
            faults.append(
                ConfigurationFault(
                    path: "l2.line", found: "\(outer)",
                    expected: "at most 64 bytes for an outer cache"))
        }
        return faults
    }

    private var sizeFaults: [ConfigurationFault] {
        func lines(_ cache: CacheConfiguration?, _ copies: Int) -> UInt64 {
            cache.map { $0.sets * UInt64($0.ways * max(copies, 1)) } ?? 0
        }
        let all =
            lines(level1Instruction, core.count) + lines(level1Data, core.count)
            + lines(level2?.cache, level2?.isPrivate == true ? core.count : 1)
            + lines(level3?.cache, 1)
        guard all > Self.lineLimit else { return [] }
        return [
            ConfigurationFault(
                path: "l2.size", found: "\(all) lines in all caches of all cores",
                expected: "at most \(Self.lineLimit)")
        ]
    }

    private var coreFaults: [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        if core.count < 1 || core.count > Agent.maximumCores {
            faults.append(
                ConfigurationFault(
                    path: "core.count", found: "\(core.count)",
                    expected: "1 to \(Agent.maximumCores)"))
        }
        if let bytes = core.uncachedReadBytes, bytes & (bytes &- 1) != 0 || !(1...256 ~= bytes) {
            faults.append(
                ConfigurationFault(
                    path: "core.uncached_read_bytes", found: "\(bytes)",
                    expected: "a power of two from 1 to 256 bytes"))
        }
        if let bytes = core.uncachedBurstBytes, bytes & (bytes &- 1) != 0 || !(1...256 ~= bytes) {
            faults.append(
                ConfigurationFault(
                    path: "core.uncached_burst_bytes", found: "\(bytes)",
                    expected: "a power of two from 1 to 256 bytes"))
        }
        // Without an L1D entries go to the next level as they are; an entry's mask has a bit for each of 64 bytes.
        let key = level1Data != nil ? "l1d.line" : level2 != nil ? "l2.line" : "l3.line"
        let isLine = dataLineSize <= 64 && (level1Data != nil || level2 != nil || level3 != nil)
        if let buffer = storeBuffer, buffer.entryBytes > min(dataLineSize, 64) {
            faults.append(
                ConfigurationFault(
                    path: "store_buffer.entry_bytes", found: "\(buffer.entryBytes)",
                    expected: isLine
                        ? "at most \(key) (\(dataLineSize) bytes)"
                        : "at most \(min(dataLineSize, 64)) bytes"))
        }
        if let mark = storeBuffer?.highWater, mark < 1 || mark > storeBuffer?.entries ?? 1 {
            faults.append(
                ConfigurationFault(
                    path: "store_buffer.high_water", found: "\(mark)",
                    expected: "1 to store_buffer.entries (\(storeBuffer?.entries ?? 1))"))
        }
        if let cache = level1Data, core.count > 1, cache.isBuildable, cache.hasSynonyms {
            faults.append(
                ConfigurationFault(
                    path: "l1d.index",
                    found: "\(cache.index.rawValue) with ways of \(cache.wayBytes) bytes",
                    expected: "pipt where there are several cores: snoops do not know aliases"))
        }
        return faults
    }

    private var levelFaults: [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        func add(_ path: String, _ found: String, _ expected: String) {
            faults.append(ConfigurationFault(path: path, found: found, expected: expected))
        }
        if let level2 {
            let inner = level1Data?.lineSize
            if level2.inclusion == .exclusive || level2.inclusion == .victim,
                inner != level2.cache.lineSize
            {
                add(
                    "l2.inclusion", level2.inclusion.rawValue,
                    "none or inclusive unless l1d.line equals l2.line (\(level2.cache.lineSize) bytes)"
                )
            }
            if level2.isPrivate, level2.outer != nil {
                add("l2.private", "true", "false for an outer cache")
            }
            if level2.isPrivate, inner != level2.cache.lineSize {
                add(
                    "l2.private", "true",
                    "false unless l1d.line equals l2.line (\(level2.cache.lineSize) bytes)")
            }
            for (path, cache) in [("l2", level2.cache)] where cache.dirtyGranule != nil {
                if inner != cache.lineSize {
                    add(
                        "\(path).dirty_granule", "\(cache.dirtyGranule ?? 0)",
                        "none unless l1d.line equals l2.line")
                }
            }
        }
        if let outer = level2?.outer {
            if let buffers = outer.lineReadBuffers, !(1...64 ~= buffers) {
                add("l2.outer.line_read_buffers", "\(buffers)", "1 to 64")
            }
            if outer.doublesLinefills, let cache = level2?.cache, cache.isBuildable, cache.sets == 1
            {
                add("l2.outer.double_linefill", "true", "false where l2 has one set only")
            }
            if outer.doublesLinefills,
                level2?.inclusion == .exclusive || level2?.inclusion == .victim
            {
                add(
                    "l2.outer.double_linefill", "true",
                    "false where l2.inclusion is exclusive or victim: the second line may be in l1d"
                )
            }
        }
        return faults + level3Faults
    }

    private var level3Faults: [ConfigurationFault] {
        guard let line = level3?.cache.lineSize else { return [] }
        var faults: [ConfigurationFault] = []
        func add(_ path: String, _ found: String, _ expected: String) {
            faults.append(ConfigurationFault(path: path, found: found, expected: expected))
        }
        if let outer = level2?.cache.lineSize {
            if line != outer { add("l3.line", "\(line)", "l2.line (\(outer) bytes)") }
        } else {
            for (inner, key) in [(level1Data, "l1d.line"), (level1Instruction, "l1i.line")] {
                guard let inner = inner?.lineSize, line < inner else { continue }
                add("l3.line", "\(line)", "at least \(key) (\(inner) bytes)")
            }
            if let granule = level3?.cache.dirtyGranule, level1Data?.lineSize != line {
                add("l3.dirty_granule", "\(granule)", "none unless l1d.line equals l3.line")
            }
        }
        if level2?.outer != nil { add("l3", "a third level", "none behind an outer cache") }
        return faults
    }

    private var onChipFaults: [ConfigurationFault] {
        let sorted = memory.onChip.sorted { ($0.start, $0.name) < ($1.start, $1.name) }
        let lost = memory.onChip.compactMap { chip -> ConfigurationFault? in
            guard let port = chip.port, !ports.contains(where: { $0.name == port }) else {
                return nil
            }
            return ConfigurationFault(
                path: "memory.on_chip.\(chip.name).port", found: port,
                expected: "none, or one of " + ports.map(\.name).joined(separator: ", "))
        }
        return lost
            + zip(sorted, sorted.dropFirst()).compactMap { one, next in
                guard next.start - one.start < one.size else { return nil }
                return ConfigurationFault(
                    path: "memory.on_chip.\(next.name).start",
                    found: "0x\(String(next.start, radix: 16))",
                    expected: "an address behind memory.on_chip.\(one.name)")
            }
    }

    private var portFaults: [ConfigurationFault] {
        let names = memory.controllerPorts.map(\.name)
        return ports.flatMap { port in
            var faults: [ConfigurationFault] = []
            if let name = port.controllerPort, !names.contains(name) {
                faults.append(
                    ConfigurationFault(
                        path: "ports.\(port.name).controller_port", found: name,
                        expected: names.isEmpty
                            ? "none: memory.controller_ports is empty"
                            : "one of \(names.joined(separator: ", "))"))
            }
            if port.sizes.contains(where: { $0 < 1 || $0 > 4_096 })
                || port.sizes != port.sizes.sorted()
            {
                faults.append(
                    ConfigurationFault(
                        path: "ports.\(port.name).sizes", found: "\(port.sizes)",
                        expected: "sizes from 1 to 4096 bytes, ascending"))
            }
            if let engine = port.engine, engine.fifoBytes < port.burstBeats * port.widthBytes {
                faults.append(
                    ConfigurationFault(
                        path: "ports.\(port.name).engine.fifo_bytes", found: "\(engine.fifoBytes)",
                        expected:
                            "at least a burst of the port: \(port.burstBeats * port.widthBytes) bytes"
                    ))
            }
            return faults
        }
    }
}

extension CacheConfiguration {
    /// Whether it has sets and ways that can be counted with.
    fileprivate var isBuildable: Bool { faults(path: "").isEmpty }

    /// Whether one byte may be in two lines, by its virtual addresses.
    public var hasSynonyms: Bool {
        index == .vivt || index == .vipt && wayBytes > Self.pageBytes
    }
}
