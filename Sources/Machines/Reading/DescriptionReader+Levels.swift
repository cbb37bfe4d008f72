import MemoryModel
import Quantities

extension DescriptionReader {
    func cache(_ path: String) -> CacheConfiguration {
        // The instruction cache has no keys for stores: nothing stores there.
        let isData = path != "l1i"
        var cache = CacheConfiguration(
            size: bytes("\(path).size", or: 32_768), ways: number("\(path).ways", or: 4),
            lineSize: Int(bytes("\(path).line", or: 32)),
            replacement: choice("\(path).replacement", .lru),
            hitCycles: number("\(path).hit_cycles", or: 1),
            readAllocates: isData ? flag("\(path).read_allocate") : true,
            writeAllocates: isData ? flag("\(path).write_allocate") : true,
            streamingLines: optional("\(path).streaming_lines"))
        cache.index = choice("\(path).index", .pipt)
        cache.lockedWays = number("\(path).locked_ways")
        cache.dirtyGranule = optionalBytes("\(path).dirty_granule")
        cache.criticalWordFirst = values["\(path).critical_word_first"] != .flag(false)
        cache.linefillBuffers = optional("\(path).linefill_buffers")
        cache.evictionBuffers = optional("\(path).eviction_buffers")
        cache.prefetch = prefetch("\(path).prefetch")
        return cache
    }

    private func prefetch(_ path: String) -> PrefetchConfiguration? {
        guard values["\(path).kind"] != nil else { return nil }
        return PrefetchConfiguration(
            kind: choice("\(path).kind", .nextLine), streams: number("\(path).streams", or: 1),
            trigger: number("\(path).trigger", or: 1),
            maximumStride: number("\(path).max_stride", or: 1),
            distance: number("\(path).distance", or: 1),
            outstanding: number("\(path).outstanding", or: 1),
            pageBytes: bytes("\(path).page_bytes", or: 4_096))
    }

    var level2: Level2Configuration? {
        guard word("l2.kind") != "none" else { return nil }
        var level = Level2Configuration(
            cache: cache("l2"), missCycles: number("l2.miss_cycles"),
            readCyclesPerLine: number("l2.read_cycles_per_line"),
            writeDeciCyclesPerLine: number("l2.write_cycles_per_line") / 100,
            outer: word("l2.kind") == "outer" ? outer : nil)
        level.inclusion = choice("l2.inclusion", .none)
        level.isPrivate = flag("l2.private")
        return level
    }

    private var outer: OuterConfiguration {
        var outer = OuterConfiguration(
            storeBufferEntries: number("l2.outer.store_buffer_entries", or: 1),
            storeBufferDrainCycles: optional("l2.outer.store_buffer_drain_cycles"),
            operationCycles: number("l2.outer.operation_cycles"),
            syncCycles: number("l2.outer.sync_cycles"))
        outer.tagLatencyCycles = number("l2.outer.tag_latency_cycles")
        outer.dataLatencyCycles = number("l2.outer.data_latency_cycles")
        outer.erratum588369 = flag("l2.outer.erratum_588369")
        outer.erratum753970 = flag("l2.outer.erratum_753970")
        outer.overridesShared = flag("l2.outer.shared_override")
        outer.sharedOverrideKernel = optionalWord("l2.outer.shared_override_kernel")
        outer.lineReadBuffers = optional("l2.outer.line_read_buffers")
        outer.doublesLinefills = flag("l2.outer.double_linefill")
        outer.erratum727915 = flag("l2.outer.erratum_727915")
        outer.erratum752271 = flag("l2.outer.erratum_752271")
        outer.routines = choice("l2.outer.routines", .pl310)
        return outer
    }

    var level3: Level3Configuration? {
        guard !isAbsent("l3") else { return nil }
        return Level3Configuration(
            cache: cache("l3"), missCycles: number("l3.miss_cycles"),
            isMemorySide: word("l3.kind") == "memory_side")
    }

    var memory: MemoryConfiguration {
        var memory = MemoryConfiguration(
            latency: time("memory.latency_ns"), bytesPerSecond: bandwidth("memory.bandwidth_mbps"),
            writeResponse: time("memory.write_response_ns"),
            registerRead: time("memory.register_read_ns"))
        memory.writeBytesPerSecond = optional("memory.write_bandwidth_mbps").map {
            UInt64($0) * 1_000
        }
        memory.banks = banks
        memory.controllerPorts = names("memory.controller_ports").map { name in
            ControllerPortConfiguration(
                name: name,
                bytesPerSecond: bandwidth("memory.controller_ports.\(name).bandwidth_mbps"))
        }
        memory.onChip = names("memory.on_chip").map { name in
            let path = "memory.on_chip.\(name)"
            var onChip = OnChipConfiguration(
                name: name, start: bytes("\(path).start", or: 0),
                size: bytes("\(path).size", or: 1_024), latency: time("\(path).latency_ns"),
                bytesPerSecond: bandwidth("\(path).bandwidth_mbps"))
            onChip.port = optionalWord("\(path).port")
            onChip.isTightlyCoupled = flag("\(path).tightly_coupled")
            return onChip
        }
        return memory
    }

    private var banks: BankConfiguration? {
        guard values["memory.banks"] == nil, positions["memory.banks"] != nil else { return nil }
        return BankConfiguration(
            count: number("memory.banks.count", or: 1),
            rowBytes: bytes("memory.banks.row_bytes", or: 1_024),
            isPermuted: flag("memory.banks.permuted"),
            rowMiss: time("memory.banks.row_miss_ns"),
            turnaround: time("memory.banks.turnaround_ns"),
            refreshInterval: time("memory.banks.refresh_interval_ns"),
            refresh: time("memory.banks.refresh_ns"))
    }

    func port(_ name: String) -> PortConfiguration {
        let path = "ports.\(name)"
        var port = PortConfiguration(
            name: name, widthBytes: number("\(path).width_bits", or: 8) / 8,
            clock: clock("\(path).mhz"), burstBeats: number("\(path).burst_beats", or: 1),
            outstanding: number("\(path).outstanding", or: 1), snoops: flag("\(path).snoops"),
            readLatency: time("\(path).read_latency_ns"),
            writeLatency: time("\(path).write_latency_ns"),
            startLatency: time("\(path).start_latency_ns"))
        port.snoopRule = choice("\(path).snoop_rule", .always)
        port.snoopLatency = time("\(path).snoop_latency_ns")
        port.allocates = flag("\(path).allocates")
        if case .sizes(let sizes) = values["\(path).sizes"] { port.sizes = sizes }
        port.fifoBytes = optionalBytes("\(path).fifo_bytes")
        if !isAbsentValue("\(path).controller_port") {
            port.controllerPort = word("\(path).controller_port")
        }
        if values["\(path).engine"] == nil, positions["\(path).engine"] != nil {
            port.engine = EngineConfiguration(
                channels: number("\(path).engine.channels", or: 1),
                fifoBytes: Int(bytes("\(path).engine.fifo_bytes", or: 1)),
                readIssuing: number("\(path).engine.read_issuing", or: 1),
                writeIssuing: number("\(path).engine.write_issuing", or: 1))
        }
        return port
    }
}
