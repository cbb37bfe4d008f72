import MemoryModel

// Memory, and the ports that devices reach it by.

extension Schema {
    static let memory: [Field] = [
        Field("latency_ns", latency),
        Field("bandwidth_mbps", bandwidth),
        Field(
            "write_bandwidth_mbps", writeBandwidth, else: "none",
            "writes are taken as fast as reads"),
        Field("write_response_ns", latency),
        Field("register_read_ns", latency),
        Field(
            "banks", .section(banks, orNone: true),
            else: .value("none", reason: "every access takes latency_ns")),
        Field(
            "controller_ports", .list(controllerPort, controllerPorts),
            else: .value("none", reason: "each port of the interconnect has its own way in")),
        Field(
            "on_chip", .list(onChipMemory, onChip),
            else: .value("none", reason: "all addresses are those of memory outside the chip")),
    ]

    private static let onChip = ListKind(noun: "memory on the chip", maximum: 8, orNone: true)

    private static let onChipMemory: [Field] = [
        Field("name", .identity(.identifier)),
        Field("start", .address),
        Field("size", .bytes(1_024...1 << 30)),
        Field("latency_ns", latency),
        Field("bandwidth_mbps", bandwidth),
        Field(
            "port", .identifier(none: true), else: "none", "devices on every port reach it"),
        Field(
            "tightly_coupled", .flag, else: "false",
            "the core reaches it through its caches, as all memory"),
    ]

    private static let writeBandwidth: ValueKind = {
        var kind = bandwidth
        kind.allowsNone = true
        return kind
    }()

    private static let banks: [Field] = [
        Field("count", .whole(1...64, "banks", powerOfTwo: true)),
        Field("row_bytes", .bytes(64...1 << 20, powerOfTwo: true)),
        Field(
            "permuted", .flag, else: "false", "the lowest bits of a row's number are its bank"),
        Field("row_miss_ns", latency),
        Field("turnaround_ns", latency, else: "0", "the pins never rest"),
        Field("refresh_interval_ns", latency, else: "0", "there is no refresh"),
        Field("refresh_ns", latency, else: "0", "there is no refresh"),
    ]

    private static let controllerPorts = ListKind(
        noun: "controller port", maximum: 16, orNone: true)

    private static let controllerPort: [Field] = [
        Field("name", .identity(.identifier)),
        Field("bandwidth_mbps", bandwidth),
    ]

    static let port: [Field] = [
        Field("name", .identity(.identifier)),
        Field("width_bits", .whole(8...1_024, "bits", powerOfTwo: true)),
        Field("mhz", clock),
        Field("burst_beats", .whole(1...256, "beats")),
        Field("outstanding", .whole(1...256, "bursts")),
        Field("snoops", .flag),
        Field("read_latency_ns", latency),
        Field("write_latency_ns", latency),
        Field("start_latency_ns", latency),
        Field(
            "snoop_rule", .word(SnoopRule.allCases.map(\.rawValue)), else: "always",
            "what snoops at all does so whatever its attributes"),
        Field("snoop_latency_ns", latency, else: "0", "within read_latency_ns"),
        Field("allocates", .flag, else: "false", "writes leave no lines behind"),
        Field(
            "sizes", .sizes(1...4_096), else: "any", "a transaction may be as long as a burst"),
        Field(
            "fifo_bytes", .bytes(1...1 << 20, none: true), else: "none",
            "only `outstanding` holds writes up"),
        Field(
            "controller_port", .identifier(none: true), else: "none",
            "a way of its own into the memory controller"),
        Field(
            "engine", .section(engine, orNone: true),
            else: .value("none", reason: "each device on it is an engine of its own")),
    ]

    private static let engine: [Field] = [
        Field("channels", .whole(1...64, "channels")),
        Field("fifo_bytes", .bytes(1...1 << 20)),
        Field("read_issuing", .whole(1...256, "bursts")),
        Field("write_issuing", .whole(1...256, "bursts")),
    ]
}
