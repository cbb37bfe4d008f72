import MemoryModel
import Operations

// What the levels have in common, and what each has beside that.

extension Schema {
    static let cache: [Field] = [
        Field("size", .bytes(1...1 << 30)),
        Field("ways", .whole(1...64, "ways")),
        Field("line", .bytes(4...1_024, powerOfTwo: true)),
        Field("replacement", .word(ReplacementPolicy.allCases.map(\.rawValue))),
        Field("hit_cycles", .whole(1...10_000, "cycles")),
    ]

    static let allocation: [Field] = [
        Field("read_allocate", .flag),
        Field("write_allocate", .flag),
        Field("streaming_lines", .whole(1...1 << 20, "lines", none: true)),
    ]

    static let index: [Field] = [
        Field(
            "index", .word(CacheIndex.allCases.map(\.rawValue)), else: "pipt",
            "virtual addresses make no difference")
    ]

    static let lockdown: [Field] = [
        Field("locked_ways", .whole(0...63, "ways"), else: "0", "nothing is locked after reset")
    ]

    static let dirtyGranule = Field(
        "dirty_granule", .bytes(1...512, none: true, powerOfTwo: true), else: "none",
        "one dirty bit stands for a line")

    private static let buffers = ValueKind.whole(1...64, "lines", none: true)

    static let dataSide: [Field] =
        [
            dirtyGranule
        ] + lineBuffers("as many lines as core.outstanding_misses allows") + [prefetch]

    private static func lineBuffers(_ withoutLinefillBuffers: String) -> [Field] {
        [
            Field(
                "critical_word_first", .flag, else: "true",
                "a load goes on when its own word has come"),
            Field("linefill_buffers", buffers, else: "none", withoutLinefillBuffers),
            Field(
                "eviction_buffers", buffers, else: "none", "an eviction never waits for a buffer"),
        ]
    }

    private static let prefetch = Field(
        "prefetch",
        .section(
            [
                Field("kind", .word(PrefetchConfiguration.Kind.allCases.map(\.rawValue))),
                Field("streams", .whole(1...64, "streams"), else: "1", "the least there can be"),
                Field("trigger", .whole(1...64, "misses"), else: "1", "the first miss confirms"),
                Field(
                    "max_stride", .whole(1...1_024, "lines"), else: "1", "the least there can be"),
                Field("distance", .whole(1...64, "lines"), else: "1", "the least there can be"),
                Field(
                    "outstanding", .whole(0...64, "lines"), else: "1", "the least of one that is on"
                ),
                Field(
                    "page_bytes", .bytes(16...1 << 30, powerOfTwo: true), else: "4K",
                    "the smallest page"),
            ], orNone: true),
        else: .value("none", reason: "nothing is loaded that was not asked for"))

    private static let outer: [Field] = [
        Field("store_buffer_entries", .whole(1...64, "slots")),
        Field("store_buffer_drain_cycles", drain),
        Field("operation_cycles", cost),
        Field("sync_cycles", cost),
        Field(
            "tag_latency_cycles", .whole(0...1_000, "cycles"), else: "0", "within l2.hit_cycles"),
        Field(
            "data_latency_cycles", .whole(0...1_000, "cycles"), else: "0", "within l2.hit_cycles"),
        Field("erratum_588369", .flag, else: "false", "a revision that has it mended"),
        Field("erratum_753970", .flag, else: "false", "a revision that has it mended"),
        Field(
            "shared_override", .flag, else: "true",
            "Normal non-cacheable accesses go past the cache, shareable or not"),
        Field(
            "shared_override_kernel", .kernelOrNone, else: "none",
            "no kernel changes shared_override; otherwise the first that sets it"),
        Field("line_read_buffers", buffers, else: "none", "a hit never waits for a buffer"),
        Field("double_linefill", .flag, else: "false", "a linefill reads one line"),
        Field("erratum_727915", .flag, else: "false", "a revision that has it mended"),
        Field("erratum_752271", .flag, else: "false", "a revision that has it mended"),
        Field(
            "routines", .word(OuterRoutines.allCases.map(\.rawValue)), else: "pl310",
            "the controller that most outer caches have"),
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
            ] + allocation + [
                Field(
                    "inclusion", .word(Inclusion.allCases.map(\.rawValue)), else: "none",
                    "filled on the way in, and its lines come and go without the first level's"),
                Field("private", .flag, else: "false", "all cores share it"),
            ] + lockdown + [dirtyGranule] + lineBuffers("as many lines as ask for it") + [prefetch]
        guard kind != "integrated" else { return fields }
        return fields + [
            Field("outer", .section(outer, orNone: false), else: kind == "outer" ? nil : .nothing)
        ]
    }

    /// The kinds of third level.
    static let level3Kinds = ["integrated", "memory_side"]

    static let level3: [Field] =
        [Field("kind", .word(level3Kinds))] + cache + [
            Field("miss_cycles", .whole(0...10_000, "cycles")),
            Field("read_allocate", .flag),
            Field("write_allocate", .flag),
        ] + lockdown
}
