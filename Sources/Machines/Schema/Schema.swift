import MemoryModel
import Operations
import Quantities

/// The keys of a machine file, in the order in which files are written.
enum Schema {
    static let root: [Field] = [
        Field("name", .identity(.identifier)),
        Field("title", .identity(.text(200))),
        Field("aliases", .names, else: .nothing),
        Field("architecture", .word(MachineConfiguration.Architecture.allCases.map(\.rawValue))),
        Field("core", .section(core, orNone: false)),
        Field("l1i", .section(cache + index + lockdown, orNone: true)),
        Field("l1d", .section(cache + allocation + index + lockdown + dataSide, orNone: true)),
        Field("store_buffer", .section(storeBuffer, orNone: true)),
        Field("coherence", .section(coherence, orNone: false), else: .empty),
        Field("l2", .level2),
        Field(
            "l3", .section(level3, orNone: true),
            else: .value("none", reason: "there is no third level")),
        Field("memory", .section(memory, orNone: false)),
        Field("costs", .section(costs, orNone: false)),
        Field("ports", .list(port, ListKind(noun: "port", maximum: 64, orNone: false))),
        Field("software", .section(software, orNone: false)),
    ]

    /// The largest source or title that makes sense, in characters.
    static let maximumSource = 600
    /// The most names of a machine besides its own.
    static let maximumAliases = 16

    static let clock = ValueKind.decimal(1_000...10_000_000, "MHz")
    static let cost = ValueKind.whole(0...100_000, "cycles")
    static let latency = ValueKind.decimal(0...1_000_000_000, "ns")
    static let bandwidth = ValueKind.decimal(1_000...1_000_000_000, "MB/s")
    static let drain = ValueKind.whole(1...1_000_000, "cycles", none: true)

    private static let core: [Field] = [
        Field("count", .whole(1...Agent.maximumCores, "cores")),
        Field("mhz", clock),
        Field("outstanding_misses", .whole(1...64, "loads")),
        Field("outstanding_uncached", .whole(1...64, "loads")),
        Field("window_cycles", .whole(0...10_000, "cycles")),
        Field("honours_write_through", .flag),
        Field("speculates", .flag),
        Field("cycles_per_fetch", .decimal(0...100_000, "cycles")),
        Field(
            "invalidate_cleans", .flag, else: "false",
            "an invalidate throws dirty data away, which the architecture allows"),
        Field(
            "uncached_read_bytes", .bytes(1...256, none: true, powerOfTwo: true), else: "none",
            "a non-cacheable load reads its own bytes"),
        Field(
            "uncached_burst_bytes", .bytes(1...256, none: true, powerOfTwo: true), else: "none",
            "a non-cacheable load makes a burst for each line"),
        Field(
            "tlb", .section(tlb, orNone: true),
            else: .value("none", reason: "translation costs nothing")),
    ]

    private static let tlb: [Field] = [
        Field("entries", .whole(1...4_096, "pages")),
        Field("page_bytes", .bytes(1_024...1 << 30, powerOfTwo: true), else: "4K", "Linux' pages"),
        Field("walk_cycles", cost),
        Field(
            "micro_entries", .whole(1...4_096, "pages", none: true), else: "none",
            "there is one TLB"),
        Field("micro_miss_cycles", cost, else: "0", "within the latency of a hit"),
    ]

    private static let storeBuffer: [Field] = [
        Field("entries", .whole(1...64, "entries")),
        Field("entry_bytes", .bytes(1...64, powerOfTwo: true)),
        Field("drain_cycles", drain),
        Field("merges", .flag, else: "true", "stores within one entry merge"),
        Field(
            "high_water", .whole(1...64, "entries", none: true), else: "none",
            "nothing leaves early before all entries are in use"),
        Field(
            "drained_by", .words(DrainReason.allCases.map(\.rawValue)), else: "none",
            "only barriers and accesses to the same bytes wait for it"),
    ]

    private static let coherence: [Field] = [
        Field(
            "protocol", .word(CoherenceConfiguration.States.allCases.map(\.rawValue)),
            else: "mesi", "the states that every coherent machine has at least"),
        Field("enabled", .flag, else: "true", "an operating system sets it up so"),
        Field(
            "direct_transfer", .flag, else: "true",
            "a line goes from one first-level cache to another"),
        Field(
            "migrates_dirty", .flag, else: "false",
            "a modified line that is read is written to the next level"),
        Field("duplicate_tags", .flag, else: "true", "a miss that nobody holds disturbs nobody"),
        Field("snoop_cycles", cost, else: "0", "within the latency of a miss"),
        Field(
            "transfer_cycles", .whole(1...10_000, "cycles", none: true), else: "none",
            "another core's line comes as fast as one of the second level"),
    ]

    private static let costs: [Field] = [
        Field("dmb", cost),
        Field("dsb", cost),
        Field("isb", cost),
        Field("maintenance", cost),
        Field("dirty", cost),
        Field("set_way", cost),
        Field(
            "maintenance_response_ns", latency, else: "0",
            "maintenance is complete when it was issued, but for what it writes back"),
    ]

    private static let software: [Field] = [
        Field("call_cycles", .whole(0...10_000_000, "cycles")),
        Field("interrupt_cycles", .whole(0...10_000_000, "cycles")),
        Field(
            "cache_routines", .word(["usual"] + InnerRoutines.allCases.map(\.rawValue)),
            else: "usual", "the routines that most cores of the architecture have"),
    ]
}
