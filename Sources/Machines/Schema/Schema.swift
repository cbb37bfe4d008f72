import MemoryModel
import Quantities

/// A key of a machine file and what may stand under it.
struct Field: Sendable {
    /// What stands under a key.
    indirect enum Shape: Sendable {
        /// One value, with its provenance.
        case leaf(ValueKind)
        /// What the machine is called: text without provenance.
        case identity(ValueKind)
        /// A list of names.
        case names
        /// Further keys; `orNone` where the word `none` may stand for all of them.
        case section([Field], orNone: Bool)
        /// The second level, whose keys depend on its kind.
        case level2
        /// A list of mappings, each with a name.
        case ports([Field])
    }

    var key: String
    var shape: Shape
    /// Whether a file may leave it out.
    var isOptional = false

    init(_ key: String, _ shape: Shape, optional: Bool = false) {
        self.key = key
        self.shape = shape
        isOptional = optional
    }

    init(_ key: String, _ kind: ValueKind) { self.init(key, .leaf(kind)) }
}

/// The keys of a machine file, in the order in which files are written.
enum Schema {
    static let root: [Field] = [
        Field("name", .identity(.identifier)),
        Field("title", .identity(.text(200))),
        Field("aliases", .names, optional: true),
        Field("architecture", .word(MachineConfiguration.Architecture.allCases.map(\.rawValue))),
        Field("core", .section(core, orNone: false)),
        Field("l1i", .section(cache, orNone: true)),
        Field("l1d", .section(cache + allocation, orNone: true)),
        Field("store_buffer", .section(storeBuffer, orNone: true)),
        Field("l2", .level2),
        Field("memory", .section(memory, orNone: false)),
        Field("costs", .section(costs, orNone: false)),
        Field("ports", .ports(port)),
        Field("software", .section(software, orNone: false)),
    ]

    /// The largest source or title that makes sense, in characters.
    static let maximumSource = 600
    /// The most ports of a machine.
    static let maximumPorts = 64
    /// The most names of a machine besides its own.
    static let maximumAliases = 16

    private static let clock = ValueKind.decimal(1_000...10_000_000, "MHz")
    private static let cost = ValueKind.whole(0...100_000, "cycles")
    private static let latency = ValueKind.decimal(0...1_000_000_000, "ns")
    private static let drain = ValueKind.whole(1...1_000_000, "cycles", none: true)

    private static let core: [Field] = [
        Field("count", .whole(1...Agent.maximumCores, "cores")),
        Field("mhz", clock),
        Field("outstanding_misses", .whole(1...64, "loads")),
        Field("outstanding_uncached", .whole(1...64, "loads")),
        Field("window_cycles", .whole(0...10_000, "cycles")),
        Field("honours_write_through", .flag),
        Field("speculates", .flag),
        Field("cycles_per_fetch", .decimal(0...100_000, "cycles")),
    ]

    private static let cache: [Field] = [
        Field("size", .bytes(1...1 << 30)),
        Field("ways", .whole(1...64, "ways")),
        Field("line", .bytes(4...1_024, powerOfTwo: true)),
        Field("replacement", .word(ReplacementPolicy.allCases.map(\.rawValue))),
        Field("hit_cycles", .whole(1...10_000, "cycles")),
    ]

    private static let allocation: [Field] = [
        Field("read_allocate", .flag),
        Field("write_allocate", .flag),
        Field("streaming_lines", .whole(1...1 << 20, "lines", none: true)),
    ]

    private static let storeBuffer: [Field] = [
        Field("entries", .whole(1...64, "entries")),
        Field("entry_bytes", .bytes(1...64, powerOfTwo: true)),
        Field("drain_cycles", drain),
    ]

    private static let outer: [Field] = [
        Field("store_buffer_entries", .whole(1...64, "slots")),
        Field("store_buffer_drain_cycles", drain),
        Field("operation_cycles", cost),
        Field("sync_cycles", cost),
    ]

    /// The kinds of second level.
    static let level2Kinds = ["integrated", "outer", "none"]

    /// The keys of a second level of some kind; all of them where the kind is unknown.
    static func level2(kind: String?) -> [Field] {
        let kindField = Field("kind", .word(level2Kinds))
        guard kind != "none" else { return [kindField] }
        let fields =
            [kindField] + cache + [
                Field("miss_cycles", .whole(0...10_000, "cycles")),
                Field("read_cycles_per_line", .whole(0...10_000, "cycles")),
                Field("write_cycles_per_line", .decimal(0...10_000_000, "cycles", places: 1)),
            ] + allocation
        guard kind != "integrated" else { return fields }
        return fields + [Field("outer", .section(outer, orNone: false), optional: kind != "outer")]
    }

    private static let memory: [Field] = [
        Field("latency_ns", latency),
        Field("bandwidth_mbps", .decimal(1_000...1_000_000_000, "MB/s")),
        Field("write_response_ns", latency),
        Field("register_read_ns", latency),
    ]

    private static let costs: [Field] = [
        Field("dmb", cost),
        Field("dsb", cost),
        Field("isb", cost),
        Field("maintenance", cost),
        Field("dirty", cost),
        Field("set_way", cost),
    ]

    private static let port: [Field] = [
        Field("name", .identity(.identifier)),
        Field("width_bits", .whole(8...1_024, "bits", powerOfTwo: true)),
        Field("mhz", clock),
        Field("burst_beats", .whole(1...256, "beats")),
        Field("outstanding", .whole(1...256, "bursts")),
        Field("snoops", .flag),
        Field("read_latency_ns", latency),
        Field("write_latency_ns", latency),
        Field("start_latency_ns", latency),
    ]

    private static let software: [Field] = [
        Field("call_cycles", .whole(0...10_000_000, "cycles")),
        Field("interrupt_cycles", .whole(0...10_000_000, "cycles")),
    ]
}
