import Operations

/// The first word of a statement, and what it starts.
enum Keyword: Sendable {
    case machine
    case kernel
    case set
    case region
    case alias
    case buffer
    case device
    case layout
    case swiotlb
    case loadStore(AccessKind)
    case orderedAccess(AccessKind)
    case fetch
    case prefetch
    case copy
    case work
    case barrier(Barrier.Instruction)
    case dataCache
    case instructionCache
    case outerCache
    case accessor(Accessor.Function)
    case kernelBarrier(KernelBarrier)
    case ring
    case wait
    case dma(DMACall.Function)
    case vendor(VendorCall.Function)
    case environment
    case deviceRead
    case deviceWrite
    case interrupt
    case repeatBegin
    case spanBegin
    case end
    case mark
}

/// The words of the native format, as text and as values.
enum Vocabulary {
    /// Every word that can start a statement.
    static let keywords: [(String, Keyword)] = {
        var words: [(String, Keyword)] = [
            ("machine", .machine), ("kernel", .kernel), ("set", .set), ("region", .region),
            ("alias", .alias), ("buffer", .buffer), ("device", .device), ("layout", .layout),
            ("swiotlb", .swiotlb),
            ("ld", .loadStore(.load)), ("st", .loadStore(.store)), ("fetch", .fetch),
            ("ldx", .orderedAccess(.loadExclusive)), ("stx", .orderedAccess(.storeExclusive)),
            ("lda", .orderedAccess(.loadAcquire)), ("stl", .orderedAccess(.storeRelease)),
            ("pld", .prefetch), ("copy", .copy), ("work", .work),
            ("dmb", .barrier(.dmb)), ("dsb", .barrier(.dsb)), ("isb", .barrier(.isb)),
            ("dc", .dataCache), ("ic", .instructionCache), ("l2", .outerCache), ("ring", .ring),
            ("wait", .wait), ("env", .environment), ("rd", .deviceRead), ("wr", .deviceWrite),
            ("irq", .interrupt), ("repeat", .repeatBegin), ("span", .spanBegin), ("end", .end),
            ("mark", .mark),
        ]
        words += Accessor.Function.allCases.map { ($0.rawValue, .accessor($0)) }
        words += KernelBarrier.allCases.map { ($0.rawValue, .kernelBarrier($0)) }
        words += DMACall.Function.allCases.map { ($0.rawValue, .dma($0)) }
        words += VendorCall.Function.allCases.map { ($0.rawValue, .vendor($0)) }
        words += otherNames.map { ($0.0, .dma($0.1)) }
        return words
    }()

    /// What other languages and libraries call something that has a statement here.
    static let foreignNames: [String: String] = [
        "memcpy": "copy", "memmove": "copy", "memset": "st", "load": "ld", "store": "st",
        "read": "ld", "write": "st", "ldr": "ld", "str": "st", "prefetch": "pld",
        "interrupt": "irq", "dma_read": "rd", "dma_write": "wr", "loop": "repeat",
        "__dmb": "dmb", "__dsb": "dsb", "__isb": "isb", "barrier_dsync_fence_full": "dsb",
        "barrier_dmem_fence_full": "dmb", "barrier_isync_fence_full": "isb",
        "arch_dcache_flush_range": "sys_cache_data_flush_range",
        "arch_dcache_invd_range": "sys_cache_data_invd_range",
        "arch_dcache_flush_and_invd_range": "sys_cache_data_flush_and_invd_range",
        "arch_clean_dcache": "up_clean_dcache", "arch_flush_dcache": "up_flush_dcache",
        "arch_invalidate_dcache": "up_invalidate_dcache",
    ]

    /// How those are written here whose operands differ.
    static let foreignForms = [
        "memcpy": "copy TO FROM 64 by 4", "memmove": "copy TO FROM 64 by 4",
        "memset": "st TO 64 by 4",
    ]

    /// Further names of the kernel's for calls that have one already.
    ///
    /// The functions with `_attrs` are the ones that the shorter names stand for; `dmam_` frees by itself.
    static let otherNames: [(String, DMACall.Function)] = [
        ("dma_map_single_attrs", .mapSingle), ("dma_unmap_single_attrs", .unmapSingle),
        ("dma_map_page_attrs", .mapPage), ("dma_unmap_page_attrs", .unmapPage),
        ("dma_map_sg_attrs", .mapSG), ("dma_unmap_sg_attrs", .unmapSG),
        ("dma_alloc_writecombine", .allocWriteCombine),
        ("dma_free_writecombine", .freeWriteCombine),
        ("dmam_alloc_coherent", .allocCoherent), ("dmam_free_coherent", .freeCoherent),
        ("dmam_alloc_attrs", .allocAttrs),
        ("dmam_pool_create", .poolCreate), ("dmam_pool_destroy", .poolDestroy),
        ("dma_mmap_writecombine", .mmapWriteCombine), ("dma_get_sgtable_attrs", .getSGTable),
    ]

    /// The keywords, found by their bytes.
    static let keywordTable = WordTable(keywords)

    /// The options of `dmb` and `dsb`.
    static let barrierOptions: [(StaticString, (Barrier.Domain, Barrier.Accesses))] = [
        ("sy", (.fullSystem, .all)), ("st", (.fullSystem, .stores)), ("ld", (.fullSystem, .loads)),
        ("ish", (.innerShareable, .all)), ("ishst", (.innerShareable, .stores)),
        ("ishld", (.innerShareable, .loads)), ("osh", (.outerShareable, .all)),
        ("oshst", (.outerShareable, .stores)), ("oshld", (.outerShareable, .loads)),
        ("nsh", (.nonShareable, .all)), ("nshst", (.nonShareable, .stores)),
        ("nshld", (.nonShareable, .loads)),
    ]

    /// What follows `dc`.
    static let dataCache: [(StaticString, Maintenance.Instruction)] = [
        ("cvac", .dcCVAC), ("civac", .dcCIVAC), ("ivac", .dcIVAC), ("cvau", .dcCVAU),
        ("zva", .dcZVA), ("csw", .dcCSW), ("cisw", .dcCISW), ("isw", .dcISW),
    ]

    /// What follows `ic`.
    static let instructionCache: [(StaticString, Maintenance.Instruction)] = [
        ("ivau", .icIVAU), ("iallu", .icIALLU), ("ialluis", .icIALLUIS),
    ]

    /// What follows `l2`.
    static let outerCache: [(StaticString, Maintenance.Instruction)] = [
        ("clean", .outerClean), ("inv", .outerInvalidate), ("flush", .outerCleanAndInvalidate),
        ("flushway", .outerCleanAndInvalidateWays), ("invway", .outerInvalidateWays),
        ("sync", .outerSync),
    ]

    /// The lists of maintenance operations by their first words.
    static let maintenance: [(StaticString, [(StaticString, Maintenance.Instruction)])] = [
        ("dc", dataCache), ("ic", instructionCache), ("l2", outerCache),
    ]

    /// What follows `env`.
    static let environment: [(StaticString, EnvironmentEvent.Kind)] = [
        ("evict", .evict), ("fill", .fill), ("drain", .drain), ("hold", .hold), ("late", .late),
        ("leave", .leave), ("join", .join), ("pause", .pause), ("resume", .resume),
    ]

    /// The fields of a descriptor.
    static let fields: [(StaticString, DescriptorLayout.Role)] = [
        ("source", .source), ("dest", .destination), ("length", .length), ("next", .next),
        ("own", .own), ("last", .last), ("wrap", .wrap), ("status", .status),
    ]

    /// The types of memory.
    static let memoryTypes: [(StaticString, MemoryType)] = [
        ("wb", .writeBack), ("wt", .writeThrough), ("nc", .nonCacheable), ("device", .device),
        ("so", .stronglyOrdered),
    ]

    /// The shareability domains.
    static let shareabilities: [(StaticString, Shareability)] = [
        ("nsh", .nonShareable), ("ish", .innerShareable), ("osh", .outerShareable),
    ]

    /// Where a buffer can lie.
    static let areas: [(StaticString, MemoryArea)] = [
        ("stack", .stack), ("vmapstack", .virtualStack), ("text", .text),
        ("rodata", .readOnlyData), ("vmalloc", .vmalloc), ("invalid", .invalid),
    ]

    /// The directions of a mapping, with and without the kernel's prefix.
    static let directions: [(StaticString, DMADirection)] = [
        ("TO_DEVICE", .toDevice), ("FROM_DEVICE", .fromDevice), ("BIDIRECTIONAL", .bidirectional),
        ("NONE", .none), ("DMA_TO_DEVICE", .toDevice), ("DMA_FROM_DEVICE", .fromDevice),
        ("DMA_BIDIRECTIONAL", .bidirectional), ("DMA_NONE", .none),
    ]

    /// The units of a time stamp; their places are their numbers in the binary format.
    static let timeUnits = ["ps", "ns", "us", "ms", "s", "cyc"]

    /// The word for a value of one of the lists above.
    static func word<Value: Equatable>(
        for value: Value, in list: [(StaticString, Value)]
    ) -> StaticString? {
        list.first { $0.1 == value }?.0
    }
}
